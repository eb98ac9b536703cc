"""The built-in shared record.

A data folder of 0.1.0 has these tables already: they stay as they are.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

bytewise = sa.String().with_variant(sa.String(collation="C"), "postgresql")
serial = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "resources",
        sa.Column("row", serial, nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("id", bytewise, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("person", sa.String(), nullable=True),
        sa.Column("source", sa.BigInteger(), nullable=False),
        sa.Column("said", sa.LargeBinary(), nullable=True),
        sa.Column("transaction", sa.String(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("row"),
        if_not_exists=True,
    )
    op.create_index("resources_by_id", "resources", ["id", "type"], unique=True, if_not_exists=True)
    op.create_index("resources_by_person", "resources", ["person", "type", "id"], unique=False, if_not_exists=True)
    op.create_table(
        "terms",
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("parameter", sa.String(), nullable=False),
        sa.Column("value", bytewise, nullable=False),
        sa.Column("system", bytewise, nullable=False),
        sa.Column("id", bytewise, nullable=False),
        sa.PrimaryKeyConstraint("type", "parameter", "value", "system", "id"),
        sqlite_with_rowid=False,
        if_not_exists=True,
    )
    op.create_table(
        "versions",
        sa.Column("row", serial, nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("id", bytewise, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("transaction", sa.String(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("row"),
        if_not_exists=True,
    )
    op.create_index("versions_by_id", "versions", ["id", "type", "version"], unique=True, if_not_exists=True)
