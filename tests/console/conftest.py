"""A whole program in a folder, for each test or for a whole file of tests that only look."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from channels.watch import metrics
from tests.console.place import Browser, Place


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    metrics.circuit.clear()
    metrics.lag.clear()
    place = Place(tmp_path)
    yield place
    place.close()


@pytest.fixture
def admin(place: Place) -> Browser:
    return place.logged_in(**{"Accept-Language": "en"})
