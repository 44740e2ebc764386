"""A store whose every call is one operation of a fault test."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from jira_session_export._journal import Lease
from jira_session_export._storage.protocols import AdvancingStore

Around = Callable[[str, Callable[[], Awaitable[Any]]], Awaitable[Any]]
"""Does an operation, or what a test wants instead; given what it is called."""


class WatchedStore:
    def __init__(self, inner: Any, around: Around) -> None:
        self._inner = inner
        self._around = around

    async def content_version(self, session_id: UUID) -> int | None:
        """One of its own, as only the class that has it is asked."""
        version: int | None = await self.__getattr__("content_version")(session_id)
        return version

    async def append_advanced(self, lease: Lease, entries: Any, advanced: Any) -> bool:
        """As for `content_version`; told as the `append` it is."""
        if not isinstance(self._inner, AdvancingStore):
            cancelled: bool = await self.__getattr__("append")(lease, *entries)
            return cancelled
        inner, what = self._inner, ",".join(type(each).__name__ for each in (lease, *entries))
        return bool(
            await self._around(f"store.append({what})", lambda: inner.append_advanced(lease, entries, advanced))
        )

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._inner, name)
        if not inspect.iscoroutinefunction(method):
            return method

        @functools.wraps(method)
        async def call(*args: Any, **kwargs: Any) -> Any:
            what = ",".join(type(arg).__name__ for arg in args if not isinstance(arg, UUID))
            return await self._around(f"store.{name}({what})", lambda: method(*args, **kwargs))

        return call
