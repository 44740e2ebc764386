"""Stores: in memory, and on SQLite or PostgreSQL through SQLAlchemy (`storage.sqlalchemy`)."""
