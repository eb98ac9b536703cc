"""A control database of its own for each test."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from tests.home import Place, every_store, home

__all__ = ["every_store", "home"]


@pytest.fixture
def engine(home: Place) -> Engine:
    return home.open("control")


@pytest.fixture
def elsewhere(home: Place, engine: Engine) -> Engine:
    """The same database, as another process opens it."""
    return home.open("control")
