"""The journal's tables, one definition for SQLite and PostgreSQL. Times are µs since the epoch, UTC.

The journal is a projection: everything here can be rebuilt from `wasl.received.*` and `wasl.steps`.
On PostgreSQL everything but the counts is partitioned by the month of the transaction (partitions.py), which its id
begins with; so the id is part of every key, and sorted by bytes.
Indexes on what is usually absent are partial, so that an ordinary message does not pay for them.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, MetaData, String, Table, Text, literal_column

from registries.database import BYTEWISE

metadata = MetaData()

# One row a message. `offset` is null until its received record was seen (a step may be first); `refused` is the reason
# it was refused at the door; `root` is set on reruns only; `trouble` (refused, failed or parked) and `reason` stand
# while something is open. Consumers are `heard` from until as many as are `due` have spoken.
transactions = Table(
    "transactions",
    metadata,
    Column("id", BYTEWISE, primary_key=True),
    Column("channel", String, nullable=False),
    Column("sender", String, nullable=False),
    Column("control_id", String, nullable=False),
    Column("type", String, nullable=False),
    Column("content_type", String, nullable=False),
    Column("received", BigInteger, nullable=False),
    Column("status", String, nullable=False),
    Column("peer", String, nullable=False),
    Column("size", Integer, nullable=False),
    Column("sha256", String, nullable=False),
    Column("topic", String, nullable=False),
    Column("offset", BigInteger),
    Column("key", String, nullable=False),
    Column("reply", String, nullable=False),
    Column("refused", String, nullable=False),
    Column("issues", Text),
    Column("rerun_of", BYTEWISE),
    Column("root", BYTEWISE),
    Column("reruns", Integer, nullable=False),
    Column("places", Text),
    Column("first", BYTEWISE),
    Column("mediated", BigInteger),
    Column("settled", BigInteger),
    Column("heard", Integer, nullable=False),
    Column("due", Integer, nullable=False),
    Column("trouble", String),
    Column("reason", String),
    postgresql_partition_by="RANGE (id)",
)
_row = transactions.c
Index("transactions_by_time", _row.received, _row.id)
Index("transactions_by_channel", _row.channel, _row.received, _row.id)
Index("transactions_by_control_id", _row.control_id, _row.received)
Index("transactions_by_sender", _row.sender, _row.received)
Index("transactions_by_type", _row.type, _row.received)
# the condition stands in the query word for word (search.py): a planner must see it to use the index
UNDELIVERED = _row.status != literal_column("'delivered'")
Index("transactions_by_status", _row.status, _row.received, sqlite_where=UNDELIVERED, postgresql_where=UNDELIVERED)
for _name, _column, _columns in (
    ("transactions_in_trouble", _row.trouble, (_row.channel, _row.received)),
    ("transactions_by_reason", _row.reason, (_row.received,)),
    ("transactions_by_root", _row.root, (_row.root,)),
    ("transactions_by_first", _row.first, (_row.first,)),
):
    Index(_name, *_columns, sqlite_where=_column.is_not(None), postgresql_where=_column.is_not(None))

# `digest` is of the step's bytes: the same step met twice is one row. `detail` is JSON.
steps = Table(
    "steps",
    metadata,
    Column("transaction", BYTEWISE, primary_key=True),
    Column("at", BigInteger, primary_key=True),
    Column("digest", BigInteger, primary_key=True),
    Column("kind", String, nullable=False),
    Column("by", String, nullable=False),
    Column("reason", String, nullable=False),
    Column("detail", Text, nullable=False),
    sqlite_with_rowid=False,
    postgresql_partition_by="RANGE (transaction)",
)

# What went out on wasl.events. `flags` is JSON; `expects` the consumers that wanted it then, with commas.
events = Table(
    "events",
    metadata,
    Column("transaction", BYTEWISE, primary_key=True),
    Column("id", String, primary_key=True),
    Column("position", Integer, nullable=False),
    Column("type", String, nullable=False),
    Column("fact", String, nullable=False),
    Column("person", String, nullable=False),
    Column("place", String, nullable=False),
    Column("flags", Text, nullable=False),
    Column("expects", String, nullable=False),
    sqlite_with_rowid=False,
    postgresql_partition_by="RANGE (transaction)",
)

# What did not go out: refused or parked places, and those released again. Place "" is the whole message.
parts = Table(
    "parts",
    metadata,
    Column("transaction", BYTEWISE, primary_key=True),
    Column("kind", String, primary_key=True),
    Column("place", String, primary_key=True),
    Column("event", String, primary_key=True),
    Column("reason", String, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("waiting_for", Text, nullable=False),
    sqlite_with_rowid=False,
    postgresql_partition_by="RANGE (transaction)",
)

# The last word of each consumer on each event, as said in this transaction: a rerun says the same event again.
deliveries = Table(
    "deliveries",
    metadata,
    Column("transaction", BYTEWISE, primary_key=True),
    Column("event", String, primary_key=True),
    Column("consumer", String, primary_key=True),
    Column("verdict", String, nullable=False),
    Column("reason", String, nullable=False),
    Column("detail", String, nullable=False),
    Column("at", BigInteger, nullable=False),
    sqlite_with_rowid=False,
    postgresql_partition_by="RANGE (transaction)",
)

# By patient identifier: keyed digests (security/digests.py). They stand in the step's detail too, for pruning.
subjects = Table(
    "subjects",
    metadata,
    Column("digest", String, primary_key=True),
    Column("transaction", BYTEWISE, primary_key=True),
    sqlite_with_rowid=False,
    postgresql_partition_by="RANGE (transaction)",
)

# What is open now, by reason: a transaction stands here once for each kind and reason. `places` is a JSON list
# for a rerun, empty when all of it must be run again.
failures = Table(
    "failures",
    metadata,
    Column("transaction", BYTEWISE, primary_key=True),
    Column("kind", String, primary_key=True),
    Column("reason", String, primary_key=True),
    Column("channel", String, nullable=False),
    Column("received", BigInteger, nullable=False),
    Column("places", Text, nullable=False),
    sqlite_with_rowid=False,
    postgresql_partition_by="RANGE (transaction)",
)
_failure = failures.c
Index("failures_by_group", _failure.kind, _failure.channel, _failure.reason, _failure.received, _failure.transaction)

# Which parked places wait for which registry entry ("facility|123456789").
waiting = Table(
    "waiting",
    metadata,
    Column("entry", BYTEWISE, primary_key=True),
    Column("transaction", BYTEWISE, primary_key=True),
    Column("place", String, primary_key=True),
    sqlite_with_rowid=False,
    postgresql_partition_by="RANGE (transaction)",
)
Index("waiting_by_transaction", waiting.c.transaction)

# Codes that no table of their channel translated: how many messages held each, and when the last one came.
codes = Table(
    "codes",
    metadata,
    Column("channel", String, primary_key=True),
    Column("system", String, primary_key=True),
    Column("code", String, primary_key=True),
    Column("display", String, nullable=False),
    Column("count", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

# Counts per channel and minute (since the epoch), for the console's charts.
minutes = Table(
    "minutes",
    metadata,
    Column("channel", String, primary_key=True),
    Column("minute", BigInteger, primary_key=True),
    Column("received", Integer, nullable=False),
    Column("delivered", Integer, nullable=False),
    Column("refused", Integer, nullable=False),
    Column("failed", Integer, nullable=False),
    Column("parked", Integer, nullable=False),
    sqlite_with_rowid=False,
)
