"""The source records of one batch: those that are known read once, changed in memory, written with the identities."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import BigInteger, Connection, Table, and_, bindparam, delete, select, update

from registries.client import history
from registries.client.candidates import Known
from registries.client.digests import block_digests, number_digests
from registries.client.history import Line
from registries.client.matching.profile import Profile, profile
from registries.client.matching.rules import Rules
from registries.client.records import NAME
from registries.client.saying import Saying, content, overlaid
from registries.client.versions import NAME as RULES
from registries.database import among, insert_all, insert_or_skip
from registries.sealing import Seal
from registries.tables import blocks, next_version, numbers, records, systems, uncompared, version
from schemas.events import Patient

Pairs = set[tuple[int, int]]  # a digest and the record that it finds

_EPOCH = 1_577_836_800_000_000  # 2020, in µs
_READ = (records.c.id, records.c.key, records.c.person, records.c.version, records.c.said, records.c.at)
_CHANGED = ("at", "version", "said", "patient", "profile", "number")
_UPDATE = (
    update(records)
    .where(
        records.c.id == bindparam("known_id"),
        records.c.said == bindparam("known_said"),
        records.c.person == bindparam("known_person"),
    )
    .values({name: bindparam(f"new_{name}") for name in _CHANGED} | {"moved": None})
)


@dataclass(slots=True, eq=False)
class _Record:
    """`before`: the patient as it stands in the database; None for a new record. `same`: digests of sayings that leave
    it as it is."""

    id: int
    key: str
    person: str
    source: str
    channel: str
    version: int
    said: str
    at: int
    stood: str = ""
    before: Patient | None = None
    patient: Patient | None = None
    same: tuple[str, ...] = ()

    @property
    def changed(self) -> bool:
        return self.said != self.stood

    @property
    def told(self) -> Patient:
        return self.patient or {}


class Keeping:
    """Lives as long as its reading connection. `named`: identifier systems that are kept already; those of this batch
    are added when it is."""

    def __init__(self, connection: Connection, secret: bytes, seal: Seal, named: set[str]) -> None:
        self._connection, self._secret, self._seal, self._named = connection, secret, seal, named
        self._records: dict[tuple[str, str], _Record] = {}
        # the records of this batch, as they were written
        self.kept: Sequence[Known] = ()

    def read(self, sayings: Iterable[Saying | None]) -> None:
        """What is known of the records of these sayings."""
        wanted = list(dict.fromkeys(one.key for one in sayings if one))
        if not wanted:
            return
        found = select(*_READ).where(among(self._connection, records.c.key, wanted))
        for id, key, person, sent, said, at in self._connection.execute(found):
            self._records[key, person] = _Record(id, key, person, "", "", sent, said, at, said)

    def take(self, saying: Saying, person: str) -> None:
        """A source says this of this identity. What is older than what it said before changes nothing."""
        known = self._records.get((saying.key, person))
        if known is None:
            self._records[saying.key, person] = _Record(
                id=new_id(),
                key=saying.key,
                person=person,
                source=saying.source,
                channel=saying.channel,
                version=saying.version,
                said=saying.said,
                at=0,
                patient=saying.patient,
                same=(saying.said,),
            )
        elif saying.said not in (known.said, *known.same) and saying.version >= known.version:
            self._say(known, saying)

    def _say(self, known: _Record, saying: Saying) -> None:
        told = overlaid(self._patient(known), saying.patient)
        said = content(told, self._secret)
        if said == known.said:
            known.same += (saying.said,)
        else:
            known.patient, known.said, known.version, known.same = told, said, saying.version, (saying.said,)

    def _patient(self, known: _Record) -> Patient:
        if known.patient is None:
            sealed = self._connection.scalar(select(records.c.patient).where(records.c.id == known.id))
            known.before = known.patient = orjson.loads(self._seal.open(sealed or b"", str(known.id)))
        return known.patient or {}

    @property
    def changed(self) -> Sequence[_Record]:
        return [one for one in self._records.values() if one.changed]

    def same(self) -> Mapping[str, tuple[str, Sequence[str]]]:
        """For each key the identity, and the digests of sayings that change nothing, once this is committed."""
        return {one.key: (one.person, list({one.said, *one.same})) for one in self._records.values()}

    def write(self, connection: Connection, rules: Rules, moved: int, at: int) -> bool:
        """In the caller's transaction, to be found by these rules. False when another worker changed one of these
        records in between, or when the rules changed more often than `moved` times: then others are in force."""
        changed = sorted(self.changed, key=lambda one: one.id)
        if not changed:
            return True
        told = {one.id: profile(one.told) for one in changed}
        blocks_of = {id: self._blocks(one, rules) for id, one in told.items()}
        rows = [self._row(one, told[one.id], at) for one in changed]
        # from here on others who keep records wait, and who gives all of them the blocks of other rules
        number = next_version(connection, NAME)
        if version(connection, RULES) != moved:
            return False
        for row in rows:
            row["number"] = number
        new = [row for row, one in zip(rows, changed, strict=True) if not one.stood]
        old = [(row, one) for row, one in zip(rows, changed, strict=True) if one.stood]
        if insert_or_skip(connection, records, new) < len(new) or not self._replace(connection, old):
            return False
        before = [one for _, one in old]
        ours = {row["id"] for row in new}
        told_before = self._numbers_of(before, before=True)
        self._find_by(connection, numbers, "number", self._numbers_of(changed), told_before, ours)
        insert_or_skip(connection, uncompared, [{"record": row["id"], "number": number, "at": at} for row in rows])
        now = {(digest, id) for id, digests in blocks_of.items() for digest in digests}
        then = {(digest, one.id) for one in before for digest in self._blocks(profile(one.before or {}), rules)}
        self._find_by(connection, blocks, "block", now, then, ours)
        self._name(connection, changed)
        history.write(connection, self._seal, [self._replaced(one, at) for _, one in old])
        self.kept = [
            Known(one.id, one.person, number, told[one.id], blocks_of[one.id], rules.version) for one in changed
        ]
        return True

    def committed(self) -> None:
        self._named |= {number["system"] for one in self.changed for number in one.told.get("identifiers") or ()}

    def _row(self, one: _Record, compared: Profile, at: int) -> dict[str, Any]:
        about = str(one.id)
        return {
            "id": one.id,
            "key": one.key,
            "person": one.person,
            "source": one.source,
            "channel": one.channel,
            "at": at,
            "version": one.version,
            "said": one.said,
            "patient": self._seal.seal(orjson.dumps(one.told), about),
            "profile": self._seal.seal(compared.packed(), about),
        }

    def _replace(self, connection: Connection, old: Sequence[tuple[dict[str, Any], _Record]]) -> bool:
        told = [
            {f"new_{name}": row[name] for name in _CHANGED}
            | {"known_id": one.id, "known_said": one.stood, "known_person": one.person}
            for row, one in old
        ]
        return not told or connection.execute(_UPDATE, told).rowcount == len(told)

    def _numbers_of(self, found: Sequence[_Record], *, before: bool = False) -> set[tuple[int, int]]:
        told = ((one.id, one.before or {} if before else one.told) for one in found)
        return {(digest, id) for id, patient in told for digest in number_digests(patient, self._secret)}

    def _blocks(self, told: Profile, rules: Rules) -> Sequence[int]:
        return block_digests(told, rules, self._secret)

    def _find_by(
        self, connection: Connection, table: Table, column: str, now: Pairs, then: Pairs, new: Collection[int]
    ) -> None:
        """`new`: the records that only we know yet."""
        _delete(connection, table, column, then - now)
        rows = [{column: digest, "record": id} for digest, id in sorted(now - then)]
        insert_all(connection, table, [row for row in rows if row["record"] in new])
        insert_or_skip(connection, table, [row for row in rows if row["record"] not in new])

    def _name(self, connection: Connection, changed: Sequence[_Record]) -> None:
        named = {number["system"] for one in changed for number in one.told.get("identifiers") or ()}
        insert_or_skip(connection, systems, [{"system": system} for system in named - self._named if system])

    def _replaced(self, one: _Record, at: int) -> Line:
        """What stood before."""
        detail = {"patient": one.before, "at": one.at}
        return Line(at, "source", "replaced", one.person, record=one.id, detail=detail)


def _delete(connection: Connection, table: Table, column: str, pairs: Pairs) -> None:
    by_record: dict[int, list[int]] = {}
    for digest, id in pairs:
        by_record.setdefault(id, []).append(digest)
    for id, digests in sorted(by_record.items()):
        gone = and_(table.c.record == id, among(connection, table.c[column], digests, BigInteger))
        connection.execute(delete(table).where(gone))


_LOCK = threading.Lock()
_last = 0


def new_id() -> int:
    """Grows with time; two processes rarely make the same one (then the later is told, and makes another)."""
    global _last
    told = ((time.time_ns() // 1000 - _EPOCH) << 11) | random.getrandbits(11)
    with _LOCK:
        _last = max(_last + 1, told)
        return _last
