"""Who may send, and on which channels. A secret is "<key id>.<random>", shown once when the client is added."""

from __future__ import annotations

import hmac
import re
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Engine, select, update

from channels.security.passwords import Remembered, hashed
from channels.security.tables import clients
from registries.database import alone, reading, writing

_LOCK = 0x434C4945
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9._-]{0,63}")


class BadClient(ValueError):
    """This client can't be added or revoked: says why and what to do."""


@dataclass(frozen=True, slots=True)
class Client:
    """Somebody who may send."""

    name: str
    channels: frozenset[str]

    def may_send(self, channel: str) -> bool:
        return channel in self.channels


class Clients:
    """The clients of an installation. What one process adds or revokes, every other knows at its next request.

    Each request reads the client's row; only the expensive hash is remembered. Blocks: up to 100 ms at a first
    request, under a millisecond at those that follow within a minute.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine, self._remembered = engine, Remembered()

    def add(self, name: str, channels: Sequence[str]) -> str:
        """The client's secret, which is kept nowhere. A revoked name may be given again. Raises BadClient."""
        _check(name, channels)
        key_id = secrets.token_hex(8)
        secret = f"{key_id}.{secrets.token_urlsafe(32)}"
        row = {
            "key_id": key_id,
            "secret": hashed(secret),
            "channels": orjson.dumps(sorted(set(channels))).decode(),
            "created": time.time_ns() // 1000,
            "revoked": None,
        }
        with writing(self._engine) as connection:
            alone(connection, _LOCK)
            known = connection.execute(select(clients.c.revoked).where(clients.c.name == name)).first()
            if known is None:
                connection.execute(clients.insert().values(name=name, **row))
            elif known.revoked is None:
                raise BadClient(f"there is a client {name!r} already: revoke it first, or choose another name")
            else:
                connection.execute(update(clients).where(clients.c.name == name).values(**row))
        return secret

    def revoke(self, name: str) -> None:
        """Its next request is refused, in every process. Raises BadClient when there is no such client."""
        known = (clients.c.name == name, clients.c.revoked.is_(None))
        with writing(self._engine) as connection:
            done = connection.execute(update(clients).where(*known).values(revoked=time.time_ns() // 1000))
            if done.rowcount == 0:
                raise BadClient(f"there is no client {name!r}; `wasl clients list` names those there are")

    def list(self) -> list[dict[str, Any]]:
        """`name`, `channels`, `created`, `revoked` (µs or None), by name. Never a secret."""
        columns = (clients.c.name, clients.c.channels, clients.c.created, clients.c.revoked)
        with reading(self._engine) as connection:
            found = connection.execute(select(*columns).order_by(clients.c.name)).mappings().all()
        return [{**row, "channels": orjson.loads(row["channels"])} for row in found]

    def verify(self, name: str, secret: str) -> Client | None:
        """The client of this name, if the secret is its own and was not revoked (HTTP Basic)."""
        client = self.verify_key(secret)
        return client if client and hmac.compare_digest(client.name.encode(), name.encode()) else None

    def verify_key(self, secret: str) -> Client | None:
        """The client whose secret this is (X-API-Key). A secret that names no key costs no hash."""
        key_id = secret.partition(".")[0]
        query = select(clients.c.name, clients.c.channels, clients.c.secret)
        with reading(self._engine) as connection:
            row = connection.execute(query.where(clients.c.key_id == key_id, clients.c.revoked.is_(None))).first()
        if row is None or not self._remembered.matches(secret, row.secret):
            return None
        return Client(row.name, frozenset(orjson.loads(row.channels)))


def _check(name: str, channels: Sequence[str]) -> None:
    if not _NAME.fullmatch(name):
        raise BadClient(
            f"{name!r} can't be a client's name: a letter, then letters, digits, dots, hyphens, underscores, at most 64"
        )
    if not channels:
        raise BadClient(f"the client {name!r} may send nowhere: name its channels")
    if bad := [channel for channel in channels if not _NAME.fullmatch(channel)]:
        raise BadClient(f"{bad[0]!r} can't be a channel's name; `wasl channels list` names those there are")
