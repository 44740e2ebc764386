"""Whatever answers in Jira's place: a value that can be used, or one typed error. Every endpoint that is read."""

import gzip
import json
import tracemalloc
from collections.abc import Awaitable, Callable
from copy import deepcopy
from typing import Any

import anyio
import anyio.lowlevel
import httpx
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from jira_session_export._export.adopting import _shows_files
from jira_session_export._export.reconcile import marker_of
from jira_session_export._jira.answers import MOST_PAGES
from jira_session_export._jira.auth import ApiTokenAuth, BearerAuth
from jira_session_export._jira.client import JiraClient
from jira_session_export._jira.http import HttpRequest, HttpResponse
from jira_session_export._jira.network import HttpxTransport
from jira_session_export._jira.oauth import OAuth2Auth, OAuth2Tokens
from jira_session_export._jira.operation import LARGEST_ISSUES, LARGEST_LIST
from jira_session_export._jira.retry import RetryPolicy
from jira_session_export._jira.wire import Issue
from jira_session_export._mapping.comparison import differences
from jira_session_export._printable import one_line
from jira_session_export._testing.runtime import FakeRuntime
from jira_session_export.errors import JiraError, OutcomeUnknownError, RefusedError, UnreadableAnswerError

SITE = "https://demo.atlassian.net"
ONCE = RetryPolicy(max_attempts=1)
Ask = Callable[[JiraClient], Awaitable[Any]]


class Answering:
    """A transport that gives every request the same answer."""

    def __init__(self, *answers: HttpResponse) -> None:
        self.answers = list(answers)
        self.count = 0

    async def send(self, request: HttpRequest) -> HttpResponse:
        self.count += 1
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    async def aclose(self) -> None:
        pass


def response(answer: Any, status: int = 200, **headers: str) -> HttpResponse:
    body = answer if isinstance(answer, bytes) else json.dumps(answer).encode("utf-8", "surrogatepass")
    return HttpResponse(status, {"content-type": "application/json", "x-aaccountid": "5b", **headers}, body)


def ask(call: Ask, transport: Any, auth: Any = None) -> Any:
    async def asking() -> Any:
        auth_ = auth or ApiTokenAuth("me@example.com", "t")
        async with JiraClient(SITE, auth_, runtime=FakeRuntime(), retry=ONCE, transport=transport) as client:
            return await call(client)

    return anyio.run(asking)


def outcome(call: Ask, transport: Any) -> Any:
    """The value, or the error."""
    try:
        return ask(call, transport)
    except JiraError as exc:
        return exc


ISSUE = {
    "id": "1", "key": "A-1",
    "fields": {"attachment": [{"id": "7", "size": 3, "created": "2026-10-02T09:30:00.000+0200"}],
               "issuelinks": [{"id": "2", "type": {"name": "Blocks"}, "inwardIssue": {"key": "A-2"}}], "description": {"type": "doc"}},
    "properties": {"jira-session-export": {"session": "s", "ticket": "t", "attempt": 1}},
}  # fmt: skip
FIELD = {
    "fieldId": "f",
    "name": "F",
    "schema": {"type": "option", "customId": 1},
    "allowedValues": [{"id": "1", "value": "x", "children": []}],
}
ENDPOINTS: dict[str, tuple[Ask, Any]] = {
    "myself": (lambda c: c.myself(), {"accountId": "5b", "displayName": "Ann", "active": True}),
    "server_info": (lambda c: c.server_info(), {"baseUrl": SITE, "displayUrl": SITE, "serverTime": "2026-10-02T09:30:00.000+0200"}),
    "permissions": (lambda c: c.permissions("A", ["CREATE_ISSUES"]), {"permissions": {"CREATE_ISSUES": {"havePermission": True}}}),
    "project": (lambda c: c.project("A"), {"id": "1", "key": "A", "issueTypes": [{"id": "1", "hierarchyLevel": 0}], "components": [{"id": "1", "realAssignee": {"accountId": "5"}}], "versions": [{"id": "1"}], "lead": {"accountId": "5"}}),
    "issue_types": (lambda c: c.issue_types("A"), {"issueTypes": [{"id": "1", "name": "Task"}], "total": 1}),
    "create_fields": (lambda c: c.create_fields("A", "1"), {"fields": [FIELD], "total": 1}),
    "assignable_users": (lambda c: c.assignable_users("A"), [{"accountId": "5b"}]),
    "users": (lambda c: c.users("A"), [{"accountId": "5b"}]),
    "teams": (lambda c: c.teams("Team", "A"), {"results": [{"value": '"1"', "displayName": "<b>A</b>"}]}),
    "boards": (lambda c: c.boards("A"), {"values": [{"id": 1, "type": "scrum"}], "isLast": True}),
    "sprints": (lambda c: c.sprints(1), {"values": [{"id": 1, "state": "active", "originBoardId": 1}], "isLast": True}),
    "sprint": (lambda c: c.sprint(1), {"id": 1, "state": "active"}),
    "priorities": (lambda c: c.priorities(), [{"id": "1", "name": "High"}]),
    "link_types": (lambda c: c.link_types(), {"issueLinkTypes": [{"id": "1", "name": "Blocks"}]}),
    "fields": (lambda c: c.fields(), [{"id": "f", "schema": {"type": "any"}}]),
    "create_issue": (lambda c: c.create_issue({}), {"id": "1", "key": "A-1"}),
    "issue": (lambda c: c.issue("A-1"), ISSUE),
    "issues": (lambda c: c.issues(["A-1"], fields=["x"]), {"issues": [ISSUE]}),
    "search": (lambda c: c.search("project = A"), {"issues": [ISSUE], "isLast": True}),
    "issue_property": (lambda c: c.issue_property("A-1", "p"), {"key": "p", "value": 1}),
    "attachment_settings": (lambda c: c.attachment_settings(), {"enabled": True, "uploadLimit": 10}),
    "add_attachment": (lambda c: c.add_attachment("A-1", "a.txt", b"x"), [{"id": "1", "size": 1, "content": SITE}]),
    "create_link": (lambda c: c.create_link("Blocks", inward_key="A-1", outward_key="A-2"), {}),
    "assign": (lambda c: c.assign("A-1", None), {}),
}  # fmt: skip

SCALARS = (
    st.none() | st.booleans() | st.text(max_size=8)
    | st.sampled_from([0, -1, 1.5, 10**400, 2**63, -0.0, "\0", "\x1b[31m", "\u202e", "javascript:alert(1)", "//evil", "http://[", "../x", "1e999", [], {}, [[]], {"a": 1}])
)  # fmt: skip


@st.composite
def mutated(draw: st.DrawFn, answer: Any) -> Any:
    """The answer with some of its parts replaced, removed or doubled."""
    answer = json.loads(json.dumps(answer))
    for _ in range(draw(st.integers(1, 3))):
        places: list[tuple[Any, Any]] = []
        waiting = [answer]
        while waiting:
            each = waiting.pop()
            inner = (
                list(each.items())
                if isinstance(each, dict)
                else list(enumerate(each))
                if isinstance(each, list)
                else []
            )
            places += [(each, place) for place, _ in inner]
            waiting += [value for _, value in inner]
        if not places:
            return draw(SCALARS)
        holder, place = draw(st.sampled_from(places))
        match draw(st.sampled_from(["replace", "replace", "remove", "double"])):
            case "remove":
                del holder[place]
            case "double" if isinstance(holder, list):
                holder.append(deepcopy(holder[place]))
            case _:
                holder[place] = deepcopy(draw(SCALARS))  # the next mutation may change it
    return answer


def use(value: Any) -> None:
    """What exports do with the value."""
    for issue in value if isinstance(value, tuple) else [value]:
        if isinstance(issue, Issue):
            assert int(issue.id) >= 0
            _ = issue.attachments, issue.links
            marker_of(issue)
            _shows_files(issue.fields.get("description"))
            list(
                differences(
                    {"a": 1, "b": "x", "c": ["x"], "description": {"type": "doc", "version": 1, "content": []}},
                    {**issue.fields, "a": issue.fields.get("attachment")},
                    {},
                )
            )


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_mutated_answers(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(ENDPOINTS)))
    call, answer = ENDPOINTS[name]
    transport = Answering(response(data.draw(mutated(answer))))
    value = outcome(call, transport)
    if isinstance(value, JiraError):
        assert value.operation
        assert one_line(value.user_message) == value.user_message
    else:
        use(value)
    assert transport.count <= MOST_PAGES + 2


@pytest.mark.parametrize("name", ENDPOINTS)
def test_the_answers_as_they_should_be(name: str) -> None:
    call, answer = ENDPOINTS[name]
    use(ask(call, Answering(response(answer))))


ACKNOWLEDGED = {"create_link", "assign"}
RUBBISH = [
    b"",
    b"null",
    b"[]",
    b'"x"',
    b"1",
    b"\xff\xfe",
    b"<html>",
    b"[" * 100_000,
    b'{"a":' * 100_000,
    b"{",
    b"NaN",
    b'"\\ud800"',
    b"1e999999",
]


@pytest.mark.parametrize("name", sorted(set(ENDPOINTS) - ACKNOWLEDGED))
def test_rubbish_is_one_error_that_names_the_endpoint(name: str) -> None:
    call, _ = ENDPOINTS[name]
    for body in RUBBISH:
        value = outcome(call, Answering(response(body)))
        if isinstance(value, UnreadableAnswerError | OutcomeUnknownError):
            assert value.operation in value.user_message
        else:
            assert isinstance(value, RefusedError) or body == b"[]", body


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from([400, 401, 403, 404, 409, 413, 429, 500, 503]),
    st.recursive(
        SCALARS,
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["errors", "errorMessages", "message", "summary"]), inner)
        ),
        max_leaves=6,
    ),
)
@example(400, {"errors": {f"f{n}\n": "\x1b[2J" for n in range(1_000)}})
def test_refusals_of_any_shape(status: int, answer: Any) -> None:
    with pytest.raises(JiraError) as caught:
        ask(lambda client: client.priorities(), Answering(response(answer, status)))
    assert one_line(caught.value.user_message) == caught.value.user_message
    if isinstance(caught.value, RefusedError):
        assert all(one_line(text) == text for text in caught.value.refusal.field_errors.values())
        assert len(caught.value.refusal.field_errors) + len(caught.value.refusal.messages) <= 200


# -- too much --------------------------------------------------------------------------------------------------------

MANY = [
    b"[" + b"{}," * 1_000_000 + b"{}]",
    b"[" * 50 + b"[]," * 900_000 + b"[]" + b"]" * 50,
    b'{"values":[' + b"1," * 2_000_000 + b"1]}",
]


@pytest.mark.parametrize("body", MANY, ids=["objects", "lists", "numbers"])
@pytest.mark.parametrize("name", ["users", "boards", "search", "myself"])
def test_many_small_values_are_not_parsed(name: str, body: bytes) -> None:
    with pytest.raises(UnreadableAnswerError):
        ask(ENDPOINTS[name][0], Answering(response(body)))


@pytest.mark.parametrize(
    ("name", "limit"), [("myself", 1_000_000), ("users", LARGEST_LIST), ("search", LARGEST_ISSUES)]
)
def test_each_endpoint_has_a_largest_answer(name: str, limit: int) -> None:
    """Of a gzip bomb no more is decompressed."""
    bomb = gzip.compress(b'"' + b"0" * (limit + 1) + b'"')
    inner = httpx.MockTransport(
        lambda request: httpx.Response(200, headers={"Content-Encoding": "gzip"}, stream=Streamed(bomb))
    )
    with pytest.raises(UnreadableAnswerError, match=f"larger than any of Jira's \\(more than {limit:,} bytes\\)"):
        ask(ENDPOINTS[name][0], HttpxTransport(inner))
    with pytest.raises(UnreadableAnswerError):
        ask(ENDPOINTS[name][0], Answering(response(b'"' + b"0" * (limit + 1) + b'"')))


def test_a_large_refusal_is_a_refusal() -> None:
    inner = httpx.MockTransport(lambda request: httpx.Response(404, stream=Streamed(b"x" * 300_000)))
    with pytest.raises(RefusedError, match="HTTP 404"):
        ask(lambda client: client.project("A"), HttpxTransport(inner))


class Streamed(httpx.AsyncByteStream):
    def __init__(self, data: bytes) -> None:
        self._data = data

    async def __aiter__(self) -> Any:
        for start in range(0, len(self._data), 65_536):
            await anyio.lowlevel.checkpoint()
            yield self._data[start : start + 65_536]


LARGE = {
    "no JSON": b"[" + b"0" * 7_900_000,
    "one string": b'"' + b"0" * 7_900_000 + b'"',
    "endless": b"[" + b"0" * 9_000_000,
}


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
@pytest.mark.parametrize("kind", LARGE)
def test_ten_large_answers_at_once_are_not_held_together(kind: str, packed: bool) -> None:
    """A pre-flight asks so many things at a time; 8 MB each were up to 160 MB, kept by the errors until the last."""
    data, headers = LARGE[kind], {"Content-Encoding": "gzip"} if packed else {}
    body = gzip.compress(data, 1) if packed else data
    inner = httpx.MockTransport(lambda request: httpx.Response(200, headers=headers, stream=Streamed(body)))
    errors: list[JiraError] = []

    async def ten_times(client: JiraClient) -> None:
        async def once() -> None:
            try:
                await client.priorities()
            except UnreadableAnswerError as exc:
                errors.append(exc)

        async with anyio.create_task_group() as tasks:
            for _ in range(10):
                tasks.start_soon(once)

    tracemalloc.start()
    try:
        ask(ten_times, HttpxTransport(inner))
        assert tracemalloc.get_traced_memory()[1] < 40_000_000
    finally:
        tracemalloc.stop()
    assert len(errors) == 10


# -- lists without an end --------------------------------------------------------------------------------------------


def pages(make: Callable[[int], Any]) -> Answering:
    class Numbered(Answering):
        async def send(self, request: HttpRequest) -> HttpResponse:
            self.count += 1
            return response(make(self.count))

    return Numbered(response({}))


@pytest.mark.parametrize(
    ("name", "make", "says", "requests"),
    [
        ("boards", lambda n: {"values": [{"id": 1}]}, "repeats", 2),
        ("boards", lambda n: {"values": [{"id": n}]}, "more than 1,000 pages", MOST_PAGES + 1),
        ("create_fields", lambda n: {"fields": [FIELD], "total": 10**9}, "repeats", 2),
        ("search", lambda n: {"issues": [ISSUE], "nextPageToken": f"t{n}"}, "repeats", 2),
        ("search", lambda n: {"issues": [{"id": str(n), "key": f"A-{n}"}], "nextPageToken": "t"}, "repeats", 2),
        ("search", lambda n: {"issues": [{"id": str(n), "key": f"A-{n}"}], "nextPageToken": f"t{n % 3}"}, "repeats", 4),
        ("search", lambda n: {"issues": [], "nextPageToken": f"t{n}"}, "more than 1,000 pages", MOST_PAGES + 1),
    ],
)
def test_a_list_ends(name: str, make: Callable[[int], Any], says: str, requests: int) -> None:
    transport = pages(make)
    with pytest.raises(UnreadableAnswerError, match=says):
        ask(ENDPOINTS[name][0], transport)
    assert transport.count == requests


# -- addresses and sign-in -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "file:///etc/passwd",
        "https://",
        "https://a b",
        "https://u:p@x.example",
        "http://[",
        "https://x\u202e.example",
        "https://x.example/?a",
        5,
        "",
    ],
)
def test_an_address_that_nobody_should_open_is_not_used(address: Any) -> None:
    async def browse(client: JiraClient) -> str:
        await client.server_info()
        return client.browse_url("A-1")

    answer = response({"baseUrl": address, "displayUrl": address})
    assert ask(browse, Answering(answer)) == f"{SITE}/browse/A-1"
    (attached,) = [ask(ENDPOINTS["add_attachment"][0], Answering(response([{"id": "1", "content": address}])))]
    assert attached.content is None or "?" in attached.content


def test_a_cloud_id_is_no_path() -> None:
    transport = Answering(response({"cloudId": "../../evil"}))
    with pytest.raises(UnreadableAnswerError):
        ask(lambda client: client.priorities(), transport, BearerAuth("t"))


@pytest.mark.parametrize(
    "grant",
    [
        {"access_token": "a\nb"},
        {"access_token": ""},
        {"access_token": "a", "refresh_token": "\0"},
        {"access_token": 5},
        [],
        {"access_token": "x" * 20_000},
    ],
)
def test_tokens_that_are_none(grant: Any) -> None:
    async def save(tokens: OAuth2Tokens) -> None:
        raise AssertionError

    auth = OAuth2Auth(client_id="a", client_secret="s", tokens=OAuth2Tokens("t", "r"), save=save, cloud_id="11aa")
    transport = Answering(response({"code": 401}, 401), response(grant))
    with pytest.raises(JiraError):
        ask(lambda client: client.priorities(), transport, auth)
