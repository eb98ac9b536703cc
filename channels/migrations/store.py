"""The stores, and each one's tables brought up to date: at a start, or by `wasl database migrate`."""

from __future__ import annotations

import re
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from sqlalchemy import Connection, Engine, MetaData, inspect, text

from channels import line, subscriptions
from channels.bus import large
from channels.consumers import record
from channels.consumers.cnss import simulator
from channels.consumers.cnss import tables as cnss
from channels.journal import tables as journal
from channels.migrations.vacuum import vacuum
from channels.security import encryption
from channels.security import tables as security
from channels.settings import Misconfigured
from registries import national_tables, notices, outcomes
from registries import tables as registries
from registries.care import tables as care
from registries.database import alone

_HERE = Path(__file__).parent
_LOCK = 0x4D494752
_ONE_AT_A_TIME = threading.Lock()  # Alembic's environment is one a process
_REVISION = re.compile(r"(\d{4})_\w+\.py")


@dataclass(frozen=True)
class Store:
    """A SQLite file or a PostgreSQL schema of this name, and all the tables in it."""

    name: str
    tables: tuple[MetaData, ...]

    @cached_property
    def head(self) -> str:
        """The newest revision this program knows."""
        found = (_REVISION.fullmatch(path.name) for path in (_HERE / self.name).iterdir())
        return max(match[1] for match in found if match)

    def revision(self, engine: Engine) -> str:
        """The revision the tables are at; "" before the first."""
        with engine.connect().execution_options(reading=True) as connection:
            return _revision(connection)

    def migrate(self, engine: Engine, master: Callable[[], bytes] | None = None) -> None:
        """Makes or updates the tables; what is there stays. Any number of processes may ask at once: one does it.

        `master` gives the master key, asked only where rows of an older program are to be sealed; it must not migrate.
        A store of a newer program is left as it is: during an update both run. Blocks.
        """
        if self.revision(engine) < self.head:
            with _ONE_AT_A_TIME, engine.begin() as connection:
                _hold(connection, self.name)
                if _revision(connection) < self.head:
                    upgrade(connection, self, master)
        _vacuum(engine)

    def require(self, engine: Engine) -> None:
        """Raises Misconfigured when the tables are not there, or older than this program needs."""
        if (found := self.revision(engine)) < self.head:
            raise Misconfigured(
                f"database: the store {self.name} is at revision {found or 'none'}, and this Wasl needs {self.head}; "
                "run `wasl database migrate`, or set database.migrate (WASL_DATABASE_MIGRATE) to true"
            )


STORES = {
    name: Store(name, tables)
    for name, tables in {
        "control": (security.metadata, encryption.metadata, line.metadata, subscriptions.metadata),
        "journal": (journal.metadata,),
        "registries": (registries.TABLES, care.TABLES, outcomes.metadata, national_tables.TABLES, notices.metadata),
        "ledger": (cnss.TABLES,),
        "record": (record.metadata,),
        "payer": (simulator.TABLES,),
        "bus": (large.metadata,),
    }.items()
}


def _revision(connection: Connection) -> str:
    if not inspect(connection).has_table("alembic_version"):
        return ""
    return connection.scalar(text("SELECT version_num FROM alembic_version")) or ""


def _hold(connection: Connection, schema: str) -> None:
    """Nobody else migrates until the commit, and it may take its time."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL lock_timeout = 0"))
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        alone(connection, _LOCK)
        connection.execute(text(f'CREATE SCHEMA IF NOT EXISTS "{schema}"'))


def upgrade(connection: Connection, store: Store, master: Callable[[], bytes] | None, to: str = "head") -> None:
    """The revisions up to `to`, within the caller's transaction; see `Store.migrate`."""
    from alembic import command  # half a second that a start on tables that are there does not need
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", _escaped(_HERE))
    config.set_main_option("version_locations", _escaped(_HERE / store.name))
    config.set_main_option("path_separator", "newline")
    config.attributes |= {"connection": connection, "tables": list(store.tables), "master": master}
    command.upgrade(config, to)


def _vacuum(engine: Engine) -> None:
    if engine.dialect.name == "sqlite":
        with closing(engine.raw_connection()) as pooled:
            connection = pooled.driver_connection
            assert isinstance(connection, sqlite3.Connection)
            vacuum(connection, Path(engine.url.database or "").name)


def _escaped(path: Path) -> str:
    return str(path).replace("%", "%%")
