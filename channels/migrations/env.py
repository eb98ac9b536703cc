"""Alembic's environment, for one store. The caller gives the connection, within its transaction, and the tables."""

from __future__ import annotations

from alembic import context

given = context.config.attributes
context.configure(connection=given["connection"], target_metadata=given["tables"], transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()
