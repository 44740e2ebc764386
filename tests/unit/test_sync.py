"""The synchronous twin: the same names, for any thread, call and process."""

import inspect
import logging
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import create_engine
from tests.unit.export.conftest import session, ticket

import jira_session_export
from jira_session_export import (
    ApiTokenAuth,
    ExportFailedError,
    ExportSettings,
    ExportStoppedError,
    IssueExported,
    QueueRunner,
    Session,
    sync,
)
from jira_session_export.api import ExportCompleteMessage
from jira_session_export.errors import SessionNotFoundError, SettingsError, StoreError
from jira_session_export.storage.sqlalchemy import SqlAlchemyStore
from jira_session_export.testing import FakeJira, Fault, faults

AUTH = ApiTokenAuth("me@example.com", "token")
NO_PAUSE = ExportSettings(pause_seconds=0)


def open_jira(fake: FakeJira, store: Any, settings: ExportSettings = NO_PAUSE, **options: Any) -> sync.JiraExport:
    return sync.JiraExport.open(
        fake.base_url, AUTH, store=store, settings=settings, transport=fake.transport, **options
    )


def batch(number: int, tickets: int = 2) -> Session:
    content = session(*(ticket(100 * number + each, order=each) for each in range(1, tickets + 1)))
    return content.model_copy(update={"id": UUID(int=number)})


@pytest.fixture
def fake() -> FakeJira:
    return FakeJira()


@pytest.fixture
def address(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'exports.db'}"


@pytest.fixture
def jira(fake: FakeJira, address: str) -> Iterator[sync.JiraExport]:
    with open_jira(fake, address) as jira:
        yield jira


# -- the same names ------------------------------------------------------------------------------------------------


def public(kind: type) -> dict[str, Any]:
    return {name: value for name, value in vars(kind).items() if not name.startswith("_") and callable(value)}


def shape(function: Any) -> list[tuple[str, Any, Any]]:
    signature = inspect.signature(getattr(function, "__func__", function))
    return [(each.name, each.kind, each.default) for each in signature.parameters.values()]


@pytest.mark.parametrize("name", ["JiraExport", "ExportService", "InTransaction"])
def test_it_has_the_methods_and_parameters_of_the_asynchronous_one(name: str) -> None:
    ours, theirs = getattr(sync, name), getattr(jira_session_export, name)
    assert public(ours).keys() - {"close"} == public(theirs).keys()
    for method, function in public(theirs).items():
        assert shape(vars(ours)[method]) == shape(function), method
        if not isinstance(vars(theirs)[method], classmethod):
            given = inspect.signature(vars(ours)[method]).return_annotation
            expected = inspect.signature(function).return_annotation
            assert method in {"watch", "in_transaction"} or given == expected, method


@pytest.mark.parametrize("name", ["open", "from_env"])
def test_it_opens_with_the_same_arguments(name: str) -> None:
    assert shape(getattr(sync.JiraExport, name)) == shape(getattr(jira_session_export.JiraExport, name))


# -- use -----------------------------------------------------------------------------------------------------------


def test_every_method_answers(jira: sync.JiraExport) -> None:
    content = batch(1)
    assert jira.put(content) == content.id
    assert jira.plan(content).ready
    assert jira.validate("DEMO").validation_status == "valid"
    assert jira.start(content.id) == content.id
    assert isinstance(list(jira.watch(content.id))[-1], ExportCompleteMessage)
    result = jira.wait(content.id)
    assert [issue.title for issue in result.issues] == ["Ticket 101", "Ticket 102"]
    assert jira.result(content.id).issues == result.issues
    assert jira.export(content).created == 0
    assert jira.service.status(content.id).status == "completed"
    assert len(jira.service.results(content.id).jira_tickets) == 2
    assert jira.settings is NO_PAUSE


def test_a_session_is_started_in_a_transaction_of_the_host(jira: sync.JiraExport, address: str) -> None:
    content = batch(1)
    jira.put(batch(2))  # so that the tables are there
    engine = create_engine(address)
    with engine.connect() as connection:
        for keep in (False, True):
            joined = jira.in_transaction(connection)
            joined.start(content)
            connection.commit() if keep else connection.rollback()
            if not keep:
                with pytest.raises(SessionNotFoundError):
                    jira.service.status(content.id)
    engine.dispose()
    joined.committed()
    assert jira.wait(content.id).created == 2


def test_errors_arrive_as_they_are(fake: FakeJira, jira: sync.JiraExport) -> None:
    fake.faults.add(Fault(("POST", "/issue"), faults.status(401)))
    with pytest.raises(ExportFailedError) as caught:
        jira.export(batch(1))
    assert caught.value.failure.code == "authentication_failed"
    assert jira.service.retry(UUID(int=1)).retry_attempt == 1
    assert len(jira.wait(UUID(int=1)).issues) == 2


def test_one_object_at_module_level_serves_many_threads_and_calls(fake: FakeJira, address: str) -> None:
    jira = open_jira(fake, address)  # no block around it
    with ThreadPoolExecutor(8) as threads:
        results = list(threads.map(lambda number: jira.export(batch(number % 4 + 1)), range(16)))
    assert {len(result.issues) for result in results} == {2}
    assert len(fake.issues) == 8
    assert [len(jira.export(batch(number)).issues) for number in (1, 2)] == [2, 2]
    jira.close()
    jira.close()
    with pytest.raises(RuntimeError, match="closed"):
        jira.export(batch(1))


def test_a_watch_that_is_given_up_leaves_nothing_open(fake: FakeJira, address: str) -> None:
    with open_jira(fake, address, ExportSettings(pause_seconds=30)) as jira:
        jira.start(batch(1))
        for _ in jira.watch(UUID(int=1)):
            break
        unread = jira.watch(UUID(int=1))
        assert next(unread)
    with pytest.raises(RuntimeError, match="closed"):
        next(unread)


def test_who_waits_in_another_thread_while_it_is_closed_is_told(fake: FakeJira, address: str) -> None:
    issued = threading.Event()
    jira = open_jira(fake, address, ExportSettings(pause_seconds=30), sink=lambda _: issued.set())
    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(jira.export, batch(1))
        assert issued.wait(20)
        jira.close()
        with pytest.raises(ExportStoppedError):
            waiting.result(20)


def test_a_wrong_argument_shows_when_it_is_made(fake: FakeJira) -> None:
    with pytest.raises(SettingsError, match="exports"):
        open_jira(fake, "exports.db")


def test_opening_that_failed_is_tried_again(fake: FakeJira, tmp_path: Path) -> None:
    jira = open_jira(fake, f"sqlite:///{tmp_path / 'later' / 'exports.db'}")
    with pytest.raises(StoreError):
        jira.export(batch(1))
    (tmp_path / "later").mkdir()
    assert jira.export(batch(1)).created == 2
    jira.close()


# -- several processes ---------------------------------------------------------------------------------------------

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")


def in_a_fork(target: Any) -> Any:
    """What `target` returns in a forked process."""
    context = multiprocessing.get_context("fork")

    def run() -> None:
        try:
            sender.send(target())
        except BaseException as error:  # noqa: BLE001 -- told to the test
            sender.send(error)

    # A fork inherits what any thread holds at that moment. Python gives the child new locks of its log handlers, but not
    # of the streams below them: while the parent writes a line of its log, nobody may fork.
    receiver, sender = context.Pipe(duplex=False)
    with ExitStack() as quiet:
        for handler in logging.getLogger().handlers:
            handler.acquire()
            quiet.callback(handler.release)
        process = context.Process(target=run)
        process.start()
    if not receiver.poll(60):
        process.kill()
        process.join()
        pytest.fail("the forked process hangs")
    answer = receiver.recv()
    process.join(20)
    assert process.exitcode == 0
    return answer


@needs_fork
@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")
def test_a_process_forked_from_one_that_uses_it_opens_its_own(fake: FakeJira, address: str) -> None:
    jira = open_jira(fake, address)
    assert in_a_fork(lambda: jira.export(batch(1)).created) == 2  # not used before
    assert jira.export(batch(2)).created == 2
    assert in_a_fork(lambda: (jira.export(batch(2)).created, jira.export(batch(3)).created)) == (0, 2)
    assert jira.export(batch(3)).created == 0  # what the fork has written is there, and the connection lives
    jira.close()


@needs_fork
@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")
def test_a_store_used_before_a_fork_says_so_instead_of_hanging(fake: FakeJira, address: str) -> None:
    jira = open_jira(fake, SqlAlchemyStore.open(address))
    with pytest.raises(StoreError, match="migrate"):
        jira.export(batch(1))
    error = in_a_fork(lambda: jira.export(batch(1)))
    assert isinstance(error, StoreError)
    assert "forked" in str(error)
    jira.close()


SCRIPT = """
import sys
from jira_session_export import ApiTokenAuth, ExportSettings, load_batch
from jira_session_export.sync import JiraExport
from jira_session_export.testing import FakeJira

fake = FakeJira()
jira = JiraExport.open(
    fake.base_url, ApiTokenAuth("me@example.com", "token"), store="sqlite:///x.db",
    settings=ExportSettings(pause_seconds=float(sys.argv[1])), transport=fake.transport,
    sink=lambda event: print(type(event).__name__, flush=True),
)
print(jira.export(load_batch("batch.json", project_key="DEMO")).created, "created")
"""


@pytest.mark.parametrize("interrupted", [False, True])
def test_a_script_need_not_close_it(tmp_path: Path, interrupted: bool) -> None:
    (tmp_path / "batch.json").write_text('{"tickets": [{"title": "One"}, {"title": "Two"}]}')
    script = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, "30" if interrupted else "0"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    if interrupted:
        assert script.stdout is not None
        while "IssueExported" not in script.stdout.readline():
            pass
        script.send_signal(signal.SIGINT)
    output, errors = script.communicate(timeout=40)
    if interrupted:
        assert "ExportStopped" in output  # handed over when the process exits
        assert script.returncode != 0
        assert "KeyboardInterrupt" in errors
    else:
        assert output.endswith("2 created\n"), errors
        assert (script.returncode, errors) == (0, "")


@pytest.mark.postgres
def test_nor_one_on_postgresql(tmp_path: Path, postgres: str) -> None:
    (tmp_path / "batch.json").write_text('{"tickets": [{"title": "One"}, {"title": "Two"}]}')
    script = subprocess.run(
        [sys.executable, "-c", SCRIPT.replace('"sqlite:///x.db"', repr(postgres)), "0"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert script.stdout.endswith("2 created\n"), script.stderr
    assert (script.returncode, script.stderr) == (0, "")


# -- the task of a queue -------------------------------------------------------------------------------------------


class HostQueue:
    """A queue of the host's whose workers are this test."""

    def __init__(self) -> None:
        self.jobs: list[UUID] = []

    def runner(self) -> QueueRunner:
        return QueueRunner(self.jobs.append)


def test_a_task_runs_what_was_started_and_a_sweep_queues_what_got_lost(fake: FakeJira, address: str) -> None:
    queue = HostQueue()
    with (
        open_jira(fake, address, runner=queue.runner()) as web,
        open_jira(fake, address, runner=queue.runner()) as worker,
    ):
        web.start(batch(1))
        assert queue.jobs == [UUID(int=1)]
        assert not fake.issues
        assert list(worker.sweep()) == []  # its job is on its way
        assert worker.execute(queue.jobs[0]).status == "completed"
        assert worker.execute(queue.jobs[0]).status == "completed"
        assert len(web.wait(UUID(int=1)).issues) == 2
    assert len(fake.issues) == 2


def test_what_is_raised_in_the_task_leaves_it_when_the_run_has_handed_over(fake: FakeJira, address: str) -> None:
    """As a soft time limit of Celery's, or a handler of SIGTERM that raises SystemExit, does."""

    class LimitReachedError(BaseException):
        pass

    def limit(*_: object) -> None:
        raise LimitReachedError

    queue, here = HostQueue(), threading.get_ident()
    created = threading.Event()

    def sink(event: object) -> None:
        if isinstance(event, IssueExported) and not created.is_set():
            created.set()
            signal.pthread_kill(here, signal.SIGUSR2)

    before = signal.signal(signal.SIGUSR2, limit)
    try:
        with open_jira(fake, address, ExportSettings(pause_seconds=30), sink=sink, runner=queue.runner()) as jira:
            jira.start(batch(1, tickets=3))
            with pytest.raises(LimitReachedError):
                jira.execute(UUID(int=1))
            assert jira.service.status(UUID(int=1)).status == "exporting"
            assert list(jira.sweep()) == [UUID(int=1)]  # handed over, so it is due at once
    finally:
        signal.signal(signal.SIGUSR2, before)
    assert queue.jobs == [UUID(int=1)] * 2
    with open_jira(fake, address, runner=queue.runner()) as jira:
        assert jira.execute(UUID(int=1)).status == "completed"
    assert len(fake.issues) == 3


@pytest.mark.parametrize("end", ["stop", "close"])
def test_a_task_in_another_thread_hands_over_when_it_is_stopped_or_closed(
    fake: FakeJira, address: str, end: str
) -> None:
    created = threading.Event()
    jira = open_jira(
        fake,
        address,
        ExportSettings(pause_seconds=30),
        runner=HostQueue().runner(),
        sink=lambda event: created.set() if isinstance(event, IssueExported) else None,
    )
    with ThreadPoolExecutor(2) as threads:
        jira.start(batch(1))
        sweeping = threads.submit(jira.keep_sweeping)
        running = threads.submit(jira.execute, UUID(int=1))
        assert created.wait(20)
        getattr(jira, end)()
        state = running.result(20)
        sweeping.result(20)
    assert (state.status, state.lease_owner) == ("exporting", None)
    jira.close()
    assert len(fake.issues) == 1


def test_one_that_was_stopped_before_it_was_opened_runs_nothing(fake: FakeJira, address: str) -> None:
    with open_jira(fake, address, runner=HostQueue().runner()) as jira:
        jira.start(batch(1))
    jira = open_jira(fake, address, runner=HostQueue().runner())
    jira.stop()
    assert jira.execute(UUID(int=1)).status == "exporting"
    assert not fake.issues
    jira.close()


@needs_fork
@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")
def test_a_task_runs_in_a_process_forked_from_one_that_sweeps(fake: FakeJira, address: str) -> None:
    jira = open_jira(fake, address, runner=HostQueue().runner())
    jira.start(batch(1))
    jira.sweep()
    assert in_a_fork(lambda: jira.execute(UUID(int=1)).status) == "completed"
    assert jira.execute(UUID(int=1)).status == "completed"
    jira.close()
