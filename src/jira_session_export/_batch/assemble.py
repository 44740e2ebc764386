"""Makes a session of what was read: ids from names, references resolved, every value checked."""

import math
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

from pydantic import TypeAdapter, ValidationError

from jira_session_export._batch.fields import FIELD_NAMES, READERS, Context, FieldError, ListError, suggest, text
from jira_session_export._batch.raw import MAX_DEPTH, SESSION_KEYS, Fields, Problems, RawBatch, RawTicket
from jira_session_export._models import ProjectKey, Session, Ticket, session_id_from, ticket_id_from
from jira_session_export._written import WrittenNumber

_SURROGATE = re.compile("[\ud800-\udfff]")
_HALF = "has half a character in it (a lone surrogate)"
_PROJECT_KEY: TypeAdapter[str] = TypeAdapter(ProjectKey)


@dataclass(frozen=True, slots=True)
class _Named:
    """A ticket as it was read, with its id and the name that the id was made from."""

    raw: RawTicket
    place: int
    ticket_id: UUID
    name: str


def assemble(
    batch: RawBatch,
    problems: Problems,
    *,
    stem: str,
    folder: Path,
    project_key: str | None,
    session_name: str | None,
    confine_attachments: bool,
) -> Session:
    """The session in what was read.

    Args:
        stem: names the session when nothing else does.
        folder: where relative paths of attachments begin.

    Raises:
        BatchFileError: problems were noted, now or before.
    """
    said = _session_texts(batch.fields, problems)
    key = _project_key(project_key, said.get("project_key"), problems)
    name = _printable(session_name or said.get("name") or said.get("id") or stem)
    session_id = _session_id(_printable(session_name or said.get("id") or name), key)
    named = _name_tickets(batch.tickets, session_id, problems)
    names = {ticket.ticket_id: ticket.name for ticket in named}
    tickets = []
    for ticket in named:
        context = Context(session_id, ticket.ticket_id, names, folder, confine_attachments)
        tickets.append(_ticket(ticket, context, problems))
    if not (batch.tickets or len(problems)):
        problems.add("", "has no tickets", "Add at least one ticket.")
    _check_orders(named, tickets, problems)
    problems.raise_if_any()
    return Session(
        id=session_id,
        project_key=key,
        name=name,
        owner=said.get("owner"),
        tickets=tuple(ticket for ticket in tickets if ticket is not None),
    )


# -- the session -----------------------------------------------------------------------------------------------------


def _session_texts(fields: Fields, problems: Problems) -> dict[str, str]:
    texts = {}
    for where, problem in _defects(fields):
        problems.add(where, problem)
    for key, value in fields.items():
        if key not in SESSION_KEYS:
            problems.add("", f"has an unknown key {key!r}", suggest(key, SESSION_KEYS))
        elif value is not None:
            try:
                said = text(value).strip()
            except FieldError as exc:
                problems.add(key, str(exc), exc.action)
                continue
            if said:
                texts[key] = said
    return texts


def _project_key(asked: str | None, said: str | None, problems: Problems) -> str:
    key = asked or said
    if not key:
        problems.add(
            "",
            "names no Jira project",
            "Add a project_key to the file, or give the project's key with --project.",
        )
        return ""
    try:
        return _PROJECT_KEY.validate_python(key)
    except ValidationError:
        upper = key.strip().upper()
        action = "A project key is written in capitals, like ABC."
        problems.add(
            "project_key", f"{key!r} is no project key", f"Did you mean {upper}?" if _is_key(upper) else action
        )
        return ""


def _is_key(key: str) -> bool:
    try:
        return bool(_PROJECT_KEY.validate_python(key))
    except ValidationError:
        return False


def _printable(name: str) -> str:
    """The name without halves of characters, as file names and arguments in a strange encoding have them."""
    return name.encode(errors="replace").decode()


def _session_id(name: str, project_key: str) -> UUID:
    try:
        return UUID(name)
    except ValueError:
        return session_id_from(name, project_key)


# -- the tickets' names ----------------------------------------------------------------------------------------------


def _name_tickets(tickets: Sequence[RawTicket], session_id: UUID, problems: Problems) -> list[_Named]:
    named: dict[UUID, _Named] = {}
    for place, raw in enumerate(tickets, start=1):
        defects = list(_defects(raw.fields))
        for inner, problem in defects:
            problems.add(_where(raw, inner), problem)
        title = _title(raw, problems)
        if defects or title is None:
            continue
        try:
            own = text(raw.fields["id"]).strip() if raw.fields.get("id") is not None else ""
        except FieldError as exc:
            problems.add(_where(raw, "id"), str(exc), exc.action)
            continue
        name = own or raw.implied_id
        # A title says which ticket it is better than its place or its body: both change while a session is reviewed,
        # and an id that changed would create the issue again.
        ticket_id = (
            ticket_id_from(session_id, name) if name is not None else uuid5(session_id, f"title:{_normal(title)}")
        )
        other = named.get(ticket_id)
        if other is None:
            named[ticket_id] = _Named(raw, place, ticket_id, name or title)
        elif name is None:
            problems.add(
                _where(raw), f"has no id, and the same title as {other.raw.where}", "Give both an id, or other titles."
            )
        else:
            problems.add(_where(raw, "id"), f"{name!r} is the id of {other.raw.where} too", "Give each its own id.")
    return list(named.values())


def _title(raw: RawTicket, problems: Problems) -> str | None:
    value = raw.fields.get("title")
    if value is None or (isinstance(value, str) and not value.strip()):
        near = [key for key in raw.fields if key not in FIELD_NAMES and suggest(key, FIELD_NAMES).find("'title'") > 0]
        problems.add(_where(raw), "has no title", suggest(near[0], FIELD_NAMES) if near else "Give it a title.")
        return None
    try:
        return text(value).strip()
    except FieldError as exc:
        problems.add(_where(raw, "title"), str(exc), exc.action)
        return None


def _normal(title: str) -> str:
    return " ".join(unicodedata.normalize("NFC", title).split())


# -- the tickets' values ---------------------------------------------------------------------------------------------


def _ticket(named: _Named, context: Context, problems: Problems) -> Ticket | None:
    values: dict[str, Any] = {"id": named.ticket_id, "order": named.place}
    found = len(problems)
    for key, value in named.raw.fields.items():
        if key == "id" or _is_blank(value):
            continue
        if key not in READERS:
            problems.add(_where(named.raw), f"has an unknown field {key!r}", suggest(key, FIELD_NAMES))
            continue
        try:
            values[key] = READERS[key](value, context)
        except (FieldError, ListError) as exc:
            for error in exc.errors if isinstance(exc, ListError) else (exc,):
                problems.add(_where(named.raw, f"{key}{error.inner}"), str(error), error.action)
    if "description_html" in values and "description_markdown" in values:
        problems.add(_where(named.raw), "has both a description_html and a description_markdown", "Keep one of them.")
    return Ticket.model_validate(values) if len(problems) == found else None


def _is_blank(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _check_orders(named: Sequence[_Named], tickets: Sequence[Ticket | None], problems: Problems) -> None:
    taken: dict[int, RawTicket] = {}
    for source, ticket in zip(named, tickets, strict=True):
        if ticket is None:
            continue
        other = taken.setdefault(ticket.order, source.raw)
        if other is not source.raw:
            problems.add(
                _where(source.raw, "order"),
                f"{ticket.order} is the order of {other.where} too",
                "Give every ticket its own order, or none of them one: then their place in the file decides.",
            )


def _where(raw: RawTicket, field: str = "") -> str:
    title = raw.fields.get("title")
    name = title if isinstance(title, str) and title.strip() else ""
    shown = f" {' '.join(name[:60].split())!r}" if name else ""
    return f"{raw.where}{shown}" + (f", field {field}" if field else "")


def _defects(fields: Fields) -> Iterator[tuple[str, str]]:
    """Where something is wrong that no field could make sense of: (place inside, problem)."""
    waiting: list[tuple[str, Any, int]] = [("", fields, 0)]
    while waiting:
        place, value, depth = waiting.pop()
        match value:
            case str() if _SURROGATE.search(value):
                yield place, _HALF
            case WrittenNumber() if not math.isfinite(value):
                yield place, f"{value.written[:40]} is no number that Jira can hold; put it in quotes if it is text"
            case dict() | list() if depth > MAX_DEPTH:
                yield place, "is nested too deeply"
            case Fields():
                for key in value.duplicates:
                    yield place, f"{key!r} is given more than once"
                if any(_SURROGATE.search(key) for key in value):
                    yield place, f"{_HALF}, in a key"
                waiting.extend((f"{place}.{key}" if place else key, item, depth + 1) for key, item in value.items())
            case list():
                waiting.extend((f"{place}[{number}]", item, depth + 1) for number, item in enumerate(value, start=1))
            case _:
                pass
