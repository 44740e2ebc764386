"""Reads projects from Jira as exports need them, and keeps what was read for a while."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

import anyio

from jira_session_export._adf import ConversionOptions
from jira_session_export._export.asking import alone, bound, or_refusal, together
from jira_session_export._export.attaching import Attaching
from jira_session_export._export.conversion import Converter
from jira_session_export._export.looking import MOST_USERS, look_up
from jira_session_export._export.ports import ProjectSource
from jira_session_export._export.preflight import archived_error, check_archived, check_issue_types, check_permissions
from jira_session_export._export.surroundings import Surroundings, keys_named
from jira_session_export._jira.wire import AttachmentSettings, FieldMetadata, Issue, IssueType
from jira_session_export._mapping.lookups import Lookups, issue_types_used, lookups_needed
from jira_session_export._mapping.metadata import Found, ProjectMetadata
from jira_session_export._mapping.validation import ProjectValidation, project_not_visible, validate_project
from jira_session_export._models import Ticket
from jira_session_export._runtime import SYSTEM_RUNTIME, Runtime
from jira_session_export._settings import ExportSettings
from jira_session_export._slices import aside
from jira_session_export._values import Requirements
from jira_session_export.errors import (
    AuthenticationError,
    MissingScopeError,
    NotFoundError,
    PermissionDeniedError,
    RefusedError,
)

UsedIssueTypes = Callable[[Sequence[IssueType]], Sequence[IssueType]]

PERMISSIONS = (
    "BROWSE_PROJECTS",
    "CREATE_ISSUES",
    "CREATE_ATTACHMENTS",
    "LINK_ISSUES",
    "ASSIGN_ISSUES",
    "SCHEDULE_ISSUES",
    "EDIT_ISSUES",
    "MODIFY_REPORTER",
    "USER_PICKER",
)
"""What is asked for; `check_permissions` says what each is needed for."""


@dataclass(frozen=True, slots=True)
class _Known:
    """What was read of a project; `number` counts the readings by when they began."""

    read_at: float
    number: int
    metadata: ProjectMetadata


@dataclass(slots=True)
class _Memory:
    """What readers of one site have read.

    Attributes:
        known: by project key.
        renamed: key a project was asked for by → the key it has now.
        readings: how many there were.
    """

    known: dict[str, _Known] = field(default_factory=dict)
    renamed: dict[str, str] = field(default_factory=dict)
    readings: int = 0


class ProjectReader:
    """Reads projects for exports and validations, concurrently; what it has read serves later calls for a while.

    Args:
        ttl_seconds: how long what was read is believed, unless a call asks for it fresh.
        settings: name the issue type of tickets that have none.

    Attributes:
        jira: what it reads from.
    """

    def __init__(
        self,
        jira: ProjectSource,
        *,
        settings: ExportSettings | None = None,
        runtime: Runtime = SYSTEM_RUNTIME,
        ttl_seconds: float = 60.0,
    ) -> None:
        self.jira: ProjectSource = jira
        self._runtime = runtime
        self._ttl_seconds = ttl_seconds
        self._settings = settings or ExportSettings()
        self._memory = _Memory()
        self._locks: dict[str, anyio.Lock] = {}  # one for each project that is read

    def asking(self, jira: ProjectSource, *, soon: bool = False) -> "ProjectReader":
        """The same reader over another client to the same site; both know what either has read.

        Args:
            soon: whether a person waits for the answers. Then it does not wait for a reading of the others, which may
                be waiting for Jira.
        """
        other = ProjectReader(jira, settings=self._settings, runtime=self._runtime, ttl_seconds=self._ttl_seconds)
        other._memory = self._memory
        if not soon:
            other._locks = self._locks
        return other

    async def read(
        self,
        project_key: str,
        tickets: Sequence[Ticket],
        *,
        fresh: bool = False,
        conversion: ConversionOptions | None = None,
    ) -> ProjectMetadata:
        """The project as `tickets` need it, checked: visible, with the permissions and issue types they take.

        Args:
            fresh: believe nothing read before.
            conversion: how their texts are converted; the defaults when None.

        Raises:
            AuthenticationError, PermissionDeniedError, NotFoundError: the account cannot export these tickets there.
            TicketError: a ticket names an issue type the project does not have.
            JiraError: Jira could not be asked.
        """
        of_each_type = await aside(len(tickets), _one_of_each_type, tickets)

        def used(issue_types: Sequence[IssueType]) -> Sequence[IssueType]:
            return issue_types_used(of_each_type, issue_types, self._settings.default_issue_type)

        try:
            metadata = await self._project(project_key, used, fresh=fresh)
        except (AuthenticationError, MissingScopeError):
            raise
        except RefusedError as exc:
            # Of an archived project Jira refuses some readings, in words that say nothing of it.
            archived = None
            with suppress(RefusedError):
                archived = archived_error(await self.jira.project(project_key))
            raise archived or exc from exc.__cause__
        check_archived(metadata)
        count = len(tickets)
        converter = Converter(conversion)
        await aside(count, check_permissions, metadata, tickets, converter, embed_images=self._settings.embed_images)
        await aside(count, check_issue_types, metadata, tickets, self._settings.default_issue_type)
        return await self._looked_up(metadata, tickets)

    async def validate(self, project_key: str, requirements: Requirements) -> ProjectValidation:
        """Check whether the account can export to the project; the result has its sprints, people and priorities.

        A project that does not exist, or that the account may not see, is an invalid one, not an error.

        Raises:
            AuthenticationError: Jira does not accept the credentials.
            JiraError: Jira could not be asked.
        """
        try:
            # People may export any issue type, so the create screens of all count.
            metadata, found, (attachments, _) = await together(
                lambda: self._project(project_key, lambda issue_types: issue_types, fresh=False),
                lambda: self._sprints(project_key),
                lambda: or_refusal(alone(self.jira.attachment_settings())),
            )
        except MissingScopeError:
            raise  # it says nothing of the project
        except (NotFoundError, PermissionDeniedError):
            return project_not_visible(project_key)
        attachments_off = any(not each.enabled for each in attachments)
        return validate_project(
            self._learn(metadata, found), requirements, self._settings, attachments_off=attachments_off
        )

    async def attaching(self, project_key: str) -> Attaching:
        """Whether, and up to which size, the account can attach files in the project."""
        settings, permissions = await together(
            self.jira.attachment_settings, lambda: self.jira.permissions(project_key, ["CREATE_ATTACHMENTS"])
        )
        if settings.enabled and not permissions["CREATE_ATTACHMENTS"]:
            return Attaching(f"The account may not attach files in project {project_key}.")
        return self._attaching(settings)

    @staticmethod
    def _attaching(settings: AttachmentSettings) -> Attaching:
        if not settings.enabled:
            return Attaching("Attachments are switched off in Jira.")
        return Attaching(None, settings.upload_limit)

    async def surroundings(self, tickets: Sequence[Ticket], *, files: bool) -> Surroundings:
        """What tickets refer to outside their session; what Jira refuses is left out.

        Args:
            files: whether any are to be attached.

        Raises:
            AuthenticationError: Jira does not accept the credentials.
            JiraError: Jira could not be asked.
        """
        keys = await aside(len(tickets), keys_named, tickets)

        async def issues() -> tuple[Sequence[Issue], RefusedError | None]:
            return await or_refusal(self.jira.issues(keys, fields=["issuetype"])) if keys else ((), None)

        async def attaching() -> Attaching | None:
            settings, _ = await or_refusal(alone(self.jira.attachment_settings())) if files else ((), None)
            return self._attaching(settings[0]) if settings else None

        (found, refused), limits = await together(issues, attaching)
        by_key = {issue.key: issue for issue in found}
        return Surroundings({key: by_key.get(key) for key in keys} if refused is None else {}, limits)

    async def _project(self, project_key: str, used: UsedIssueTypes, *, fresh: bool) -> ProjectMetadata:
        """What does not depend on the tickets, in two round trips, with the create screens of the issue types used."""
        asked = self._memory.readings
        # Callers at the same time share one reading: most who wait here find one that began after they asked.
        async with self._locks.setdefault(project_key, anyio.Lock()):
            known = self._memory.known.get(self._present_key(project_key))
            if known and (known.number > asked or (not fresh and self._fresh(project_key))):
                return await self._with_screens(known, used)
            return await self._read_project(project_key, used)

    async def _with_screens(self, known: "_Known", used: UsedIssueTypes) -> ProjectMetadata:
        metadata = known.metadata
        missing = [each for each in used(metadata.issue_types) if each.id not in metadata.fields]
        if missing:
            metadata = metadata.with_fields(await self._screens(metadata.project.key, missing))
            self._memory.known[metadata.project.key] = replace(known, metadata=metadata)
        return metadata

    async def _read_project(self, project_key: str, used: UsedIssueTypes) -> ProjectMetadata:
        self._memory.readings += 1
        number = self._memory.readings
        read_at = self._runtime.monotonic()
        jira = self.jira

        async def types_and_screens() -> tuple[Sequence[IssueType], dict[str, tuple[FieldMetadata, ...]]]:
            issue_types = await jira.issue_types(project_key)
            return issue_types, await self._screens(project_key, used(issue_types))

        answers = await together(
            jira.myself,
            lambda: jira.project(project_key),
            lambda: jira.permissions(project_key, PERMISSIONS),
            types_and_screens,
            lambda: or_refusal(jira.assignable_users(project_key, max_results=MOST_USERS)),
            lambda: or_refusal(jira.link_types()),
            jira.server_info,  # has the address of the issues' pages
        )
        myself, project, permissions, (issue_types, fields), (users, users_refused), (link_types, off), _ = answers
        metadata = ProjectMetadata(
            project=project,
            issue_types=tuple(issue_types),
            fields=fields,
            users=tuple(users),
            users_complete=0 < len(users) < MOST_USERS // 2,
            users_refused=users_refused.user_message if users_refused else "",
            link_types=tuple(link_types),
            linking_off=isinstance(off, NotFoundError),
            permissions=permissions,
            myself=myself,
        )
        if project.key != project_key:
            self._memory.renamed[project_key] = project.key
        self._memory.known[project.key] = _Known(read_at, number, metadata)
        return metadata

    def _present_key(self, project_key: str) -> str:
        """The key that Jira answers a project's former key with; the same for another."""
        return self._memory.renamed.get(project_key, project_key)

    async def _screens(
        self, project_key: str, issue_types: Sequence[IssueType]
    ) -> dict[str, tuple[FieldMetadata, ...]]:
        screens = await together(*(bound(self.jira.create_fields, project_key, each.id) for each in issue_types))
        return {each.id: tuple(fields) for each, fields in zip(issue_types, screens, strict=True)}

    async def _sprints(self, project_key: str) -> Found:
        known = self._fresh(project_key)
        if known is not None and (known.metadata.boards_read or known.metadata.boards_refused):
            return Found()
        return await look_up(self.jira, project_key, (), Lookups(open_sprints=True))

    def _fresh(self, project_key: str) -> _Known | None:
        """What was read of the project lately."""
        known = self._memory.known.get(self._present_key(project_key))
        if known is not None and self._runtime.monotonic() - known.read_at < self._ttl_seconds:
            return known
        return None

    async def _looked_up(self, metadata: ProjectMetadata, tickets: Sequence[Ticket]) -> ProjectMetadata:
        before: Lookups | None = None
        while True:
            needed = await aside(len(tickets), lookups_needed, tickets, metadata, self._settings.default_issue_type)
            if not needed or needed == before:  # what is needed again is what Jira refuses
                return metadata
            metadata = self._learn(metadata, await look_up(self.jira, metadata.project.key, metadata.boards, needed))
            before = needed

    def _learn(self, metadata: ProjectMetadata, found: Found) -> ProjectMetadata:
        """The metadata with what was found, which later calls get, too, whatever else was learnt meanwhile."""
        known = self._memory.known.get(metadata.project.key)
        if known is not None:
            self._memory.known[metadata.project.key] = replace(known, metadata=known.metadata.with_lookups(found))
        return metadata.with_lookups(found)


def _one_of_each_type(tickets: Sequence[Ticket]) -> Sequence[Ticket]:
    """One ticket of each issue type that they name."""
    return list({ticket.issue_type: ticket for ticket in tickets}.values())
