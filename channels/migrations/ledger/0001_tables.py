"""Care sheets, their lines and claims.

A data folder of 0.1.0 has these tables already: they stay as they are.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

serial = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "care_sheet_counters",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
        if_not_exists=True,
    )
    op.create_table(
        "care_sheet_identifiers",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("digest", "person"),
        sqlite_with_rowid=False,
        if_not_exists=True,
    )
    op.create_table(
        "care_sheet_people",
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("insured", sa.Text(), nullable=True),
        sa.Column("birth_date", sa.Text(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("person"),
        if_not_exists=True,
    )
    op.create_table(
        "care_sheet_transitions",
        sa.Column("id", serial, autoincrement=True, nullable=False),
        sa.Column("sheet", serial, nullable=False),
        sa.Column("line", sa.Text(), nullable=True),
        sa.Column("before", sa.Text(), nullable=True),
        sa.Column("after", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("transaction", sa.Text(), nullable=True),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        if_not_exists=True,
    )
    op.create_index(
        op.f("ix_care_sheet_transitions_sheet"), "care_sheet_transitions", ["sheet"], unique=False, if_not_exists=True
    )
    op.create_table(
        "care_sheet_worklist",
        sa.Column("id", serial, autoincrement=True, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("sheet", serial, nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("transaction", sa.Text(), nullable=False),
        sa.Column("differs", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        if_not_exists=True,
    )
    op.create_index(
        "care_sheet_worklist_once",
        "care_sheet_worklist",
        ["kind", "sheet", "line", "event"],
        unique=True,
        if_not_exists=True,
    )
    op.create_table(
        "care_sheets",
        sa.Column("serial", serial, autoincrement=False, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("opened", sa.BigInteger(), nullable=False),
        sa.Column("due", sa.BigInteger(), nullable=True),
        sa.Column("claims", sa.Integer(), nullable=False),
        sa.Column("forced", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("serial"),
        sa.UniqueConstraint("key"),
        sa.UniqueConstraint("number"),
        if_not_exists=True,
    )
    op.create_index(op.f("ix_care_sheets_due"), "care_sheets", ["due"], unique=False, if_not_exists=True)
    op.create_index(op.f("ix_care_sheets_person"), "care_sheets", ["person"], unique=False, if_not_exists=True)
    op.create_table(
        "care_sheet_claims",
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("sheet", serial, nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("total", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("made", sa.BigInteger(), nullable=False),
        sa.Column("answered", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["sheet"],
            ["care_sheets.serial"],
        ),
        sa.PrimaryKeyConstraint("number"),
        if_not_exists=True,
    )
    op.create_index(
        op.f("ix_care_sheet_claims_sheet"), "care_sheet_claims", ["sheet"], unique=False, if_not_exists=True
    )
    op.create_table(
        "care_sheet_lines",
        sa.Column("fact", sa.Text(), nullable=False),
        sa.Column("sheet", serial, nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("transaction", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("system", sa.Text(), nullable=True),
        sa.Column("designation", sa.Text(), nullable=True),
        sa.Column("quantity", sa.Text(), nullable=False),
        sa.Column("amount", sa.Text(), nullable=True),
        sa.Column("executor", sa.Text(), nullable=False),
        sa.Column("executor_system", sa.Text(), nullable=True),
        sa.Column("date", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("recorded", sa.BigInteger(), nullable=False),
        sa.Column("claim", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["sheet"],
            ["care_sheets.serial"],
        ),
        sa.PrimaryKeyConstraint("fact"),
        if_not_exists=True,
    )
    op.create_index(op.f("ix_care_sheet_lines_sheet"), "care_sheet_lines", ["sheet"], unique=False, if_not_exists=True)
