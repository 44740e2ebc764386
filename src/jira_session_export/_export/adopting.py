"""Finds the issues of a session whose state was lost, before its first create in this store.

The state of an export may get lost, moved or replaced while its issues stay in Jira. Each of them carries the session's
label, by which it can be searched for, and the marker, which proves whose it is.
"""

import contextlib
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from jira_session_export._export.changes import same_title
from jira_session_export._export.conversion import Converter
from jira_session_export._export.fenced import FencedJournal
from jira_session_export._export.ports import IssueSearch, IssueTracker
from jira_session_export._export.reconcile import marker_of
from jira_session_export._jira.wire import Issue
from jira_session_export._journal import IssueRecorded, OrphanFound, Step, StepRecorded
from jira_session_export._mapping.building import build_draft, session_label, session_search
from jira_session_export._mapping.metadata import ProjectMetadata
from jira_session_export._models import Ticket
from jira_session_export._runtime import Runtime
from jira_session_export._settings import ExportSettings
from jira_session_export._values import PROPERTY_KEY, CreatedIssue, FollowUp, ManualFix, Marker, StepKind
from jira_session_export.errors import AuthenticationError, InputError, PermissionDeniedError, RefusedError

logger = logging.getLogger("jira_session_export.adopt")

_FIELDS = ("assignee", "description", "parent", "summary")
_NAMED = 20
"""Issues that one message names."""


@dataclass(frozen=True, slots=True)
class EarlierIssue:
    """An issue that bears a ticket's marker.

    Attributes:
        attempt: the create that made it.
        title: as Jira has it now.
        fingerprint: of the ticket as it was sent; empty when the issue was made before fingerprints were kept.
        done: the steps after the create that the issue shows as done. They are not repeated, because a person may
            have changed them since.
    """

    issue: CreatedIssue
    attempt: int
    title: str
    fingerprint: str
    done: frozenset[StepKind]


async def find_earlier(
    tracker: IssueSearch, *, project_key: str, session_id: UUID, settings: ExportSettings, limit: int | None = None
) -> Mapping[UUID, Sequence[EarlierIssue]]:
    """The issues of an earlier export of this session, by ticket, oldest first; one search.

    Args:
        limit: read no more issues than these; None: all.

    A hit is proof. A miss is none while Jira's index lags (`index_settle_seconds`), when somebody has removed the
    label, or when `marker_label` is empty: then nothing can be searched for.

    Raises:
        JiraError: Jira could not be asked.
    """
    label = session_label(settings, str(session_id))
    if not label:
        logger.warning(
            "marker_label is empty, so issues of an earlier export of session %s cannot be looked for.",
            session_id,
            extra={"action": "adoption_impossible", "session_id": str(session_id)},
        )
        return {}
    jql = session_search(project_key, label)
    issues = await tracker.search(jql, fields=_FIELDS, properties=[PROPERTY_KEY], limit=limit)
    found: dict[UUID, list[EarlierIssue]] = {}
    for issue in sorted(issues, key=lambda issue: int(issue.id)):
        marker = marker_of(issue)
        if marker is None or marker.session != str(session_id):
            continue
        with contextlib.suppress(ValueError):  # not an id of ours
            found.setdefault(UUID(marker.ticket), []).append(_earlier(issue, marker, tracker))
    return found


def _earlier(issue: Issue, marker: Marker, tracker: IssueSearch) -> EarlierIssue:
    # Which sprint an issue was meant for cannot be distinguished from one it was moved to since.
    done = {StepKind.SPRINT}
    if issue.fields.get("assignee"):
        done.add(StepKind.ASSIGNEE)
    if issue.fields.get("parent"):
        done.add(StepKind.PARENT)
    if _shows_files(issue.fields.get("description")):
        done.add(StepKind.MEDIA)
    return EarlierIssue(
        CreatedIssue(issue.id, issue.key, tracker.browse_url(issue.key), issue.trace_id),
        marker.attempt,
        str(issue.fields.get("summary") or ""),
        marker.fingerprint,
        frozenset(done),
    )


def _shows_files(document: Any) -> bool:
    nodes: list[Any] = [document]
    while nodes:
        node = nodes.pop()
        if isinstance(node, dict):
            attrs, content = node.get("attrs"), node.get("content")
            if node.get("type") in ("media", "mediaInline") and isinstance(attrs, dict) and attrs.get("type") == "file":
                return True
            nodes.extend(content if isinstance(content, list) else ())
    return False


@dataclass(frozen=True, slots=True)
class EarlierIssues:
    """What Jira has of a session that a store has never exported.

    Attributes:
        keys: ticket → the issue that an export adopts.
        titles: ticket → that issue's title in Jira.
        found: keys of all issues of the session, those without a ticket and second ones of a ticket too.
        note: what cannot be known; None when nothing is in doubt.
    """

    keys: Mapping[UUID, str]
    titles: Mapping[UUID, str]
    found: tuple[str, ...]
    note: str | None

    def note_for(self, tickets: Sequence[Ticket]) -> str | None:
        """The note, and what is said of issues that have other titles than these tickets."""
        others = [self.keys[each.id] for each in tickets if _is_other(self.titles.get(each.id), each)]
        notes = [self.note, other_titles(others) if others else None]
        return " ".join(note for note in notes if note) or None


def other_titles(keys: Sequence[str]) -> str:
    """What is said of issues that are adopted for tickets with other titles.

    Two files with the same name, project and ticket ids are one session: the tickets of the second would be taken for
    exported.
    """
    have, are = ("has another title", "it is") if len(keys) == 1 else ("have other titles", "they are")
    shown = ", ".join(keys[:_NAMED]) + (", …" if len(keys) > _NAMED else "")
    return (
        f"{shown} {have} in Jira than in this session: renamed since, or made from another file with the same name and "
        f"ids. If {are} of another file, give this session a name of its own: --session NAME, session_name=."
    )


def _is_other(title: str | None, ticket: Ticket) -> bool:
    return bool(title) and not same_title(title or "", ticket.title)


PREVIEWED = 1000
"""A dry run reads no more than these issues of an earlier export."""


async def preview_adoption(
    source: object, *, project_key: str, session_id: UUID, settings: ExportSettings
) -> EarlierIssues:
    """Look for what an export would adopt, without adopting it; one bounded search.

    Raises:
        JiraError: Jira could not be asked.
    """
    if not session_label(settings, str(session_id)):
        note = "marker_label is empty, so issues of an earlier export cannot be looked for."
        return EarlierIssues({}, {}, (), note)
    if not isinstance(source, IssueSearch):
        return EarlierIssues({}, {}, (), "Jira cannot be searched here, so issues of an earlier export are not shown.")
    try:
        found = await find_earlier(
            source, project_key=project_key, session_id=session_id, settings=settings, limit=PREVIEWED + 1
        )
    except (AuthenticationError, PermissionDeniedError):
        raise
    except RefusedError as exc:
        return EarlierIssues({}, {}, (), f"Issues of an earlier export could not be looked for: {exc.user_message}")
    keys = tuple(each.issue.key for issues in found.values() for each in issues)
    more = f"There are more than {PREVIEWED} issues of an earlier export; these are the first."
    return EarlierIssues(
        {ticket_id: issues[0].issue.key for ticket_id, issues in found.items()},
        {ticket_id: issues[0].title for ticket_id, issues in found.items()},
        keys[:PREVIEWED],
        more if len(keys) > PREVIEWED else None,
    )


def key_order(key: str) -> tuple[str, int]:
    """Sort keys as people do: `DEMO-2` before `DEMO-10`."""
    project, _, number = key.rpartition("-")
    return project, int(number) if number.isdecimal() else 0


class Adopter:
    """Takes over what Jira has of a session, before the first create of it in this store.

    Args:
        checkpoint: awaited before each ticket; raises when the run is to stop there.
        adopted: called with each ticket once its issue is recorded.
    """

    def __init__(
        self,
        tracker: IssueTracker,
        journal: FencedJournal,
        *,
        session_id: UUID,
        project_key: str,
        settings: ExportSettings,
        runtime: Runtime,
        converter: Converter,
        checkpoint: Callable[[], Awaitable[None]],
        adopted: Callable[[Ticket], None],
    ) -> None:
        self._tracker = tracker
        self._journal = journal
        self._session_id = session_id
        self._project_key = project_key
        self._settings = settings
        self._runtime = runtime
        self._converter = converter
        self._checkpoint = checkpoint
        self._adopted = adopted

    async def adopt(self, tickets: Sequence[Ticket], project: ProjectMetadata) -> None:
        """Look for issues, and record those of `tickets`; nothing once a create was announced in this store.

        A ticket that is taken over is one entry and no announcement. So after a crash in between no create has been
        announced, and the next run looks for the rest.

        Raises:
            JiraError: Jira could not be asked.
            LeaseLostError, StoreUnavailableError: as `FencedJournal.append`.
        """
        states = self._journal.states
        if any(state.attempt for state in states.values()) or all(state.issue for state in states.values()):
            return
        found = await find_earlier(
            self._tracker, project_key=self._project_key, session_id=self._session_id, settings=self._settings
        )
        others: list[str] = []
        for ticket in tickets:
            if ticket.id in found and states[ticket.id].issue is None:
                await self._checkpoint()
                await self._take_over(ticket, found[ticket.id], project)
                self._adopted(ticket)
                first = found[ticket.id][0]
                if _is_other(first.title, ticket):
                    others.append(first.issue.key)
        if others:
            logger.warning(
                "%s",
                other_titles(others),
                extra={"action": "adopted_other_title", "session_id": str(self._session_id)},
            )
        strangers = [each.issue.key for key, issues in found.items() if key not in states for each in issues]
        if strangers:
            logger.warning(
                "Issues of session %s belong to tickets it does not have any more: %s",
                self._session_id,
                ", ".join(strangers),
                extra={"action": "issues_without_ticket", "session_id": str(self._session_id)},
            )

    async def _take_over(self, ticket: Ticket, found: Sequence[EarlierIssue], project: ProjectMetadata) -> None:
        now = self._runtime.now()
        first, *others = found
        fixes, follow_ups = self._left_by_its_create(ticket, project, first)
        recorded = IssueRecorded(
            now,
            ticket.id,
            first.issue,
            adopted=True,
            trace_id=first.issue.trace_id,
            earlier_state=True,
            manual_fixes=fixes,
            follow_ups=follow_ups,
            title=first.title,
            fingerprint=first.fingerprint,
        )
        steps = [Step(each.kind, each.target) for each in follow_ups if each.kind in first.done]
        if StepKind.MEDIA in first.done:
            steps.append(Step(StepKind.MEDIA, "description"))
        await self._journal.append(
            recorded,
            *(StepRecorded(now, ticket.id, step) for step in steps),
            *(OrphanFound(now, ticket.id, other.issue) for other in others),
        )

    def _left_by_its_create(
        self, ticket: Ticket, project: ProjectMetadata, earlier: EarlierIssue
    ) -> tuple[tuple[ManualFix, ...], tuple[FollowUp, ...]]:
        """The manual fixes and follow-ups of the create, as far as they follow from the ticket.

        What Jira refused then is not known any more. A ticket that could not be created as it is now leaves none.
        """
        parent_key = self._parent_key(ticket)
        try:
            draft = build_draft(
                ticket,
                self._converter.ticket(ticket),
                project,
                settings=self._settings,
                marker=Marker(str(self._session_id), str(ticket.id), earlier.attempt),
                parent_key=parent_key or (str(ticket.parent) if ticket.parent else None),
                rich_text=self._converter.text,
            )
        except InputError:
            return (), ()
        # Without its parent's key an issue cannot be put under it; a create that had the key has done so.
        follow_ups = (each for each in draft.follow_ups if parent_key or each.kind is not StepKind.PARENT)
        return draft.manual_fixes, tuple(follow_ups)

    def _parent_key(self, ticket: Ticket) -> str | None:
        """The key of the parent's issue; None when it is not known, as parents come before their children."""
        if isinstance(ticket.parent, UUID):
            issue = self._journal.states[ticket.parent].issue
            return issue.key if issue else None
        return ticket.parent
