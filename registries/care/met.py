"""What messages name and no list ever held: the provisional entries that the policy `create` makes of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Engine, select

from registries.care.candidates import Said
from registries.care.listing import TABLES
from registries.care.names import LOCAL, sure
from registries.database import reading
from registries.tables import aliases


@dataclass(frozen=True, slots=True)
class Met:
    """`names`: everything that messages called it ("system|value", a number, a name), the surest first."""

    names: tuple[str, ...]

    @property
    def said(self) -> Said:
        """What to look for candidates by: the value behind a system may be its number or its name."""
        value = self.names[0].rpartition("|")[2]
        return Said(value if value.isdigit() else "", "" if value.isdigit() else value)

    @property
    def sure(self) -> tuple[str, ...]:
        return tuple(sure(self.names))


def met(engine: Engine, kind: str, most: int = 200) -> list[Met]:
    """In the order of their numbers. Raises Unavailable."""
    table = TABLES[kind]
    with reading(engine) as connection:
        query = select(table.c.number).where(table.c.provisional).order_by(table.c.number).limit(most)
        numbers = list(connection.scalars(query))
        called: dict[str, list[str]] = {}
        wanted = aliases.c.kind == kind, aliases.c.number.in_(numbers)
        for row in connection.execute(select(aliases.c.number, aliases.c.alias).where(*wanted)):
            called.setdefault(row.number, []).append(row.alias)
    return [Met(_ordered([one.removeprefix(LOCAL), *called.get(one, ())])) for one in numbers]


def awaited(entries: Iterable[str], kind: str) -> list[Met]:
    """The same of what parked messages wait for ("facility|urn:id:lab|4"); a number that also waits with its system
    stands there only."""
    names = [name for entry in entries for of, _, name in [entry.partition("|")] if of == kind]
    whole = {one.rpartition("|")[2]: one for one in names if "|" in one}
    return [Met(_ordered([one, one.rpartition("|")[2]] if "|" in one else [one])) for one in names if one not in whole]


def _ordered(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(dict.fromkeys(names), key=lambda one: ("|" not in one, not one.isdigit(), one)))
