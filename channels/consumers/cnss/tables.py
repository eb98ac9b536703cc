"""The ledger's tables, for SQLite and PostgreSQL alike. Times are µs since the epoch, UTC; amounts decimal texts.

No patient names: a person is the client registry's id, the insured's number (claims need it) and a birth date. The
number, the date and what is sent of them are sealed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Literal

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Engine,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
)
from sqlalchemy.dialects import postgresql, sqlite

from registries import database

TABLES = MetaData()

_SERIAL = BigInteger().with_variant(Integer, "sqlite")

# Rows refer to a sheet by its serial: sequential keys keep the pages of one commit few. key: UUIDv5 of person and event
# of care. due: when the outbox looks at it next. claims: how many were made
sheets = Table(
    "care_sheets",
    TABLES,
    Column("serial", _SERIAL, primary_key=True, autoincrement=False),
    Column("key", Text, nullable=False, unique=True),
    Column("number", Text, nullable=False, unique=True),
    Column("person", Text, nullable=False, index=True),
    Column("state", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("opened", BigInteger, nullable=False),
    Column("due", BigInteger, index=True),
    Column("claims", Integer, nullable=False),
    Column("forced", Boolean, nullable=False),
)

# claim: the claim that carries it, accepted or still open; none once refused. source: who tells of the act; traces:
# what it may be known by when it is told otherwise, in words (lines that are older than these columns have neither)
lines = Table(
    "care_sheet_lines",
    TABLES,
    Column("fact", Text, primary_key=True),
    Column("sheet", _SERIAL, ForeignKey(sheets.c.serial), nullable=False, index=True),
    Column("event", Text, nullable=False),
    Column("transaction", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("system", Text),
    Column("designation", Text),
    Column("quantity", Text, nullable=False),
    Column("amount", Text),
    Column("executor", Text, nullable=False),
    Column("executor_system", Text),
    Column("date", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("recorded", BigInteger, nullable=False),
    Column("claim", Text),
    Column("source", Text),
    Column("traces", Text),
)

# sealed: the Claim as it is sent, and sent again, to the byte. state: PENDING, QUEUED, ACCEPTED, REFUSED
claims = Table(
    "care_sheet_claims",
    TABLES,
    Column("number", Text, primary_key=True),
    Column("sheet", _SERIAL, ForeignKey(sheets.c.serial), nullable=False, index=True),
    Column("total", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("made", BigInteger, nullable=False),
    Column("answered", BigInteger),
    Column("sealed", LargeBinary),
)

# line is null where the sheet itself moved; before is null where it began
transitions = Table(
    "care_sheet_transitions",
    TABLES,
    Column("id", _SERIAL, primary_key=True, autoincrement=True),
    Column("sheet", _SERIAL, nullable=False, index=True),
    Column("line", Text),
    Column("before", Text),
    Column("after", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("why", Text, nullable=False),
    Column("transaction", Text),
    Column("actor", Text, nullable=False),
)

# differs: names of the fields that differ, never their values, separated by commas
worklist = Table(
    "care_sheet_worklist",
    TABLES,
    Column("id", _SERIAL, primary_key=True, autoincrement=True),
    Column("kind", Text, nullable=False),
    Column("sheet", _SERIAL, nullable=False),
    Column("line", Text, nullable=False),
    Column("event", Text, nullable=False),
    Column("transaction", Text, nullable=False),
    Column("differs", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Index("care_sheet_worklist_once", "kind", "sheet", "line", "event", unique=True),
)

# version: µs of the sender's own time of what was last believed. sealed: see insured.py
people = Table(
    "care_sheet_people",
    TABLES,
    Column("person", Text, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("sealed", LargeBinary),
)

# digest: HMAC-SHA256 of system and value; the numbers themselves are not here
identifiers = Table(
    "care_sheet_identifiers",
    TABLES,
    Column("digest", Text, primary_key=True),
    Column("person", Text, primary_key=True),
    sqlite_with_rowid=False,
)

counters = Table(
    "care_sheet_counters",
    TABLES,
    Column("name", Text, primary_key=True),
    Column("value", BigInteger, nullable=False),
)

SERIAL = "serial"
_LOCK = 0x4C454447

_INSERTS: dict[str, Callable[[Table], Any]] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}

Conflict = Literal["skip", "replace"]


def insert_or(conflict: Conflict, engine: Engine, table: Table) -> Any:
    """An INSERT that leaves a row that is already there as it is, or replaces all of it but its primary key."""
    statement = _INSERTS[engine.dialect.name](table)
    if conflict == "skip":
        return statement.on_conflict_do_nothing()
    keys = [column.name for column in table.primary_key]
    changed = {column.name: statement.excluded[column.name] for column in table.c if column.name not in keys}
    return statement.on_conflict_do_update(index_elements=keys, set_=changed)


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One commit by the ledger's only writer: the others wait, as SQLite makes them do anyway. Raises Unavailable."""
    with database.writing(engine) as connection:
        database.alone(connection, _LOCK)
        yield connection
