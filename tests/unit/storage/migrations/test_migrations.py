import asyncio
import re
import runpy
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, MetaData, create_engine, inspect, make_url, text

from jira_session_export._models import Session, Ticket
from jira_session_export._storage import migrations
from jira_session_export._storage.migrations import HostTables, as_sql, upgrade
from jira_session_export._storage.revision import HEAD, VERSION_TABLE
from jira_session_export._storage.rows import SESSION_COLUMNS, TICKET_COLUMNS
from jira_session_export._storage.sqlalchemy.tables import OwnBase
from jira_session_export.errors import SettingsError
from jira_session_export.storage.sqlalchemy import ExportBase, SqlAlchemyStore

PAGE = Path(__file__).parents[4] / "docs" / "reference" / "sql.md"


@pytest.fixture
def sqlite_engine(tmp_path: Path) -> Iterator[Engine]:
    engine = create_engine(f"sqlite:///{tmp_path}/exports.db")
    yield engine
    engine.dispose()


@pytest.fixture
def postgres_engine(postgres: str) -> Iterator[Engine]:
    engine = create_engine(make_url(postgres).set(drivername="postgresql+psycopg"))
    yield engine
    engine.dispose()


@pytest.fixture(params=["sqlite_engine", pytest.param("postgres_engine", marks=pytest.mark.postgres)])
def engine(request: pytest.FixtureRequest) -> Engine:
    return request.getfixturevalue(request.param)


def run_script(connection: Connection, script: str) -> None:
    """As a database's own shell would."""
    driver = connection.connection.driver_connection
    assert driver is not None
    if connection.dialect.name == "sqlite":
        driver.executescript(script)
    else:
        driver.execute(script)


def differences(connection: Connection, *metadata: MetaData) -> list[object]:
    context = MigrationContext.configure(
        connection, opts={"compare_type": True, "compare_server_default": True, "version_table": VERSION_TABLE}
    )
    return compare_metadata(context, list(metadata))  # type: ignore[arg-type]


def test_the_migration_makes_what_the_models_say(engine: Engine) -> None:
    with engine.begin() as connection:
        upgrade(connection)
    with engine.connect() as connection:
        assert differences(connection, OwnBase.metadata, ExportBase.metadata) == []


def test_the_newest_revision_is_known() -> None:
    scripts = ScriptDirectory(str(Path(migrations.__file__).parent))
    assert scripts.get_heads() == [HEAD]


def test_a_hosts_tables_get_what_they_lack_and_keep_what_they_have(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(
            text("CREATE TABLE reviews (id VARCHAR(36) PRIMARY KEY, status VARCHAR(99) DEFAULT 'draft')")
        )
        connection.execute(text("CREATE TABLE items (id VARCHAR(36) PRIMARY KEY, jira_ticket_key VARCHAR(50))"))
        connection.execute(text("INSERT INTO reviews (id) VALUES ('one')"))
        connection.execute(text("INSERT INTO items (id, jira_ticket_key) VALUES ('two', 'DEMO-1')"))
    tables = HostTables("reviews", "items")
    for _ in range(2):
        with engine.begin() as connection:
            upgrade(connection, host_tables=tables)
    with engine.connect() as connection:
        inspector = inspect(connection)
        assert {column["name"] for column in inspector.get_columns("reviews")} == {"id", *SESSION_COLUMNS}
        assert {column["name"] for column in inspector.get_columns("items")} == {"id", *TICKET_COLUMNS}
        assert not inspector.has_table("sessions")
        assert differences(connection, ExportBase.metadata, OwnBase.metadata) != []
        review = connection.execute(text("SELECT status, export_token, export_retry_count, export_total FROM reviews"))
        assert tuple(review.one()) == ("draft", 0, 0, 0)
        item = connection.execute(text("SELECT jira_ticket_key, jira_export_status, export_attempt FROM items"))
        assert tuple(item.one()) == ("DEMO-1", "pending", 0)


@pytest.mark.postgres
def test_a_hosts_tables_may_lie_in_a_schema(postgres_engine: Engine) -> None:
    with postgres_engine.begin() as connection:
        connection.execute(text("CREATE SCHEMA review"))
        for name in ("sessions", "tickets"):
            connection.execute(text(f"CREATE TABLE review.{name} (id UUID PRIMARY KEY)"))
        upgrade(connection, host_tables=HostTables("review.sessions", "review.tickets"))
        columns = {column["name"] for column in inspect(connection).get_columns("sessions", schema="review")}
    assert columns == {"id", *SESSION_COLUMNS}


def test_tables_that_are_not_ours_are_left_alone(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE sessions (cookie VARCHAR(20))"))
    with engine.begin() as connection, pytest.raises(SettingsError, match="'sessions'"):
        upgrade(connection)
    with engine.connect() as connection:
        assert inspect(connection).get_table_names() == ["sessions"]
        assert [column["name"] for column in inspect(connection).get_columns("sessions")] == ["cookie"]


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/exports.db"
    return request.getfixturevalue("postgres")


async def test_many_may_migrate_at_once(address: str) -> None:
    stores = [SqlAlchemyStore.open(address) for _ in range(5)]
    await asyncio.gather(*(store.migrate() for store in stores))
    session = Session(id=uuid4(), project_key="DEMO", tickets=(Ticket(id=uuid4(), order=1, title="One"),))
    await stores[0].put(session)
    assert await stores[4].session(session.id) == session
    for store in stores:
        await store.aclose()


# -- plain SQL ---------------------------------------------------------------------------------------------------------


def test_the_documented_sql_is_what_the_migration_does() -> None:
    blocks = re.findall(r"^```sql\n(BEGIN;.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    assert blocks == [
        as_sql("postgresql", host_tables=HostTables()),
        as_sql("sqlite", host_tables=HostTables()),
        as_sql("postgresql"),
        as_sql("sqlite"),
    ]


def test_after_the_plain_sql_there_is_nothing_to_migrate(engine: Engine) -> None:
    with engine.connect() as connection:
        run_script(connection, as_sql(engine.dialect.name))
        connection.commit()
    with engine.begin() as connection:
        upgrade(connection)
        assert differences(connection, OwnBase.metadata, ExportBase.metadata) == []


def test_the_documented_queries_run(engine: Engine) -> None:
    with engine.begin() as connection:
        upgrade(connection)
        queries = re.findall(r"^```sql\n(SELECT.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
        assert len(queries) == 3
        for query in queries:
            assert (
                connection.execute(text(query), {"session_id": uuid4() if engine.name == "postgresql" else ""}).all()
                == []
            )


def test_the_sql_can_be_printed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    module = "jira_session_export.storage.migrations"
    monkeypatch.delitem(sys.modules, module, raising=False)  # run as `python -m` finds it: not imported
    monkeypatch.setattr(sys, "argv", [module, "postgresql", "--host-tables", "a", "b"])
    runpy.run_module(module, run_name="__main__")
    printed = capsys.readouterr().out
    assert printed == as_sql("postgresql", host_tables=HostTables("a", "b"))
    assert "ALTER TABLE a ADD COLUMN export_task_id UUID;" in printed
    monkeypatch.setattr(sys, "argv", [module, "postgresql", "--host-tables", "a"])
    with pytest.raises(SystemExit):
        runpy.run_module(module, run_name="__main__")
    assert "two names" in capsys.readouterr().err
