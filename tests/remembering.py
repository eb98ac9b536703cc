"""A Redis to do harm to, and memories on it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redis

from channels.memory import Memory
from channels.settings import Redis as Address
from tests.servers.redis import Redis

NOBODY = "redis://127.0.0.1:1/0"


def memory(url: str, namespace: str = "", secret: bytes = b"a secret", patience: float = 10.0) -> Memory:
    """Patient: the machine of a test may be busy. A namespace of its own, unless one is given."""
    return Memory(Address(url=url), namespace or f"test-{uuid.uuid4().hex}.", secret, patience)


@contextmanager
def own(folder: Path) -> Iterator[Redis]:
    """To be killed, paused and emptied."""
    server = Redis(folder)
    try:
        yield server
    finally:
        server.resume()
        server.close()


def emptied(server: Redis) -> None:
    with redis.Redis.from_url(server.url) as client:
        client.flushall()
