"""What came of an export, for whoever wants to be told: once an export has ended, observers are called.

A run's end is recorded first. Then the process that recorded it tells its observers, each in a task of its own: one
that fails, or never answers, changes nothing about the export. A process that dies in between tells nobody; who needs
certainty asks the store.
"""

import json
import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from types import TracebackType
from typing import Any, Literal, Protocol, Self
from uuid import UUID, uuid5

import anyio
from anyio.abc import TaskGroup

from jira_session_export._export.events import ExportCompleted, ExportEvent, ExportFailed, ExportStopped, FinalEvent
from jira_session_export._journal import SessionState
from jira_session_export._storage.protocols import ExportStore
from jira_session_export._values import Failure
from jira_session_export._wording import counted
from jira_session_export.errors import JiraSessionExportError

logger = logging.getLogger("jira_session_export.outcomes")

Status = Literal["completed", "failed", "cancelled"]
LONGEST_TEXT = 4_000
"""Characters of a message or title in an outcome; the store has the whole."""
MOST_WAITING = 1_000
"""Outcomes that wait to be told; more are dropped, with a line in the log."""
AT_ONCE = 8
"""Observers that are being told at the same time."""


@dataclass(frozen=True, slots=True)
class ExportOutcome:
    """What came of one run of a session that has ended for good or until somebody does something.

    Attributes:
        id: the same whenever this outcome is told, so that a receiver can tell a repetition.
        status: `completed`, `failed` or `cancelled`. A run that hands over to another worker has no outcome.
        at: when it ended, aware, in UTC.
        task_id: the run.
        tickets_created: issues that exist, of earlier runs too.
        manual_fixes: what is left to a person.
        seconds: time worked, over all workers.
        failure: why it failed; None otherwise.
        failed_at_ticket: the ticket's position, from 1; None when no ticket was the reason.
        retry_available: whether a retry is allowed.
    """

    id: UUID
    status: Status
    at: datetime
    session_id: UUID
    session_name: str
    project_key: str
    task_id: UUID | None
    tickets_total: int
    tickets_created: int
    dependencies_created: int
    manual_fixes: int
    seconds: float
    failure: Failure | None = None
    failed_at_ticket: int | None = None
    retry_available: bool = False

    @property
    def text(self) -> str:
        """One sentence for a chat, such as `Sprint 12 → ABC: 87 of 87 tickets exported, 3 manual fixes`."""
        name = self.session_name or str(self.session_id)
        done = f"{self.tickets_created:,} of {counted(self.tickets_total, 'ticket')} exported"
        match self.status:
            case "completed":
                said = f"{done}, {counted(self.manual_fixes, 'manual fix', 'manual fixes')}."
            case "cancelled":
                said = f"cancelled, {done}."
            case _:
                said = f"failed, {done}: {self.failure.message if self.failure else ''}"
        return f"{name} → {self.project_key}: {said}"[:LONGEST_TEXT]

    def payload(self) -> dict[str, Any]:
        """The outcome as JSON values: `type` is `export.` and the status; the documented body of a webhook."""
        failure = None
        if self.failure is not None:
            failure = {
                "code": self.failure.code,
                "error_category": self.failure.category.value,
                "message": self.failure.message[:LONGEST_TEXT],
                "recovery_actions": [action[:LONGEST_TEXT] for action in self.failure.recovery_actions[:20]],
                "failed_at_ticket": self.failed_at_ticket,
                "retry_available": self.retry_available,
            }
        return {
            "type": f"export.{self.status}",
            "timestamp": self.at.isoformat(),
            "text": self.text,
            "data": {
                "id": str(self.id),
                "session_id": str(self.session_id),
                "session_name": self.session_name[:LONGEST_TEXT],
                "project_key": self.project_key,
                "task_id": str(self.task_id) if self.task_id else None,
                "status": self.status,
                "tickets_total": self.tickets_total,
                "tickets_created": self.tickets_created,
                "dependencies_created": self.dependencies_created,
                "manual_fixes": self.manual_fixes,
                "seconds": round(self.seconds, 1),
                "failure": failure,
            },
        }

    def body(self) -> bytes:
        """The payload as it is sent: JSON in UTF-8 on one line."""
        return json.dumps(self.payload(), ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


class OutcomeObserver(Protocol):
    """Is told what came of each export, after it was recorded."""

    async def told(self, outcome: ExportOutcome) -> None:
        """Take an outcome. It may take long, it is cancelled with the process, and what it raises is logged."""


def outcome_of(event: ExportCompleted | ExportFailed | ExportStopped, state: SessionState) -> ExportOutcome:
    """The outcome that a run's last event tells, with what the store says of the session."""
    status: Status = "cancelled"
    failure = None
    failed_at = None
    retry = False
    match event:
        case ExportCompleted():
            status = "completed"
        case ExportFailed():
            status, failure, failed_at, retry = "failed", event.failure, event.ticket_order, event.retry_available
    return ExportOutcome(
        # A retry has a task of its own, and so an id of its own.
        id=uuid5(state.session_id, f"{state.last_task_id}/{status}/{event.at.isoformat()}"),
        status=status,
        at=event.at,
        session_id=state.session_id,
        session_name=state.name,
        project_key=state.project_key,
        task_id=state.last_task_id,
        tickets_total=state.total,
        tickets_created=state.exported,
        dependencies_created=state.links_created,
        manual_fixes=state.manual_fix_count,
        seconds=state.seconds,
        failure=failure,
        failed_at_ticket=failed_at,
        retry_available=retry,
    )


@dataclass(slots=True)
class OutcomeTeller:
    """Tells observers of the ends of runs; an `EventSink`, open as an async context manager.

    Args:
        grace_seconds: how long leaving it waits for observers that are being told; then they are cancelled.
    """

    store: ExportStore
    observers: Sequence[OutcomeObserver]
    grace_seconds: float
    _tasks: TaskGroup | None = None
    _waiting: int = 0
    _nobody_waits: anyio.Event = field(default_factory=anyio.Event)
    _limiter: anyio.Semaphore | None = None

    async def __aenter__(self) -> Self:
        self._limiter = anyio.Semaphore(AT_ONCE)
        self._tasks = await anyio.create_task_group().__aenter__()
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> bool | None:
        tasks, self._tasks = self._tasks, None
        assert tasks is not None  # noqa: S101 -- __aenter__ has set it
        with anyio.move_on_after(self.grace_seconds, shield=True) as scope:
            await self.all_told()
        if scope.cancelled_caught:
            logger.warning(
                "%s cut off: the process ends", counted(self._waiting, "notice of an outcome", "notices of an outcome"),
                extra={"action": "outcome_not_told"},
            )  # fmt: skip
        tasks.cancel_scope.cancel()
        await tasks.__aexit__(None, None, None)
        return None  # trio's task group answers True, which would swallow what the block has raised

    def __call__(self, event: ExportEvent) -> None:
        """Have the observers told when the event is a run's end."""
        if not isinstance(event, FinalEvent) or not self.observers or self._tasks is None:
            return
        if isinstance(event, ExportStopped) and not event.cancelled:
            return  # another worker goes on
        if self._waiting >= MOST_WAITING:
            logger.warning(
                "An outcome is not told: too many wait",
                extra={"action": "outcome_not_told", "session_id": str(event.session_id)},
            )
            return
        self._waiting += 1
        self._tasks.start_soon(self._tell, event)

    async def all_told(self) -> None:
        """Wait until nobody is being told."""
        while self._waiting:
            self._nobody_waits = anyio.Event()
            await self._nobody_waits.wait()

    async def _tell(self, event: ExportCompleted | ExportFailed | ExportStopped) -> None:
        assert self._limiter is not None  # noqa: S101 -- __aenter__ has set it
        try:
            async with self._limiter:
                outcome = outcome_of(event, await self.store.state(event.session_id))
                async with anyio.create_task_group() as observers:
                    for observer in self.observers:
                        observers.start_soon(_tell_one, observer, outcome)
        except JiraSessionExportError as exc:
            logger.warning(
                "An outcome is not told, because the store could not be asked: %s", exc,
                extra={"action": "outcome_not_told", "session_id": str(event.session_id)},
            )  # fmt: skip
        finally:
            self._waiting -= 1
            if not self._waiting:
                self._nobody_waits.set()


async def _tell_one(observer: OutcomeObserver, outcome: ExportOutcome) -> None:
    try:
        await observer.told(outcome)
    except Exception:
        logger.exception(
            "An observer of outcomes failed",
            extra={"action": "observer_failed", "session_id": str(outcome.session_id)},
        )


_TOLD = (
    "status",
    "session_id",
    "session_name",
    "project_key",
    "tickets_total",
    "tickets_created",
    "dependencies_created",
    "manual_fixes",
)


def facts(outcome: ExportOutcome) -> dict[str, str]:
    """What a command gets of an outcome in its environment, by name without prefix."""
    values = asdict(outcome)
    told = {name.upper(): str(values[name]) for name in _TOLD}
    told |= {"TEXT": outcome.text, "SECONDS": f"{outcome.seconds:.1f}"}
    if outcome.failure is not None:
        told |= {"ERROR_CODE": outcome.failure.code, "ERROR_MESSAGE": outcome.failure.message[:LONGEST_TEXT]}
    # NUL ends a variable's value, and a lone surrogate cannot be one.
    return {name: value.replace("\0", "").encode("utf-8", "replace").decode() for name, value in told.items()}
