"""Which persons changed: sources said something new of them, or they were linked or parted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import Column, ColumnElement, Connection, Engine, Row, select

from registries.client.links import APART, NAME, Links
from registries.database import reading
from registries.notices import Position
from registries.tables import links, records, version

MOST = 500


class News(NamedTuple):
    """The persons, each as all of its identities, and where to look from next time."""

    persons: Sequence[frozenset[str]]
    position: Position


class Changes:
    """Blocks. Of any thread. Raises Unavailable."""

    def __init__(self, engine: Engine, links: Links) -> None:
        self._engine, self._links = engine, links

    def now(self) -> Position:
        """Where whoever comes new begins: only what changes from here on."""
        with reading(self._engine) as connection:
            return Position(version(connection, "records"), version(connection, NAME))

    def since(self, position: Position) -> News:
        """Persons who changed after this position, those of some changes at once. One who was parted from another is
        told, and so is the other."""
        with reading(self._engine) as connection:
            told, number = _after(connection, records.c.number, [records.c.person], position.records)
            ends = [links.c.from_person, links.c.to_person]
            linked, version = _after(connection, links.c.version, ends, position.links, links.c.kind != APART)
        named = dict.fromkeys(person for row in (*told, *linked) for person in row)
        look = self._links.look(named)
        persons = dict.fromkeys(look.following(person) for person in named)
        return News(list(persons), Position(number, version))


def _after(
    connection: Connection, number: Column[int], columns: Sequence[Column[str]], last: int, *which: ColumnElement[bool]
) -> tuple[Sequence[Row[Any]], int]:
    """Rows changed after `last`, all of each change, and the number of the last change among them."""
    some = select(number).where(number > last, *which).order_by(number).limit(MOST)
    until = max(connection.scalars(some), default=last)
    chosen: Sequence[Any] = columns
    rows = select(*chosen).where(number > last, number <= until, *which).order_by(number)
    return connection.execute(rows).all(), until
