"""What became of messages whose senders wait for it (`acknowledge: resolved`).

Mediation writes it once the registries have committed what a message says of anybody, in one commit for a batch; the
door that took the message reads it, for all that wait in one query. They may be on two machines: what both have is the
registries' database. Rows live for minutes. They hold places and reasons, never what a message said.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass

import orjson
from sqlalchemy import BigInteger, Column, Engine, MetaData, String, Table, Text, delete, select

from registries.database import among, insert_or_skip, reading, writing
from schemas.message import Issue

metadata = MetaData()

outcomes = Table(
    "outcomes",
    metadata,
    Column("transaction", String(36), primary_key=True),
    Column("at", BigInteger, nullable=False, index=True),
    Column("told", Text, nullable=False),
    sqlite_with_rowid=False,
)

# seconds: as long as a sender may take to send again what got no answer
KEPT = 900
EVERY = 60


@dataclass(frozen=True, slots=True)
class Outcome:
    """Whether any part of the message was taken, and what is to be told of it. `reject`: mending would not help."""

    accepted: bool
    issues: tuple[Issue, ...] = ()
    reject: bool = False


class Outcomes:
    """One instance belongs to one thread at a time; any number of processes share the database."""

    def __init__(self, engine: Engine) -> None:
        self._engine, self._pruned = engine, 0.0

    def tell(self, said: Mapping[str, Outcome]) -> None:
        """Transaction → outcome, in one commit. What was told before stays. Raises Unavailable."""
        if not said:
            return
        at = time.time_ns() // 1000
        rows = [{"transaction": one, "at": at, "told": _written(outcome)} for one, outcome in said.items()]
        with writing(self._engine) as connection:
            insert_or_skip(connection, outcomes, rows)
            if time.monotonic() - self._pruned > EVERY:
                connection.execute(delete(outcomes).where(outcomes.c.at < at - KEPT * 1_000_000))
                self._pruned = time.monotonic()

    def of(self, transactions: Collection[str]) -> dict[str, Outcome]:
        """Of these transactions those that are known. Raises Unavailable."""
        with reading(self._engine) as connection:
            wanted = among(connection, outcomes.c.transaction, transactions)
            found = connection.execute(select(outcomes.c.transaction, outcomes.c.told).where(wanted))
            return {transaction: _read(told) for transaction, told in found}


def _written(outcome: Outcome) -> str:
    return orjson.dumps(asdict(outcome)).decode()


def _read(told: str) -> Outcome:
    said = orjson.loads(told)
    return Outcome(said["accepted"], tuple(Issue(**one) for one in said["issues"]), said["reject"])
