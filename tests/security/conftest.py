"""A control database of its own for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from channels.security.tables import metadata
from registries.database import open_database


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/control.db"


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    engine = open_database(url, metadata)
    yield engine
    engine.dispose()


@pytest.fixture
def elsewhere(url: str, engine: Engine) -> Iterator[Engine]:
    """The same database, as another process opens it."""
    other = open_database(url, metadata)
    yield other
    other.dispose()
