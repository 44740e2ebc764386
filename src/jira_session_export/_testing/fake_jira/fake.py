"""`FakeJira`: a Jira Cloud site in this process."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType

from jira_session_export._runtime import SYSTEM_RUNTIME, Runtime
from jira_session_export._testing.fake_jira import seed
from jira_session_export._testing.fake_jira.auth import Authority, OAuthGrant
from jira_session_export._testing.fake_jira.entities import (
    FakeBoard,
    FakeComponent,
    FakeIssue,
    FakeLink,
    FakePriority,
    FakeSprint,
    FakeUser,
    FakeVersion,
)
from jira_session_export._testing.fake_jira.exchange import RecordedRequest, Request
from jira_session_export._testing.fake_jira.faults import Faults
from jira_session_export._testing.fake_jira.fields import FakeField, FakeOption, FieldKind
from jira_session_export._testing.fake_jira.index import SearchIndex
from jira_session_export._testing.fake_jira.latency import Latency
from jira_session_export._testing.fake_jira.limits import Limiter, RateLimits
from jira_session_export._testing.fake_jira.messages import Language
from jira_session_export._testing.fake_jira.persistence import StateFile
from jira_session_export._testing.fake_jira.screens import FakeProject
from jira_session_export._testing.fake_jira.service import Service
from jira_session_export._testing.fake_jira.state import DEFAULT_UPLOAD_LIMIT, Options, Site, account_id_of
from jira_session_export._testing.fake_jira.transport import FakeTransport


class FakeJira:
    """A stateful, strict Jira Cloud site, for tests and demos: in this process, or over a socket.

    It checks what Jira checks, with Jira's messages and in Jira's stages, and keeps what it was given. Give
    `transport` and `base_url` to a client, or `serve` it.

    Every project has the issue types Epic, Story, Task, Bug and Sub-task, a scrum board with a closed, an active and a
    future sprint, a kanban board, four components and three versions. Five people may be assigned; whoever logs in
    with another e-mail address becomes a further one.
    """

    def __init__(
        self,
        projects: Sequence[str] = ("DEMO",),
        *,
        runtime: Runtime | None = None,
        index_lag: float = 0,
        tokens: Collection[str] | None = None,
        state_file: Path | None = None,
        base_url: str = "https://fake-jira.example",
        latency: float | Latency = 0,
        limits: RateLimits | None = None,
        strict: bool = True,
        burn_keys: bool = False,
        hide_emails: bool = False,
        language: Language = "en",
        upload_limit: int = DEFAULT_UPLOAD_LIMIT,
    ) -> None:
        """Make one.

        Args:
            projects: keys of the projects it starts with.
            runtime: its clock; the system's when absent. Pass a `FakeRuntime` to let time cost nothing.
            index_lag: seconds until a search sees a change.
            tokens: the API and bearer tokens that are good; any when absent.
            state_file: where to keep everything, so that it survives this process; nothing is kept when absent.
                Screens, permissions, fields, priorities, components and versions that a test changed are not kept.
            base_url: where clients find it in this process; while it is served, its socket's address.
            latency: seconds a request takes, half of them before it is carried out; `Latency` for a bulk create that
                takes longer the more issues it has.
            limits: rate limits; none when absent.
            strict: refuse empty ADF text nodes.
            burn_keys: a refused create still uses up an issue key and an id, as real sites were seen to do.
            hide_emails: people's e-mail addresses are not shown to others.
            language: of messages, `en` or `de`.
            upload_limit: bytes a file may have.

        Raises:
            StateFileError: the state file cannot be used; an `OSError`.
        """
        self._runtime = runtime or SYSTEM_RUNTIME
        index = SearchIndex(self._runtime.now, index_lag)
        options = Options(
            strict=strict, burn_keys=burn_keys, hide_emails=hide_emails, language=language, upload_limit=upload_limit
        )
        self._site = Site(self._runtime.now, base_url, options, index)
        self._authority = Authority(self._site, tokens)
        self.faults: Faults = Faults()
        self._limiter = Limiter(limits or RateLimits(), self._runtime.monotonic)
        self._service = Service(
            site=self._site,
            runtime=self._runtime,
            authority=self._authority,
            limiter=self._limiter,
            faults=self.faults,
            commit=self._save,
        )
        self.latency = latency
        self._transport = FakeTransport(self._service)
        self._file = StateFile(state_file) if state_file is not None else None
        seed.fill(self._site)
        self._restore(projects)

    # where it is

    @property
    def transport(self) -> FakeTransport:
        """For `JiraClient(transport=...)`: reaches it without a socket."""
        return self._transport

    @property
    def base_url(self) -> str:
        """The site's address."""
        return self._site.base_url

    @property
    def cloud_id(self) -> str:
        """The site's cloud id, for the gateway's address `https://api.atlassian.com/ex/jira/<cloud id>`."""
        return self._site.cloud_id

    @asynccontextmanager
    async def serve(self, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[str]:
        """Listen on a socket until the block is left; gives the address, which `base_url` is meanwhile.

        Needs the extra `testing`.

        Args:
            port: 0 for any free one.

        Raises:
            OSError: the port is taken, or the host is not this machine's.
        """
        from jira_session_export._testing.fake_jira.server import listen  # noqa: PLC0415 - needs h11

        usual = self._site.base_url
        async with listen(self._service, host, port) as url:
            self._site.base_url = url
            try:
                yield url
            finally:
                self._site.base_url = usual
                self.close()

    def close(self) -> None:
        """Let go of the state file; it is taken again when something changes."""
        if self._file is not None:
            if self._site.changed:
                self._save()
            self._file.close()

    # how it behaves

    @property
    def options(self) -> Options:
        """Switches that may be changed at any time."""
        return self._site.options

    @property
    def index_lag(self) -> float:
        """Seconds until a search sees a change."""
        return self._site.index.lag

    @index_lag.setter
    def index_lag(self, seconds: float) -> None:
        self._site.index.lag = seconds

    @property
    def latency(self) -> float | Latency:
        """Seconds a request takes; may be changed at any time."""
        return self._service.latency

    @latency.setter
    def latency(self, latency: float | Latency) -> None:
        self._service.latency = latency if isinstance(latency, Latency) else Latency(latency)

    def spend(self, method: str, path: str, times: int) -> None:
        """Let others send requests now that count against the limits: burst limits and quotas are the whole site's.

        Args:
            path: for example `/rest/api/3/issue`.
        """
        self._limiter.spend(Request.of(method, path, {}, b"", self.base_url), times)

    def revoke(self, permission: str, *, account_id: str | None = None, project: str | None = None) -> None:
        """Take a permission (`CREATE_ISSUES`, …) away: from one account or all, in one project or all."""
        self._site.grants.revoke(permission, account_id=account_id, project=project)

    def grant(self, permission: str, *, account_id: str | None = None, project: str | None = None) -> None:
        """Undo `revoke` with the same arguments; `ADMINISTER` and `ADMINISTER_PROJECTS` are revoked from the start."""
        self._site.grants.grant(permission, account_id=account_id, project=project)

    def add_token(self, token: str, *, email: str | None = None, scopes: Collection[str] | None = None) -> None:
        """Make a token good: of one user or any; with scopes it is a scoped token, good only through the gateway."""
        self._authority.add_token(token, email=email, scopes=scopes)

    def expire_token(self, token: str | None = None) -> None:
        """Let one token, or all, run out. Of OAuth the access tokens do; refresh tokens stay good."""
        self._authority.expire(token)

    def renew_tokens(self) -> None:
        """Make API tokens good again that have run out."""
        self._authority.renew()

    def authorize(
        self,
        *,
        email: str = "maria.silva@example.com",
        scopes: Collection[str] = ("read:jira-user", "read:jira-work", "write:jira-work", "offline_access"),
        client_id: str = "client",
        client_secret: str = "secret",  # noqa: S107 - a made-up app's, no secret of anybody
        refresh_token: str | None = None,
    ) -> OAuthGrant:
        """Let a user allow an OAuth 2.0 app.

        Returns:
            The grant: its `code` and `refresh_token` are what the app needs for `POST /oauth/token`.
        """
        return self._authority.authorize(
            client_id=client_id, client_secret=client_secret, email=email, scopes=scopes, refresh_token=refresh_token
        )

    # what it holds

    @property
    def issues(self) -> Mapping[str, FakeIssue]:
        """All issues by key, oldest first, as the database holds them."""
        self._service.settle()
        return MappingProxyType(self._site.issues)

    @property
    def links(self) -> Sequence[FakeLink]:
        """All issue links, oldest first."""
        self._service.settle()
        return tuple(self._site.links.values())

    @property
    def users(self) -> Mapping[str, FakeUser]:
        """All accounts by account id."""
        return MappingProxyType(self._site.users)

    @property
    def sprints(self) -> Mapping[int, FakeSprint]:
        """All sprints by id."""
        return MappingProxyType(self._site.sprints)

    @property
    def boards(self) -> Mapping[int, FakeBoard]:
        """All boards by id."""
        return MappingProxyType(self._site.boards)

    @property
    def priorities(self) -> Mapping[str, FakePriority]:
        """All priorities by id."""
        return MappingProxyType(self._site.priorities)

    @property
    def fields(self) -> Mapping[str, FakeField]:
        """All fields by id."""
        return MappingProxyType(self._site.fields)

    @property
    def projects(self) -> Mapping[str, FakeProject]:
        """All projects by key."""
        return MappingProxyType(self._site.projects)

    def project(self, key: str) -> FakeProject:
        """A project, and through it its screens: `fake.project("DEMO").issue_type("Task").require("labels")`."""
        return self._site.projects[key]

    def user(self, email: str) -> FakeUser:
        """The account with that e-mail address.

        Raises:
            LookupError: there is none.
        """
        user = self._site.user_with_email(email)
        if user is None:
            message = (
                f"nobody has the address {email!r}; known: {', '.join(each.email for each in self.users.values())}"
            )
            raise LookupError(message)
        return user

    # what can be added

    def add_project(self, key: str, name: str | None = None, *, style: str = "classic") -> FakeProject:
        """Add a project. `style`: `classic` (company-managed) or `next-gen` (team-managed)."""
        return seed.add_project(self._site, key, name, style=style)

    def delete_project(self, key: str) -> None:
        """Remove a project with its issues, boards and sprints."""
        for issue in [each for each in self._site.issues.values() if each.project_key == key]:
            self._site.delete_issue(issue)
        del self._site.projects[key]
        gone = {number for number, board in self._site.boards.items() if board.project_key == key}
        self._site.boards = {number: board for number, board in self._site.boards.items() if number not in gone}
        self._site.sprints = {
            number: sprint for number, sprint in self._site.sprints.items() if sprint.board_id not in gone
        }

    def add_user(
        self,
        display_name: str,
        email: str,
        *,
        account_id: str | None = None,
        active: bool = True,
        assignable_in: Collection[str] | None = None,
        email_visible: bool = True,
        time_zone: str = "Etc/UTC",
    ) -> FakeUser:
        """Add an account. `assignable_in`: keys of the projects it may be assigned in; all when absent."""
        return self._site.add_user(
            FakeUser(
                account_id or account_id_of(email),
                display_name,
                email,
                active=active,
                email_visible=email_visible,
                assignable_in=None if assignable_in is None else frozenset(assignable_in),
                time_zone=time_zone,
            )
        )

    def add_board(self, project: str, name: str, type: str = "scrum") -> FakeBoard:  # noqa: A002 - Jira's word
        """Add a board to a project. `type`: `scrum`, `kanban` or `simple`."""
        return seed.add_board(self._site, project, name, type)

    def add_sprint(self, board: FakeBoard | int, name: str, state: str = "future") -> FakeSprint:
        """Add a sprint to a board (or the board of that id). `state`: `future`, `active` or `closed`."""
        home = board if isinstance(board, FakeBoard) else self._site.boards[board]
        return seed.add_sprint(self._site, home, name, state)

    def add_priority(self, name: str, *, id: str | None = None) -> FakePriority:  # noqa: A002 - Jira's word
        """Add a priority."""
        number = id or str(self._site.next_id("priority"))
        priority = self._site.priorities[number] = FakePriority(number, name)
        return priority

    def remove_priority(self, name: str) -> None:
        """Remove a priority."""
        self._site.priorities = {key: each for key, each in self._site.priorities.items() if each.name != name}

    def add_component(self, project: str, name: str) -> FakeComponent:
        """Add a component to a project."""
        component = FakeComponent(str(self._site.next_id("component")), name)
        self._site.projects[project].components.append(component)
        return component

    def add_version(self, project: str, name: str, *, released: bool = False, archived: bool = False) -> FakeVersion:
        """Add a version to a project."""
        version = FakeVersion(str(self._site.next_id("version")), name, released, archived)
        self._site.projects[project].versions.append(version)
        return version

    def add_group(self, name: str) -> None:
        """Add a group of users; `jira-admins` and `jira-users` are there from the start."""
        self._site.groups.add(name)

    def add_field(
        self,
        id: str,  # noqa: A002 - Jira's word
        name: str,
        kind: FieldKind,
        *,
        options: Sequence[str] = (),
    ) -> FakeField:
        """Add a custom field; show it on a screen with `project(...).issue_type(...).add_field(...)`.

        Args:
            id: `customfield_` and a number.
            options: values of a select field; names of the teams, organizations or request types there are.
        """
        choices = [FakeOption(self._site.option_id(kind), value) for value in options]
        field = self._site.fields[id] = FakeField.custom_of(id, name, kind, choices)
        return field

    # what it was asked

    @property
    def requests(self) -> list[RecordedRequest]:
        """Every request that came in, in order. Those that a fault kept from being sent are not there."""
        return self._service.requests

    @property
    def writes(self) -> list[RecordedRequest]:
        """The requests that asked for a change."""
        return [each for each in self.requests if each.is_write]

    @property
    def creates(self) -> list[RecordedRequest]:
        """The requests to create one issue."""
        return self.sent("POST", "/issue")

    def sent(self, method: str, resource: str | None = None) -> list[RecordedRequest]:
        """The requests with that method, and with that path behind the API's own (`/issue`), where one is given."""
        return [each for each in self.requests if each.method == method and resource in (None, each.resource)]

    def _restore(self, projects: Sequence[str]) -> None:
        """Make the projects, the kept ones first and in their old order, so that they get the ids they had."""
        kept = dict(self._file.project_keys()) if self._file is not None else {}
        for key, data in kept.items():
            seed.add_project(self._site, key, data["name"], style=data["style"])
        self._site.changed.clear()
        for key in projects:
            if key not in kept:
                seed.add_project(self._site, key)
                self._site.changed.add(("project", key))
        if self._file is not None:
            changed = {each for each in self._site.changed if each[0] == "project"}
            self._file.load(self._site)
            self._site.changed = changed
            self._save()

    def _save(self) -> None:
        if self._file is not None:
            self._file.save(self._site)
        self._site.changed.clear()

    def create_spacing(self) -> list[float]:
        """Seconds from the end of each create to the start of the next."""
        creates = self.creates
        return [
            following.started - (before.ended if before.ended is not None else before.started)
            for before, following in pairwise(creates)
        ]
