"""Whose turn it is: the order in which waiting sessions get a worker, and which may run at all. Pure.

An owner with many sessions must not keep one with a single session waiting. So a session's turn is the number of
sessions that its owner has running already, and those of the owner that were started before it; the earlier start
decides between equals.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from jira_session_export._journal import SessionState
from jira_session_export._settings import ExportSettings
from jira_session_export._storage.protocols import QueuedSession

_NEVER = datetime.min.replace(tzinfo=UTC)


def of_site(sessions: Sequence[QueuedSession], site: str) -> list[QueuedSession]:
    """Those that a worker of the site may take: its own, and those of which nobody told the site."""
    return [each for each in sessions if not site or not each.site or each.site == site]


def in_turn(sessions: Sequence[QueuedSession]) -> list[QueuedSession]:
    """The sessions that wait, the next one first."""
    running = Counter(each.owner for each in sessions if each.held)
    waiting = sorted(
        (each for each in sessions if not each.held),
        key=lambda each: (each.started_at or _NEVER, str(each.session_id)),
    )
    before = Counter(running)
    turns: dict[UUID, int] = {}
    for each in waiting:
        turns[each.session_id] = before[each.owner]
        before[each.owner] += 1
    return sorted(waiting, key=lambda each: turns[each.session_id])  # stable: the earlier start first


def place_in_turn(state: SessionState, sessions: Sequence[QueuedSession]) -> int | None:
    """The place of a session among those of its site that wait, from 1; None when it does not wait."""
    waiting = [each.session_id for each in in_turn(of_site(sessions, state.site or ""))]
    return waiting.index(state.session_id) + 1 if state.session_id in waiting else None


def may_run(sessions: Sequence[QueuedSession], settings: ExportSettings) -> list[QueuedSession]:
    """The waiting sessions that the settings let run now beside those that do, the next one first."""
    running = Counter(each.owner for each in sessions if each.held)
    places = None if settings.sessions_at_once is None else settings.sessions_at_once - running.total()
    found: list[QueuedSession] = []
    for each in in_turn(sessions):
        if places is not None and len(found) >= places:
            break
        if settings.sessions_at_once_per_owner is None or running[each.owner] < settings.sessions_at_once_per_owner:
            running[each.owner] += 1
            found.append(each)
    return found


def to_make_room(sessions: Sequence[QueuedSession], settings: ExportSettings) -> UUID | None:
    """The running session that should hand over, so that an owner with fewer gets a turn; None when it is fair.

    It is the last one that was started of the owner with the most, so every worker comes to the same.
    """
    running = Counter(each.owner for each in sessions if each.held)
    if not running:
        return None
    most, count = max(running.items(), key=lambda item: (item[1], item[0] or ""))
    own = settings.sessions_at_once_per_owner
    behind = [
        each.owner
        for each in sessions
        if not each.held and running[each.owner] + 1 < count and (own is None or running[each.owner] < own)
    ]
    if not behind:
        return None
    theirs = [each for each in sessions if each.held and each.owner == most]
    return max(theirs, key=lambda each: (each.started_at or _NEVER, str(each.session_id))).session_id
