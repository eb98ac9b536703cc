"""A source record leaves the identity it had: one of its own, with its numbers."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy import Row, and_, func, insert, select

from registries.client import moved
from registries.client.changes import Change, row
from registries.client.clusters import joining
from registries.client.decision import Decision, Declined
from registries.client.keys import Subject, subject
from registries.client.links import APART, MATCHED, MERGED
from registries.client.matching.rules import Rules
from registries.client.rules import MOST_OWNERS
from registries.client.store import Person
from registries.tables import history, keys, persons, records

Record = Row[Any]


def split(decision: Decision, secret: bytes, record: int, rules: Rules) -> int:
    """Moves the record, and the numbers that no other record of the identity carries. A number of both is then carried
    by both, the old identity first. Links that the rules (those in force) made for this record end."""
    here = _records(decision, record)
    old = next((one.person for one in here if one.id == record), "")
    if len(here) < 2:
        return _alone(decision, record)
    told = {one.id: subject(orjson.loads(_opened(decision, one)), f"record|{one.id}", secret) for one in here}
    leaving, staying = told.pop(record), list(told.values())
    new = _made(decision, leaving, record)
    _move_keys(decision, leaving, staying, old, new)
    _unlearn(decision, leaving, staying, old)
    decision.put("records", {"id": record}, {"person": new})
    moved.end_unfounded(decision, old, rules)
    decision.join(old, new, APART)
    decision.check()
    moved.compare_again(decision)
    return decision.note("split", old, new, record, made=new)


def check(decision: Decision, taken_back: Iterable[Change]) -> None:
    """Raises Declined where a record cannot go back: its source has another of the same patient there by now."""
    for change in taken_back:
        if change.table == "records" and change.before:
            same = select(records.c.key).where(records.c.id == change.key["id"]).scalar_subquery()
            there = and_(records.c.key == same, records.c.person == change.before["person"])
            if decision.connection.scalar(select(records.c.id).where(there)) is not None:
                raise Declined("its source has said more under the identity that it had: merge the two instead")


def rejoined(decision: Decision, detail: Mapping[str, Any]) -> None:
    """After the rows of a decision are back. What a split had made stands for the old identity again, for something may
    have landed under it. Raises Declined when a steward or a source linked it since."""
    if new := detail.get("made"):
        found = joining(decision.connection, [new])
        if any(link.kind != MATCHED for link in found):
            raise Declined("the identity that the split made was linked since; take that back first")
        for link in found:
            decision.end(link)
        old = next(one.after["person"] for one in decision.changes if one.table == "records" and one.after)
        decision.join(new, old, MERGED)
    moved.compare_again(decision)


def _records(decision: Decision, record: int) -> Sequence[Record]:
    """The record, and all others of its identity."""
    owner = select(records.c.person).where(records.c.id == record).scalar_subquery()
    return decision.connection.execute(select(records).where(records.c.person == owner).order_by(records.c.at)).all()


def _alone(decision: Decision, record: int) -> int:
    known = decision.connection.scalar(select(records.c.person).where(records.c.id == record))
    made = history.c.other == known, history.c.action == "split", history.c.record == record
    if known and decision.connection.execute(select(history.c.id).where(*made)).first():
        return 0
    raise Declined(
        "this is the only source record of its identity: unlink the identity, or keep it apart from the other"
        if known
        else f"no source record {record}"
    )


def _opened(decision: Decision, record: Record) -> bytes:
    return decision.seal.open(record.patient, str(record.id))


def _made(decision: Decision, leaving: Subject, record: int) -> str:
    person = _learned([leaving], str(uuid.uuid4()), f"record|{record}")
    made = {"id": person.id, "created": decision.at, "origin": person.origin, "revision": 0}
    decision.connection.execute(insert(persons).values(**made, **person.row()))
    return person.id


def _learned(subjects: Iterable[Subject], id: str = "", origin: str = "") -> Person:
    person = Person(id, origin, 0, [""] * 4, [""] * 3, "")
    for told in subjects:
        person.learn(told)
    return person


def _move_keys(decision: Decision, leaving: Subject, staying: Sequence[Subject], old: str, new: str) -> None:
    theirs = {key.digest for told in staying for key in told.keys}
    for digest in dict.fromkeys(key.digest for key in leaving.keys):
        owned = select(keys.c.turn).where(keys.c.key == digest, keys.c.person == old)
        turns = decision.connection.scalars(owned).all()
        if digest not in theirs:
            for turn in turns:
                decision.put("keys", {"key": digest, "turn": turn}, {"person": new})
        elif turns:
            _share(decision, digest, old, new)


def _share(decision: Decision, digest: str, old: str, new: str) -> None:
    """The next turn is the new identity's; taken back, the old one's: a turn, once there, never goes."""
    turn = decision.connection.scalar(select(func.count()).where(keys.c.key == digest)) or 0
    if turn < MOST_OWNERS:
        decision.connection.execute(insert(keys).values(key=digest, turn=turn, person=old))
        decision.put("keys", {"key": digest, "turn": turn}, {"person": new})


def _unlearn(decision: Decision, leaving: Subject, staying: Sequence[Subject], old: str) -> None:
    """The old identity no longer knows what only the leaving record told; what nobody's record tells, it still does."""
    known = row(decision.connection, "persons", {"id": old}) or {}
    went, kept = _learned([leaving]).row(), _learned(staying).row()
    changed = {
        name: kept[name] for name, value in went.items() if value and known[name] == value and kept[name] != value
    }
    if changed:
        decision.put("persons", {"id": old}, changed | {"revision": known["revision"] + 1})
