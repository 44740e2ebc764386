"""Turns what transports and Jira report into our errors. Pure; decides on statuses and field ids, never on texts.

Source: the responses of each operation at https://developer.atlassian.com/cloud/jira/platform/rest/v3/ (October 2026).
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from types import MappingProxyType
from typing import Any

from jira_session_export._jira.http import HttpError, HttpFault
from jira_session_export._jira.operation import Effect, Operation
from jira_session_export._jira.ratelimit import RateLimit
from jira_session_export._printable import one_line
from jira_session_export._values import ErrorCategory, Refusal, utc
from jira_session_export._wording import duration
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

LONGEST_TRACE_ID = 100

SHOWN_LENGTH = 600
"""Characters of Jira's own messages shown in ours; `Refusal` keeps them whole."""

MOST_MESSAGES = 100
"""Messages of one refusal that are kept; Jira gives one a field, and a few besides."""

ANONYMOUS = "Jira did not accept the credentials and answered as to an anonymous visitor"


@dataclass(frozen=True, slots=True)
class _Fault:
    happened: str
    action: str = "Check the network connection, then retry."
    category: ErrorCategory = ErrorCategory.TEMPORARY


_CHECK_ADDRESS = (
    "Retry in a few minutes; if it stays, check Jira's address, and what stands between it and this machine."
)
_CHECK_NETWORK = "Check the network and Jira's address, then retry."
FAULTS: Mapping[HttpFault, _Fault] = MappingProxyType(
    {
        HttpFault.NOT_CONNECTED: _Fault("no connection could be made", _CHECK_NETWORK),
        HttpFault.CONNECT_TIMEOUT: _Fault("no connection was made in time", _CHECK_NETWORK),
        HttpFault.POOL_TIMEOUT: _Fault(
            "all connections to Jira were busy", "Run fewer exports at the same time, or retry later."
        ),
        HttpFault.UNTRUSTED_CERTIFICATE: _Fault(
            "the certificate of Jira's server is not trusted",
            "If your network inspects traffic, set SSL_CERT_FILE (or HttpSettings.ca_file) to a PEM file with its "
            "certificate authority; otherwise check Jira's address.",
            ErrorCategory.ADMIN_REQUIRED,
        ),
        HttpFault.NO_TLS: _Fault(
            "the server at Jira's address speaks no TLS that this machine accepts",
            "Check Jira's address: https:// and the right port.",
            ErrorCategory.ADMIN_REQUIRED,
        ),
        HttpFault.PROXY_UNREACHABLE: _Fault(
            "the proxy could not be reached",
            "Correct the proxy's address, start the proxy, or exempt Jira's host with NO_PROXY.",
        ),
        HttpFault.PROXY_REFUSED: _Fault(
            "the proxy refused the connection",
            "Check the proxy's address and credentials, and that it lets connections to Jira pass.",
        ),
        HttpFault.INVALID_ADDRESS: _Fault(
            "Jira's address is not one of a web site",
            "Set Jira's address to one that starts with https://.",
            ErrorCategory.ADMIN_REQUIRED,
        ),
        HttpFault.READ_TIMEOUT: _Fault("Jira did not answer in time", "Retry in a few minutes."),
        HttpFault.WRITE_TIMEOUT: _Fault("sending took too long"),
        HttpFault.CONNECTION_LOST: _Fault("the connection broke off"),
        HttpFault.NOT_SENT_WHOLE: _Fault("the request could not be sent whole"),
        HttpFault.BROKEN_ANSWER: _Fault("the answer broke off or was no proper HTTP"),
        HttpFault.UNREADABLE_ANSWER: _Fault("the answer could not be decompressed"),
        HttpFault.TOO_LARGE_ANSWER: _Fault("the answer was larger than any of Jira's", _CHECK_ADDRESS),
        HttpFault.OTHER: _Fault("the request failed on its way"),
    }
)


def error_from_fault(error: HttpError, operation: Operation) -> JiraError:
    """What a request that got no answer means."""
    fault = FAULTS[error.fault]
    happened = f"{fault.happened} ({error.detail})" if error.detail else fault.happened
    if error.fault in {HttpFault.UNREADABLE_ANSWER, HttpFault.TOO_LARGE_ANSWER}:
        trace_id = None if error.response is None else trace_id_of(error.response.headers)
        return _unreadable(operation, happened, trace_id=trace_id, action=fault.action)
    if error.fault.sent:
        return _maybe_done(operation, happened, trace_id=None, action=fault.action)
    return NotSentError(
        f"Could not {operation.purpose}: {happened}. Nothing was sent to Jira.",
        operation=operation.name,
        recovery_actions=[fault.action],
        category=fault.category,
    )


def error_held_back(operation: Operation) -> NotSentError:
    """What a request that was not wanted any more in the last moment means."""
    return NotSentError(
        f"Could not {operation.purpose}: it was held back in the last moment, because this process had stood still for "
        "long. Nothing was sent to Jira.",
        operation=operation.name,
        recovery_actions=["Retry the export."],
    )


def error_from_answer(
    operation: Operation,
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    rate_limit: RateLimit,
    *,
    credentials_advice: str = "",
    address_advice: str = "",
) -> JiraError:
    """What an answer that is no success means.

    Args:
        status: anything but 2xx.
        headers: keys lower-case.
        body: whatever came: JSON of several shapes, HTML, nothing.
        rate_limit: as read from the same headers.
        credentials_advice: what to do when the credentials are not accepted.
        address_advice: what to do when no Jira Cloud is at the address.
    """
    trace_id = trace_id_of(headers)
    if status == 429:
        return _rate_limited(operation, rate_limit, trace_id)
    if status >= 500 or status == 408:
        return _maybe_done(operation, f"Jira had a problem of its own (HTTP {status})", trace_id=trace_id)
    refusal = read_refusal(status, headers, body)
    if lacks_scope(headers):
        return _lacking_scope(operation, refusal)
    if (why := _credentials_problem(refusal, headers)) is not None:
        return not_authenticated(operation, refusal, why, credentials_advice)
    page = is_web_page(body)
    if operation.proves_address and (status in {404, 405, 410} or status < 400 or (page and status != 403)):
        return wrong_address(operation, refusal, address_advice)
    return _refused(operation, refusal, _meaning_of(refusal, headers, body, page=page))


def error_from_unreadable_answer(operation: Operation, status: int, headers: Mapping[str, str]) -> JiraError:
    """What a 2xx means whose body is not what the operation returns."""
    happened = f"the answer (HTTP {status}) could not be read as one of Jira"
    return _unreadable(operation, happened, trace_id=trace_id_of(headers), action=_CHECK_ADDRESS)


def _unreadable(operation: Operation, happened: str, *, trace_id: str | None, action: str) -> JiraError:
    happened = f"{happened} ({operation.name})"
    if operation.effect is not Effect.READ:
        return _maybe_done(operation, happened, trace_id=trace_id, action=action)
    return UnreadableAnswerError(
        f"Could not {operation.purpose}: {happened}.",
        operation=operation.name,
        trace_id=trace_id,
        recovery_actions=[action],
    )


def answered_as_anonymous(headers: Mapping[str, str]) -> bool:
    """Whether Jira proves that it ignored our credentials, in an answer of any status.

    With wrong credentials, what anonymous visitors may read is answered as to them: an empty list, or 404. The
    absence of this proof proves nothing (JRACLOUD-93811).
    """
    return "AUTHENTICATED_FAILED" in headers.get("x-seraph-loginreason", "")


def answered_as_account(headers: Mapping[str, str]) -> bool:
    """Whether Jira names the account it answered to."""
    return headers.get("x-aaccountid", "anonymous").lower() not in {"", "anonymous"}


def lacks_scope(headers: Mapping[str, str]) -> bool:
    """Whether a 401 is about the token's scopes, so that renewing the token cannot help."""
    return headers.get("x-failure-category", "") == "FAILURE_CLIENT_SCOPE_CHECK"


def trace_id_of(headers: Mapping[str, str]) -> str | None:
    """Jira's trace id, for Atlassian's support."""
    found = headers.get("atl-traceid") or headers.get("atl-request-id") or headers.get("x-arequestid")
    return found and one_line(found[:LONGEST_TRACE_ID])


def read_refusal(status: int, headers: Mapping[str, str], body: bytes) -> Refusal:
    """Jira's messages from a body of any shape; none when it is HTML, empty or not to be understood.

    Shapes in use: `{"errorMessages": […], "errors": {field: text}}`, lists of messages, the gateway's `{"code",
    "message"}`, OAuth's `{"error", "error_description"}`, a problem with a `detail` (RFC 9457), a bare JSON string, a
    line of plain text.
    """
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        answer = _plain_text(body)
    fields: dict[str, str] = {}
    if isinstance(answer, dict) and isinstance(errors := answer.get("errors"), dict):
        fields = {
            one_line(str(name)): one_line(_as_text(value)) for name, value in islice(errors.items(), MOST_MESSAGES)
        }
    messages = map(one_line, islice(_messages(answer), MOST_MESSAGES))
    return Refusal(status, fields, tuple(messages), trace_id_of(headers))


def not_authenticated(operation: Operation, refusal: Refusal, why: str, advice: str) -> AuthenticationError:
    """The error of a request whose credentials were not accepted."""
    return AuthenticationError(
        f"Could not {operation.purpose}: {why} (HTTP {refusal.status}).",
        operation=operation.name,
        refusal=refusal,
        recovery_actions=[advice] if advice else (),
    )


def _maybe_done(operation: Operation, happened: str, *, trace_id: str | None, action: str = "") -> JiraError:
    actions = [action] if action else ()
    if operation.effect is Effect.READ:
        return ReadFailedError(
            f"Could not {operation.purpose}: {happened}.",
            operation=operation.name,
            trace_id=trace_id,
            recovery_actions=actions,
        )
    return OutcomeUnknownError(
        f"Jira was asked to {operation.purpose}, but {happened}: whether it was done is unknown.",
        operation=operation.name,
        trace_id=trace_id,
        recovery_actions=["Look in Jira whether it was done before repeating it.", *actions],
    )


def _rate_limited(operation: Operation, rate_limit: RateLimit, trace_id: str | None) -> RateLimitedError:
    wait, until = rate_limit.retry_after, rate_limit.retry_at
    asked = f" and asked to wait {duration(wait.total_seconds())}" if wait else ""
    asked += f", until {utc(until)}" if until else ""
    return RateLimitedError(
        f"Could not {operation.purpose}: Jira is getting too many requests{asked}. Nothing was changed.",
        operation=operation.name,
        trace_id=trace_id,
        retry_after=wait,
        retry_not_before=until,
        reason=rate_limit.reason,
    )


def wrong_address(operation: Operation, refusal: Refusal, advice: str) -> RefusedError:
    """The error of a request that every Jira Cloud answers, and whatever is at this address does not."""
    return RefusedError(
        f"Could not {operation.purpose}: there is no Jira Cloud at this address (HTTP {refusal.status}).",
        operation=operation.name,
        refusal=refusal,
        recovery_actions=[advice] if advice else ["Check Jira's address."],
        category=ErrorCategory.ADMIN_REQUIRED,
    )


def _lacking_scope(operation: Operation, refusal: Refusal) -> MissingScopeError:
    named = " and ".join(operation.scopes) or "one it does not name"
    return MissingScopeError(
        f"Could not {operation.purpose}: the token lacks a scope; this takes {named} (HTTP {refusal.status}).",
        operation=operation.name,
        refusal=refusal,
        scopes=operation.scopes,
        recovery_actions=[f"Sign in with a token that has the scopes {named}."],
    )


def _credentials_problem(refusal: Refusal, headers: Mapping[str, str]) -> str | None:
    status = refusal.status
    if status == 403 and _UNREADABLE_BEARER in refusal.messages:
        return "a Jira Cloud site takes no bearer token, only Atlassian's gateway does"
    if status == 403 and (
        "x-authentication-denied-reason" in headers
        or "AUTHENTICATION_DENIED" in headers.get("x-seraph-loginreason", "")
    ):
        return "Jira wants the account to sign in once in a browser and answer a CAPTCHA"
    if status == 401:
        return "Jira does not accept the credentials"
    if answered_as_anonymous(headers):
        return ANONYMOUS
    return None


@dataclass(frozen=True, slots=True)
class _Meaning:
    error: type[RefusedError]
    sentence: str
    category: ErrorCategory | None = None
    action: str = ""


_REFUSALS: Mapping[int, _Meaning] = MappingProxyType(
    {
        400: _Meaning(RefusedError, "Jira refused to {purpose}"),
        403: _Meaning(PermissionDeniedError, "The account may not {purpose}"),
        404: _Meaning(NotFoundError, "Could not {purpose}: Jira has no such thing, or hides it from this account"),
        409: _Meaning(
            RefusedError,
            "Could not {purpose}: somebody changed it in Jira at the same time",
            ErrorCategory.TEMPORARY,
            "Retry: the present state is read first.",
        ),
        410: _Meaning(
            RefusedError,
            "Could not {purpose}: Jira no longer offers what this needs",
            ErrorCategory.ADMIN_REQUIRED,
            "Install a version of jira-session-export that knows Jira's present interface.",
        ),
        413: _Meaning(TooLargeError, "Could not {purpose}: too large, or one more than Jira's limit"),
        407: _Meaning(
            RefusedError,
            "Could not {purpose}: the proxy wants credentials",
            ErrorCategory.ADMIN_REQUIRED,
            "Put them into the proxy's address: http://user:password@proxy.example:3128.",
        ),
        422: _Meaning(
            RefusedError,
            "Could not {purpose}: Jira's configuration does not allow it",
            ErrorCategory.ADMIN_REQUIRED,
            "Ask a Jira administrator to check the project's workflow and screens.",
        ),
    }
)
_OTHER_REFUSAL = _Meaning(
    RefusedError,
    "Jira refused to {purpose}",
    ErrorCategory.ADMIN_REQUIRED,
    "Check Jira's address, and install the latest version of jira-session-export.",
)
_REDIRECT = _Meaning(
    RefusedError,
    "Could not {purpose}: Jira's address leads elsewhere",
    ErrorCategory.ADMIN_REQUIRED,
    "Open Jira in a browser and set Jira's address to the one shown there.",
)
_NOT_FROM_JIRA = _Meaning(
    RefusedError,
    "Could not {purpose}: a web page came back instead of Jira's answer, probably from a proxy or firewall",
    ErrorCategory.ADMIN_REQUIRED,
    "Ask your network's administrator to let requests to Jira pass, and check Jira's address.",
)
_NOT_FROM_JIRA_FORBIDDEN = _Meaning(PermissionDeniedError, _NOT_FROM_JIRA.sentence, None, _NOT_FROM_JIRA.action)
_NO_SUCH_INTERFACE = _Meaning(
    RefusedError,
    "Could not {purpose}: Jira has no such interface at this address",
    ErrorCategory.ADMIN_REQUIRED,
    "Check Jira's address, and install a version of jira-session-export that knows Jira's present interface.",
)
_TAKEN_FOR_FORGED = _Meaning(
    RefusedError,
    "Could not {purpose}: Jira took the request for a forged one",
    ErrorCategory.ADMIN_REQUIRED,
    "A proxy probably removes the header X-Atlassian-Token; ask your network's administrator to let it pass.",
)
# The two sentences by which Jira names a mistake in a request; they are in no account's language.
_FORGERY_CHECK = "XSRF check failed"
_UNREADABLE_BEARER = "Failed to parse Connect Session Auth Token"


def _meaning_of(refusal: Refusal, headers: Mapping[str, str], body: bytes, *, page: bool) -> _Meaning:
    status = refusal.status
    if status < 400:
        return _REDIRECT
    if _FORGERY_CHECK in refusal.messages:
        return _TAKEN_FOR_FORGED
    if page and status not in {404, 413}:
        # An HTML page with one of these two says the same as Jira would.
        return _NOT_FROM_JIRA_FORBIDDEN if status == 403 else _NOT_FROM_JIRA
    if status in {404, 405} and _is_about_the_path(headers, body):
        return _NO_SUCH_INTERFACE
    return _REFUSALS.get(status, _OTHER_REFUSAL)


def _is_about_the_path(headers: Mapping[str, str], body: bytes) -> bool:
    """Whether no interface answers there, rather than one that does not find what was named.

    Jira's interfaces say so with `errorMessages`; what is in front of them with a problem (RFC 9457), older parts of it
    with a `status-code`.
    """
    if headers.get("content-type", "").startswith("application/problem+json"):
        return True
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return False
    return isinstance(answer, dict) and "status-code" in answer


def _refused(operation: Operation, refusal: Refusal, meaning: _Meaning) -> RefusedError:
    status = refusal.status
    said = _shortened(refusal.summary)
    sentence = meaning.sentence.format(purpose=operation.purpose)
    return meaning.error(
        f"{sentence} (HTTP {status}): {said}" if said else f"{sentence} (HTTP {status}).",
        operation=operation.name,
        refusal=refusal,
        recovery_actions=[meaning.action] if meaning.action else (),
        category=meaning.category,
    )


def _messages(answer: Any) -> Iterator[str]:
    if isinstance(answer, dict):
        for name in ("errorMessages", "errors", "errorMessage", "message", "error_description", "error", "detail"):
            value = answer.get(name)
            if not isinstance(value, dict):
                yield from _texts(value)
    else:
        yield from _texts(answer)


def _texts(value: Any) -> Iterator[str]:
    for item in value if isinstance(value, list) else [value]:
        if item is not None and (text := _as_text(item)):
            yield text


def _as_text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, dict) and isinstance(message := value.get("message"), str):
        return message
    return json.dumps(value, ensure_ascii=False)


def _plain_text(body: bytes) -> str | None:
    """A line such as `XSRF check failed`, which Jira sends as HTML, too; None for a page, or for bytes."""
    if is_web_page(body) or len(body) > SHOWN_LENGTH:
        return None
    text = body.decode("utf-8", errors="replace").strip()
    return text if text.isprintable() else None


def is_web_page(body: bytes) -> bool:
    """Whether a body is a web page, whatever its headers call it."""
    return body.lstrip()[:1] == b"<"


def _shortened(text: str) -> str:
    return text if len(text) <= SHOWN_LENGTH else f"{text[: SHOWN_LENGTH - 1]}…"
