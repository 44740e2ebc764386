"""A session's progress as messages: the present state, each change, and the end."""

import math
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import anyio

from jira_session_export._export.events import (
    ExportCompleted,
    ExportEvent,
    ExportFailed,
    ExportProgress,
    ExportWaiting,
    FinalEvent,
    IssueExported,
    Phase,
    WaitReason,
    waiting_stage,
)
from jira_session_export._export.held_up import held_up_because
from jira_session_export._export.hub import EventHub, Listener
from jira_session_export._export.reads import SharedReads
from jira_session_export._export.reports import (
    active_status,
    minutes,
    progress_percentage,
    remaining_minutes,
    retry_available,
    waiting_until,
)
from jira_session_export._journal import SessionState, SessionStatus
from jira_session_export._runtime import SYSTEM_RUNTIME, Runtime, first_of
from jira_session_export._settings import ExportSettings
from jira_session_export._storage.protocols import ChangeSignal, ChangeSource, ExportStore
from jira_session_export._values import Failure
from jira_session_export._wording import counted
from jira_session_export.api import (
    ExportCompleteMessage,
    ExportFailedMessage,
    ExportMessage,
    ExportProgressMessage,
)

QUIET_POLLS = 10
"""A run in this process reports its changes itself, so the store is asked this many times less often."""
TOLD_POLLS = 60
"""A store that tells of changes is asked this many times less often: it notices itself when it hears nothing."""
QUEUED_POLLS = 5
"""Where a session waits for a worker: what moves it forward is written for other sessions, so it is not told of it."""
MOMENT = timedelta(seconds=1)
"""Within this a started session mostly has its worker, and is not said to wait for one."""
TOGETHER_SECONDS = 0.02
"""Changes within this time are one message. Meanwhile the export does the step it has just reported; many listeners
that all have something to do at that moment would hold it up."""


def watch(
    store: ExportStore,
    hub: EventHub,
    session_id: UUID,
    settings: ExportSettings,
    runtime: Runtime = SYSTEM_RUNTIME,
    *,
    poll_seconds: float = 1.0,
) -> AsyncGenerator[ExportMessage, None]:
    """The session's present state at once, then each change, until the export is completed or has failed.

    Changes of a run in this process come from `hub` as they happen, those of a run elsewhere from `store`, at once
    where it is a `ChangeSource` that is live. A session that does not run, because it was not started yet or was
    cancelled, is waited for. A reader that is slow misses positions in between and does not slow the export.

    Args:
        poll_seconds: how often a store that does not tell of changes is asked about a run elsewhere.

    Raises:
        SessionNotFoundError: there is no such session.
        StoreUnavailableError: the database did not answer.
    """
    return watch_together(
        store, hub, session_id, settings, runtime, poll_seconds=poll_seconds, reads=SharedReads(store, runtime)
    )


async def watch_together(
    store: ExportStore,
    hub: EventHub,
    session_id: UUID,
    settings: ExportSettings,
    runtime: Runtime,
    *,
    poll_seconds: float,
    reads: SharedReads,
) -> AsyncGenerator[ExportMessage, None]:
    """As `watch`. `reads`: shared by all who watch sessions of this store in this process."""
    message: ExportMessage | None = None
    with _followed(store, session_id) as signal:
        while message is None or isinstance(message, ExportProgressMessage):
            # Listened to before the store is read, so that nothing falls between the two.
            with hub.listen(session_id) as listener:
                heard = _Heard(listener, signal, runtime, poll_seconds)
                state = await reads.state(session_id)
                position: ExportProgress | None = None
                events: Sequence[ExportEvent] = ()
                while True:
                    news: ExportMessage | None = None
                    for event in events:
                        if isinstance(event, ExportProgress):
                            position = event
                        news = _of_event(event, position, state.project_key)
                    if news is None:
                        state = await reads.state(session_id)
                        now = runtime.now()
                        stored = _of_state(state, settings, now, hub.position(session_id))
                        news = await _in_queue(stored, state, now, reads)
                    if news != message and not _is_older(news, message):
                        message = news
                        yield message
                    if (events and isinstance(events[-1], FinalEvent)) or not isinstance(
                        message, ExportProgressMessage
                    ):
                        break  # a listener hears one run; after a cancelled one another may begin
                    runs_here = hub.latest(session_id) is not None
                    until = waiting_until(state, runtime.now())
                    queued = message.queue_position is not None
                    events = await heard.next(runs_here=runs_here, until=until, queued=queued)
                    while events and not (told := [each for each in events if _is_told(each)]):
                        events = await heard.next(runs_here=runs_here, until=until, queued=queued)
                    events = told if events else ()


@contextmanager
def _followed(store: ExportStore, session_id: UUID) -> Iterator[ChangeSignal | None]:
    if isinstance(store, ChangeSource):
        with store.follow(session_id) as signal:
            yield signal
    else:
        yield None


def _is_told(event: ExportEvent) -> bool:
    """Whether there is a message for it; the pause between two tickets and a database that is away have none."""
    return not isinstance(event, ExportWaiting) or event.reason is WaitReason.RATE_LIMIT


class _Heard:
    """What one who watches hears: of a run here by its events, of one elsewhere by the store's signal."""

    def __init__(self, listener: Listener, signal: ChangeSignal | None, runtime: Runtime, poll_seconds: float) -> None:
        self._listener = listener
        self._signal = signal
        self._runtime = runtime
        self._poll_seconds = poll_seconds

    async def next(self, *, runs_here: bool, until: datetime | None, queued: bool) -> Sequence[ExportEvent]:
        """What comes next, as one; nothing when it is time to ask the store.

        Args:
            until: when the run goes on that waits for Jira; nobody writes that down.
            queued: whether the session waits for a worker.
        """
        event: ExportEvent | None = None
        if runs_here:
            # Only a run that vanished reports nothing. This is done for every listener and event: it must be cheap.
            with anyio.move_on_after(self._poll_seconds * QUIET_POLLS):
                event = await self._listener.receive()
        else:
            live = self._signal is not None and self._signal.is_live
            seconds = self._poll_seconds * ((QUEUED_POLLS if queued else TOLD_POLLS) if live else 1)
            if until is not None:
                seconds = min(seconds, (until - self._runtime.now()).total_seconds() + 0.001)

            async def receive() -> None:
                nonlocal event
                event = await self._listener.receive()

            others = [] if self._signal is None else [self._signal.wait]
            await first_of(receive, lambda: self._runtime.sleep(max(0.0, seconds)), *others)
        if event is None:
            return ()
        await self._runtime.sleep(TOGETHER_SECONDS)
        events = [event]
        while len(self._listener) and (event := await self._listener.receive()):
            events.append(event)
        return events


def _of_event(event: ExportEvent | None, position: ExportProgress | None, project_key: str) -> ExportMessage | None:
    """Build the message from the event alone; None when the store must be asked."""
    match event:
        case ExportProgress():
            return _progress(event, project_key)
        case ExportWaiting(reason=WaitReason.RATE_LIMIT) if position is not None:
            told = _progress(position, project_key)
            return told.model_copy(update={"current_stage": event.current_stage, "waiting_until": event.until})
        case IssueExported() if position is not None:
            return _progress(replace(position, tickets_completed=event.tickets_completed), project_key)
        case ExportCompleted():
            return ExportCompleteMessage(
                tickets_created=event.tickets_created,
                dependencies_created=event.dependencies_created,
                manual_fixes_needed=event.manual_fixes_needed,
                total_processing_time_minutes=minutes(event.seconds),
            )
        case ExportFailed():
            return _failed(event.failure, event.ticket_order, retry=event.retry_available)
        case _:
            return None


def _progress(position: ExportProgress, project_key: str) -> ExportProgressMessage:
    return ExportProgressMessage(
        session_id=position.session_id,
        progress_percentage=position.percentage,
        current_stage=position.current_stage,
        tickets_completed=position.tickets_completed,
        total_tickets=position.tickets_total,
        estimated_time_remaining_minutes=math.ceil(position.seconds_remaining / 60),
        current_jira_project=project_key,
    )


def _failed(failure: Failure, ticket_order: int | None, *, retry: bool) -> ExportFailedMessage:
    return ExportFailedMessage(
        failed_at_ticket=ticket_order,
        error_category=failure.category,
        retry_available=retry,
        error_message=failure.message,
        retry_not_before=failure.retry_not_before,
    )


def _of_state(
    state: SessionState, settings: ExportSettings, now: datetime, position: ExportProgress | None = None
) -> ExportMessage:
    """Build the message from what the store has; `position` is what a run in this process has told last."""
    if state.status == SessionStatus.COMPLETED:
        return ExportCompleteMessage(
            tickets_created=state.exported,
            dependencies_created=state.links_created,
            manual_fixes_needed=state.manual_fix_count,
            total_processing_time_minutes=minutes(state.seconds),
        )
    if state.status == SessionStatus.EXPORT_FAILED:
        assert state.failure is not None  # noqa: S101 -- set with the status
        return _failed(state.failure, state.failed_at_ticket_order, retry=retry_available(state, settings))
    exporting = state.status == SessionStatus.EXPORTING
    waiting, held_up = waiting_until(state, now), held_up_because(state, now)
    return ExportProgressMessage(
        session_id=state.session_id,
        status=active_status(state),
        progress_percentage=progress_percentage(state),
        current_stage=held_up or _stage(state, settings, waiting, position),
        tickets_completed=state.exported,
        total_tickets=state.total,
        estimated_time_remaining_minutes=remaining_minutes(state, settings) if exporting else None,
        current_jira_project=state.project_key,
        waiting_until=waiting,
        held_up=held_up,
    )


async def _in_queue(message: ExportMessage, state: SessionState, now: datetime, reads: SharedReads) -> ExportMessage:
    """The message with the session's place in the queue, where it waits for a worker."""
    waits = state.status == SessionStatus.EXPORTING and not state.lease_is_live(now)
    if not waits or not isinstance(message, ExportProgressMessage):
        return message
    place = await reads.queue_position(state)
    if place is None:
        return message
    since = state.lease_expires_at or state.started_at
    if place > 1:
        stage = f"Waiting for a worker, number {place:,} in the queue"
    elif message.held_up is None and (since is None or now - since >= MOMENT):
        stage = "Waiting for a worker, next in the queue"
    else:
        stage = message.current_stage
    return message.model_copy(update={"queue_position": place, "current_stage": stage})


def _stage(
    state: SessionState, settings: ExportSettings, waiting: datetime | None, position: ExportProgress | None
) -> str:
    if waiting is not None:
        return waiting_stage(waiting, title=state.current_title or "")
    if state.status == SessionStatus.CANCELLED:
        return f"Cancelled after {state.exported:,} of {counted(state.total, 'ticket')}"
    if state.status != SessionStatus.EXPORTING:
        return "Not started"
    if state.current_title is None:
        return "Starting"
    if position is not None and _is_present(position, state):
        return position.current_stage
    first, last = state.exported + 1, min(state.exported + settings.bulk_size, state.total)
    if first < last:  # the store does not say which of them wait for their parents
        return f"Creating tickets {first:,}–{last:,} of {state.total:,}"  # noqa: RUF001 -- a range, as people write it
    if state.exported < state.total:
        title = f": {state.current_title}" if state.current_title else ""
        return f"Creating ticket {state.exported + 1} of {state.total}{title}"
    return f"Linking dependencies, {state.links_created:,} so far" if state.links_created else "Linking dependencies"


def _is_present(position: ExportProgress, state: SessionState) -> bool:
    """Whether the store has got no further than the run was when it told its position."""
    if position.phase is Phase.LINKING:
        return state.exported == state.total
    return position.tickets_completed <= state.exported <= max(position.position, position.last_position)


def _is_older(news: ExportMessage, message: ExportMessage | None) -> bool:
    """Whether `news` was overtaken: an event may wait that happened before the store was read."""
    return (
        isinstance(news, ExportProgressMessage)
        and isinstance(message, ExportProgressMessage)
        and news.status == message.status
        and news.tickets_completed < message.tickets_completed
    )
