"""What the page follows a session by: everything that happens to it, to everybody who looks at it."""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import anyio
import pytest
from app.settings import ServiceSettings
from app.updates import Follower, SessionUpdate, SessionUpdates, pace_per_minute
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from jira_session_export import ExportSettings, Runtime
from jira_session_export.errors import StoreUnavailableError
from jira_session_export.events import EventHub
from jira_session_export.storage import JournalRow
from jira_session_export.testing import FakeJira, Fault, faults

from .conftest import Service, batch, serve


class Window:
    """One that looks at a session."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self.seen: list[dict[str, Any]] = []
        self.tickets: dict[str, str] = {}

    async def until(self, **wanted: Any) -> dict[str, Any]:
        """The first update in which these are so."""
        with anyio.fail_after(30):
            while True:
                update = json.loads(await self._socket.recv())
                if update["type"] != "session_update":
                    continue
                self.seen.append(update)
                self.tickets |= {ticket["ticket_id"]: ticket["status"] for ticket in update["tickets"]}
                if all(update[name] == value for name, value in wanted.items()):
                    return update

    async def close_code(self) -> int | None:
        with anyio.fail_after(30):
            try:
                while True:
                    await self._socket.recv()
            except ConnectionClosed as exc:
                return exc.rcvd.code if exc.rcvd else None


@asynccontextmanager
async def looking(service: Service, session_id: str) -> AsyncIterator[Window]:
    address = service.url.replace("http", "ws", 1) + f"/api/jira/session-updates/{session_id}"
    async with connect(address, subprotocols=["jira-session-export"]) as socket:
        yield Window(socket)


async def test_every_window_hears_of_start_failure_retry_and_end(service: Service, jira: FakeJira) -> None:
    jira.faults.add(Fault(("POST", "/issue"), faults.status(401), nth=2))
    session_id = await service.load(batch(3))
    async with looking(service, session_id) as one, looking(service, session_id) as two:
        assert (await one.until(status="ready"))["last_entry"] == 0
        await two.until(status="ready")
        await service.client.post(f"/api/jira/export-session/{session_id}", json={})
        for window in (one, two):
            failed = await window.until(status="export_failed")
            assert failed["failure"]["category"] == "admin_required"
            assert failed["failure"]["ticket_order"] == 2
            assert failed["failure"]["ticket_id"]
            assert failed["failure"]["retries_left"] == 3
        await service.client.post(f"/api/jira/retry-failed/{session_id}", json={})
        for window in (one, two):
            done = await window.until(status="completed", tickets_exported=3)
            assert done["failure"] is None
            assert set(window.tickets.values()) == {"exported"}
            numbers = [update["last_entry"] for update in window.seen]
            assert numbers == sorted(numbers)


async def test_a_session_that_waits_is_told_each_place_it_moves_forward(settings: ServiceSettings) -> None:
    export = settings.export.model_copy(update={"sessions_at_once": 1, "pause_seconds": 1.0})
    async with serve(replace(settings, export=export)) as service:
        ids = [await service.load({**batch(tickets), "name": f"{tickets} tickets"}) for tickets in (4, 60, 1)]
        for session_id in ids:
            await service.client.post(f"/api/jira/export-session/{session_id}", json={})
        async with looking(service, ids[-1]) as window:
            stages: list[str] = []
            while "Waiting for a worker, next in the queue" not in stages:
                stages.append((await window.until(status="exporting"))["progress"]["current_stage"])
    assert "Waiting for a worker, number 2 in the queue" in stages
    assert len(stages) == len(set(stages))


async def test_a_session_loaded_again_is_told_again(service: Service) -> None:
    session_id = await service.load(batch(1))
    async with looking(service, session_id) as window:
        await window.until(total_tickets=1)
        assert await service.load(batch(2)) == session_id
        assert not (await window.until(total_tickets=2))["tickets_complete"]


async def test_what_changed_meanwhile_can_be_asked_for(service: Service) -> None:
    session_id = await service.load(batch(2))
    address = f"/api/jira/sessions/{session_id}/update"
    before = (await service.client.get(address)).json()
    await service.client.post(f"/api/jira/export-session/{session_id}", json={})
    await service.ended(session_id)
    # Twice at once: the limit of status polling is for those who poll that.
    for _ in range(2):
        after = (await service.client.get(address, params={"after": before["last_entry"]})).json()
        assert after["status"] == "completed"
        assert after["progress"]["type"] == "export_complete"
        # A start changes tickets without an entry for each, so the list has to be read again.
        assert after["tickets_complete"] is False
    latest = (await service.client.get(address, params={"after": after["last_entry"]})).json()
    assert (latest["tickets"], latest["tickets_complete"]) == ([], True)
    assert (await service.client.get(f"/api/jira/export-status/{session_id}")).status_code == 200


@pytest.mark.parametrize("session_id", ["7f1f3d0a-0f0e-4d29-9d55-5f5c3bb1b0a1", "nonsense"])
async def test_a_session_that_is_not_there_is_told_by_the_code(service: Service, session_id: str) -> None:
    async with looking(service, session_id) as window:
        assert await window.close_code() == 4404


async def test_the_pace_is_there_from_the_first_update_on(service: Service, jira: FakeJira) -> None:
    paced = replace(service.settings, export=ExportSettings(pause_seconds=0.1, index_settle_seconds=0.2))
    async with serve(paced) as slow:
        session_id = await slow.load(batch(60))
        await slow.client.post(f"/api/jira/export-session/{session_id}", json={})
        async with looking(slow, session_id) as window:
            with anyio.fail_after(30):
                while (await window.until(status="exporting"))["tickets_exported"] < 5:
                    pass
        async with looking(slow, session_id) as reloaded:
            first = await reloaded.until(status="exporting")
            assert first["pace_per_minute"] > 10
            assert 0 < first["seconds_remaining"] < 600
        await slow.client.post(f"/api/jira/cancel-export/{session_id}")
        await slow.ended(session_id)


def rows(*kinds: str, every: float = 2.0) -> list[JournalRow]:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    return [
        JournalRow(
            sequence=place,
            at=start + timedelta(seconds=every * place),
            session_id=uuid4(),
            ticket_id=None,
            attempt=None,
            kind=kind,
            trace_id=None,
        )
        for place, kind in enumerate(kinds)
    ]


def test_the_pace_is_that_of_this_run() -> None:
    entries = rows("issue_recorded", "issue_recorded", "run_started", *["issue_recorded"] * 4)
    assert pace_per_minute(entries, entries[-1].at) == 30.0
    assert pace_per_minute(entries[:5], entries[-1].at) is None
    # A minute without a ticket is a minute.
    assert pace_per_minute(entries, entries[-1].at + timedelta(seconds=60)) == 2.7
    assert pace_per_minute(entries, entries[-1].at + timedelta(hours=1)) is None


def test_the_tickets_of_a_bulk_are_not_as_fast_as_they_are_recorded() -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    bulks = [
        replace(entry, at=start + timedelta(seconds=3 * number))
        for number in range(3)
        for entry in rows(*["issue_recorded"] * 50)
    ]
    assert pace_per_minute(bulks[:50], start + timedelta(seconds=1)) is None
    assert pace_per_minute(bulks[:100], start + timedelta(seconds=4)) == 1000.0
    assert pace_per_minute(bulks, start + timedelta(seconds=7)) == 1000.0
    assert pace_per_minute(bulks, start + timedelta(seconds=6 + 24)) == 200.0


async def test_who_is_slow_gets_the_newest_with_all_that_changed() -> None:
    def update(number: int, *tickets: str) -> SessionUpdate:
        shown = [
            {"ticket_id": f"00000000-0000-0000-0000-{ticket:0>12}", "order": 1, "title": "t", "status": f"s{number}"}
            | {"jira_key": None, "jira_url": None, "manual_fixes_needed": 0, "failed": False}
            for ticket in tickets
        ]
        return SessionUpdate.model_construct(last_entry=number, tickets_complete=True).model_copy(
            update={"tickets": SessionUpdate.model_validate(FULL | {"tickets": shown}).tickets}
        )

    follower = Follower()
    follower.put(update(1, "1", "2"))
    follower.put(update(2, "2", "3"))
    async for news in follower.updates():
        assert news is not None
        assert news.last_entry == 2
        assert [ticket.status for ticket in news.tickets] == ["s1", "s2", "s2"]
        break


class BrokenStore:
    """Fails in a way that nobody foresaw."""

    def __init__(self) -> None:
        self.asked = 0

    def follow(self, _: UUID) -> AbstractContextManager[Any]:
        return nullcontext(SimpleNamespace(is_live=False, wait=anyio.sleep_forever))

    async def changes(self, session_id: UUID, **_: Any) -> None:
        self.asked += 1
        raise RuntimeError(f"{session_id} cannot be read")


async def test_what_nobody_foresaw_ends_one_reader_and_not_the_service(caplog: pytest.LogCaptureFixture) -> None:
    store = BrokenStore()
    jira: Any = SimpleNamespace(hub=EventHub(), runtime=Runtime())
    async with SessionUpdates.open(jira, store) as updates:  # type: ignore[arg-type]
        for _ in range(2):
            with pytest.raises(StoreUnavailableError), anyio.fail_after(10):
                async for _ in updates.follow(uuid4()):
                    pass
    assert store.asked == 2
    assert [record.action for record in caplog.records] == ["update_failed"] * 2  # type: ignore[attr-defined]


FULL: dict[str, Any] = {
    "session_id": str(uuid4()),
    "last_entry": 0,
    "at": "2026-01-01T00:00:00Z",
    "name": "",
    "project_key": "DEMO",
    "owner": None,
    "status": "ready",
    "archived_at": None,
    "total_tickets": 0,
    "tickets_exported": 0,
    "tickets_left_out": 0,
    "manual_fixes_needed": 0,
    "started_at": None,
    "running_since": None,
    "completed_at": None,
    "failed_at": None,
    "cancel_requested": False,
    "progress": {
        "type": "export_progress",
        "session_id": str(uuid4()),
        "progress_percentage": 0,
        "current_stage": "Not started",
        "tickets_completed": 0,
        "total_tickets": 0,
        "current_jira_project": "DEMO",
    },
    "pace_per_minute": None,
    "seconds_remaining": None,
    "failure": None,
    "tickets": [],
    "tickets_complete": True,
}


@pytest.mark.parametrize(("token", "code"), [(None, 4401), ("bob-token", 4404)])
async def test_nobody_follows_what_is_not_theirs(service: Service, token: str | None, code: int) -> None:
    settings = replace(service.settings, tokens={"alice-token": "alice", "bob-token": "bob"})
    async with serve(settings) as guarded:
        session_id = await guarded.load(batch(1), headers={"Authorization": "Bearer alice-token"})
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        answer = await guarded.client.get(f"/api/jira/sessions/{session_id}/update", headers=headers)
        assert answer.status_code == (404 if token else 401)
        address = guarded.url.replace("http", "ws", 1) + f"/api/jira/session-updates/{session_id}"
        async with connect(address, additional_headers=headers) as socket:
            assert await Window(socket).close_code() == code


def test_what_of_a_bulk_is_sent_again_is_no_pace_of_its_own() -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    tickets = [uuid4() for _ in range(100)]

    def at(seconds: float, kind: str, about: Sequence[UUID]) -> list[JournalRow]:
        (row,) = rows(kind)
        return [replace(row, at=start + timedelta(seconds=seconds), ticket_id=ticket) for ticket in about]

    first = [
        *at(0, "intent_recorded", tickets[:50]),
        *at(1, "issue_recorded", tickets[:35]),
        *at(1, "intent_recorded", tickets[35:50]),
        *at(1.5, "issue_recorded", tickets[35:50]),
    ]
    second = [*at(3, "intent_recorded", tickets[50:]), *at(4, "issue_recorded", tickets[50:])]
    assert pace_per_minute(first, start + timedelta(seconds=2)) is None
    assert pace_per_minute([*first, *second], start + timedelta(seconds=5)) == 1000.0
    # Announced one by one, each is sent after the one before it is recorded, whether or not Jira refuses it at first.
    single = [
        row
        for number, ticket in enumerate(tickets[:4])
        for kind, plus in (("intent_recorded", 0.0), ("intent_recorded", 0.2), ("issue_recorded", 0.4))
        for row in at(2 * number + plus, kind, [ticket])
    ]
    assert pace_per_minute(single, start + timedelta(seconds=7)) == 30.0


async def test_looking_for_the_issues_of_a_bulk_is_shown(service: Service, jira: FakeJira) -> None:
    jira.index_lag = 1
    jira.faults.add(Fault(("POST", "/issue/bulk"), faults.drop_after_commit()))
    bulks = service.settings.export.model_copy(
        update={"bulk_size": 50, "pause_seconds": 0.1, "index_settle_seconds": 30}
    )
    async with serve(replace(service.settings, export=bulks)) as looking_for:
        session_id = await looking_for.load(batch(60))
        async with looking(looking_for, session_id) as window:
            await looking_for.client.post(f"/api/jira/export-session/{session_id}", json={})
            await window.until(status="completed")
    stages = [each["progress"].get("current_stage") for each in window.seen]
    assert "Looking for tickets 1–50 of 60 in Jira" in stages
