"""Who would be joined, and about whom somebody would be asked, of invented people: in memory, in a minute.

    python -m benchmarks.clusters --size 8000 --seed 1

Records come one after the other, as they do to the registry; identities by number, then matches. Prints how right the
clusters are, pair by pair of records, how many records raise a question, and for each kind of question how often the
two truly are one.
"""

from __future__ import annotations

import argparse
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from sqlalchemy import Connection

from benchmarks.population import records
from registries.client import rules as numbers
from registries.client.candidates import Known
from registries.client.keys import subject
from registries.client.links import MATCHED
from registries.client.matcher import judged
from registries.client.matching.blocking import blocks
from registries.client.matching.profile import profile
from registries.client.matching.rules import Rules, shipped
from registries.client.questions import CLAIMED
from registries.client.store import Person, View
from registries.client.verdicts import Decision, Verdict
from schemas.events import Patient

Pair = tuple[str, str]


class _View(View):
    """Keys in memory."""

    def __init__(self) -> None:
        super().__init__(Connection.__new__(Connection))

    def read(self, digests: Iterable[str]) -> None:
        self.owners.update((digest, []) for digest in digests if digest not in self.owners)

    def kept_apart(self, one: Person, other: Person) -> bool:
        return False


class _Groups:
    """Stands for `links.Standing`."""

    def __init__(self) -> None:
        self._joined: dict[str, frozenset[str]] = {}

    def group(self, person: str) -> frozenset[str]:
        return self._joined.get(person) or frozenset((person,))

    def join(self, one: str, other: str) -> None:
        group = self.group(one) | self.group(other)
        self._joined.update(dict.fromkeys(group, group))

    def part(self, groups: Mapping[str, frozenset[str]]) -> None:
        self._joined.update(groups)

    def told_one(self, one: str, other: str) -> bool:
        return False

    def kept_apart(self, one: frozenset[str], other: frozenset[str]) -> bool:
        return False


@dataclass(slots=True)
class Clusters:
    """`add` records one by one; then `groups` are their places. `asked`: open questions, by pair of identities."""

    rules: Rules
    asked: dict[Pair, str] = field(default_factory=dict)
    raised: int = 0
    _view: _View = field(default_factory=_View)
    _standing: _Groups = field(default_factory=_Groups)
    _known: list[Known] = field(default_factory=list)
    _blocks: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    _of: dict[str, list[Known]] = field(default_factory=lambda: defaultdict(list))
    _links: set[Pair] = field(default_factory=set)

    def add(self, patient: Patient) -> None:
        place = len(self._known)
        one = Known(place, self._identity(patient, f"event {place}"), 0, profile(patient))
        self._known.append(one)
        self._of[one.person].append(one)
        beside: set[int] = set()
        for block in blocks(one.profile, self.rules):
            members = self._blocks[block]
            beside.update(members if len(members) < self.rules.cap else ())
            members.append(place)
        self._decide(one, judged(one, [self._known[id] for id in sorted(beside)], self.rules))

    def groups(self) -> list[list[int]]:
        found: dict[frozenset[str], list[int]] = defaultdict(list)
        for one in self._known:
            found[self.group(one.person)].append(one.id)
        return list(found.values())

    def group(self, person: str) -> frozenset[str]:
        return self._standing.group(person)

    def records_of(self, person: str) -> Iterator[int]:
        return (one.id for member in self.group(person) for one in self._of[member])

    def _identity(self, patient: Patient, event: str) -> str:
        about = subject(patient, event, b"benchmark")
        found = numbers.decide(self._view, about)
        person = found[0] if found else self._view.create(about, event)
        person.learn(about)
        for doubt in numbers.attach(self._view, about, person):
            if doubt.other and not doubt.seen:
                self._ask(person.id, doubt.other, doubt.reason)
        return person.id

    def _decide(self, one: Known, found: Sequence[Verdict]) -> None:
        of = self._records
        decision = Decision(self.rules, self._standing, of, self._waiting, self._linked)  # type: ignore[arg-type]
        decision.link([verdict for verdict in found if verdict.certain])
        decision.ask([verdict for verdict in found if not verdict.certain])
        decision.revisit([one])
        self._links -= decision.parted
        self._links |= {(match.one, match.other) for match in decision.matches}
        for (reason, *pair), (verdict, text, _) in decision.doubts.items():
            why = text.partition("but ")[2] or (verdict.score.explained()[0] if verdict else "")
            self._ask(pair[0], pair[1], f"{reason}: {why}")
        for group in {self.group(person) for person in decision.answered}:
            for asked in combinations(sorted(group), 2):
                self.asked.pop(asked, None)

    def _ask(self, one: str, other: str, why: str) -> None:
        if one != other and (other not in self.group(one) or not why.startswith(CLAIMED)):
            self.raised += 1
            self.asked.setdefault((min(one, other), max(one, other)), why)

    def _records(self, groups: Iterable[Collection[str]], most: int) -> list[Known]:
        return [one for group in groups for one in [one for person in group for one in self._of[person]][-most:]]

    def _waiting(self, pairs: Iterable[Pair]) -> set[Pair]:
        return self.asked.keys() & set(pairs)

    def _linked(self, persons: Collection[str]) -> list[tuple[str, str, str]]:
        pairs = ((one, other) for one in persons for other in persons)
        return [(*pair, MATCHED) for pair in pairs if pair in self._links]


def told(clusters: Clusters, truth: Sequence[str]) -> None:
    groups = clusters.groups()
    together = sum(_pairs(len(group)) for group in groups)
    right = sum(_pairs(count) for group in groups for count in Counter(truth[place] for place in group).values())
    true = sum(map(_pairs, Counter(truth).values()))
    share = len(clusters.asked) / len(truth)
    print(f"{len(truth)} records, {len(groups)} clusters of {len(set(truth))} people")
    print(f"precision {right / max(together, 1):.5f}, recall {right / max(true, 1):.4f}")
    print(f"questions {len(clusters.asked)} open, {share:.2%} of the records; {clusters.raised} were ever raised")
    kinds: dict[str, Counter[bool]] = defaultdict(Counter)
    for (one, other), why in clusters.asked.items():
        here, there = ({truth[place] for place in clusters.records_of(person)} for person in (one, other))
        kinds[why][bool(here & there)] += 1
    for why, counts in sorted(kinds.items(), key=lambda one: -one[1].total()):
        print(f"{counts.total():6} {counts[True]:6} truly one  {why}")


def _pairs(count: int) -> int:
    return count * (count - 1) // 2


def main() -> None:
    words = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    words.add_argument("--size", type=int, default=4000, help="people, each with one to five records")
    words.add_argument("--seed", type=int, default=1)
    said = words.parse_args()
    clusters, truth = Clusters(shipped()), []
    for who, patient in records(said.size, said.seed):
        clusters.add(patient)
        truth.append(who)
    told(clusters, truth)


if __name__ == "__main__":
    main()
