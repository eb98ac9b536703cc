"""Which entries of the directory each version changed, and what each is called, found at once."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from registries.database import BYTEWISE

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.create_table(
        "care_changes",
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", BYTEWISE, nullable=False),
        sa.PrimaryKeyConstraint("kind", "version", "number"),
        if_not_exists=True,
    )
    op.create_index("aliases_by_number", "aliases", ["kind", "number"], if_not_exists=True)
