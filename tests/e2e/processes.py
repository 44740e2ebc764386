"""Real exports as processes of their own, on a real database, against a FakeJira on a socket.

The processes are forked from one that has imported everything already, so that dozens of them start within seconds; what
runs in them is the command as a person starts it.
"""

from __future__ import annotations

import base64
import json
import multiprocessing
import os
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import CompletedProcess, TimeoutExpired
from typing import Any

import anyio
import anyio.to_thread

from jira_session_export._batch import load_batch
from jira_session_export._journal import SessionStatus
from jira_session_export._models import Session
from jira_session_export._values import PROPERTY_KEY
from jira_session_export.storage.sqlalchemy import SqlAlchemyStore
from jira_session_export.testing import FakeJira

GIF = base64.b64encode(b"GIF89a\x01\x00\x01\x00\x00\x00\x00,").decode()
SHORT_SETTINGS = {
    "JIRA_EMAIL": "me@example.com",
    "JIRA_API_TOKEN": "token",
    "JSE_PAUSE_SECONDS": "0.01",
    "JSE_LEASE_SECONDS": "1",
    "JSE_INDEX_SETTLE_SECONDS": "0.6",
    "JSE_RECONCILE_BUDGET_SECONDS": "20",
    "JSE_MAX_CRASHES": "1000",
}
INDEX_LAG = 0.2

_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(
    [
        "jira_session_export._cli.app",
        "jira_session_export._cli.export",
        "jira_session_export._cli.worker",
        "jira_session_export._batch",
        "jira_session_export.integrations.procrastinate",
        "alembic.command",
        __name__,  # as each process needs it to begin
    ]
)


def _command(
    arguments: Sequence[str],
    env: Mapping[str, str],
    printed: Mapping[int, Path],
    stdin: Path | None = None,
    cwd: Path | None = None,
) -> None:
    """Be the command, as a person starts it in this environment; `printed`: the file of each descriptor."""
    from jira_session_export._cli import main

    for descriptor, file in printed.items():
        os.dup2(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND), descriptor)
    if stdin:
        sys.stdin = stdin.open(encoding="utf-8")  # it is open as long as the process lives
    os.environ.clear()
    os.environ.update(env)
    if cwd:
        os.chdir(cwd)
    sys.argv = ["jira-session-export", *arguments]
    main()


def run_command(
    arguments: Sequence[str], env: Mapping[str, str], *, cwd: Path | None = None, stdin: str = "", seconds: float = 60
) -> CompletedProcess[str]:
    """Like `subprocess.run` of the command, without the second and a half in which Python imports it."""
    with tempfile.TemporaryDirectory() as folder:
        given, output, errors = (Path(folder, name) for name in ("stdin", "stdout", "stderr"))
        given.write_text(stdin, "utf-8")
        output.touch()
        errors.touch()
        process = _FORKS.Process(target=_command, args=(arguments, dict(env), {1: output, 2: errors}, given, cwd))
        process.start()
        process.join(seconds)
        if process.exitcode is None:
            process.kill()
            process.join()
            raise TimeoutExpired(list(arguments), seconds)
        printed = output.read_text("utf-8"), errors.read_text("utf-8")
        return CompletedProcess(list(arguments), process.exitcode, *printed)


class ExportProcess:
    """The command in a process of its own; what it prints goes to a file."""

    def __init__(self, arguments: Sequence[str], env: Mapping[str, str], output: Path) -> None:
        self.output = output
        whole = {**os.environ, **env}
        self._process = _FORKS.Process(target=_command, args=(arguments, whole, {1: output, 2: output}))
        self._process.start()

    @property
    def is_running(self) -> bool:
        return self._process.is_alive()

    @property
    def printed(self) -> str:
        return self.output.read_text()

    def send(self, number: signal.Signals) -> None:
        assert self._process.pid is not None
        os.kill(self._process.pid, number)

    async def wait(self, seconds: float = 60) -> int | None:
        """Its exit code; a process that does not end in time is killed and the test fails."""
        await anyio.to_thread.run_sync(self._process.join, seconds)
        if self._process.is_alive():
            self._process.kill()
            raise AssertionError(f"no end within {seconds} s: {self.printed}")
        return self._process.exitcode

    async def kill(self) -> None:
        self._process.kill()
        await anyio.to_thread.run_sync(self._process.join)


@dataclass
class Scene:
    """One session, one Jira, one database, and the processes that export it one after the other."""

    folder: Path
    batch: Path
    database: str
    jira: FakeJira
    env: dict[str, str]
    processes: list[ExportProcess] = field(default_factory=list)

    @property
    def session(self) -> Session:
        return load_batch(self.batch)

    def export(self, *options: str, **settings: str) -> ExportProcess:
        arguments = ["export", str(self.batch), "--database", self.database, *options]
        process = ExportProcess(arguments, {**self.env, **settings}, self.folder / "output.txt")
        self.processes.append(process)
        return process

    async def requests(self, number: int, process: ExportProcess) -> bool:
        """Wait until Jira was asked that many times; False when the process ends before."""
        while len(self.jira.requests) < number:
            if not process.is_running:
                return False
            await anyio.sleep(0.002)
        return True

    @asynccontextmanager
    async def store(self) -> AsyncIterator[SqlAlchemyStore]:
        async with SqlAlchemyStore.open(self.database) as store:
            yield store

    async def assert_exactly_once(self) -> None:
        """One issue per ticket, one of each file and link, and the database says what Jira has."""
        session = self.session
        tickets = {str(ticket.id): ticket for ticket in session.tickets}
        markers = [issue.properties[PROPERTY_KEY]["ticket"] for issue in self.jira.issues.values()]
        assert Counter(markers) == Counter(tickets.keys()), self.printed
        key_of = dict(zip(markers, self.jira.issues, strict=True))
        async with self.store() as store:
            states = await store.ticket_states(session.id)
            final = await store.state(session.id)
        for state in states:
            ticket = tickets[str(state.ticket_id)]
            assert state.issue is not None
            assert state.issue.key == key_of[str(ticket.id)]
            assert state.intent_at is None
            assert state.orphans == ()
            issue = self.jira.issues[state.issue.key]
            files = [attachment.name for attachment in ticket.attachments]
            embedded = 'img src="data:' in (ticket.description_html or "")
            attached = [attachment.filename for attachment in issue.attachments]
            assert sorted(name for name in attached if not name.endswith(".gif")) == sorted(files)
            assert len(attached) == len(files) + embedded
            if embedded:
                (image,) = [each for each in issue.attachments if each.filename.endswith(".gif")]
                assert image.media_id in json.dumps(issue.description)
        wanted = Counter(
            (key_of[str(dependency)], key_of[str(ticket.id)])
            for ticket in session.tickets
            for dependency in ticket.depends_on
        )
        assert Counter((link.inward, link.outward) for link in self.jira.links) == wanted
        assert final.status == SessionStatus.COMPLETED
        assert (final.exported, final.links_created) == (len(tickets), len(wanted))
        assert (final.lease_owner, final.task_id, final.retry_count) == (None, None, 0)

    @property
    def printed(self) -> str:
        output = self.folder / "output.txt"
        return output.read_text() if output.exists() else ""


def tickets(count: int, files: Sequence[Path]) -> list[dict[str, Any]]:
    """Every kind of step: files, images in place, links, and a field Jira does not take."""
    wanted: list[dict[str, Any]] = []
    for number in range(1, count + 1):
        ticket: dict[str, Any] = {
            "id": str(number),
            "title": f"Ticket {number}",
            "description_html": f"<p>No. {number}</p>",
        }
        match number % 4:
            case 0:
                ticket["attachments"] = [str(file) for file in files]
            case 1:
                ticket["description_html"] += f'<p><img src="data:image/gif;base64,{GIF}" alt="a dot"></p>'
            case 2:
                ticket["depends_on"] = [str(number - 1)]
            case _:
                ticket |= {"priority": "Utmost", "depends_on": [str(number - 2), str(number - 1)]}
        wanted.append(ticket)
    return wanted


@asynccontextmanager
async def scene(folder: Path, *, count: int, database: str | None = None) -> AsyncIterator[Scene]:
    """A session of so many tickets, with a Jira that listens."""
    folder.mkdir(parents=True, exist_ok=True)
    files = [folder / "log.txt", folder / "data.csv"]
    for file in files:
        file.write_text(file.name * 10)
    batch = folder / "batch.json"
    content = {"project_key": "DEMO", "name": str(folder), "tickets": tickets(count, files)}
    batch.write_text(json.dumps(content))
    jira = FakeJira(index_lag=INDEX_LAG)
    async with jira.serve() as url:
        env = {**SHORT_SETTINGS, "JIRA_BASE_URL": url}
        place = Scene(folder, batch, database or f"sqlite:///{folder}/state.sqlite3", jira, env)
        try:
            yield place
        finally:
            for process in place.processes:
                with anyio.CancelScope(shield=True):
                    await process.kill()
