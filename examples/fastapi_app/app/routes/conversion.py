"""The trial conversion, called while tickets are reviewed."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from app.answers import as_json
from app.deps import EngineDep, SessionDep
from app.errors import documented
from app.longwork import while_connected
from jira_session_export.api import AdfTestRequest, AdfTestResponse

router = APIRouter(prefix="/api/jira", tags=["checks"])


@router.post(
    "/test-adf-conversion/{session_id}",
    response_model=AdfTestResponse,
    responses=documented(400, 404, 413, 422, 503),
    summary="Test the conversion to ADF",
)
async def test_adf_conversion(
    *,
    connection: Request,
    request: AdfTestRequest,
    state: SessionDep,
    engine: EngineDep,
    failed_only: Annotated[bool, Query(description="Name only those that failed.")] = False,  # noqa: PT028 -- no test
) -> Response:
    """Convert tickets as they are now, and check that their attachments could be uploaded. Nothing is sent to Jira.

    It stops when the caller hangs up.
    """

    async def work() -> AdfTestResponse:
        async with engine.work.plans.turn():
            return await engine.jira.service.test_conversion(state.session_id, request)

    tested = await while_connected(connection, work)
    if failed_only:
        failed = [result for result in tested.results if result.status == "failed"]
        tested = tested.model_copy(update={"results": failed})
    return await engine.work.run(as_json, tested)
