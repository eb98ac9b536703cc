"""The tables of the directory of care services. They stand in the store of the registries, beside `registries.tables`,
whose look-up rows are made from them in the same commit."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, MetaData, String, Table, Text

from registries.database import BYTEWISE

TABLES = MetaData()

# Every version of every facility, organization, service, health worker and role, as FHIR R4 JSON. `change` counts
# them all in the order of their commits; all of one commit have the same `at` (whole ms in µs), later than the last.
care_resources = Table(
    "care_resources",
    TABLES,
    Column("type", String(32), primary_key=True),
    Column("id", BYTEWISE, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("change", BigInteger, nullable=False, unique=True),
    Column("at", BigInteger, nullable=False),
    Column("by", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("deleted", Boolean, nullable=False),
    Column("current", Boolean, nullable=False),
    Column("body", Text, nullable=False),
    Index("care_resources_by_change", "type", "change"),
    Index("care_resources_current", "type", "current", "id"),
)

# What the current versions can be searched by.
care_terms = Table(
    "care_terms",
    TABLES,
    Column("type", String(32), primary_key=True),
    Column("parameter", String(48), primary_key=True),
    Column("value", BYTEWISE, primary_key=True),
    Column("system", BYTEWISE, primary_key=True),
    Column("id", BYTEWISE, primary_key=True),
    sqlite_with_rowid=False,
)

# Every row of a list that was compared with the directory. `said`: its cells as JSON; `entry`: the id of the likeliest
# entry, or of the one it was paired with; `apart`: ids, joined by spaces, that somebody said it is not.
care_pairs = Table(
    "care_pairs",
    TABLES,
    Column("list", BYTEWISE, primary_key=True),
    Column("number", BYTEWISE, primary_key=True),
    Column("said", Text, nullable=False),
    Column("outcome", String(8), nullable=False),
    Column("entry", BYTEWISE, nullable=False),
    Column("score", Integer, nullable=False),
    Column("why", Text, nullable=False),
    Column("apart", Text, nullable=False),
    Column("state", String(8), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("by", Text, nullable=False),
    Column("note", Text, nullable=False),
    Index("care_pairs_by_state", "state", "list", "number"),
)

# How far each upstream registry was read: `mark` is what to ask it next, `at` (µs) when it last answered, `failed` when
# it last did not.
care_upstreams = Table(
    "care_upstreams",
    TABLES,
    Column("url", BYTEWISE, primary_key=True),
    Column("part", String(32), primary_key=True),
    Column("mark", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("failed", BigInteger, nullable=False),
)

# The entries that each of the last versions of a registry changed, by their numbers; "" stands for each version whose
# changes are all told. See `registries.care.changed`.
care_changes = Table(
    "care_changes",
    TABLES,
    Column("kind", String(16), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("number", BYTEWISE, primary_key=True),
    sqlite_with_rowid=False,
)
