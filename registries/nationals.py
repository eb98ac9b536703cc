"""How the national registries do: whether each answers, since when it does not, and what it said instead."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import orjson
from sqlalchemy import Connection, Engine, func, select, update

from registries.database import insert_or_skip, reading, written
from registries.national_tables import awaited, nationals, remembered
from schemas.message import Unavailable

EVERY: Final = 60.0  # seconds between two notes of the same
MOST: Final = 10  # refusals kept


class Refusal(NamedTuple):
    """`at` in µs; `text` is about the registry, never about what was asked."""

    at: int
    text: str


@dataclass(frozen=True, slots=True)
class State:
    """Times in µs, 0 is never. `known`: answers that are remembered, the oldest of them from `oldest`; `waiting`:
    questions that messages wait for; `down`: since when it does not answer, 0 while it does."""

    registry: str
    answered: int = 0
    down: int = 0
    refusals: tuple[Refusal, ...] = ()
    known: int = 0
    oldest: int = 0
    waiting: int = 0


class Condition:
    """Notes what became of asking one registry. Belongs to one thread; processes note into one row."""

    def __init__(self, engine: Engine, registry: str) -> None:
        self._engine, self._registry = engine, registry
        self._last: tuple[float, str] | None = None

    def tell(self, failure: Unavailable | None, now: float) -> None:
        """A change at once, the same again once a minute. Raises Unavailable when the database is away."""
        text = str(failure) if failure else ""
        if self._last and self._last[1] == text and 0 <= now - self._last[0] < EVERY:
            return
        written(self._engine, lambda connection: self._write(connection, text, int(now * 1e6)))
        self._last = now, text

    def _write(self, connection: Connection, text: str, at: int) -> None:
        mine = nationals.c.registry == self._registry
        row = {"registry": self._registry, "answered": 0, "down": 0, "refusals": "[]"}
        insert_or_skip(connection, nationals, [row])
        known = connection.execute(select(nationals).where(mine).with_for_update()).one()
        said: dict[str, Any] = {"answered": at, "down": 0}
        if text:
            refusals = orjson.loads(known.refusals)
            told = refusals and refusals[0][1] == text and known.down
            said = {
                "down": known.down or at,
                "refusals": orjson.dumps(refusals if told else [[at, text], *refusals][:MOST]).decode(),
            }
        connection.execute(update(nationals).where(mine).values(said))


def states(engine: Engine) -> Mapping[str, State]:
    """Of every registry that was ever asked. Raises Unavailable."""
    known = select(remembered.c.registry, func.count(), func.min(remembered.c.at)).group_by(remembered.c.registry)
    waits = select(awaited.c.registry, func.count()).group_by(awaited.c.registry)
    with reading(engine) as connection:
        kept = {registry: (count, at) for registry, count, at in connection.execute(known)}
        waiting: dict[str, int] = dict(map(tuple, connection.execute(waits)))
        rows = connection.execute(select(nationals)).all()
    return {
        row.registry: State(
            row.registry,
            row.answered,
            row.down,
            tuple(Refusal(*one) for one in orjson.loads(row.refusals)),
            *kept.get(row.registry, (0, 0)),
            waiting.get(row.registry, 0),
        )
        for row in rows
    }
