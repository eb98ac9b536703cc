"""A place for a test's stores: on SQLite and on PostgreSQL, so that the same tests run on both."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import Engine

from channels.migrations.store import STORES
from registries.database import open_database

if TYPE_CHECKING:
    from tests.servers.postgres import Postgres


class Place:
    """A folder of SQLite files, or a PostgreSQL database. Can be given to another process."""

    def __init__(self, folder: Path, url: str = "") -> None:
        self.folder, self.url = folder, url
        self._engines: list[tuple[str, Engine]] = []

    def __reduce__(self) -> tuple[Any, ...]:
        return Place, (self.folder, self.url)

    def open(self, store: str) -> Engine:
        """The store with its tables: the same data whenever it is opened, as another process opens it."""
        if self.url:
            engine = open_database(self.url, store=store, pool=2)
        else:
            engine = open_database(f"sqlite:///{self.folder}/{store}.db", durable=False)
            for tables in STORES[store].tables:
                tables.create_all(engine)
        self._engines.append((store, engine))
        return engine

    def close(self) -> None:
        """What was in the stores is gone: on PostgreSQL the next test has the same."""
        if self.url:
            for store, engine in dict(self._engines).items():
                _empty(engine, store)
        for _, engine in self._engines:
            engine.dispose()


def _empty(engine: Engine, store: str) -> None:
    names = [table.name for tables in STORES[store].tables for table in reversed(tables.sorted_tables)]
    with engine.begin() as connection:
        connection.exec_driver_sql(";".join(f'DELETE FROM "{name}"' for name in names))


@pytest.fixture(scope="session")
def every_store(postgres: Postgres) -> Iterator[str]:
    """A PostgreSQL database with every table, empty at the begin of each test that asks for a place."""
    name = f"stores_{uuid.uuid4().hex}"
    url = postgres.database(name)
    for store in STORES.values():
        engine = open_database(url, store=store.name)
        store.migrate(engine)
        engine.dispose()
    yield url
    postgres.drop(name)


@pytest.fixture(params=["sqlite", "postgresql"])
def home(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    url = request.getfixturevalue("every_store") if request.param == "postgresql" else ""
    home = Place(tmp_path, url)
    yield home
    home.close()
