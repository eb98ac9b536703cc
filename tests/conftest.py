"""The real servers, for whichever test asks: those of `make services` when they run, else some for this session."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:  # imported when a test asks: most tests need no server
    from tests.servers.kafka import Kafka
    from tests.servers.postgres import Postgres
    from tests.servers.redis import Redis


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kafka]:
    """One broker, shared: topics and groups need names of the test's own. Never killed or stopped by a test."""
    with _server("kafka", tmp_path_factory) as server:
        yield server


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """Shared: databases need names of the test's own. Never killed or stopped by a test."""
    with _server("postgres", tmp_path_factory) as server:
        yield server


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Redis]:
    """Shared: keys need a namespace of the test's own. Never killed, stopped or flushed by a test."""
    with _server("redis", tmp_path_factory) as server:
        yield server


@pytest.fixture
def database_url(postgres: Postgres) -> Iterator[str]:
    """The address of an empty PostgreSQL database for one test."""
    name = f"test_{uuid.uuid4().hex}"
    yield postgres.database(name)
    postgres.drop(name)


@contextmanager
def _server(name: str, folders: pytest.TempPathFactory) -> Iterator[Any]:
    from tests.servers import shared
    from tests.servers.process import NotStarted

    if (server := shared.running(name)) is not None:
        yield server
        return
    try:
        server = shared.KINDS[name](folders.mktemp(name))
    except NotStarted as error:
        if os.environ.get("CI") == "true":
            pytest.fail(str(error), pytrace=False)
        pytest.skip(str(error))
    try:
        yield server
    finally:
        server.close()
