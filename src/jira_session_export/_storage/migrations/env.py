"""Run by Alembic: applies the revisions to the connection, or writes them as SQL."""

from alembic import context

from jira_session_export._storage.revision import VERSION_TABLE

attributes = context.config.attributes
if context.is_offline_mode():
    context.configure(
        dialect_name=attributes["dialect_name"],
        version_table=VERSION_TABLE,
        literal_binds=True,
        transactional_ddl=True,
    )
else:
    context.configure(connection=attributes["connection"], version_table=VERSION_TABLE)
with context.begin_transaction():
    context.run_migrations()
