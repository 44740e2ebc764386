"""The service's own tables, beside the store's in the same database."""

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError, ProgrammingError, SQLAlchemyError

from jira_session_export.errors import StoreUnavailableError


def service_engine(database_url: str) -> sa.Engine:
    """An engine for the service's own tables; nothing is connected to yet."""
    url = sa.make_url(database_url)
    if url.drivername in {"postgresql", "postgres"}:
        url = url.set(drivername="postgresql+psycopg")
    return sa.create_engine(url, hide_parameters=True)


def create_missing(engine: sa.Engine, table: sa.Table) -> None:
    """Create the table unless it is there.

    Raises:
        StoreUnavailableError: the database does not answer.
    """
    try:
        with engine.begin() as connection:
            connection.execute(sa.schema.CreateTable(table, if_not_exists=True))
    except (IntegrityError, ProgrammingError):
        pass  # PostgreSQL: another worker made it at the same moment
    except SQLAlchemyError as exc:
        raise StoreUnavailableError("The database did not answer.") from exc
