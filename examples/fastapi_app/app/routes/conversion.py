"""The trial conversion, called while tickets are reviewed."""

from fastapi import APIRouter

from app.deps import EngineDep, SessionDep
from app.errors import documented
from jira_session_export.api import AdfTestRequest, AdfTestResponse

router = APIRouter(prefix="/api/jira", tags=["checks"])


@router.post(
    "/test-adf-conversion/{session_id}",
    responses=documented(400, 404, 413, 422, 503),
    summary="Test the conversion to ADF",
)
async def test_adf_conversion(request: AdfTestRequest, state: SessionDep, engine: EngineDep) -> AdfTestResponse:
    """Convert tickets as they are now, and check that their attachments could be uploaded. Nothing is sent to Jira."""
    return await engine.jira.service.test_conversion(state.session_id, request)
