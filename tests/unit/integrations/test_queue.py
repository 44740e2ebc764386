"""The queue's address and tables."""

import re

import psycopg
import pytest
from procrastinate import sql
from procrastinate.schema import SchemaManager

from jira_session_export.errors import SettingsError
from jira_session_export.integrations._queue import conninfo, open_queue, schema_of

HAS = set(re.findall(r"(?:FUNCTION|TYPE) (procrastinate_\w+)", SchemaManager.get_schema()))


@pytest.mark.parametrize("scheme", ["postgresql", "postgresql+psycopg", "postgres"])
def test_the_address_of_the_store_is_that_of_the_queue(scheme: str) -> None:
    assert conninfo(f"{scheme}://me:p%40ss@host/db?host=%2Ftmp") == "postgresql://me:p%40ss@host/db?host=%2Ftmp"


@pytest.mark.parametrize("address", ["sqlite:///exports.db", "memory://", "mysql://host/db", "exports.db"])
def test_another_database_is_refused_in_a_sentence(address: str) -> None:
    with pytest.raises(SettingsError, match="PostgreSQL"):
        conninfo(address)


def test_tables_of_the_installed_version_fit() -> None:
    schema = schema_of(HAS, exists=True)
    assert (schema.missing, schema.newer) == ([], [])
    schema.check()


def test_no_tables() -> None:
    with pytest.raises(SettingsError, match="lacks the queue's tables"):
        schema_of(set(), exists=False).check()


def test_tables_of_an_older_version_are_named() -> None:
    fetch = next(name for name in HAS if name in sql.queries["fetch_job"])
    schema = schema_of(HAS - {fetch}, exists=True)
    with pytest.raises(SettingsError, match=f"lack {fetch}"):
        schema.check()


def test_tables_of_a_newer_version_are_worked_with_and_told() -> None:
    schema = schema_of({*HAS, "procrastinate_fetch_job_v99", "procrastinate_wholly_new_v1"}, exists=True)
    schema.check()
    assert schema.newer == ["procrastinate_fetch_job_v99"]


@pytest.mark.postgres
@pytest.mark.parametrize("anyio_backend", ["asyncio"])  # procrastinate runs on nothing else
async def test_tables_that_are_there_in_part_are_no_database_that_is_away(postgres: str) -> None:
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(SchemaManager.get_schema())
        connection.execute("DROP TABLE procrastinate_jobs CASCADE")
    with pytest.raises(SettingsError, match=r"cannot be made: .*already exists"):
        async with open_queue(postgres):
            pass
