"""Who may be meant by a number or name that the registry does not know: near numbers, near names, near words
by which senders call an entry, the same place.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, NamedTuple

from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA
from sqlalchemy import Connection, Engine, select

from registries.care.areas import areas
from registries.care.listing import FACILITY, TABLES
from registries.care.terms import folded
from registries.database import among, reading
from registries.tables import aliases

NEAR = 80
_SAME_PLACE = 10
_NUMBER = 95


class Candidate(NamedTuple):
    """`score`: 0 to 100 and above, for the order only. `name` as the registry writes it; `place` a province's code."""

    number: str
    name: str
    place: str
    score: float

    @property
    def words(self) -> str:
        return f"{self.number} {self.name}" + (f" ({self.place})" if self.place else "")


@dataclass(frozen=True, slots=True)
class Said:
    """What a message says of an entry: its number, its name, and the town or province it names."""

    number: str = ""
    name: str = ""
    place: str = ""


class Candidates:
    """The names and aliases of one registry's entries, as they were when they were read last. Raises Unavailable."""

    def __init__(self, engine: Engine, kind: str) -> None:
        self._kind = kind
        self._entries: dict[str, tuple[str, str]] = {}
        self._names: dict[str, str] = {}
        self._numbers: dict[str, str] = {}
        self._called: dict[str, list[str]] = {}
        self._aliases: dict[tuple[str, str], str] = {}
        with reading(engine) as connection:
            self.read(connection)

    def read(self, connection: Connection, numbers: Collection[str] | None = None) -> None:
        """Everything anew, or the entries of these numbers, whether they are there, changed or gone."""
        if numbers is None:
            for known in (self._entries, self._names, self._numbers, self._called, self._aliases):
                known.clear()
        for number in numbers or ():
            self._forget(number)
        told = TABLES[self._kind].c
        said: list[Any] = [told.name, told.province] if self._kind == FACILITY else [told.family, told.given]
        query = select(told.number, *said).where(~told.provisional)
        query = query if numbers is None else query.where(among(connection, told.number, numbers))
        for number, first, second in connection.execute(query):
            name, place = (first, second) if self._kind == FACILITY else (f"{first} {second}".strip(), "")
            self._entries[number] = name, place
            if name:
                self._names[number] = folded(name)
            if number.isdigit():
                self._numbers[number] = number
        self._read_aliases(connection, numbers)

    def _read_aliases(self, connection: Connection, numbers: Collection[str] | None) -> None:
        query = select(aliases.c.number, aliases.c.alias).where(aliases.c.kind == self._kind)
        query = query if numbers is None else query.where(among(connection, aliases.c.number, numbers))
        for number, alias in connection.execute(query):
            if number in self._entries and (word := _word(alias)):
                self._aliases[number, alias] = word
                self._called.setdefault(number, []).append(alias)

    def _forget(self, number: str) -> None:
        for known in (self._entries, self._names, self._numbers):
            known.pop(number, None)
        for alias in self._called.pop(number, ()):
            del self._aliases[number, alias]

    def near(self, said: Said, most: int = 3) -> list[Candidate]:
        """The best of them, best first; none when nothing is near."""
        found: dict[str, float] = {}
        if said.number:
            near = process.extract(said.number, self._numbers, scorer=OSA.distance, score_cutoff=1, limit=most)
            found |= {n: _NUMBER for _, _, n in near}
        if name := folded(said.name):
            for n, score in self._named(name, most * 10).items():  # as many of one name as a place may decide between
                found[n] = found.get(n, 0) + score + self._at(n, said.place)
        best = sorted(found.items(), key=lambda one: (-one[1], one[0]))[:most]
        return [Candidate(n, *self._entries[n], score) for n, score in best]

    def _named(self, name: str, limit: int) -> dict[str, float]:
        """Entries called like this, each by the likest of its names."""
        told = process.extract(name, self._names, scorer=_alike, score_cutoff=NEAR, limit=limit)
        found = {n: score for _, score, n in told}
        spelled = fuzz.token_sort_ratio  # an alias is a word of its sender's: all of it counts
        for _, score, (n, _) in process.extract(name, self._aliases, scorer=spelled, score_cutoff=NEAR, limit=limit):
            found[n] = max(score, found.get(n, 0))
        return found

    def _at(self, n: str, place: str) -> float:
        area = areas().get(self._entries[n][1])
        known = area and place and fuzz.ratio(folded(area.name), folded(place)) >= NEAR
        return _SAME_PLACE if known else 0


def _word(alias: str) -> str:
    """What an alias ("chu_vallee", "urn:id:lab|m100") calls its entry; a sender's number of it is no word."""
    system, _, value = alias.rpartition("|")
    return "" if system and any(map(str.isdigit, value)) else folded(value)


def _alike(one: str, other: str, *, score_cutoff: float | None = None) -> float:
    """Names alike in any order of words; a word too many costs a little."""
    return max(fuzz.token_sort_ratio(one, other), fuzz.token_set_ratio(one, other) * 0.95)
