"""Who may be meant: the records that share a block with a profile, or with a record, and their profiles."""

from __future__ import annotations

import heapq
import threading
from collections import OrderedDict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import BigInteger, Column, Connection, bindparam, select, text

from registries.arrays import Listed
from registries.client.matching.profile import Profile
from registries.database import asked
from registries.sealing import Seal
from registries.tables import records

# Unpacked profiles kept in memory: about 3 KB each
REMEMBERED = 20_000

_ON_SQLITE = text(
    "SELECT wanted.value, (SELECT json_group_array(record) FROM"
    " (SELECT record FROM blocks WHERE block = wanted.value LIMIT :most)) FROM json_each(:wanted) AS wanted"
)
_ON_POSTGRESQL = text(
    "SELECT wanted, ARRAY(SELECT record FROM blocks WHERE block = wanted LIMIT :most) FROM unnest(:wanted) AS wanted"
).bindparams(bindparam("wanted", type_=Listed(BigInteger)))

_HEADS = select(records.c.id, records.c.person, records.c.matched, records.c.number)
_PROFILES = select(records.c.id, records.c.number, records.c.profile)


@dataclass(frozen=True, slots=True)
class Known:
    """A record as it is compared. `number` is of its last change; `blocks`, where they are at hand, are those it was
    written with."""

    id: int
    person: str
    matched: int
    number: int
    profile: Profile
    blocks: Sequence[int] = ()


class Candidates:
    """Belongs to one engine; any thread may ask. `skipped` counts the blocks that were too big to be looked through."""

    def __init__(self, seal: Seal) -> None:
        self._seal = seal
        self._profiles: OrderedDict[tuple[int, int], Profile] = OrderedDict()
        self._lock = threading.Lock()
        self.skipped = 0

    def sharing(self, connection: Connection, blocks: Collection[int], cap: int) -> Mapping[int, Sequence[int]]:
        """The records in each block, but for those of more than `cap`, which find nobody in particular."""
        if not blocks:
            return {}
        if connection.dialect.name == "sqlite":
            asked: dict[str, Any] = {"wanted": orjson.dumps(list(blocks)).decode(), "most": cap + 1}
            rows: Iterator[tuple[int, Sequence[int]]] = (
                (block, orjson.loads(found)) for block, found in connection.execute(_ON_SQLITE, asked)
            )
        else:
            rows = ((*row,) for row in connection.execute(_ON_POSTGRESQL, {"wanted": list(blocks), "most": cap + 1}))
        found = dict(rows)
        small = {block: ids for block, ids in found.items() if len(ids) <= cap}
        self.skipped += len(found) - len(small)
        return small

    def known(self, connection: Connection, ids: Collection[int]) -> dict[int, Known]:
        """The records as they are now."""
        return {one.id: one for one in self._known(connection, records.c.id, ids)}

    def of_persons(self, connection: Connection, persons: Collection[str]) -> list[Known]:
        return self._known(connection, records.c.person, persons)

    def _known(self, connection: Connection, column: Column[Any], ids: Collection[Any]) -> list[Known]:
        found = asked(connection, _HEADS, column, ids).all()
        profiles = self._read(connection, [(row.id, row.number) for row in found])
        return [Known(*row, profiles[row.id]) for row in found if row.id in profiles]

    def _read(self, connection: Connection, wanted: Sequence[tuple[int, int]]) -> dict[int, Profile]:
        """Each by its id, from memory where this very change of it is remembered."""
        with self._lock:
            at_hand = {key[0]: self._profiles[key] for key in wanted if key in self._profiles}
        missing = [key[0] for key in wanted if key[0] not in at_hand]
        if not missing:
            return at_hand
        for id, number, sealed in asked(connection, _PROFILES, records.c.id, missing):
            at_hand[id] = Profile.unpacked(self._seal.open(sealed, str(id)))
            self._remember((id, number), at_hand[id])
        return at_hand

    def learn(self, known: Iterable[Known]) -> None:
        """Records as they were just written: they need not be read again."""
        for one in known:
            self._remember((one.id, one.number), one.profile)

    def _remember(self, key: tuple[int, int], profile: Profile) -> None:
        with self._lock:
            self._profiles[key] = profile
            if len(self._profiles) > REMEMBERED:
                self._profiles.popitem(last=False)


def nearest(blocks: Sequence[int], sharing: Mapping[int, Sequence[int]], most: int) -> Collection[int]:
    """Whom these blocks find: of more than `most`, those that share the most, a block counting by how few are in it."""
    shares: dict[int, float] = {}
    for block in blocks:
        if found := sharing.get(block):
            share = 1 / len(found)
            for id in found:
                shares[id] = shares.get(id, 0.0) + share
    if len(shares) <= most:
        return shares
    return heapq.nlargest(most, shares, key=lambda id: (shares[id], -id))
