"""Answers questions about persons: who else's numbers these are (PIX), whom criteria fit (PDQ).

Every answer is about a whole person: all linked identities are one, under the identity that stands for them, with every
number of all their records. That identity is itself a number, in the domain that is the registry's own.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from sqlalchemy import Connection, Engine

from registries.client import temporary
from registries.client.choices import chosen_each, together
from registries.client.golden import Choice, golden
from registries.client.links import Links
from registries.client.survivorship import Trust
from registries.client.temporary import Record
from registries.database import reading
from registries.sealing import Seal
from schemas.domains import Domains
from schemas.events import Identifier, Patient
from schemas.queries import MOST_FOUND, Criteria, Found, Queried, Question, Search

T = TypeVar("T")


class Believed:
    """The golden record of a person, out of what sources said, as far as they are trusted, and stewards chose. `secret`
    as in `Records`."""

    def __init__(self, engine: Engine, secret: bytes, trust: Trust | None = None) -> None:
        self._engine, self._seal, self._trust = engine, Seal(secret), trust

    def __call__(self, group: Collection[str], records: Iterable[Record]) -> Patient:
        """Of the person that these identities are, and of whom sources said this."""
        return self.each([(group, list(records))])[0]

    def each(self, people: Sequence[tuple[Collection[str], Sequence[Record]]]) -> list[Patient]:
        """The same of several, for one look at the database."""
        with reading(self._engine) as connection:
            choices = chosen_each(connection, self._seal, {person for group, _ in people for person in group})
            return [self._one(connection, told, together(choices, group)) for group, told in people]

    def _one(self, connection: Connection, told: Sequence[Record], choices: Sequence[Choice]) -> Patient:
        return temporary.shown(connection, golden(told, self._trust, choices).patient, told)


class Records(Protocol):
    """What sources said of patients (records.py)."""

    def of_persons(self, persons: Collection[str]) -> Sequence[Record]: ...
    def persons_with(self, system: str, value: str) -> Collection[str]: ...
    def knows(self, system: str) -> bool: ...


@dataclass(frozen=True, slots=True)
class Queries:
    """Blocks on the database. Of any thread. `believed`: the golden record out of some source records. `most`: where
    criteria fit more identities, nobody is told."""

    records: Records
    links: Links
    search: Search
    believed: Callable[[Collection[str], Iterable[Record]], Patient]
    most: int = MOST_FOUND

    def answer(self, question: Question, domains: Domains) -> Queried:
        """`domains` are those that the asker's channel knows. Raises Unavailable."""
        unknown = tuple(one for one in question.domains if not self._known(one, domains))
        asked = question.of[0] if question.of else question.criteria.system
        if asked and not self._known(asked, domains):
            return Queried(missing="domain")
        if unknown:
            return Queried(unknown=unknown)
        return self._numbers(question, domains) if question.of else self._fitting(question, domains)

    def numbers(self, group: frozenset[str], domains: Domains) -> Patient | None:
        """Every number of the person that all these identities are; None where no source tells of them."""
        found = self._found(self.links.look(group).standing(group), group, Question(), domains)
        return Patient(identifiers=found.patient["identifiers"]) if found else None

    def _known(self, system: str, domains: Domains) -> bool:
        return domains.of_system(system) is not None or self.records.knows(system)

    def _numbers(self, question: Question, domains: Domains) -> Queried:
        assert question.of
        groups = self._groups(self._carriers(*question.of, domains))
        if len(groups) != 1:
            return Queried(missing="several" if groups else "number")
        found = self._found(*groups[0], question, domains)
        if found is None:
            return Queried(missing="number")
        return Queried((found,), total=1) if found.patient.get("identifiers") else Queried()

    def _carriers(self, system: str, value: str, domains: Domains) -> Collection[str]:
        own = domains.own
        return [value] if own and system == own.uri else self.records.persons_with(system, value)

    def _groups(self, persons: Collection[str]) -> list[tuple[str, frozenset[str]]]:
        """The persons that these identities are, in an order that lasts: that of the identity which stands for each."""
        links = self.links.look(persons)
        groups = {links.following(person) for person in persons}
        return sorted(((links.standing(group), group) for group in groups), key=lambda one: one[0])

    def _fitting(self, question: Question, domains: Domains) -> Queried:
        persons = self.search(question.criteria, self.most + 1)
        if len(persons) > self.most:  # some of them would pass for all
            return Queried(missing="many")
        groups = self._groups(persons)
        if question.domains:  # who has no number there is not told
            told = [one for group in groups if (one := self._found(*group, question, domains))]
            every = [(one.person, one) for one in told if one.patient.get("identifiers")]
            chosen, left = _page(every, question)
            return _told([one for _, one in chosen], len(every), left)
        page, left = _page(groups, question)
        found = [one for group in page if (one := self._found(*group, question, domains))]
        return _told(found, len(groups), left)

    def _found(self, person: str, group: frozenset[str], question: Question, domains: Domains) -> Found | None:
        """The person, with the numbers of the domains wanted; None where no source tells of them."""
        records = self.records.of_persons(group)
        if not records:
            return None
        patient = self.believed(group, records)
        if question.criteria != Criteria() and not patient.get("mother_name"):
            patient = self._with_mother(patient, group, domains)
        numbers = list(patient.get("identifiers") or ())
        if own := domains.own:
            numbers.append(Identifier(system=own.uri, value=person, authority=own.name))
        if question.domains:
            numbers = [one for one in numbers if one["system"] in question.domains]
        return Found(person, Patient(**{**patient, "identifiers": numbers}))

    def _with_mother(self, patient: Patient, group: frozenset[str], domains: Domains) -> Patient:
        """A newborn is often told with no more of its mother than a number of hers: whose it is names her. Families
        share some numbers, so it may be the child's own, or the father's."""
        for one in patient.get("mother_identifiers") or ():
            groups = self._groups(self._carriers(one["system"], one["value"], domains))
            if len(groups) != 1 or group & groups[0][1]:
                continue
            mother = self.believed(groups[0][1], self.records.of_persons(groups[0][1]))
            if mother.get("sex") != "male" and (names := mother.get("names")):
                return Patient(**{**patient, "mother_name": names[0]})
        return patient


def _page(ordered: Sequence[tuple[str, T]], question: Question) -> tuple[list[tuple[str, T]], int]:
    """Those after the last answer, as many as are wanted, and how many are left."""
    rest = [one for one in ordered if one[0] > question.after]
    most = question.most or len(rest)
    return rest[:most], max(0, len(rest) - most)


def _told(found: Sequence[Found], total: int, left: int) -> Queried:
    return Queried(tuple(found), total=total, left=left, after=found[-1].person if found and left else "")
