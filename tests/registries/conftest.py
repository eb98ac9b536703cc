"""The registries of one test, on each database."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from tests.clock import clock
from tests.home import Place, every_store, home

__all__ = ["clock", "every_store", "home"]


@pytest.fixture
def engine(home: Place) -> Engine:
    return home.open("registries")
