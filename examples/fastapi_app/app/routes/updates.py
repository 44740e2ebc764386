"""Sessions as they change, for the page: over a WebSocket, and by polling while that is down."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, WebSocket

from app.deps import EngineDep, SessionDep
from app.engine import Engine
from app.errors import documented
from app.listening import tell_listener
from app.updates import SessionUpdate

SIGN_OF_LIFE = '{"type":"sign_of_life"}'

router = APIRouter(prefix="/api/jira", tags=["sessions"])


@router.get(
    "/sessions/{session_id}/update", responses=documented(404, 422, 503), summary="What has changed of a session"
)
async def read_update(
    state: SessionDep,
    engine: EngineDep,
    after: Annotated[int | None, Query(ge=0, le=2**53, description="`last_entry` of the update before.")] = None,
) -> SessionUpdate:
    """The session as it is now, and the tickets that have changed; what the page asks for while its WebSocket is down.

    It is not counted by the limit of `export-status`, which is there for callers who poll that.
    """
    return await engine.updates.once(state.session_id, after=after)


@router.websocket("/session-updates/{session_id}")
async def session_updates(socket: WebSocket, session_id: str) -> None:
    """Tell the session at once, then again whenever it has changed, until the session is deleted or nobody listens."""
    await tell_listener(socket, session_id, _messages)


async def _messages(engine: Engine, session_id: UUID) -> AsyncGenerator[str, None]:
    async with aclosing(engine.updates.follow(session_id)) as updates:
        async for update in updates:
            yield update.model_dump_json() if update else SIGN_OF_LIFE
