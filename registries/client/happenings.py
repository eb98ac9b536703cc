"""What happened to persons, for whoever follows the registry: made, changed, linked, unlinked, merged, unmerged.

Two counters number every change, of source records and of links, in the order of their commits: whoever reads on from
a position misses nothing. A record or link that changed twice meanwhile is told once, as it stands.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

from sqlalchemy import Column, ColumnElement, Connection, Engine, Select, func, or_, select

from registries.client.links import APART, MERGED, NAME
from registries.database import reading
from registries.notices import Position
from registries.tables import links, persons, records, version

Kind = Literal["made", "changed", "linked", "unlinked", "merged", "unmerged"]

MOST = 200
# µs between two machines' clocks, and between a time and the commit of what carries it
SLACK = 60_000_000
# When a record came by its number: as its source told it, or as a steward decided
_AT = func.coalesce(records.c.moved, records.c.at).label("at")


class Happening(NamedTuple):
    """`at` in µs. Of a merge, `person` was replaced by `other`."""

    kind: Kind
    person: str
    other: str
    at: int


class News(NamedTuple):
    """In the order in which they happened; `position` is where to read on."""

    happenings: Sequence[Happening]
    position: Position


class Happenings:
    """Blocks. Of any thread. Raises Unavailable."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def now(self) -> Position:
        with reading(self._engine) as connection:
            return Position(version(connection, "records"), version(connection, NAME))

    def at(self, moment: int) -> Position:
        """Where to read on to miss nothing that happened from this moment (µs) on; earlier things may come too."""
        with reading(self._engine) as connection:
            since = moment - SLACK
            told = or_(links.c.at >= since, links.c.ended >= since)
            # + 0: else PostgreSQL looks for the least by the index of the versions, through all that are older
            first = connection.scalar(select(func.min(links.c.version + 0)).where(told))
            linked = version(connection, NAME) if first is None else first - 1
            return Position(_before(connection, since), linked)

    def since(self, position: Position, most: int = MOST) -> News:
        """About `most` of each counter at once. The same position comes back when there is nothing."""
        with reading(self._engine) as connection:
            said = _until(connection, records.c.number, position.records, most)
            linked = _until(connection, links.c.version, position.links, most)
            number, linking = records.c.number, links.c.version
            changed = connection.execute(of_records(number > position.records, number <= said))
            joined = connection.execute(of_links(linking > position.links, linking <= linked))
            told = [*map(told_of, changed), *map(linked_by, joined)]
        return News(sorted(told, key=lambda one: one.at), Position(said, linked))


def _until(connection: Connection, number: Column[int], last: int, most: int) -> int:
    """The number of the last change to be told: all of it, for one commit may have many rows."""
    some = select(number).where(number > last).order_by(number).limit(most)
    return max(connection.scalars(some), default=last)


def of_records(*which: ColumnElement[bool]) -> Select[int, int, str, int, int]:
    """The records that fit: number, id, whose, and when that was told and the person made (µs)."""
    told = records.c.number, records.c.id, records.c.person, _AT, persons.c.created
    return select(*told).join(persons, persons.c.id == records.c.person).where(*which)


def of_links(*which: ColumnElement[bool]) -> Select[Any]:
    """The links that fit, but those that keep two apart."""
    return select(links).where(links.c.kind != APART, *which)


def told_of(row: Any) -> Happening:
    """What a record tells."""
    return Happening("made" if row.at == row.created else "changed", row.person, "", row.at)


def linked_by(row: Any) -> Happening:
    """What a link tells."""
    return Happening(_kind(row.kind, row.ended is None), row.from_person, row.to_person, row.ended or row.at)


def _kind(kind: str, stands: bool) -> Kind:
    if kind == MERGED:
        return "merged" if stands else "unmerged"
    return "linked" if stands else "unlinked"


def _before(connection: Connection, since: int) -> int:
    """The number before the first change of a record of that time, halving: times grow with the numbers, but have no
    index."""
    low, high, number = 0, version(connection, records.name), records.c.number
    while low < high:
        middle = (low + high) // 2
        found = connection.execute(select(number, _AT).where(number > middle).order_by(number).limit(1)).first()
        if found is None or found.at >= since:
            high = middle
        else:
            low = int(found[0])
    return low
