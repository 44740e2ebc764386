"""What each of httpx's errors and each status means. The two tables are total: a new kind of error fails a test."""

import json
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jira_session_export._jira.http import HttpError, HttpFault
from jira_session_export._jira.operation import READ_BOARDS, Effect, Operation
from jira_session_export._jira.ratelimit import RateLimit
from jira_session_export._jira.translate import (
    SHOWN_LENGTH,
    answered_as_account,
    error_from_answer,
    error_from_fault,
    error_from_unreadable_answer,
    read_refusal,
)
from jira_session_export._values import ErrorCategory
from jira_session_export.errors import (
    AuthenticationError,
    JiraError,
    MissingScopeError,
    NotFoundError,
    NotSentError,
    OutcomeUnknownError,
    PermissionDeniedError,
    RateLimitedError,
    ReadFailedError,
    RefusedError,
    TooLargeError,
    UnreadableAnswerError,
)

READ = Operation("GET", "/rest/api/3/project/PAY", "read project PAY")
LINK = Operation("POST", "/rest/api/3/issueLink", "link A-1 to A-2", Effect.IDEMPOTENT)
CREATE = Operation("POST", "/rest/api/3/issue", "create the issue", Effect.ADDITIVE)
OPERATIONS = [READ, LINK, CREATE]
USER, ADMIN, TEMPORARY = ErrorCategory.USER_FIXABLE, ErrorCategory.ADMIN_REQUIRED, ErrorCategory.TEMPORARY
JSON = {"content-type": "application/json;charset=UTF-8", "atl-traceid": "1f2e"}
HTML = {"content-type": "text/html; charset=utf-8"}
PAGE = b"<!DOCTYPE html><html><body>secret <b>page</b></body></html>"


def answer(operation: Operation, status: int, headers: dict[str, str], body: bytes, **limit: object) -> JiraError:
    return error_from_answer(operation, status, headers, body, RateLimit(**limit))  # type: ignore[arg-type]


def assert_complete(error: JiraError, operation: Operation) -> None:
    assert operation.purpose in error.user_message
    assert error.operation == operation.name
    assert error.recovery_actions
    assert all(action.strip() for action in error.recovery_actions)
    assert error.category in ErrorCategory


NEVER_SENT = {
    HttpFault.NOT_CONNECTED,
    HttpFault.CONNECT_TIMEOUT,
    HttpFault.POOL_TIMEOUT,
    HttpFault.UNTRUSTED_CERTIFICATE,
    HttpFault.NO_TLS,
    HttpFault.PROXY_UNREACHABLE,
    HttpFault.PROXY_REFUSED,
    HttpFault.INVALID_ADDRESS,
}
UNREADABLE = {HttpFault.UNREADABLE_ANSWER, HttpFault.TOO_LARGE_ANSWER}
FOR_ADMINISTRATORS = {HttpFault.UNTRUSTED_CERTIFICATE, HttpFault.NO_TLS, HttpFault.INVALID_ADDRESS}


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.effect.name)
@pytest.mark.parametrize("fault", HttpFault)
def test_a_broken_exchange_tells_whether_it_was_sent(fault: HttpFault, operation: Operation) -> None:
    error = error_from_fault(HttpError(fault, "http://proxy:1"), operation)
    read_failed = UnreadableAnswerError if fault in UNREADABLE else ReadFailedError
    expected = OutcomeUnknownError if operation.effect is not Effect.READ else read_failed
    assert type(error) is (NotSentError if fault in NEVER_SENT else expected)
    assert fault.sent is (fault not in NEVER_SENT)
    assert error.category is (ADMIN if fault in FOR_ADMINISTRATORS else TEMPORARY)
    assert "(http://proxy:1)" in error.user_message
    assert_complete(error, operation)


REFUSALS = [
    (300, RefusedError, ADMIN),
    (301, RefusedError, ADMIN),
    (302, RefusedError, ADMIN),
    (307, RefusedError, ADMIN),
    (400, RefusedError, USER),
    (401, AuthenticationError, ADMIN),
    (402, RefusedError, ADMIN),
    (403, PermissionDeniedError, ADMIN),
    (404, NotFoundError, USER),
    (405, RefusedError, ADMIN),
    (406, RefusedError, ADMIN),
    (409, RefusedError, TEMPORARY),
    (410, RefusedError, ADMIN),
    (413, TooLargeError, USER),
    (414, RefusedError, ADMIN),
    (415, RefusedError, ADMIN),
    (422, RefusedError, ADMIN),
    (431, RefusedError, ADMIN),
    (451, RefusedError, ADMIN),
]
BODY = json.dumps({"errorMessages": ["Nein."], "errors": {"customfield_10020": "值无效", "priority": "x"}}).encode()


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.effect.name)
@pytest.mark.parametrize(("status", "kind", "category"), REFUSALS)
def test_every_refusal_keeps_what_jira_said(
    status: int, kind: type[RefusedError], category: ErrorCategory, operation: Operation
) -> None:
    error = answer(operation, status, JSON, BODY)
    assert type(error) is kind
    assert isinstance(error, RefusedError)
    assert error.category is category
    assert error.refusal.status == status
    assert error.refusal.field_errors == {"customfield_10020": "值无效", "priority": "x"}
    assert error.refusal.messages == ("Nein.",)
    assert error.refusal.trace_id == error.trace_id == "1f2e"
    assert_complete(error, operation)


@pytest.mark.parametrize("status", [408, 500, 501, 502, 503, 504, 507, 520, 599])
@pytest.mark.parametrize(("headers", "body"), [(JSON, BODY), (HTML, PAGE), ({}, b"")])
def test_trouble_inside_jira_leaves_a_write_unknown(status: int, headers: dict[str, str], body: bytes) -> None:
    assert type(answer(READ, status, headers, body)) is ReadFailedError
    for operation in (LINK, CREATE):
        error = answer(operation, status, headers, body)
        assert type(error) is OutcomeUnknownError
        assert error.category is TEMPORARY
        assert "Look in Jira" in error.recovery_actions[0]
        assert_complete(error, operation)


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.effect.name)
@pytest.mark.parametrize(("headers", "body"), [(JSON, BODY), (HTML, PAGE), ({}, b"")])
def test_too_many_requests_certainly_did_nothing(operation: Operation, headers: dict[str, str], body: bytes) -> None:
    error = answer(operation, 429, headers, body, retry_after=timedelta(seconds=7), reason="jira-burst-based")
    assert isinstance(error, RateLimitedError)
    assert error.retry_after == timedelta(seconds=7)
    assert error.reason == "jira-burst-based"
    assert "7 s" in error.user_message
    assert_complete(error, operation)
    assert "wait" not in answer(operation, 429, headers, body).user_message


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (302, RefusedError),
        (400, RefusedError),
        (403, PermissionDeniedError),
        (404, NotFoundError),
        (413, TooLargeError),
        (418, RefusedError),
    ],
)
def test_a_web_page_instead_of_jiras_answer(status: int, kind: type[RefusedError]) -> None:
    for headers in (HTML, {}):
        error = answer(CREATE, status, headers, PAGE)
        assert type(error) is kind
        assert isinstance(error, RefusedError)
        assert error.refusal.messages == ()
        assert "secret" not in str(error)
        assert ("web page" in error.user_message) is (status in {400, 403, 418})
        if status in {400, 403, 418}:
            assert error.category is ADMIN


@pytest.mark.parametrize(
    ("status", "headers", "words"),
    [
        (401, {}, "does not accept"),
        (403, {"x-authentication-denied-reason": "CAPTCHA_CHALLENGE; login-url=https://x/login.jsp"}, "CAPTCHA"),
        (403, {"x-seraph-loginreason": "AUTHENTICATION_DENIED"}, "CAPTCHA"),
        (404, {"x-seraph-loginreason": "AUTHENTICATED_FAILED"}, "anonymous"),
        (400, {"x-seraph-loginreason": "OUT, AUTHENTICATED_FAILED"}, "anonymous"),
    ],
)
def test_credentials_that_do_not_count_are_told(status: int, headers: dict[str, str], words: str) -> None:
    error = error_from_answer(READ, status, headers, b"", RateLimit(), credentials_advice="Renew it.")
    assert type(error) is AuthenticationError
    assert words in error.user_message
    assert error.recovery_actions == ("Renew it.",)
    assert error.category is ADMIN
    assert answer(READ, status, headers, b"").recovery_actions


def test_a_missing_scope_is_named() -> None:
    headers = {"x-failure-category": "FAILURE_CLIENT_SCOPE_CHECK"}
    sprint = Operation("GET", "/rest/agile/1.0/board", "read the boards", scopes=READ_BOARDS)
    error = answer(sprint, 401, headers, b'{"code":401,"message":"Unauthorized; scope does not match"}')
    assert isinstance(error, MissingScopeError)
    assert error.scopes == ("read:board-scope:jira-software", "read:project:jira")
    assert "read:board-scope:jira-software and read:project:jira" in error.user_message
    assert "read:board-scope:jira-software and read:project:jira" in error.recovery_actions[0]
    assert error.category is ADMIN


PROBLEM = {"content-type": "application/problem+json", "atl-traceid": "1f2e"}


@pytest.mark.parametrize(
    ("status", "headers", "body"),
    [
        (404, PROBLEM, b'{"type":"about:blank","title":"Not Found","status":404,"detail":"No endpoint GET /x."}'),
        (405, PROBLEM, b'{"type":"about:blank","title":"Method Not Allowed","status":405,"detail":"Not supported."}'),
        (404, JSON, b'{"message":"null for uri: https://x/rest/agile/1.0/x","status-code":404}'),
    ],
)
def test_a_missing_interface_is_no_missing_thing(status: int, headers: dict[str, str], body: bytes) -> None:
    for operation in OPERATIONS:
        error = answer(operation, status, headers, body)
        assert type(error) is RefusedError
        assert "no such interface" in error.user_message
        assert error.category is ADMIN
        assert error.trace_id == "1f2e"


@pytest.mark.parametrize(
    ("status", "said"), [(400, "Failed to parse multipart."), (415, "Content-Type is not supported")]
)
def test_a_problem_says_what_it_is(status: int, said: str) -> None:
    body = json.dumps({"type": "about:blank", "title": "Bad Request", "status": status, "detail": said}).encode()
    assert said in answer(CREATE, status, PROBLEM, body).user_message


@pytest.mark.parametrize("status", [403, 404])
@pytest.mark.parametrize("headers", [HTML, {"content-type": "text/plain"}, {}])
def test_a_failed_check_against_forgery_is_neither_a_page_nor_a_missing_permission(
    status: int, headers: dict[str, str]
) -> None:
    error = answer(CREATE, status, headers, b"XSRF check failed")
    assert type(error) is RefusedError
    assert "forged" in error.user_message
    assert "X-Atlassian-Token" in error.recovery_actions[0]


def test_a_bearer_token_on_a_site_is_about_the_credentials() -> None:
    body = b'{"error": "Failed to parse Connect Session Auth Token"}'
    error = error_from_answer(CREATE, 403, JSON, body, RateLimit(), credentials_advice="Use the gateway.")
    assert type(error) is AuthenticationError
    assert error.recovery_actions == ("Use the gateway.",)


def test_a_proxy_that_wants_credentials_says_so() -> None:
    for body in (b"", b"<html>"):
        error = answer(READ, 407, HTML, body)
        assert "proxy" in error.user_message
        assert error.category is ADMIN


@pytest.mark.parametrize("reason", ["OK", "OUT", ""])
def test_other_login_reasons_prove_nothing(reason: str) -> None:
    assert type(answer(READ, 404, {"x-seraph-loginreason": reason}, b"")) is NotFoundError


@pytest.mark.parametrize(
    ("body", "messages", "fields"),
    [
        (b"", (), {}),
        (b"  \n", (), {}),
        (b"null", (), {}),
        (b"{}", (), {}),
        (b"[]", (), {}),
        (b'{"errorMessages":[],"errors":{}}', (), {}),
        (b'{"errorMessages":["a","b"],"errors":{"summary":"c"},"status":400}', ("a", "b"), {"summary": "c"}),
        (b'{"errorMessages":"a"}', ("a",), {}),
        (b'{"errorMessages":[{"message":"a"},3,null,""]}', ("a", "3"), {}),
        (
            b'{"errors":{"labels":["a","b"],"x":{"message":"m"},"y":null}}',
            (),
            {"labels": '["a", "b"]', "x": "m", "y": "null"},
        ),
        (b'{"errors":[{"message":"a"}]}', ("a",), {}),
        (b'{"code":401,"message":"Unauthorized; scope does not match"}', ("Unauthorized; scope does not match",), {}),
        (b'{"error":"invalid_grant","error_description":"Unknown."}', ("Unknown.", "invalid_grant"), {}),
        (b'{"errorMessage":"a"}', ("a",), {}),
        (b'["a","b"]', ("a", "b"), {}),
        (b'"a"', ("a",), {}),
        (b"XSRF check failed\n", ("XSRF check failed",), {}),
        (b"x" * (SHOWN_LENGTH + 1), (), {}),
        (b"\x00\x01\x02", (), {}),
        ('{"errorMessages":["操作不允许"]}'.encode(), ("操作不允许",), {}),
        ("Zugriff verweigert: für Sie".encode("latin-1"), ("Zugriff verweigert: f\ufffdr Sie",), {}),
        (b'{"errorMessages":["cut o', ('{"errorMessages":["cut o',), {}),
        (b"[" * 100_000, (), {}),
        (PAGE, (), {}),
    ],
)
def test_bodies_of_all_shapes(body: bytes, messages: tuple[str, ...], fields: dict[str, str]) -> None:
    refusal = read_refusal(400, {}, body)
    assert refusal.messages == messages
    assert refusal.field_errors == fields


def test_long_messages_are_kept_whole_but_shown_short() -> None:
    said = "x" * 5000
    error = answer(CREATE, 400, JSON, json.dumps({"errorMessages": [said]}).encode())
    assert isinstance(error, RefusedError)
    assert error.refusal.messages == (said,)
    assert len(error.user_message) < SHOWN_LENGTH + 100


def test_texts_of_any_language_mean_the_same() -> None:
    english = answer(READ, 404, JSON, b'{"errorMessages":["No project could be found with key \'PAY\'."]}')
    chinese = answer(READ, 404, JSON, '{"errorMessages":["没有找到项目"]}'.encode())
    assert type(english) is type(chinese)
    assert english.category is chinese.category


@pytest.mark.parametrize("status", [200, 201, 204])
def test_an_unreadable_success(status: int) -> None:
    error = error_from_unreadable_answer(READ, status, JSON)
    assert type(error) is UnreadableAnswerError
    assert f"({READ.name})" in error.user_message
    error = error_from_unreadable_answer(CREATE, status, JSON)
    assert type(error) is OutcomeUnknownError
    assert error.trace_id == "1f2e"
    assert_complete(error, CREATE)


@pytest.mark.parametrize(
    ("headers", "trace_id"),
    [
        ({"atl-traceid": "a", "x-arequestid": "c"}, "a"),
        ({"atl-request-id": "b", "x-arequestid": "c"}, "b"),
        ({"x-arequestid": "c"}, "c"),
        ({}, None),
    ],
)
def test_the_trace_id_is_kept(headers: dict[str, str], trace_id: str | None) -> None:
    assert answer(READ, 500, headers, b"").trace_id == trace_id


@pytest.mark.parametrize(
    ("headers", "named"),
    [
        ({}, False),
        ({"x-aaccountid": "anonymous"}, False),
        ({"x-aaccountid": ""}, False),
        ({"x-aaccountid": "5b"}, True),
    ],
)
def test_whether_jira_names_the_account(headers: dict[str, str], named: bool) -> None:
    assert answered_as_account(headers) is named


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["errors", "errorMessages", "message", "error", "x"]), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(
    status=st.integers(300, 599),
    body=st.binary(max_size=60) | JSON_VALUES.map(lambda value: json.dumps(value).encode()),
)
def test_any_status_with_any_body_is_one_of_our_errors(status: int, body: bytes) -> None:
    for operation in OPERATIONS:
        error = answer(operation, status, {}, body)
        assert_complete(error, operation)
        if operation.effect is Effect.READ:
            assert not isinstance(error, OutcomeUnknownError)
        elif status >= 500:
            assert isinstance(error, OutcomeUnknownError)
