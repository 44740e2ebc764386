"""Reading a document that may be anything: what the previews need, total over every value."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UNENCODABLE = re.compile("[\x00\ud800-\udfff]")
_EMPTY: Mapping[str, Any] = {}


def mapping(value: object) -> Mapping[str, Any]:
    """The value when it is an object, else an empty one."""
    return value if isinstance(value, dict) else _EMPTY


def items(value: object) -> list[Any]:
    """The value when it is an array, else an empty one."""
    return value if isinstance(value, list) else []


def string(value: object) -> str:
    """The value as text that can be encoded; empty unless it is a string or a number."""
    if isinstance(value, str):
        return _UNENCODABLE.sub("\ufffd", value)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return ""
    try:
        return str(value)
    except ValueError:  # Python writes no integer of more than some thousand digits.
        return ""


def attributes(node: Mapping[str, Any]) -> Mapping[str, Any]:
    """The node's `attrs`."""
    return mapping(node.get("attrs"))


def marks_by_type(node: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The node's marks: type → attrs; the first of a type wins."""
    found: dict[str, Mapping[str, Any]] = {}
    for mark in items(node.get("marks")):
        found.setdefault(string(mapping(mark).get("type")), attributes(mapping(mark)))
    return found


def count(value: object, *, at_most: int) -> int | None:
    """The value as a whole number from 1 to `at_most`, None when it is none."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 1 <= value <= at_most:
        return None
    return int(value)


def iso_date(timestamp: object) -> str | None:
    """The UTC day of a `date` node's `timestamp` (milliseconds since 1970, as text); None when it is none."""
    try:
        return (_EPOCH + timedelta(milliseconds=int(string(timestamp)))).date().isoformat()
    except (ValueError, OverflowError):
        return None
