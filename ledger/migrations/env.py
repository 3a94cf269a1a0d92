"""Alembic's entry: the schema of ledger/schema, over the connection that ledger/database.py hands in."""

from alembic import context

from ledger.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
