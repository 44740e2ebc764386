"""What routes are given."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends
from starlette.requests import HTTPConnection

from app.access import Authenticate, Caller
from app.engine import Engine
from jira_session_export.errors import SessionNotFoundError
from jira_session_export.storage import SessionState

CALLER = "jira_session_export.caller"
"""Where the guard leaves the caller in the connection's scope."""


async def get_engine(connection: HTTPConnection) -> Engine:
    """The engine that the application's lifespan has opened.

    Not a plain function: FastAPI would call that in a thread, once a request, and whoever waits for a thread waits for
    Python's lock, which a conversion holds.
    """
    engine: Engine = connection.app.state.engine
    return engine


async def get_caller(connection: HTTPConnection) -> Caller:
    """Who asks. Raises `AccessError` for somebody who may not."""
    known: Caller | None = connection.scope.get(CALLER)  # the guard has asked already
    authenticate: Authenticate = connection.app.state.authenticate
    return known or await authenticate(connection)


EngineDep = Annotated[Engine, Depends(get_engine)]
CallerDep = Annotated[Caller, Depends(get_caller)]


async def visible_session(engine: Engine, caller: Caller, session_id: UUID) -> SessionState:
    """The session's state, if this caller may see it.

    Raises:
        SessionNotFoundError: there is none, or it is somebody else's: nobody learns which.
    """
    state = await engine.store.state(session_id)
    if not caller.may_see(state.owner):
        raise SessionNotFoundError(session_id=session_id)
    return state


async def get_session_state(engine: EngineDep, caller: CallerDep, session_id: UUID) -> SessionState:
    """The session named in the path. Raises like `visible_session`."""
    return await visible_session(engine, caller, session_id)


SessionDep = Annotated[SessionState, Depends(get_session_state)]
