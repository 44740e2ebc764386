"""Says in a sentence why the service cannot start, where the server would print a traceback."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from jira_session_export import JiraSessionExportError


class SayWhy:
    """ASGI middleware: a foreseen error of the lifespan, left in `app.state.cannot_start`, is told in its own words."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on, the failed start in other words."""
        if scope["type"] != "lifespan":
            await self._app(scope, receive, send)
            return

        async def tell(message: Message) -> None:
            error: JiraSessionExportError | None = getattr(scope["app"].state, "cannot_start", None)
            if message["type"] == "lifespan.startup.failed" and error is not None:
                message = {
                    **message,
                    "message": "\n".join([str(error), *(f"  → {each}" for each in error.recovery_actions)]),
                }
            await send(message)

        await self._app(scope, receive, tell)
