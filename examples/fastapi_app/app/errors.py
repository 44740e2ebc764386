"""Every error as the same JSON object, and its place in the OpenAPI document."""

import logging
import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.routing import compile_path

from app.access import AdministratorsOnlyError, AuthenticationRequiredError, LocalOnlyError, OriginNotAllowedError
from app.body import RequestTooLargeError, RequestTooSlowError
from app.files import DiskFullError, is_full
from app.longwork import BusyError
from app.plans import NoDryRunError
from app.ratelimit import PollingTooFastError
from jira_session_export import ErrorCategory, JiraSessionExportError
from jira_session_export.api import ErrorResponse
from jira_session_export.errors import (
    AlreadyCompletedError,
    ArchivedError,
    AttachmentError,
    BatchFileError,
    CreateUndecidedError,
    DependencyError,
    ExportRunningError,
    InputError,
    JiraError,
    NothingToReleaseError,
    NothingToRetryError,
    NoTicketsError,
    NotSentError,
    NotStartedError,
    PermissionDeniedError,
    RateLimitedError,
    Refusal,
    RefusedError,
    RetriesExhaustedError,
    RetryNeededError,
    RetryTooEarlyError,
    SessionError,
    SessionNotFoundError,
    StoreError,
    StoreUnavailableError,
)

CLIENT_CLOSED_REQUEST = 499

logger = logging.getLogger("jira_session_export.service")


class HttpError(JiraSessionExportError):
    """What the web framework refused: no such address, method or form."""

    code = "http_error"
    category = ErrorCategory.USER_FIXABLE
    default_actions = ("See /openapi.json for what can be asked.",)


class InternalError(JiraSessionExportError):
    """Something nobody foresaw; the log says what."""

    code = "internal_error"
    default_actions = ("Look into the service's log for the cause.",)


# The first class that fits decides.
STATUSES: tuple[tuple[type[JiraSessionExportError], int], ...] = (
    (SessionNotFoundError, 404),
    (ExportRunningError, 409),
    (RetryTooEarlyError, 429),
    (SessionError, 422),
    (InputError, 422),
    (RefusedError, 403),
    (JiraError, 503),
    (CreateUndecidedError, 503),
    (StoreError, 503),
    (AttachmentError, 503),
)


def status_of(error: JiraSessionExportError) -> int:
    """The HTTP status of an error."""
    own: int | None = getattr(error, "status", None)
    return own or next((status for kind, status in STATUSES if isinstance(error, kind)), 500)


def error_response(
    error: JiraSessionExportError, *, status: int | None = None, headers: Mapping[str, str] | None = None
) -> JSONResponse:
    """The answer that tells the error."""
    answer = JSONResponse(
        ErrorResponse.from_error(error).model_dump(mode="json"), status or status_of(error), dict(headers or {})
    )
    retry_after: timedelta | None = getattr(error, "retry_after", None)
    if retry_after is not None:
        answer.headers["Retry-After"] = str(max(1, math.ceil(retry_after.total_seconds())))
    if isinstance(error, AuthenticationRequiredError):
        answer.headers["WWW-Authenticate"] = 'Bearer realm="jira-session-export"'
    return answer


def install_error_handlers(app: FastAPI) -> None:
    """Answer every foreseen error in the one shape; malformed requests keep FastAPI's own."""

    @app.exception_handler(JiraSessionExportError)
    async def _foreseen(_request: Request, exc: JiraSessionExportError) -> JSONResponse:
        if status_of(exc) >= 500:
            logger.warning("A request failed: %s", exc, extra={"action": "request_failed", "code": exc.code})
        return error_response(exc)

    @app.exception_handler(RequestValidationError)
    async def _malformed(_request: Request, exc: RequestValidationError) -> JSONResponse:
        # Without `input` and `ctx`: what was sent need not be JSON, nor be sent back.
        problems = [{key: error[key] for key in ("type", "loc", "msg")} for error in exc.errors()]
        return JSONResponse({"detail": problems}, 422)

    @app.exception_handler(ClientDisconnect)
    async def _gone(_request: Request, _exc: ClientDisconnect) -> Response:
        return Response(status_code=CLIENT_CLOSED_REQUEST)  # nobody reads it

    @app.exception_handler(HTTPException)
    async def _refused(request: Request, exc: HTTPException) -> JSONResponse:
        if is_full(exc.__cause__):  # a form is kept in files while it is read
            return error_response(DiskFullError("The disk is full, so nothing was kept."))
        headers = dict(exc.headers or {})
        if exc.status_code == 405 and (methods := _allowed(app, request)):
            headers["Allow"] = ", ".join(methods)
        return error_response(HttpError(f"{exc.detail}."), status=exc.status_code, headers=headers)


def _allowed(app: FastAPI, request: Request) -> list[str]:
    """All methods of the address; the router names those of the first route alone."""
    path = str(request.scope["path"]).removeprefix(request.scope.get("root_path", ""))
    documented_paths = app.openapi()["paths"].items()
    return sorted(
        method.upper()
        for template, operations in documented_paths
        if compile_path(template)[0].match(path)
        for method in operations
    )


# -- the OpenAPI document --------------------------------------------------------------------------------------------


class MalformedField(BaseModel):
    """One thing that is wrong with a request."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"type": "uuid_parsing", "loc": ["path", "session_id"], "msg": "Not a UUID."}]}
    )

    type: str
    loc: list[str | int]
    msg: str


class MalformedRequest(BaseModel):
    """The request does not have the form that is asked for."""

    detail: list[MalformedField]


_SESSION = UUID("7f1f3d0a-0f0e-4d29-9d55-5f5c3bb1b0a1")
_TICKET = UUID("b6b3b4b0-6c5e-4f53-9b0a-0d5e6a4b7a10")
_OPERATION = "GET /rest/api/3/project/PROJ"

EXAMPLES: tuple[JiraSessionExportError, ...] = (
    HttpError("There was an error parsing the body."),
    AuthenticationRequiredError("This service asks for a token."),
    OriginNotAllowedError("Pages of https://elsewhere.example may not call this service."),
    AdministratorsOnlyError("Only an administrator of this service releases sessions."),
    LocalOnlyError("Without a token this service answers only on the machine it runs on."),
    PermissionDeniedError(
        "The account may not create issues in PROJ.", operation=_OPERATION, refusal=Refusal(403, trace_id="5f2c")
    ),
    SessionNotFoundError(session_id=_SESSION),
    ExportRunningError("An export of this session is running.", session_id=_SESSION),
    RequestTooLargeError("The request is larger than 50 MB."),
    RequestTooSlowError("The request came too slowly."),
    RetriesExhaustedError(
        session_id=_SESSION, retry_attempts_used=3, first_error_at=datetime(2024, 1, 15, 10, 30, tzinfo=UTC)
    ),
    NotStartedError("This session has not been exported yet.", session_id=_SESSION),
    RetryNeededError("The last export of this session failed.", session_id=_SESSION),
    NothingToReleaseError("This session can be retried as it is: a retry is left.", session_id=_SESSION),
    NothingToRetryError("The last export of this session did not fail.", session_id=_SESSION),
    AlreadyCompletedError("Every ticket asked for has been exported already.", session_id=_SESSION),
    NoTicketsError("The session has no tickets."),
    DependencyError(
        "Tickets depend on each other in a cycle: 1 ('Catalogue') → 2 ('Checkout') → 1 ('Catalogue').",
        tickets=[_TICKET, _SESSION],
    ),
    BatchFileError("has no tickets", path="sprint-12.json", recovery_actions=["Add at least one ticket."]),
    PollingTooFastError(retry_after=timedelta(seconds=1.4)),
    RetryTooEarlyError(
        "Jira limits the requests and has asked to wait until 2024-01-15 11:00:00 UTC.",
        session_id=_SESSION,
        retry_not_before=datetime(2024, 1, 15, 11, tzinfo=UTC),
        retry_after=timedelta(minutes=20),
    ),
    NotSentError("Jira could not be reached.", operation=_OPERATION),
    RateLimitedError("Jira gets too many requests.", operation=_OPERATION, retry_after=timedelta(seconds=30)),
    StoreUnavailableError("The database did not answer."),
    DiskFullError("The disk is full, so nothing was kept."),
    BusyError("Too many dry runs and test conversions are waiting already."),
    NoDryRunError("No dry run of this session has been made."),
    ArchivedError("This session has been put into the archive.", session_id=_SESSION),
    InternalError("Something nobody foresaw."),
)
"""One of each error a caller can meet; the document's examples are made of them, so they are what is really sent."""

_DESCRIPTIONS = {
    400: "The body cannot be read.",
    401: "A token is missing or unknown.",
    403: "Jira says no, or this caller may not ask.",
    404: "There is no such session, or it is somebody else's.",
    408: "The request came too slowly.",
    409: "An export is running.",
    413: "The request is too large.",
    422: "A rule is broken, the session's state does not allow it, or the request is malformed.",
    429: "Asked too often.",
    500: "Something nobody foresaw.",
    503: "Jira or the database cannot be reached.",
}
_RETRY_AFTER = {"description": "Seconds to wait, when known.", "schema": {"type": "integer", "minimum": 1}}


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route that can answer with these statuses."""
    if 413 in statuses:
        statuses = (*statuses, 408)
    return {status: _documentation(status) for status in sorted({401, 403, 500, *statuses})}


def _documentation(status: int) -> dict[str, Any]:
    examples = {
        error.code: {
            "summary": error.user_message,
            "value": ErrorResponse.from_error(error).model_dump(mode="json"),
        }
        for error in EXAMPLES
        if status_of(error) == status or (status == 400 and isinstance(error, HttpError))
    }
    answer: dict[str, Any] = {"model": ErrorResponse, "description": _DESCRIPTIONS[status]}
    if status == 422:
        answer["model"] = ErrorResponse | MalformedRequest
        malformed = {"detail": MalformedField.model_config["json_schema_extra"]["examples"]}  # type: ignore[index]
        examples["malformed_request"] = {"summary": "The request is malformed.", "value": malformed}
    if examples:
        answer["content"] = {"application/json": {"examples": examples}}
    if status in {429, 503}:
        answer["headers"] = {"Retry-After": _RETRY_AFTER}
    if status == 401:
        answer["headers"] = {"WWW-Authenticate": {"description": "`Bearer`", "schema": {"type": "string"}}}
    return answer
