"""What all processes and machines remember together, in Redis. It saves work and never decides.

Whoever asks here must be right when nothing is known, when all is forgotten from one moment to the next, and when
something is known that a database restored from a backup does not hold. No error leaves this module: a Redis that is
down knows nothing, and is left alone for a while, so that it costs nothing a message.

Names are keyed digests, and values are sealed (AES-SIV, RFC 5297) under their name: without the secret of the house
nobody can read an entry, make one, or move it to another name. Everything ends by itself after its time.
"""

from __future__ import annotations

import base64
import hmac
import logging
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, cast

import redis
import redis.asyncio
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from redis.asyncio.retry import Retry as LoopRetry
from redis.backoff import NoBackoff
from redis.retry import Retry

from channels.settings import Misconfigured, Redis
from channels.watch import metrics

PATIENCE = 0.1
PAUSE = 1.0
# However long a failure takes (a name server may be slow, too), it may not take more than this part of the time.
SHARE = 0.05
CONNECTIONS = 16

log = logging.getLogger("wasl.redis")


class Fuse:
    """After a failure nothing is asked for PAUSE seconds, or until the failure took less than SHARE of the time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._until, self._down = 0.0, False

    @property
    def whole(self) -> bool:
        return time.monotonic() >= self._until

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Swallows what Redis and the network raise: counted each time, logged when it begins and when it ends."""
        started = time.monotonic()
        try:
            yield
        except (redis.RedisError, OSError) as error:
            self._blow(error, time.monotonic() - started)
        else:
            self._mend()

    def _blow(self, error: Exception, took: float) -> None:
        metrics.redis_failures.inc()
        with self._lock:
            self._until = time.monotonic() + max(PAUSE, took / SHARE)
            if not self._down:
                self._down = True
                text = "everything goes on without it, with more work. Look at it and at redis.url (WASL_REDIS)"
                log.warning("Redis is down (%s: %s): %s", type(error).__name__, error, text)

    def _mend(self) -> None:
        if self._down:
            with self._lock:
                if self._down:
                    self._down = False
                    log.warning("Redis answers again")


class Memory:
    """Any thread may ask; the coroutine belongs to one event loop. A name is told apart by its kind.

    Blocks for at most `patience` seconds (PATIENCE) to connect and as long for the answer, and then not for a while.
    Raises Misconfigured for an address that can't be one.
    """

    def __init__(self, settings: Redis, namespace: str, secret: bytes, patience: float | None = None) -> None:
        patience = patience or PATIENCE
        self._prefix = f"{namespace}wasl:"
        self._secret = hmac.digest(secret, b"names", "sha256")
        self._seal = AESSIV(hmac.digest(secret, b"values", "sha512"))
        self._fuse = Fuse()
        options: dict[str, Any] = {
            "password": settings.password,
            "socket_connect_timeout": patience,
            "socket_timeout": patience,
            "protocol": 2,
            "max_connections": CONNECTIONS,
            "timeout": patience,
        }
        try:
            pool = redis.BlockingConnectionPool.from_url(settings.url, retry=Retry(NoBackoff(), 0), **options)
            loops = redis.asyncio.BlockingConnectionPool.from_url(
                settings.url, retry=LoopRetry(NoBackoff(), 0), **options
            )
        except (ValueError, TypeError) as error:
            raise Misconfigured("redis.url (WASL_REDIS): expected redis://host:port/number") from error
        self._client, self._on_loop = redis.Redis(connection_pool=pool), redis.asyncio.Redis(connection_pool=loops)

    def read(self, kind: str, names: Sequence[str]) -> list[bytes | None]:
        """What is known under each name; one round trip."""
        keys = [self._key(kind, name) for name in names]
        found: Sequence[bytes | None] = [None] * len(keys)
        if keys and self._fuse.whole:
            with self._fuse.watched():
                found = cast("list[bytes | None]", self._client.mget(keys))
        values = [self._opened(key, value) for key, value in zip(keys, found, strict=True)]
        known = sum(value is not None for value in values)
        metrics.redis_lookups.labels(kind, "known").inc(known)
        metrics.redis_lookups.labels(kind, "unknown").inc(len(values) - known)
        return values

    def write(self, kind: str, entries: Mapping[str, bytes], seconds: int) -> bool:
        """Keeps each value for so many seconds, if it can; one round trip. Whether it did."""
        sealed = {key: self._sealed(key, value) for key, value in self._keyed(kind, entries)}
        if not (sealed and self._fuse.whole):
            return False
        with self._fuse.watched():
            pipeline = self._client.pipeline(transaction=False)
            for key, value in sealed.items():
                pipeline.set(key, value, ex=seconds)
            pipeline.execute()
            return True
        return False

    def forget(self, kind: str, names: Sequence[str]) -> None:
        if names and self._fuse.whole:
            with self._fuse.watched():
                self._client.delete(*(self._key(kind, name) for name in names))

    def run(self, script: str, kind: str, names: Sequence[str], *arguments: str | int | float) -> Any:
        """What a Lua script answers whose KEYS are the names, in their order; None when there is no answer.

        A script counts: it sees names only as keys, gives every key an end, and its numbers are not sealed.
        """
        if self._fuse.whole:
            with self._fuse.watched():
                return self._client.eval(script, len(names), *(self._key(kind, one) for one in names), *arguments)
        return None

    async def run_soon(self, script: str, kind: str, names: Sequence[str], *arguments: str | int | float) -> Any:
        """As `run`, for the event loop."""
        if self._fuse.whole:
            keys = [self._key(kind, name) for name in names]
            with self._fuse.watched():
                return await cast(Any, self._on_loop.eval(script, len(keys), *keys, *map(str, arguments)))
        return None

    def opaque(self, kind: str, name: str) -> str:
        """A name as Redis may see it: 128 bits of an HMAC."""
        digest = hmac.digest(self._secret, f"{kind}\x1f{name}".encode("utf-8", "surrogatepass"), "sha256")
        return base64.urlsafe_b64encode(digest[:16]).decode().rstrip("=")

    def close(self) -> None:
        self._client.close()

    async def close_soon(self) -> None:
        """What the event loop has open."""
        await self._on_loop.aclose()

    def _key(self, kind: str, name: str) -> str:
        return self._prefix + self.opaque(kind, name)

    def _keyed(self, kind: str, entries: Mapping[str, bytes]) -> Iterator[tuple[str, bytes]]:
        return ((self._key(kind, name), value) for name, value in entries.items())

    def _sealed(self, key: str, value: bytes) -> bytes:
        return self._seal.encrypt(value, [key.encode()])

    def _opened(self, key: str, value: bytes | None) -> bytes | None:
        """None for what this house did not put there."""
        try:
            return None if value is None else self._seal.decrypt(value, [key.encode()])
        except InvalidTag:
            return None
