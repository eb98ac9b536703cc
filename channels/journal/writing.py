"""Multi-row statements. Each is compiled once and its rows are bound by the driver: the journal's columns need no
conversion, and binding them through SQLAlchemy costs more than SQLite's own insert.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from operator import itemgetter

from sqlalchemy import BindParameter, Compiled, Connection, Dialect, Table, bindparam, case, literal_column, update
from sqlalchemy.dialects import postgresql, sqlite

from channels.journal.rows import Row


def insert_new(connection: Connection, table: Table, rows: Sequence[Row]) -> int:
    """Inserts the rows that are not there yet; how many those were."""
    return _execute(connection, _insert_new(connection.dialect, table), rows) if rows else 0


def keep_latest(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Inserts the rows, or replaces what was said earlier (column `at`)."""
    if rows:
        _execute(connection, _keep_latest(connection.dialect, table), rows)


def add_up(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Inserts the rows, or adds their numbers to those that are there."""
    if rows:
        _execute(connection, _add_up(connection.dialect, table), rows)


def tally(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Inserts the rows, or adds their `count` to those that are there, with the latest `at` and `display`."""
    if rows:
        _execute(connection, _tally(connection.dialect, table), rows)


def change(connection: Connection, table: Table, names: tuple[str, ...], rows: Sequence[Row]) -> None:
    """Sets these columns in the rows of the same `id`."""
    if rows:
        _execute(connection, _change(connection.dialect, table, names), rows)


def _execute(connection: Connection, statement: Compiled, rows: Sequence[Row]) -> int:
    order = getattr(statement, "positiontup", None)
    bound = list(map(itemgetter(*order), rows)) if order else list(rows)
    return connection.exec_driver_sql(str(statement), bound).rowcount


def _insert(dialect: Dialect, table: Table) -> sqlite.Insert | postgresql.Insert:
    return sqlite.insert(table) if dialect.name == "sqlite" else postgresql.insert(table)


@cache
def _insert_new(dialect: Dialect, table: Table) -> Compiled:
    return _insert(dialect, table).on_conflict_do_nothing().compile(dialect=dialect)


@cache
def _keep_latest(dialect: Dialect, table: Table) -> Compiled:
    statement = _insert(dialect, table)
    said = statement.excluded
    return statement.on_conflict_do_update(
        index_elements=list(table.primary_key.columns),
        set_={column.name: said[column.name] for column in table.c if not column.primary_key},
        where=said.at > table.c.at,
    ).compile(dialect=dialect)


@cache
def _add_up(dialect: Dialect, table: Table) -> Compiled:
    statement = _insert(dialect, table)
    return statement.on_conflict_do_update(
        index_elements=list(table.primary_key.columns),
        set_={column.name: column + statement.excluded[column.name] for column in table.c if not column.primary_key},
    ).compile(dialect=dialect)


@cache
def _tally(dialect: Dialect, table: Table) -> Compiled:
    statement = _insert(dialect, table)
    said, row = statement.excluded, table.c
    return statement.on_conflict_do_update(
        index_elements=list(table.primary_key.columns),
        set_={
            "count": row["count"] + said["count"],
            "at": case((said.at > row.at, said.at), else_=row.at),
            "display": case((said.display != literal_column("''"), said.display), else_=row.display),
        },
    ).compile(dialect=dialect)


@cache
def _change(dialect: Dialect, table: Table, names: tuple[str, ...]) -> Compiled:
    values: dict[str, BindParameter[object]] = {name: bindparam(name) for name in names}
    return update(table).where(table.c.id == bindparam("id")).values(values).compile(dialect=dialect)
