"""What the rules say of two records, worked out once a round, however often it is asked: of a group whose matches are
contested by many who come, every two would be compared again for each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from zlib import crc32

from registries.client.candidates import Known
from registries.client.matching.rules import Rules
from registries.client.matching.scoring import Score, objections, outcome, score

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Match:
    """Two records that are certainly of one human being. `order`: the likest first; of two alike, by what they say: the
    same in any order of arrival."""

    one: Known
    other: Known
    score: Score
    order: tuple[float, list[int]]

    @property
    def pair(self) -> Pair:
        return min(self.one.person, self.other.person), max(self.one.person, self.other.person)


class Pairs:
    """Belongs to one round, in which a record says one thing."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._matches: dict[tuple[int, int], Match | None] = {}
        self._objections: dict[tuple[int, int], Sequence[str]] = {}

    def match(self, one: Known, other: Known) -> Match | None:
        """None where it is not certain."""
        key = one.id, other.id
        if key not in self._matches:
            self._matches[key] = self._matched(one, other)
        return self._matches[key]

    def objections(self, one: Known, other: Known) -> Sequence[str]:
        """As `scoring.objections`."""
        key = one.id, other.id
        if key not in self._objections:
            self._objections[key] = objections(one.profile, other.profile, self._rules)
        return self._objections[key]

    def _matched(self, one: Known, other: Known) -> Match | None:
        said = score(one.profile, other.profile, self._rules)
        if outcome(said, self._rules) != "certain":
            return None
        told = sorted((crc32(one.profile.packed()), crc32(other.profile.packed())))
        return Match(one, other, said, (-said.weight, told))
