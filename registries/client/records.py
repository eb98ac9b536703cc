"""The source records: what each source says of each patient, kept as it came, and read by whoever needs it.

The id of a record is a number that grows with time. Who, what and where is sealed with it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import orjson
from sqlalchemy import Engine, select

from registries.client.digests import number_digest
from registries.client.matching.profile import Profile
from registries.database import asked, reading
from registries.sealing import Seal
from registries.tables import numbers, records, systems
from schemas.events import Patient

NAME = "records"
_RECORDS = select(records).order_by(records.c.id)
_PERSONS = select(records.c.person)


@dataclass(frozen=True)
class SourceRecord:
    """What `source` (who gave the patient's number there, else channel|sender) says of the patient of this identity.

    `at`: when it came (µs); `version`: the sender's own time (µs); `number`: of its last change, of all changes.
    """

    id: int
    person: str
    source: str
    channel: str
    at: int
    version: int
    patient: Patient
    number: int
    packed: bytes

    @cached_property
    def profile(self) -> Profile:
        """What is compared of it."""
        return Profile.unpacked(self.packed)


class Records:
    """Any thread may ask. Every method blocks, and raises Unavailable. `secret` keys the digests, as in `Clients`."""

    def __init__(self, engine: Engine, secret: bytes, seal: Seal | None = None) -> None:
        self._engine, self._secret, self._seal = engine, secret, seal or Seal(secret)

    def of_persons(self, persons: Collection[str]) -> list[SourceRecord]:
        """Every record of these identities, the oldest first."""
        with reading(self._engine) as connection:
            return self._opened(asked(connection, _RECORDS, records.c.person, persons))

    def known(self, persons: Collection[str]) -> set[str]:
        """Those of these identities of whom a source says something: a search finds them."""
        with reading(self._engine) as connection:
            return set(asked(connection, _PERSONS, records.c.person, persons).scalars())

    def of_ids(self, ids: Collection[int]) -> list[SourceRecord]:
        with reading(self._engine) as connection:
            return self._opened(asked(connection, _RECORDS, records.c.id, ids))

    def since(self, number: int, most: int = 1000) -> list[SourceRecord]:
        """What changed after this number, in the order of the changes: all of one change, so sometimes more than
        `most`. Fewer than `most`: there is no more for now."""
        with reading(self._engine) as connection:
            after = select(records.c.number).where(records.c.number > number).order_by(records.c.number)
            last = list(connection.scalars(after.limit(most)))[-1:]
            until = records.c.number <= (last[0] if last else number)
            found = select(records).where(records.c.number > number, until).order_by(records.c.number, records.c.id)
            return self._opened(connection.execute(found))

    def persons_with(self, system: str, value: str) -> set[str]:
        """The identities of which a source says this number; nobody has a filler."""
        digest = number_digest(system, value, self._secret)
        if digest is None:
            return set()
        found = select(records.c.person).join(numbers, numbers.c.record == records.c.id)
        with reading(self._engine) as connection:
            return set(connection.scalars(found.where(numbers.c.number == digest)))

    def knows(self, system: str) -> bool:
        """Whether any record ever named this identifier system."""
        with reading(self._engine) as connection:
            return connection.scalar(select(systems.c.system).where(systems.c.system == system)) is not None

    def _opened(self, found: Iterable[Any]) -> list[SourceRecord]:
        return [opened(row, self._seal) for row in found]


def opened(row: Any, seal: Seal) -> SourceRecord:
    """A row of records, read. Raises Unsealable."""
    about = str(row.id)
    return SourceRecord(
        row.id,
        row.person,
        row.source,
        row.channel,
        row.at,
        row.version,
        orjson.loads(seal.open(row.patient, about)),
        row.number,
        seal.open(row.profile, about),
    )
