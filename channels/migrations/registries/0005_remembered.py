"""What registries elsewhere answered."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "remembered",
        sa.Column("question", sa.String(length=32), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("answer", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("question"),
        if_not_exists=True,
    )
    op.create_index(op.f("ix_remembered_at"), "remembered", ["at"], if_not_exists=True)
