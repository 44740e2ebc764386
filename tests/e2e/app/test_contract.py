"""The specification's endpoints and messages, walked one by one."""

import json
import re
from datetime import datetime
from typing import Any
from uuid import UUID

import anyio
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from jira_session_export.testing import FakeJira, Fault, faults

from .conftest import Service, batch

UNKNOWN = "00000000-0000-4000-8000-000000000000"


def shape(body: dict[str, Any], **expected: type | tuple[type, ...]) -> None:
    """The body has these members of the specification, of these types, and what we add to it."""
    assert body.keys() >= expected.keys()
    for name, kind in expected.items():
        assert isinstance(body[name], kind), (name, body[name])


def is_error(answer: Any, status: int, code: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    body: dict[str, Any] = answer.json()
    assert body["code"] == code
    assert body["error_category"] in {"user_fixable", "admin_required", "temporary"}
    assert body["user_message"]
    assert body["recovery_actions"]
    return body


async def test_export_session_answers_202_with_the_start(service: Service) -> None:
    session_id = await service.load(batch(3))
    answer = await service.client.post(f"/api/jira/export-session/{session_id}", json={})
    assert answer.status_code == 202
    body = answer.json()
    shape(
        body,
        task_id=str,
        session_id=str,
        status=str,
        total_tickets=int,
        estimated_duration_minutes=int,
        jira_project_key=str,
        started_at=str,
    )
    UUID(body["task_id"])
    assert body["session_id"] == session_id
    assert body["status"] == "exporting"
    assert body["total_tickets"] == 3
    assert body["estimated_duration_minutes"] == 1
    assert body["jira_project_key"] == "DEMO"
    assert datetime.fromisoformat(body["started_at"]).tzinfo is not None
    assert (await service.ended(session_id))["status"] == "completed"


async def test_an_empty_body_starts_an_export_too(service: Service) -> None:
    session_id = await service.load(batch(1))
    assert (await service.client.post(f"/api/jira/export-session/{session_id}")).status_code == 202
    await service.ended(session_id)


async def test_a_second_start_tells_of_the_export_that_runs(service: Service, jira: FakeJira) -> None:
    jira_is_slow(jira)
    session_id = await service.load(batch(3))
    first = await service.client.post(f"/api/jira/export-session/{session_id}", json={})
    again = await service.client.post(f"/api/jira/export-session/{session_id}", json={})
    assert again.status_code == 202
    body = again.json()
    shape(
        body,
        task_id=str,
        session_id=str,
        status=str,
        progress_percentage=float,
        current_ticket_title=str,
        started_at=str,
    )
    assert body["task_id"] == first.json()["task_id"]
    assert body["started_at"] == first.json()["started_at"]
    await service.ended(session_id)
    assert len(jira.issues) == 3


async def test_many_starts_at_once_are_one_export(service: Service, jira: FakeJira) -> None:
    session_id = await service.load(batch(4))
    task_ids: set[str] = set()

    async def start() -> None:
        answer = await service.client.post(f"/api/jira/export-session/{session_id}", json={})
        assert answer.status_code in {202, 422}, answer.text  # 422: it was over already
        if answer.status_code == 202:
            task_ids.add(answer.json()["task_id"])

    async with anyio.create_task_group() as tasks:
        for _ in range(20):
            tasks.start_soon(start)
    await service.ended(session_id)
    assert len(task_ids) == 1
    assert len(jira.issues) == 4


async def test_the_status_while_it_exports(service: Service, jira: FakeJira) -> None:
    slow = Fault(("POST", "/issue"), faults.slow(1.5), nth=2)
    add(jira, slow)
    session_id = await service.load(batch(3))
    await service.client.post(f"/api/jira/export-session/{session_id}", json={})
    await until(service, session_id, exported=1)
    answer = await service.client.get(f"/api/jira/export-status/{session_id}")
    assert answer.status_code == 200
    body = answer.json()
    shape(
        body,
        session_id=str,
        task_id=str,
        status=str,
        progress_percentage=float,
        tickets_completed=int,
        total_tickets=int,
        current_ticket_title=(str, type(None)),
        estimated_time_remaining_minutes=(int, type(None)),
    )
    assert body["status"] == "exporting"
    assert (body["tickets_completed"], body["total_tickets"]) == (1, 3)
    assert body["progress_percentage"] in {33.3, 66.7}
    await service.ended(session_id)


async def test_the_status_once_it_is_completed(service: Service) -> None:
    session_id = await service.exported(batch(3))
    answer = await service.client.get(f"/api/jira/export-status/{session_id}")
    assert answer.status_code == 200
    body = answer.json()
    shape(
        body,
        session_id=str,
        task_id=str,
        status=str,
        jira_tickets_created=int,
        dependencies_created=int,
        manual_fixes_needed=int,
        total_processing_time_minutes=float,
        completed_at=str,
    )
    assert body["status"] == "completed"
    assert (body["jira_tickets_created"], body["dependencies_created"], body["manual_fixes_needed"]) == (3, 1, 0)


async def test_the_status_once_it_has_failed_and_the_retry(service: Service, jira: FakeJira) -> None:
    add(jira, Fault(("POST", "/issue"), faults.status(401), nth=2))
    session_id = await service.exported(batch(3))
    answer = await service.client.get(f"/api/jira/export-status/{session_id}")
    assert answer.status_code == 200
    body = answer.json()
    shape(
        body,
        session_id=str,
        task_id=str,
        status=str,
        failed_at_ticket_order=int,
        error_category=str,
        user_message=str,
        recovery_actions=list,
        retry_available=bool,
        retry_attempts_used=int,
    )
    assert body["status"] == "failed"
    assert body["failed_at_ticket_order"] == 2
    assert body["error_category"] == "admin_required"
    assert body["retry_available"] is True
    assert body["retry_attempts_used"] == 0

    answer = await service.client.post(f"/api/jira/retry-failed/{session_id}", json={})
    assert answer.status_code == 202, answer.text
    retried = answer.json()
    shape(
        retried,
        task_id=str,
        session_id=str,
        status=str,
        retry_attempt=int,
        remaining_retries=int,
        resuming_from_ticket_order=int,
        preserved_successful_tickets=int,
    )
    assert retried["task_id"] != body["task_id"]
    assert retried["status"] == "exporting"
    assert (retried["retry_attempt"], retried["remaining_retries"]) == (1, 2)
    assert (retried["resuming_from_ticket_order"], retried["preserved_successful_tickets"]) == (2, 1)
    assert (await service.ended(session_id))["status"] == "completed"
    assert len(jira.issues) == 3


async def test_the_fourth_retry_is_refused(service: Service, jira: FakeJira) -> None:
    add(jira, Fault(("POST", "/issue"), faults.status(401), times=None))
    session_id = await service.exported(batch(1))
    for attempt in (1, 2, 3):
        answer = await service.client.post(f"/api/jira/retry-failed/{session_id}", json={})
        assert answer.json()["retry_attempt"] == attempt
        await service.ended(session_id)
    body = is_error(
        await service.client.post(f"/api/jira/retry-failed/{session_id}", json={}), 422, "retries_exhausted"
    )
    assert body["error_category"] == "admin_required"
    # The only caller of a service is its administrator; what others read is in test_access.
    assert body["user_message"] == "Maximum retry attempts (3) exceeded. Release the session to retry it again."
    assert f"POST /api/jira/release-session/{session_id}" in body["recovery_actions"][1]
    assert body["retry_attempts_used"] == 3
    assert datetime.fromisoformat(body["first_error_at"]).tzinfo is not None


async def test_an_administrator_releases_a_session(service: Service, jira: FakeJira) -> None:
    add(jira, Fault(("POST", "/issue"), faults.status(401), times=None))
    session_id = await service.exported(batch(1))
    release = f"/api/jira/release-session/{session_id}"
    is_error(await service.client.post(release), 422, "nothing_to_release")
    for _ in range(3):
        await service.client.post(f"/api/jira/retry-failed/{session_id}", json={})
        await service.ended(session_id)
    released = await service.client.post(release)
    assert released.status_code == 200
    assert (released.json()["retry_available"], released.json()["retry_attempts_used"]) == (True, 0)
    jira.faults.clear()
    answer = (await service.client.post(f"/api/jira/retry-failed/{session_id}", json={})).json()
    assert (answer["retry_attempt"], answer["remaining_retries"]) == (1, 2)
    assert (await service.ended(session_id))["status"] == "completed"
    entries = (await service.client.get(f"/api/jira/audit-trail/{session_id}")).json()["entries"]
    (entry,) = [entry for entry in entries if entry["kind"] == "session_released"]
    assert entry["facts"] == {"by": "administrator"}
    is_error(await service.client.post(release), 422, "nothing_to_release")


async def test_one_bad_ticket_is_left_out(service: Service, jira: FakeJira) -> None:
    given = batch(3)
    given["tickets"][1]["issue_type"] = "Nonsense"
    session_id = await service.load(given)
    start, plan = f"/api/jira/export-session/{session_id}", f"/api/jira/dry-run/{session_id}"
    refused = is_error(await service.client.post(start, json={}), 422, "invalid_ticket")
    chosen = {"skip": [refused["ticket_id"]]}
    planned = (await service.client.post(plan, json=chosen)).json()
    assert (planned["total_tickets"], [left["order"] for left in planned["left_out"]]) == (2, [2])
    started = (await service.client.post(start, json=chosen)).json()
    assert (started["total_tickets"], started["tickets_left_out"]) == (2, 1)
    ended = await service.ended(session_id)
    assert (ended["status"], ended["total_tickets"], ended["tickets_left_out"]) == ("completed", 2, 1)
    results = (await service.client.get(f"/api/jira/export-results/{session_id}")).json()
    assert [left["title"] for left in results["left_out"]] == ["Ticket number 2"]
    unknown = await service.client.post(start, json={"ticket_ids": []})
    assert unknown.status_code == 422, "a member that nobody knows would otherwise export everything"


async def test_what_was_edited_after_the_export_is_told(service: Service, jira: FakeJira) -> None:
    session_id = await service.exported(batch(2))
    edited = batch(2)
    edited["tickets"][0] |= {"title": "Edited", "labels": ["new"]}
    assert await service.load(edited) == session_id
    results = (await service.client.get(f"/api/jira/export-results/{session_id}")).json()
    first = results["jira_tickets"][0]
    assert (first["title"], first["current_title"], first["change"]) == ("Ticket number 1", "Edited", "edited")
    assert first["edited_fields"] == ["labels", "title"]
    status = (await service.client.get(f"/api/jira/export-status/{session_id}")).json()
    assert (status["tickets_edited"], status["tickets_removed"]) == (1, 0)
    detail = (await service.client.get(f"/api/jira/sessions/{session_id}")).json()
    assert [ticket["change"] for ticket in detail["tickets"]] == ["edited", "none"]
    again = is_error(
        await service.client.post(f"/api/jira/export-session/{session_id}", json={}), 422, "already_completed"
    )
    assert again["tickets_edited"] == 1
    assert len(jira.issues) == 2


async def test_a_retry_while_it_runs_is_a_conflict(service: Service, jira: FakeJira) -> None:
    jira_is_slow(jira)
    session_id = await service.load(batch(2))
    await service.client.post(f"/api/jira/export-session/{session_id}", json={})
    is_error(await service.client.post(f"/api/jira/retry-failed/{session_id}", json={}), 409, "export_running")
    await service.ended(session_id)


@pytest.mark.parametrize(
    ("method", "path", "code"),
    [
        ("GET", "export-status", "not_started"),
        ("POST", "retry-failed", "not_started"),
        ("POST", "cancel-export", "not_started"),
    ],
)
async def test_what_needs_an_export_is_refused_before_one(service: Service, method: str, path: str, code: str) -> None:
    session_id = await service.load(batch(1))
    is_error(await service.client.request(method, f"/api/jira/{path}/{session_id}"), 422, code)


async def test_what_is_over_is_not_started_or_retried_again(service: Service) -> None:
    session_id = await service.exported(batch(1))
    is_error(await service.client.post(f"/api/jira/export-session/{session_id}", json={}), 422, "already_completed")
    is_error(await service.client.post(f"/api/jira/retry-failed/{session_id}", json={}), 422, "nothing_to_retry")


async def test_a_failed_export_is_retried_not_started(service: Service, jira: FakeJira) -> None:
    add(jira, Fault(("POST", "/issue"), faults.status(401)))
    session_id = await service.exported(batch(1))
    is_error(await service.client.post(f"/api/jira/export-session/{session_id}", json={}), 422, "retry_needed")


async def test_a_cycle_is_named(service: Service) -> None:
    tickets = [{"id": "a", "title": "Alpha", "depends_on": ["b"]}, {"id": "b", "title": "Beta", "depends_on": ["a"]}]
    session_id = await service.load(batch(0) | {"tickets": tickets})
    body = is_error(
        await service.client.post(f"/api/jira/export-session/{session_id}", json={}), 422, "invalid_dependencies"
    )
    assert "Alpha" in body["user_message"]
    assert len(body["tickets"]) == 2


async def test_an_unknown_session_is_404_everywhere(service: Service) -> None:
    client = service.client
    for answer in (
        await client.post(f"/api/jira/export-session/{UNKNOWN}", json={}),
        await client.get(f"/api/jira/export-status/{UNKNOWN}"),
        await client.post(f"/api/jira/retry-failed/{UNKNOWN}", json={}),
        await client.post(f"/api/jira/test-adf-conversion/{UNKNOWN}", json={"ticket_ids": []}),
        await client.get(f"/api/jira/export-results/{UNKNOWN}"),
        await client.post(f"/api/jira/cancel-export/{UNKNOWN}"),
        await client.post(f"/api/jira/dry-run/{UNKNOWN}"),
        await client.get(f"/api/jira/sessions/{UNKNOWN}"),
        await client.get(f"/api/jira/sessions/{UNKNOWN}/tickets/{UNKNOWN}"),
        await client.get(f"/api/jira/audit-trail/{UNKNOWN}"),
    ):
        is_error(answer, 404, "session_not_found")


async def test_a_malformed_request_is_told_as_fastapi_does(service: Service) -> None:
    answer = await service.client.post("/api/jira/export-session/not-a-uuid", json={})
    assert answer.status_code == 422
    (problem,) = answer.json()["detail"]
    assert problem["loc"] == ["path", "session_id"]


async def test_revoked_permissions_are_403(service: Service, jira: FakeJira) -> None:
    session_id = await service.load(batch(1))
    jira.revoke("CREATE_ISSUES")
    is_error(await service.client.post(f"/api/jira/export-session/{session_id}", json={}), 403, "permission_denied")
    jira.expire_token()
    is_error(await service.client.post(f"/api/jira/export-session/{session_id}", json={}), 403, "authentication_failed")
    assert not jira.creates


async def test_an_unreachable_jira_is_503(service: Service, jira: FakeJira) -> None:
    session_id = await service.load(batch(1))
    add(jira, Fault(("GET", "**"), faults.rate_limit(retry_after=2000), times=None))
    answer = await service.client.post(f"/api/jira/export-session/{session_id}", json={})
    is_error(answer, 503, "rate_limited")
    assert int(answer.headers["retry-after"]) > 1000


async def test_polling_faster_than_every_two_seconds_is_refused(service: Service) -> None:
    session_id = await service.exported(batch(1))
    other = await service.exported(batch(1, name="Another"))
    assert (await service.client.get(f"/api/jira/export-status/{session_id}")).status_code == 200
    answer = await service.client.get(f"/api/jira/export-status/{session_id}")
    body = is_error(answer, 429, "polling_too_fast")
    assert body["error_category"] == "temporary"
    wait = int(answer.headers["retry-after"])
    assert 1 <= wait <= 2
    assert (await service.client.get(f"/api/jira/export-status/{other}")).status_code == 200
    await anyio.sleep(wait)
    assert (await service.client.get(f"/api/jira/export-status/{session_id}")).status_code == 200


async def test_project_validation(service: Service) -> None:
    request = {
        "project_key": "DEMO",
        "user_requirements": {
            "requires_sprint_assignment": True,
            "requires_assignee": True,
            "requires_priority_levels": True,
        },
    }
    answer = await service.client.post("/api/jira/validate-project", json=request)
    assert answer.status_code == 200, answer.text
    body = answer.json()
    shape(
        body,
        project_key=str,
        project_name=str,
        validation_status=str,
        can_create_tasks=bool,
        can_view_project=bool,
        available_sprints=list,
        team_members=list,
        priority_levels=list,
        validation_warnings=list,
        blocking_issues=list,
    )
    assert body["validation_status"] == "valid"
    assert body["available_sprints"][0].keys() == {"id", "name", "state"}
    assert body["blocking_issues"] == []

    answer = await service.client.post("/api/jira/validate-project", json=request | {"project_key": "NOPE"})
    body = answer.json()
    assert answer.status_code == 200, answer.text
    assert body["validation_status"] == "invalid"
    assert body["blocking_issues"]


async def test_the_trial_conversion(service: Service) -> None:
    session_id = await service.load(batch(3))
    tickets = (await service.client.get(f"/api/jira/sessions/{session_id}")).json()["tickets"]
    one = tickets[1]["ticket_id"]
    answer = await service.client.post(f"/api/jira/test-adf-conversion/{session_id}", json={"ticket_ids": [one]})
    assert answer.status_code == 200
    body = answer.json()
    shape(body, session_id=str, tickets_tested=int, all_passed=bool, passed=int, failed=int, results=list)
    (result,) = body["results"]
    shape(
        result,
        ticket_id=str,
        ticket_title=str,
        status=str,
        adf_size_bytes=int,
        character_reduction=float,
        error_message=type(None),
        suggested_fix=type(None),
        attachment_upload_tested=bool,
        attachment_upload_status=(str, type(None)),
    )
    assert (result["ticket_id"], result["status"]) == (one, "passed")
    every = await service.client.post(f"/api/jira/test-adf-conversion/{session_id}", json={"ticket_ids": []})
    assert every.json()["tickets_tested"] == 3


async def test_the_results(service: Service, jira: FakeJira) -> None:
    tickets = batch(2)
    tickets["tickets"][0]["assignee"] = "nobody@example.com"
    session_id = await service.exported(tickets)
    answer = await service.client.get(f"/api/jira/export-results/{session_id}")
    assert answer.status_code == 200
    body = answer.json()
    shape(
        body,
        session_id=str,
        total_tickets_created=int,
        jira_tickets=list,
        dependencies_created=int,
        manual_fixes=list,
        total_processing_time_minutes=float,
    )
    assert body["total_tickets_created"] == 2
    assert body["dependencies_created"] == 1
    first = body["jira_tickets"][0]
    shape(first, ticket_id=str, jira_key=str, jira_url=str, title=str)
    assert first["jira_key"] in jira.issues
    (fix,) = body["manual_fixes"]
    told = dict.fromkeys(("field", "asked_for", "done_instead", "what_to_do"), str)
    shape(fix, jira_key=str, title=str, issue_type=str, recommended_action=str, jira_url=str, **told)
    assert fix["issue_type"] == "assignee_invalid"
    page = await service.client.get(first["jira_url"])
    assert page.status_code == 200


# -- the WebSocket -----------------------------------------------------------------------------------------------------


async def messages(service: Service, session_id: str) -> list[dict[str, Any]]:
    """All messages until the server closes with 1000."""
    async with connect(f"{service.websocket_url}/{session_id}") as socket:
        got = [json.loads(text) async for text in socket]
    assert socket.close_code == 1000
    return got


async def test_the_websocket_tells_progress_and_completion(service: Service, jira: FakeJira) -> None:
    add(jira, Fault(("POST", "/issue"), faults.slow(0.1), times=None))
    add(jira, Fault(("POST", "/issueLink"), faults.slow(0.1), times=None))
    session_id = await service.load(batch(4))
    got: list[dict[str, Any]] = []
    async with connect(f"{service.websocket_url}/{session_id}") as socket:
        got.append(json.loads(await socket.recv()))
        await service.client.post(f"/api/jira/export-session/{session_id}", json={})
        got += [json.loads(text) async for text in socket]
    assert socket.close_code == 1000

    for message in got[:-1]:
        shape(
            message,
            type=str,
            session_id=str,
            status=str,
            progress_percentage=float,
            current_stage=str,
            tickets_completed=int,
            tickets_failed=int,
            total_tickets=int,
            estimated_time_remaining_minutes=(int, type(None)),
            current_jira_project=str,
        )
        assert message["type"] == "export_progress"
        assert message["session_id"] == session_id
        assert message["current_jira_project"] == "DEMO"
    assert got[0]["status"] == "ready"
    running = [message for message in got[:-1] if message["status"] == "exporting"]
    percentages = [message["progress_percentage"] for message in running]
    assert percentages == sorted(percentages)
    assert percentages[-1] < 100
    stages = [message["current_stage"] for message in running]
    assert "Creating ticket 2 of 4: Ticket number 2" in stages
    assert any(re.fullmatch(r"Linking dependency 1 of 1", stage) for stage in stages)
    last = got[-1]
    shape(
        last,
        type=str,
        status=str,
        tickets_created=int,
        dependencies_created=int,
        manual_fixes_needed=int,
        total_processing_time_minutes=float,
    )
    assert (last["type"], last["status"]) == ("export_complete", "completed")
    assert (last["tickets_created"], last["dependencies_created"], last["manual_fixes_needed"]) == (4, 1, 0)


async def test_the_websocket_tells_failure(service: Service, jira: FakeJira) -> None:
    add(jira, Fault(("POST", "/issue"), faults.status(401), nth=2))
    session_id = await service.load(batch(3))
    async with connect(f"{service.websocket_url}/{session_id}") as socket:
        await service.client.post(f"/api/jira/export-session/{session_id}", json={})
        *_, last = [json.loads(text) async for text in socket]
    shape(
        last,
        type=str,
        status=str,
        failed_at_ticket=int,
        error_category=str,
        retry_available=bool,
        error_message=str,
    )
    wanted = {
        "type": "export_failed",
        "status": "failed",
        "failed_at_ticket": 2,
        "error_category": "admin_required",
        "retry_available": True,
    }
    assert {name: last[name] for name in wanted} == wanted


async def test_who_comes_late_gets_the_end_at_once(service: Service) -> None:
    session_id = await service.exported(batch(2))
    (only,) = await messages(service, session_id)
    assert only["type"] == "export_complete"


@pytest.mark.parametrize("session_id", [UNKNOWN, "not-a-uuid"])
async def test_the_websocket_of_an_unknown_session_is_closed_with_4404(service: Service, session_id: str) -> None:
    assert await close_code(service, session_id) == 4404


async def test_polling_and_websocket_tell_the_same(service: Service) -> None:
    session_id = await service.exported(batch(2))
    status = (await service.client.get(f"/api/jira/export-status/{session_id}")).json()
    (message,) = await messages(service, session_id)
    assert status["jira_tickets_created"] == message["tickets_created"]
    assert status["total_processing_time_minutes"] == message["total_processing_time_minutes"]


async def test_cancel_stops_between_two_steps_and_a_start_goes_on(service: Service, jira: FakeJira) -> None:
    add(jira, Fault(("POST", "/issue"), faults.slow(0.3), times=None))
    session_id = await service.load(batch(4))
    await service.client.post(f"/api/jira/export-session/{session_id}", json={})
    await until(service, session_id, exported=1)
    answer = await service.client.post(f"/api/jira/cancel-export/{session_id}")
    assert answer.status_code == 202
    session = await service.ended(session_id)
    assert session["status"] == "cancelled"
    assert session["tickets_exported"] < 4
    assert (await service.client.post(f"/api/jira/export-session/{session_id}", json={})).status_code == 202
    assert (await service.ended(session_id))["status"] == "completed"
    assert len(jira.issues) == 4


async def test_a_part_of_a_session_can_be_exported(service: Service, jira: FakeJira) -> None:
    session_id = await service.load(batch(3))
    tickets = (await service.client.get(f"/api/jira/sessions/{session_id}")).json()["tickets"]
    chosen = {"only": [tickets[1]["ticket_id"]]}
    answer = await service.client.post(f"/api/jira/export-session/{session_id}", json=chosen)
    assert answer.json()["total_tickets"] == 1
    session = await service.ended(session_id)
    assert [ticket["status"] for ticket in session["tickets"]] == ["skipped", "exported", "skipped"]
    assert len(jira.issues) == 1


# -- helpers -----------------------------------------------------------------------------------------------------------


async def close_code(service: Service, session_id: str, **options: Any) -> int | None:
    """How a WebSocket that tells nothing is closed."""
    async with connect(f"{service.websocket_url}/{session_id}", **options) as socket:
        with pytest.raises(ConnectionClosed):
            await socket.recv()
    return socket.close_code


def add(jira: FakeJira, fault: Fault) -> None:
    jira.faults.add(fault)


def jira_is_slow(jira: FakeJira) -> None:
    add(jira, Fault(("POST", "/issue"), faults.slow(0.5)))


async def until(service: Service, session_id: str, *, exported: int) -> None:
    with anyio.fail_after(20):
        while (await service.client.get(f"/api/jira/sessions/{session_id}")).json()["tickets_exported"] < exported:
            await anyio.sleep(0.02)
