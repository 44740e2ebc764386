"""Choices: one of the values a field allows, by label or id, in one level or two."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from jira_session_export._jira.wire import AllowedValue
from jira_session_export._mapping.names import name_key
from jira_session_export._mapping.values import Context, UnusableValueError, only_one, term_of
from jira_session_export._mapping.wording import choices

_BY_VALUE = frozenset({"option", "option-with-child"})
# White space is taken from its beginning only: long runs of it stay linear.
_BETWEEN_LEVELS = re.compile(r"(?:(?<!\s)\s+)?(?:->|>|→)\s*")
_MAYBE_BETWEEN_LEVELS = re.compile(r"(?:(?<!\s)\s+)?[/:]\s*|(?<!\s)\s+[-\u2013]\s+")
_YES = frozenset({"true", "yes", "y", "x", "1", "on"})
_NO = frozenset({"false", "no", "n", "0", "off", "-"})


def to_choice(value: Any, context: Context) -> dict[str, Any] | None:
    """One of the allowed values, by label or id; as given when Jira does not say which are allowed.

    A single check box is ticked by a word for yes, and nothing is sent for a word for no.
    """
    allowed = context.field.allowed_values
    box = _single_box(context)
    if box is not None and (ticked := _ticked(value)) is not None and not _is_called(value, box):
        return _reference(box) if ticked else None
    term = term_of(value)
    if allowed is None:
        if isinstance(value, Mapping):
            return dict(value)
        schema = context.field.field_schema
        return {"value" if (schema.items or schema.type) in _BY_VALUE else "name": term}
    return _reference(_pick(term, allowed))


def _single_box(context: Context) -> AllowedValue | None:
    """The only value of check boxes that have one, as the field Flagged does."""
    allowed = context.field.allowed_values or ()
    is_box = (context.field.field_schema.custom or "").endswith(":multicheckboxes")
    return allowed[0] if is_box and len(allowed) == 1 else None


def _ticked(value: Any) -> bool | None:
    if isinstance(value, bool):
        return value
    key = name_key(value) if isinstance(value, str) else ""
    return True if key in _YES else False if key in _NO else None


def _is_called(value: Any, box: AllowedValue) -> bool:
    return isinstance(value, str) and bool(fitting_values(value, (box,)))


def to_cascade(value: Any, context: Context) -> dict[str, Any]:
    """A choice of two levels: `["Sales", "Quotes"]`, `{"value": "Sales", "child": "Quotes"}` or `Sales > Quotes`.

    Between the levels of a text stands `>`, `->` or `→`; `/`, `:` and a hyphen between blanks do, too, where that gives
    two values of the field.
    """
    allowed = context.field.allowed_values
    levels = _levels(value, allowed or ())
    if allowed is None:
        first, *rest = ({"value": level} for level in levels)
        return {**first, "child": rest[0]} if rest else first
    parent = _pick(levels[0], allowed)
    reference = _reference(parent)
    return {**reference, "child": _reference(_pick(levels[1], parent.children))} if len(levels) > 1 else reference


def _levels(value: Any, allowed: Sequence[AllowedValue]) -> list[str]:
    if isinstance(value, Mapping):
        levels = [term_of(value), *([term_of(value["child"])] if value.get("child") else [])]
    elif isinstance(value, (list, tuple)) and len(value) > 1:
        levels = [term_of(level) for level in value]
    else:
        levels = _levels_of_text(term_of(only_one(value)), allowed)
    if not 1 <= len(levels) <= len(("parent", "child")):
        raise UnusableValueError("the field has two levels")
    return levels


def _levels_of_text(text: str, allowed: Sequence[AllowedValue]) -> list[str]:
    if fitting_values(text, allowed):
        return [text]
    for between in (*_BETWEEN_LEVELS.finditer(text), *_MAYBE_BETWEEN_LEVELS.finditer(text)):
        parent, child = text[: between.start()], text[between.end() :]
        if any(fitting_values(child, each.children) for each in fitting_values(parent, allowed)):
            return [parent, child]
    return _BETWEEN_LEVELS.split(text)


def _pick(term: str, allowed: Sequence[AllowedValue]) -> AllowedValue:
    fitting = fitting_values(term, allowed)
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        ids = ", ".join(str(each.id) for each in fitting)
        raise UnusableValueError(f"several values are called so (their ids: {ids})")
    listed = choices([each.label for each in allowed])
    raise UnusableValueError(f"it is not one of: {listed}" if listed else "the field offers no values")


def fitting_values(term: str, allowed: Sequence[AllowedValue]) -> list[AllowedValue]:
    """The allowed values with that label, else another name, else that key, else that id; names by `name_key`."""
    key = name_key(term)
    return (
        [each for each in allowed if name_key(each.label) == key]
        or [each for each in allowed if any(name_key(name) == key for name in each.names)]
        or [each for each in allowed if each.key and each.key.casefold() == key]
        or [each for each in allowed if each.id == term.strip()]
    )


def _reference(allowed: AllowedValue) -> dict[str, Any]:
    if allowed.id is not None:
        return {"id": allowed.id}
    if allowed.value is not None:
        return {"value": allowed.value}
    return {"name": allowed.name} if allowed.name is not None else {"label": allowed.label}
