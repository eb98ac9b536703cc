"""The real servers, for whichever test asks: those of `make services` when they run, else some for this session."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings

from tests.servers.process import Missing

if TYPE_CHECKING:  # imported when a test asks: most tests need no server
    from tests.servers.kafka import Kafka
    from tests.servers.postgres import Postgres
    from tests.servers.redis import Redis

# The machine may be busy: a slow example is no failure.
settings.register_profile("busy", deadline=None)
settings.load_profile("busy")


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kafka]:
    """One broker, shared: topics and groups need names of the test's own. Never killed or stopped by a test."""
    with server("kafka", tmp_path_factory) as running:
        yield running


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """Shared: databases need names of the test's own. Never killed or stopped by a test."""
    with server("postgres", tmp_path_factory) as running:
        yield running


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Redis]:
    """Shared: keys need a namespace of the test's own. Never killed, stopped or flushed by a test."""
    with server("redis", tmp_path_factory) as running:
        yield running


@pytest.fixture
def database_url(postgres: Postgres) -> Iterator[str]:
    """The address of an empty PostgreSQL database for one test."""
    name = f"test_{uuid.uuid4().hex}"
    yield postgres.database(name)
    postgres.drop(name)


@pytest.fixture
def tell(record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """Says something to whoever reads the output, at its end."""
    return lambda text: record_property("told", text)


@contextmanager
def server(name: str, folders: pytest.TempPathFactory) -> Iterator[Any]:
    from tests.servers import shared

    if (running := shared.running(name)) is not None:
        yield running
        return
    own = shared.KINDS[name](folders.mktemp(name))
    try:
        yield own
    finally:
        own.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup() -> Generator[None]:
    with skipped_without_servers():
        yield


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call() -> Generator[None]:
    with skipped_without_servers():
        yield


@contextmanager
def skipped_without_servers() -> Iterator[None]:
    """A test whose server can't be started here says so and is skipped; with CI=true it fails."""
    try:
        yield
    except Missing as missing:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(str(missing))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    from tests.sharing import Sharing

    return Sharing(config, log)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for report in terminalreporter.getreports("passed") + terminalreporter.getreports("failed"):
        for name, text in report.user_properties:
            if name == "told":
                terminalreporter.write_line(f"{report.nodeid}: {text}")
