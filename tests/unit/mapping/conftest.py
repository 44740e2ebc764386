from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest

from jira_session_export._adf import Conversion, convert_html
from jira_session_export._jira.wire import FieldMetadata, IssueType, Project, Sprint, User
from jira_session_export._mapping.building import RichText, build_draft
from jira_session_export._mapping.draft import IssueDraft
from jira_session_export._mapping.metadata import ProjectMetadata
from jira_session_export._models import Ticket
from jira_session_export._settings import ExportSettings
from jira_session_export._values import Marker

TICKET_ID = UUID("00000000-0000-4000-8000-000000000001")
MARKER = Marker("7f1f3d0a-0f0e-4d29-9d55-5f5c3bb1b0a1", str(TICKET_ID), 1)
TYPES = "com.atlassian.jira.plugin.system.customfieldtypes:"
GREENHOPPER = "com.pyxis.greenhopper.jira:"

MARIA = User(account_id="712020:maria", display_name="Maria Silva", email_address="maria.silva@example.com")
JONAS = User(account_id="5b10ac8d82e05b22cc7d4ef5", display_name="Jonas Weber")
TWIN_1 = User(account_id="712020:twin-1", display_name="Aiko Tanaka")
TWIN_2 = User(account_id="712020:twin-2", display_name="aiko tanaka")
FORMER = User(account_id="712020:former", display_name="Robin Former", active=False)
BOT = User(account_id="712020:bot", display_name="Export Bot", email_address="bot@example.com")


def field(
    field_id: str,
    type_: str = "string",
    name: str = "",
    *,
    items: str | None = None,
    custom: str | None = None,
    allowed: list[Mapping[str, Any]] | None = None,
    required: bool = False,
    default: Any = None,
) -> FieldMetadata:
    schema: dict[str, Any] = {"type": type_, "items": items, "custom": custom}
    return FieldMetadata.model_validate(
        {
            "fieldId": field_id,
            "name": name or field_id.title(),
            "required": required,
            "hasDefaultValue": default is not None,
            "defaultValue": default,
            "schema": schema,
            "allowedValues": allowed,
        }
    )


def named(*pairs: tuple[str, str]) -> list[Mapping[str, Any]]:
    return [{"id": number, "name": name} for number, name in pairs]


def options(*pairs: tuple[str, str]) -> list[Mapping[str, Any]]:
    return [{"id": number, "value": value} for number, value in pairs]


PRIORITIES = named(("2", "High"), ("3", "Medium"), ("4", "Low"))
COMPONENTS = named(("10000", "Backend"), ("10001", "Docs"))

SCREEN = (
    field("project", "project", "Project", required=True),
    field("issuetype", "issuetype", "Issue Type", required=True),
    field("summary", "string", "Summary", required=True),
    field("description", "string", "Description"),
    field("reporter", "user", "Reporter", required=True, default={}),
    field("assignee", "user", "Assignee"),
    field("priority", "priority", "Priority", allowed=PRIORITIES, required=True, default={"id": "3"}),
    field("labels", "array", "Labels", items="string"),
    field("components", "array", "Components", items="component", allowed=COMPONENTS),
    field("fixVersions", "array", "Fix versions", items="version", allowed=named(("1", "1.0"), ("2", "2.0"))),
    field("duedate", "date", "Due date"),
    field("parent", "issuelink", "Parent"),
    field("environment", "string", "Environment"),
    field("customfield_10020", "array", "Sprint", items="json", custom=GREENHOPPER + "gh-sprint"),
    field("customfield_10028", "number", "Story Points", custom=TYPES + "float"),
    field(
        "customfield_10031",
        "option",
        "Environment type",
        custom=TYPES + "select",
        allowed=options(("1", "Production"), ("2", "Staging")),
    ),
    field("customfield_10036", "string", "Acceptance criteria", custom=TYPES + "textarea"),
    field("customfield_10050", "string", "Twice", custom=TYPES + "textfield"),
    field("customfield_10051", "string", "Twice", custom=TYPES + "textfield"),
)

SPRINTS = (
    Sprint(id=1, name="Sprint 1", state="closed"),
    Sprint(id=2, name="Sprint 2", state="active"),
    Sprint(id=3, name="Sprint 3", state="future"),
    Sprint(id=4, name="Twin", state="active"),
    Sprint(id=5, name="twin", state="future"),
    Sprint(id=6, name="42", state="future"),
)

TASK = IssueType(id="10001", name="Task")
STORY = IssueType(id="10002", name="Historia", untranslated_name="Story")
EPIC = IssueType(id="10003", name="Epic", hierarchy_level=1)
SUBTASK = IssueType(id="10004", name="Sub-task", subtask=True, hierarchy_level=-1)


def paragraph(text: str) -> dict[str, Any]:
    return {"type": "paragraph", "content": [{"type": "text", "text": text}]}


def document(*texts: str) -> dict[str, Any]:
    return {"version": 1, "type": "doc", "content": [paragraph(text) for text in texts]}


def converted(text: str) -> Conversion:
    return Conversion(document(text), (), (), None)


def make_metadata(*extra: FieldMetadata, without: tuple[str, ...] = (), **changes: Any) -> ProjectMetadata:
    replaced = {each.field_id for each in extra}
    screen = tuple(each for each in SCREEN if each.field_id not in {*replaced, *without}) + extra
    values: dict[str, Any] = {
        "project": Project(id="10000", key="PROJ", name="Product"),
        "issue_types": (TASK, STORY, EPIC, SUBTASK),
        "fields": {each.id: screen for each in (TASK, STORY, SUBTASK)},
        "users": (MARIA, JONAS, TWIN_1, TWIN_2, FORMER),
        "users_complete": True,
        "sprints": SPRINTS,
        "boards_read": True,
        "permissions": {"ASSIGN_ISSUES": True, "SCHEDULE_ISSUES": True, "CREATE_ATTACHMENTS": True},
        "myself": BOT,
    }
    return ProjectMetadata(**{**values, **changes})


def make_ticket(**values: Any) -> Ticket:
    return Ticket(**{"id": TICKET_ID, "order": 1, "title": "Configure fields", **values})


def make_draft(
    metadata: ProjectMetadata | None = None,
    *,
    description: dict[str, Any] | None = None,
    full_text: str | None = None,
    html: str | None = None,
    rich_text: RichText = converted,
    parent_key: str | None = None,
    settings: ExportSettings | None = None,
    requirements: Any = None,
    **ticket: Any,
) -> IssueDraft:
    return build_draft(
        make_ticket(**ticket),
        convert_html(html) if html else Conversion(description or document(), (), (), full_text),
        metadata or make_metadata(),
        settings=settings or ExportSettings(),
        marker=MARKER,
        parent_key=parent_key,
        rich_text=rich_text,
        requirements=requirements,
    )


@dataclass(frozen=True)
class Kit:
    """What the tests of this folder build their cases with."""

    field: Callable[..., FieldMetadata] = field
    named: Callable[..., list[Mapping[str, Any]]] = named
    options: Callable[..., list[Mapping[str, Any]]] = options
    document: Callable[..., dict[str, Any]] = document
    metadata: Callable[..., ProjectMetadata] = make_metadata
    ticket: Callable[..., Ticket] = make_ticket
    draft: Callable[..., IssueDraft] = make_draft


@pytest.fixture(scope="session")
def kit() -> Kit:
    return Kit()
