"""Up to which change each subscriber was told of persons, and who tells it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "notices",
        sa.Column("subscriber", sa.String(length=250), nullable=False),
        sa.Column("records", sa.BigInteger(), nullable=False),
        sa.Column("links", sa.BigInteger(), nullable=False),
        sa.Column("teller", sa.String(length=36), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("subscriber"),
        sqlite_with_rowid=False,
        if_not_exists=True,
    )
