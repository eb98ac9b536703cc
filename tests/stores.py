"""What a running program keeps, seen from outside: the same on SQLite files and on PostgreSQL."""

from __future__ import annotations

from typing import Any

import orjson
from sqlalchemy import text

from channels.channel import read_channels
from channels.consumers.record import about
from channels.reload import Channels
from channels.runtime import House
from channels.security.encryption import derived
from channels.settings import find_config, load_settings
from registries.sealing import Seal
from tests.e2e.program import Program


def house_of(program: Program) -> House:
    """What the program has open, seen from outside."""
    config = find_config(None)
    settings = load_settings(config, program.environment)
    return House(config, program.data, settings, Channels(read_channels(config, settings)), {})


def resource(house: House, kind: str, name: str, version: int, body: bytes) -> dict[str, Any]:
    """What a row of the record holds, unsealed."""
    opened: dict[str, Any] = orjson.loads(Seal(derived(house.master, "record")).open(body, about(kind, name, version)))
    return opened


def rows(house: House, store: str, query: str) -> list[Any]:
    engine = house.engine(store)
    try:
        with engine.connect() as connection:
            return [tuple(row) for row in connection.execute(text(query))]
    finally:
        engine.dispose()
