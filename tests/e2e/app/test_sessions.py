"""Loading sessions, looking at them, the dry run, the audit trail."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from app.settings import ServiceSettings

from jira_session_export.testing import FakeJira

from .conftest import Service, batch, serve
from .test_contract import is_error


async def test_a_session_and_its_tickets(service: Service) -> None:
    session_id = await service.load(batch(2))
    body = (await service.client.get(f"/api/jira/sessions/{session_id}")).json()
    assert (body["name"], body["project_key"], body["status"], body["total_tickets"]) == (
        "Sprint 12",
        "DEMO",
        "ready",
        2,
    )
    assert [(each["order"], each["title"], each["status"]) for each in body["tickets"]] == [
        (1, "Ticket number 1", "pending"),
        (2, "Ticket number 2", "pending"),
    ]


async def test_loading_again_updates_and_keeps_what_was_exported(service: Service, jira: FakeJira) -> None:
    session_id = await service.exported(batch(1))
    assert await service.load(batch(2)) == session_id
    body = (await service.client.get(f"/api/jira/sessions/{session_id}")).json()
    assert [each["status"] for each in body["tickets"]] == ["exported", "pending"]
    assert (await service.client.post(f"/api/jira/export-session/{session_id}", json={})).status_code == 202
    await service.ended(session_id)
    assert len(jira.issues) == 2


async def test_another_batch_of_the_same_name_does_not_take_the_place_of_an_exported_one(service: Service) -> None:
    session_id = await service.exported(batch(2))
    other = batch(0) | {"tickets": [{"title": "Something else"}, {"title": "And more"}]}
    files = {"file": ("up.json", json.dumps(other).encode(), "application/json")}
    answer = await service.client.post("/api/jira/sessions", files=files)
    body = is_error(answer, 422, "invalid_input")
    assert "another session 'Sprint 12'" in body["user_message"]
    results = (await service.client.get(f"/api/jira/export-results/{session_id}")).json()
    assert [each["title"] for each in results["jira_tickets"]] == ["Ticket number 1", "Ticket number 2"]


async def test_a_ticket_with_preview_and_losses(service: Service) -> None:
    html = '<h2>Title</h2><p onclick="evil()">Text <script>alert(1)</script></p><a href="javascript:evil()">x</a>'
    tickets = [{"title": "One", "description_html": html, "priority": "High", "labels": ["a", "b"]}]
    session_id = await service.load(batch(0) | {"tickets": tickets})
    (listed,) = (await service.client.get(f"/api/jira/sessions/{session_id}")).json()["tickets"]
    body = (await service.client.get(f"/api/jira/sessions/{session_id}/tickets/{listed['ticket_id']}")).json()
    assert body["source"] == html
    assert body["source_format"] == "html"
    assert "<h2>Title</h2>" in body["preview_html"]
    for evil in ("<script", "onclick", "javascript:"):
        assert evil not in body["preview_html"]
    assert {loss["kind"] for loss in body["losses"]} >= {"script_removed", "link_removed"}
    assert body["fields"] == {"priority": "High", "labels": ["a", "b"]}


async def test_custom_fields_show_as_they_were_written(service: Service) -> None:
    text = '{"project_key": "DEMO", "tickets": [{"title": "One", "custom_fields": {"Release": 1.10, "Team": "A"}}]}'
    files = {"file": ("up.json", text.encode(), "application/json")}
    session_id = (await service.client.post("/api/jira/sessions", files=files)).json()["session_id"]
    (listed,) = (await service.client.get(f"/api/jira/sessions/{session_id}")).json()["tickets"]
    body = (await service.client.get(f"/api/jira/sessions/{session_id}/tickets/{listed['ticket_id']}")).json()
    assert body["fields"] == {"custom_fields": {"Release": "1.10", "Team": "A"}}


async def test_a_description_that_is_too_long_says_so(service: Service) -> None:
    tickets = [{"title": "Long", "description_markdown": "word " * 1_700_000}]
    session_id = await service.load(batch(0) | {"tickets": tickets})
    (listed,) = (await service.client.get(f"/api/jira/sessions/{session_id}")).json()["tickets"]
    body = (await service.client.get(f"/api/jira/sessions/{session_id}/tickets/{listed['ticket_id']}")).json()
    assert body["preview_html"] is None
    assert "characters" in body["problem"]


async def test_an_unknown_ticket(service: Service) -> None:
    session_id = await service.load(batch(1))
    answer = await service.client.get(f"/api/jira/sessions/{session_id}/tickets/{session_id}")
    is_error(answer, 404, "session_not_found")


async def test_attachments_come_with_the_batch_file(service: Service, jira: FakeJira) -> None:
    tickets = [{"title": "With a file", "attachments": ["notes.txt"]}]
    files = [
        ("file", ("b.json", json.dumps(batch(0) | {"tickets": tickets}).encode(), "application/json")),
        ("attachments", ("notes.txt", b"hello", "text/plain")),
    ]
    answer = await service.client.post("/api/jira/sessions", files=files)
    assert answer.status_code == 201, answer.text
    session_id = answer.json()["session_id"]
    await service.client.post(f"/api/jira/export-session/{session_id}", json={})
    assert (await service.ended(session_id))["status"] == "completed"
    (issue,) = jira.issues.values()
    assert [attachment.filename for attachment in issue.attachments] == ["notes.txt"]


@pytest.mark.parametrize("place", ["database", "folder"])
async def test_what_one_process_has_received_is_attached_by_another_one_without_its_folder(
    settings: ServiceSettings, jira: FakeJira, tmp_path: Path, place: str
) -> None:
    address = "database" if place == "database" else f"file://{tmp_path / 'shared'}"
    image = b"\x89PNG" + b"x" * 1_500_000
    tickets = [
        {"title": "With a file", "attachments": ["notes.txt"]},
        {"title": "With an image", "description_html": '<img src="img/a.png">', "attachments": ["img/a.png"]},
    ]
    files = [
        ("file", ("b.json", json.dumps(batch(0) | {"tickets": tickets}).encode(), "application/json")),
        ("attachments", ("notes.txt", b"hello", "text/plain")),
        ("attachments", ("img/a.png", image, "image/png")),
    ]
    async with serve(replace(settings, attachments=address)) as first:
        session_ids = []
        for _ in range(2):  # what was loaded twice is kept once
            answer = await first.client.post("/api/jira/sessions", files=files)
            assert answer.status_code == 201, answer.text
            session_ids.append(answer.json()["session_id"])
        assert not list(settings.uploads.iterdir())
    elsewhere = replace(settings, attachments=address, data_dir=tmp_path / "elsewhere")
    async with serve(elsewhere) as second:
        session_id = session_ids[-1]
        await second.client.post(f"/api/jira/export-session/{session_id}", json={})
        assert (await second.ended(session_id))["status"] == "completed"
        attached = [file.content for issue in jira.issues.values() for file in issue.attachments]
        assert attached == [b"hello", image]
        assert '"type":"media"' in str([issue.fields.get("description") for issue in jira.issues.values()])
        if place == "folder":
            assert len([path for path in (tmp_path / "shared").rglob("*") if path.is_file()]) == 2
        assert (await second.client.delete(f"/api/jira/sessions/{session_id}")).status_code == 204
        assert not [path for path in (tmp_path / "shared").rglob("*") if path.is_file()]


async def test_files_that_workers_could_not_have_are_told_of_at_the_start(
    settings: ServiceSettings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    shared = tmp_path / "shared"
    expected = (
        "Files that are uploaded may not reach the workers: "
        f"Files cannot be read from the folder {shared}: there is no such folder."
    )

    def told() -> list[str]:
        return [each.getMessage() for each in caplog.records if getattr(each, "action", "") == "attachments_away"]

    async with serve(replace(settings, attachments=shared.as_uri())), asyncio.timeout(60):
        while not told():
            await asyncio.sleep(0.01)
    assert told() == [expected]
    shared.mkdir()
    async with serve(replace(settings, attachments=shared.as_uri())):
        await asyncio.sleep(0.1)
    assert told() == [expected]


@pytest.mark.parametrize("path", ["/etc/passwd", "../../secret", "../exports.sqlite3"])
async def test_attachments_of_the_server_are_not_for_callers(service: Service, path: str) -> None:
    (service.settings.data_dir / "secret").write_text("x")
    tickets = [{"title": "Thief", "attachments": [path]}]
    content = json.dumps(batch(0) | {"tickets": tickets}).encode()
    answer = await service.client.post("/api/jira/sessions", files={"file": ("b.json", content)})
    is_error(answer, 422, "invalid_batch_file")
    assert not list(service.settings.uploads.iterdir()), "what was refused is not kept"


@pytest.mark.parametrize("name", ["../../outside.json", "C:\\temp\\batch.json", "/abs/batch.json"])
async def test_names_of_uploads_never_leave_their_folder(service: Service, name: str) -> None:
    content = json.dumps(batch(1)).encode()
    answer = await service.client.post("/api/jira/sessions", files={"file": (name, content)})
    assert answer.status_code == 201, answer.text
    assert not (service.settings.data_dir / "outside.json").exists()


@pytest.mark.parametrize("name", ["..", ".json", "", "batch.xlsx", "a\x01.json"])
async def test_names_of_no_use_are_refused(service: Service, name: str) -> None:
    answer = await service.client.post("/api/jira/sessions", files={"file": (name, b"{}")})
    assert answer.status_code in {400, 422}


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"tickets": []}', b'{"project_key": "DEMO", "tickets": [{}]}'])
async def test_a_broken_batch_file_is_explained_without_our_paths(service: Service, content: bytes) -> None:
    answer = await service.client.post("/api/jira/sessions", files={"file": ("my batch.json", content)})
    body = is_error(answer, 422, "invalid_batch_file")
    assert body["user_message"].startswith("my batch.json")
    assert str(service.settings.data_dir) not in answer.text


async def test_a_request_that_is_too_large(settings: ServiceSettings) -> None:
    async with serve(replace(settings, max_upload_bytes=20_000)) as service:
        answer = await service.client.post("/api/jira/sessions", files={"file": ("b.json", b" " * 50_000)})
        is_error(answer, 413, "request_too_large")

        async def endless() -> Any:
            for _ in range(3000):
                yield b" " * 1000

        answer = await service.client.post(
            "/api/jira/validate-project", content=endless(), headers={"Content-Type": "application/json"}
        )
        is_error(answer, 413, "request_too_large")


async def test_the_dry_run_writes_nothing(service: Service, jira: FakeJira) -> None:
    tickets = batch(2)
    tickets["tickets"][0]["assignee"] = "nobody@example.com"
    session_id = await service.load(tickets)
    body = (await service.client.post(f"/api/jira/dry-run/{session_id}")).json()
    assert body["ready"] is True
    assert body["total_tickets"] == 2
    assert body["manual_fixes_predicted"] == 1
    assert body["issues"][0]["payload"]["fields"]["summary"] == "Ticket number 1"
    assert not jira.writes


async def test_the_audit_trail_in_pages(service: Service) -> None:
    session_id = await service.exported(batch(3))
    url = f"/api/jira/audit-trail/{session_id}"
    whole = (await service.client.get(url)).json()
    assert whole["next_after"] is None
    kinds = [entry["kind"] for entry in whole["entries"]]
    assert kinds[0] == "run_started"
    assert kinds[-1] == "run_completed"
    assert kinds.count("issue_recorded") == 3
    paged: list[dict[str, Any]] = []
    after: int | None = 0
    while after is not None:
        page = (await service.client.get(url, params={"after": after, "limit": 2})).json()
        assert len(page["entries"]) <= 2
        paged += page["entries"]
        after = page["next_after"]
    assert paged == whole["entries"]


async def test_health_and_readiness(service: Service) -> None:
    assert (await service.client.get("/health")).json() == {"status": "ok"}
    assert (await service.client.get("/ready")).json() == {
        "status": "ready",
        "database": "ok",
        "queue": "none",
        "storage": "ok",
    }


async def test_the_demo_mode_is_marked_and_its_links_open(settings: ServiceSettings) -> None:
    async with serve(replace(settings, jira=None, demo_port=0)) as service:
        about = (await service.client.get("/api/jira/service")).json()
        assert about["demo"] is True
        session_id = await service.exported(batch(1))
        (ticket,) = (await service.client.get(f"/api/jira/sessions/{session_id}")).json()["tickets"]
        assert ticket["jira_url"].startswith(about["jira_url"])
        page = await service.client.get(ticket["jira_url"])
        assert page.status_code == 200
        assert "Ticket number 1" in page.text
