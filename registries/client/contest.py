"""Certain matches that cannot all be, for something speaks between others of the two groups: the likest stand, whoever
came first. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from registries.client.candidates import Known
from registries.client.pairs import Match, Pair, Pairs

Group = frozenset[str]
# More records than that of one human being are left as they are
MOST = 60


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
    pairs: Pairs,
    forbidden: Callable[[Group, Group], str],
) -> Settled:
    """All identities of `records` and of the links afresh; some have no record. `joined`: what others than the rules
    joined stays so; so does a link of the rules (`standing`) that their records do not bear out any more, until
    somebody looks at it."""
    matches = sorted(_certain(records, pairs), key=lambda one: one.order)
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


def _certain(records: Sequence[Known], pairs: Pairs) -> Iterator[Match]:
    for one, other in combinations(records, 2):
        if one.person != other.person and (match := pairs.match(one, other)):
            yield match
