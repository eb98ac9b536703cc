"""Whose a local name is, and which entry a name means, while a list is read."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, select

from registries.care.areas import areas, group_id
from registries.care.listing import FACILITY, TABLES
from registries.care.names import alias, inpe
from registries.rows import Row
from registries.tables import aliases


class Owners:
    """Whose each local name is, while rows are read one after the other."""

    def __init__(self, connection: Connection, kind: str) -> None:
        table = TABLES[kind]
        named = select(aliases.c.alias, aliases.c.number).join(table, table.c.number == aliases.c.number)
        self._owner = {
            row.alias: row.number
            for row in connection.execute(named.where(aliases.c.kind == kind, ~table.c.provisional))
        }
        self._names: dict[str, set[str]] = {}
        for name, number in self._owner.items():
            self._names.setdefault(number, set()).add(name)

    def check(self, row: Row, number: str, names: Iterable[str]) -> None:
        for name in sorted(one for one in names if self._owner.get(one, number) != number):
            row.wrong("aliases", "taken", f"{name!r} is the name of another entry", "give each alias to one entry only")

    def give(self, number: str, names: Iterable[str]) -> None:
        for name in self._names.get(number, ()):
            del self._owner[name]
        self._names[number] = set(names)
        self._owner |= dict.fromkeys(self._names[number], number)


class Parents:
    """Which Organization a hierarchy's parent is: a health group by its region, an entry by its INPE or local name."""

    def __init__(self, connection: Connection) -> None:
        self._connection, self._found = connection, dict[str, str]()

    def id(self, hierarchy: str, name: str) -> str:
        if hierarchy.casefold() == "gst" and name.upper() in areas():
            return group_id(name.upper())
        if name not in self._found:
            self._found[name] = self._looked_up(name)
        return self._found[name]

    def _looked_up(self, name: str) -> str:
        table = TABLES[FACILITY]
        numbers = select(aliases.c.number).where(aliases.c.kind == FACILITY, aliases.c.alias == alias(name))
        wanted = table.c.number.in_(numbers) | (table.c.number == inpe(name))
        return self._connection.scalar(select(table.c.resource).where(wanted, ~table.c.provisional)) or ""
