"""Source records, what finds them, links that end, and who decided what."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_NUMBERED = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _widen()
    _records()
    _decisions()


def _widen() -> None:
    """The program before knows none of these columns, so each has a value without it."""
    _add("links", sa.Column("ended", sa.BigInteger()))
    _add("links", sa.Column("by", sa.Text(), nullable=False, server_default=""))
    for table in ("links", "reviews"):
        _add(table, sa.Column("why", sa.Text(), nullable=False, server_default=""))
        _add(table, sa.Column("score", sa.Float()))
        _add(table, sa.Column("rules", sa.Integer(), nullable=False, server_default="0"))
    op.create_index(op.f("ix_links_to_person"), "links", ["to_person"], if_not_exists=True)
    _add("reviews", sa.Column("decided_at", sa.BigInteger()))
    _add("reviews", sa.Column("decided_by", sa.Text(), nullable=False, server_default=""))
    _add("reviews", sa.Column("decision", sa.String(length=8), nullable=False, server_default=""))


def _add(table: str, column: sa.Column[object]) -> None:
    if column.name not in {known["name"] for known in sa.inspect(op.get_bind()).get_columns(table)}:
        op.add_column(table, column)


def _records() -> None:
    op.create_table(
        "records",
        sa.Column("id", _NUMBERED, autoincrement=False, nullable=False),
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("person", sa.String(length=36), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("said", sa.String(length=32), nullable=False),
        sa.Column("patient", sa.LargeBinary(), nullable=False),
        sa.Column("profile", sa.LargeBinary(), nullable=False),
        sa.Column("matched", sa.Integer(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person"],
            ["persons.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        if_not_exists=True,
    )
    op.create_index(op.f("ix_records_person"), "records", ["person"], if_not_exists=True)
    op.create_index(op.f("ix_records_number"), "records", ["number"], if_not_exists=True)
    op.create_index("records_of", "records", ["key", "person"], unique=True, if_not_exists=True)
    unmatched = sa.text("matched = 0")
    op.create_index(
        "records_unmatched",
        "records",
        ["at"],
        if_not_exists=True,
        sqlite_where=unmatched,
        postgresql_where=unmatched,
    )
    for table, digest in (("blocks", "block"), ("numbers", "number")):
        op.create_table(
            table,
            sa.Column(digest, sa.BigInteger(), autoincrement=False, nullable=False),
            sa.Column("record", sa.BigInteger(), autoincrement=False, nullable=False),
            sa.PrimaryKeyConstraint(digest, "record"),
            sqlite_with_rowid=False,
            if_not_exists=True,
        )
    op.create_table(
        "systems",
        sa.Column("system", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("system"),
        if_not_exists=True,
    )


def _decisions() -> None:
    op.create_table(
        "history",
        sa.Column("id", _NUMBERED, autoincrement=True, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("action", sa.String(length=16), nullable=False),
        sa.Column("person", sa.String(length=36), nullable=False),
        sa.Column("other", sa.String(length=36), nullable=False),
        sa.Column("record", sa.BigInteger(), nullable=True),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("rules", sa.Integer(), nullable=False),
        sa.Column("detail", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        if_not_exists=True,
    )
    op.create_index(op.f("ix_history_person"), "history", ["person"], if_not_exists=True)
    op.create_index(op.f("ix_history_other"), "history", ["other"], if_not_exists=True)
    op.create_table(
        "choices",
        sa.Column("person", sa.String(length=36), nullable=False),
        sa.Column("field", sa.String(length=32), nullable=False),
        sa.Column("record", sa.BigInteger(), nullable=True),
        sa.Column("value", sa.LargeBinary(), nullable=True),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person"],
            ["persons.id"],
        ),
        sa.PrimaryKeyConstraint("person", "field"),
        if_not_exists=True,
    )
    op.create_table(
        "rule_versions",
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("version"),
        if_not_exists=True,
    )
