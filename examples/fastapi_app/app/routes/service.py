"""Health, readiness, and what the page must know of the service."""

from typing import Literal

from anyio import to_thread
from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict

from app.deps import CallerDep, EngineDep
from app.errors import documented
from app.files import has_room
from jira_session_export.errors import StoreError

router = APIRouter(tags=["service"])


class Health(BaseModel):
    """The service lives."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"status": "ok"}]})

    status: str = "ok"


class Readiness(BaseModel):
    """Whether the service can do its work.

    Attributes:
        status: `ready` or `unavailable`.
        database: `ok` or `unavailable`.
        storage: `ok`, or `full` when there is hardly any room on the disk.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [{"status": "ready", "database": "ok", "storage": "ok"}]})

    status: Literal["ready", "unavailable"]
    database: Literal["ok", "unavailable"]
    storage: Literal["ok", "full", "unavailable"]


class ServiceInfo(BaseModel):
    """What the page must know.

    Attributes:
        demo: issues go to a local Jira.
        jira_url: the site that issues are created in.
        caller: the name of who asks; None for the only caller.
        administrator: whether they may release sessions.
        max_retries: how often a failed export can be retried.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "demo": False,
                    "jira_url": "https://example.atlassian.net",
                    "caller": "maria",
                    "administrator": False,
                    "pause_seconds": 1.5,
                    "bulk_size": 1,
                    "max_retries": 3,
                }
            ]
        }
    )

    demo: bool
    jira_url: str
    caller: str | None
    administrator: bool
    pause_seconds: float
    bulk_size: int
    max_retries: int


@router.get("/health", responses={key: value for key, value in documented().items() if key != 401}, summary="Liveness")
async def health() -> Health:
    """The process answers."""
    return Health()


@router.get(
    "/ready",
    responses={
        **{key: value for key, value in documented().items() if key != 401},
        503: {"model": Readiness, "description": "The database does not answer, or the disk is full."},
    },
    summary="Readiness",
)
async def ready(engine: EngineDep, response: Response) -> Readiness:
    """The database answers, and there is room on the disk.

    Jira is left out: without it, status and results can still be read.
    """
    database: Literal["ok", "unavailable"] = "ok"
    storage: Literal["ok", "full", "unavailable"] = "ok"
    try:
        await engine.store.interrupted(engine.jira.runtime.now())
    except StoreError:
        database = "unavailable"
    try:
        if not await to_thread.run_sync(has_room, engine.settings.data_dir, engine.settings.least_free_bytes):
            storage = "full"
    except OSError:
        storage = "unavailable"
    if (database, storage) == ("ok", "ok"):
        return Readiness(status="ready", database=database, storage=storage)
    response.status_code = 503
    return Readiness(status="unavailable", database=database, storage=storage)


@router.get("/api/jira/service", responses=documented(), summary="About this service")
async def read_service(engine: EngineDep, caller: CallerDep) -> ServiceInfo:
    """Which Jira this service exports to, and who asks."""
    return ServiceInfo(
        demo=engine.demo,
        jira_url=engine.jira_url,
        caller=caller.name,
        administrator=caller.is_administrator,
        pause_seconds=engine.jira.settings.pause_seconds,
        bulk_size=engine.jira.settings.bulk_size,
        max_retries=engine.jira.settings.max_retries,
    )
