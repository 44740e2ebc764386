"""A file in somebody else's words: their columns, people and values, and what all tickets have in common."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from jira_session_export._batch.fields import FIELD_NAMES, suggest
from jira_session_export._batch.raw import Fields, Problems, RawBatch, RawTicket, kind
from jira_session_export._printable import excerpt

CUSTOM_PREFIX = "custom_fields."
OWN_FIELDS = ("id", "title", "order")
"""What no two tickets share."""

_PEOPLE = ("assignee", "reporter")
_KEYS = ("columns", "people", "values", "defaults")
_SPACING = re.compile(r"[\s_-]+")


@dataclass(frozen=True, slots=True)
class Adapting:
    """How the words of a file become ours; `Adapting()` leaves them as they are.

    Attributes:
        columns: a column or key, folded → our field, or `custom_fields.<name>`; None leaves it out.
        people: what somebody is called, folded → account id, e-mail address or name in Jira.
        values: our field → value, folded → what it stands for.
        defaults: our field → value of tickets that do not have one.
    """

    columns: Mapping[str, str | None] = field(default_factory=dict)
    people: Mapping[str, Any] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    defaults: Mapping[str, Any] = field(default_factory=dict)

    def knows(self, column: str) -> bool:
        """Whether the column is named in the mapping."""
        return folded(column) in self.columns

    def renamed(self, fields: Fields, where: str, problems: Problems) -> Fields:
        """The fields by our names."""
        if not self.columns:
            return fields
        pairs: list[tuple[str, Any]] = []
        custom: list[tuple[str, Any]] = []
        for key, value in fields.items():
            target = self.columns.get(folded(key), key)
            if target is None:
                continue
            if target.startswith(CUSTOM_PREFIX) and target != key:
                custom.append((target.removeprefix(CUSTOM_PREFIX).removesuffix("[]"), value))
            else:
                pairs.append((target, value))
        if custom:
            pairs = _with_custom(pairs, custom)
        renamed = Fields(pairs, fields.line)
        for name in renamed.duplicates:
            problems.add(where, f"has the field {name!r} twice once its keys are mapped", "Map one of them to null.")
        renamed.duplicates = fields.duplicates
        return renamed

    def translated(self, fields: Fields) -> Fields:
        """The fields with people and values by their names in Jira, in place."""
        for name in _PEOPLE if self.people else ():
            if name in fields:
                fields[name] = _translated(fields[name], self.people)
        for name, values in self.values.items():
            if name.startswith(CUSTOM_PREFIX):
                custom = fields.get("custom_fields")
                inner = name.removeprefix(CUSTOM_PREFIX)
                if isinstance(custom, Fields) and inner in custom:
                    custom[inner] = _translated(custom[inner], values)
            elif name in fields:
                fields[name] = _translated(fields[name], values)
        return fields


NOTHING = Adapting()


def read_adapting(document: Any, problems: Problems) -> Adapting:
    """What a mapping file says.

    Raises:
        BatchFileError: it says something else.
    """
    if document is None:
        return NOTHING
    if not isinstance(document, Mapping):
        raise problems.fatal("", f"must be an object, not {kind(document)}", "Write columns: {Summary: title}.")
    parts: dict[str, Mapping[str, Any]] = {key: {} for key in _KEYS}
    for key, part in document.items():
        if key not in _KEYS:
            problems.add("", f"has an unknown key {excerpt(str(key))}", suggest(str(key), _KEYS, elsewhere=""))
        elif isinstance(part, Mapping):
            parts[key] = {str(name): value for name, value in part.items()}
        elif part is not None:
            problems.add(str(key), f"must be an object, not {kind(part)}", "Write one 'name: value' line for each.")
    for column, target in parts["columns"].items():
        _check_target(f"columns, {excerpt(column)}", target, problems)
    for name, values in parts["values"].items():
        _check_target("values", name, problems)
        if not isinstance(values, Mapping):
            problems.add(f"values, {excerpt(name)}", f"must be an object, not {kind(values)}", "Write {P1: Highest}.")
    check_defaults(parts["defaults"], problems)
    problems.raise_if_any()
    return Adapting(
        columns={folded(column): target for column, target in parts["columns"].items()},
        people={folded(name): person for name, person in parts["people"].items()},
        values={
            name: {folded(str(value)): meant for value, meant in values.items()}
            for name, values in parts["values"].items()
        },
        defaults=parts["defaults"],
    )


def check_defaults(defaults: Mapping[str, Any], problems: Problems, where: str = "defaults") -> None:
    """Note what cannot be the default of a field."""
    for name in defaults:
        if name in OWN_FIELDS:
            problems.add(where, f"{name!r} is each ticket's own", f"Remove {name!r} there.")
        elif name not in FIELD_NAMES and not name.startswith(CUSTOM_PREFIX):
            problems.add(where, f"has an unknown field {excerpt(name)}", suggest(name, FIELD_NAMES))


def adapted(batch: RawBatch, adapting: Adapting, asked: Mapping[str, Any], problems: Problems) -> RawBatch:
    """The batch in our words, with what all tickets have in common.

    Args:
        asked: defaults of the caller; they go before those of a mapping, and these before the file's own.
    """
    own = batch.fields.pop("defaults", None)
    if own is not None and not isinstance(own, Fields):
        problems.add("defaults", f"must be an object, not {kind(own)}", 'Write {"issue_type": "Task"}.')
        own = None
    if own:
        check_defaults(own, problems)
    check_defaults(asked, problems, "defaults given with the file")
    defaults: dict[str, Any] = {}
    for source in (own or {}, adapting.defaults, asked):
        _merge(defaults, source)
    if not (defaults or adapting.columns or adapting.people or adapting.values):
        return batch
    return RawBatch([_adapted(ticket, adapting, defaults, problems) for ticket in batch.tickets], batch.fields)


def _adapted(ticket: RawTicket, adapting: Adapting, defaults: Mapping[str, Any], problems: Problems) -> RawTicket:
    fields = ticket.fields if ticket.renamed else adapting.renamed(ticket.fields, ticket.where, problems)
    fields = adapting.translated(fields)
    if defaults:
        whole: dict[str, Any] = {}
        _merge(whole, defaults)
        if {"description_html", "description_markdown"} & fields.keys():
            whole.pop("description_html", None)
            whole.pop("description_markdown", None)
        _merge(whole, fields)
        merged = Fields(list(whole.items()), fields.line)
        merged.duplicates = fields.duplicates
        fields = merged
    return RawTicket(ticket.where, fields, ticket.implied_id, renamed=True)


def folded(name: str) -> str:
    """The name without what people write differently: case, and `_`, `-` or spaces between words."""
    return _SPACING.sub(" ", name.strip()).casefold()


def _merge(into: dict[str, Any], source: Mapping[str, Any]) -> None:
    """Custom fields are merged one by one, everything else is replaced."""
    custom: list[tuple[str, Any]] = []
    for name, value in source.items():
        if name.startswith(CUSTOM_PREFIX):
            custom.append((name.removeprefix(CUSTOM_PREFIX), value))
        elif name == "custom_fields" and isinstance(value, Mapping):
            custom.extend(value.items())
        else:
            into[name] = value
    if custom:
        before = into.get("custom_fields")
        merged = Fields([*{**(before if isinstance(before, Mapping) else {}), **dict(custom)}.items()])
        if isinstance(given := source.get("custom_fields"), Fields):
            merged.duplicates = given.duplicates
        into["custom_fields"] = merged


def _with_custom(pairs: Iterable[tuple[str, Any]], custom: Iterable[tuple[str, Any]]) -> list[tuple[str, Any]]:
    whole = dict(pairs)
    _merge(whole, {"custom_fields": Fields(list(custom))})
    return list(whole.items())


def _translated(value: Any, meanings: Mapping[str, Any]) -> Any:
    if isinstance(value, list):
        return [_translated(item, meanings) for item in value]
    if not isinstance(value, (str, int, float)) or isinstance(value, bool):
        return value
    known = meanings.get(folded(str(value)), value)
    if known is value and isinstance(value, str) and re.search(r"[;,\n]", value):
        # A list in one text: what of it is known is replaced where it stands.
        parts = re.split(r"([;,\r\n])", value)
        return "".join(
            part.replace(part.strip(), str(meanings[folded(part)])) if folded(part) in meanings else part
            for part in parts
        )
    return known


def _check_target(where: str, target: Any, problems: Problems) -> None:
    if target is None:
        return
    if not isinstance(target, str):
        problems.add(where, f"must name a field, not be {kind(target)}", "Write a field's name, or null.")
    elif target not in FIELD_NAMES and not target.startswith(CUSTOM_PREFIX):
        problems.add(where, f"{excerpt(target)} is no field of a ticket", suggest(target, FIELD_NAMES))
