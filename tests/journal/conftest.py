"""A journal of its own for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from channels.journal.projection import Journal
from tests.journal.said import opened


@pytest.fixture
def books(tmp_path: Path) -> Iterator[tuple[Engine, Journal]]:
    with opened(tmp_path) as both:
        yield both


@pytest.fixture
def engine(books: tuple[Engine, Journal]) -> Engine:
    return books[0]


@pytest.fixture
def journal(books: tuple[Engine, Journal]) -> Journal:
    return books[1]
