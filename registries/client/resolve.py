"""The client registry: which person each event is about."""

from __future__ import annotations

import logging
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from sqlalchemy import Engine

from registries.client import rules, temporary
from registries.client.candidates import Known
from registries.client.keeping import Keeping
from registries.client.keys import PERSONAL, Key, Subject
from registries.client.linking import Merge
from registries.client.matcher import Matcher
from registries.client.regulars import Regulars
from registries.client.rules import Doubt
from registries.client.store import Person, Review, View
from registries.client.subjects import OTHER, Subjects, Who, is_number
from registries.client.versions import Versions
from registries.database import reading
from registries.outage import outages_told
from registries.registry import Policy, Resolution
from registries.sealing import Seal
from schemas import facts
from schemas.events import Event, plain
from schemas.message import Unavailable

# Other workers may take a key at each attempt, but then they have made progress: this many times is no accident.
ATTEMPTS = 20

log = logging.getLogger("wasl.registries")


@dataclass(frozen=True, slots=True)
class News:
    """What a call added: persons made, persons of whom more is known, and "person|digest" of every new key, which is
    what parked messages wait for."""

    made: frozenset[str] = frozenset()
    grown: frozenset[str] = frozenset()
    keys: tuple[str, ...] = ()


class _Answer(NamedTuple):
    resolution: Resolution
    other: str = ""


# The event, who is in it, and what to do about strangers.
_Question = tuple[Event, Who, Policy]


@dataclass(slots=True)
class Clients:
    """Answers "who?" for events. One instance belongs to one thread; any number of processes share the database.

    `secret` keys the digests that stand for identifiers: the same for every process, kept with the data.
    `personal`: systems whose numbers name one human being, whatever else is told. `news` is what the last call added.
    Those whom the `regulars` know cost the database nothing. What a source says of a patient is kept with the identity;
    the `matcher` compares it afterwards, and decides nothing about these events.
    """

    engine: Engine
    secret: bytes
    news: News = field(default_factory=News)
    regulars: Regulars | None = None
    personal: Collection[str] = PERSONAL
    matcher: Matcher = field(init=False)
    _named: set[str] = field(default_factory=set)
    _subjects: Subjects = field(init=False)

    def __post_init__(self) -> None:
        self._subjects = Subjects(self.secret, self.personal)
        seal = Seal(self.secret)
        self.matcher = Matcher(self.engine, self.secret, seal, Versions(self.engine, seal).active)

    def resolve(self, events: Sequence[Event], policies: Sequence[Policy]) -> Sequence[Resolution]:
        """Writes `person` and `fact` (and `prior_person` or `other_person`) into every event that is not to be parked.

        Committed when it returns. Raises Unavailable when the database is, or when others are always faster.
        """
        contents: dict[int, str] = {}
        subjects = [self._subjects.who(event, contents) for event in events]
        with outages_told():
            answers, kept = self._answered(list(zip(events, subjects, policies, strict=True)))
        for event, answer in zip(events, answers, strict=True):
            if answer.resolution.entry:
                _write(event, answer)
        self._compare(kept)
        return [answer.resolution for answer in answers]

    def keys(self, event: Event, contents: dict[int, str]) -> Sequence[Key]:
        """By which the patient of the event may be found; `contents` as `Subjects.of` takes it."""
        return self._subjects.of(event, contents)[0].keys

    def _compare(self, kept: Sequence[Known]) -> None:
        """Whatever befalls it: the identities are committed, and a sweep compares what was not."""
        try:
            self.matcher.compare(kept)
        except Unavailable:
            log.warning("%d records wait to be compared: the database is away", len(kept))
        except Exception as error:
            log.warning("%d records could not be compared: %s", len(kept), type(error).__name__)

    def _answered(self, questions: Sequence[_Question]) -> tuple[list[_Answer], Sequence[Known]]:
        """In order: whom the regulars know without the database, everybody else with it; and the records to compare."""
        alone = [who.about if who.other is None else None for _, who, _ in questions]
        said = [who.said for _, who, _ in questions]
        met = self.regulars.met(alone, said) if self.regulars else [None] * len(questions)
        self.news = News()
        found, kept = self._decided([one for one, person in zip(questions, met, strict=True) if person is None])
        asked = iter(found)
        return [
            _Answer(_resolution(event, person, policy)) if person else next(asked)
            for (event, _, policy), person in zip(questions, met, strict=True)
        ], kept

    def _decided(self, questions: Sequence[_Question]) -> tuple[list[_Answer], Sequence[Known]]:
        subjects = [one for _, who, _ in questions for one in (who.about, who.other, who.moved) if one]
        if not questions:
            return [], ()
        for _ in range(ATTEMPTS):
            now = time.time_ns() // 1000
            with reading(self.engine) as connection:
                keeping = self.matcher.keeping(connection, self._named)
                view = View(connection, keeping=keeping)
                view.read(key.digest for one in subjects for key in one.keys or [one.event])
                # those at whose numbers no place is left are found by the event's own: all of them in one look
                view.read(key.digest for one in subjects for key in rules.walk(view, one)[len(one.keys) :])
                keeping.read(who.said for _, who, _ in questions)
                answers = [_answer(view, *question) for question in questions]
                for (_, who, _), answer in zip(questions, answers, strict=True):
                    if who.said and answer.resolution.entry:
                        keeping.take(who.said, answer.resolution.entry)
            if view.write(self.engine, now, lambda: self.matcher.rules):
                self._learn(view, keeping)
                return answers, keeping.kept
        raise Unavailable("the client registry is changing too fast")

    def _learn(self, view: View, keeping: Keeping) -> None:
        self.news = _news(view)
        keeping.committed()
        if self.regulars:
            self.regulars.remember(view.owners, keeping.same())


def _answer(view: View, event: Event, who: Who, policy: Policy) -> _Answer:
    about, other = who.about, who.other
    decision = rules.decide(view, about)
    if other and is_number(event, "changed"):
        decision = decision or _followed(view, about, other)
    if decision is None and policy == "require":
        return _Answer(Resolution("unknown", waiting_for=[_waited(key.digest) for key in rules.walk(view, about)]))
    person, doubts = _settle(view, about, decision, event["id"])
    doubts += temporary.join(view, about, person, event["id"])
    second = _second(view, event, person, other, who.moved) if other else None
    doubts += second.doubts if second else []
    _note(view, event, person, about, doubts)
    resolution = _resolution(event, person, policy)
    if doubts:
        resolution.review = doubts[0].text
    return _Answer(resolution, second.person.id if second else "")


class _Second(NamedTuple):
    """The other patient of an event, and what its sender's words make doubtful about the first."""

    person: Person
    doubts: list[Doubt]


def _second(view: View, event: Event, person: Person, other: Subject, moved: Subject | None) -> _Second:
    """Only a merge joins the two; nothing else does, whatever it says."""
    if event["type"] == "PatientMerged":
        return _Second(_merge(view, event, person, other), [])
    if is_number(event, "changed"):
        return _renumbered(view, person, other)
    found = _stranger(view, event, other)
    if found is person or not moved:
        return _Second(found, [])
    rules.share(view, moved, person)
    return _Second(found, [rules.told("number-moved", found)])


def _followed(view: View, about: Subject, before: Subject) -> tuple[Person, Key] | None:
    """Whose number it was before, if nothing that is told now speaks against them."""
    found = rules.decide(view, before)
    return found if found and not rules.forbids(about, *found) else None


def _renumbered(view: View, person: Person, before: Subject) -> _Second:
    """The same person under another number: the one that nobody knew becomes theirs as well. Of two that are known as
    two identities, neither is touched."""
    found = rules.decide(view, before)
    if found is None:
        return _Second(person, rules.attach(view, before, person))
    known = found[0]
    return _Second(known, [] if known is person else [rules.told("number-changed", known)])


def _stranger(view: View, event: Event, other: Subject) -> Person:
    person, doubts = _settle(view, other, rules.decide(view, other), f"prior|{event['id']}")
    _note(view, event, person, other, doubts)
    return person


def _resolution(event: Event, person: Person, policy: Policy) -> Resolution:
    resolution = Resolution("new" if person.origin == event["id"] else "found", person.id)
    if resolution.verdict == "new" and policy == "flag":
        resolution.flags.append("person unknown")
    return resolution


def _settle(view: View, about: Subject, decision: tuple[Person, Key] | None, origin: str) -> tuple[Person, list[Doubt]]:
    """The person meant, or a new one, who now knows and owns what the event told."""
    if decision is None:
        person = view.create(about, origin)
        return person, rules.attach(view, about, person)
    person, key = decision
    doubts = rules.linked_despite(about, person, key)
    person.learn(about)
    return person, doubts + rules.attach(view, about, person)


def _merge(view: View, event: Event, survivor: Person, prior: Subject) -> Person:
    """The identity that was replaced. A number never seen gets one, so that what still comes under it is followed."""
    person = _stranger(view, event, prior)
    if person is not survivor:
        view.merges.append(Merge(person.id, survivor.id, event["id"]))
    return person


def _note(view: View, event: Event, person: Person, about: Subject, doubts: Sequence[Doubt]) -> None:
    for doubt in doubts:
        if not doubt.seen:
            detail = "" if doubt.other else "|".join((*about.birth, about.sex))
            saying = (doubt.reason, doubt.text, event["id"], event["transaction"], detail)
            view.reviews.append(Review(person.id, doubt.other, *saying))


def _write(event: Event, answer: _Answer) -> None:
    event["person"] = answer.resolution.entry
    event["fact"] = facts.fact(event)
    if answer.other:
        plain(event)[OTHER[event["type"]][1]] = answer.other


def _news(view: View) -> News:
    return News(
        frozenset(person.id for person in view.persons.values() if person.is_new),
        frozenset(person.id for person in view.persons.values() if person.learned and not person.is_new)
        | {row["person"] for row in view.attached},
        tuple(_waited(row["key"]) for row in view.attached),
    )


def _waited(digest: str) -> str:
    return f"person|{digest}"
