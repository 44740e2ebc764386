"""Whether a value is one that the content model allows for an attribute."""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from math import isfinite
from types import NoneType
from typing import Any, Final

from jira_session_export._adf.schema import Attr, Kind

__all__ = ["fits", "is_number"]


def is_number(value: object) -> bool:
    """Whether the value is what JSON calls a number: no bool, no NaN, no infinity."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    try:
        return isfinite(value)
    except OverflowError:  # An integer beyond what JSON readers hold in a double.
        return False


def _is_array(of: Callable[[object], bool]) -> Callable[[object], bool]:
    return lambda value: isinstance(value, list) and all(map(of, value))


def _is_string(value: object) -> bool:
    return isinstance(value, str)


def _is_datasource(value: object) -> bool:
    """What a `blockCard` says of work items it lists: `{"id", "parameters", "views": [{"type", "properties"?}]}`."""
    if not isinstance(value, dict) or value.keys() != {"id", "parameters", "views"}:
        return False
    views = value["views"]
    return (
        isinstance(value["id"], str)
        and isinstance(value["parameters"], dict)
        and isinstance(views, list)
        and bool(views)
        and all(map(_is_view, views))
    )


def _is_view(value: object) -> bool:
    return (
        isinstance(value, dict)
        and isinstance(value.get("type"), str)
        and value.keys() <= {"type", "properties"}
        and isinstance(value.get("properties"), (dict, NoneType))
    )


_KINDS: Final[Mapping[Kind, Callable[[object], bool]]] = {
    Kind.STRING: _is_string,
    Kind.NUMBER: is_number,
    Kind.BOOLEAN: lambda value: isinstance(value, bool),
    Kind.OBJECT: lambda value: isinstance(value, dict),
    Kind.NUMBERS: _is_array(is_number),
    Kind.STRINGS: _is_array(_is_string),
    Kind.OBJECT_OR_NULL: lambda value: value is None or isinstance(value, dict),
    Kind.DATASOURCE: _is_datasource,
}

_NUMBER: Final = Kind.NUMBER


_compiled: Final = lru_cache(re.compile)  # A quarter of the time that `re` takes to look for it.


def fits(value: Any, attr: Attr) -> bool:
    """Whether the attribute may have this value; any value may be asked about."""
    if not _KINDS[attr.kind](value):
        return False
    if attr.kind is _NUMBER:
        return (attr.minimum is None or value >= attr.minimum) and (attr.maximum is None or value <= attr.maximum)
    if attr.choices is not None:
        return value in attr.choices
    if attr.min_length and len(value) < attr.min_length:
        return False
    return attr.pattern is None or _compiled(attr.pattern).fullmatch(value) is not None
