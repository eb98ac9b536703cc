"""Where the program under test keeps its things: embedded, or on the real Kafka, PostgreSQL and Redis.

A conftest that imports `surroundings` runs every test below it on both.
"""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.e2e.program import Program, embedded
from tests.servers.kafka import Kafka
from tests.servers.postgres import Postgres
from tests.servers.redis import Redis


@dataclass
class Servers:
    """Each data folder gets topics, groups, keys and a database of its own names."""

    kafka: Kafka
    postgres: Postgres
    redis: Redis
    given: dict[Path, dict[str, str]] = field(default_factory=dict)

    def environment(self, data: Path) -> Mapping[str, str]:
        if data not in self.given:
            name = hashlib.sha256(str(data).encode()).hexdigest()[:12]
            key = data.parent.parent / f"{name}.key"  # beside nothing that a test looks at
            key.parent.mkdir(parents=True, exist_ok=True)
            key.write_bytes(base64.b64encode(os.urandom(32)))
            self.given[data] = {
                "WASL_NAMESPACE": f"{name}.",
                "WASL_BUS": self.kafka.address,
                "WASL_BUS_PARTITIONS": "4",
                "WASL_DATABASE": self.postgres.database(f"wasl_{name}"),
                "WASL_REDIS": self.redis.url,
                "WASL_KEY_FILE": str(key),
            }
        return self.given[data]


@pytest.fixture(scope="module", params=["embedded", "servers"], autouse=True)
def surroundings(request: pytest.FixtureRequest) -> Iterator[Servers | None]:
    """The servers that programs use; None when they are embedded."""
    if request.param == "embedded":
        yield None
        return
    servers = Servers(*(request.getfixturevalue(name) for name in ("kafka", "postgres", "redis_server")))
    with used(servers):
        yield servers


@contextmanager
def used(servers: Servers) -> Iterator[None]:
    """Every Program made in this block uses the servers."""
    Program.surroundings = staticmethod(servers.environment)
    try:
        yield
    finally:
        Program.surroundings = staticmethod(embedded)
