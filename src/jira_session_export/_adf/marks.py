"""Combinations of text marks, each made once per document."""

from collections.abc import Mapping
from typing import Any

from jira_session_export._adf.fit import sound_attrs
from jira_session_export._adf.schema import MARKS, NODES

_FOR_TEXT = NODES["paragraph"].children["text"]
_NONE: Mapping[str, dict[str, Any]] = {}
_BARE = frozenset(name for name, mark in MARKS.items() if not any(attr.required for attr in mark.attrs.values()))
# Marks that need no attributes.
_ORDER = {name: position for position, name in enumerate(MARKS)}


class Marks:
    """One combination of marks. Equal combinations reached the same way are one object, so `is` tells a change.

    Two marks of one type: the inner wins. Marks that exclude each other: a link beats code, because an address is
    information and a typeface is not; code beats all other formatting, because what stands in code is meant literally.

    Attributes:
        json: the marks as ADF wants them, in the schema's order; None when there are none. Shared by all text that has
            them.
    """

    __slots__ = ("_by_type", "_next", "json")

    def __init__(self, by_type: Mapping[str, dict[str, Any]] = _NONE) -> None:
        self._by_type: Mapping[str, dict[str, Any]] = by_type
        self._next: dict[object, tuple[Marks, str | None]] = {}
        self.json: list[dict[str, Any]] | None = None
        if by_type:
            self.json = marks = list(by_type.values())
            if len(marks) > 1:
                marks.sort(key=lambda mark: _ORDER[mark["type"]])

    def __contains__(self, name: str) -> bool:
        return name in self._by_type

    def attrs(self, name: str) -> Mapping[str, Any]:
        """The attributes of a mark; empty when it is not here."""
        attrs: Mapping[str, Any] = self._by_type.get(name, {}).get("attrs", {})
        return attrs

    def plus(self, name: str, attrs: Mapping[str, Any] | None = None) -> "tuple[Marks, str | None] | None":
        """This combination and one mark more.

        Args:
            name: the type of the mark.
            attrs: its attributes; unknown ones are left out.

        Returns:
            The new combination, and the mark that had to give way to another, None when none had to. None instead of
            both when text cannot bear such a mark, or its attributes do not fit.
        """
        key = name if not attrs else (name, *attrs.items())
        try:
            known = self._next.get(key)
        except TypeError:  # No attribute of a mark for text is a list or an object.
            return None
        if known is None and name in _FOR_TEXT:
            sound = {} if not attrs and name in _BARE else sound_attrs(attrs or {}, (MARKS[name].attrs,))
            if sound is not None:
                known = self._next[key] = self._combine(name, sound)
        return known

    def _combine(self, name: str, attrs: dict[str, Any]) -> "tuple[Marks, str | None]":
        mark = {"type": name, "attrs": attrs} if attrs else {"type": name}
        if not self._by_type:
            return Marks({name: mark}), None
        rivals = MARKS[name].excludes & self._by_type.keys()
        gives_way = "link" in rivals if name == "code" else "code" in rivals and name != "link"
        if gives_way:
            return self, name
        if self._by_type.get(name) == mark:
            return self, None
        kept = {other: value for other, value in self._by_type.items() if other not in rivals}
        return Marks({**kept, name: mark}), min(rivals, default=None)

    def minus(self, name: str) -> "Marks":
        """This combination without a mark."""
        if name not in self._by_type:
            return self
        return Marks({other: mark for other, mark in self._by_type.items() if other != name})
