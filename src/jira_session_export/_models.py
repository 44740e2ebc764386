"""Sessions and tickets as a host hands them over."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any, ClassVar
from uuid import UUID, uuid5

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    field_serializer,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from jira_session_export._written import with_marked_numbers, with_written_numbers

ID_NAMESPACE = UUID("6f0c3f0e-6a54-5c0b-9d53-3a0c8a1c7a52")
"""Namespace of the ids made from strings; never changes, or re-reading a batch file would give other ids."""

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
# Jira lets an administrator allow keys of up to 255 characters.
ProjectKey = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[A-Z][A-Z0-9_]{0,254}$")]


def session_id_from(name: str, project_key: str) -> UUID:
    """The session's id that `name` always gives in that project."""
    return uuid5(ID_NAMESPACE, f"{project_key}:{name}")


def ticket_id_from(session_id: UUID, name: str) -> UUID:
    """The ticket's id that `name` always gives in that session: itself when it is a UUID, else a uuid5 of both."""
    try:
        return UUID(name)
    except ValueError:
        return uuid5(session_id, name)


class _Input(BaseModel):
    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=False)


class TicketLink(_Input):
    """An issue link a ticket wants.

    Attributes:
        type: name of the issue link type (`Relates`), or one of its two phrases (`is blocked by`).
        to: a ticket of this session, or the key of an issue in Jira.
    """

    type: Name
    to: UUID | Name


class Attachment(_Input):
    """A file to attach.

    Attributes:
        path: the file's path.
        filename: its name in Jira; the path's own by default.
        media_type: guessed from the name when None.
    """

    path: Path
    filename: str = ""
    media_type: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _from_path(cls, value: Any) -> Any:
        return {"path": value} if isinstance(value, (str, Path)) else value

    @property
    def name(self) -> str:
        """Its name in Jira."""
        return self.filename or self.path.name


class Ticket(_Input):
    """A reviewed ticket, to become exactly one Jira issue.

    Attributes:
        order: place in the session, from 1; unique.
        description_html: the body as HTML; at most one of the two descriptions is given.
        description_markdown: the body as Markdown.
        issue_type: name or id; None takes `ExportSettings.default_issue_type`.
        assignee: account id, e-mail address or display name.
        reporter: like `assignee`.
        sprint: name or id.
        parent: a ticket of this session or an issue's key.
        depends_on: tickets of this session that must come first; each becomes an issue link.
        custom_fields: name or id of the field → value, resolved through the project's create metadata. A number from a
            batch file is a float that remembers how it was written; as JSON it is `{"$number": "1.10"}`.
    """

    id: UUID
    order: Annotated[int, Field(ge=1, le=2_147_483_647)]
    title: Name
    description_html: str | None = None
    description_markdown: str | None = None
    issue_type: Name | None = None
    priority: Name | None = None
    assignee: Name | None = None
    reporter: Name | None = None
    sprint: Name | int | None = None
    labels: tuple[Name, ...] = ()
    components: tuple[Name, ...] = ()
    fix_versions: tuple[Name, ...] = ()
    due_date: date | None = None
    story_points: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None
    parent: UUID | Name | None = None
    depends_on: tuple[UUID, ...] = ()
    links: tuple[TicketLink, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    custom_fields: Mapping[str, Any] = Field(default_factory=dict)

    @field_validator("depends_on")
    @classmethod
    def _once_each(cls, value: tuple[UUID, ...]) -> tuple[UUID, ...]:
        return tuple(dict.fromkeys(value))

    @field_validator("custom_fields")
    @classmethod
    def _read_numbers(cls, value: Mapping[str, Any]) -> Mapping[str, Any]:
        return with_written_numbers(value)

    @field_serializer("custom_fields", when_used="json")
    def _keep_numbers(self, value: Mapping[str, Any]) -> dict[str, Any]:
        return with_marked_numbers(value)

    @model_validator(mode="after")
    def _one_description(self) -> "Ticket":
        if self.description_html is not None and self.description_markdown is not None:
            raise ValueError("give description_html or description_markdown, not both")
        return self


def _twice(problem: str, ticket: Ticket, field: str) -> PydanticCustomError:
    """The error of something that is unique in a session and is not; it knows the ticket and the field."""
    return PydanticCustomError("twice", "{problem}", {"problem": problem, "ticket_id": ticket.id, "field": field})


class Session(_Input):
    """A batch of reviewed tickets for one Jira project.

    Attributes:
        name: for people.
        owner: who may see and export it, as the host names callers; None leaves that to the host.
        tickets: in any order; `order` decides.
    """

    id: UUID
    project_key: ProjectKey
    name: str = ""
    owner: str | None = None
    tickets: tuple[Ticket, ...]

    @model_validator(mode="after")
    def _ids_and_orders_are_unique(self) -> "Session":
        ids: set[UUID] = set()
        orders: dict[int, str] = {}
        for ticket in self.tickets:
            if ticket.id in ids:
                raise _twice(f"ticket {ticket.title!r}: its id {ticket.id} is used twice", ticket, "id")
            if ticket.order in orders:
                other = orders[ticket.order]
                problem = f"tickets {other!r} and {ticket.title!r} have the same order {ticket.order}"
                raise _twice(problem, ticket, "order")
            ids.add(ticket.id)
            orders[ticket.order] = ticket.title
        return self
