"""Status polling: one request per session in two seconds, over all workers of this service."""

import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import ClassVar, Self
from uuid import UUID

import sqlalchemy as sa
from anyio import to_thread
from sqlalchemy.dialects.postgresql import insert

from app.database import create_missing, in_transaction, service_engine
from app.files import DiskFullError
from jira_session_export import ErrorCategory, JiraSessionExportError, Runtime
from jira_session_export.errors import StoreUnavailableError

POLLING_SECONDS = 2.0

POLLS = sa.Table(
    "service_status_polls",
    sa.MetaData(),
    sa.Column("session_id", sa.String(36), primary_key=True),
    sa.Column("polled_at", sa.Float, nullable=False),
)


class PollingTooFastError(JiraSessionExportError):
    """The status of this session was asked for less than two seconds ago.

    Attributes:
        retry_after: how long to wait.
    """

    code = "polling_too_fast"
    category = ErrorCategory.TEMPORARY
    status: ClassVar[int] = 429
    default_actions = ("Wait as long as the header Retry-After says, or listen on the WebSocket instead.",)

    def __init__(self, *, retry_after: timedelta) -> None:
        super().__init__("The status of a session can be asked for once in 2 seconds.")
        self.retry_after = retry_after


class PollingLimit:
    """Lets one caller through per session and two seconds.

    The time of the last poll is a row in the service's database, so that several workers share it; a worker refuses by
    itself what it has let through itself.
    """

    def __init__(self, engine: sa.Engine, runtime: Runtime) -> None:
        self._engine = engine
        self._runtime = runtime
        self._latest: dict[UUID, float] = {}

    @classmethod
    @asynccontextmanager
    async def open(cls, database_url: str, runtime: Runtime) -> AsyncIterator[Self]:
        """The limit kept in that database; the table is made when it is not there.

        Raises:
            StoreUnavailableError: the database does not answer.
        """
        engine = service_engine(database_url)
        try:
            await to_thread.run_sync(create_missing, engine, POLLS)
            yield cls(engine, runtime)
        finally:
            engine.dispose()

    async def check(self, session_id: UUID) -> None:
        """Take the turn of this moment.

        Raises:
            PollingTooFastError: somebody else has taken it.
        """
        now = self._runtime.now().timestamp()
        elapsed = now - self._latest.get(session_id, -math.inf)
        if not 0 <= elapsed < POLLING_SECONDS:
            try:
                elapsed = await to_thread.run_sync(self._take_turn, str(session_id), now)
            except (StoreUnavailableError, DiskFullError):
                elapsed = math.inf  # whether the status itself can be read, the store says
        if 0 <= elapsed < POLLING_SECONDS:
            raise PollingTooFastError(retry_after=timedelta(seconds=POLLING_SECONDS - elapsed))
        self._forget_old(now)
        self._latest[session_id] = now

    def _take_turn(self, session_id: str, now: float) -> float:
        """Seconds since the last turn any worker gave; infinite when this one is ours."""
        # Both databases speak this statement. A turn that lies ahead is from before the clock was set back.
        take = insert(POLLS).values(session_id=session_id, polled_at=now)
        take = take.on_conflict_do_update(
            index_elements=[POLLS.c.session_id],
            set_={"polled_at": now},
            where=~POLLS.c.polled_at.between(now - POLLING_SECONDS, now),
        )
        last = sa.select(POLLS.c.polled_at).where(POLLS.c.session_id == session_id)

        def taken(connection: sa.Connection) -> float:
            if connection.execute(take.returning(POLLS.c.session_id)).first() is not None:
                return math.inf
            polled_at: float = connection.execute(last).scalar_one()
            return now - polled_at

        return in_transaction(self._engine, POLLS, taken)

    def _forget_old(self, now: float) -> None:
        self._latest = {key: at for key, at in self._latest.items() if now - at < POLLING_SECONDS}
