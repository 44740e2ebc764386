"""Records a start and queues its session: together where the queue lies in the store's database, else one by one."""

from datetime import datetime
from inspect import Parameter, signature
from typing import Any, TypedDict
from uuid import UUID

from jira_session_export._export.ports import ExportRunner, TransactionalRunner
from jira_session_export._journal import RunStarted
from jira_session_export._storage.protocols import ExportStore, TransactionalStore


class Taking(TypedDict):
    """How the session is taken; see `ExportStore.acquire`."""

    expected_token: int
    owner: str
    now: datetime
    lease_seconds: float


class About(TypedDict):
    """What a runner is told of a session; see `ExportRunner.submit`."""

    owner: str | None
    site: str
    priority: int


class Starter:
    """Starts sessions.

    In one transaction a session is never started without a job, and no job comes before its start can be seen. One by
    one, a process that dies in between leaves a started session, which a sweep finds.
    """

    def __init__(self, store: ExportStore, runner: ExportRunner) -> None:
        self._store = store
        self._runner = runner
        self._takes_details = any(
            each.kind is Parameter.VAR_KEYWORD or each.name == "owner"
            for each in signature(runner.submit).parameters.values()
        )
        self._together: bool | None = None

    async def begin(self, session_id: UUID, entry: RunStarted, taking: Taking, about: About) -> bool:
        """Record the start and submit the session; False when another caller was faster."""
        store, runner = self._store, self._runner
        if isinstance(store, TransactionalStore) and isinstance(runner, TransactionalRunner):
            if self._together is None:
                ours, theirs = await store.database(), await runner.database()
                # What is not known now may be known at the next start.
                self._together = None if ours is None or theirs is None else ours == theirs
            if self._together:

                def submit(connection: Any) -> None:
                    runner.submit_within(connection, session_id, **about)

                return await store.acquire_with(session_id, entry, **taking, also=submit) is not None
        if await store.acquire(session_id, entry, **taking) is None:
            return False
        await (runner.submit(session_id, **about) if self._takes_details else runner.submit(session_id))
        return True
