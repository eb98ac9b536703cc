"""The months of the journal on PostgreSQL: a partition of every table for the transactions that began in one.

An id is a UUIDv7 and begins with its time, so a month is a range of ids. What is no UUIDv7, or claims a month to come,
stands in the default partition, and so does what outlives its month: a message whose rerun is younger.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from sqlalchemy import Connection, Engine, MetaData, Table, text

from channels.journal.tables import metadata, transactions
from registries.database import alone, reading, writing

LOCK = 0x5741534C  # one writer of the journal at a time on PostgreSQL; SQLite has only one anyway
FIRST = "202001"

# by which column each table is partitioned; the transactions come last, for what is left of a month is found by them
KEYS = {
    table.name: "id" if table is transactions else "transaction"
    for table in sorted(metadata.tables.values(), key=lambda table: table is transactions)
    if table.dialect_options["postgresql"]["partition_by"]
}


class Months:
    """The partitions as one writer knows them: made when the first id of a month comes, the next month's beforehand."""

    def __init__(self) -> None:
        self._there: set[str] = set()

    def make(self, engine: Engine, ids: Iterable[str], now: datetime) -> None:
        """Afterwards the months of these ids, this month and the next have their partitions. Nothing on SQLite."""
        if engine.dialect.name != "postgresql":
            return
        this = f"{now:%Y%m}"
        newest = after(this)
        wanted = {month for month in map(month_of, ids) if FIRST <= month <= newest} | {this, newest}
        for month in sorted(wanted - self._there):
            with writing(engine) as connection:
                _hold(connection)
                for table, key in KEYS.items():
                    _attach(connection, table, key, month)
            self._there.add(month)


def month_of(transaction: str) -> str:
    """The month an id begins with, in UTC ("202403"); "" for what is no UUIDv7."""
    if len(transaction) != 36 or transaction[14] != "7":
        return ""
    try:
        at = int(transaction[:8] + transaction[9:13], 16)
        return f"{datetime.fromtimestamp(at / 1000, UTC):%Y%m}"
    except (ValueError, OverflowError, OSError):
        return ""


def after(month: str) -> str:
    year, number = int(month[:4]), int(month[4:])
    return f"{year + number // 12:04}{number % 12 + 1:02}"


def began(month: str) -> int:
    """The first instant of a month, µs since the epoch."""
    return round(datetime(int(month[:4]), int(month[4:]), 1, tzinfo=UTC).timestamp()) * 1_000_000


def months(engine: Engine) -> list[str]:
    """The months that have partitions, oldest first."""
    query = text("SELECT relname FROM pg_inherits JOIN pg_class ON oid = inhrelid WHERE inhparent = to_regclass(:name)")
    with reading(engine) as connection:
        names = connection.scalars(query, {"name": transactions.name}).all()
    return sorted(month for name in names if (month := name.rpartition("_")[2]).isdigit())


def drop(engine: Engine, month: str, before: int) -> None:
    """Forgets a month, in a moment. A message with a rerun received since `before` (µs) moves to the default partition,
    for the two go together. Cut off half-way, it goes on where it was when it is called again. Blocks.
    """
    for table, key in KEYS.items():
        with writing(engine) as connection:
            _hold(connection)
            if _is_there(connection, f"{table}_{month}"):
                kept = _outliving(connection, month, before)
                connection.exec_driver_sql(f"ALTER TABLE {table} DETACH PARTITION {table}_{month}")
                moving = text(f"INSERT INTO {table} SELECT * FROM {table}_{month} WHERE {key} = ANY(:kept)")
                if kept:
                    connection.execute(moving, {"kept": kept})
                connection.exec_driver_sql(f"DROP TABLE {table}_{month}")


def default_of(table: Table) -> Table:
    """The default partition of a table."""
    return table.to_metadata(MetaData(), name=f"{table.name}_default")


def _hold(connection: Connection) -> None:
    """Nobody else writes; and who reads is not kept waiting behind us for long."""
    alone(connection, LOCK)
    connection.exec_driver_sql("SET LOCAL lock_timeout = '2s'")


def _attach(connection: Connection, table: str, key: str, month: str) -> None:
    """Attached, not created in its place: that would lock the whole table."""
    name = f"{table}_{month}"
    if _is_there(connection, name):
        return
    start, end = _bound(month), _bound(after(month))
    connection.exec_driver_sql(f"CREATE TABLE {name} (LIKE {table} INCLUDING DEFAULTS INCLUDING CONSTRAINTS)")
    early = f"DELETE FROM {table}_default WHERE {key} >= '{start}' AND {key} < '{end}' RETURNING *"
    connection.exec_driver_sql(f"WITH early AS ({early}) INSERT INTO {name} SELECT * FROM early")
    connection.exec_driver_sql(f"ALTER TABLE {table} ATTACH PARTITION {name} FOR VALUES FROM ('{start}') TO ('{end}')")


def _outliving(connection: Connection, month: str, before: int) -> list[str]:
    query = text(
        f"SELECT id FROM {transactions.name}_{month} WHERE coalesce(root, id) IN"
        f" (SELECT root FROM {transactions.name} WHERE root IS NOT NULL AND received >= :before)"
    )
    return list(connection.scalars(query, {"before": before}))


def _is_there(connection: Connection, table: str) -> bool:
    return connection.scalar(text("SELECT to_regclass(:name)"), {"name": table}) is not None


def _bound(month: str) -> str:
    """Every id of the month sorts after this, and no id of the month before."""
    digits = f"{began(month) // 1000:012x}"
    return f"{digits[:8]}-{digits[8:]}"
