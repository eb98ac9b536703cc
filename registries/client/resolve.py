"""The client registry: which person each event is about."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, cast

from sqlalchemy import Engine

from registries.client import rules
from registries.client.keys import Key, Subject, subject
from registries.client.links import Merge
from registries.client.regulars import Regulars
from registries.client.rules import Doubt
from registries.client.store import Person, Review, View
from registries.database import reading
from registries.outage import outages_told
from registries.registry import Policy, Resolution
from schemas import facts
from schemas.events import Event, Patient, PatientMerged, plain
from schemas.message import Unavailable

# Other workers may take a key at each attempt, but then they have made progress: this many times is no accident.
ATTEMPTS = 20


@dataclass(frozen=True, slots=True)
class News:
    """What a call added: persons made, persons of whom more is known, and "person|digest" of every new key, which is
    what parked messages wait for."""

    made: frozenset[str] = frozenset()
    grown: frozenset[str] = frozenset()
    keys: tuple[str, ...] = ()


class _Answer(NamedTuple):
    resolution: Resolution
    prior: str = ""


# The event, whom it is about and who was replaced (in a merge), and what to do about strangers.
_Question = tuple[Event, tuple[Subject, Subject | None], Policy]


@dataclass(slots=True)
class Clients:
    """Answers "who?" for events. One instance belongs to one thread; any number of processes share the database.

    `secret` keys the digests that stand for identifiers: the same for every process, kept with the data.
    `news` is what the last call added. Those whom the `regulars` know cost the database nothing.
    """

    engine: Engine
    secret: bytes
    news: News = field(default_factory=News)
    regulars: Regulars | None = None

    def resolve(self, events: Sequence[Event], policies: Sequence[Policy]) -> Sequence[Resolution]:
        """Writes `person` and `fact` (and `prior_person`) into every event that is not to be parked.

        Committed when it returns. Raises Unavailable when the database is, or when others are always faster.
        """
        subjects = [(subject(event["patient"], event["id"], self.secret), self._prior(event)) for event in events]
        with outages_told():
            answers = self._answered(list(zip(events, subjects, policies, strict=True)))
        for event, answer in zip(events, answers, strict=True):
            if answer.resolution.entry:
                _write(event, answer)
        return [answer.resolution for answer in answers]

    def _prior(self, event: Event) -> Subject | None:
        if event["type"] != "PatientMerged":
            return None
        prior = cast(PatientMerged, event).get("prior") or Patient()
        return subject(prior, f"prior|{event['id']}", self.secret, known_as=event["patient"])

    def _answered(self, questions: Sequence[_Question]) -> list[_Answer]:
        """In order: whom the regulars know without the database, everybody else with it."""
        alone = [about if prior is None else None for _, (about, prior), _ in questions]
        met = self.regulars.met(alone) if self.regulars else [None] * len(questions)
        self.news = News()
        asked = iter(self._decided([one for one, person in zip(questions, met, strict=True) if person is None]))
        return [
            _Answer(_resolution(event, person, policy)) if person else next(asked)
            for (event, _, policy), person in zip(questions, met, strict=True)
        ]

    def _decided(self, questions: Sequence[_Question]) -> list[_Answer]:
        subjects = [one for _, pair, _ in questions for one in pair if one]
        if not questions:
            return []
        for _ in range(ATTEMPTS):
            now = time.time_ns() // 1000
            with reading(self.engine) as connection:
                view = View(connection)
                view.read(key.digest for one in subjects for key in one.keys or [one.event])
                answers = [_answer(view, event, *pair, policy) for event, pair, policy in questions]
            if view.write(self.engine, now):
                self.news = _news(view)
                if self.regulars:
                    self.regulars.remember(view.owners)
                return answers
        raise Unavailable("the client registry is changing too fast")


def _answer(view: View, event: Event, about: Subject, prior: Subject | None, policy: Policy) -> _Answer:
    decision = rules.decide(view, about)
    if decision is None and policy == "require":
        return _Answer(Resolution("unknown", waiting_for=[_waited(key.digest) for key in rules.walk(view, about)]))
    person, doubts = _settle(view, about, decision, event["id"])
    _note(view, event, person, about, doubts)
    resolution = _resolution(event, person, policy)
    if doubts:
        resolution.review = doubts[0].text
    return _Answer(resolution, _merge(view, event, person, prior) if prior else "")


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


def _merge(view: View, event: Event, survivor: Person, prior: Subject) -> str:
    """The identity that was replaced. A number never seen gets one, so that what still comes under it is followed."""
    person, doubts = _settle(view, prior, rules.decide(view, prior), f"prior|{event['id']}")
    _note(view, event, person, prior, doubts)
    if person is not survivor:
        view.merges.append(Merge(person.id, survivor.id, event["id"]))
    return person.id


def _note(view: View, event: Event, person: Person, about: Subject, doubts: Sequence[Doubt]) -> None:
    for doubt in doubts:
        if not doubt.seen:
            detail = "" if doubt.other else "|".join((*about.birth, about.sex))
            saying = (doubt.reason, doubt.text, event["id"], event["transaction"], detail)
            view.reviews.append(Review(person.id, doubt.other, *saying))


def _write(event: Event, answer: _Answer) -> None:
    event["person"] = answer.resolution.entry
    event["fact"] = facts.fact(event)
    if event["type"] == "PatientMerged":
        plain(event)["prior_person"] = answer.prior


def _news(view: View) -> News:
    return News(
        frozenset(person.id for person in view.persons.values() if person.is_new),
        frozenset(person.id for person in view.persons.values() if person.learned and not person.is_new)
        | {row["person"] for row in view.attached},
        tuple(_waited(row["key"]) for row in view.attached),
    )


def _waited(digest: str) -> str:
    return f"person|{digest}"
