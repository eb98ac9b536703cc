"""Entries of one registry in memory, as events look them up: by number or by what senders call them."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Table, select

from registries.care.listing import FACILITY, HEALTH_WORKER
from registries.care.names import LOCAL, sure
from registries.care.spells import ALWAYS, Period, covers, operating, read_periods
from registries.database import among
from registries.tables import aliases, facilities, roles
from schemas import facts

log = logging.getLogger("wasl.registries")


@dataclass(frozen=True, slots=True)
class Entry:
    """`periods`: when it operates, suspended or not, `active` without the suspensions. `provisional`: met in a message
    and never loaded, so it is an entry but not a known one."""

    number: str
    id: str
    periods: tuple[Period, ...]
    active: tuple[Period, ...]
    provisional: bool

    def refusal(self, day: str) -> str:
        """Why nothing can have been done there or by them on this ISO date; "" when it can. An imprecise date ("2024")
        is read in the entry's favour."""
        if covers(self.active, day):
            return ""
        return "suspended" if covers(self.periods, day) else "closed"


@dataclass(frozen=True, slots=True)
class Post:
    """A role of a health worker at a facility, by its number and id, over periods."""

    number: str
    id: str
    periods: tuple[Period, ...]


@dataclass(slots=True)
class Entries:
    """Of one registry. `read` brings it to what the database has; a row that can't be read is left out, and logged."""

    kind: str
    table: Table
    _entries: dict[str, Entry] = field(default_factory=dict)
    _aliases: dict[str, str] = field(default_factory=dict)
    _called: dict[str, list[str]] = field(default_factory=dict)
    _posts: dict[str, list[Post]] = field(default_factory=dict)

    @property
    def loaded(self) -> bool:
        """Whether it knows any entry but those that messages made."""
        return any(not one.provisional for one in self._entries.values())

    def find(self, names: Sequence[str]) -> Entry | None:
        """By the first name that one has. Nobody vouched for a provisional one, so it is only what its sender's own
        number means."""
        for name in names:
            found = self._entries.get(name) or self._entries.get(self._aliases.get(name, ""))
            if found and (not found.provisional or name in sure(names)):
                return found
        return None

    def posts(self, entry: Entry) -> Collection[Post]:
        """Every role of a health worker, whenever it was."""
        return self._posts.get(entry.number, ())

    def make(self, names: Sequence[str]) -> Entry:
        """A provisional entry of these names, until it is read."""
        number = names[0] if names[0].isdigit() else f"{LOCAL}{names[0]}"
        entry = self._entries[number] = _entry(self.kind, number, "", "", "", True)
        for name in names:
            if name != number:
                self._call(name, number)
        return entry

    def read(self, connection: Connection, numbers: Collection[str] | None = None) -> None:
        """Everything anew, or the entries of these numbers, whether they are there, changed or gone."""
        if numbers is None:
            for known in (self._entries, self._aliases, self._called, self._posts):
                known.clear()
        for number in numbers or ():
            self._forget(number)
        told = self.table.c
        query = select(told.number, told.resource, told.periods, told.suspended, told.provisional)
        for row in connection.execute(_of(connection, query, told.number, numbers)):
            with self._left_out(row.number):
                self._entries[row.number] = _entry(self.kind, *row)
        named = select(aliases.c.alias, aliases.c.number).where(aliases.c.kind == self.kind)
        for row in connection.execute(_of(connection, named, aliases.c.number, numbers)):
            if not self._is_anybodys(row.alias, row.number):
                self._call(row.alias, row.number)
        if self.kind == HEALTH_WORKER:
            self._read_posts(connection, numbers)

    def _read_posts(self, connection: Connection, numbers: Collection[str] | None) -> None:
        held = select(roles.c.worker, roles.c.facility, roles.c.periods, facilities.c.resource)
        held = held.outerjoin(facilities, facilities.c.number == roles.c.facility)
        for row in connection.execute(_of(connection, held, roles.c.worker, numbers)):
            name = row.resource or facts.name(FACILITY, row.facility)
            with self._left_out(row.worker):
                post = Post(row.facility, name, read_periods(row.periods) or ALWAYS)
                self._posts.setdefault(row.worker, []).append(post)

    @contextmanager
    def _left_out(self, number: str) -> Iterator[None]:
        """One entry's periods must not stop the messages of all."""
        try:
            yield
        except ValueError:
            log.error("%s %s: its periods can't be read; correct it in the registry", self.kind, number)

    def _is_anybodys(self, name: str, number: str) -> bool:
        """A program before this one gave provisional entries the number without its system, too."""
        entry, own = self._entries.get(number), number.removeprefix(LOCAL)
        return entry is not None and entry.provisional and name not in sure((own, name))

    def _call(self, name: str, number: str) -> None:
        self._aliases[name] = number
        self._called.setdefault(number, []).append(name)

    def _forget(self, number: str) -> None:
        self._entries.pop(number, None)
        self._posts.pop(number, None)
        for name in self._called.pop(number, ()):
            if self._aliases.get(name) == number:
                del self._aliases[name]


def _of(connection: Connection, query: Any, column: Any, numbers: Collection[str] | None) -> Any:
    return query if numbers is None else query.where(among(connection, column, numbers))


def _entry(kind: str, number: str, resource: str, periods: str, suspended: str, provisional: bool) -> Entry:
    registered = read_periods(periods)
    active = operating(registered, read_periods(suspended))
    return Entry(number, resource or facts.name(kind, number), registered or ALWAYS, active, provisional)
