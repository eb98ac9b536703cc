"""Lists compared with the directory, and how far upstream registries were read."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from registries.database import BYTEWISE

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "care_pairs",
        sa.Column("list", BYTEWISE, nullable=False),
        sa.Column("number", BYTEWISE, nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("outcome", sa.String(length=8), nullable=False),
        sa.Column("entry", BYTEWISE, nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("apart", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("list", "number"),
        if_not_exists=True,
    )
    op.create_index("care_pairs_by_state", "care_pairs", ["state", "list", "number"], if_not_exists=True)
    op.create_table(
        "care_upstreams",
        sa.Column("url", BYTEWISE, nullable=False),
        sa.Column("part", sa.String(length=32), nullable=False),
        sa.Column("mark", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("failed", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("url", "part"),
        if_not_exists=True,
    )
