from collections import Counter
from typing import Any

import anyio
import pytest
from tests.unit.export.conftest import World, ticket

from jira_session_export import ApiTokenAuth, JiraClient, ProjectReader
from jira_session_export.api import ProjectRequirements, ProjectValidationRequest
from jira_session_export.errors import AuthenticationError, NotFoundError
from jira_session_export.testing import FakeJira, FakeRuntime, Fault, FieldKind, faults


async def test_fifty_at_once_share_one_and_a_later_one_is_fresh() -> None:
    runtime = FakeRuntime()
    jira = FakeJira(runtime=runtime, latency=0.1)
    async with JiraClient(
        jira.base_url, ApiTokenAuth("me@example.com", "x"), runtime=runtime, transport=jira.transport
    ) as client:
        reader = ProjectReader(client, runtime=runtime)

        async def read() -> None:
            assert (await reader.read("DEMO", [], fresh=True)).project.key == "DEMO"

        async with anyio.create_task_group() as tasks:
            for _ in range(50):
                tasks.start_soon(read)
        read_at_once = Counter(request.path for request in jira.requests)["/rest/api/3/project/DEMO"]
        assert read_at_once == 1
        await read()
        assert Counter(request.path for request in jira.requests)["/rest/api/3/project/DEMO"] == 2
        await reader.read("DEMO", [])
        assert Counter(request.path for request in jira.requests)["/rest/api/3/project/DEMO"] == 2


def validation(key: str = "DEMO") -> ProjectValidationRequest:
    requirements = ProjectRequirements(
        requires_sprint_assignment=True, requires_assignee=True, requires_priority_levels=True
    )
    return ProjectValidationRequest(project_key=key, user_requirements=requirements)


async def test_a_project_is_validated_within_two_round_trips(world: World) -> None:
    world.jira.latency = 1.0
    response = await world.service().validate_project(validation())
    assert response.validation_status == "valid"
    assert world.clock.monotonic() == pytest.approx(2.0)


async def test_a_pre_flight_takes_two_round_trips_and_one_more_for_people_not_on_the_list(world: World) -> None:
    world.jira.latency = 1.0
    await world.projects().read("DEMO", [ticket(1)])
    assert world.clock.monotonic() == pytest.approx(2.0)
    await world.projects().read("DEMO", [ticket(1, assignee="nobody@nowhere.example")], fresh=True)
    assert world.clock.monotonic() <= 5.0


async def test_what_was_read_serves_for_a_minute(world: World) -> None:
    projects = world.projects()
    await projects.read("DEMO", [ticket(1)])
    asked = len(world.jira.requests)
    await projects.read("DEMO", [ticket(2)])
    assert len(world.jira.requests) == asked
    await projects.read("DEMO", [ticket(2, issue_type="Bug")])
    assert len(world.jira.requests) == asked + 1  # the create screen of bugs
    world.clock.advance(61)
    await projects.read("DEMO", [ticket(1)])
    assert len(world.jira.requests) > asked + 5


async def test_a_project_nobody_sees_is_an_invalid_one(world: World) -> None:
    response = await world.service().validate_project(validation("NONE"))
    assert (response.validation_status, response.can_view_project) == ("invalid", False)
    with pytest.raises(NotFoundError):
        await world.projects().read("NONE", [ticket(1)])


async def test_wrong_credentials_explain_everything_else(world: World) -> None:
    world.jira.revoke("CREATE_ISSUES")
    world.jira.expire_token()
    with pytest.raises(AuthenticationError):
        await world.projects().read("NONE", [ticket(1)])


async def test_two_clients_of_one_site_share_what_they_have_read(world: World) -> None:
    """The patient one of a run, and the one that a person waits for."""
    patient = world.projects()
    soon = patient.asking(world.client)
    await soon.read("DEMO", [ticket(1, sprint="DEMO Sprint 2", reporter="Priya Nair")], fresh=True)
    asked = len(world.jira.requests)
    await patient.read("DEMO", [ticket(1, sprint="DEMO Sprint 2", reporter="Priya Nair")])
    assert len(world.jira.requests) == asked
    await soon.read("DEMO", [ticket(1)], fresh=True)
    assert len(world.jira.requests) > asked


async def test_a_validation_foresees_what_is_switched_off_or_not_there(world: World) -> None:
    world.jira.options.attachments_enabled = False
    world.jira.options.linking_enabled = False
    world.jira.revoke("USER_PICKER")
    world.jira.project("DEMO").issue_type("Bug").require("duedate")
    response = await world.service().validate_project(validation())
    told = {(each.code, each.field): each.message for each in response.validation_warnings}
    assert "attachments are switched off" in told["attachments_off", "attachments"]
    assert "issue linking is switched off" in told["link_type_missing", "depends_on"]
    assert "Browse users and groups" in told["permission_missing", "reporter"]
    mandatory = [each.message for each in response.validation_warnings if each.code == "required_fields"]
    assert "Bug cannot be created without: Due date." in mandatory


async def test_a_link_type_that_the_site_does_not_have_is_said(world: World) -> None:
    world.settings = world.settings.model_copy(update={"link_type": "Requires"})
    response = await world.service().validate_project(validation())
    (warning,) = [each for each in response.validation_warnings if each.code == "link_type_missing"]
    assert "Jira has no such issue link type; it has: Blocks, Cloners" in warning.message


@pytest.mark.parametrize(
    ("path", "fields", "why"),
    [
        ("/board", {"sprint": "DEMO Sprint 2"}, "the exporting account cannot read the project's boards"),
        ("/board/*/sprint", {"sprint": "DEMO Sprint 2"}, "the exporting account cannot read the project's boards"),
        ("/user/search", {"reporter": "Nemo"}, "the exporting account cannot search for people"),
        ("/user/assignable/search", {"assignee": "Nemo"}, "the exporting account cannot search for people"),
        ("/jql/autocompletedata/suggestions", {"custom_fields": {"Team": "Platform"}}, "which teams there are"),
    ],
)
async def test_what_jira_refuses_to_tell_is_asked_once_and_is_the_reason(
    world: World, path: str, fields: dict[str, Any], why: str
) -> None:
    team = world.jira.add_field("customfield_10200", "Team", FieldKind.TEAM, options=["Platform"])
    world.jira.project("DEMO").issue_type("Task").add_field(team.id)
    world.jira.faults.add(Fault(("GET", path), faults.status(403), times=None))
    await world.export(ticket(1, **fields))
    (fix,) = (await world.states())[0].manual_fixes
    assert why in fix.done_instead
    refused = [request.path for request in world.jira.requests if request.status == 403]
    assert len(refused) <= 2 * len(set(refused))  # once for the answer to the start, once by the worker
