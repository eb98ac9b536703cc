"""Who may be meant by a number or name that the registry does not know: near numbers, near names, the same place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA
from sqlalchemy import Engine, select

from registries.care.areas import areas
from registries.care.listing import FACILITY, TABLES
from registries.care.terms import folded
from registries.database import reading

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
    """The names of one registry's entries, as they are when this is made. Blocks once. Raises Unavailable."""

    def __init__(self, engine: Engine, kind: str) -> None:
        table = TABLES[kind]
        told = table.c
        columns: list[Any] = [
            told.number,
            *([told.name, told.province] if kind == FACILITY else [told.family, told.given]),
        ]
        with reading(engine) as connection:
            rows = connection.execute(select(*columns).where(~told.provisional)).all()
        self._entries: list[tuple[str, str, str]] = [
            (number, first, second) if kind == FACILITY else (number, f"{first} {second}".strip(), "")
            for number, first, second in rows
        ]
        self._names = {n: folded(name) for n, (_, name, _) in enumerate(self._entries) if name}
        self._numbers = {n: number for n, (number, _, _) in enumerate(self._entries) if number.isdigit()}

    def near(self, said: Said, most: int = 3) -> list[Candidate]:
        """The best of them, best first; none when nothing is near."""
        found: dict[int, float] = {}
        if said.number:
            near = process.extract(said.number, self._numbers, scorer=OSA.distance, score_cutoff=1, limit=most)
            found |= {n: _NUMBER for _, _, n in near}
        if name := folded(said.name):
            limit = most * 10  # as many of one name as a place may decide between
            for _, score, n in process.extract(name, self._names, scorer=_alike, score_cutoff=NEAR, limit=limit):
                found[n] = found.get(n, 0) + score + self._at(n, said.place)
        best = sorted(found.items(), key=lambda one: (-one[1], self._entries[one[0]][0]))[:most]
        return [Candidate(*self._entries[n], score) for n, score in best]

    def _at(self, n: int, place: str) -> float:
        area = areas().get(self._entries[n][2])
        known = area and place and fuzz.ratio(folded(area.name), folded(place)) >= NEAR
        return _SAME_PLACE if known else 0


def _alike(one: str, other: str, *, score_cutoff: float | None = None) -> float:
    """Names alike in any order of words; a word too many costs a little."""
    return max(fuzz.token_sort_ratio(one, other), fuzz.token_set_ratio(one, other) * 0.95)
