"""A WebSocket on which one session is followed: who may listen, and the code it is closed with."""

import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, suppress
from uuid import UUID

import anyio
from fastapi import WebSocket, WebSocketDisconnect

from app.access import SUBPROTOCOL, AccessError
from app.deps import get_caller, get_engine, visible_session
from app.engine import Engine
from jira_session_export.errors import SessionNotFoundError, StoreUnavailableError

logger = logging.getLogger("jira_session_export.service")

DONE = 1000
INTERNAL_ERROR = 1011
TRY_AGAIN_LATER = 1013
ACCESS = 4000
"""And the HTTP status: 4401, 4403."""
UNKNOWN_SESSION = 4404

Messages = Callable[[Engine, UUID], AsyncGenerator[str, None]]
"""What a listener of a session is told, for as long as it makes sense to listen."""


async def tell_listener(socket: WebSocket, session_id: str, messages: Messages) -> None:
    """Tell a listener these messages of a session until they end or nobody listens any more; then close the socket.

    It is accepted in any case: only then does a browser tell its script the code it is closed with.

    Args:
        session_id: as the address has it.
    """
    await socket.accept(subprotocol=SUBPROTOCOL if SUBPROTOCOL in socket.scope["subprotocols"] else None)
    async with anyio.create_task_group() as tasks:

        async def notice_disconnect() -> None:
            while (await socket.receive())["type"] != "websocket.disconnect":
                pass  # what it says is nothing to us
            tasks.cancel_scope.cancel()

        tasks.start_soon(notice_disconnect)
        with suppress(WebSocketDisconnect):
            await socket.close(await _tell(socket, session_id, messages))
        tasks.cancel_scope.cancel()


async def _tell(socket: WebSocket, session_id: str, messages: Messages) -> int:
    """Send the messages; the code to close with."""
    engine = await get_engine(socket)
    try:
        state = await visible_session(engine, await get_caller(socket), UUID(session_id))
        async with aclosing(messages(engine, state.session_id)) as told:
            async for message in told:
                await socket.send_text(message)
    except AccessError as exc:
        return ACCESS + exc.status
    except (SessionNotFoundError, ValueError):
        return UNKNOWN_SESSION
    except StoreUnavailableError:
        return TRY_AGAIN_LATER
    except WebSocketDisconnect:
        raise
    except Exception:
        logger.exception("A listener lost its session for a reason nobody foresaw", extra={"action": "listener_lost"})
        return INTERNAL_ERROR
    return DONE
