"""Records that are still to be compared stand in a table of their own: told in the record, it was written twice."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    made = op.create_table(
        "uncompared",
        sa.Column("record", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("record", "number"),
        if_not_exists=True,
    )
    records = sa.table("records", *map(sa.column, ("id", "number", "at", "matched")))
    waiting = sa.select(records.c.id, records.c.number, records.c.at).where(records.c.matched == 0)
    op.execute(sa.insert(made).from_select(["record", "number", "at"], waiting))
    op.drop_index("records_unmatched", "records")
    op.drop_column("records", "matched")
