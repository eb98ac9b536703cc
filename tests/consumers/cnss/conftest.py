from __future__ import annotations

import pytest

from tests.consumers.cnss.house import House
from tests.home import Place, every_store, home

__all__ = ["every_store", "home"]


@pytest.fixture
def house(home: Place) -> House:
    return House(home)
