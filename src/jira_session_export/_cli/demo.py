"""`jira-session-export demo`: the main job done against a local Jira, without an account."""

import signal
import socket
import sys
import tempfile
from pathlib import Path

import anyio

import jira_session_export
from jira_session_export._batch import load_batch
from jira_session_export._cli.export import export_session, open_jira
from jira_session_export._cli.fake_jira import open_fake_jira
from jira_session_export._cli.output import ExitCode, Output
from jira_session_export._envconfig import JiraSettings, export_settings
from jira_session_export._wording import counted
from jira_session_export.errors import SettingsError

PAUSE_SECONDS = 0.1
"""Shorter than the 1.5 s of a real export: the local Jira need not be spared."""
STATE_FILES = ("demo.sqlite3", "fake-jira")
"""What a demo leaves in its folder, with the suffixes that the database and FakeJira add."""
INDEX_SETTLE_SECONDS = 2.0
"""The local Jira's search index has no lag."""


def demo_file() -> Path:
    """The shipped session: packaged with an installed wheel, in `examples/data` of a checkout."""
    package = Path(jira_session_export.__file__).parent
    for folder in (package / "demo_data", package.parents[1] / "examples" / "data"):
        if (file := folder / "demo-session.json").is_file():
            return file
    raise SettingsError(
        "The demo session is not installed.", recovery_actions=["Install the package again, or run it in a checkout."]
    )


async def run_demo(folder: Path, *, fresh: bool, pause: float | None, output: Output) -> ExitCode:
    """Export the shipped session to a FakeJira whose state is kept in `folder`, so that the next call goes on.

    Args:
        fresh: forget what earlier calls did.
    """
    try:
        _prepare(folder, fresh=fresh)
    except OSError as exc:
        raise SettingsError(
            f"The demo cannot keep its state in {folder}: {exc.strerror or exc}.",
            recovery_actions=["Name a folder you may write to: --folder FOLDER"],
        ) from exc
    settings = export_settings(
        pause_seconds=PAUSE_SECONDS if pause is None else pause, index_settle_seconds=INDEX_SETTLE_SECONDS
    )
    session = load_batch(demo_file())
    fake = open_fake_jira(state_file=folder / "fake-jira")
    async with fake.serve(port=_port(folder)) as url:
        account = JiraSettings(url, "demo@example.com", "demo-token")
        output.note(f"A local Jira (FakeJira) answers at {url}; nothing leaves this machine.")
        output.note(
            f"Exporting {counted(len(session.tickets), 'ticket')} of {demo_file().name} "
            f"to project {session.project_key}."
        )
        output.note(f"The pause between two issues is {settings.pause_seconds:g} s here; a real export pauses 1.5 s.")
        async with open_jira(account, f"sqlite:///{folder / 'demo.sqlite3'}", settings, output) as jira:
            code = await export_session(jira, session, output)
        if code is ExitCode.DONE:
            await _look_around(url, folder, output)
    return code


def _prepare(folder: Path, *, fresh: bool) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    if fresh:
        for name in STATE_FILES:
            for kept in folder.glob(f"{name}*"):
                kept.unlink()
    with tempfile.TemporaryFile(dir=folder):  # a folder of an earlier demo may be read-only by now
        pass


def _port(folder: Path) -> int:
    """The port of the last call, so that addresses printed then stay right; a free one if that is taken now."""
    kept = folder / "port"
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", int(kept.read_text())))
        except (OSError, ValueError):
            probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    kept.write_text(str(port))
    return port


async def _look_around(url: str, folder: Path, output: Output) -> None:
    if not sys.stdin.isatty() or not sys.stdout.isatty():
        output.note(
            f"To open the addresses: jira-session-export fake-jira --port {url.rpartition(':')[2]} "
            f"--state {folder / 'fake-jira'}"
        )
        return
    output.note(f"The issues can be opened at {url} until you press Ctrl-C.", style="green")
    with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        async for _ in signals:
            return
