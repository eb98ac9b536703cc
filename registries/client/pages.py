"""What happened to persons, in pages of so many of them: a page may end within one change, which may be of thousands.

Records and links are numbered by a counter each, and all rows that one commit wrote have one number. Where a reader
stopped is therefore the last row told of each. A row that changes meanwhile gets a greater number and is told later,
and no row gets a number that is told already: nothing is missed, and nothing told twice that happened once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from heapq import merge
from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine, and_, or_, tuple_

from registries.client.happenings import Happening, linked_by, of_links, of_records, told_of
from registries.database import reading
from registries.tables import links, records


class End(NamedTuple):
    """One of the two whom a link joins or parts: the first, or the second."""

    from_person: str
    to_person: str
    kind: str
    second: bool


class Place(NamedTuple):
    """Where a reader stopped: told is all up to these numbers, but of these two changes only what comes up to `record`
    and `end`; None: all of it."""

    records: int = 0
    links: int = 0
    record: int | None = None
    end: End | None = None


class Page(NamedTuple):
    """In about the order in which it happened, each person of a link by itself. `place` is where to read on, `more`
    whether something is there already."""

    happenings: Sequence[Happening]
    place: Place
    more: bool


class _Step(NamedTuple):
    """What is told next, and what of the place is another then; None: it belongs to the next page."""

    happening: Happening
    place: Mapping[str, Any] | None


def page(engine: Engine, place: Place, most: int) -> Page:
    """What happened after this place to `most` persons at most. Blocks, and raises Unavailable."""
    with reading(engine) as connection:
        changed, joined = _of_records(connection, place, most), _of_links(connection, place, most)
    told: list[Happening] = []
    persons: set[str] = set()
    for step in merge(changed, joined, key=lambda one: one.happening.at):  # each stays in its own order
        one = step.happening.person
        if step.place is None or (one not in persons and len(persons) == most):
            return Page(told, place, more=True)
        persons.add(one)
        told.append(step.happening)
        place = place._replace(**step.place)
    return Page(told, place, more=False)


def _of_records(connection: Connection, place: Place, most: int) -> list[_Step]:
    number, id = records.c.number, records.c.id
    after = number > place.records
    if place.record is not None:
        after = and_(number >= place.records, or_(after, id > place.record))
    rows = connection.execute(of_records(after).order_by(number, id).limit(most + 1)).all()
    steps = [_Step(told_of(row), {"records": row.number, "record": row.id}) for row in rows]
    return [*steps[:most], *map(_left, steps[most:])]


def _of_links(connection: Connection, place: Place, most: int) -> list[_Step]:
    key, end = (links.c.from_person, links.c.to_person, links.c.kind), place.end
    after = links.c.version > place.links
    if end:
        row = tuple_(*key)
        after = and_(links.c.version >= place.links, or_(after, row > end[:3] if end.second else row >= end[:3]))
    rows = connection.execute(of_links(after).order_by(links.c.version, *key).limit(most + 1)).all()
    steps = [step for row in rows[:most] for step in _ends(row)]
    if end and steps and steps[0].place == {"links": place.links, "end": end}:
        del steps[0]
    return [*steps, *(_left(_ends(row)[0]) for row in rows[most:])]


def _ends(row: Any) -> list[_Step]:
    said, key = linked_by(row), (row.from_person, row.to_person, row.kind)
    return [
        _Step(Happening(said.kind, person, "", said.at), {"links": row.version, "end": End(*key, second)})
        for person, second in ((said.person, False), (said.other, True))
    ]


def _left(step: _Step) -> _Step:
    """For the next page, whatever room there is: how many follow it is not known."""
    return step._replace(place=None)
