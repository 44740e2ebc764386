"""What is done for an issue once it exists, each step recorded on its own: files, images in place, assignee, sprint."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

import anyio

from jira_session_export._adf import Conversion, MediaReference
from jira_session_export._attachments.reading import SessionFiles
from jira_session_export._export.attaching import TicketFileError
from jira_session_export._export.conversion import Converter, full_text_of, may_hold_images
from jira_session_export._export.fenced import FencedJournal
from jira_session_export._export.held_up import FilePolicy
from jira_session_export._export.ports import IssueTracker
from jira_session_export._export.uploads import Upload, already_attached, uploads
from jira_session_export._export.write_state import WriteState
from jira_session_export._jira.wire import Acknowledgement, AttachmentInfo
from jira_session_export._journal import Step, StepRecorded
from jira_session_export._mapping.metadata import ProjectMetadata
from jira_session_export._models import Attachment, Ticket
from jira_session_export._runtime import Runtime
from jira_session_export._settings import ExportSettings
from jira_session_export._values import UNASSIGNED, CreatedIssue, FollowUp, ManualFix, ManualFixKind, StepKind
from jira_session_export.errors import (
    AttachmentError,
    AttachmentMissingError,
    AuthenticationError,
    JiraError,
    MissingScopeError,
    OutcomeUnknownError,
    PermissionDeniedError,
    RefusedError,
)

LOOK_DELAYS = (0.0, 2.0, 4.0, 8.0)
"""Seconds between the looks for an upload whose answer got lost; Jira reads attachments from its database."""


class Finisher:
    """Does the steps of issues that are still open.

    Args:
        files: reads the session's files.
        file_policy: what to do when one cannot be read.
        checkpoint: awaited before each step; raises when the run is to stop there.

    Attributes:
        upload_cut_off: whether an upload was cancelled while it was under way, so that it may still arrive.
    """

    def __init__(
        self,
        tracker: IssueTracker,
        journal: FencedJournal,
        *,
        files: SessionFiles,
        file_policy: FilePolicy,
        settings: ExportSettings,
        converter: Converter,
        runtime: Runtime,
        checkpoint: Callable[[], Awaitable[None]],
    ) -> None:
        self._tracker = tracker
        self._journal = journal
        self._files = files
        self._file_policy = file_policy
        self._settings = settings
        self._converter = converter
        self._runtime = runtime
        self._checkpoint = checkpoint
        self.upload_cut_off = False

    async def finish(
        self,
        ticket: Ticket,
        issue: CreatedIssue,
        conversion: Conversion | None,
        project: ProjectMetadata,
        *,
        look_first: bool,
    ) -> None:
        """Do what is still open for the ticket's issue.

        Args:
            conversion: of its description; None converts it when a step needs it.
            look_first: an earlier worker may have uploaded files without recording it.

        Raises:
            JiraError: what is no fault of this one step; a step Jira refuses leaves a manual fix instead.
            TicketFileError: a file cannot be read that is required.
        """
        follow_ups = self._journal.states[ticket.id].follow_ups
        if conversion is None:
            if not (ticket.attachments or follow_ups or may_hold_images(ticket)):
                return
            conversion = self._converter.ticket(ticket)
        embed_images = self._settings.embed_images
        files = uploads(ticket, conversion, follow_ups, full_text_of, embed_images=embed_images)
        await self._attach(ticket, issue, files, look_first=look_first)
        await self._show_in_place(ticket, issue, conversion, files)
        for follow_up in follow_ups:
            await self._follow_up(ticket, issue, follow_up, project)

    async def _attach(self, ticket: Ticket, issue: CreatedIssue, files: Sequence[Upload], *, look_first: bool) -> None:
        todo = [file for file in files if self._lacks(ticket, StepKind.ATTACHMENT, file.target)]
        attached: Sequence[AttachmentInfo] = ()
        if todo and look_first and (attached := await self._attached(issue)):
            files = await self._with_sizes(files)
            wanted = {file.target for file in todo}
            todo = [file for file in files if file.target in wanted]
        for file in todo:
            await self._checkpoint()
            fix: ManualFix | None = None
            info = self._found(ticket, file, files, attached)
            answer: Acknowledgement | RefusedError | None = info
            if info is None:
                try:
                    answer = info = await self._upload(ticket, issue, file, files)
                except (AuthenticationError, PermissionDeniedError):
                    raise
                except AttachmentError as exc:
                    if self._file_policy.requires and isinstance(file.content, Attachment):
                        raise TicketFileError(ticket, file.content, exc, machine=self._file_policy.machine) from exc
                    fix = attachment_fix(file, exc)
                except (RefusedError, OutcomeUnknownError) as exc:
                    answer = exc if isinstance(exc, RefusedError) else None
                    fix = attachment_fix(file, exc)
            jira_id = info.id if info else None
            await self._record(ticket, StepKind.ATTACHMENT, file.target, fix, answer, jira_id=jira_id)

    async def _upload(
        self, ticket: Ticket, issue: CreatedIssue, file: Upload, files: Sequence[Upload]
    ) -> AttachmentInfo:
        """Send a file; one whose answer got lost is looked for, and never sent a second time.

        Raises:
            OutcomeUnknownError: it is not there after all looks. A file that breaks the connection each time would
                otherwise keep the tickets after it from being exported.
            AttachmentError: it cannot be read; nothing was attached.
            JiraError: nothing was attached.
        """
        sending = WriteState(self._journal.check_lease)
        content = await self._files.to_send(file.content)
        try:
            return await self._tracker.add_attachment(
                issue.key,
                file.target,
                content,
                file.media_type,
                before_send=sending.before_send,
                on_not_sent=sending.on_not_sent,
            )
        except OSError as exc:
            path = file.content.path.as_posix() if isinstance(file.content, Attachment) else file.target
            raise AttachmentMissingError(exc.strerror or str(exc), path=path, place="") from exc
        except OutcomeUnknownError:
            files = await self._with_sizes(files)
            file = next(each for each in files if each.target == file.target)
            for delay in LOOK_DELAYS:
                await self._runtime.sleep(delay)
                if info := self._found(ticket, file, files, await self._attached(issue)):
                    return info
            raise
        except anyio.get_cancelled_exc_class():
            self.upload_cut_off = sending.under_way
            raise

    def _found(
        self, ticket: Ticket, file: Upload, files: Sequence[Upload], attached: Sequence[AttachmentInfo]
    ) -> AttachmentInfo | None:
        steps = self._journal.states[ticket.id].steps
        taken = {step.jira_id for step in steps if step.kind is StepKind.ATTACHMENT and step.jira_id}
        return already_attached(file, attached, others=files, taken=taken)

    async def _with_sizes(self, files: Sequence[Upload]) -> list[Upload]:
        return [replace(file, size=await self._files.size(file.content)) for file in files]

    async def _attached(self, issue: CreatedIssue) -> Sequence[AttachmentInfo]:
        return (await self._tracker.issue(issue.key, fields=["attachment"])).attachments

    async def _show_in_place(
        self, ticket: Ticket, issue: CreatedIssue, conversion: Conversion, files: Sequence[Upload]
    ) -> None:
        """Update the description once, so that its embedded files show where they were."""
        state = self._journal.states[ticket.id]
        uploaded = {step.target: step.jira_id for step in state.steps if step.kind is StepKind.ATTACHMENT and step.done}
        embedded = [(file, jira_id) for file in files if file.places and (jira_id := uploaded.get(file.target))]
        shortened = any(fix.kind is ManualFixKind.DESCRIPTION_SHORTENED for fix in state.manual_fixes)
        if not embedded or not state.lacks(StepKind.MEDIA, "description"):
            return
        await self._checkpoint()
        names = [file.target for file, _ in embedded]
        fix: ManualFix | None = None
        answer: Acknowledgement | RefusedError | None = None
        try:
            if shortened:  # the converted document is not the one Jira has taken
                fix = media_fix(names, "the description was shortened")
            else:
                media: dict[str, MediaReference] = {}
                for file, jira_id in embedded:
                    reference = MediaReference(await self._tracker.media_id(jira_id), collection="")
                    media.update(dict.fromkeys(file.places, reference))
                answer = await self._tracker.update_issue(issue.key, {"description": conversion.with_media(media)})
        except AuthenticationError:
            raise
        except RefusedError as exc:
            answer, fix = exc, media_fix(names, exc.user_message)
        await self._record(ticket, StepKind.MEDIA, "description", fix, answer)

    async def _follow_up(
        self, ticket: Ticket, issue: CreatedIssue, follow_up: FollowUp, project: ProjectMetadata
    ) -> None:
        act: Awaitable[Acknowledgement]
        make_fix: Callable[[str, RefusedError], ManualFix]
        if not self._lacks(ticket, follow_up.kind, follow_up.target):
            return
        await self._checkpoint()
        account_id = None if follow_up.target == UNASSIGNED else follow_up.target
        match follow_up.kind:
            case StepKind.ASSIGNEE:
                act, make_fix = self._tracker.assign(issue.key, account_id), assignee_fix
            case StepKind.SPRINT:
                act, make_fix = self._tracker.move_to_sprint(int(follow_up.target), [issue.key]), sprint_fix
            case StepKind.PARENT:
                act, make_fix = self._put_under(issue, follow_up.target, project), parent_fix
            case _:
                return  # files are uploaded with the others
        fix: ManualFix | None = None
        answer: Acknowledgement | RefusedError
        try:
            answer = await act
        except AuthenticationError:
            raise
        except RefusedError as exc:
            answer, fix = exc, make_fix(follow_up.target, exc)
        await self._record(ticket, follow_up.kind, follow_up.target, fix, answer)

    async def _put_under(self, issue: CreatedIssue, parent_key: str, project: ProjectMetadata) -> Acknowledgement:
        """Edit the issue's parent; where the edit screen lacks the field too, move it into the epic."""
        try:
            return await self._tracker.update_issue(issue.key, {"parent": {"key": parent_key}})
        except RefusedError as exc:
            if exc.refusal.status != 400 or project.is_team_managed:
                raise
            try:
                return await self._tracker.move_to_epic(parent_key, [issue.key])
            except MissingScopeError:
                raise exc from None  # a token need not be allowed to move issues to epics
            except AuthenticationError:
                raise
            except RefusedError:
                raise exc from None  # the parent may be no epic; what Jira says of the edit is about the wish itself

    def _lacks(self, ticket: Ticket, kind: StepKind, target: str) -> bool:
        return self._journal.states[ticket.id].lacks(kind, target)

    async def _record(
        self,
        ticket: Ticket,
        kind: StepKind,
        target: str,
        fix: ManualFix | None,
        answer: Acknowledgement | RefusedError | None,
        *,
        jira_id: str | None = None,
    ) -> None:
        """Record a step with the trace id of the answer that decided it; a file that was not sent has none."""
        step = Step(kind, target, done=fix is None, jira_id=jira_id, manual_fix=fix)
        trace_id = answer.trace_id if answer else None
        await self._journal.append(StepRecorded(self._runtime.now(), ticket.id, step, trace_id))


def attachment_fix(file: Upload, exc: JiraError | AttachmentError | str) -> ManualFix:
    """What to do about a file that could not be attached, or, by the reason given, could not if it were tried."""
    reason = exc if isinstance(exc, str) else exc.reason if isinstance(exc, AttachmentError) else exc.user_message
    place = ", and insert it in the description" if file.places else ""
    check = "If it has not arrived since, attach" if isinstance(exc, OutcomeUnknownError) else "Attach"
    return ManualFix(
        ManualFixKind.ATTACHMENT_FAILED,
        field="attachments",
        asked_for=file.target,
        done_instead=f"not attached: {reason}",
        recommended_action=f"{check} {file.target} to the issue by hand{place}.",
    )


def media_fix(names: Sequence[str], why: str) -> ManualFix:
    """What to do about images that are attached but not shown in place."""
    return ManualFix(
        ManualFixKind.ATTACHMENT_FAILED,
        field="description",
        asked_for=f"{', '.join(names)} shown in the description",
        done_instead=f"attached to the issue only: {why}",
        recommended_action="Insert the attached images into the description by hand.",
    )


def assignee_fix(account_id: str, exc: RefusedError) -> ManualFix:
    """What to do about an issue that could not be assigned."""
    return ManualFix(
        ManualFixKind.ASSIGNEE_INVALID,
        field="assignee",
        asked_for=account_id,
        done_instead=f"the assignee was left as Jira set it: {exc.user_message}",
        recommended_action="Assign the issue by hand.",
    )


def parent_fix(parent_key: str, exc: RefusedError) -> ManualFix:
    """What to do about an issue that could not be put under its parent."""
    return ManualFix(
        ManualFixKind.FIELD_NOT_ON_SCREEN,
        field="parent",
        asked_for=parent_key,
        done_instead=f"left without a parent: {exc.user_message}",
        recommended_action=f"Set the parent {parent_key} in Jira by hand.",
    )


def sprint_fix(sprint_id: str, exc: RefusedError) -> ManualFix:
    """What to do about an issue that could not be moved to its sprint."""
    return ManualFix(
        ManualFixKind.SPRINT_NOT_FOUND,
        field="sprint",
        asked_for=sprint_id,
        done_instead=f"left in the backlog: {exc.user_message}",
        recommended_action="Move the issue to the right sprint by hand.",
    )
