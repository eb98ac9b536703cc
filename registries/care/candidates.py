"""Who may be meant by a number or name that the registry does not know: near numbers, near names, the same place."""

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
    """The names of one registry's entries, as they were when they were read last. Raises Unavailable."""

    def __init__(self, engine: Engine, kind: str) -> None:
        self._kind = kind
        self._entries: dict[str, tuple[str, str]] = {}
        self._names: dict[str, str] = {}
        self._numbers: dict[str, str] = {}
        with reading(engine) as connection:
            self.read(connection)

    def read(self, connection: Connection, numbers: Collection[str] | None = None) -> None:
        """Everything anew, or the entries of these numbers, whether they are there, changed or gone."""
        known = (self._entries, self._names, self._numbers)
        for one in known if numbers is None else ():
            one.clear()
        for number in numbers or ():
            for one in known:
                one.pop(number, None)
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

    def near(self, said: Said, most: int = 3) -> list[Candidate]:
        """The best of them, best first; none when nothing is near."""
        found: dict[str, float] = {}
        if said.number:
            near = process.extract(said.number, self._numbers, scorer=OSA.distance, score_cutoff=1, limit=most)
            found |= {n: _NUMBER for _, _, n in near}
        if name := folded(said.name):
            limit = most * 10  # as many of one name as a place may decide between
            for _, score, n in process.extract(name, self._names, scorer=_alike, score_cutoff=NEAR, limit=limit):
                found[n] = found.get(n, 0) + score + self._at(n, said.place)
        best = sorted(found.items(), key=lambda one: (-one[1], one[0]))[:most]
        return [Candidate(n, *self._entries[n], score) for n, score in best]

    def _at(self, n: str, place: str) -> float:
        area = areas().get(self._entries[n][1])
        known = area and place and fuzz.ratio(folded(area.name), folded(place)) >= NEAR
        return _SAME_PLACE if known else 0


def _alike(one: str, other: str, *, score_cutoff: float | None = None) -> float:
    """Names alike in any order of words; a word too many costs a little."""
    return max(fuzz.token_sort_ratio(one, other), fuzz.token_set_ratio(one, other) * 0.95)
