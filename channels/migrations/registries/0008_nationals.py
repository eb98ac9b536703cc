"""What waits for national registries and how they do; the queue of reviews is read by its state."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_table(
        "awaited",
        sa.Column("question", sa.String(length=32), nullable=False),
        sa.Column("silent", sa.Boolean(), nullable=False),
        sa.Column("registry", sa.String(length=16), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("next", sa.BigInteger(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("asked", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("question", "silent"),
        if_not_exists=True,
    )
    op.create_index(op.f("ix_awaited_next"), "awaited", ["next"], if_not_exists=True)
    op.create_table(
        "nationals",
        sa.Column("registry", sa.String(length=16), nullable=False),
        sa.Column("answered", sa.BigInteger(), nullable=False),
        sa.Column("down", sa.BigInteger(), nullable=False),
        sa.Column("refusals", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("registry"),
        if_not_exists=True,
    )
    op.add_column("remembered", sa.Column("registry", sa.String(length=16), nullable=False, server_default=""))
    op.create_index("reviews_by_state", "reviews", ["state", "at", "id"], if_not_exists=True)
