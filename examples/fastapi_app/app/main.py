"""The application: `uvicorn app.main:app --app-dir examples/fastapi_app`."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from fastapi import FastAPI
from fastapi.responses import FileResponse
from starlette.staticfiles import StaticFiles

from app.access import Authenticate, bearer_tokens
from app.api_docs import STATIC, add_api_docs
from app.engine import open_engine
from app.errors import install_error_handlers
from app.garbage import collecting, configure
from app.guard import Guard
from app.openapi import describe, operation_id
from app.routes import (
    audit,
    conversion,
    exports,
    fixes,
    plans,
    progress,
    projects,
    service,
    sessions,
    tickets,
    updates,
)
from app.server import quiet_accept
from app.settings import ServiceSettings, service_settings
from app.startup import SayWhy
from jira_session_export import JiraSessionExportError, Runtime


def create_app(
    settings: ServiceSettings | None = None,
    *,
    authenticate: Authenticate | None = None,
    runtime: Runtime | None = None,
) -> FastAPI:
    """The service; nothing is opened before it starts.

    Args:
        settings: the environment's by default.
        authenticate: says who calls; `JSE_API_TOKEN` by default.

    Raises:
        SettingsError: the environment's settings do not fit.
    """
    settings = settings or service_settings()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        with quiet_accept():
            async with AsyncExitStack() as stack:
                try:
                    app.state.engine = await stack.enter_async_context(open_engine(settings, runtime or Runtime()))
                except JiraSessionExportError as exc:
                    app.state.cannot_start = exc
                    raise
                await stack.enter_async_context(collecting(Runtime()))  # for memory, real time counts
                yield

    # FastAPI's own pages load scripts from elsewhere; `add_api_docs` serves one that does not.
    app = FastAPI(
        title="jira-session-export",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        generate_unique_id_function=operation_id,
    )
    app.state.authenticate = authenticate or bearer_tokens(settings.tokens, settings.administrators)
    app.add_middleware(
        Guard,
        settings=settings,
        authenticate=app.state.authenticate,
        token_required=bool(authenticate or settings.tokens),
    )
    app.add_middleware(SayWhy)
    install_error_handlers(app)
    parts = (exports, plans, fixes, progress, projects, conversion, sessions, tickets, audit, updates, service)
    for routes in parts:
        app.include_router(routes.router)
    describe(app)
    add_api_docs(app)

    @app.get("/", include_in_schema=False)
    async def page() -> FileResponse:
        return FileResponse(STATIC / "index.html", headers={"Cache-Control": "no-cache"})

    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    return app


app = create_app()
configure()
