"""A request's body, cut off when it is too large or comes too slowly."""

from typing import ClassVar

import anyio
from starlette.types import Message, Receive

from jira_session_export import ErrorCategory, JiraSessionExportError

SLOWEST_BYTES_PER_SECOND = 20_000


class RequestTooLargeError(JiraSessionExportError):
    """The request's body is larger than this service takes."""

    code = "request_too_large"
    category = ErrorCategory.USER_FIXABLE
    status: ClassVar[int] = 413
    default_actions = ("Split the batch file into several sessions, or raise JSE_MAX_UPLOAD_BYTES.",)


class RequestTooSlowError(JiraSessionExportError):
    """The request's body came so slowly that its place was given to others."""

    code = "request_too_slow"
    category = ErrorCategory.TEMPORARY
    status: ClassVar[int] = 408
    default_actions = ("Send it again over a faster connection.",)


class LimitedBody:
    """A request's body, cut off when it grows larger than `limit` bytes, whatever the headers say, or comes too slowly.

    Args:
        patience_seconds: how long the body may take, and a second more for every 20,000 bytes that have come.

    Attributes:
        error: why it was cut off; None while it was not.
    """

    def __init__(self, receive: Receive, limit: int, *, patience_seconds: float) -> None:
        self._receive = receive
        self._limit = limit
        self._deadline = anyio.current_time() + patience_seconds
        self._received = 0
        self._complete = False
        self.error: JiraSessionExportError | None = None

    async def receive(self) -> Message:
        """The next piece; after it was cut off, as if the client had gone."""
        if self._complete:
            return await self._receive()  # waits for the client to go away, as long as the answer takes
        message: Message = {"type": "http.disconnect"}
        if self.error is None:
            with anyio.CancelScope(deadline=self._deadline) as scope:
                message = await self._receive()
            if scope.cancelled_caught:
                self.error = RequestTooSlowError("The request came too slowly.")
        size = len(message.get("body", b""))
        self._received += size
        self._deadline += size / SLOWEST_BYTES_PER_SECOND
        self._complete = not message.get("more_body", False)
        if self._received > self._limit and self.error is None:
            self.error = RequestTooLargeError(f"The request is larger than {self._limit:,} bytes.")
        if self.error is not None:
            return {"type": "http.disconnect"}
        return message
