"""Opens a database, one store a stage: a SQLite file (WAL, synchronous=FULL), or a schema of a PostgreSQL database."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from operator import itemgetter
from pathlib import Path
from typing import Any, TypeVar, TypeVarTuple

import orjson
from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    CursorResult,
    Engine,
    MetaData,
    Select,
    String,
    Table,
    any_,
    bindparam,
    column,
    create_engine,
    event,
    func,
    literal,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import QueuePool
from sqlalchemy.types import TypeEngine

from registries.arrays import Listed
from registries.outage import collided, outages_told
from schemas.message import Unavailable

ATTEMPTS = 10
WAITING = 30.0  # seconds for another writer of a SQLite file

# Sorted by bytes, as SQLite and Python sort, whatever the locale of the database: the fastest index too.
BYTEWISE = String().with_variant(String(collation="C"), "postgresql")

T = TypeVar("T")
Row = TypeVarTuple("Row")


def open_database(url: str, tables: MetaData | None = None, *, durable: bool = True, **said: Any) -> Engine:
    """An engine; with `tables`, every table of them made. `url` as SQLAlchemy takes it; SQLite parents are made.

    durable=False lets SQLite skip the fsync of each commit: only for what can be rebuilt (the journal).
    `said` is for PostgreSQL: see `registries.postgres.arguments`.
    """
    if url.startswith("postgresql"):
        from registries import postgres  # its driver is loaded only where it is used

        engine = create_engine(**postgres.arguments(url, **said))
        postgres.prepare(engine)
    else:
        if url.startswith("sqlite:///"):
            Path(url.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
        waiting = {"timeout": WAITING, "check_same_thread": False}
        # parameters stay out of error texts: they may be a patient's
        engine = create_engine(
            url, poolclass=QueuePool, pool_size=5, max_overflow=20, connect_args=waiting, hide_parameters=True
        )
        _prepare_sqlite(engine, "FULL" if durable else "NORMAL")
    if tables is not None:
        tables.create_all(engine)
    return engine


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A connection that only reads: on SQLite it waits for no writer. Raises Unavailable when the database is away."""
    with outages_told(), engine.connect().execution_options(reading=True) as connection:
        yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A connection whose statements are one commit. Raises Unavailable when the database is away: whether it was
    committed may then be unknown, so what is written must be the same when it is written again."""
    with outages_told(), engine.begin() as connection:
        yield connection


def written(engine: Engine, work: Callable[[Connection], T]) -> T:
    """`work` in one commit, as `writing`. Where another writer was in the way (the same key made twice, a deadlock) it
    is done again at once, on what the other wrote."""
    with outages_told():
        for _ in range(ATTEMPTS):
            try:
                with engine.begin() as connection:
                    return work(connection)
            except DBAPIError as error:
                if not collided(error):
                    raise
    raise Unavailable("others write the same all the time")


def alone(connection: Connection, number: int) -> None:
    """Until the commit, nobody else who asks with this number is let in. A writer of SQLite is alone anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(number)))


def insert_or_skip(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> int:
    """Inserts the rows whose unique keys are new; the others stay as they are. How many were new."""
    if not rows:
        return 0
    # in the order of the keys, so that two writers never wait for each other in a circle
    ordered = sorted(rows, key=itemgetter(*table.primary_key.columns.keys()))
    if connection.dialect.name == "sqlite":
        insert = sqlite.insert(table).on_conflict_do_nothing()
        return connection.execute(insert, ordered, execution_options={"preserve_rowcount": True}).rowcount
    every, values = _at_once(table, ordered)
    skipping = every.on_conflict_do_nothing()
    return connection.execute(skipping, values, execution_options={"preserve_rowcount": True}).rowcount


def insert_all(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Inserts rows that nobody else can have made: PostgreSQL need not look for each first."""
    if rows and connection.dialect.name == "sqlite":
        connection.execute(sqlite.insert(table), rows)
    elif rows:
        connection.execute(*_at_once(table, rows))


def _at_once(table: Table, rows: Sequence[Mapping[str, Any]]) -> tuple[postgresql.Insert, Mapping[str, Any]]:
    """Many rows in one statement of PostgreSQL, which costs a fraction of one a row."""
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    kinds = [(name, table.c[name].type) for name in columns]
    given = func.unnest(*(bindparam(f"all_{name}", type_=Listed(kind)) for name, kind in kinds))
    told = given.table_valued(*(column(name, kind) for name, kind in kinds)).render_derived(name="told")
    insert = postgresql.insert(table).from_select(list(columns), select(*(told.c[name] for name, _ in kinds)))
    return insert, {f"all_{name}": value for name, value in columns.items()}


def among(
    connection: Connection, column: ColumnElement[Any], ids: Collection[Any], kind: type[TypeEngine[Any]] = String
) -> ColumnElement[bool]:
    """The column is one of the ids, any number of them in one parameter, so that the statement is compiled once."""
    if connection.dialect.name == "sqlite":
        listed = func.json_each(orjson.dumps(list(ids)).decode()).table_valued("value")
        return column.in_(select(listed.c.value))
    return column == any_(literal(list(ids), Listed(kind)))


def in_parts(every: Sequence[T], most: int) -> Iterator[Sequence[T]]:
    """In their order, `most` at once: a statement or a commit for each."""
    return (every[start : start + most] for start in range(0, len(every), most))


def asked(
    connection: Connection, rows: Select[*Row], column: Column[Any], ids: Collection[Any], **values: Any
) -> CursorResult[*Row]:
    """Executes a select, a constant of its module, for the rows whose column is one of the ids. For what is asked all
    the time: making the statement anew would take longer than executing it. `values`: of its other parameters."""
    dialect = connection.dialect.name
    told: Any = orjson.dumps(list(ids)).decode() if dialect == "sqlite" else list(ids)
    statement: Select[*Row] = _whose(dialect, rows, column)
    return connection.execute(statement, {"ids": told, **values})


@cache
def _whose(dialect: str, rows: Select[Any], column: Column[Any]) -> Select[Any]:
    if dialect == "sqlite":
        listed = func.json_each(bindparam("ids", type_=String)).table_valued("value")
        return rows.where(column.in_(select(listed.c.value)))
    return rows.where(column == any_(bindparam("ids", type_=Listed(column.type))))


def write_ahead(connection: sqlite3.Connection) -> None:
    """Sets WAL. SQLite refuses it at once, whatever its time-out, while another writes a file that is still new."""
    until = time.monotonic() + WAITING
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
        time.sleep(0.01)


def _prepare_sqlite(engine: Engine, synchronous: str) -> None:
    @event.listens_for(engine, "connect")
    def pragmas(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        write_ahead(connection)
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA synchronous={synchronous}")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.execute("PRAGMA cache_size=-64000")
        cursor.execute("PRAGMA wal_autocheckpoint=4000")
        cursor.execute("PRAGMA secure_delete=ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:
        # IMMEDIATE: a reader that becomes a writer half-way would fail with "database is locked" at once
        reading = connection.get_execution_options().get("reading")
        connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")
