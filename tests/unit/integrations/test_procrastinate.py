"""What signals do to a process of a worker."""

import asyncio
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest

from jira_session_export.integrations.procrastinate import worker_signals

HANGS = """
import asyncio
from types import SimpleNamespace
from jira_session_export.integrations.procrastinate import worker_signals

async def main():
    worker = SimpleNamespace(stopping=False, drain=lambda: None)
    worker.stop = lambda: vars(worker).update(stopping=True)
    with worker_signals(worker, deadline_seconds=DEADLINE):
        print("ready", flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""


def test_a_worker_that_cannot_hand_over_ends_by_its_deadline() -> None:
    output, code = _stopped(HANGS.replace("DEADLINE", "0.2"))
    assert code == 1
    assert "could not hand over within 0.2 s, as the database does not answer" in output


def test_two_signals_that_come_together_are_one_request() -> None:
    output, code = _stopped(HANGS.replace("DEADLINE", "0.5"), signals=(signal.SIGTERM, signal.SIGINT))
    assert code == 1
    assert "could not hand over within 0.5 s" in output


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_without_a_deadline_it_goes_on_waiting() -> None:
    asked = asyncio.Event()
    worker: Any = SimpleNamespace(stop=asked.set, drain=lambda: None)
    threads = threading.enumerate()
    with worker_signals(worker):
        os.kill(os.getpid(), signal.SIGTERM)
        await asked.wait()
        assert threading.enumerate() == threads  # nothing counts the seconds


def _stopped(script: str, signals: Sequence[signal.Signals] = (signal.SIGTERM,)) -> tuple[str, int]:
    """What a process says, and how it ends, that is asked to end once it is ready."""
    with subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            for number in signals:
                os.kill(process.pid, number)
            return process.communicate(timeout=60)[0], process.returncode
        finally:
            process.kill()
