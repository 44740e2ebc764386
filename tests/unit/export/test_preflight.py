from typing import Any
from uuid import UUID

import pytest
from tests.unit.export.conftest import World, ticket

from jira_session_export import ProjectReader
from jira_session_export._export.preflight import check_issue_types
from jira_session_export._settings import ExportSettings
from jira_session_export._values import ErrorCategory
from jira_session_export.errors import PermissionDeniedError, RefusedError, TicketError
from jira_session_export.testing import Fault, faults

PIXEL = "data:image/gif;base64,R0lGODlhAQABAAAAACw="


@pytest.mark.parametrize(
    ("permission", "fields"),
    [
        ("CREATE_ISSUES", {}),
        ("CREATE_ATTACHMENTS", {"attachments": ["log.txt"]}),
        ("CREATE_ATTACHMENTS", {"description_html": f"<p><img src='{PIXEL}'></p>"}),
        ("CREATE_ATTACHMENTS", {"description_markdown": f"![]({PIXEL})"}),
        ("LINK_ISSUES", {"depends_on": [UUID(int=2)]}),
    ],
)
async def test_a_permission_counts_where_it_is_needed(world: World, permission: str, fields: dict[str, Any]) -> None:
    world.jira.revoke(permission)
    with pytest.raises(PermissionDeniedError):
        await world.projects().read("DEMO", [ticket(1, **fields), ticket(2)])
    if fields:
        await world.projects().read("DEMO", [ticket(1)])


@pytest.mark.parametrize(
    "html", ["<p>data: <img src='https://example.com/a.png'></p>", "<p><img src='a.png'></p>", f"<p>{'x' * 60}</p>"]
)
async def test_images_that_are_not_attached_need_no_permission(world: World, html: str) -> None:
    world.jira.revoke("CREATE_ATTACHMENTS")
    await world.projects().read("DEMO", [ticket(1, description_html=html)])
    settings = ExportSettings(embed_images=False)
    projects = ProjectReader(world.client, runtime=world.runtime, settings=settings)
    await projects.read("DEMO", [ticket(1, description_html=f"<img src='{PIXEL}'>")])


async def test_an_archived_project_is_told_as_such(world: World) -> None:
    world.jira.project("DEMO").is_archived = True
    with pytest.raises(RefusedError, match="Project DEMO is archived") as caught:
        await world.projects().read("DEMO", [ticket(1)])
    assert caught.value.category is ErrorCategory.ADMIN_REQUIRED
    assert "restore" in caught.value.recovery_actions[0]


@pytest.mark.parametrize("status", [403, 404])
async def test_an_archived_project_is_told_as_such_when_jira_refuses_what_belongs_to_it(
    world: World, status: int
) -> None:
    world.jira.project("DEMO").is_archived = True
    world.jira.faults.add(Fault(("GET", "/issue/createmeta/**"), faults.status(status), times=2))
    world.jira.faults.add(Fault(("GET", "/mypermissions"), faults.status(status), times=2))
    with pytest.raises(RefusedError, match="Project DEMO is archived"):
        await world.projects().read("DEMO", [ticket(1)])


@pytest.mark.parametrize("status", [403, 404])
async def test_a_project_that_is_not_archived_is_refused_as_jira_refused_it(world: World, status: int) -> None:
    world.jira.faults.add(Fault(("GET", "/issue/createmeta/**"), faults.status(status)))
    with pytest.raises(RefusedError, match="issue types"):
        await world.projects().read("DEMO", [ticket(1)])


async def test_all_tickets_of_unknown_issue_types_are_named_at_once(world: World) -> None:
    project = await world.projects().read("DEMO", [ticket(1)])
    wrong = [ticket(n, issue_type="Wrong") for n in range(3, 30)]
    with pytest.raises(TicketError) as one:
        check_issue_types(project, [ticket(1), wrong[0]], "Task")
    assert one.value.user_message.endswith("Sub-task.")
    with pytest.raises(TicketError) as two:
        check_issue_types(project, [wrong[0], ticket(1), ticket(2, issue_type="Bogus")], "Task")
    assert two.value.ticket_id == wrong[0].id
    assert two.value.user_message.endswith(" The same is true of 1 more ticket: 2 ('Bogus').")
    with pytest.raises(TicketError) as many:
        check_issue_types(project, wrong, "Task")
    assert "26 more tickets: 4 ('Wrong'), 5 " in many.value.user_message
    assert many.value.user_message.endswith(" 23 ('Wrong') and others.")
