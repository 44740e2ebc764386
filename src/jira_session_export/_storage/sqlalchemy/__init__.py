"""The store on SQLite and PostgreSQL, and the columns it needs on a host's own tables."""

from jira_session_export._storage.sqlalchemy.store import SqlAlchemyStore
from jira_session_export._storage.sqlalchemy.tables import ExportBase, ExportSessionMixin, ExportTicketMixin

__all__ = ["ExportBase", "ExportSessionMixin", "ExportTicketMixin", "SqlAlchemyStore"]
