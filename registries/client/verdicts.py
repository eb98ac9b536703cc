"""What the rules found becomes links and reviews, unless a steward or another record of the two speaks against it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from registries.client import contest, links
from registries.client.candidates import Known
from registries.client.contest import Group
from registries.client.links import Standing
from registries.client.matching.rules import Rules
from registries.client.matching.scoring import Score
from registries.client.matching.vetoes import WORDS
from registries.client.pairs import Pair, Pairs
from registries.client.questions import POSSIBLE, across, review_of
from registries.client.store import Review, review_row

DESPITE = "linked-despite"
# Reviews that one identity gets from one comparison: more would be read by nobody
MOST_REVIEWS = 5

# These say that something is missing between two records, not that it differs: others of the two may tell it. A family
# name may differ within one human being (a married name); a given name may not.
_LACKING = frozenset({"unnamed", "birth-doubt", "name-doubt", "twin-doubt", "two-doubts", "other-family"})
_OF_NAMES = frozenset({"other-given", "names-apart", "families-apart", "twins", "relative"})
# These leave open whether two are one: a source or a steward who joined them has said so. What contradicts still does.
_OPEN = frozenset({"two-numbers", "newborn", "temporary"})
_PERHAPS = "perhaps one human being under two identities"
_STEWARD = "a steward keeps others apart who would be joined with them"
# So many records of a group of identities are looked at, the newest: one more than a contest is about
NEWEST = contest.MOST + 1
Of = Callable[[Collection[Group], int], Iterable[Known]]
# Of links in force: (one, other, who made it: a word of links.py)
Linked = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What comparing `record` of `person` with `beside` says of two identities; `one` is the smaller."""

    one: str
    other: str
    record: int
    score: Score
    certain: bool
    person: str = ""
    beside: int = 0

    @staticmethod
    def of(mine: Known, other: Known, score: Score, certain: bool) -> Verdict:
        one, another = sorted((mine.person, other.person))
        return Verdict(one, another, mine.id, score, certain, mine.person, other.id)

    @property
    def theirs(self) -> str:
        """The identity of `beside`."""
        return self.one if self.person == self.other else self.other

    @property
    def rank(self) -> tuple[bool, float]:
        return self.certain, self.score.weight

    @property
    def order(self) -> tuple[float, int, int]:
        """The likest first, then by age, so that it is the same on every machine."""
        return -self.score.weight, min(self.record, self.beside), max(self.record, self.beside)

    @property
    def why(self) -> str:
        return "; ".join(self.score.explained())


def nobody(_: Iterable[Pair]) -> Collection[Pair]:
    return ()


@dataclass(slots=True)
class Decision:
    """One round of verdicts, in the caller's transaction: first `link`, then `ask`. `of`: the newest records of each of
    these groups, so many at most. `waiting`: of these pairs, those about whom somebody is asked already. `linked`: the
    links in force that join any of these; without it every certain verdict is at hand, and the first to stand stands.
    `answered`: who is joined with these is one with them, and nobody need be asked; `parted`: whose links end, for
    likelier ones stand instead."""

    rules: Rules
    standing: Standing
    of: Of
    waiting: Callable[[Iterable[Pair]], Collection[Pair]] = nobody
    linked: Callable[[Collection[str]], Iterable[Linked]] | None = None
    matches: list[Verdict] = field(default_factory=list)
    doubts: dict[tuple[str, str, str], tuple[Verdict | None, str, str]] = field(default_factory=dict)
    answered: set[str] = field(default_factory=set)
    parted: set[Pair] = field(default_factory=set)
    _held: list[tuple[Verdict, str]] = field(default_factory=list)
    _records: dict[str, list[Known]] = field(default_factory=dict)
    _seen: set[str] = field(default_factory=set)
    _pairs: Pairs = field(init=False)

    def __post_init__(self) -> None:
        self._pairs = Pairs(self.rules)

    def link(self, certain: Sequence[Verdict]) -> None:
        """All of them, so that who is joined does not depend on who came first; the likest before the others."""
        self._look_up({self.standing.group(person) for one in certain for person in (one.one, one.other)})
        for one in sorted(certain, key=lambda one: one.order):
            if self.standing.kept_apart(frozenset({one.one}), frozenset({one.other})):
                continue  # a steward said so of these very two
            here, there = self.standing.group(one.one), self.standing.group(one.other)
            if against := "" if here == there else self._against(here, there):
                self._hold(one, against)
                self._contest(here | there)
            else:
                self.answered.add(one.one)
                self.matches.append(one)
                self.standing.join(one.one, one.other)

    def _hold(self, one: Verdict, against: str) -> None:
        self._held.append((one, f"{_PERHAPS}, but {against}"))

    def _contest(self, persons: Group) -> None:
        """Who came first does not count: all of these again, the likest before the others."""
        records = self._of(persons)
        if self.linked is None or max(len(records), len(persons)) > contest.MOST:
            return
        ruled = {(one.one, one.other) for one in self.matches if one.one in persons}
        others: set[Pair] = set()
        for one, other, kind in self.linked(persons):
            (ruled if kind == links.MATCHED else others).add((one, other))
        found = contest.settled(records, others, ruled, self._pairs, self._against)
        parted = {pair for pair in ruled if found.groups[pair[0]] != found.groups[pair[1]]}
        if not parted:
            return
        self.parted |= parted
        self.matches = [one for one in self.matches if (one.one, one.other) not in ruled]
        self.matches += [Verdict.of(one.one, one.other, one.score, True) for one in found.matches]
        self._held = [one for one in self._held if one[0].one not in persons]
        for match, against in found.refused:
            self._hold(Verdict.of(match.one, match.other, match.score, True), against)
        self.standing.part(found.groups)
        self.answered |= found.groups.keys()

    def ask(self, possible: Sequence[Verdict]) -> None:
        """Of those who are joined already as one, and of the likest of their records; after `link`."""
        found = [(one, _PERHAPS) for one in sorted(possible, key=lambda one: one.order)]
        groups = {one.one: self.standing.group(one.one) for one, _ in [*self._held, *found]}
        groups |= {one.other: self.standing.group(one.other) for one, _ in [*self._held, *found]}
        told = [(one, text) for one, text in [*self._held, *found] if self._open(one, text, groups)]
        seen = {(groups[one], groups[other]) for one, other in self._waited(told, groups)}
        count: dict[str, int] = {}
        for one, text in told:
            here, there = groups[one.one], groups[one.other]
            if (here, there) in seen or max(count.get(one.one, 0), count.get(one.other, 0)) >= MOST_REVIEWS:
                continue
            seen |= {(here, there), (there, here)}
            self.doubt(POSSIBLE, one.one, one.other, one, text)
            for person in (one.one, one.other):
                count[person] = count.get(person, 0) + 1

    def _open(self, one: Verdict, text: str, groups: Mapping[str, Group]) -> bool:
        here, there = groups[one.one], groups[one.other]
        return one.other not in here and (text != _PERHAPS or not self.standing.kept_apart(here, there))

    def _waited(self, told: Sequence[tuple[Verdict, str]], groups: Mapping[str, Group]) -> set[Pair]:
        """The pairs of those of whose groups any two wait for an answer."""
        about = [(one.one, one.other) for one, text in told if not text.endswith(_STEWARD)]
        between = {(one, other): across(groups[one], groups[other]) for one, other in about}
        waiting = self.waiting({pair for pairs in between.values() for pair in pairs}) if between else ()
        found = {pair for pair, pairs in between.items() if not pairs.isdisjoint(waiting)}
        return found | {(other, one) for one, other in found}

    def revisit(self, compared: Iterable[Known]) -> None:
        """A record that is new or changed may speak against a link that stands: the link stays, and is looked at."""
        linked = [one for one in compared if len(self.standing.group(one.person)) > 1]
        self.answered |= {one.person for one in linked}
        self._look_up({self.standing.group(one.person) for one in linked})
        for one in linked:
            others = self._of(self.standing.group(one.person))
            against = ((other.person, self._veto(one, other)) for other in others if other.person != one.person)
            if found := next(((person, veto) for person, veto in against if veto), None):
                self.doubt(DESPITE, one.person, found[0], None, f"the two are linked, but {WORDS[found[1]]}")

    def doubt(self, reason: str, one: str, other: str, verdict: Verdict | None, text: str) -> None:
        self.doubts.setdefault((reason, one, other), (verdict, text, verdict.why if verdict else ""))

    def _look_up(self, groups: set[Group]) -> None:
        """A group is known as a whole or not at all: who is joined was looked up."""
        if unknown := [group for group in groups if not group <= self._seen]:
            self._seen.update(*unknown)
            for record in self.of(unknown, NEWEST):
                self._records.setdefault(record.person, []).append(record)

    def _against(self, here: Group, there: Group) -> str:
        if self.standing.kept_apart(here, there):
            return _STEWARD
        found = (self._veto(mine, theirs) for mine in self._of(here) for theirs in self._of(there))
        veto = next((veto for veto in found if veto), "")
        return veto and f"between other records of the two {WORDS[veto]}"

    def _of(self, group: Group) -> list[Known]:
        """The newest, in the order in which they came."""
        told = group if len(group) < len(self._records) else [person for person in self._records if person in group]
        found = [record for person in told for record in self._records.get(person, ())]
        return sorted(found, key=lambda record: record.id)[-NEWEST:]

    def _veto(self, one: Known, other: Known) -> str:
        """A number that joined two records of an identity tells more than their names: what one of them says against
        somebody by its names alone is nothing where the other is certainly the same."""
        nothing = _LACKING | _OPEN if self.standing.told_one(one.person, other.person) else _LACKING
        found = [word for word in self._pairs.objections(one, other) if word not in nothing]
        if found and _OF_NAMES.issuperset(found) and (self._vouched(one, other) or self._vouched(other, one)):
            return ""
        return found[0] if found else ""

    def _vouched(self, one: Known, other: Known) -> bool:
        beside = (known for known in self._records.get(one.person, ()) if known.id != one.id)
        return any(self._pairs.match(one, other) for one in beside)


def asked(
    reason: str, one: str, other: str, verdict: Verdict | None, text: str, why: str, rules: int, at: int
) -> dict[str, object]:
    """The review's row. `person` is who came later, and whoever asks first asks for both."""
    probability = verdict.score.probability if verdict else None
    person, beside = (other, one) if verdict and verdict.person == other else (one, other)
    review = Review(person, beside, reason, text, "", "", why=why, rules=rules, score=probability)
    return review_row(review, at) | {"id": review_of(one, other, reason)}
