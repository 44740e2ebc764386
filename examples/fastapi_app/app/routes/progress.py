"""Live progress over a WebSocket."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from uuid import UUID

from fastapi import APIRouter, WebSocket

from app.engine import Engine
from app.listening import tell_listener

router = APIRouter()


@router.websocket("/api/jira/export/progress/{session_id}")
async def progress(socket: WebSocket, session_id: str) -> None:
    """Tell the session's present state, then every change, until it is completed or has failed."""
    await tell_listener(socket, session_id, _messages)


async def _messages(engine: Engine, session_id: UUID) -> AsyncGenerator[str, None]:
    async with aclosing(engine.jira.watch(session_id)) as messages:
        async for message in messages:
            yield message.model_dump_json()
