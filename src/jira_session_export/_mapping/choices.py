"""Choices: one of the values a field allows, by label or id, in one level or two."""

from collections.abc import Mapping, Sequence
from typing import Any

from jira_session_export._jira.wire import AllowedValue
from jira_session_export._mapping.values import Context, UnusableValueError, term_of
from jira_session_export._mapping.wording import choices

_BY_VALUE = frozenset({"option", "option-with-child"})


def to_choice(value: Any, context: Context) -> dict[str, Any]:
    """One of the allowed values, by label or id; as given when Jira does not tell which are allowed."""
    allowed = context.field.allowed_values
    term = term_of(value)
    if allowed is None:
        schema = context.field.field_schema
        return {"value" if (schema.items or schema.type) in _BY_VALUE else "name": term}
    return _reference(_pick(term, allowed))


def to_cascade(value: Any, context: Context) -> dict[str, Any]:
    """A choice of two levels: `["Sales", "Quotes"]`, `{"value": "Sales", "child": "Quotes"}` or `Sales > Quotes`."""
    levels = _levels(value, context.field.allowed_values or ())
    if context.field.allowed_values is None:
        first, *rest = ({"value": level} for level in levels)
        return {**first, "child": rest[0]} if rest else first
    parent = _pick(levels[0], context.field.allowed_values)
    reference = _reference(parent)
    return {**reference, "child": _reference(_pick(levels[1], parent.children))} if len(levels) > 1 else reference


def _levels(value: Any, allowed: Sequence[AllowedValue]) -> list[str]:
    if isinstance(value, Mapping):
        levels = [term_of(value), *([term_of(value["child"])] if value.get("child") else [])]
    elif isinstance(value, (list, tuple)):
        levels = [term_of(level) for level in value]
    elif ">" in (text := term_of(value)) and not fitting_values(text, allowed):
        levels = [level.strip() for level in text.split(">")]
    else:
        levels = [text]
    if not 1 <= len(levels) <= 2:
        raise UnusableValueError("the field has two levels")
    return levels


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
    """The allowed values with that label, else the one with that id; case does not matter for labels."""
    folded = term.casefold()
    return [each for each in allowed if each.label.casefold() == folded] or [
        each for each in allowed if each.id == term
    ]


def _reference(allowed: AllowedValue) -> dict[str, Any]:
    if allowed.id is not None:
        return {"id": allowed.id}
    return {"value": allowed.value} if allowed.value is not None else {"name": allowed.name}
