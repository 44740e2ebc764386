"""What becomes of a session whose files a worker cannot read: it is left to another one, for a while."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from jira_session_export._export.attaching import TicketFileError
from jira_session_export._journal import HeldUp, SessionState

REST_SECONDS = 15.0
"""How long a machine leaves a session alone whose files it could not read."""


@dataclass(frozen=True, slots=True)
class FilePolicy:
    """What to do when a ticket's file cannot be read.

    Attributes:
        requires: stop before the ticket is created, instead of leaving a manual fix.
        machine: the name of this machine.
        patience_seconds: how long the session is left to other workers before it fails; 0 when there are none.
    """

    requires: bool
    machine: str
    patience_seconds: float = 0.0


def held_up(before: HeldUp | None, exc: TicketFileError, policy: FilePolicy, now: datetime) -> HeldUp | None:
    """What to say of the session when it is left to others; None when it is to fail.

    Args:
        before: what was said of it last.
    """
    if not policy.patience_seconds or exc.everywhere:
        return None
    if before is None or before.ticket_id != exc.ticket_id or before.since > now:
        before = HeldUp(now, exc.ticket_id, exc.user_message)
    if now - before.since >= timedelta(seconds=policy.patience_seconds):
        return None
    return replace(before, reason=exc.user_message, machines={**before.machines, policy.machine: now})


def rests_until(state: SessionState, machine: str, now: datetime) -> datetime | None:
    """Until when this machine leaves the session to others; None when it does not."""
    tried = state.held_up.machines.get(machine) if state.held_up is not None else None
    if tried is None or tried > now:  # a clock that was set back says nothing
        return None
    until = tried + timedelta(seconds=REST_SECONDS)
    return until if until > now else None


def held_up_because(state: SessionState, now: datetime) -> str | None:
    """Why no worker gets on with the session, sentences; None when one does, or nothing is known."""
    if state.held_up is None or state.lease_is_live(now):
        return None
    return f"{state.held_up.reason} {_who(list(state.held_up.machines))}"


def _who(machines: Sequence[str]) -> str:
    if len(machines) < 2:
        return "Waiting for a worker on another machine that can read it."
    return f"Waiting for a worker that can read it: {', '.join(machines)} could not."
