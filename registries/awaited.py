"""What messages are parked for, and a national registry is to be asked again: somebody it did not know, or anything
while it was down.

A question holds a number, and is sealed. Any number of processes take from the list; each question goes to one of them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import orjson
from sqlalchemy import Connection, Engine, and_, delete, select, update

from registries.client.keys import digest
from registries.database import insert_or_skip, reading, writing
from registries.national_tables import awaited
from registries.sealing import Seal
from schemas.events import Identifier

SOON: Final = 5.0  # seconds after which a registry that was down is asked again, then at most a
MINUTE: Final = 60.0
DAY: Final = 86_400.0
SILENT: Final = "national "  # how entries begin that wait for an answer, whatever it is
LONGEST: Final = 30 * DAY  # what was not known for so long is not asked for any more


class Wanted(NamedTuple):
    """`number` is asked for; `entries` go on once the registry knows it, or, where it was silent, once it answers.
    `age`: for how many seconds it has been waited for."""

    number: Identifier
    entries: tuple[str, ...]
    silent: bool
    age: float = 0.0


@dataclass(slots=True)
class Awaited:
    """Of one registry (client, facility, health-worker). `again`: seconds until somebody unknown is asked for again,
    twice as long each time, at most a day."""

    engine: Engine
    secret: bytes
    registry: str
    again: float = 300.0
    clock: Callable[[], float] = time.time
    _seal: Seal = field(init=False)

    def __post_init__(self) -> None:
        self._seal = Seal(self.secret)

    def silence(self, number: Identifier) -> Wanted:
        """What a message waits for while the registry is down: one entry a number, opaque."""
        return Wanted(number, (f"{SILENT}{self.registry}|{self._name(number)}",), silent=True)

    def keep(self, wanted: Sequence[Wanted]) -> None:
        """What is on the list already stays as it is. Raises Unavailable."""
        if wanted:
            rows = {(row["question"], row["silent"]): row for row in map(self._row, wanted)}
            with writing(self.engine) as connection:
                insert_or_skip(connection, awaited, list(rows.values()))

    def take(self, most: int) -> list[Wanted]:
        """Those to be asked now, the longest due first: nobody else is given them until they are due again."""
        now = int(self.clock() * 1e6)
        mine = awaited.c.registry == self.registry
        due = select(awaited).where(mine, awaited.c.next <= now).order_by(awaited.c.next).limit(most)
        with reading(self.engine) as connection:
            rows = connection.execute(due).all()
        if not rows:
            return []
        with writing(self.engine) as connection:
            taken = [row for row in rows if self._taken(connection, row, now)]
        return [self._read(row, now) for row in taken]

    def forget(self, wanted: Collection[Wanted]) -> None:
        """Nobody waits for these any more."""
        with writing(self.engine) as connection:
            for one in wanted:
                name = awaited.c.question == self._name(one.number)
                connection.execute(delete(awaited).where(name, awaited.c.silent == one.silent))

    def _taken(self, connection: Connection, row: Any, now: int) -> bool:
        same = and_(awaited.c.question == row.question, awaited.c.silent == row.silent)
        if now - row.since > LONGEST * 1e6:
            connection.execute(delete(awaited).where(same))
            return False
        twice = 2.0 ** min(row.tries + 1, 20)
        wait = min(SOON * twice, MINUTE) if row.silent else min(self.again * twice, DAY)
        later = {"next": now + int(wait * 1e6), "tries": row.tries + 1}
        return connection.execute(update(awaited).where(same, awaited.c.next == row.next).values(later)).rowcount == 1

    def _name(self, number: Identifier) -> str:
        return digest(self.secret, "awaited", self.registry, number["system"], number["value"])

    def _row(self, one: Wanted) -> dict[str, object]:
        name, now = self._name(one.number), self.clock()
        said = orjson.dumps([one.number["system"], one.number["value"], one.entries])
        return {
            "question": name,
            "silent": one.silent,
            "registry": self.registry,
            "since": int(now * 1e6),
            "next": int((now + (SOON if one.silent else self.again)) * 1e6),
            "tries": 0,
            "asked": self._seal.seal(said, name),
        }

    def _read(self, row: Any, now: int) -> Wanted:
        system, value, entries = orjson.loads(self._seal.open(row.asked, row.question))
        age = max(0.0, (now - row.since) / 1e6)
        return Wanted({"system": system, "value": value}, tuple(entries), row.silent, age)
