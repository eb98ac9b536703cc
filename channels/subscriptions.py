"""FHIR Subscriptions to persons: who is told where, until it is ended. Endpoint and headers are sealed, for a header
may hold a secret."""

from __future__ import annotations

import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import orjson
from sqlalchemy import BigInteger, Column, Engine, LargeBinary, MetaData, String, Table, insert, select, update

from registries.database import reading, writing
from registries.notices import Position
from registries.sealing import Seal

metadata = MetaData()
subscriptions = Table(
    "subscriptions",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("by", String, nullable=False),
    Column("status", String(16), nullable=False),
    Column("error", String, nullable=False),
    Column("told", LargeBinary, nullable=False),
    Column("records", BigInteger, nullable=False),
    Column("links", BigInteger, nullable=False),
)

# As in FHIR: requested is not yet pinged, error is being tried again
Status = Literal["requested", "active", "error", "off"]


@dataclass(frozen=True, slots=True)
class Subscription:
    """`system`: only persons with a number there are told, "" is everybody. `payload`: whether the endpoint is sent
    what changed (IHE PMIR ITI-93), or only that something did. `start`: what changed after it is told."""

    id: str
    at: int
    by: str
    status: Status
    error: str
    endpoint: str
    headers: Sequence[tuple[str, str]]
    payload: bool
    system: str
    reason: str
    start: Position

    @property
    def name(self) -> str:
        """Under which its position is kept (registries/notices.py)."""
        return f"subscription {self.id}"


class Subscriptions:
    """Any process may ask. Every method blocks, and raises Unavailable."""

    def __init__(self, engine: Engine, secret: bytes) -> None:
        self._engine, self._seal = engine, Seal(secret)

    def make(self, by: str, start: Position, **said: Any) -> Subscription:
        """`said`: endpoint, headers, payload, system, reason."""
        id, at = str(uuid.uuid4()), time.time_ns() // 1000
        row = {"id": id, "at": at, "by": by, "status": "requested", "error": "", **start._asdict()}
        with writing(self._engine) as connection:
            connection.execute(insert(subscriptions).values(**row, told=self._seal.seal(orjson.dumps(said), id)))
        return Subscription(id, at, by, "requested", "", start=start, **said)

    def every(self) -> list[Subscription]:
        """Those that are not off, the oldest first."""
        found = select(subscriptions).where(subscriptions.c.status != "off").order_by(subscriptions.c.at)
        with reading(self._engine) as connection:
            return [self._opened(row) for row in connection.execute(found)]

    def of(self, id: str) -> Subscription | None:
        with reading(self._engine) as connection:
            row = connection.execute(select(subscriptions).where(subscriptions.c.id == id)).first()
        return self._opened(row) if row else None

    def turn(self, id: str, status: Status, error: str = "") -> bool:
        """Whether it was not off already: that stays."""
        same = update(subscriptions).where(subscriptions.c.id == id, subscriptions.c.status != "off")
        with writing(self._engine) as connection:
            return bool(connection.execute(same.values(status=status, error=error)).rowcount)

    def _opened(self, row: Any) -> Subscription:
        said = orjson.loads(self._seal.open(row.told, row.id))
        said["headers"] = [(name, value) for name, value in said["headers"]]
        head = (row.id, row.at, row.by, row.status, row.error)
        return Subscription(*head, start=Position(row.records, row.links), **said)
