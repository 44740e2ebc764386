from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy import Connection, create_engine

from jira_session_export._storage.sqlalchemy.prepared import ByDriver, BySqlAlchemy, Prepared
from jira_session_export._storage.sqlalchemy.tables import ExportBase, JournalEntryRow, OwnBase, SessionRow

NOW = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
SESSIONS: Any = SessionRow.__table__
JOURNAL: Any = JournalEntryRow.__table__


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    engine = create_engine(f"sqlite:///{tmp_path}/exports.db")
    OwnBase.metadata.create_all(engine)
    ExportBase.metadata.create_all(engine)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


@pytest.fixture(params=["driver", "sqlalchemy"])
def prepare(request: pytest.FixtureRequest, connection: Connection) -> Any:
    if request.param == "driver":
        return lambda statement: ByDriver(statement, connection.dialect)
    return BySqlAlchemy


def add(connection: Connection, **columns: Any) -> UUID:
    session_id = uuid4()
    connection.execute(SESSIONS.insert(), {"id": session_id, "project_key": "DEMO", "name": "", **columns})
    return session_id


def test_both_ways_read_the_same_of_every_type(connection: Connection) -> None:
    session_id = add(
        connection,
        export_task_id=uuid4(),
        export_started_at=NOW,
        export_failure={"code": "x", "list": [1, None, "ä"]},
        export_cancel_requested=True,
        export_seconds=1.5,
        export_token=7,
    )
    statement = sa.select(SESSIONS).where(SESSIONS.c.id == sa.bindparam("_session"))
    by_driver = ByDriver(statement, connection.dialect).row(connection, {"_session": session_id})
    by_sqlalchemy = BySqlAlchemy(statement).row(connection, {"_session": session_id})
    for way in (ByDriver(statement, connection.dialect), BySqlAlchemy(statement)):
        assert [list(row) for row in way.rows(connection, {"_session": session_id})] == [list(by_driver or ())]
        assert list(way.rows(connection, {"_session": uuid4()})) == []
        assert [list(row) for row in way.each(connection, {"_session": session_id})] == [list(by_driver or ())]
    assert by_driver is not None
    assert by_sqlalchemy is not None
    assert list(by_driver) == list(by_sqlalchemy)
    assert [type(value) for value in by_driver] == [type(value) for value in by_sqlalchemy]
    assert NOW in by_driver


def test_a_row_that_is_not_there(prepare: Any, connection: Connection) -> None:
    prepared: Prepared = prepare(sa.select(SESSIONS.c.id).where(SESSIONS.c.id == sa.bindparam("_session")))
    assert prepared.row(connection, {"_session": uuid4()}) is None


def test_the_columns_named_are_set_each_time_others(prepare: Any, connection: Connection) -> None:
    session_id, other = add(connection), add(connection)
    prepared: Prepared = prepare(SESSIONS.update().where(SESSIONS.c.id == sa.bindparam("_session")))
    prepared.run(connection, [{"_session": session_id, "export_started_at": NOW}])
    prepared.run(connection, [{"_session": session_id, "export_failure": {"a": 1}, "export_token": 2}])
    found = {row.id: row for row in connection.execute(sa.select(SESSIONS))}
    row = found[session_id]
    assert (row.export_started_at, row.export_failure, row.export_token) == (NOW, {"a": 1}, 2)
    assert found[other].export_token == 0


def test_several_at_once(prepare: Any, connection: Connection) -> None:
    row = {
        "at": NOW,
        "session_id": uuid4(),
        "ticket_id": None,
        "attempt": 1,
        "trace_id": "a\0b",
        "data": {"nul": "\0"},
        "token": 1,
        "lease_owner": "me",
    }
    prepared: Prepared = prepare(JOURNAL.insert().inline())
    prepared.run(connection, [{**row, "kind": kind} for kind in ("first", "second")])
    found = connection.execute(sa.select(JOURNAL).order_by(JOURNAL.c.id)).all()
    assert [each.kind for each in found] == ["first", "second"]
    assert (found[0].at, found[0].trace_id, found[0].data) == (NOW, "a\ufffdb", {"nul": "\ufffd"})


def test_what_is_the_same_in_all_rows_is_written_in_each(prepare: Any, connection: Connection) -> None:
    ids = [add(connection, export_seconds=1.5) for _ in range(3)]
    prepared: Prepared = prepare(SESSIONS.update().where(SESSIONS.c.id == sa.bindparam("_session")))
    later = NOW.replace(year=2027)
    moments = (NOW, None, later)
    rows = [
        {"_session": each, "export_started_at": at, "export_token": 7} for each, at in zip(ids, moments, strict=True)
    ]
    prepared.run(connection, rows)
    found = {row.id: row for row in connection.execute(sa.select(SESSIONS))}
    assert [found[each].export_started_at for each in ids] == [NOW, None, later]
    assert {found[each].export_token for each in ids} == {7}


def test_what_a_write_returns(prepare: Any, connection: Connection) -> None:
    session_id = add(connection, export_cancel_requested=True)
    prepared: Prepared = prepare(
        SESSIONS.update()
        .where(SESSIONS.c.id == sa.bindparam("_session"), SESSIONS.c.export_token == 0)
        .values({SESSIONS.c.export_lease_expires_at: sa.bindparam("_until")})
        .returning(SESSIONS.c.export_cancel_requested)
    )
    found = prepared.row(connection, {"_session": session_id, "_until": NOW})
    assert found is not None
    assert list(found) == [True]
