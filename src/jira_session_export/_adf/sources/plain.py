"""A reader of HTML in Python, for platforms that turbohtml has no wheel for.

It repairs what people leave out or mix up, as the WHATWG's parser does: end tags that are implied, rows without a
section, marks that overlap. Time is linear; what it repairs reaches a bounded number of elements up.
"""

from typing import TYPE_CHECKING, Final

from jira_session_export._adf.sources.tags import VOID, Comment, EndTag, StartTag, cut

if TYPE_CHECKING:
    from jira_session_export._adf.sources import Sink

_REACH: Final = 200
"""Elements that are looked at for one that a tag ends."""
_DEEPEST: Final = 512
"""Elements inside each other; what is deeper loses its tags and keeps its text."""
_REOPENED: Final = 8
"""Marks that go on after a block, or another mark, has ended around them."""

_CLOSE_P: Final = frozenset(
    """address article aside blockquote center details dialog dir div dl fieldset figcaption figure footer form h1 h2
    h3 h4 h5 h6 header hgroup hr li listing main menu nav ol p plaintext pre search section summary ul xmp dt dd
    """.split()  # noqa: SIM905 - a page of quotes is harder to read
)
_HEADINGS: Final = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_MARKS: Final = frozenset(
    {"a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u"}
)
_SCOPES: Final = frozenset({"table", "td", "th", "caption", "template", "object", "marquee", "button", "body"})
_ENDS: Final = {
    "li": (frozenset({"li"}), frozenset({"ul", "ol", "menu", "dir"})),
    "dt": (frozenset({"dt", "dd"}), frozenset({"dl"})),
    "dd": (frozenset({"dt", "dd"}), frozenset({"dl"})),
    "option": (frozenset({"option"}), frozenset({"select", "datalist"})),
    "optgroup": (frozenset({"option", "optgroup"}), frozenset({"select"})),
    "td": (frozenset({"td", "th"}), frozenset({"tr", "table"})),
    "th": (frozenset({"td", "th"}), frozenset({"tr", "table"})),
    "tr": (frozenset({"tr", "caption", "colgroup"}), frozenset({"table"})),
    "tbody": (frozenset({"tbody", "thead", "tfoot", "caption", "colgroup"}), frozenset({"table"})),
    "thead": (frozenset({"tbody", "thead", "tfoot", "caption", "colgroup"}), frozenset({"table"})),
    "tfoot": (frozenset({"tbody", "thead", "tfoot", "caption", "colgroup"}), frozenset({"table"})),
}
"""Start tag → the elements it ends, and those beyond which it does not look for them."""
_PARTS: Final = frozenset({"td", "th", "tr", "tbody", "thead", "tfoot", "caption", "col", "colgroup"})
_SECTIONS: Final = frozenset({"tbody", "thead", "tfoot"})
_PAGE: Final = frozenset({"html", "head", "body"})
_ABOUT: Final = frozenset({"base", "link", "meta", "script", "style", "template", "title", "noscript"})


def read_text(html: str, sink: "Sink") -> None:
    """Parse HTML and tell the sink what is in it."""
    _Reader(sink).read(html)


class _Reader:
    def __init__(self, sink: "Sink") -> None:
        self._sink = sink
        self._open: list[tuple[str, StartTag]] = []
        self._waiting: list[StartTag] = []  # Marks to be begun anew at the next text.
        self._in_body = False
        self._tables = 0

    def read(self, html: str) -> None:
        self._start(StartTag("html", {}, ""))
        self._start(StartTag("head", {}, ""))
        for piece in cut(html, typed=False):
            if isinstance(piece, Comment):
                self._sink.comment(piece)
            elif isinstance(piece, str):
                self._text(piece)
            elif isinstance(piece, EndTag):
                self._end_tag(piece.name)
            elif isinstance(piece, StartTag):
                self._start_tag(piece)
            else:
                self._start_tag(piece.tag)
                if piece.text:
                    self._sink.characters(piece.text)
                self._close_down_to(len(self._open) - 1)
        self._begin_body(None)
        self._close_down_to(0)

    def _begin_body(self, tag: StartTag | None) -> None:
        if not self._in_body:
            self._in_body = True
            self._close_down_to(1)
            self._start(tag or StartTag("body", {}, ""))

    # --- text and tags

    def _text(self, text: str) -> None:
        if not self._in_body and (len(self._open) > 2 or not text.strip()):
            if len(self._open) > 2:
                self._sink.characters(text)
            return
        if not self._in_body:
            text = text.lstrip()
            self._begin_body(None)
        if text.strip():
            self._reopen()
        if text:
            self._sink.characters(text)

    def _start_tag(self, tag: StartTag) -> None:
        name = tag.name
        if name in _PAGE:
            if name == "body":
                self._begin_body(tag)
            return
        if not self._in_body and name not in _ABOUT and not (len(self._open) > 2):
            self._begin_body(None)
        if name in _PARTS and not self._make_room_for(name):
            return
        if name in _CLOSE_P or name == "table":
            self._end_open(frozenset({"p"}), _SCOPES)
        if name in _HEADINGS and self._open[-1][0] in _HEADINGS:
            self._close_down_to(len(self._open) - 1)
        if name in _ENDS and name not in _PARTS:
            self._end_open(*_ENDS[name])
        if name == "a":
            self._end_open(frozenset({"a"}), _SCOPES)
            self._waiting = [mark for mark in self._waiting if mark.name != "a"]
        if name not in _CLOSE_P and name not in _PARTS and name != "table":
            self._reopen()
        self._start(tag)
        if name in VOID:
            self._close_down_to(len(self._open) - 1)

    def _make_room_for(self, name: str) -> bool:
        """Whether a part of a table may stand here, after what it ends and what it lacks; elsewhere it is none."""
        if not self._tables:
            return False
        if name in _ENDS:
            self._end_open(*_ENDS[name])
        around = self._open[-1][0]
        if name == "col" and around == "table":
            self._start(StartTag("colgroup", {}, ""))
        elif name in {"td", "th", "tr"}:
            if around == "colgroup":
                self._close_down_to(len(self._open) - 1)
                around = self._open[-1][0]
            if around == "table":
                self._start(StartTag("tbody", {}, ""))
                around = "tbody"
            if name != "tr" and around in _SECTIONS:
                self._start(StartTag("tr", {}, ""))
        return True

    def _end_tag(self, name: str) -> None:
        if name in _PAGE or (not self._in_body and len(self._open) <= 2):
            return
        if name in VOID:
            if name == "br":
                self._start_tag(StartTag("br", {}, ""))
            return
        beyond = frozenset({"body"}) if name in {"table", *_SCOPES} else _SCOPES
        position = self._find(frozenset({name}), beyond)
        if position is None:
            self._waiting = [mark for mark in self._waiting if mark.name != name]
            if name == "p":
                self._start_tag(StartTag("p", {}, ""))
                self._close_down_to(len(self._open) - 1)
            return
        self._close_down_to(position, ended=name)

    # --- the elements that are open

    def _start(self, tag: StartTag) -> None:
        if len(self._open) >= _DEEPEST:
            return
        self._open.append((tag.name, tag))
        self._tables += tag.name == "table"
        self._sink.start_element(tag.name, tuple(tag.attrs.items()))

    def _find(self, names: frozenset[str], beyond: frozenset[str]) -> int | None:
        for position in range(len(self._open) - 1, max(-1, len(self._open) - 1 - _REACH), -1):
            name = self._open[position][0]
            if name in names:
                return position
            if name in beyond:
                return None
        return None

    def _end_open(self, names: frozenset[str], beyond: frozenset[str]) -> None:
        position = self._find(names, beyond)
        if position is not None:
            self._close_down_to(position)

    def _close_down_to(self, position: int, ended: str = "") -> None:
        """End elements until so many are open; marks among them go on, but the one that is ended."""
        marks: list[StartTag] = []
        while len(self._open) > position:
            name, tag = self._open.pop()
            self._tables -= name == "table"
            self._sink.end_element(name)
            if name in _MARKS and not (name == ended and len(self._open) == position):
                marks.append(tag)
            elif name in _SCOPES:
                marks.clear()
        self._waiting = [*self._waiting, *reversed(marks)][:_REOPENED]

    def _reopen(self) -> None:
        waiting, self._waiting = self._waiting, []
        for mark in waiting:
            self._start(mark)
