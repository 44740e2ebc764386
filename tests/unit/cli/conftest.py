"""The command called in this process, where a test of it takes milliseconds."""

import logging
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import typer
from anyio.from_thread import start_blocking_portal

from jira_session_export._cli.app import app
from jira_session_export.testing import FakeJira


@dataclass(frozen=True)
class Done:
    """What a command came to."""

    returncode: int
    stdout: str
    stderr: str


Command = Callable[..., Done]


@pytest.fixture(autouse=True)
def log_as_before() -> Iterator[None]:
    """The command sets the package's logging up for its process, which goes on to other tests here."""
    logger = logging.getLogger("jira_session_export")
    level, handlers = logger.level, list(logger.handlers)
    yield
    logger.setLevel(level)
    logger.handlers = handlers


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[FakeJira, str]]:
    with start_blocking_portal() as portal:
        fake = FakeJira()
        with portal.wrap_async_context_manager(fake.serve()) as url:
            yield fake, url


@pytest.fixture
def jira(server: tuple[FakeJira, str]) -> dict[str, str]:
    return {"JIRA_EMAIL": "me@example.com", "JIRA_API_TOKEN": "token", "JIRA_BASE_URL": server[1]}


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    monkeypatch.chdir(tmp_path)
    for name in list(os.environ):
        if name.startswith(("JIRA_", "JSE_", "GITHUB_")):
            monkeypatch.delenv(name)

    def call(*arguments: str, env: dict[str, str] | None = None) -> Done:
        capsys.readouterr()
        with monkeypatch.context() as patch:
            for name, value in (env or {}).items():
                patch.setenv(name, value)
            group = typer.main.get_command(app)
            with pytest.raises(SystemExit) as left:
                group.main(list(arguments), prog_name="jira-session-export")
        printed = capsys.readouterr()
        return Done(int(left.value.code or 0), printed.out, printed.err)

    return call
