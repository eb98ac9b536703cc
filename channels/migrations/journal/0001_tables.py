"""What happened to each message.

A data folder of 0.1.0 has these tables already: they stay as they are.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

bytewise = sa.String().with_variant(sa.String(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "deliveries",
        sa.Column("transaction", bytewise, nullable=False),
        sa.Column("event", sa.String(), nullable=False),
        sa.Column("consumer", sa.String(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("detail", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("transaction", "event", "consumer"),
        postgresql_partition_by="RANGE (transaction)",
        sqlite_with_rowid=False,
        if_not_exists=True,
    )
    op.create_table(
        "events",
        sa.Column("transaction", bytewise, nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("fact", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("flags", sa.Text(), nullable=False),
        sa.Column("expects", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("transaction", "id"),
        postgresql_partition_by="RANGE (transaction)",
        sqlite_with_rowid=False,
        if_not_exists=True,
    )
    op.create_table(
        "failures",
        sa.Column("transaction", bytewise, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("received", sa.BigInteger(), nullable=False),
        sa.Column("places", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("transaction", "kind", "reason"),
        postgresql_partition_by="RANGE (transaction)",
        sqlite_with_rowid=False,
        if_not_exists=True,
    )
    op.create_index(
        "failures_by_group",
        "failures",
        ["kind", "channel", "reason", "received", "transaction"],
        unique=False,
        if_not_exists=True,
    )
    op.create_table(
        "minutes",
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("minute", sa.BigInteger(), nullable=False),
        sa.Column("received", sa.Integer(), nullable=False),
        sa.Column("delivered", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("parked", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("channel", "minute"),
        sqlite_with_rowid=False,
        if_not_exists=True,
    )
    op.create_table(
        "parts",
        sa.Column("transaction", bytewise, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("event", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("waiting_for", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("transaction", "kind", "place", "event"),
        postgresql_partition_by="RANGE (transaction)",
        sqlite_with_rowid=False,
        if_not_exists=True,
    )
    op.create_table(
        "steps",
        sa.Column("transaction", bytewise, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("transaction", "at", "digest"),
        postgresql_partition_by="RANGE (transaction)",
        sqlite_with_rowid=False,
        if_not_exists=True,
    )
    op.create_table(
        "subjects",
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("transaction", bytewise, nullable=False),
        sa.PrimaryKeyConstraint("digest", "transaction"),
        postgresql_partition_by="RANGE (transaction)",
        sqlite_with_rowid=False,
        if_not_exists=True,
    )
    op.create_table(
        "transactions",
        sa.Column("id", bytewise, nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("sender", sa.String(), nullable=False),
        sa.Column("control_id", sa.String(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("content_type", sa.String(), nullable=False),
        sa.Column("received", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("peer", sa.String(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("topic", sa.String(), nullable=False),
        sa.Column("offset", sa.BigInteger(), nullable=True),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("reply", sa.String(), nullable=False),
        sa.Column("refused", sa.String(), nullable=False),
        sa.Column("issues", sa.Text(), nullable=True),
        sa.Column("rerun_of", bytewise, nullable=True),
        sa.Column("root", bytewise, nullable=True),
        sa.Column("reruns", sa.Integer(), nullable=False),
        sa.Column("places", sa.Text(), nullable=True),
        sa.Column("first", bytewise, nullable=True),
        sa.Column("mediated", sa.BigInteger(), nullable=True),
        sa.Column("settled", sa.BigInteger(), nullable=True),
        sa.Column("heard", sa.Integer(), nullable=False),
        sa.Column("due", sa.Integer(), nullable=False),
        sa.Column("trouble", sa.String(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        postgresql_partition_by="RANGE (id)",
        if_not_exists=True,
    )
    op.create_index(
        "transactions_by_channel", "transactions", ["channel", "received", "id"], unique=False, if_not_exists=True
    )
    op.create_index(
        "transactions_by_control_id", "transactions", ["control_id", "received"], unique=False, if_not_exists=True
    )
    op.create_index(
        "transactions_by_first",
        "transactions",
        ["first"],
        unique=False,
        sqlite_where=sa.text("first IS NOT NULL"),
        postgresql_where=sa.text("first IS NOT NULL"),
        if_not_exists=True,
    )
    op.create_index(
        "transactions_by_reason",
        "transactions",
        ["received"],
        unique=False,
        sqlite_where=sa.text("reason IS NOT NULL"),
        postgresql_where=sa.text("reason IS NOT NULL"),
        if_not_exists=True,
    )
    op.create_index(
        "transactions_by_root",
        "transactions",
        ["root"],
        unique=False,
        sqlite_where=sa.text("root IS NOT NULL"),
        postgresql_where=sa.text("root IS NOT NULL"),
        if_not_exists=True,
    )
    op.create_index("transactions_by_sender", "transactions", ["sender", "received"], unique=False, if_not_exists=True)
    op.create_index(
        "transactions_by_status",
        "transactions",
        ["status", "received"],
        unique=False,
        sqlite_where=sa.text("status != 'delivered'"),
        postgresql_where=sa.text("status != 'delivered'"),
        if_not_exists=True,
    )
    op.create_index("transactions_by_time", "transactions", ["received", "id"], unique=False, if_not_exists=True)
    op.create_index("transactions_by_type", "transactions", ["type", "received"], unique=False, if_not_exists=True)
    op.create_index(
        "transactions_in_trouble",
        "transactions",
        ["channel", "received"],
        unique=False,
        sqlite_where=sa.text("trouble IS NOT NULL"),
        postgresql_where=sa.text("trouble IS NOT NULL"),
        if_not_exists=True,
    )
    op.create_table(
        "waiting",
        sa.Column("entry", bytewise, nullable=False),
        sa.Column("transaction", bytewise, nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("entry", "transaction", "place"),
        postgresql_partition_by="RANGE (transaction)",
        sqlite_with_rowid=False,
        if_not_exists=True,
    )
    op.create_index("waiting_by_transaction", "waiting", ["transaction"], unique=False, if_not_exists=True)
    if op.get_bind().dialect.name == "postgresql":
        # for what is no UUIDv7; the months are made as they come
        for table in ("transactions", "steps", "events", "parts", "deliveries", "subjects", "failures", "waiting"):
            op.execute(f"CREATE TABLE {table}_default PARTITION OF {table} DEFAULT")
