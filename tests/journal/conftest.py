"""A journal of its own for each test."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from channels.journal.projection import Journal
from tests.home import Place, every_store, home
from tests.journal.said import EXPECTS

__all__ = ["every_store", "home"]


@pytest.fixture
def books(home: Place) -> tuple[Engine, Journal]:
    engine = home.open("journal")
    return engine, Journal(engine, EXPECTS)


@pytest.fixture
def engine(books: tuple[Engine, Journal]) -> Engine:
    return books[0]


@pytest.fixture
def journal(books: tuple[Engine, Journal]) -> Journal:
    return books[1]
