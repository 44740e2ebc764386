"""Asks Jira several things at once, and does without what it refuses."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

import anyio

from jira_session_export._export.stopping import StopRequested
from jira_session_export.errors import (
    AuthenticationError,
    JiraError,
    JiraSessionExportError,
    NotFoundError,
    PermissionDeniedError,
    RefusedError,
)

T = TypeVar("T")


async def or_refusal(reading: Awaitable[Sequence[T]]) -> tuple[Sequence[T], RefusedError | None]:
    """What Jira answers, or nothing and why it refuses; wrong credentials are no such refusal."""
    try:
        return await reading, None
    except AuthenticationError:
        raise
    except RefusedError as exc:
        return (), exc


async def alone(reading: Awaitable[T]) -> Sequence[T]:
    """One thing as a list of one, for `or_refusal`."""
    return (await reading,)


def bound(function: Callable[..., Awaitable[T]], *args: Any, **how: Any) -> Callable[[], Awaitable[T]]:
    """The call with its arguments, for `together`."""
    return lambda: function(*args, **how)


async def together(*calls: Callable[[], Awaitable[Any]], at_a_time: int = 10) -> list[Any]:
    """The results of all calls, made side by side; of several errors the one that explains the others.

    Args:
        at_a_time: how many are under way at once. Jira counts the requests of a whole site together, so a long list is
            to be worked through, not thrown at it. After an error no further call begins.
    """
    results: list[Any] = [None] * len(calls)
    errors: list[JiraSessionExportError | StopRequested] = []
    places = anyio.Semaphore(at_a_time)

    async def call(index: int) -> None:
        async with places:
            if errors:
                return
            try:
                results[index] = await calls[index]()
            except (JiraSessionExportError, StopRequested) as exc:
                errors.append(exc)

    async with anyio.create_task_group() as tasks:
        for index in range(len(calls)):
            tasks.start_soon(call, index)
    if errors:
        raise min(errors, key=_rank)
    return results


def _rank(error: JiraSessionExportError | StopRequested) -> int:
    """Wrong credentials explain a missing permission, a missing permission explains a missing project."""
    order = (StopRequested, AuthenticationError, PermissionDeniedError, NotFoundError, RefusedError, JiraError)
    return next((rank for rank, kind in enumerate(order) if isinstance(error, kind)), len(order))
