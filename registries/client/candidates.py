"""Who may be meant: the records that share a block with a profile, or with a record, and their profiles."""

from __future__ import annotations

import heapq
import threading
from collections import OrderedDict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import BigInteger, Connection, bindparam, select, text

from registries.arrays import Listed
from registries.client.digests import block_digests
from registries.client.matching.profile import Profile
from registries.client.matching.rules import Rules
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

_IDS = select(records.c.id, records.c.person)
_HEADS = select(records.c.id, records.c.person, records.c.number)
_WHOLE = _HEADS.add_columns(records.c.profile)
# One, but for what is lost in sums of fractions
_NEARLY = 1 - 1e-9


@dataclass(frozen=True, slots=True)
class Known:
    """A record as it is compared. `number` is of its last change; `blocks`, where they are at hand, are those it was
    written with, by the rules of that version."""

    id: int
    person: str
    number: int
    profile: Profile
    blocks: Sequence[int] = ()
    rules: int = 0

    def blocks_by(self, rules: Rules, secret: bytes) -> Sequence[int]:
        """What these rules find it by."""
        return self.blocks if self.rules == rules.version else block_digests(self.profile, rules, secret)


class Candidates:
    """Belongs to one engine; any thread may ask. `skipped` counts the blocks that were too big to be looked through."""

    def __init__(self, seal: Seal) -> None:
        self._seal = seal
        # by record: the number of its change, and the profile
        self._profiles: OrderedDict[int, tuple[int, Profile]] = OrderedDict()
        self._lock = threading.Lock()
        self.skipped = 0

    def sharing(self, connection: Connection, blocks: Collection[int], cap: int) -> Mapping[int, Sequence[int]]:
        """The records in each block, but for those of more than `cap`, which find nobody in particular."""
        if not blocks:
            return {}
        if connection.dialect.name == "sqlite":
            asked: dict[str, Any] = {"wanted": orjson.dumps(list(blocks)).decode(), "most": cap + 1}
            rows: Iterator[tuple[int, Sequence[int]]] = (
                (block, orjson.loads(found)) for block, found in connection.execute(_ON_SQLITE, asked).all()
            )
        else:
            told = {"wanted": list(blocks), "most": cap + 1}
            rows = ((*row,) for row in connection.execute(_ON_POSTGRESQL, told).all())
        found = dict(rows)
        small = {block: ids for block, ids in found.items() if len(ids) <= cap}
        self.skipped += len(found) - len(small)
        return small

    def known(self, connection: Connection, ids: Collection[int]) -> dict[int, Known]:
        """The records as they are now: in one look those of which nothing is remembered, and those that are, whether
        they changed."""
        with self._lock:
            remembered = {id: self._profiles[id] for id in ids if id in self._profiles}
        heads = asked(connection, _HEADS, records.c.id, remembered).all() if remembered else ()
        same = {row.id: Known(*row, profile) for row in heads if (profile := _of(row.number, remembered[row.id]))}
        return same | self._read(connection, [id for id in ids if id not in same])

    def newest(self, connection: Connection, groups: Iterable[Collection[str]], most: int) -> list[Known]:
        """Of the records of each group of identities those that came last, `most` at most. No two groups share one."""
        places = {person: place for place, group in enumerate(groups) for person in group}
        ids: dict[int, list[int]] = {}
        for row in asked(connection, _IDS, records.c.person, places):
            ids.setdefault(places[row.person], []).append(row.id)
        return list(self.known(connection, [id for some in ids.values() for id in sorted(some)[-most:]]).values())

    def _read(self, connection: Connection, ids: Collection[int]) -> dict[int, Known]:
        rows = asked(connection, _WHOLE, records.c.id, ids).all() if ids else ()
        found = [
            Known(id, person, number, Profile.unpacked(self._seal.open(sealed, str(id))))
            for id, person, number, sealed in rows
        ]
        self.learn(found)
        return {one.id: one for one in found}

    def learn(self, known: Iterable[Known]) -> None:
        """Records as they were just read or written: they need not be read again."""
        with self._lock:
            for one in known:
                self._profiles[one.id] = (one.number, one.profile)
            while len(self._profiles) > REMEMBERED:
                self._profiles.popitem(last=False)


def _of(number: int, remembered: tuple[int, Profile]) -> Profile | None:
    """The profile, where it is of this very change."""
    return remembered[1] if remembered[0] == number else None


def nearest(blocks: Sequence[int], sharing: Mapping[int, Sequence[int]], most: int) -> Collection[int]:
    """Whom these blocks find, `most` at most: who shares rare ones, a block counting by how few are in it. What all the
    blocks of somebody tell must be worth one block of `most` records."""
    shares: dict[int, float] = {}
    for block in blocks:
        if found := sharing.get(block):
            share = 1 / len(found)
            for id in found:
                shares[id] = shares.get(id, 0.0) + share
    near = [id for id, share in shares.items() if share * most > _NEARLY]
    if len(near) <= most:
        return near
    return heapq.nlargest(most, near, key=lambda id: (shares[id], -id))
