"""The one object a host opens: what it wires, and what comes of an export in every case."""

import json
import logging
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import anyio
import pytest
from tests.unit.export.conftest import SESSION, Runner, session, ticket

from jira_session_export import (
    ApiTokenAuth,
    ConversionOptions,
    ExportFailedError,
    ExportSettings,
    ExportStoppedError,
    HttpSettings,
    InMemoryStore,
    JiraClient,
    JiraExport,
    Runtime,
    html_to_adf,
)
from jira_session_export.adf import DEFAULT_RULES, Element, Outcome, Output, Rule
from jira_session_export.api import AdfTestRequest, ExportCompleteMessage, ExportProgressMessage
from jira_session_export.errors import (
    AuthenticationError,
    InputError,
    NotStartedError,
    RetriesExhaustedError,
    SessionNotFoundError,
    SettingsError,
)
from jira_session_export.storage.attachments import FolderAttachments
from jira_session_export.testing import FakeJira, FakeRuntime, Fault, faults

AUTH = ApiTokenAuth("me@example.com", "token")


class World:
    def __init__(self) -> None:
        self.runtime = FakeRuntime()
        self.jira = FakeJira(runtime=self.runtime)
        self.store = InMemoryStore()

    def open(self, **options: Any) -> JiraExport:
        tools: dict[str, Any] = {
            "store": self.store,
            "runtime": self.runtime,
            "transport": self.jira.transport,
            **options,
        }
        return JiraExport.open(self.jira.base_url, AUTH, **tools)


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
async def jira(world: World) -> AsyncIterator[JiraExport]:
    async with world.open() as jira:
        yield jira


async def test_an_export_gives_its_issues_and_what_is_to_be_fixed(jira: JiraExport) -> None:
    result = await jira.export(session(ticket(1, assignee="nobody@example.com"), ticket(2, depends_on=[UUID(int=1)])))
    assert [(issue.key, issue.title, issue.ticket_id) for issue in result.issues] == [
        ("DEMO-1", "Ticket 1", UUID(int=1)),
        ("DEMO-2", "Ticket 2", UUID(int=2)),
    ]
    assert result.issues[0].url.endswith("/browse/DEMO-1")
    assert [fix.issue_type for fix in result.manual_fixes] == ["assignee_invalid"]
    assert (result.session_id, result.created, result.dependencies_created) == (SESSION, 2, 1)


async def test_options_of_the_conversion_reach_all_that_converts(world: World) -> None:
    def loud(element: Element, out: Output) -> Outcome:
        return out.mark("underline") if "loud" in element.classes else None

    rules = DEFAULT_RULES.before("mark", Rule("loud", loud, frozenset({"b"})))
    conversion = ConversionOptions(base_url="https://example.com/wiki/", image_policy="link", rules=rules)
    html = '<p><b class="loud">a</b> <a href="page">b</a><img src="i.png" alt="c"></p>'
    one = ticket(1, description_html=html, custom_fields={"Notes": html})
    wanted = html_to_adf(html, conversion)
    async with world.open(conversion=conversion) as jira:
        assert jira.service.convert(one).document == wanted
        plan = await jira.plan(session(one))
        assert plan.issues[0].payload["fields"]["description"] == wanted
        assert plan.issues[0].losses == []
        await jira.put(session(one))
        tested = await jira.service.test_conversion(SESSION, AdfTestRequest(ticket_ids=[one.id]))
        assert tested.all_passed
        await jira.export(session(one))
    (created,) = world.jira.creates
    assert json.loads(created.body)["fields"]["description"] == wanted


async def test_a_second_export_says_the_same_and_creates_nothing(world: World, jira: JiraExport) -> None:
    batch = session(ticket(1), ticket(2))
    first = await jira.export(batch)
    again = await jira.export(batch)
    assert (again.issues, again.created) == (first.issues, 0)
    assert len(world.jira.issues) == 2


async def test_what_is_found_in_jira_is_not_said_to_be_created(world: World) -> None:
    batch = session(ticket(1), ticket(2))
    async with world.open() as jira:
        await jira.export(batch)
    await world.runtime.sleep(300)
    async with world.open(store=InMemoryStore()) as without_state:
        again = await without_state.export(batch)
        assert (again.created, again.adopted, len(again.issues)) == (0, 2, 2)
        assert (await without_state.export(batch)).adopted == 0
    assert len(world.jira.issues) == 2


async def test_an_answer_that_was_lost_is_one_that_was_found(world: World, jira: JiraExport) -> None:
    world.jira.faults.add(Fault(("POST", "/issue"), faults.drop_after_commit()))
    result = await jira.export(session(ticket(1), ticket(2)))
    assert (result.created, result.adopted) == (1, 1)


async def test_an_export_by_id_takes_what_the_store_has(jira: JiraExport) -> None:
    await jira.put(session(ticket(1)))
    assert (await jira.export(SESSION)).created == 1
    with pytest.raises(SessionNotFoundError):
        await jira.export(UUID(int=4711))


async def test_a_part_can_be_exported_first(jira: JiraExport) -> None:
    batch = session(ticket(1), ticket(2))
    part = await jira.export(batch, only=[UUID(int=2)])
    assert [issue.title for issue in part.issues] == ["Ticket 2"]
    rest = await jira.export(batch)
    assert [issue.title for issue in rest.issues] == ["Ticket 1", "Ticket 2"]
    assert rest.created == 1


async def test_a_failure_is_raised_with_its_cause_and_the_next_call_goes_on(world: World, jira: JiraExport) -> None:
    world.jira.faults.add(Fault(("POST", "/issue"), faults.status(401), nth=2))
    batch = session(ticket(1), ticket(2), ticket(3))
    with pytest.raises(ExportFailedError) as caught:
        await jira.export(batch)
    error = caught.value
    assert (error.failure.code, error.ticket_order, error.retry_available) == ("authentication_failed", 2, True)
    assert (error.category, error.recovery_actions) == (error.failure.category, error.failure.recovery_actions)
    assert str(error) == error.failure.message
    assert len((await jira.result(SESSION)).issues) == 1
    result = await jira.export(batch)
    assert (len(result.issues), result.created) == (3, 2)


async def test_retries_run_out(world: World) -> None:
    world.jira.faults.add(Fault(("POST", "/issue"), faults.status(401), times=2))
    async with world.open(settings=ExportSettings(max_retries=1)) as jira:
        available = []
        for _ in range(2):
            with pytest.raises(ExportFailedError) as caught:
                await jira.export(session(ticket(1)))
            available.append(caught.value.retry_available)
        assert available == [True, False]
        with pytest.raises(RetriesExhaustedError):
            await jira.export(SESSION)


async def test_what_the_check_before_the_start_finds_is_raised_as_it_is(world: World, jira: JiraExport) -> None:
    world.jira.expire_token()
    with pytest.raises(AuthenticationError):
        await jira.export(session(ticket(1)))
    with pytest.raises(NotStartedError):
        await jira.wait(SESSION)


async def test_settings_count_for_every_part(world: World) -> None:
    settings = ExportSettings(max_retries=7, request_timeout_seconds=11, requires_assignee=True)
    async with world.open(settings=settings) as jira:
        assert jira.settings is jira.exporter.settings is jira.service.settings is settings
        assert jira.runtime is jira.exporter.runtime is world.runtime
        validation = await jira.validate("DEMO")
        loose = await jira.validate("DEMO", requires_assignee=False)
    assert (validation.validation_status, loose.validation_status) == ("valid", "valid")


async def test_the_conversion_counts_for_the_export_and_for_what_is_planned(world: World) -> None:
    conversion = ConversionOptions(heading_offset=2)
    async with world.open(conversion=conversion) as jira:
        batch = session(ticket(1, description_html="<h1>Why</h1>"))
        planned = (await jira.plan(batch)).issues[0].payload
        await jira.export(batch)
    assert planned is not None
    created = world.jira.issues["DEMO-1"].fields
    for description in (planned["fields"]["description"], created["description"].document):
        assert description["content"][0]["attrs"]["level"] == 3


def test_the_time_out_is_said_in_one_place(world: World) -> None:
    settings = ExportSettings(request_timeout_seconds=11)
    assert world.open(settings=settings, http=HttpSettings(timeout_seconds=11))
    with pytest.raises(SettingsError, match="5 s in `http`, 11 s in `settings`"):
        world.open(settings=settings, http=HttpSettings(timeout_seconds=5))


async def test_a_cancelled_export_is_told_as_such(world: World, jira: JiraExport) -> None:
    session_id = await jira.start(session(*map(ticket, range(1, 9))))
    await jira.service.cancel(session_id)
    with pytest.raises(ExportStoppedError) as caught:
        await jira.wait(session_id)
    assert caught.value.cancelled
    assert len((await jira.export(session_id)).issues) == 8


async def test_watching_tells_how_it_goes_until_it_is_done(jira: JiraExport) -> None:
    session_id = await jira.start(session(ticket(1), ticket(2)))
    messages = [message async for message in jira.watch(session_id)]
    assert isinstance(messages[0], ExportProgressMessage)
    assert isinstance(messages[-1], ExportCompleteMessage)


async def test_events_reach_the_hosts_sink_and_a_broken_one_harms_nobody(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(event: object) -> None:
        told.append(type(event).__name__)
        raise RuntimeError("host")

    told: list[str] = []
    with caplog.at_level(logging.ERROR):
        async with world.open(sink=broken) as jira:
            session_id = await jira.start(session(ticket(1)))
            with jira.hub.listen(session_id) as listener:
                heard = [type(event).__name__ async for event in listener]
            await jira.wait(session_id)
    assert told[-1] == heard[-1] == "ExportCompleted"
    assert "IssueExported" in told


async def test_a_plan_writes_nothing(world: World, jira: JiraExport) -> None:
    plan = await jira.plan(session(ticket(1)))
    assert plan.ready
    with pytest.raises(SessionNotFoundError):
        await jira.store.state(SESSION)
    await jira.put(session(ticket(1)))
    assert (await jira.plan(SESSION)).total_tickets == 1


# -- several processes ---------------------------------------------------------------------------------------------


async def test_what_a_stopped_process_left_is_gone_on_with(world: World) -> None:
    async with world.open(settings=ExportSettings(pause_seconds=5)) as first:
        await first.start(session(*map(ticket, range(1, 6))))
        await world.runtime.sleep(7)
    assert 0 < (await world.store.state(SESSION)).exported < 5
    async with world.open() as second:
        assert len((await second.wait(SESSION)).issues) == 5


async def test_looking_on_need_not_go_on_with_it(world: World) -> None:
    async with world.open(settings=ExportSettings(pause_seconds=5)) as first:
        await first.start(session(*map(ticket, range(1, 6))))
    before = (await world.store.state(SESSION)).exported
    async with world.open(resume=False) as second:
        await world.runtime.sleep(100)
        assert len((await second.result(SESSION)).issues) == before
        assert len((await second.export(SESSION)).issues) == 5


async def test_who_waits_for_an_export_of_another_process_hears_of_its_end(world: World) -> None:
    async with world.open() as first, world.open() as second:
        session_id = await first.start(session(ticket(1), ticket(2)))
        assert len((await second.wait(session_id)).issues) == 2
        assert (await second.export(session_id)).created == 0


async def test_many_at_once_export_one_session_once(world: World) -> None:
    batch = session(*map(ticket, range(1, 4)))
    async with world.open() as first, world.open() as second, anyio.create_task_group() as tasks:
        for jira in (first, second) * 3:
            tasks.start_soon(jira.export, batch)
    assert len(world.jira.issues) == 3


async def test_who_waits_while_the_process_shuts_down_is_told(world: World) -> None:
    errors: list[ExportStoppedError] = []

    async def waiting(jira: JiraExport) -> None:
        try:
            await jira.wait(SESSION)
        except ExportStoppedError as error:
            errors.append(error)

    async with anyio.create_task_group() as tasks, world.open(settings=ExportSettings(pause_seconds=5)) as jira:
        await jira.start(session(ticket(1), ticket(2)))
        tasks.start_soon(waiting, jira)
        await world.runtime.sleep(1)
    assert [error.cancelled for error in errors] == [False]


async def test_another_runner_gets_the_sessions_and_the_store_tells_the_end(world: World) -> None:
    runner = Runner()
    async with world.open(runner=runner) as jira, anyio.create_task_group() as tasks:
        session_id = await jira.start(session(ticket(1)))
        assert runner.submitted == [session_id]
        tasks.start_soon(jira.exporter.execute, session_id)
        assert len((await jira.wait(session_id)).issues) == 1


# -- stores --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_an_address_opens_a_store_and_brings_its_tables_up_to_date(world: World, tmp_path: Path) -> None:
    address = f"sqlite:///{tmp_path / 'exports.db'}"
    for created in (1, 0):
        async with world.open(store=address, runtime=FakeRuntime()) as jira:
            assert (await jira.export(session(ticket(1)))).created == created


@pytest.mark.postgres
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_postgresql_is_an_address_too(world: World, postgres: str) -> None:
    for created in (1, 0):
        async with world.open(store=postgres, runtime=Runtime()) as jira:
            assert (await jira.export(session(ticket(1)))).created == created


@pytest.mark.parametrize("anyio_backend", ["trio"])
async def test_a_database_on_trio_is_refused_with_what_to_do(world: World, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="asyncio alone"):
        async with world.open(store=f"sqlite:///{tmp_path / 'exports.db'}"):
            pass


async def test_what_the_block_raises_leaves_it_on_every_event_loop(world: World) -> None:
    with pytest.raises(RuntimeError, match="the host's own"):
        async with world.open(store="memory://"):
            raise RuntimeError("the host's own")


async def test_the_memory_is_an_address_too(world: World) -> None:
    async with world.open(store="memory://") as jira:
        assert (await jira.export(session(ticket(1)))).created == 1


@pytest.mark.parametrize("address", ["exports.db", "mysql://localhost/x", ""])
def test_an_address_of_no_store_is_refused_with_an_example(world: World, address: str) -> None:
    with pytest.raises(SettingsError, match=r"sqlite:///exports\.db"):
        world.open(store=address)


async def test_a_store_of_the_hosts_stays_open_and_fills_itself(world: World) -> None:
    class Hosts:
        """A store without `put`, as a host's own tables have it."""

        def __getattr__(self, name: str) -> Any:
            if name == "put":
                raise AttributeError(name)
            return getattr(world.store, name)

    await world.store.put(session(ticket(1)))
    async with world.open(store=Hosts()) as jira:
        assert (await jira.export(SESSION)).created == 1
        with pytest.raises(SettingsError, match="from the host"):
            await jira.export(session(ticket(1)))


async def test_another_batch_of_the_same_name_is_not_taken_for_the_session(jira: JiraExport) -> None:
    await jira.export(session(ticket(1), ticket(2)))
    other = session(ticket(1, title="Quite another"), ticket(3))
    with pytest.raises(InputError, match="another session"):
        await jira.export(other)
    edited = session(ticket(1, title="Reworded"), ticket(2))
    assert (await jira.export(edited)).created == 0


async def test_a_ticket_that_failed_may_be_renamed(world: World, jira: JiraExport) -> None:
    world.jira.faults.add(Fault(("POST", "/issue"), faults.status(401)))
    with pytest.raises(ExportFailedError):
        await jira.export(session(ticket(1)))
    assert (await jira.export(session(ticket(1, title="Shorter")))).issues[0].title == "Shorter"


# -- wrong use -----------------------------------------------------------------------------------------------------


def test_swapped_arguments_are_named(world: World) -> None:
    client = JiraClient(world.jira.base_url, AUTH, transport=world.jira.transport)
    with pytest.raises(TypeError, match="client is Jira, for example a JiraClient, not an object of InMemoryStore"):
        JiraExport(world.store, client)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="base_url is the site's address, a string, not an object of ApiTokenAuth"):
        JiraExport.open(AUTH, world.jira.base_url, store="memory://")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="store is a store"):
        JiraExport.open(world.jira.base_url, AUTH, store=client)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="attachments is what opens files"):
        JiraExport.open(world.jira.base_url, AUTH, store="memory://", attachments=world.store)  # type: ignore[arg-type]

    class OfAnEarlierVersion(FolderAttachments):
        check = None  # type: ignore[assignment]

    with pytest.raises(TypeError, match="attachments is what keeps files, an AttachmentStorage with `check`"):
        JiraExport.open(world.jira.base_url, AUTH, store="memory://", attachments=OfAnEarlierVersion("/srv/files"))
    with pytest.raises(TypeError, match="auth is a way to sign in"):
        JiraExport.open(world.jira.base_url, ("me", "token"), store="memory://")  # type: ignore[arg-type]


async def test_used_without_being_opened_or_after_it_was_closed_it_says_so(world: World) -> None:
    jira = world.open()
    with pytest.raises(RuntimeError, match="not open: use it as `async with"):
        await jira.export(session(ticket(1)))
    async with jira:
        pass
    with pytest.raises(RuntimeError, match="closed"):
        await jira.export(session(ticket(1)))
    with pytest.raises(RuntimeError, match="opened before"):
        async with jira:
            pass


def test_in_another_event_loop_it_says_so_instead_of_failing_an_export(world: World) -> None:
    jira = world.open(runtime=FakeRuntime())

    async def enter() -> None:
        await jira.__aenter__()
        jira._stack.pop_all()  # the loop ends without it being closed

    async def use() -> None:
        await jira.export(session(ticket(1)))

    anyio.run(enter)
    with pytest.raises(RuntimeError, match="another event loop"):
        anyio.run(use)


def test_the_environment_says_where_jira_is_and_where_the_state_is_kept(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {
        "JIRA_BASE_URL": "https://site.atlassian.net",
        "JIRA_EMAIL": "me@example.com",
        "JIRA_API_TOKEN": "token",
        "JSE_MAX_RETRIES": "9",
    }.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match="JSE_DATABASE_URL"):
        JiraExport.from_env()
    monkeypatch.setenv("JSE_DATABASE_URL", "memory://")
    jira = JiraExport.from_env()
    assert jira.settings.max_retries == 9
    assert isinstance(jira.client, JiraClient)
    assert jira.client.base_url == "https://site.atlassian.net"
    monkeypatch.delenv("JIRA_EMAIL")
    with pytest.raises(SettingsError, match="JIRA_EMAIL"):
        JiraExport.from_env(store=world.store)


# -- scripts -------------------------------------------------------------------------------------------------------

SCRIPT = """
import asyncio, sys
from jira_session_export import ApiTokenAuth, ExportSettings, JiraExport, load_batch
from jira_session_export.testing import FakeJira, Fault, faults

fake = FakeJira()
if sys.argv[1] == "failing":
    fake.faults.add(Fault(("POST", "/issue"), faults.status(401)))

async def main():
    async with JiraExport.open(
        fake.base_url, ApiTokenAuth("me@example.com", "token"), store="sqlite:///x.db",
        settings=ExportSettings(pause_seconds=float(sys.argv[2])), transport=fake.transport,
        sink=lambda event: print(type(event).__name__, flush=True),
    ) as jira:
        await jira.export(load_batch("batch.json", project_key="DEMO"))

asyncio.run(main())
"""


def start_script(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    (folder / "batch.json").write_text('{"tickets": [{"title": "One"}, {"title": "Two"}]}')
    return subprocess.Popen(
        [sys.executable, "-c", SCRIPT, *arguments],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_script_that_fails_says_why_and_what_to_do_and_its_exit_status_tells(tmp_path: Path) -> None:
    script = start_script(tmp_path, "failing", "0")
    _, errors = script.communicate(timeout=50)
    assert script.returncode == 1
    assert "ExportFailedError: " in errors
    assert errors.splitlines()[-1].startswith("→ ")


def test_a_script_stopped_by_ctrl_c_hands_over_and_goes_on_when_it_runs_again(tmp_path: Path) -> None:
    script = start_script(tmp_path, "fine", "30")
    assert script.stdout is not None
    while "IssueExported" not in script.stdout.readline():
        pass
    script.send_signal(signal.SIGINT)
    output, _ = script.communicate(timeout=20)
    assert "ExportStopped" in output
    assert script.returncode != 0
