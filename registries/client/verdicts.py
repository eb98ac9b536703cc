"""What the rules found becomes links and reviews, unless a steward or another record of the two speaks against it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import product

from sqlalchemy import Connection, select, update

from registries.client import history, links
from registries.client.candidates import Known
from registries.client.history import Line
from registries.client.links import Links, Match, Standing
from registries.client.matching.rules import Rules
from registries.client.matching.scoring import Score, objections
from registries.client.matching.vetoes import WORDS
from registries.client.store import Review, review_row
from registries.database import among, insert_or_skip
from registries.sealing import Seal
from registries.tables import next_version, reviews
from schemas import facts

POSSIBLE = "possible-match"
DESPITE = "linked-despite"
CLAIMED = "claimed-twice"
# Reviews that one identity gets from one comparison: more would be read by nobody
MOST_REVIEWS = 5

# These say that something is missing between two records, not that it differs: others of the two may tell it. A family
# name may differ within one human being (a married name); a given name may not.
_LACKING = frozenset({"unnamed", "birth-doubt", "name-doubt", "twin-doubt", "two-doubts", "other-family"})
_PERHAPS = "perhaps one human being under two identities"
_STEWARD = "a steward keeps others apart who would be joined with them"
# Pairs of identities of two groups; beyond that only some are looked at
_MOST_PAIRS = 1_000
Of = Callable[[Collection[str]], Iterable[Known]]
Pair = tuple[str, str]


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
    """One round of verdicts, in the caller's transaction: first `link`, then `ask`. `of`: every record of these
    identities. `waiting`: of these pairs, those about whom somebody is asked already. `answered`: whom nobody need ask
    about any more."""

    rules: Rules
    standing: Standing
    of: Of
    waiting: Callable[[Iterable[Pair]], Collection[Pair]] = nobody
    matches: list[Verdict] = field(default_factory=list)
    doubts: dict[tuple[str, str, str], tuple[Verdict | None, str, str]] = field(default_factory=dict)
    answered: set[Pair] = field(default_factory=set)
    _held: list[tuple[Verdict, str]] = field(default_factory=list)
    _records: dict[str, list[Known]] = field(default_factory=dict)

    def link(self, certain: Sequence[Verdict]) -> None:
        """All of them, so that who is joined does not depend on who came first; the likest before the others."""
        groups = [self.standing.group(person) for one in certain for person in (one.one, one.other)]
        self._look_up({person for group in groups for person in group})
        for one in sorted(certain, key=lambda one: one.order):
            if self.standing.kept_apart(frozenset({one.one}), frozenset({one.other})):
                continue  # a steward said so of these very two
            if against := self._against(one):
                self._held.append((one, f"{_PERHAPS}, but {against}"))
            else:
                self.answered |= _pairs(self.standing.group(one.one), self.standing.group(one.other))
                self.matches.append(one)
                self.standing.join(one.one, one.other)

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

    def _open(self, one: Verdict, text: str, groups: Mapping[str, frozenset[str]]) -> bool:
        here, there = groups[one.one], groups[one.other]
        return one.other not in here and (text != _PERHAPS or not self.standing.kept_apart(here, there))

    def _waited(self, told: Sequence[tuple[Verdict, str]], groups: Mapping[str, frozenset[str]]) -> set[Pair]:
        """The pairs of those of whose groups any two wait for an answer."""
        about = [(one.one, one.other) for one, text in told if not text.endswith(_STEWARD)]
        between = {(one, other): _pairs(groups[one], groups[other]) for one, other in about}
        waiting = self.waiting({pair for pairs in between.values() for pair in pairs}) if between else ()
        found = {pair for pair, pairs in between.items() if not pairs.isdisjoint(waiting)}
        return found | {(other, one) for one, other in found}

    def revisit(self, compared: Iterable[Known]) -> None:
        """A record that is new or changed may speak against a link that stands: the link stays, and is looked at."""
        linked = [one for one in compared if len(self.standing.group(one.person)) > 1]
        for one in linked:
            self.answered |= _pairs(frozenset({one.person}), self.standing.group(one.person))
        self._look_up({person for one in linked for person in self.standing.group(one.person)})
        for one in linked:
            others = sorted(self._of(self.standing.group(one.person)), key=lambda other: other.id)
            against = ((other.person, self._veto(one, other)) for other in others if other.person != one.person)
            if found := next(((person, veto) for person, veto in against if veto), None):
                self.doubt(DESPITE, one.person, found[0], None, f"the two are linked, but {WORDS[found[1]]}")

    def doubt(self, reason: str, one: str, other: str, verdict: Verdict | None, text: str) -> None:
        self.doubts.setdefault((reason, one, other), (verdict, text, verdict.why if verdict else ""))

    def _look_up(self, persons: set[str]) -> None:
        if unknown := persons - self._records.keys():
            self._records.update((person, []) for person in unknown)
            for record in self.of(unknown):
                self._records[record.person].append(record)

    def _against(self, one: Verdict) -> str:
        here, there = self.standing.group(one.one), self.standing.group(one.other)
        if one.other in here:
            return ""
        if self.standing.kept_apart(here, there):
            return _STEWARD
        for mine in self._of(here):
            for theirs in self._of(there):
                if veto := self._veto(mine, theirs):
                    return f"between other records of the two {WORDS[veto]}"
        return ""

    def _of(self, group: Iterable[str]) -> list[Known]:
        return [record for person in group for record in self._records.get(person, ())]

    def _veto(self, one: Known, other: Known) -> str:
        if one.profile.temporary or other.profile.temporary:
            return ""  # what is told of somebody without papers is a guess
        found = objections(one.profile, other.profile, self.rules)
        return next((word for word in found if word not in _LACKING), "")


def decide(
    connection: Connection,
    verdicts: Sequence[Verdict],
    compared: Sequence[Known],
    known: Links,
    of: Of,
    rules: Rules,
    seal: Seal,
    at: int,
) -> None:
    """Links, reviews and their lines in the history, in the caller's transaction. While it links, nobody else does."""
    best: dict[tuple[str, str], Verdict] = {}
    for one in sorted(verdicts, key=lambda one: one.rank):
        best[one.one, one.other] = one
    certain = [one for one in best.values() if one.certain]
    number = next_version(connection, links.NAME) if certain else 0
    decision = Decision(rules, known.standing(connection, number), of, partial(_waiting, connection))
    decision.link(certain)
    decision.ask([one for one in best.values() if not one.certain])
    decision.revisit(compared)
    _write(connection, decision, number, seal, at)


def _write(connection: Connection, decision: Decision, number: int, seal: Seal, at: int) -> None:
    rules = decision.rules.version
    found = {(one.one, one.other): one for one in decision.matches}
    matches = [Match(one.one, one.other, "", one.why, one.score.probability, rules) for one in found.values()]
    new = [found[one.one, one.other] for one in links.match(connection, matches, at, number)] if matches else []
    told = [Line(at, "rules", "matched", one.one, one.other, one.record, one.why, rules) for one in new]
    history.write(connection, seal, told)
    rows = [asked(*about, *doubt, rules, at) for about, doubt in decision.doubts.items()]
    insert_or_skip(connection, reviews, rows)
    if decision.answered:
        of_them = among(connection, reviews.c.id, _reviews_of(decision.answered))
        answered = update(reviews).where(of_them, reviews.c.state == "open")
        connection.execute(answered.values(state="decided", decision="accepted", decided_by="rules", decided_at=at))


def _waiting(connection: Connection, pairs: Iterable[Pair]) -> set[Pair]:
    ids = _reviews_of(pairs)
    found = select(reviews.c.id).where(among(connection, reviews.c.id, ids), reviews.c.state == "open")
    return {ids[id] for id in connection.scalars(found)}


def _reviews_of(pairs: Iterable[Pair]) -> dict[str, Pair]:
    """By id, the reviews that ask whether the two of a pair are one."""
    return {id: pair for pair in pairs for id in (review_of(*pair), *_claims(*pair))}


def _claims(one: str, other: str) -> tuple[str, str]:
    """As `store.review_row` names them."""
    return facts.name("review", one, other, CLAIMED, ""), facts.name("review", other, one, CLAIMED, "")


def _pairs(here: frozenset[str], there: frozenset[str]) -> set[Pair]:
    if len(here) * len(there) > _MOST_PAIRS:
        here, there = (frozenset(sorted(some)[:30]) for some in (here, there))
    return {(min(pair), max(pair)) for pair in product(here, there) if pair[0] != pair[1]}


def asked(
    reason: str, one: str, other: str, verdict: Verdict | None, text: str, why: str, rules: int, at: int
) -> dict[str, object]:
    """The review's row. `person` is who came later, and whoever asks first asks for both."""
    probability = verdict.score.probability if verdict else None
    person, beside = (other, one) if verdict and verdict.person == other else (one, other)
    review = Review(person, beside, reason, text, "", "", why=why, rules=rules, score=probability)
    return review_row(review, at) | {"id": review_of(one, other, reason)}


def review_of(one: str, other: str, reason: str = POSSIBLE) -> str:
    """The id of the review of these two."""
    return facts.name("review", *sorted((one, other)), reason, "")
