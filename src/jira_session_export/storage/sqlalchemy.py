"""The store on SQLite and PostgreSQL (extra `sqlalchemy`), and the columns it needs on a host's own tables."""

from jira_session_export._storage.sqlalchemy import ExportBase, ExportSessionMixin, ExportTicketMixin, SqlAlchemyStore

__all__ = ["ExportBase", "ExportSessionMixin", "ExportTicketMixin", "SqlAlchemyStore"]
