"""`JiraClient`: one method per endpoint of Jira Cloud that an export uses."""

import re
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import quote, urlsplit

from pydantic import BaseModel

from jira_session_export._envconfig import JiraSettings
from jira_session_export._jira.answers import Pages, read_answer
from jira_session_export._jira.auth import ApiTokenAuth, BearerAuth
from jira_session_export._jira.bulk import read_bulk
from jira_session_export._jira.configured import auth_from
from jira_session_export._jira.dispatch import Dispatcher, WaitForJira
from jira_session_export._jira.exchange import BeforeSend, Decode, Exchange, RequestObserver, as_json
from jira_session_export._jira.http import DEFAULT_HTTP_SETTINGS, HttpResponse, HttpSettings, HttpTransport
from jira_session_export._jira.network import open_network
from jira_session_export._jira.oauth import OAuth2Auth
from jira_session_export._jira.operation import (
    LARGEST_ISSUES,
    LARGEST_LIST,
    READ_BOARDS,
    READ_SPRINTS,
    READ_USERS,
    READ_WORK,
    WRITE_EPICS,
    WRITE_SPRINTS,
    WRITE_WORK,
    Effect,
    Operation,
)
from jira_session_export._jira.ratelimit import LimitStore, SiteLimits
from jira_session_export._jira.retry import DEFAULT_RETRY_POLICY, RetryPolicy
from jira_session_export._jira.site import Site
from jira_session_export._jira.translate import answered_as_account, trace_id_of
from jira_session_export._jira.upload import Upload, UploadSource
from jira_session_export._jira.wire import (
    Acknowledgement,
    AttachmentInfo,
    Attachments,
    AttachmentSettings,
    Board,
    BoardPage,
    Created,
    FetchedIssues,
    FieldMetadata,
    FieldPage,
    Issue,
    IssueField,
    IssueFields,
    IssueProperty,
    IssueType,
    IssueTypePage,
    LinkType,
    LinkTypes,
    Page,
    Permissions,
    Priorities,
    Priority,
    Project,
    SearchPage,
    ServerInfo,
    Sprint,
    SprintPage,
    Suggestions,
    Team,
    User,
    Users,
)
from jira_session_export._runtime import SYSTEM_RUNTIME, Runtime
from jira_session_export._values import CreatedIssue, Refusal
from jira_session_export.errors import InputError, JiraError, NotFoundError, RateLimitedError

PLATFORM = "/rest/api/3"
AGILE = "/rest/agile/1.0"

CREATE_METADATA_PAGE = 200
AGILE_PAGE = 50
FETCH_LIMIT = 100
SEARCH_PAGE = 100
MOVE_LIMIT = 50

M = TypeVar("M", bound=BaseModel)
T = TypeVar("T")

_ISSUE = f"{PLATFORM}/issue/{{key}}"
_CREATE = Operation("POST", f"{PLATFORM}/issue", "create the issue", Effect.ADDITIVE, scopes=(WRITE_WORK,))
_CREATE_MANY = Operation(
    "POST",
    f"{PLATFORM}/issue/bulk",
    "create the issues",
    Effect.ADDITIVE,
    scopes=(WRITE_WORK,),
    answers=frozenset(range(400, 500)),
)
BULK_LIMIT = 50
_MEDIA_FILE = re.compile(r"/file/([0-9a-fA-F-]{36})(?:/|$)")


class JiraClient:
    """Jira Cloud, as far as an export needs it.

    One client may serve many exports at the same time, under asyncio or trio. Reads, and writes that may be repeated,
    are repeated with back-off; a create or an upload only when it certainly was not processed. Pauses Jira asks for
    are kept, for the endpoint concerned. "Not found" is believed only when Jira accepted our credentials. No request
    is made before the first call.

    Args:
        base_url: the site's address, for example `https://your-site.atlassian.net`.
        retry: how failed requests are repeated.
        http: time-out, proxy and certificates.
        transport: instead of the network, for tests (`FakeJira().transport`).

    Raises:
        SettingsError: `base_url` is no address of a web site, or the proxy or the certificates cannot be used.

    Every method may raise:
        NotSentError: the request certainly did not reach Jira.
        ReadFailedError: a read failed on Jira's side or on the way, repeatedly.
        OutcomeUnknownError: a write may or may not have happened.
        RateLimitedError: Jira is getting too many requests.
        RefusedError: Jira answered no: `AuthenticationError`, `PermissionDeniedError`, `NotFoundError`,
            `TooLargeError`, or itself with `refusal.field_errors`.

    Source: https://developer.atlassian.com/cloud/jira/platform/rest/v3/ and
    https://developer.atlassian.com/cloud/jira/software/rest/ (October 2026).
    """

    def __init__(
        self,
        base_url: str,
        auth: ApiTokenAuth | OAuth2Auth | BearerAuth,
        *,
        runtime: Runtime = SYSTEM_RUNTIME,
        retry: RetryPolicy = DEFAULT_RETRY_POLICY,
        http: HttpSettings = DEFAULT_HTTP_SETTINGS,
        transport: HttpTransport | None = None,
    ) -> None:
        self._runtime = runtime
        plain_http = http.allow_plain_http or transport is not None
        self._site = Site(base_url, auth, allow_plain_http=plain_http)
        self._http = transport or open_network(http, runtime, self._site.base_url)
        exchange = Exchange(self._http, self._site, auth, runtime, http.timeout_seconds)
        # Jira counts what is asked of a site by everybody; so do all clients of it in this process.
        limits = SiteLimits(self._site.base_url, runtime, alone=transport is not None)
        self._dispatcher = Dispatcher(exchange, self._site, auth, retry=retry, runtime=runtime, limits=limits)

    @classmethod
    def from_settings(
        cls,
        settings: JiraSettings,
        *,
        runtime: Runtime = SYSTEM_RUNTIME,
        retry: RetryPolicy = DEFAULT_RETRY_POLICY,
        http: HttpSettings = DEFAULT_HTTP_SETTINGS,
        transport: HttpTransport | None = None,
    ) -> Self:
        """A client for what `jira_settings()` found in the environment.

        Args:
            runtime, retry, http, transport: as of the class.

        Raises:
            SettingsError: as the class; or the file with the OAuth tokens cannot be read.
        """
        http = replace(http, allow_plain_http=http.allow_plain_http or settings.allow_http)
        auth = auth_from(settings)
        return cls(settings.base_url, auth, runtime=runtime, retry=retry, http=http, transport=transport)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    def __repr__(self) -> str:
        return f"JiraClient({self.base_url!r})"

    async def aclose(self) -> None:
        """Close its connections."""
        await self._http.aclose()

    def with_options(
        self,
        *,
        retry: RetryPolicy | None = None,
        longest_wait_seconds: float | None = None,
        wait: WaitForJira | None = None,
    ) -> "JiraClient":
        """The same client with another patience; it shares connections, sign-in and pauses. Close the original.

        Args:
            retry: `RetryPolicy.interactive()` for calls whose answer a person waits for; None leaves it as it is.
            longest_wait_seconds: instead of that of `retry`.
            wait: does the waiting between two requests; for telling of it and for ending it.
        """
        other = copy(self)
        other._dispatcher = self._dispatcher.with_options(  # noqa: SLF001 -- it is one of us
            retry=retry, longest_wait_seconds=longest_wait_seconds, wait=wait
        )
        return other

    def observe_requests(self, observer: RequestObserver) -> None:
        """Have `observer` called with each request when it is done, for traces and metrics."""
        self._dispatcher.observe_requests(observer)

    def share_limits(self, store: LimitStore) -> None:
        """Tell other processes of the limits that Jira sets, and hear of theirs, through a store.

        An `Exporter` does it by itself where its store can, as `SqlAlchemyStore` can.
        """
        self._dispatcher.share_limits(store)

    @property
    def base_url(self) -> str:
        """The site's address as given, without a trailing slash."""
        return self._site.base_url

    @property
    def clock_offset(self) -> timedelta:
        """How far this machine's clock is ahead of Jira's, by its last answer; zero when both show nearly the same."""
        return self._dispatcher.clock_offset

    def browse_url(self, key: str) -> str:
        """Return the address of an issue's page; on the address people use once `server_info` has been read."""
        return f"{self._site.browse_base or self.base_url}/browse/{quote(key, safe='')}"

    # -- who we are and what we may ------------------------------------------------------------------------------

    async def myself(self) -> User:
        """The account whose credentials these are; the reliable check of them."""
        return await self._dispatcher.confirm_account()

    async def server_info(self) -> ServerInfo:
        """The site: version, deployment type, and the address people use."""
        operation = Operation("GET", f"{PLATFORM}/serverInfo", "read the site's information", proves_address=True)
        info = await self._get(operation, ServerInfo)
        self._site.learn_browse_base(info.browse_base)
        return info

    async def permissions(self, project_key: str, names: Sequence[str]) -> Mapping[str, bool]:
        """Whether the account has each of the named permissions (`CREATE_ISSUES`) in the project."""
        operation = _read(f"{PLATFORM}/mypermissions", f"read the permissions in project {project_key}")
        answer = await self._get(
            operation, Permissions, params={"permissions": ",".join(names), "projectKey": project_key}
        )
        return {name: name in answer.permissions and answer.permissions[name].have_permission for name in names}

    # -- what a project offers -----------------------------------------------------------------------------------

    async def project(self, key: str) -> Project:
        """The project with its components and versions."""
        path = f"{PLATFORM}/project/{quote(key, safe='')}"
        return await self._get(_read(path, f"read project {key}", f"{PLATFORM}/project/{{key}}"), Project)

    async def issue_types(self, project_key: str) -> tuple[IssueType, ...]:
        """The issue types the account can create in the project, from the create metadata."""
        path = f"{PLATFORM}/issue/createmeta/{quote(project_key, safe='')}/issuetypes"
        endpoint = f"{PLATFORM}/issue/createmeta/{{project}}/issuetypes"
        operation = _read(path, f"read the issue types of project {project_key}", endpoint)
        return await self._all_pages(operation, IssueTypePage, CREATE_METADATA_PAGE)

    async def create_fields(self, project_key: str, issue_type_id: str) -> tuple[FieldMetadata, ...]:
        """The fields on the create screen of that issue type; Jira refuses every other field in a create."""
        path = f"{PLATFORM}/issue/createmeta/{quote(project_key, safe='')}/issuetypes/{quote(issue_type_id, safe='')}"
        endpoint = f"{PLATFORM}/issue/createmeta/{{project}}/issuetypes/{{id}}"
        operation = _read(path, f"read the create screen of project {project_key}", endpoint)
        return await self._all_pages(operation, FieldPage, CREATE_METADATA_PAGE)

    async def assignable_users(
        self, project_key: str, *, query: str = "", account_id: str | None = None, max_results: int = 1000
    ) -> tuple[User, ...]:
        """Users an issue of the project can be assigned to.

        Jira looks through the first `max_results` users (at most 1000) and returns the assignable ones among them, so
        on a large site the list is incomplete: ask for one person with `account_id` to be certain.

        Args:
            query: start of a name or e-mail address; ignored when `account_id` is given.
        """
        purpose = f"look up who can be assigned in project {project_key}"
        operation = _read(f"{PLATFORM}/user/assignable/search", purpose, scopes=(READ_USERS,))
        whom = {"query": query} if account_id is None else {"accountId": account_id}
        params: dict[str, str | int] = {"project": project_key, **whom, "maxResults": max_results}
        return (await self._get(operation, Users, params=params)).root

    async def users(self, query: str, *, max_results: int = 50) -> tuple[User, ...]:
        """Active users of the site, whether or not they can be assigned anything.

        Nobody is found without the global permission Browse users and groups; Jira does not say so.

        Args:
            query: start of a name or e-mail address.
        """
        operation = _read(f"{PLATFORM}/user/search", "look up people", scopes=(READ_USERS,))
        return (await self._get(operation, Users, params={"query": query, "maxResults": max_results})).root

    async def teams(self, field_name: str, query: str) -> tuple[Team, ...]:
        """Teams that Jira suggests for a clause on a Team field.

        Args:
            field_name: what Jira calls the field.
            query: part of the team's name.
        """
        operation = _read(f"{PLATFORM}/jql/autocompletedata/suggestions", "look up teams")
        found = await self._get(operation, Suggestions, params={"fieldName": field_name, "fieldValue": query})
        return tuple(Team(id=each.value.strip('"'), name=each.text) for each in found.results)

    async def boards(self, project_key: str) -> tuple[Board, ...]:
        """The project's boards, of all types."""
        operation = _read(f"{AGILE}/board", f"read the boards of project {project_key}", scopes=READ_BOARDS)
        return await self._all_pages(operation, BoardPage, AGILE_PAGE, {"projectKeyOrId": project_key})

    async def sprints(self, board_id: int, states: Sequence[str] = ("active", "future")) -> tuple[Sprint, ...]:
        """The board's sprints in those states. A board without sprints is refused with 400."""
        operation = _read(
            f"{AGILE}/board/{board_id}/sprint",
            f"read the sprints of board {board_id}",
            f"{AGILE}/board/{{id}}/sprint",
            scopes=READ_SPRINTS,
        )
        return await self._all_pages(operation, SprintPage, AGILE_PAGE, {"state": ",".join(states)})

    async def sprint(self, sprint_id: int) -> Sprint:
        """One sprint, in any state."""
        operation = _read(
            f"{AGILE}/sprint/{sprint_id}", f"read sprint {sprint_id}", f"{AGILE}/sprint/{{id}}", scopes=READ_SPRINTS
        )
        return await self._get(operation, Sprint)

    async def priorities(self) -> tuple[Priority, ...]:
        """All priorities of the site; the ones a project allows are in its create metadata."""
        return (await self._get(_read(f"{PLATFORM}/priority", "read the priorities"), Priorities)).root

    async def link_types(self) -> tuple[LinkType, ...]:
        """All issue link types of the site."""
        operation = _read(f"{PLATFORM}/issueLinkType", "read the issue link types")
        return (await self._get(operation, LinkTypes)).issue_link_types

    async def fields(self) -> tuple[IssueField, ...]:
        """All fields of the site; names are not unique."""
        return (await self._get(_read(f"{PLATFORM}/field", "read the fields"), IssueFields)).root

    # -- issues --------------------------------------------------------------------------------------------------

    async def create_issue(
        self,
        payload: Mapping[str, Any],
        *,
        before_send: BeforeSend | None = None,
        on_not_sent: Callable[[], None] | None = None,
    ) -> CreatedIssue:
        """Create one issue.

        Args:
            payload: `{"fields": …, "properties": …}` as Jira takes it.
            before_send: awaited right before each sending, also one that is repeated after a pause; what it raises
                prevents the sending.
            on_not_sent: called when a sending certainly did nothing and another will follow, maybe after a long pause.

        Raises:
            InputError: the payload cannot be written as JSON.
            OutcomeUnknownError: it was sent and no certain answer came: the issue may exist.
            RefusedError: nothing was created; `refusal.field_errors` names the fields.
        """
        if self._site.browse_base is None:
            await self.server_info()
        return await self._dispatcher.call(
            _CREATE, self._created_issue, body=payload, before_send=before_send, on_not_sent=on_not_sent
        )

    async def create_issues(
        self,
        payloads: Sequence[Mapping[str, Any]],
        *,
        before_send: BeforeSend | None = None,
        on_not_sent: Callable[[], None] | None = None,
    ) -> tuple[CreatedIssue | JiraError, ...]:
        """Create up to fifty issues with one request. Jira makes those it can, whatever becomes of the others.

        Args:
            payloads: each as `create_issue` takes it.
            before_send, on_not_sent: as in `create_issue`.

        Returns:
            For each payload, in order, its issue, or what `create_issue` would have raised for it.

        Raises:
            InputError: the payloads cannot be written as JSON, or there are none or too many of them.
            OutcomeUnknownError: they were sent and no certain answer came: any of the issues may exist.
            TooLargeError: the request is too large; nothing was created.
            RefusedError: Jira refused the request as a whole; nothing was created.
        """
        bodies = [self.encode_issue(payload) for payload in payloads]
        return await self.create_encoded_issues(bodies, before_send=before_send, on_not_sent=on_not_sent)

    def encode_issue(self, payload: Mapping[str, Any]) -> bytes:
        """What `create_issue` sends for the payload; for `create_encoded_issues`.

        Raises:
            InputError: the payload cannot be written as JSON.
        """
        return as_json(payload, _CREATE)

    async def create_encoded_issues(
        self,
        bodies: Sequence[bytes],
        *,
        before_send: BeforeSend | None = None,
        on_not_sent: Callable[[], None] | None = None,
    ) -> tuple[CreatedIssue | JiraError, ...]:
        """Do as `create_issues`, of what `encode_issue` gave: its bodies take a fraction of the payloads' memory."""
        if not 1 <= len(bodies) <= BULK_LIMIT:
            raise InputError(f"Jira creates 1 to {BULK_LIMIT} issues with one request, not {len(bodies)}.")
        if self._site.browse_base is None:
            await self.server_info()
        decode = partial(
            read_bulk,
            sent=len(bodies),
            operation=_CREATE_MANY,
            single=_CREATE,
            browse_url=self.browse_url,
            now=self._runtime.now,
        )
        outcomes = await self._dispatcher.call(
            _CREATE_MANY,
            decode,
            content=b'{"issueUpdates":[%b]}' % b",".join(bodies),
            before_send=before_send,
            on_not_sent=on_not_sent,
        )
        limited = next((each for each in outcomes if isinstance(each, RateLimitedError)), None)
        if limited is not None:
            await self._dispatcher.pause(_CREATE_MANY, limited)
        return outcomes

    async def issue(self, key_or_id: str, *, fields: Sequence[str] = (), properties: Sequence[str] = ()) -> Issue:
        """One issue, as the database has it, at once after its create.

        Args:
            fields: field ids; none gives all of them.
        """
        params = _joined(fields=fields, properties=properties)
        operation = _read(_issue_path(key_or_id), f"read issue {key_or_id}", _ISSUE)
        return await self._dispatcher.call(operation, _issue, params=params)

    async def issues(
        self, ids_or_keys: Sequence[str], *, fields: Sequence[str], properties: Sequence[str] = ()
    ) -> tuple[Issue, ...]:
        """Those of the issues that the account can see, as the database has them; a hundred with one request.

        Args:
            fields: field ids.
            properties: keys of entity properties.
        """
        operation = Operation(
            "POST",
            f"{PLATFORM}/issue/bulkfetch",
            "read issues",
            scopes=(READ_WORK,),
            largest_answer=LARGEST_ISSUES,
        )
        found: list[Issue] = []
        for start in range(0, len(ids_or_keys), FETCH_LIMIT):
            body = {"issueIdsOrKeys": list(ids_or_keys[start : start + FETCH_LIMIT]), "fields": list(fields)}
            if properties:
                body["properties"] = list(properties)
            found += (await self._dispatcher.call(operation, _as(FetchedIssues), body=body)).issues
        return tuple(found)

    async def search(
        self,
        jql: str,
        *,
        fields: Sequence[str] = (),
        properties: Sequence[str] = (),
        reconcile_issues: Sequence[int] = (),
        limit: int | None = None,
    ) -> tuple[Issue, ...]:
        """All issues the JQL finds. The index lags by seconds, sometimes minutes: a miss is no proof.

        Nothing found is believed only from an answer to our account: to wrong credentials Jira answers the same.

        Args:
            fields: field ids; none gives ids and keys only.
            properties: up to five.
            reconcile_issues: ids of up to fifty issues whose latest state the answer must have.
            limit: read no more issues than these; None: all.
        """
        operation = Operation(
            "POST",
            f"{PLATFORM}/search/jql",
            "search for issues",
            scopes=(READ_WORK,),
            largest_answer=LARGEST_ISSUES,
        )
        body: dict[str, Any] = {"jql": jql, "maxResults": SEARCH_PAGE, "fields": list(fields) or ["id", "key"]}
        if limit is not None:
            body["maxResults"] = min(SEARCH_PAGE, limit)
        if properties:
            body["properties"] = list(properties)
        if reconcile_issues:
            body["reconcileIssues"] = list(reconcile_issues)
        found: list[Issue] = []
        pages = Pages(operation)
        while True:
            page, from_account = await self._dispatcher.call(operation, _search_page, body=body)
            found += page.issues
            token = page.next_page_token
            if page.is_last or not token:
                break
            if limit is not None and len(found) >= limit:
                break
            pages.take(page.issues, token)
            body["nextPageToken"] = token
        if not found and not from_account and await self._dispatcher.confirm_account_elsewhere():
            return await self.search(
                jql, fields=fields, properties=properties, reconcile_issues=reconcile_issues, limit=limit
            )
        return tuple(found[:limit])

    async def update_issue(self, key: str, fields: Mapping[str, Any]) -> Acknowledgement:
        """Set those fields of an issue. May be repeated."""
        operation = _write("PUT", _issue_path(key), f"update issue {key}", _ISSUE)
        return await self._dispatcher.call(operation, _acknowledgement, body={"fields": dict(fields)})

    async def delete_issue(self, key_or_id: str) -> Acknowledgement:
        """Delete an issue with its attachments and comments; one that has sub-tasks is refused.

        Repeating it after a lost answer is safe; an issue that is gone is a `NotFoundError` then.

        Raises:
            RefusedError: 400, it has sub-tasks; nothing was deleted.
            PermissionDeniedError: the account may not delete it.
            NotFoundError: there is none, or the account may not see it.

        Source: https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issues/ (delete issue).
        """
        operation = _write("DELETE", _issue_path(key_or_id), f"delete issue {key_or_id}", _ISSUE)
        return await self._dispatcher.call(operation, _acknowledgement)

    async def assign(self, issue_key: str, account_id: str | None) -> Acknowledgement:
        """Assign an issue, or unassign it with None; works without the field on any screen. May be repeated."""
        operation = _write("PUT", f"{_issue_path(issue_key)}/assignee", f"assign {issue_key}", f"{_ISSUE}/assignee")
        return await self._dispatcher.call(operation, _acknowledgement, body={"accountId": account_id})

    async def issue_property(self, key: str, name: str) -> Any:
        """The value of an issue's entity property.

        Raises:
            NotFoundError: there is no such issue or property.
        """
        path = f"{_issue_path(key)}/properties/{quote(name, safe='')}"
        operation = _read(path, f"read the property {name} of {key}", f"{_ISSUE}/properties/{{name}}")
        return (await self._get(operation, IssueProperty)).value

    async def set_property(self, key: str, name: str, value: Any) -> Acknowledgement:
        """Set an entity property of an issue; at most 32,768 characters of JSON. May be repeated."""
        path = f"{_issue_path(key)}/properties/{quote(name, safe='')}"
        operation = _write("PUT", path, f"set the property {name} of {key}", f"{_ISSUE}/properties/{{name}}")
        return await self._dispatcher.call(operation, _acknowledgement, body=value)

    # -- attachments, links, sprints -----------------------------------------------------------------------------

    async def attachment_settings(self) -> AttachmentSettings:
        """Whether files may be attached, and how large one may be."""
        operation = _read(f"{PLATFORM}/attachment/meta", "read the attachment settings")
        return await self._get(operation, AttachmentSettings)

    async def add_attachment(
        self,
        issue_key: str,
        filename: str,
        content: bytes | Path | UploadSource,
        media_type: str | None = None,
        *,
        before_send: BeforeSend | None = None,
        on_not_sent: Callable[[], None] | None = None,
    ) -> AttachmentInfo:
        """Attach a file. Repeating it attaches it twice.

        Args:
            content: bytes, or a file, here or elsewhere, which is read piece by piece.
            media_type: guessed from the file name when None.
            before_send, on_not_sent: as in `create_issue`.

        Raises:
            UploadSourceError: an `OSError`: the file cannot be read; nothing was attached.
            AttachmentError: the same of a file that lies elsewhere.
            OutcomeUnknownError: it was sent and no certain answer came: look for it on the issue first.
            TooLargeError: larger than Jira takes, or the issue has too many.
        """
        operation = Operation(
            "POST",
            f"{_issue_path(issue_key)}/attachments",
            f"attach {filename} to {issue_key}",
            Effect.ADDITIVE,
            f"{_ISSUE}/attachments",
            scopes=(WRITE_WORK,),
        )
        upload = await Upload.of(content, filename, media_type, boundary=self._runtime.new_id().hex)
        return await self._dispatcher.call(
            operation, _first_attachment, upload=upload, before_send=before_send, on_not_sent=on_not_sent
        )

    async def media_id(self, attachment_id: str) -> str:
        """The id by which a `media` node of a document shows the attachment.

        Only the redirect to the attachment's bytes tells it. That address is good for a while without signing in, so
        it is kept nowhere.

        Raises:
            NotFoundError: there is no such attachment, or Jira does not keep it in its media service.
        """
        operation = Operation(
            "GET",
            f"{PLATFORM}/attachment/content/{quote(attachment_id, safe='')}",
            f"find the media id of attachment {attachment_id}",
            endpoint=f"{PLATFORM}/attachment/content/{{id}}",
            redirects=True,
            scopes=(READ_WORK,),
        )
        media_id = await self._dispatcher.call(operation, _media_id)
        if media_id is None:
            raise NotFoundError(
                f"Could not {operation.purpose}: Jira does not keep it in its media service.",
                operation=operation.name,
                refusal=Refusal(status=200),
            )
        return media_id

    async def create_link(self, type_name: str, *, inward_key: str, outward_key: str) -> Acknowledgement:
        """Link two issues so that it reads "`inward_key` <outward phrase> `outward_key`": A blocks B.

        Jira answers a link that exists already as if it had made it. May be repeated.

        Raises:
            NotFoundError: an issue or the link type does not exist, or linking is switched off.
        """
        operation = _write("POST", f"{PLATFORM}/issueLink", f"link {inward_key} to {outward_key}")
        body = {
            "type": {"name": type_name},
            "inwardIssue": {"key": inward_key},
            "outwardIssue": {"key": outward_key},
        }
        return await self._dispatcher.call(operation, _acknowledgement, body=body)

    async def move_to_sprint(self, sprint_id: int, keys: Sequence[str]) -> Acknowledgement:
        """Move issues into an open sprint, fifty per request. May be repeated."""
        operation = _write(
            "POST",
            f"{AGILE}/sprint/{sprint_id}/issue",
            f"move issues to sprint {sprint_id}",
            f"{AGILE}/sprint/{{id}}/issue",
            scopes=WRITE_SPRINTS,
        )
        return await self._move(operation, keys)

    async def move_to_epic(self, epic_key: str, keys: Sequence[str]) -> Acknowledgement:
        """Put issues under an epic, fifty per request, whether or not a screen shows their parent. May be repeated.

        For company-managed projects: Jira refuses it for epics of team-managed ones.
        """
        operation = _write(
            "POST",
            f"{AGILE}/epic/{quote(epic_key, safe='')}/issue",
            f"move issues to epic {epic_key}",
            f"{AGILE}/epic/{{key}}/issue",
            scopes=WRITE_EPICS,
        )
        return await self._move(operation, keys)

    async def _move(self, operation: Operation, keys: Sequence[str]) -> Acknowledgement:
        done = Acknowledgement()
        for start in range(0, len(keys), MOVE_LIMIT):
            body = {"issues": list(keys[start : start + MOVE_LIMIT])}
            done = await self._dispatcher.call(operation, _acknowledgement, body=body)
        return done

    # ------------------------------------------------------------------------------------------------------------

    def _created_issue(self, response: HttpResponse) -> CreatedIssue:
        created = read_answer(Created, response)
        return CreatedIssue(created.id, created.key, self.browse_url(created.key), trace_id_of(response.headers))

    async def _get(self, operation: Operation, model: type[M], *, params: Mapping[str, str | int] | None = None) -> M:
        return await self._dispatcher.call(operation, _as(model), params=params)

    async def _all_pages(
        self,
        operation: Operation,
        page_type: type[Page[T]],
        size: int,
        params: Mapping[str, str | int] | None = None,
    ) -> tuple[T, ...]:
        """The items of all pages; advances by what came, since Jira serves fewer than asked for as it likes."""
        items: list[T] = []
        pages = Pages(operation)
        while True:
            asked = {**(params or {}), "startAt": len(items), "maxResults": size}
            page = await self._get(operation, page_type, params=asked)
            pages.take(page.items)
            items += page.items
            if not page.items or page.is_last or (page.total is not None and len(items) >= page.total):
                return tuple(items)


def _read(path: str, purpose: str, endpoint: str = "", *, scopes: tuple[str, ...] = (READ_WORK,)) -> Operation:
    return Operation("GET", path, purpose, Effect.READ, endpoint, scopes=scopes, largest_answer=LARGEST_LIST)


def _write(
    method: str, path: str, purpose: str, endpoint: str = "", *, scopes: tuple[str, ...] = (WRITE_WORK,)
) -> Operation:
    return Operation(method, path, purpose, Effect.IDEMPOTENT, endpoint, scopes=scopes)


def _issue_path(key_or_id: str) -> str:
    return f"{PLATFORM}/issue/{quote(key_or_id, safe='')}"


def _joined(**lists: Sequence[str]) -> dict[str, str]:
    return {name: ",".join(items) for name, items in lists.items() if items}


def _as(model: type[M]) -> Decode[M]:
    return partial(read_answer, model)


def _acknowledgement(response: HttpResponse) -> Acknowledgement:
    """Jira answers these with nothing, or with JSON nobody needs; a web page is somebody else's answer."""
    if "html" in response.headers.get("content-type", ""):
        raise ValueError("a web page instead of an answer")
    return Acknowledgement(trace_id=trace_id_of(response.headers))


def _issue(response: HttpResponse) -> Issue:
    return _traced(read_answer(Issue, response), response)


def _search_page(response: HttpResponse) -> tuple[SearchPage, bool]:
    page = read_answer(SearchPage, response)
    page = page.model_copy(update={"issues": tuple(_traced(issue, response) for issue in page.issues)})
    return page, answered_as_account(response.headers)


def _first_attachment(response: HttpResponse) -> AttachmentInfo:
    attached = read_answer(Attachments, response).root
    if not attached:
        raise ValueError("no attachment in the answer")
    return _traced(attached[0], response)


def _traced(answer: M, response: HttpResponse) -> M:
    return answer.model_copy(update={"trace_id": trace_id_of(response.headers)})


def _media_id(response: HttpResponse) -> str | None:
    found = _MEDIA_FILE.search(urlsplit(response.headers.get("location", "")).path)
    return found and found[1]
