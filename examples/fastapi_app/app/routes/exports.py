"""Start, status, retry, results, cancel, dry run: the way of one export."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Body, Query, Response
from pydantic import BaseModel, ConfigDict

from app.access import AdministratorsOnlyError
from app.answers import as_json
from app.deps import CallerDep, EngineDep, SessionDep
from app.errors import documented
from jira_session_export.api import (
    ExportAlreadyRunningResponse,
    ExportResultsResponse,
    ExportRetryResponse,
    ExportStartResponse,
    StatusResponse,
)
from jira_session_export.errors import RetriesExhaustedError

router = APIRouter(prefix="/api/jira", tags=["export"])


LARGEST_OFFSET = 10_000_000
FILES = {
    "csv": ("text/csv; charset=utf-8", "csv"),
    "markdown": ("text/markdown; charset=utf-8", "md"),
}
"""Format → media type, and how the file's name ends."""
EXAMPLES = {
    "text/csv": "record,key,title\r\nissue,PROJ-123,Configure Product Fields\r\n",
    "text/markdown": "| Issue | Title |\n|---|---|\n| PROJ-123 | Configure Product Fields |\n",
}


class TicketSelection(BaseModel):
    """Which tickets to export; the body may be empty.

    Attributes:
        only: ids of tickets, these alone; absent: all that have no issue yet. The others become `skipped`.
        skip: ids of tickets that are left out.
    """

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{}]})

    only: list[UUID] | None = None
    skip: list[UUID] = []


SelectionBody = Annotated[TicketSelection | None, Body()]
EVERY_TICKET = TicketSelection()


@router.post(
    "/export-session/{session_id}",
    status_code=202,
    responses=documented(400, 404, 413, 422, 503),
    summary="Start an export",
)
async def start_export(
    state: SessionDep, engine: EngineDep, request: SelectionBody = None
) -> ExportStartResponse | ExportAlreadyRunningResponse:
    """Start the export of a session, or say that it is running already.

    Credentials, project, permissions, issue types and dependencies are checked before the answer. However often this is
    called, at once or in turn, there is one export.
    """
    chosen = request or EVERY_TICKET
    return await engine.jira.service.start(state.session_id, only=chosen.only, skip=chosen.skip)


@router.get(
    "/export-status/{session_id}",
    responses=documented(404, 422, 429, 503),
    summary="Poll an export's status",
)
async def export_status(state: SessionDep, engine: EngineDep) -> StatusResponse:
    """How far the export is, that it is completed, or why it failed.

    A session's status can be asked for once in two seconds. Better than polling is the WebSocket at
    `/api/jira/export/progress/{session_id}`: it tells the present state at once, then every change, and closes behind
    `export_complete` or `export_failed`. It closes with 4401 or 4403 when the caller may not listen, with 4404 when
    there is no such session.
    """
    await engine.polling.check(state.session_id)
    return await engine.jira.service.status_of(state)


@router.post(
    "/retry-failed/{session_id}",
    status_code=202,
    responses=documented(400, 404, 409, 413, 422, 429, 503),
    summary="Retry a failed export",
)
async def retry_export(
    state: SessionDep, engine: EngineDep, caller: CallerDep, request: SelectionBody = None
) -> ExportRetryResponse:
    """Go on with a failed export at the ticket it stopped at; what exists in Jira is kept. Three times per session.

    `skip` leaves out the ticket that makes it fail. What an earlier start left out stays left out unless `only` names
    it. After three retries an administrator can release the session.
    """
    chosen = request or EVERY_TICKET
    try:
        return await engine.jira.service.retry(state.session_id, only=chosen.only, skip=chosen.skip)
    except RetriesExhaustedError as exc:
        if not caller.is_administrator:
            raise
        raise exc.told_to_administrator(f"Release it: POST /api/jira/release-session/{state.session_id}.") from exc


@router.post(
    "/release-session/{session_id}",
    responses=documented(403, 404, 422, 503),
    summary="Let a session be retried again",
)
async def release_session(state: SessionDep, engine: EngineDep, caller: CallerDep) -> StatusResponse:
    """Let a session that has used up its retries be retried again; for administrators.

    The audit trail says who released it.
    """
    if not caller.is_administrator:
        raise AdministratorsOnlyError("Only an administrator of this service releases sessions.")
    return await engine.jira.service.release(state.session_id, by=caller.name or "administrator")


@router.get(
    "/export-results/{session_id}",
    response_model=ExportResultsResponse,
    responses=documented(404, 422, 503),
    summary="Read an export's results",
)
async def export_results(
    state: SessionDep,
    engine: EngineDep,
    offset: Annotated[int, Query(ge=0, le=LARGEST_OFFSET, description="Of both lists.")] = 0,
    limit: Annotated[int | None, Query(ge=1, le=LARGEST_OFFSET, description="Of each list; all by default.")] = None,
) -> Response:
    """The issues made so far with their addresses, and what is left to do by hand in Jira.

    With `limit`, no more than that is read; `tickets_edited` and `tickets_removed` count the issues of the answer.
    """
    results = await engine.jira.service.results(state.session_id, offset=offset, limit=limit)
    # Turned into JSON in a thread: of 10,000 issues that takes longer than others should wait.
    return await engine.work.run(as_json, results)


@router.get(
    "/export-results/{session_id}/file",
    response_class=Response,
    responses=documented(404, 422, 503)
    | {
        200: {
            "content": {kind: {"schema": {"type": "string"}, "example": example} for kind, example in EXAMPLES.items()}
        }
    },
    summary="Download an export's results",
)
async def export_results_file(
    state: SessionDep,
    engine: EngineDep,
    format: Annotated[Literal["csv", "markdown"], Query(description="What to write.")] = "csv",  # noqa: A002 -- the parameter's name
) -> Response:
    """All issues made so far and everything to fix by hand, as a file."""
    results = await engine.jira.service.results(state.session_id)
    content = await engine.work.run(_written, results, format)
    kind, ending = FILES[format]
    name = f"{state.project_key}-{state.session_id}.{ending}"
    return Response(content, media_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def _written(results: ExportResultsResponse, kind: str) -> str:
    return results.to_csv() if kind == "csv" else results.to_markdown()


@router.post(
    "/cancel-export/{session_id}",
    status_code=202,
    responses=documented(404, 422, 503),
    summary="Cancel a running export",
)
async def cancel_export(state: SessionDep, engine: EngineDep) -> StatusResponse:
    """Stop a running export between two steps. What exists is kept, and starting it again goes on from there."""
    return await engine.jira.service.cancel(state.session_id)
