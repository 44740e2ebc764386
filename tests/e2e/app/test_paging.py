"""Lists in pages: sessions, tickets, dry runs, results, manual fixes; and sessions that are put away."""

import json
import zlib
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import anyio
import httpx
import pytest
from app.examples import EXAMPLES
from app.plans import Plan
from app.settings import ServiceSettings

from jira_session_export.api import ExportPlanResponse, PlannedIssue
from jira_session_export.storage.sqlalchemy import SqlAlchemyStore

from .conftest import Service, batch, serve
from .test_contract import is_error


async def read(service: Service, path: str, **query: Any) -> dict[str, Any]:
    answer = await service.client.get(f"/api/jira/{path}", params=query)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def test_sessions_in_pages(service: Service) -> None:
    for name in ("Sprint 1", "Sprint 2", "Another"):
        await service.load(batch(1, name=name))
    done = await service.exported(batch(2, name="Sprint 3"))
    page = await read(service, "sessions", q="sprint", limit=2, sort="name")
    assert [each["name"] for each in page["sessions"]] == ["Sprint 1", "Sprint 2"]
    assert (page["offset"], page["total"]) == (0, 3)
    assert page["counts"] == {"ready": 2, "exporting": 0, "completed": 1, "export_failed": 0, "cancelled": 0}
    rest = await read(service, "sessions", q="sprint", limit=2, offset=2, sort="name")
    assert [each["session_id"] for each in rest["sessions"]] == [done]
    assert (await read(service, "sessions", status="completed"))["total"] == 1
    for query in (
        "limit=101",
        "limit=0",
        "offset=-1",
        f"offset={10**30}",
        "status=none",
        "sort=size",
        f"q={'x' * 201}",
    ):
        assert (await service.client.get(f"/api/jira/sessions?{query}")).status_code == 422, query


async def test_tickets_in_pages(service: Service) -> None:
    session_id = await service.load(batch(120))
    session = await read(service, f"sessions/{session_id}")
    assert (len(session["tickets"]), session["counts"]["pending"]) == (100, 120)
    page = await read(service, f"sessions/{session_id}/tickets", offset=110, limit=500)
    assert [each["order"] for each in page["tickets"]] == list(range(111, 121))
    assert page["total"] == 120
    found = await read(service, f"sessions/{session_id}/tickets", q="number 12")
    assert [each["order"] for each in found["tickets"]] == [12, 120]
    assert (await read(service, f"sessions/{session_id}/tickets", status="exported"))["tickets"] == []


def test_a_dry_run_is_kept_in_slices() -> None:
    """Written or read at once, one of 10,000 tickets keeps every other thread from running."""
    issues = [
        PlannedIssue(ticket_id=UUID(int=number), order=number, title=f"Line\u2028end\r {number}", losses=["x"])
        for number in range(1, 1002)
    ]
    response = ExportPlanResponse.model_validate(
        EXAMPLES["ExportPlanResponse"] | {"issues": issues, "total_tickets": len(issues)}
    )
    plan = Plan.of(response, datetime(2026, 1, 1, tzinfo=UTC))
    assert Plan.unpacked(plan.packed()) == plan
    for broken in (b"", plan.packed()[:-100], zlib.compress(b"{}"), zlib.compress(b"nonsense\n[")):
        with pytest.raises(ValueError):
            Plan.unpacked(broken)


async def test_a_dry_run_in_pages(service: Service) -> None:
    tickets = batch(60)
    tickets["tickets"][40]["priority"] = "No such"
    session_id = await service.load(tickets)
    is_error(await service.client.get(f"/api/jira/dry-run/{session_id}"), 404, "no_dry_run")
    body = (await service.client.post(f"/api/jira/dry-run/{session_id}?limit=10")).json()
    assert (len(body["issues"]), body["total"], body["total_tickets"]) == (10, 60, 60)
    assert (body["tickets_with_findings"], body["tickets_blocked"], body["manual_fixes_predicted"]) == (1, 0, 1)
    assert all(issue["payload"] for issue in body["issues"])
    page = await read(service, f"dry-run/{session_id}", offset=58)
    assert [issue["order"] for issue in page["issues"]] == [59, 60]
    assert page["made_at"] == body["made_at"]
    (found,) = (await read(service, f"dry-run/{session_id}", findings=True))["issues"]
    assert (found["order"], found["payload"]) == (41, None)
    one = await read(service, f"dry-run/{session_id}/tickets/{found['ticket_id']}")
    assert one["payload"]["fields"]["summary"] == "Ticket number 41"
    light = (await service.client.post(f"/api/jira/dry-run/{session_id}?payload=false")).json()
    assert {issue["payload"] for issue in light["issues"]} == {None}


async def test_a_dry_run_is_there_for_every_worker_and_after_a_restart(
    service: Service, settings: ServiceSettings
) -> None:
    session_id = await service.load(batch(2))
    made = (await service.client.post(f"/api/jira/dry-run/{session_id}")).json()
    async with serve(settings) as other:
        assert (await read(other, f"dry-run/{session_id}"))["made_at"] == made["made_at"]


async def test_a_dry_run_nobody_waits_for_stops(service: Service) -> None:
    long = "".join(f"<p>Paragraph <b>{number}</b></p>" for number in range(400))
    tickets = [{"title": f"Ticket {number}", "description_html": long} for number in range(500)]
    session_id = await service.load(batch(0) | {"tickets": tickets})  # a second of work
    async with httpx.AsyncClient(base_url=service.url) as client:
        with pytest.raises(httpx.ReadTimeout):
            await client.post(f"/api/jira/dry-run/{session_id}", timeout=0.2)
    await anyio.sleep(0.3)
    # The place is free again, and nothing was kept.
    is_error(await service.client.get(f"/api/jira/dry-run/{session_id}"), 404, "no_dry_run")
    small = await service.load(batch(1, name="small"))
    with anyio.fail_after(10):
        assert (await service.client.post(f"/api/jira/dry-run/{small}")).status_code == 200


async def test_results_in_pages_and_as_files(service: Service) -> None:
    tickets = batch(5)
    tickets["tickets"][1]["title"] = "=HYPERLINK(1)"
    session_id = await service.exported(tickets)
    page = await read(service, f"export-results/{session_id}", offset=1, limit=2)
    assert ([each["jira_key"] for each in page["jira_tickets"]], page["total_tickets_created"]) == (
        ["DEMO-2", "DEMO-3"],
        5,
    )
    answer = await service.client.get(f"/api/jira/export-results/{session_id}/file")
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.headers["content-disposition"] == f'attachment; filename="DEMO-{session_id}.csv"'
    assert "'=HYPERLINK(1)" in answer.text
    answer = await service.client.get(f"/api/jira/export-results/{session_id}/file?format=markdown")
    assert "DEMO-5" in answer.text


async def test_a_manual_fix_is_done_for_everybody(settings: ServiceSettings) -> None:
    from dataclasses import replace

    settings = replace(settings, tokens={"a-token": "ada", "b-token": "bob"})
    async with serve(settings, headers={"Authorization": "Bearer a-token"}) as service:
        tickets = batch(2)
        tickets["tickets"][0]["priority"] = "No such"
        session_id = await service.exported(tickets)
        (fix,) = (await read(service, f"sessions/{session_id}/manual-fixes"))["fixes"]
        assert (fix["jira_key"], fix["field"], fix["done"]) == ("DEMO-1", "priority", False)
        path = f"/api/jira/sessions/{session_id}/manual-fixes/{fix['fix_id']}"
        marked = (await service.client.put(path, json={"done": True})).json()
        assert (marked["done"], marked["done_by"]) == (True, "ada")
        assert marked["done_at"]
        assert (await read(service, f"sessions/{session_id}"))["manual_fixes_done"] == 1
        assert (await read(service, f"sessions/{session_id}/manual-fixes", done=False))["fixes"] == []
        entries = (await read(service, f"audit-trail/{session_id}"))["entries"]
        assert (entries[-1]["kind"], entries[-1]["facts"]["by"]) == ("fix_marked", "ada")
        bob = {"Authorization": "Bearer b-token"}
        assert (await service.client.put(path, json={"done": False}, headers=bob)).status_code == 404


async def test_a_session_is_put_away(service: Service) -> None:
    session_id = await service.load(batch(1))
    archived = (await service.client.post(f"/api/jira/sessions/{session_id}/archive")).json()
    assert archived["archived_at"]
    assert (await read(service, "sessions"))["total"] == 0
    assert (await read(service, "sessions", archived=True))["total"] == 1
    answer = await service.client.post(f"/api/jira/export-session/{session_id}", json={})
    is_error(answer, 422, "session_archived")
    assert (await service.client.post(f"/api/jira/sessions/{session_id}/unarchive")).json()["archived_at"] is None
    assert (await service.client.post(f"/api/jira/export-session/{session_id}", json={})).status_code == 202


async def test_a_session_is_deleted_with_its_files(service: Service, settings: ServiceSettings) -> None:
    tickets = batch(1) | {"tickets": [{"title": "One", "attachments": ["notes.txt"]}]}
    files = [
        ("file", ("batch.json", json.dumps(tickets).encode(), "application/json")),
        ("attachments", ("notes.txt", b"notes", "text/plain")),
    ]
    answer = await service.client.post("/api/jira/sessions", files=files)
    session_id = answer.json()["session_id"]
    other = await service.load(batch(1, name="other"))
    assert len(list(settings.uploads.iterdir())) == 1
    assert (await service.client.delete(f"/api/jira/sessions/{session_id}")).status_code == 204
    assert list(settings.uploads.iterdir()) == []
    assert (await service.client.get(f"/api/jira/sessions/{session_id}")).status_code == 404
    assert (await service.client.delete(f"/api/jira/sessions/{session_id}")).status_code == 404
    last = (await read(service, f"audit-trail/{session_id}"))["entries"][-1]
    assert (last["kind"], last["facts"]["name"]) == ("session_deleted", "Sprint 12")
    assert (await read(service, "sessions"))["total"] == 1
    assert (await read(service, f"sessions/{other}"))["total_tickets"] == 1
    async with SqlAlchemyStore.open(settings.database_url) as store:
        assert (await store.deletion(await _id(session_id))) is not None


async def _id(text: str) -> Any:
    from uuid import UUID

    return UUID(text)


async def test_a_running_session_is_not_deleted(service: Service) -> None:
    session_id = await service.load(batch(300))
    assert (await service.client.post(f"/api/jira/export-session/{session_id}", json={})).status_code == 202
    is_error(await service.client.delete(f"/api/jira/sessions/{session_id}"), 409, "export_running")
    is_error(await service.client.post(f"/api/jira/sessions/{session_id}/archive"), 409, "export_running")
    await service.client.post(f"/api/jira/cancel-export/{session_id}")
    await service.ended(session_id)


async def test_a_preview_loads_images_only_when_asked(service: Service) -> None:
    html = '<p>See <img src="https://elsewhere.example/picture.png" alt="it"></p>'
    session_id = await service.load(batch(0) | {"tickets": [{"title": "One", "description_html": html}]})
    (ticket,) = (await read(service, f"sessions/{session_id}"))["tickets"]
    path = f"sessions/{session_id}/tickets/{ticket['ticket_id']}"
    quiet, asked = await read(service, path), await read(service, path, images=True)
    assert quiet["external_images"] == asked["external_images"] == 1
    assert "img-src 'none'" in quiet["preview_html"]
    assert "img-src http: https:" in asked["preview_html"]
