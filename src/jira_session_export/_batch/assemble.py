"""Makes a session of what was read: ids from names, references resolved, every value checked."""

import math
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

from pydantic import TypeAdapter, ValidationError

from jira_session_export._batch.fields import (
    FIELD_NAMES,
    READERS,
    Context,
    FieldError,
    Files,
    ListError,
    suggest,
    text,
)
from jira_session_export._batch.nearest import Nearest
from jira_session_export._batch.raw import MAX_DEPTH, SESSION_KEYS, Fields, Problems, RawBatch, RawTicket
from jira_session_export._models import ProjectKey, Session, Ticket, session_id_from, ticket_id_from
from jira_session_export._printable import excerpt, shortened
from jira_session_export._written import WrittenNumber

LONGEST_NAME = 1_000
"""Characters of what names a session; every list of sessions shows it."""
# Neither can be kept in a database, nor be sent to Jira.
_BROKEN = re.compile("[\0\ud800-\udfff]")
_HALF = "has half a character in it (a lone surrogate)"
_NUL = "has a NUL character in it"
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
    nearest = Nearest(names.values())
    files = Files(folder, confined=confine_attachments)
    tickets = []
    for ticket in named:
        context = Context(session_id, ticket.ticket_id, names, nearest, files, problems)
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
            problems.add("", f"has an unknown key {excerpt(key)}", partial(suggest, key, SESSION_KEYS))
        elif value is not None:
            try:
                said = text(value).strip()
            except FieldError as exc:
                problems.add(key, str(exc), exc.action)
                continue
            if key != "project_key" and len(said) > LONGEST_NAME:
                problems.add(key, f"has more than {LONGEST_NAME} characters", "Shorten it.")
            elif said:
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
            "project_key", f"{excerpt(key)} is no project key", f"Did you mean {upper}?" if _is_key(upper) else action
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
            problems.add(
                _where(raw, "id"), f"{excerpt(name)} is the id of {other.raw.where} too", "Give each its own id."
            )
    return list(named.values())


def _title(raw: RawTicket, problems: Problems) -> str | None:
    value = raw.fields.get("title")
    if value is None or (isinstance(value, str) and not value.strip()):
        problems.add(_where(raw), "has no title", partial(_title_meant, raw.fields))
        return None
    try:
        return text(value).strip()
    except FieldError as exc:
        problems.add(_where(raw, "title"), str(exc), exc.action)
        return None


def _title_meant(fields: Fields) -> str:
    said = (suggest(key, FIELD_NAMES) for key in islice(fields, 100) if key not in FIELD_NAMES)
    return next((action for action in said if "'title'" in action), "Give it a title.")


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
            problems.add(_where(named.raw), f"has an unknown field {excerpt(key)}", partial(suggest, key, FIELD_NAMES))
            continue
        try:
            values[key] = READERS[key](value, context)
        except (FieldError, ListError) as exc:
            for error in exc.errors if isinstance(exc, ListError) else (exc,):
                problems.add(_where(named.raw, f"{key}{error.inner}"), str(error), error.action)
    if "description_html" in values and "description_markdown" in values:
        problems.add(_where(named.raw), "has both a description_html and a description_markdown", "Keep one of them.")
    if len(problems) != found:
        return None
    try:
        return Ticket.model_validate(values)
    except ValidationError as exc:
        for wrong in exc.errors(include_url=False, include_input=False):
            problems.add(_where(named.raw, ".".join(map(str, wrong["loc"]))), wrong["msg"], "Correct the value.")
        return None


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


_Place = tuple["_Place | None", str]  # what it is in, and the step from there


def _defects(fields: Fields) -> Iterator[tuple[str, str]]:
    """Where something is wrong that no field could make sense of: (place inside, problem)."""
    opened: list[tuple[_Place | None, Iterator[tuple[str, Any]]]] = [(None, iter([("", fields)]))]
    while opened:
        outer, items = opened[-1]
        try:
            step, value = next(items)
        except StopIteration:
            opened.pop()
            continue
        if isinstance(value, str):
            if problem := _broken(value):
                yield _written_out((outer, step)), problem
        elif isinstance(value, WrittenNumber):
            if not math.isfinite(value):
                problem = f"{value.written[:40]} is no number that Jira can hold; put it in quotes if it is text"
                yield _written_out((outer, step)), problem
        elif isinstance(value, (dict, list)):
            place = (outer, step)
            if len(opened) > MAX_DEPTH + 1:
                yield _written_out(place), "is nested too deeply"
            else:
                if isinstance(value, dict):
                    yield from ((_written_out(place), problem) for problem in _broken_keys(value))
                opened.append((place, _steps(value, "." if step else "")))


def _steps(value: dict[str, Any] | list[Any], separator: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        return ((f"{separator}{key}", item) for key, item in value.items())
    return ((f"[{number}]", item) for number, item in enumerate(value, start=1))


def _broken(text: str) -> str:
    found = _BROKEN.search(text)
    return "" if found is None else _NUL if found[0] == "\0" else _HALF


def _broken_keys(fields: dict[str, Any]) -> Iterator[str]:
    if isinstance(fields, Fields):
        yield from (f"{excerpt(key)} is given more than once" for key in fields.duplicates)
    if problem := next(filter(None, map(_broken, fields)), None):
        yield f"{problem}, in a key"


def _written_out(place: _Place | None) -> str:
    steps = []
    while place is not None:
        place, step = place
        steps.append(shortened(step))
    return "".join(reversed(steps))
