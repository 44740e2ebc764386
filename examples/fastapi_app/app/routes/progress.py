"""Live progress over a WebSocket."""

from contextlib import aclosing, suppress
from uuid import UUID

import anyio
from fastapi import APIRouter, WebSocket, WebSocketDisconnect

from app.access import SUBPROTOCOL, AccessError
from app.deps import get_caller, get_engine, visible_session
from jira_session_export.errors import SessionNotFoundError, StoreUnavailableError

router = APIRouter()

UNKNOWN_SESSION = 4404
TRY_AGAIN_LATER = 1013


@router.websocket("/api/jira/export/progress/{session_id}")
async def progress(socket: WebSocket, session_id: str) -> None:
    """Tell the session's present state, then every change, until it is completed or has failed."""
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
    """Send the messages; the code to close with."""
    engine = get_engine(socket)
    try:
        state = await visible_session(engine, await get_caller(socket), UUID(session_id))
        messages = engine.jira.watch(state.session_id)
        async with aclosing(messages):
            async for message in messages:
                await socket.send_text(message.model_dump_json())
    except AccessError as exc:
        return 4000 + exc.status
    except (SessionNotFoundError, ValueError):
        return UNKNOWN_SESSION
    except StoreUnavailableError:
        return TRY_AGAIN_LATER
    return 1000


async def accept(socket: WebSocket) -> None:
    """Accept it, always: only then does a browser tell its script the code it is closed with later."""
    await socket.accept(subprotocol=SUBPROTOCOL if SUBPROTOCOL in socket.scope["subprotocols"] else None)


async def disconnected(socket: WebSocket) -> None:
    """Return when the other side has gone; what it says before is nothing to us."""
    while (await socket.receive())["type"] != "websocket.disconnect":
        pass
