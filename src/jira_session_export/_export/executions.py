"""Runs that somebody waits for: the task of a host's queue, which must not end before its session is handed over."""

from uuid import UUID

import anyio

from jira_session_export._export.exporter import Exporter
from jira_session_export._journal import SessionState


class Executions:
    """Calls of `Exporter.execute` that hand over when they are cancelled, instead of being cut off."""

    def __init__(self, exporter: Exporter) -> None:
        self._exporter = exporter
        self._scopes: set[anyio.CancelScope] = set()
        self._none_left = anyio.Event()

    async def run(self, session_id: UUID) -> SessionState:
        """As `Exporter.execute`; cancelling it takes up to `grace_seconds`."""
        exporter = self._exporter
        # Shielded: a run that is cut off in the middle of a create leaves an intent, and the next worker must look for
        # its issue, which takes minutes.
        scope = anyio.CancelScope(shield=True)
        ended = anyio.Event()
        outcome: SessionState | Exception | None = None

        async def work() -> None:
            nonlocal outcome
            try:
                with scope:
                    outcome = await exporter.execute(session_id)
            except Exception as exc:  # noqa: BLE001 -- raised below, outside the task group, which would wrap it
                outcome = exc
            ended.set()

        self._scopes.add(scope)
        try:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(work)
                try:
                    await ended.wait()
                except anyio.get_cancelled_exc_class():
                    exporter.hand_over(session_id)
                    with anyio.move_on_after(exporter.settings.grace_seconds, shield=True):
                        await ended.wait()
                    scope.cancel()
                    raise
            if isinstance(outcome, Exception):
                raise outcome
            # None: cut off by `hand_over`.
            return await exporter.store.state(session_id) if outcome is None else outcome
        finally:
            self._scopes.discard(scope)
            if not self._scopes:
                self._none_left.set()

    async def hand_over(self) -> None:
        """Have all of them hand over, and start no other; at the latest after `grace_seconds` they are cut off."""
        self._exporter.stop()
        if not self._scopes:
            return
        self._none_left = anyio.Event()
        with anyio.CancelScope(shield=True):
            with anyio.move_on_after(self._exporter.settings.grace_seconds):
                await self._none_left.wait()
                return
            for scope in self._scopes:
                scope.cancel()
            await self._none_left.wait()
