"""Project validation, called while a session is set up."""

from fastapi import APIRouter

from app.deps import CallerDep, EngineDep
from app.errors import documented
from jira_session_export.api import ProjectValidationRequest, ProjectValidationResponse

router = APIRouter(prefix="/api/jira", tags=["checks"])


@router.post("/validate-project", responses=documented(400, 413, 422, 503), summary="Check a Jira project")
async def validate_project(
    request: ProjectValidationRequest, engine: EngineDep, _caller: CallerDep
) -> ProjectValidationResponse:
    """Whether sessions can be exported to a project, with the sprints, people and priorities it offers."""
    return await engine.jira.service.validate_project(request)
