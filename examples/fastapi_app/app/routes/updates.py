"""Sessions as they change, for the page: over a WebSocket, and by polling while that is down."""

from contextlib import aclosing, suppress
from typing import Annotated
from uuid import UUID

import anyio
from fastapi import APIRouter, Query, WebSocket, WebSocketDisconnect

from app.access import AccessError
from app.deps import EngineDep, SessionDep, get_caller, get_engine, visible_session
from app.errors import documented
from app.routes.progress import TRY_AGAIN_LATER, UNKNOWN_SESSION, accept, disconnected
from app.updates import SessionUpdate
from jira_session_export.errors import SessionNotFoundError, StoreUnavailableError

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
    await accept(socket)
    async with anyio.create_task_group() as tasks:

        async def notice_disconnect() -> None:
            await disconnected(socket)
            tasks.cancel_scope.cancel()

        tasks.start_soon(notice_disconnect)
        with suppress(WebSocketDisconnect):
            await socket.close(await _tell(socket, session_id))
        tasks.cancel_scope.cancel()


async def _tell(socket: WebSocket, session_id: str) -> int:
    """Send the updates; the code to close with."""
    engine = get_engine(socket)
    try:
        state = await visible_session(engine, await get_caller(socket), UUID(session_id))
        async with aclosing(engine.updates.follow(state.session_id)) as updates:
            async for update in updates:
                await socket.send_text(update.model_dump_json() if update else SIGN_OF_LIFE)
    except AccessError as exc:
        return 4000 + exc.status
    except (SessionNotFoundError, ValueError):
        return UNKNOWN_SESSION
    except StoreUnavailableError:
        return TRY_AGAIN_LATER
    return 1000
