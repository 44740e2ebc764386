"""One reader per field of a ticket: from what a file says to what `Ticket` takes."""

import contextlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from functools import cached_property, partial
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

from jira_session_export._batch.nearest import COMPARED_LENGTH, Nearest
from jira_session_export._batch.raw import Action, Fields, Problems, kind
from jira_session_export._models import Attachment, TicketLink, ticket_id_from
from jira_session_export._printable import excerpt
from jira_session_export._written import WrittenNumber, list_items

T = TypeVar("T")

SYNONYMS: Mapping[str, str] = {
    "summary": "title",
    "subject": "title",
    "headline": "title",
    "description": "description_markdown",
    "body": "description_markdown",
    "text": "description_markdown",
    "html": "description_html",
    "markdown": "description_markdown",
    "type": "issue_type",
    "issuetype": "issue_type",
    "kind": "issue_type",
    "owner": "assignee",
    "assigned_to": "assignee",
    "tags": "labels",
    "versions": "fix_versions",
    "due": "due_date",
    "duedate": "due_date",
    "deadline": "due_date",
    "points": "story_points",
    "estimate": "story_points",
    "epic": "parent",
    "epic_link": "parent",
    "blocked_by": "depends_on",
    "dependencies": "depends_on",
    "files": "attachments",
    "key": "id",
}
"""What people call fields elsewhere; used for suggestions only."""

_ISSUE_KEY = re.compile(r"[A-Z][A-Z0-9_]*-[1-9][0-9]*")
_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_DOTTED_DATE = re.compile(r"([0-9]{1,2})\.[ ]?([0-9]{1,2})\.[ ]?([0-9]{4})")
_PLACE = re.compile(r"[0-9]{1,18}")
# A comma is a decimal one, unless it may set thousands apart.
_POINTS = re.compile(
    r"[+-]?(?:[0-9]{1,30}(?:\.[0-9]{0,30}|,(?![0-9]{3}$)[0-9]{0,30})?|[.,][0-9]{1,30})(?:[eE][+-]?[0-9]{1,3})?"
)
MAX_ORDER = 2_147_483_647
MAX_POINTS = 1e15
"""What a number field of Jira holds less than, with all digits kept."""
_LIST_BREAK = re.compile(r"[;\r\n]")


class FieldError(ValueError):
    """A value does not fit its field.

    Attributes:
        action: what to do about it; may be empty.
        inner: the place inside the field, for example `[2]`.
    """

    def __init__(self, text: str, action: Action = "") -> None:
        super().__init__(text)
        self.action = action
        self.inner = ""


class ListError(ValueError):
    """Several values of a list do not fit.

    Attributes:
        errors: one for each of them.
    """

    def __init__(self, errors: Sequence[FieldError]) -> None:
        super().__init__(f"{len(errors)} values do not fit")
        self.errors = tuple(errors)


@dataclass(frozen=True, slots=True)
class Context:
    """What the values of a ticket may refer to.

    Attributes:
        session_id: the session's.
        own_id: the ticket's.
        names: the ids of all tickets → their names in the file.
        nearest: the nearest of these names.
        files: whether the files that tickets name can be attached.
        problems: counts the values of lists that are written as one text.
    """

    session_id: UUID
    own_id: UUID
    names: Mapping[UUID, str]
    nearest: Nearest
    files: "Files"
    problems: Problems


def text(value: Any, _: Context | None = None) -> str:
    """Text; a number is taken as it was written."""
    match value:
        case str():
            return value
        case bool():
            raise FieldError("must be text, not true or false", "Put it in quotes.")
        case int() | WrittenNumber():
            return str(value)
        case _:
            raise FieldError(f"must be text, not {kind(value)}")


def _each(
    value: Any,
    read: Callable[[Any], T],
    context: Context,
    split: Callable[[str], Sequence[str]] = lambda text: [text],
) -> tuple[T, ...]:
    """A list's items, or those a text is split into."""
    values = []
    errors = []
    if isinstance(value, str):
        # Before it is split: a text holds at most as many items as it has separators.
        separators = sum(map(value.count, ";,\r\n"))
        context.problems.count_values(separators, "")
        value = split(value)
    for place, item in enumerate(value if isinstance(value, list) else [value], start=1):
        try:
            values.append(read(item))
        except FieldError as exc:
            exc.inner = f"[{place}]"
            errors.append(exc)
    if errors:
        raise ListError(errors)
    return tuple(values)


def _texts(value: Any, context: Context, split: Callable[[str], Sequence[str]]) -> tuple[str, ...]:
    read = _each(value, lambda item: "" if item is None else text(item).strip(), context, split)
    return tuple(filter(None, read))


def _labels(value: Any, context: Context) -> tuple[str, ...]:
    return _texts(value, context, list_items)


def _names(value: Any, context: Context) -> tuple[str, ...]:
    """Names of things in the project, which may hold commas: whether they do is known only there."""
    return _texts(value, context, lambda names: list_items(names, lambda name: not _LIST_BREAK.search(name)))


def order(value: Any, _: Context | None = None) -> int:
    """A place, from 1."""
    written = str(value).strip() if isinstance(value, (int, str)) and not isinstance(value, bool) else ""
    number = int(written) if _PLACE.fullmatch(written) else 0
    if not 1 <= number <= MAX_ORDER:
        raise FieldError(
            f"{_excerpt(value)} is no place", f"Write a whole number from 1 to {MAX_ORDER:,}, or leave it out."
        )
    return number


def _due_date(value: Any, _: Context) -> date:
    written = value.strip() if isinstance(value, str) else ""
    year_first, day_first = _DATE.fullmatch(written), _DOTTED_DATE.fullmatch(written)
    parts = year_first.groups() if year_first else day_first.groups()[::-1] if day_first else None
    if parts is not None:
        with contextlib.suppress(ValueError):
            return date(*map(int, parts))
    raise FieldError(f"{_excerpt(value)} is no date", "Write dates as YYYY-MM-DD, for example 2025-12-31.")


def _story_points(value: Any, _: Context) -> float:
    written = str(value).strip() if isinstance(value, (int, str, WrittenNumber)) and not isinstance(value, bool) else ""
    number = float(written.replace(",", ".")) if _POINTS.fullmatch(written) else -1.0
    if not 0 <= number < MAX_POINTS:
        raise FieldError(
            f"{_excerpt(value)} is no number of story points", "Write a number from 0, for example 5 or 0.5."
        )
    return abs(number)  # -0 is 0


def _sprint(value: Any, context: Context) -> str | int:
    return value if isinstance(value, int) and not isinstance(value, bool) else text(value, context)


def _depends_on(value: Any, context: Context) -> tuple[UUID, ...]:
    def read(item: Any) -> UUID:
        name = text(item).strip()
        ticket_id = _ticket_named(name, context)
        if ticket_id is None:
            raise FieldError(f"{excerpt(name)} is no ticket of this file", partial(_nearest_ticket, name, context))
        if ticket_id == context.own_id:
            raise FieldError("the ticket depends on itself", "Remove that dependency.")
        return ticket_id

    return _each(
        value, read, context, lambda names: list_items(names, lambda name: _ticket_named(name, context) is not None)
    )


def _parent(value: Any, context: Context) -> UUID | str:
    target = _ticket_or_key(text(value, context).strip(), context)
    if target == context.own_id:
        raise FieldError("the ticket is its own parent", "Name another ticket, or an issue's key.")
    return target


def _links(value: Any, context: Context) -> tuple[TicketLink, ...]:
    return _each(
        value,
        lambda item: _link(item, context),
        context,
        lambda links: list_items(links, lambda link: not _LIST_BREAK.search(link)),
    )


def _link(item: Any, context: Context) -> TicketLink:
    how = 'Write {"type": "Relates", "to": "ABC-12"}, or "Relates: ABC-12".'
    if isinstance(item, str):
        link_type, _, to = item.partition(":")
        item = Fields([("type", link_type.strip()), ("to", to.strip())])
    if not isinstance(item, Fields):
        raise FieldError(f"must be an object, not {kind(item)}", how)
    unknown = next((key for key in item if key not in TicketLink.model_fields), None)
    if unknown is not None:
        raise FieldError(f"has an unknown key {excerpt(unknown)}", how)
    given = {key: text(value).strip() for key, value in item.items() if value is not None}
    if not (given.get("type") and given.get("to")):
        raise FieldError("needs a type, and the ticket or issue it leads to", how)
    return TicketLink(type=given["type"], to=_ticket_or_key(given["to"], context))


def _attachments(value: Any, context: Context) -> tuple[Attachment, ...]:
    return _each(
        value,
        lambda item: _attachment(item, context),
        context,
        lambda paths: list_items(paths, lambda path: context.files.problem(path) is None),
    )


def _attachment(item: Any, context: Context) -> Attachment:
    options = item if isinstance(item, Fields) else Fields([("path", item)])
    unknown = next((key for key in options if key not in Attachment.model_fields), None)
    if unknown is not None:
        raise FieldError(
            f"has an unknown key {excerpt(unknown)}", "An attachment has a path, a filename and a media_type."
        )
    given = {key: text(value).strip() for key, value in options.items() if value is not None}
    if not given.get("path"):
        raise FieldError("has no path")
    if problem := context.files.problem(given["path"]):
        raise FieldError(*problem)
    return Attachment(
        path=context.files.folder / given["path"],
        filename=given.get("filename", ""),
        media_type=given.get("media_type") or None,
    )


class Files:
    """The files that tickets name: each is looked for once, however many tickets name it.

    Args:
        folder: where relative paths begin.
        confined: refuse files outside `folder`.
    """

    def __init__(self, folder: Path, *, confined: bool) -> None:
        self.folder = folder
        self._confined = confined
        self._known: dict[str, tuple[str, str] | None] = {}

    def problem(self, path: str) -> tuple[str, str] | None:
        """Why a file cannot be attached and what to do about it; None when it can."""
        if path not in self._known:
            self._known[path] = self._problem(path)
        return self._known[path]

    def _problem(self, name: str) -> tuple[str, str] | None:
        path, shown = self.folder / name, excerpt(str(self.folder / name), 300)
        try:
            if self._confined and not path.resolve().is_relative_to(self._resolved):
                return f"{excerpt(name, 300)} is outside the folder of this file", "Copy it into that folder."
            if not path.exists():
                return f"there is no file {shown}", "Correct the path; it starts at this file's folder."
            if not path.is_file():
                return f"{shown} is no file", "Name a file; pack a folder into one first."
            with path.open("rb"):
                return None
        except PermissionError:
            return f"permission to read {shown} is missing", "Change its permissions, or copy it."
        except OSError as exc:
            return f"{excerpt(name)} cannot be read ({exc.strerror or type(exc).__name__})", "Correct the path."
        except (ValueError, RuntimeError) as exc:  # a NUL in the name, links that go round
            return f"{excerpt(name)} cannot be read ({exc})", "Correct the path."

    @cached_property
    def _resolved(self) -> Path:
        return self.folder.resolve()


def _custom_fields(value: Any, _: Context) -> dict[str, Any]:
    if not isinstance(value, Fields):
        raise FieldError(f"must be an object, not {kind(value)}", 'Write {"Team": "Web"}.')
    return {name: item for name, item in value.items() if item is not None}


def _ticket_named(name: str, context: Context) -> UUID | None:
    ticket_id = ticket_id_from(context.session_id, name)
    return ticket_id if ticket_id in context.names else None


def _ticket_or_key(name: str, context: Context) -> UUID | str:
    ticket_id = _ticket_named(name, context)
    if ticket_id is not None:
        return ticket_id
    if _ISSUE_KEY.fullmatch(name):
        return name
    if _ISSUE_KEY.fullmatch(name.upper()):
        raise FieldError(
            f"{excerpt(name)} is neither a ticket of this file nor an issue's key", f"Did you mean {name.upper()}?"
        )
    raise FieldError(
        f"{excerpt(name)} is neither a ticket of this file nor an issue's key like ABC-12",
        partial(_nearest_ticket, name, context),
    )


def _nearest_ticket(name: str, context: Context) -> str:
    near = context.nearest.to(name)
    return f"Did you mean {excerpt(near)}?" if near else "Name a ticket by its id."


def _excerpt(value: Any) -> str:
    if isinstance(value, (list, dict)):
        return kind(value)
    return excerpt(str(value), 40)


READERS: Mapping[str, Callable[[Any, Context], Any]] = {
    "order": order,
    "title": text,
    "description_html": text,
    "description_markdown": text,
    "issue_type": text,
    "priority": text,
    "assignee": text,
    "reporter": text,
    "sprint": _sprint,
    "labels": _labels,
    "components": _names,
    "fix_versions": _names,
    "due_date": _due_date,
    "story_points": _story_points,
    "parent": _parent,
    "depends_on": _depends_on,
    "links": _links,
    "attachments": _attachments,
    "custom_fields": _custom_fields,
}
"""How each field is read; the id comes first and apart, because others refer to it."""

FIELD_NAMES = ("id", *READERS)
LIST_FIELDS = frozenset({"labels", "components", "fix_versions", "depends_on", "links", "attachments"})


def suggest(unknown: str, known: tuple[str, ...], *, elsewhere: str = "put it under 'custom_fields'") -> str:
    """What to do about an unknown key: the name that was probably meant.

    Args:
        elsewhere: where it may belong when no name is near.
    """
    name = unknown.strip()[:COMPARED_LENGTH].lower().replace(" ", "_").replace("-", "_")
    meant = name if name in known else SYNONYMS.get(name)
    if meant not in known:
        meant = next(iter(get_close_matches(name, known, n=1)), None)
    shown = excerpt(unknown)
    if meant:
        return f"Rename {shown} to {meant!r}, or remove it."
    return f"Remove {shown}, or {elsewhere}." if elsewhere else f"Remove {shown}."
