"""Certain matches that cannot all be, for something speaks between others of the two groups: the likest stand, whoever
came first. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from zlib import crc32

from registries.client.candidates import Known
from registries.client.matching.rules import Rules
from registries.client.matching.scoring import Score, outcome, score

Pair = tuple[str, str]
Group = frozenset[str]
# More records than that of one human being are left as they are
MOST = 60


@dataclass(frozen=True, slots=True)
class Match:
    """Two records that are certainly of one human being."""

    one: Known
    other: Known
    score: Score

    @property
    def pair(self) -> Pair:
        return min(self.one.person, self.other.person), max(self.one.person, self.other.person)

    @property
    def order(self) -> tuple[float, list[int]]:
        """The likest first; of two alike, by what they say: the same in any order of arrival."""
        return -self.score.weight, sorted((crc32(self.one.profile.packed()), crc32(self.other.profile.packed())))


@dataclass(slots=True)
class Settled:
    """Who is one in the end, by identity, and by which matches; and what forbids the others."""

    groups: dict[str, Group] = field(default_factory=dict)
    matches: list[Match] = field(default_factory=list)
    refused: list[tuple[Match, str]] = field(default_factory=list)

    def join(self, one: str, other: str) -> None:
        group = self.groups[one] | self.groups[other]
        self.groups.update(dict.fromkeys(group, group))


def settled(
    records: Sequence[Known],
    joined: Iterable[Pair],
    standing: Iterable[Pair],
    rules: Rules,
    forbidden: Callable[[Group, Group], str],
) -> Settled:
    """All identities of `records` and of the links afresh; some have no record. `joined`: what others than the rules
    joined stays so; so does a link of the rules (`standing`) that their records do not bear out any more, until
    somebody looks at it."""
    matches = sorted(_certain(records, rules), key=lambda one: one.order)
    borne_out = {one.pair for one in matches}
    kept = [*joined, *(pair for pair in standing if pair not in borne_out)]
    persons = {one.person for one in records} | {person for pair in kept for person in pair}
    found = Settled({person: frozenset({person}) for person in persons})
    for one, other in kept:
        found.join(one, other)
    for match in matches:
        here, there = (found.groups[person] for person in match.pair)
        if here == there:
            continue
        if against := forbidden(here, there):
            found.refused.append((match, against))
        else:
            found.join(*match.pair)
            found.matches.append(match)
    return found


def _certain(records: Sequence[Known], rules: Rules) -> Iterator[Match]:
    for one, other in combinations(records, 2):
        if one.person != other.person:
            said = score(one.profile, other.profile, rules)
            if outcome(said, rules) == "certain":
                yield Match(one, other, said)
