"""Sees to it that no element vanishes unsaid whose content stands in its attributes.

One mechanism for all elements, whatever rules there are: an element with attributes that are not on the written list of
`silent` is watched until its end. When it has written nothing by then, what its attributes say is quoted by a loss;
when it has, what the attributes tell beside it (a tooltip, where a quote is from) and no rule has read.
"""

from collections.abc import Iterator
from typing import Any

from jira_session_export._adf.builder import DONE, Closing
from jira_session_export._adf.element import Element
from jira_session_export._adf.losses import LossKind
from jira_session_export._adf.output import Output
from jira_session_export._adf.silent import TOLD_BESIDE, is_custom, says_something

_MOST_QUOTED = 200


class _ReadAttrs(dict[str, str | None]):
    """Attributes that note which of them are read."""

    __slots__ = ("read",)

    def __init__(self, attrs: Any) -> None:
        super().__init__(attrs)
        self.read: set[str] = set()

    def __getitem__(self, name: str) -> str | None:
        self.read.add(name)
        return super().__getitem__(name)

    def get(self, name: str, default: Any = None) -> Any:
        self.read.add(name)
        return super().get(name, default)


class Watched(Element):
    """An element whose attributes are seen to until its end."""

    __slots__ = ("_begun", "_losses", "_names", "_number", "_out", "_read", "closing")

    def __init__(self, tag: str, attrs: Any, names: tuple[str, ...], out: Output, *, notes: bool) -> None:
        """An element that has just begun.

        Args:
            tag: as of any element.
            attrs: as of any element.
            names: the attributes that may be content.
            out: what is written to.
            notes: whether it matters which attributes are read. It does not for links: nothing but their address is
                reported, and that only when they show nothing.
        """
        self.tag = tag
        self.closing: Closing = DONE
        self.attrs = attrs
        self._read = None
        if notes:
            self.attrs = noted = _ReadAttrs(attrs)
            self._read = noted.read
        self._names = names
        self._out = out
        self._number = out.element
        self._losses = len(out.losses)
        self._begun = out.written

    def decline(self) -> None:
        """Forget what has been read: the rule that did so has answered that the element is not its own."""
        if self._read is not None:
            self._read.clear()

    def is_ornament(self) -> None:
        """Report nothing of the element."""
        self._names = ()
        self._losses = (
            -1
        )  # Not what their number will be, so that an element of somebody's own is not reported, either.

    def finish(self) -> None:
        """End what the element has begun, and report what would have vanished."""
        out = self._out
        if self.closing:
            out.end(self.closing)
        if out.is_blank_since(self._begun):
            said = [
                (name, value)
                for name, value in self._said(self._names)
                if not out.has_lost(value[:_MOST_QUOTED], since=self._number)
            ]
            if said or (is_custom(self.tag) and len(out.losses) == self._losses):
                self._lose(said, "nothing of this element is shown: what its attributes say is left out")
            return
        if self._read is None:
            return
        unread = [name for name in self._names if name in TOLD_BESIDE and name not in self._read]
        if not unread:
            return
        shown = out.written_since(self._begun)
        href = dict.get(self.attrs, "href")  # type: ignore[call-overload]  # not noted
        said = [
            (n, value)
            for n, value in self._said(unread)
            if value not in shown and value != href and not out.has_lost(value[:_MOST_QUOTED], since=self._number)
        ]
        if said:
            self._lose(said, "ADF has no place for it", LossKind.DETAIL_REMOVED)

    def _said(self, names: Iterator[str] | list[str] | tuple[str, ...]) -> Iterator[tuple[str, str]]:
        for name in names:
            value = " ".join((dict.get(self.attrs, name) or "").split())  # type: ignore[call-overload]  # not noted
            if says_something(value):
                yield name, value

    def _lose(self, said: list[tuple[str, str]], detail: str, kind: LossKind = LossKind.CONTENT_REMOVED) -> None:
        out = self._out
        quoted = " ".join(
            f'{name}="{value[:_MOST_QUOTED]}…"' if len(value) > _MOST_QUOTED else f'{name}="{value}"'
            for name, value in said
        )
        before, out.element = out.element, self._number
        out.lose(kind, f"<{self.tag}{' ' if quoted else ''}{quoted}>", detail)
        out.element = before
