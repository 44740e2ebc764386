"""Tickets that a host hands over and that are none: which one it is, and what is wrong with which field."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ValidationError

from jira_session_export._models import Session, Ticket
from jira_session_export.errors import InputError, TicketError

_PROBLEMS: Mapping[str, str] = {
    "string_too_short": "is blank",
    "missing": "is missing",
    "extra_forbidden": "is no field of a ticket",
    "json_invalid": "is no JSON",
}
"""What pydantic calls an error → the predicate of a sentence about the field."""
_ACTION = "Correct the ticket where it is stored, or leave it out of the export, then start or retry the export."


def invalid_ticket(cause: Exception, ticket_id: UUID, *, order: int | None = None, title: str = "") -> TicketError:
    """Return the error that says what is wrong with a ticket that could not be read.

    Values are not quoted: a ticket's text has no place in a log.

    Args:
        cause: pydantic's error, or whatever the host's code raised.
        order: named in the message; None where whoever tells the error names the ticket.
        title: as `order`, when it is known.
    """
    if isinstance(cause, TicketError):
        field, problem = cause.field, cause.user_message
    elif isinstance(cause, ValidationError):
        field, problem = _first_problem(cause)
    else:
        field, problem = "", f"it could not be read ({type(cause).__name__}: {cause})"
    return _error(problem, ticket_id, field, order=order, title=title)


def _error(problem: str, ticket_id: UUID, field: str, *, order: int | None, title: str) -> TicketError:
    name = "" if order is None else f"Ticket {order}{f' ({title.strip()})' if title and title.strip() else ''}: "
    return TicketError(f"{name}{problem.rstrip('.')}.", ticket_id=ticket_id, field=field, recovery_actions=[_ACTION])


def invalid_session(cause: ValidationError) -> InputError:
    """Return the error that says what is wrong with a session that could not be read; of a ticket when it is one's."""
    error = cause.errors(include_url=False)[0]
    told = error.get("ctx", {})
    if ticket_id := _uuid(told.get("ticket_id")):
        return TicketError(
            f"{told['problem']}.", ticket_id=ticket_id, field=str(told["field"]), recovery_actions=[_ACTION]
        )
    match error["loc"]:
        case ("tickets", int() as place, *inner):
            tickets = _member(error["input"] if not inner else None, "id")
            problem = _sentence(inner, error)
            found = _uuid(tickets)
            if found is not None:
                return _error(problem, found, _named(inner), order=place + 1, title="")
            return InputError(f"Ticket {place + 1} of the session: {problem}.", recovery_actions=[_ACTION])
    return InputError(
        f"The session cannot be read: {_sentence(error['loc'], error)}.",
        recovery_actions=["Correct the session where it is stored, then start or retry the export."],
    )


def checked_ticket(value: Any, ticket_id: UUID, *, order: int | None = None) -> Ticket:
    """Return what a host handed over as a ticket, once it is certain that it is a valid one.

    Copies (`model_copy`) and constructions (`model_construct`) of pydantic's are not validated when they are made.

    Raises:
        TicketError: it is not; see `invalid_ticket` for `order`.
    """
    if not isinstance(value, Ticket):  # a host's code need not be typed
        raise _error(f"it is no Ticket, but a {type(value).__name__}", ticket_id, "", order=order, title="")
    if (its_id := getattr(value, "id", None)) != ticket_id:
        raise _error(f"its id is another one ({its_id})", ticket_id, "id", order=order, title="")
    try:
        # Defaults stay unset: a ticket that has all of its fields set takes twice the memory.
        values = {name: given for name, given in value if name in value.model_fields_set or given}
        for name in ("links", "attachments"):
            if values.get(name):
                values[name] = tuple(dict(each) if isinstance(each, BaseModel) else each for each in values[name])
        return Ticket.model_validate(values)
    except (ValidationError, TypeError, ValueError) as exc:
        raise invalid_ticket(exc, ticket_id, order=order, title=_text(getattr(value, "title", ""))) from exc


def checked_session(value: Any) -> Session:
    """Return what a host handed over as a session, once it is certain that it and its tickets are valid.

    Raises:
        TicketError: a ticket of it is not.
        InputError: it is not.
    """
    if not isinstance(value, Session):
        raise InputError(f"The session is no Session, but a {type(value).__name__}.")
    tickets = tuple(
        checked_ticket(ticket, getattr(ticket, "id", value.id), order=getattr(ticket, "order", place))
        for place, ticket in enumerate(value.tickets, start=1)
    )
    try:
        return Session.model_validate({**dict(value), "tickets": tickets})
    except ValidationError as exc:
        raise invalid_session(exc) from exc


def _first_problem(cause: ValidationError) -> tuple[str, str]:
    error = cause.errors(include_url=False)[0]
    return _named(error["loc"]), _sentence(error["loc"], error)


def _sentence(loc: Sequence[int | str], error: Any) -> str:
    name = _named(loc)
    if error["type"] in _PROBLEMS:
        return f"{name or 'it'} {_PROBLEMS[error['type']]}"
    said = str(error["msg"]).removeprefix("Value error, ").rstrip(".")
    given = error["input"]
    shown = repr(given) if isinstance(given, (int, float)) or given is None else type(given).__name__
    return f"{name}: {said} (it is {shown})" if name else said


def _named(loc: Sequence[int | str]) -> str:
    """The place of an error as batch files name it: `links[2].type`."""
    # A value that may be of several types has a step for each of them: (`parent`, `uuid`).
    steps = [step for step in loc if isinstance(step, int) or step in Ticket.model_fields or step in {"type", "to"}]
    name = ""
    for step in steps:
        name += f"[{step + 1}]" if isinstance(step, int) else f".{step}" if name else step
    return name or ".".join(str(step) for step in loc)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _member(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, Mapping) else getattr(value, name, None)


def _uuid(value: Any) -> UUID | None:
    if isinstance(value, UUID):
        return value
    try:
        return UUID(value) if isinstance(value, str) else None
    except ValueError:
        return None
