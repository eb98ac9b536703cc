"""Secrets kept as scrypt hashes, and what makes checking them bearable: memory for a minute, and patience."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from weakref import WeakValueDictionary

COST = 14  # 2^14 x 8 x 128 bytes = 16 MiB: some 60 ms
REMEMBERED = 60.0
FREE = 5
LONGEST = 300.0
FORGOTTEN = 900.0
_KEPT = 10_000


class TooManyAttempts(Exception):
    """Wrong passwords came too often from there: asks to wait so many seconds, and does not even look."""

    def __init__(self, retry_after: float) -> None:
        super().__init__(f"too many wrong passwords; try again in {retry_after:.0f} s")
        self.retry_after = retry_after


def hashed(secret: str) -> str:
    """The secret as it may be kept: "scrypt$cost$salt$hash"."""
    salt = secrets.token_bytes(16)
    return f"scrypt${COST}${_text(salt)}${_text(_scrypt(secret, salt, COST))}"


def matches(secret: str, kept: str) -> bool:
    """Whether this is the secret. Takes as long when it is not."""
    _, cost, salt, digest = kept.split("$")
    return hmac.compare_digest(_text(_scrypt(secret, base64.b64decode(salt), int(cost))), digest)


# what a name that does not exist is compared with, so that it takes as long as one that does
NOBODY = f"scrypt${COST}${base64.b64encode(bytes(16)).decode()}${base64.b64encode(bytes(32)).decode()}"


class Remembered:
    """Secrets that were right a minute ago or less, as digests under a key that only this process has.

    The kept hash is part of the digest: a changed or revoked secret is not remembered. Who asks all the time never
    waits for a hash again, and of many who ask at once for the first time one computes it.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._key, self._clock = secrets.token_bytes(32), clock
        self._until: OrderedDict[bytes, float] = OrderedDict()
        self._looks: WeakValueDictionary[bytes, threading.Lock] = WeakValueDictionary()
        self._lock = threading.Lock()

    def matches(self, secret: str, kept: str) -> bool:
        """As `matches`, but cheap when it was asked within REMEMBERED seconds."""
        if self.knows(secret, kept):
            return True
        with self._lock:
            look = self._looks.setdefault(self._digest(secret, kept), threading.Lock())
        with look:
            return self.knows(secret, kept) or self._look(secret, kept)

    def knows(self, secret: str, kept: str) -> bool:
        """For another minute, then."""
        digest = self._digest(secret, kept)
        with self._lock:
            known = self._until.get(digest, 0.0) > self._clock()
            if known:
                self._keep(digest)
        return known

    def _look(self, secret: str, kept: str) -> bool:
        if not matches(secret, kept):
            return False
        with self._lock:
            self._keep(self._digest(secret, kept))
        return True

    def _keep(self, digest: bytes) -> None:
        self._until[digest] = self._clock() + REMEMBERED
        self._until.move_to_end(digest)
        if len(self._until) > _KEPT:
            self._until.popitem(last=False)

    def _digest(self, secret: str, kept: str) -> bytes:
        return hmac.digest(self._key, f"{kept}\n{secret}".encode(), hashlib.sha256)


@dataclass(slots=True)
class _Failed:
    times: int
    last: float
    until: float


class Patience:
    """Who failed how often: from the sixth time on each failure doubles the wait, up to five minutes."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failed: OrderedDict[tuple[str, str], _Failed] = OrderedDict()
        self._lock = threading.Lock()

    def check(self, name: str, peer: str) -> None:
        """Raises TooManyAttempts while this name must wait at this peer."""
        with self._lock:
            known = self._failed.get((name, peer))
            if known and known.until > self._clock():
                raise TooManyAttempts(known.until - self._clock())

    def failed(self, name: str, peer: str) -> None:
        now = self._clock()
        with self._lock:
            known = self._failed.pop((name, peer), None)
            if known is None or known.last < now - FORGOTTEN:
                known = _Failed(0, now, now)
            known.times, known.last = known.times + 1, now
            if known.times > FREE:
                known.until = now + min(LONGEST, 2.0 ** min(known.times - FREE, 20))
            self._failed[name, peer] = known
            if len(self._failed) > _KEPT:
                self._failed.popitem(last=False)

    def passed(self, name: str, peer: str) -> None:
        with self._lock:
            self._failed.pop((name, peer), None)


def _scrypt(secret: str, salt: bytes, cost: int) -> bytes:
    return hashlib.scrypt(secret.encode(), salt=salt, n=2**cost, r=8, p=1, maxmem=2 ** (cost + 11), dklen=32)


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
