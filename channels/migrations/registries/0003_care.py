"""The directory of care services, with every version. What it adds to the look-up rows has a default, for the program
before it does not know it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_BYTEWISE = sa.String().with_variant(sa.String(collation="C"), "postgresql")


def upgrade() -> None:
    for table in ("facilities", "health_workers"):
        _add(table, "suspended", "resource")
        op.create_index(op.f(f"ix_{table}_resource"), table, ["resource"], unique=False, if_not_exists=True)
    op.create_table(
        "care_resources",
        sa.Column("type", sa.String(length=32), nullable=False),
        sa.Column("id", _BYTEWISE, nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("change", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("deleted", sa.Boolean(), nullable=False),
        sa.Column("current", sa.Boolean(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("type", "id", "version"),
        sa.UniqueConstraint("change"),
        if_not_exists=True,
    )
    op.create_index("care_resources_by_change", "care_resources", ["type", "change"], if_not_exists=True)
    op.create_index("care_resources_current", "care_resources", ["type", "current", "id"], if_not_exists=True)
    op.create_table(
        "care_terms",
        sa.Column("type", sa.String(length=32), nullable=False),
        sa.Column("parameter", sa.String(length=48), nullable=False),
        sa.Column("value", _BYTEWISE, nullable=False),
        sa.Column("system", _BYTEWISE, nullable=False),
        sa.Column("id", _BYTEWISE, nullable=False),
        sa.PrimaryKeyConstraint("type", "parameter", "value", "system", "id"),
        sqlite_with_rowid=False,
        if_not_exists=True,
    )


def _add(table: str, *columns: str) -> None:
    """A start that was cut off may have added them already."""
    known = {column["name"] for column in sa.inspect(op.get_bind()).get_columns(table)}
    for name in columns:
        if name not in known:
            op.add_column(table, sa.Column(name, sa.Text(), nullable=False, server_default=""))
