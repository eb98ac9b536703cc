"""Who may use the program, and what they did: `control.db`, opened durable. Times are µs since the epoch, UTC."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, MetaData, String, Table, Text

metadata = MetaData()

# `channels` is a JSON list. A revoked client keeps its row until its name is given again.
clients = Table(
    "clients",
    metadata,
    Column("name", String, primary_key=True),
    Column("key_id", String, nullable=False, unique=True),
    Column("secret", String, nullable=False),
    Column("channels", Text, nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("revoked", BigInteger),
)

users = Table(
    "users",
    metadata,
    Column("name", String, primary_key=True),
    Column("role", String, nullable=False),
    Column("password", String, nullable=False),
    Column("changed", BigInteger, nullable=False),
)

# `token` is the SHA-256 of what the browser holds.
sessions = Table(
    "sessions",
    metadata,
    Column("token", String, primary_key=True),
    Column("user", String, nullable=False),
    Column("expires", BigInteger, nullable=False),
    Index("sessions_by_user", "user"),
    Index("sessions_by_expiry", "expires"),
)

# `hash` is over `previous` and everything else in the row; unique, so that two writers can't continue the same row.
audit = Table(
    "audit",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
    Column("actor", String, nullable=False),
    Column("action", String, nullable=False),
    Column("target", String, nullable=False),
    Column("purpose", String, nullable=False),
    Column("detail", String, nullable=False),
    Column("previous", String, nullable=False, unique=True),
    Column("hash", String, nullable=False),
)
