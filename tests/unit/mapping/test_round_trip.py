"""Drafts sent to a strict Jira: what is built is accepted, and what is refused comes through in the end."""

from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest

from jira_session_export._adf import Conversion, convert_html, shorten_document
from jira_session_export._export.projects import ProjectReader
from jira_session_export._jira.auth import ApiTokenAuth
from jira_session_export._jira.client import JiraClient
from jira_session_export._jira.wire import Issue
from jira_session_export._mapping.building import build_draft
from jira_session_export._mapping.draft import IssueDraft
from jira_session_export._mapping.fallback import next_draft
from jira_session_export._models import Ticket
from jira_session_export._settings import ExportSettings
from jira_session_export._values import ManualFixKind, Marker
from jira_session_export.errors import RefusedError, TicketError
from jira_session_export.testing import FakeJira, FakeRuntime

MARKER = Marker("7f1f3d0a-0f0e-4d29-9d55-5f5c3bb1b0a1", "t", 1)
FULL: dict[str, Any] = {
    "description_html": "<p>Body</p>",
    "issue_type": "story",
    "assignee": "maria.silva@example.com",
    "reporter": "Jonas Weber",
    "priority": "high",
    "sprint": "DEMO Sprint 2",
    "labels": ("needs-review",),
    "components": ("backend", "Docs"),
    "fix_versions": ("2.0",),
    "due_date": "2026-12-31",
    "story_points": 5,
    "custom_fields": {
        "Environment type": "staging",
        "Affected platforms": "Web, iOS",
        "Reviewer": "Priya Nair",
        "Effort in days": "2.5",
        "Target date": "2026-12-01",
        "Acceptance criteria": "<ul><li>It works</li></ul>",
        "Customer reference": "A-17\nB",
        "Planned start": "2026-10-02T09:30:00+02:00",
        "Module": "Sales > Quotes",
        "Watching team": ["Aiko Tanaka", "liam.obrien@example.com"],
        "Specification": "https://example.com/spec",
    },
}


def cut(document: Mapping[str, Any], max_text_length: int) -> Mapping[str, Any]:
    return shorten_document(dict(document), max_text_length)[0]


class Sender:
    """Sends tickets as an export does: draft, refusal, smaller draft."""

    def __init__(self, jira: FakeJira, client: JiraClient, runtime: Any) -> None:
        self.jira = jira
        self.client = client
        self.reader = ProjectReader(client, runtime=runtime)
        self.refusals: list[RefusedError] = []

    async def draft(self, ticket: Ticket, conversion: Conversion | None = None) -> IssueDraft:
        return build_draft(
            ticket,
            conversion or convert_html(ticket.description_html or ""),
            await self.reader.read("DEMO", [ticket]),
            settings=ExportSettings(),
            marker=MARKER,
            parent_key=None,
            rich_text=convert_html,
        )

    async def send(self, draft: IssueDraft) -> tuple[IssueDraft, Issue]:
        while True:
            try:
                created = await self.client.create_issue(draft.payload(MARKER))
            except RefusedError as exc:
                self.refusals.append(exc)
                draft = next_draft(draft, exc, shorten=cut)
            else:
                return draft, await self.client.issue(created.key, fields=["*all"], properties=["jira-session-export"])


@pytest.fixture
async def sender() -> AsyncIterator[Sender]:
    runtime = FakeRuntime()
    jira = FakeJira(runtime=runtime)
    auth = ApiTokenAuth("bot@example.com", "token")
    async with JiraClient(jira.base_url, auth, transport=jira.transport, runtime=runtime) as client:
        yield Sender(jira, client, runtime)


async def test_a_full_ticket_is_accepted_at_once_and_stored_as_asked(kit: Any, sender: Sender) -> None:
    draft = await sender.draft(kit.ticket(**FULL))
    assert draft.manual_fixes == ()
    _, issue = await sender.send(draft)
    assert sender.refusals == []
    fields = issue.fields
    assert fields["assignee"]["displayName"] == "Maria Silva"
    assert fields["reporter"]["displayName"] == "Jonas Weber"
    assert fields["priority"]["name"] == "High"
    assert set(fields["labels"]) == {"needs-review", "export-7f1f3d0a"}
    assert [each["name"] for each in fields["components"]] == ["Backend", "Docs"]
    assert [each["name"] for each in fields["fixVersions"]] == ["2.0"]
    assert fields["customfield_10020"][0]["name"] == "DEMO Sprint 2"
    assert fields["customfield_10028"] == 5
    assert [each["value"] for each in fields["customfield_10032"]] == ["Web", "iOS"]
    assert fields["customfield_10037"] == "A-17 B"
    assert fields["customfield_10039"]["child"]["value"] == "Quotes"
    assert len(fields["customfield_10040"]) == 2
    assert issue.properties["jira-session-export"] == MARKER.as_property()


async def test_a_project_that_changes_during_the_export_costs_fields_but_no_issue(kit: Any, sender: Sender) -> None:
    draft = await sender.draft(kit.ticket(**FULL))
    screen = sender.jira.project("DEMO").issue_type("Story")
    screen.remove_field("priority").remove_field("components")
    final, issue = await sender.send(draft)
    assert issue.fields["summary"] == "Configure fields"
    assert {fix.field for fix in final.manual_fixes} == {"priority", "components"}
    assert draft.fields.keys() - final.fields.keys() == {"priority", "components"}


async def test_a_field_that_became_mandatory_stops(kit: Any, sender: Sender) -> None:
    draft = await sender.draft(kit.ticket(issue_type="Task"))
    sender.jira.project("DEMO").issue_type("Task").require("Customer reference")
    with pytest.raises(TicketError, match="Jira wants Customer reference"):
        await sender.send(draft)


async def test_an_over_long_description_arrives_shortened(kit: Any, sender: Sender) -> None:
    whole = Conversion({"version": 1, "type": "doc", "content": [paragraph(each) for each in range(600)]}, (), (), None)
    final, issue = await sender.send(await sender.draft(kit.ticket(), whole))
    assert [fix.kind for fix in final.manual_fixes] == [ManualFixKind.DESCRIPTION_SHORTENED]
    assert "number 0" in str(issue.fields["description"])
    assert len(sender.refusals) == 1


def paragraph(number: int) -> dict[str, Any]:
    return {"type": "paragraph", "content": [{"type": "text", "text": f"number {number} " + "word " * 20}]}
