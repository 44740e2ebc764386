"""Asks Jira several things at once, and does without what it refuses."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import anyio

from jira_session_export.errors import (
    AuthenticationError,
    JiraError,
    JiraSessionExportError,
    NotFoundError,
    PermissionDeniedError,
    RefusedError,
)

T = TypeVar("T")


@contextmanager
def refusal_ignored() -> Iterator[None]:
    """Go on where Jira refuses what an export can do without; wrong credentials are no such thing."""
    try:
        yield
    except AuthenticationError:
        raise
    except RefusedError:
        pass


async def or_nothing(reading: Awaitable[Sequence[T]]) -> Sequence[T]:
    """What Jira answers; nothing where it refuses."""
    try:
        return await reading
    except AuthenticationError:
        raise
    except RefusedError:
        return ()


def bound(function: Callable[..., Awaitable[T]], *args: Any, **how: Any) -> Callable[[], Awaitable[T]]:
    """The call with its arguments, for `together`."""
    return lambda: function(*args, **how)


async def together(*calls: Callable[[], Awaitable[Any]]) -> list[Any]:
    """The results of all calls, made at once; of several errors the one that explains the others."""
    results: list[Any] = [None] * len(calls)
    errors: list[JiraSessionExportError] = []

    async def call(index: int) -> None:
        try:
            results[index] = await calls[index]()
        except JiraSessionExportError as exc:
            errors.append(exc)

    async with anyio.create_task_group() as tasks:
        for index in range(len(calls)):
            tasks.start_soon(call, index)
    if errors:
        raise min(errors, key=_rank)
    return results


def _rank(error: JiraSessionExportError) -> int:
    """Wrong credentials explain a missing permission, a missing permission explains a missing project."""
    order = (AuthenticationError, PermissionDeniedError, NotFoundError, RefusedError, JiraError)
    return next((rank for rank, kind in enumerate(order) if isinstance(error, kind)), len(order))
