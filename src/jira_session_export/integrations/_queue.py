"""The queue in PostgreSQL: its address, its tables, and what is asked of it beyond what procrastinate offers."""

import re
from collections.abc import AsyncIterator, Collection, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any, LiteralString
from urllib.parse import urlsplit
from uuid import UUID

import psycopg
from procrastinate import App, PsycopgConnector, sql
from procrastinate.exceptions import ConnectorException
from procrastinate.schema import SchemaManager
from psycopg.rows import dict_row
from psycopg_pool import AsyncNullConnectionPool

from jira_session_export._diagnosis import QueueInspection
from jira_session_export._storage.addresses import check_encoding
from jira_session_export.errors import SettingsError, StoreUnavailableError

TASK_NAME = "jira_session_export.execute"
"""The name under which procrastinate keeps the jobs."""
QUEUE = "jira_session_export"
"""The queue of the jobs unless another is named."""

_LOCK = 5_210_474  # any number, the same in every process; the store's migrations have the one before
_CONNECTION: dict[str, Any] = {"connect_timeout": 10, "keepalives_idle": 30, "tcp_user_timeout": 60_000}
_TIMEOUT = 10.0
_VERSIONED = re.compile(r"procrastinate_\w{1,60}?_v\d+")
_SCHEMES = frozenset({"postgresql", "postgresql+psycopg", "postgres"})

_FUNCTIONS: LiteralString = (
    "SELECT proname AS name FROM pg_proc WHERE proname LIKE 'procrastinate\\_%' AND pg_function_is_visible(oid) "
    "UNION SELECT typname FROM pg_type WHERE typname LIKE 'procrastinate\\_%' AND pg_type_is_visible(oid)"
)
_WAITING: LiteralString = (
    "SELECT args->>'session_id' AS session_id FROM procrastinate_jobs "
    "WHERE status = 'todo' AND queue_name = %(queue)s AND task_name = %(task)s"
)
_COUNTS: LiteralString = (
    "SELECT count(*) FILTER (WHERE status = 'doing') AS running, "
    "(SELECT extract(epoch FROM now() - min(event.at))::float FROM procrastinate_jobs job "
    "JOIN procrastinate_events event ON event.job_id = job.id AND event.type = 'deferred' "
    "WHERE job.status = 'todo' AND job.queue_name = %(queue)s AND job.task_name = %(task)s) AS oldest "
    "FROM procrastinate_jobs WHERE queue_name = %(queue)s AND task_name = %(task)s"
)
_WORKERS: LiteralString = (
    "SELECT extract(epoch FROM now() - last_heartbeat)::float AS silence FROM procrastinate_workers ORDER BY 1"
)


@dataclass(frozen=True, slots=True)
class QueueSchema:
    """The queue's tables in a database.

    Attributes:
        exists: there are some.
        missing: functions that the installed procrastinate calls and the database lacks, because it was set up by an
            older version.
        newer: functions of the database that are newer than those the installed procrastinate knows. It goes on to
            work: procrastinate keeps the old ones within a major version.
    """

    exists: bool
    missing: Sequence[str] = ()
    newer: Sequence[str] = ()

    def check(self) -> None:
        """Say what to do unless the installed procrastinate can work with the tables.

        Raises:
            SettingsError: they are missing, or of an older version.
        """
        if not self.exists:
            raise SettingsError(
                "The database lacks the queue's tables.",
                recovery_actions=["Start a worker once: jira-session-export worker makes them."],
            )
        if self.missing:
            raise SettingsError(
                "The queue's tables are of an older version of procrastinate than the one installed: they lack "
                f"{', '.join(self.missing)}.",
                recovery_actions=[
                    "Apply procrastinate's migrations; procrastinate schema --migrations-path prints their folder.",
                    "Or, while nothing waits in the queue, drop the objects named procrastinate_… and start a worker.",
                ],
            )


def conninfo(address: str) -> str:
    """The address of the store's database as the queue's driver reads it.

    Raises:
        SettingsError: it is no PostgreSQL.
    """
    scheme = urlsplit(address).scheme
    if scheme not in _SCHEMES:
        raise SettingsError(
            f"Workers take a PostgreSQL database, for its queue; {scheme or 'this'} is none.",
            recovery_actions=[
                "Set JSE_DATABASE_URL, or --database, to postgresql://user:password@host/database.",
                "With SQLite, one process does it all: jira-session-export export, or JiraExport without a runner.",
            ],
        )
    return address.replace(f"{scheme}://", "postgresql://", 1)


@asynccontextmanager
async def open_queue(address: str, *, create: bool = True) -> AsyncIterator[App]:
    """Open the queue in the store's database; closed with the block.

    It takes no connection while nothing is asked of the queue, one at a time, and a worker one more to listen.

    Args:
        address: of a PostgreSQL database, as the store takes it.
        create: make the queue's tables unless they are there; harmless when several processes do it at once.

    Raises:
        SettingsError: the address is of another database, or the queue's tables are missing or too old.
        StoreUnavailableError: the database did not answer.
    """
    target = conninfo(address)
    await _prepare(target, create=create)
    # A job comes once in a session, so a connection is made when there is something to ask: none is held meanwhile, and
    # a database that was away is found at the next try. A pool would wait longer and longer before it tries again.
    connector = PsycopgConnector(
        pool_factory=AsyncNullConnectionPool,
        conninfo=target,
        kwargs=_CONNECTION,
        configure=_each_statement_alone,
        min_size=0,
        max_size=1,
        timeout=_TIMEOUT,
    )
    app = App(connector=connector)
    try:
        await app.open_async()
    except (ConnectorException, psycopg.Error) as exc:
        await app.close_async()
        raise StoreUnavailableError("The database of the queue did not answer.") from exc
    try:
        yield app
    finally:
        await app.close_async()


async def _each_statement_alone(connection: "psycopg.AsyncConnection[Any]") -> None:
    """What is asked of the queue is one statement each time, so it needs no BEGIN and COMMIT around it."""
    await connection.set_autocommit(True)


async def _prepare(target: str, *, create: bool) -> None:
    try:
        async with await psycopg.AsyncConnection.connect(target, row_factory=dict_row, **_CONNECTION) as connection:
            # The first that a worker asks of a database; in one without an encoding the schema could not even be sent.
            check_encoding(connection.info.parameter_status("server_encoding"), connection.info.dbname)
            # Until the commit at the end, so that only one of several new workers makes the tables.
            await connection.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
            schema = await _schema(connection)
            if not schema.exists and create:
                await connection.execute(SchemaManager.get_schema())
                return
    except psycopg.ProgrammingError as exc:  # the database did answer: a part is there already, or may not be made
        raise SettingsError(
            f"The queue's tables cannot be made: {_first_line(exc)}.",
            recovery_actions=[
                "Let the user of JSE_DATABASE_URL create tables, or apply procrastinate's schema as one who may.",
                "If a part of them is there and nothing waits in the queue: drop the objects named procrastinate_….",
            ],
        ) from exc
    except psycopg.Error as exc:
        raise StoreUnavailableError(f"The database of the queue did not answer: {_first_line(exc)}") from exc
    schema.check()


async def _schema(connection: "psycopg.AsyncConnection[Any]") -> QueueSchema:
    found = await (await connection.execute(_FUNCTIONS)).fetchall()
    table = await (await connection.execute("SELECT to_regclass('procrastinate_jobs') AS found")).fetchone()
    return schema_of({row["name"] for row in found}, exists=table is not None and table["found"] is not None)


def schema_of(names: Collection[str], *, exists: bool) -> QueueSchema:
    """Compare the names of functions and types with those that the installed procrastinate uses."""
    called = {name for query in sql.queries.values() for name in _VERSIONED.findall(query)}
    known = dict(map(_split, called))
    newer = [name for name in names if _VERSIONED.fullmatch(name) and _is_newer(name, known)]
    return QueueSchema(exists, sorted(called - set(names)) if exists else (), sorted(newer))


def _split(name: str) -> tuple[str, int]:
    base, _, number = name.rpartition("_v")
    return base, int(number)


def _is_newer(name: str, known: dict[str, int]) -> bool:
    base, number = _split(name)
    return base in known and number > known[base]


async def waiting_sessions(app: App, queue: str) -> set[str]:
    """Ids of the sessions that a job waits for. Raises `ConnectorException`."""
    rows = await app.connector.execute_query_all_async(query=_WAITING, queue=queue, task=TASK_NAME)
    return {str(row["session_id"]) for row in rows}


async def inspect_queue(address: str, *, queue: str = QUEUE) -> QueueInspection:
    """Look at a queue; writes nothing.

    Args:
        address: of its PostgreSQL database, as the store takes it.
        queue: its name.

    Raises:
        SettingsError: the address is of another database.
        StoreUnavailableError: the database did not answer.
    """
    try:
        async with await psycopg.AsyncConnection.connect(
            conninfo(address), row_factory=dict_row, autocommit=True, **_CONNECTION
        ) as connection:
            schema = await _schema(connection)
            if not schema.exists:
                return QueueInspection(queue, exists=False)
            parameters = {"queue": queue, "task": TASK_NAME}
            waiting = await (await connection.execute(_WAITING, parameters)).fetchall()
            counts = await (await connection.execute(_COUNTS, parameters)).fetchone()
            workers = []
            if not schema.missing:
                workers = await (await connection.execute(_WORKERS)).fetchall()
    except psycopg.Error as exc:
        raise StoreUnavailableError(f"The database of the queue did not answer: {_first_line(exc)}") from exc
    return QueueInspection(
        queue,
        exists=True,
        missing=schema.missing,
        newer=schema.newer,
        waiting=frozenset(UUID(row["session_id"]) for row in waiting if row["session_id"]),
        running=counts["running"] if counts else 0,
        oldest_waiting_seconds=counts["oldest"] if counts else None,
        worker_silences=[row["silence"] for row in workers],
    )


def _first_line(exc: Exception) -> str:
    return str(exc).strip().partition("\n")[0]


class WithRowsByName:
    """SQLAlchemy's connection over an asyncio one, as procrastinate uses one of psycopg's."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    @contextmanager
    def cursor(self, *, row_factory: object = None) -> "Iterator[WithRowsByName]":  # noqa: ARG002 -- always by name
        """A cursor whose rows are found by their columns' names."""
        self._cursor = self._connection.cursor()
        try:
            yield self
        finally:
            self._cursor.close()

    def execute(self, query: str, arguments: Any = None) -> None:
        """Run a statement."""
        self._cursor.execute(query, arguments)

    def fetchall(self) -> list[dict[str, Any]]:
        """All rows."""
        names = [column[0] for column in self._cursor.description]
        return [dict(zip(names, row, strict=True)) for row in self._cursor.fetchall()]
