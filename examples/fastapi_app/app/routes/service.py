"""Health, readiness, and what the page must know of the service."""

from pathlib import Path
from typing import Literal

from anyio import to_thread
from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict

from app.database import sqlite_file
from app.deps import CallerDep, EngineDep
from app.engine import Engine
from app.errors import documented
from app.files import has_room
from jira_session_export.errors import NewerTablesError, StoreError

router = APIRouter(tags=["service"])


class Health(BaseModel):
    """The service lives."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"status": "ok"}]})

    status: str = "ok"


class Readiness(BaseModel):
    """Whether the service can do its work.

    Attributes:
        status: `ready` or `unavailable`.
        database: `ok`, `unavailable`, or `newer` when a newer version of the service has changed its tables meanwhile.
        queue: that of the workers, `ok` or `unavailable`; `none` when exports run in this process.
        storage: `ok`, or `full` when there is hardly any room on the disk.
    """

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"status": "ready", "database": "ok", "queue": "none", "storage": "ok"}]}
    )

    status: Literal["ready", "unavailable"]
    database: Literal["ok", "unavailable", "newer"]
    queue: Literal["ok", "unavailable", "none"]
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
        503: {"model": Readiness, "description": "Database or queue does not answer, or the disk is full."},
    },
    summary="Readiness",
)
async def ready(engine: EngineDep, response: Response) -> Readiness:
    """The database answers, the queue if there is one does, and there is room on the disk.

    Jira is left out: without it, status and results can still be read.
    """
    database: Literal["ok", "unavailable", "newer"] = "ok"
    queue: Literal["ok", "unavailable", "none"] = "none" if engine.queue is None else "ok"
    storage: Literal["ok", "full", "unavailable"] = "ok"
    try:
        await engine.store.check_schema()
        await engine.store.interrupted(engine.jira.runtime.now())
    except NewerTablesError:
        database = "newer"
    except StoreError:
        database = "unavailable"
    if engine.queue is not None:
        try:
            await engine.queue.check_connection_async()
        except Exception:  # noqa: BLE001 -- whatever the reason, no export can be started
            queue = "unavailable"
    try:
        if not await to_thread.run_sync(has_room, _folders(engine), engine.settings.least_free_bytes):
            storage = "full"
    except OSError:
        storage = "unavailable"
    ready = database == "ok" and queue != "unavailable" and storage == "ok"
    if not ready:
        response.status_code = 503
    status: Literal["ready", "unavailable"] = "ready" if ready else "unavailable"
    return Readiness(status=status, database=database, queue=queue, storage=storage)


def _folders(engine: Engine) -> set[Path]:
    """Where the service writes on this machine."""
    database = sqlite_file(engine.settings.database_url)
    return {engine.settings.data_dir, *([] if database is None else [database.absolute().parent])}


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
