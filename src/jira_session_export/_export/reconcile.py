"""Finds the issue of a create whose outcome got lost.

Jira has no idempotency key, so each issue carries a marker (an entity property). Its search index lags by seconds
or minutes: a hit is proof, a miss is none until the create is older than the settle time.

Source: https://developer.atlassian.com/cloud/jira/platform/search-and-reconcile/ (index lag).
"""

import logging
import math
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from jira_session_export._export.ports import IssueTracker
from jira_session_export._jira.wire import Issue
from jira_session_export._runtime import Runtime
from jira_session_export._settings import ExportSettings
from jira_session_export._values import PROPERTY_KEY, CreatedIssue, Marker
from jira_session_export.errors import CreateUndecidedError

logger = logging.getLogger("jira_session_export.reconcile")

CLOCK_SLACK_MINUTES = 10
"""How far our clock and Jira's may be apart, and how long a create may be on its way."""
CLOCK_TRUSTED = timedelta(seconds=60)
"""Our clock counts as long as it differs from Jira's by less."""
FIRST_DELAY_SECONDS = 1.0
LONGEST_DELAY_SECONDS = 10.0


async def find_created(
    tracker: IssueTracker,
    *,
    project_key: str,
    session_id: UUID,
    intents: Mapping[UUID, datetime],
    now: datetime,
    offset: timedelta = timedelta(),
) -> Mapping[UUID, Sequence[CreatedIssue]]:
    """The issues Jira's index shows now that bear these tickets' markers, by ticket, oldest first.

    Args:
        intents: when each ticket's create was announced; one search looks for all of them.
        offset: as in `created_around`.
    """
    jql = created_around(project_key, intents.values(), now, offset)
    tickets = {str(ticket_id): ticket_id for ticket_id in intents}
    found: dict[UUID, list[CreatedIssue]] = {}
    for issue in sorted(await tracker.search(jql, properties=[PROPERTY_KEY]), key=lambda issue: int(issue.id)):
        marker = marker_of(issue)
        if marker is not None and marker.session == str(session_id) and marker.ticket in tickets:
            made = CreatedIssue(issue.id, issue.key, tracker.browse_url(issue.key), issue.trace_id)
            found.setdefault(tickets[marker.ticket], []).append(made)
    return found


def marker_of(issue: Issue) -> Marker | None:
    """The marker an issue bears; None when it bears none, or somebody has written something else in its place."""
    value = issue.properties.get(PROPERTY_KEY)
    if not isinstance(value, dict):
        return None
    session, ticket, attempt = value.get("session"), value.get("ticket"), value.get("attempt")
    if not isinstance(session, str) or not isinstance(ticket, str):
        return None
    told = value.get("fingerprint")
    return Marker(session, ticket, attempt if isinstance(attempt, int) else 1, told if isinstance(told, str) else "")


def created_around(
    project_key: str, moments: Collection[datetime], now: datetime, offset: timedelta = timedelta()
) -> str:
    """JQL for the issues created around these moments; relative, as literals are read in the account's time zone.

    Args:
        offset: how far our clock is ahead of Jira's now. Whether it was so at those moments, too, is not known.
    """
    ends = (min(moments), max(moments))
    ages = [(now - moment - each).total_seconds() / 60 for moment in ends for each in (timedelta(), offset)]
    # A negative age: the clock was set back since. By how much is not known, nor how old the create is.
    since = math.ceil(max(map(abs, ages))) + CLOCK_SLACK_MINUTES
    until = math.floor(min(ages)) - CLOCK_SLACK_MINUTES
    upper = f' AND created <= "-{until}m"' if until > 0 else ""
    return f'project = "{project_key}" AND created >= "-{since}m"{upper} ORDER BY created ASC'


def clock_offset(tracker: IssueTracker) -> timedelta:
    """How far our clock is ahead of Jira's; zero when the tracker does not know, or by what requests may take."""
    offset: timedelta = getattr(tracker, "clock_offset", timedelta())
    return offset if abs(offset) > CLOCK_TRUSTED else timedelta()


async def decide(
    tracker: IssueTracker,
    *,
    project_key: str,
    session_id: UUID,
    intents: Mapping[UUID, datetime],
    settings: ExportSettings,
    runtime: Runtime,
    wait: Callable[[float], Awaitable[None]],
) -> Mapping[UUID, Sequence[CreatedIssue]]:
    """The issues of announced creates, by ticket; a ticket that is not there certainly has none.

    Args:
        intents: when each ticket's create was announced.
        wait: waits that many seconds, or raises when the run is to stop.

    Raises:
        CreateUndecidedError: the index has not settled within the budget.
        JiraError: Jira could not be asked.
    """
    began = runtime.monotonic()
    deadline = began + settings.reconcile_budget_seconds
    delay = FIRST_DELAY_SECONDS
    decided: dict[UUID, Sequence[CreatedIssue]] = {}
    undecided = dict(intents)
    while True:
        asked_at, offset = runtime.now(), clock_offset(tracker)
        found = await find_created(
            tracker,
            project_key=project_key,
            session_id=session_id,
            intents=undecided,
            now=asked_at,
            offset=offset,
        )
        for issues in found.values():
            logger.info(
                "Found %s, the issue of an announced create of session %s",
                issues[0].key,
                session_id,
                extra={"action": "issue_found", "session_id": str(session_id), "key": issues[0].key},
            )
        decided |= found
        # An announcement that only looks old would make an issue that is not in the index yet look absent, and it would
        # be created twice: so of our clock and Jira's the one counts that makes it younger, as ours may have been set
        # forward since. One that seems to be still to come is as old as this look at least.
        offset = clock_offset(tracker)  # the answer has just told it anew
        least_age = runtime.monotonic() - began
        settles_in: dict[UUID, float] = {}
        for ticket_id, intent_at in undecided.items():
            elapsed = asked_at - intent_at
            age = max(min(elapsed, elapsed - offset).total_seconds(), least_age)
            if ticket_id not in found and age < settings.index_settle_seconds:
                settles_in[ticket_id] = settings.index_settle_seconds - age
        if not settles_in:
            return decided
        undecided = {ticket_id: undecided[ticket_id] for ticket_id in settles_in}
        budget = deadline - runtime.monotonic()
        if budget <= 0:
            raise CreateUndecidedError(
                "Jira's answer to the create was lost, and its search does not show yet whether the issue exists.",
                ticket_id=next(iter(undecided)),
                jql=created_around(project_key, undecided.values(), asked_at, offset),
            )
        await wait(min(delay, *settles_in.values(), budget))
        delay = min(2 * delay, LONGEST_DELAY_SECONDS)
