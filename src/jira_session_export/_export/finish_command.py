"""`FinishCommand`: runs a command of the operator's when an export has ended."""

import logging
import os
import signal
import subprocess
import sys
from dataclasses import dataclass

import anyio
from anyio.abc import Process

from jira_session_export._envconfig import environment
from jira_session_export._export.outcomes import ExportOutcome, facts
from jira_session_export._wording import duration
from jira_session_export.errors import SettingsError

logger = logging.getLogger("jira_session_export.finish_command")

PREFIX = "JSE_EXPORT_"
SECRETS = ("JIRA_API_TOKEN", "JIRA_ACCESS_TOKEN", "JIRA_OAUTH_CLIENT_SECRET", "JSE_API_TOKEN", "JSE_WEBHOOK_SECRET")
"""Variables that the command does not get."""


@dataclass(frozen=True, slots=True)
class FinishCommand:
    """Runs a command line in the shell when an export has ended; an `OutcomeObserver`.

    It gets `ExportOutcome.payload()` as JSON on standard input, and `JSE_EXPORT_STATUS`, `_SESSION_ID`,
    `_SESSION_NAME`, `_PROJECT_KEY`, `_TICKETS_TOTAL`, `_TICKETS_CREATED`, `_DEPENDENCIES_CREATED`, `_MANUAL_FIXES`,
    `_SECONDS`, `_TEXT` and, of a failure, `_ERROR_CODE` and `_ERROR_MESSAGE` in its environment, which holds no secret
    of ours. Nothing of a ticket becomes a part of the command line. What it prints goes to standard error.

    Args:
        command: as typed in a shell.
        timeout_seconds: after so long it is killed, with what it has started.

    Raises:
        SettingsError: the command is empty.
    """

    command: str
    timeout_seconds: float = 60.0

    def __post_init__(self) -> None:
        if not self.command.strip():
            raise SettingsError(
                "The command at the end of an export is empty.", recovery_actions=["Give one, or none."]
            )

    async def told(self, outcome: ExportOutcome) -> None:
        """Run the command; what becomes of it is in the log."""
        about = {"session_id": str(outcome.session_id), "status": outcome.status}
        env = {name: value for name, value in environment().items() if name not in SECRETS}
        env |= {f"{PREFIX}{name}": value for name, value in facts(outcome).items()}
        try:
            process = await anyio.open_process(
                self.command,
                stdin=subprocess.PIPE,
                stdout=_standard_error(),
                stderr=_standard_error(),
                env=env,
                start_new_session=sys.platform != "win32",
            )
        except OSError as exc:
            logger.warning(
                "The command at the end of session %s could not be started: %s", outcome.session_id, exc,
                extra={"action": "finish_command_failed", **about},
            )  # fmt: skip
            return
        code: int | None = None
        try:
            with anyio.move_on_after(self.timeout_seconds):
                code = await _fed(process, outcome.body())
        finally:
            if process.returncode is None:
                _kill(process)
                with anyio.CancelScope(shield=True):
                    await process.aclose()
        if code == 0:
            logger.info(
                "The command at the end of session %s is done", outcome.session_id,
                extra={"action": "finish_command_done", **about},
            )  # fmt: skip
            return
        how = f"it ended with {code}" if code is not None else f"it took longer than {duration(self.timeout_seconds)}"
        logger.warning(
            "The command at the end of session %s failed: %s", outcome.session_id, how,
            extra={"action": "finish_command_failed", "exit_code": code, **about},
        )  # fmt: skip


async def _fed(process: Process, body: bytes) -> int:
    assert process.stdin is not None  # noqa: S101 -- a pipe was asked for
    try:
        await process.stdin.send(body)
        await process.stdin.aclose()
    except (anyio.BrokenResourceError, anyio.ClosedResourceError, OSError):
        pass  # it does not read its input
    return await process.wait()


def _kill(process: Process) -> None:
    try:
        if sys.platform == "win32":
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass  # it has just ended


def _standard_error() -> int:
    try:
        return sys.stderr.fileno()
    except (AttributeError, OSError, ValueError):  # replaced by something without a descriptor
        return subprocess.DEVNULL
