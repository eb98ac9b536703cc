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
