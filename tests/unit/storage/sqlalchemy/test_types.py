import json
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Column, Dialect, Integer, MetaData, Table, create_engine, select, text
from sqlalchemy.dialects import postgresql, sqlite

from jira_session_export._storage.sqlalchemy.types import Json, Line, UtcDateTime, UuidText

SQLITE, POSTGRESQL = sqlite.dialect(), postgresql.dialect()
MOMENTS = st.datetimes(
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=-7)), timezone(timedelta(minutes=345))])
)


@given(MOMENTS)
def test_moments_come_back_in_utc(moment: datetime) -> None:
    for dialect in (SQLITE, POSTGRESQL):
        bound = UtcDateTime().process_bind_param(moment, dialect)
        assert bound is not None
        for read in (bound, bound.replace(tzinfo=None)):
            back = UtcDateTime().process_result_value(read, dialect)
            assert back == moment
            assert back.tzinfo is UTC


def test_a_naive_moment_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        UtcDateTime().process_bind_param(datetime(2026, 1, 1), SQLITE)


def test_moments_compare_as_text_on_sqlite() -> None:
    table = Table("t", MetaData(), Column("id", Integer, primary_key=True), Column("at", UtcDateTime))
    whole, later = datetime(2026, 1, 1, 12, tzinfo=UTC), datetime(2026, 1, 1, 12, 0, 0, 1, tzinfo=UTC)
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        table.create(connection)
        connection.execute(table.insert(), [{"at": later}, {"at": whole}])
        assert connection.scalars(select(table.c.at).where(table.c.at <= whole)).all() == [whole]
        assert connection.scalars(select(table.c.at).order_by(table.c.at)).all() == [whole, later]
    engine.dispose()


def test_uuids_read_well_in_plain_sql() -> None:
    table = Table("t", MetaData(), Column("id", UuidText, primary_key=True))
    key = UUID("6f0c3f0e-6a54-5c0b-9d53-3a0c8a1c7a52")
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        table.create(connection)
        connection.execute(table.insert(), {"id": key})
        assert connection.scalar(text("SELECT id FROM t")) == str(key)
        assert connection.scalar(select(table.c.id)) == key
    engine.dispose()
    assert UuidText().python_type is UUID


@pytest.mark.parametrize("dialect", [SQLITE, POSTGRESQL])
def test_nul_is_replaced_where_postgresql_could_not_store_it(dialect: Dialect) -> None:
    assert Line().process_bind_param("a\0b", dialect) == "a\ufffdb"
    assert Line().process_bind_param(None, dialect) is None
    value = {"k\0": ["a\0b", "\\u0000", "\\\0", 1, None]}
    assert Json().process_bind_param(value, dialect) == {"k\ufffd": ["a\ufffdb", "\\u0000", "\\\ufffd", 1, None]}
    plain = {"a": "\\"}
    assert Json().process_bind_param(plain, dialect) is plain


def test_json_is_written_on_sqlite_as_elsewhere() -> None:
    write = Json().bind_processor(SQLITE)
    assert write is not None
    assert write(None) is None
    for value in ({"k\0": ["a\0b", "\\u0000", "\\\0", 1, None]}, {"a": "\\"}, [], "ä\0"):
        assert json.loads(write(value)) == Json().process_bind_param(value, POSTGRESQL)
