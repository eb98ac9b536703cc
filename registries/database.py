"""Opens a database: one SQLite file a stage (WAL, synchronous=FULL), or PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, MetaData, Table, create_engine, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.pool import QueuePool


def open_database(url: str, tables: MetaData, *, durable: bool = True) -> Engine:
    """An engine with every table of `tables` there. `url` as SQLAlchemy takes it; SQLite parents are made.

    durable=False lets SQLite skip the fsync of each commit: only for what can be rebuilt (the journal).
    """
    if url.startswith("sqlite:///"):
        Path(url.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
    # parameters stay out of error texts: they may be a patient's
    engine = create_engine(
        url, poolclass=QueuePool, pool_size=5, max_overflow=20, connect_args=_arguments(url), hide_parameters=True
    )
    if engine.dialect.name == "sqlite":
        _prepare_sqlite(engine, "FULL" if durable else "NORMAL")
    tables.create_all(engine)
    return engine


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A connection that only reads: on SQLite it waits for no writer. `engine.begin()` is for writing."""
    with engine.connect().execution_options(reading=True) as connection:
        yield connection


def insert_or_skip(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> int:
    """Inserts the rows whose unique keys are new; the others stay as they are. How many were new."""
    if not rows:
        return 0
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    return connection.execute(dialect.insert(table).on_conflict_do_nothing(), list(rows)).rowcount


def _arguments(url: str) -> dict[str, Any]:
    return {"timeout": 30.0, "check_same_thread": False} if url.startswith("sqlite") else {}


def _prepare_sqlite(engine: Engine, synchronous: str) -> None:
    @event.listens_for(engine, "connect")
    def pragmas(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
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
