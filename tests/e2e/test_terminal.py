"""The export in a real pseudo-terminal, read from the screen as a person would."""

import codecs
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator, Sequence
from fcntl import ioctl
from pathlib import Path
from typing import Self

import pyte
import pytest
from anyio.from_thread import start_blocking_portal

from jira_session_export import load_batch
from jira_session_export._cli.screen import columns
from jira_session_export.storage.sqlalchemy import SqlAlchemyStore
from jira_session_export.testing import FakeJira

pytestmark = pytest.mark.timeout(240)
TITLES = [
    "Configure Product Fields so that the whole of this title cannot possibly fit into a line of one hundred and twenty columns",
    "漢字の題名が長すぎて一行に収まらない場合でも端末の表示が折り返されてはならないという要件を確認するための課題",
    "👩‍👩‍👧 families, 🇩🇪 flags and combining e\u0301e\u0301e\u0301 accents " * 3,
    "Short",
]


@pytest.fixture(scope="module")
def jira() -> Iterator[str]:
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(FakeJira().serve()) as url:
        yield url


class Terminal:
    """A command in a terminal of so many columns; what is on its screen, and what was."""

    def __init__(self, folder: Path, width: int, *arguments: str, env: dict[str, str]) -> None:
        self.screen = pyte.HistoryScreen(width, 40, history=1000)
        self._stream = pyte.ByteStream(self.screen)
        self.seen: list[list[str]] = []
        self.written = ""
        self._decode = codecs.getincrementaldecoder("utf-8")().decode
        master, slave = pty.openpty()
        self._master = master
        self._resize(width)
        # COLUMNS and LINES, which a test runner sets for its workers, would be believed more than the terminal.
        foreign = ("JIRA_", "JSE_", "GITHUB_", "COLUMNS", "LINES")
        clean = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "jira_session_export", *arguments],
            cwd=folder,
            env={**clean, "TERM": "xterm-256color", "JIRA_EMAIL": "me@example.com", "JIRA_API_TOKEN": "any", **env},
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
            preexec_fn=lambda: ioctl(0, termios.TIOCSCTTY, 0),  # noqa: PLW1509 -- else Ctrl-C is no signal
        )
        os.close(slave)

    def _resize(self, width: int) -> None:
        ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", 40, width, 0, 0))

    def resize(self, width: int) -> None:
        self.screen.resize(columns=width)
        self._resize(width)

    def type(self, keys: bytes) -> None:
        os.write(self._master, keys)

    def rows(self) -> list[str]:
        return [row.rstrip() for row in self.screen.display if row.strip()]

    def read_until(self, condition: Callable[["Terminal"], bool], seconds: float = 100) -> None:
        """Read until the condition holds; without it, until the command has ended."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            ready, _, _ = select.select([self._master], [], [], 0.1)
            if ready:
                try:
                    data = os.read(self._master, 4096)
                except OSError:  # the other end is closed
                    return
                if not data:
                    return
                self._stream.feed(data)
                self.written += self._decode(data)
                self.seen.append(self.rows())
            if condition(self):
                return
        raise AssertionError(self.rows())

    def finish(self) -> int:
        self.read_until(lambda _: False)
        return self.process.wait(60)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._master)
        self.process.kill()  # does nothing to one that has ended
        self.process.wait(60)


BAR = re.compile(r"^[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏] ")


def bars(rows: list[str]) -> list[str]:
    return [row for row in rows if BAR.match(row)]


def drawn(written: str) -> list[str]:
    """The lines as they were written, whatever has become of them on the screen."""
    return [re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", line) for line in re.split(r"[\r\n]|\x1b\[2K", written)]


def write_batch(folder: Path, count: int, titles: Sequence[str] = TITLES) -> Path:
    path = folder / "batch.json"
    tickets = [{"id": str(number), "title": f"{number} {titles[number % len(titles)]}"} for number in range(count)]
    path.write_text(json.dumps({"project_key": "DEMO", "name": folder.name, "tickets": tickets}))
    return path


@pytest.mark.parametrize("width", [80, 120])
def test_progress_is_one_line_that_never_wraps_and_ctrl_c_leaves_what_can_go_on(
    tmp_path: Path, jira: str, width: int
) -> None:
    write_batch(tmp_path, 16)
    arguments = ("export", "batch.json", "--pause", "0.3")
    env = {"JIRA_BASE_URL": jira, "JSE_LEASE_SECONDS": "2"}
    with Terminal(tmp_path, width, *arguments, env=env) as terminal:
        terminal.read_until(lambda seen: any(" 8/16 " in row for row in seen.rows()))
        terminal.type(b"\x03")
        assert terminal.finish() == 1
    last = "\n".join(terminal.rows())
    assert "to go on where it stopped" in " ".join(last.split())
    assert "Traceback" not in last
    assert bars(terminal.rows()) == []  # the bar is gone, and left nothing
    shown = [bars(rows) for rows in terminal.seen]
    assert all(len(each) <= 1 for each in shown)
    lines = [each[0] for each in shown if each]
    assert any("…" in line for line in lines)
    assert any("(pausing)" in line for line in lines)
    # Nothing but the bar and whole notes was ever on the screen: a wrapped bar would leave the end of a title.
    for rows in terminal.seen:
        for row in rows:
            assert BAR.match(row) or not any(title[-12:] in row for title in TITLES[:3]), rows
    with Terminal(tmp_path, width, *arguments, "--pause", "0", env=env) as again:
        assert again.finish() == 0
    assert any("16 created" in row for row in again.rows()), again.rows()


def test_progress_follows_the_width_of_the_terminal(tmp_path: Path, jira: str) -> None:
    write_batch(tmp_path, 60, TITLES[:1])
    with Terminal(tmp_path, 120, "export", "batch.json", "--pause", "0.3", env={"JIRA_BASE_URL": jira}) as terminal:
        terminal.read_until(lambda seen: " 4/60 " in seen.written)
        terminal.resize(60)
        old = len(terminal.written)  # and some more may have been written, but not read
        terminal.read_until(lambda seen: any(columns(line) < 60 for line in bars(drawn(seen.written[old:]))))
        old = len(terminal.written)
        terminal.read_until(lambda seen: len(bars(drawn(seen.written[old:]))) > 8)
        # The first and the last may be read in part.
        assert max(columns(line) for line in bars(drawn(terminal.written[old:]))[1:-1]) < 60
        terminal.process.send_signal(signal.SIGTERM)
        assert terminal.finish() == 1


@pytest.mark.parametrize("env", [{"TERM": "dumb"}, {"NO_COLOR": "1"}])
def test_plain_terminals_get_plain_signs(tmp_path: Path, jira: str, env: dict[str, str]) -> None:
    write_batch(tmp_path, 3)
    everything = {"JIRA_BASE_URL": jira, **env}
    with Terminal(tmp_path, 100, "export", "batch.json", "--pause", "0", env=everything) as terminal:
        assert terminal.finish() == 0
    colours = {cell.fg for row in terminal.screen.buffer.values() for cell in row.values()}
    assert colours <= {"default"}
    if env.get("TERM"):
        assert any(row.startswith("1/3 created ") for row in terminal.rows()), terminal.rows()


def test_a_terminal_is_asked_which_session_is_meant(tmp_path: Path, jira: str) -> None:
    batch = write_batch(tmp_path, 1)
    address = f"sqlite:///{tmp_path / 'all.sqlite3'}"
    for name in ("one", "two"):
        with (
            start_blocking_portal() as portal,
            portal.wrap_async_context_manager(SqlAlchemyStore.open(address)) as store,
        ):
            portal.call(store.migrate)
            portal.call(store.put, load_batch(batch, session_name=name))
    with Terminal(tmp_path, 100, "status", env={}) as terminal:
        terminal.read_until(lambda seen: any("Which session" in row for row in seen.rows()))
        asked = [row.split(" → ")[0].strip() for row in terminal.rows() if " → " in row]
        terminal.type(b"2\n")
        assert terminal.finish() == 2
    assert sorted(asked) == ["1  one", "2  two"] or sorted(asked) == ["1  two", "2  one"]
    assert any("has not been exported yet" in row for row in terminal.rows())
