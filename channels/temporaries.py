"""Temporary identities: given to people without papers, and the work list of those of whom nobody knows yet who it is.

The registry gives the number; the identity comes of a message that carries it, like any other: durable, in the journal,
run again from there.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

import orjson
from sqlalchemy import Engine

from channels.watch import metrics
from registries import clock
from registries.client.links import Joined, Links
from registries.client.records import Records, SourceRecord
from registries.client.search import People
from registries.client.temporary import carries, until
from registries.client.terms import SYSTEM as OF_A_SYSTEM
from registries.client.wanted import Like
from registries.database import in_parts, reading
from registries.directory import Directory
from registries.facility import KIND
from registries.facility import SYSTEM as INPE
from registries.tables import facilities
from schemas import temporary
from schemas.events import Identifier
from schemas.fhir import extensions
from schemas.message import Unavailable

Resource = dict[str, Any]
T = TypeVar("T")
State = Literal["waiting", "overdue", "linked"]
# Far more than a country has births in a year; how many are read at once, and how often they are counted: seconds
MOST, AT_ONCE, EVERY, AGAIN = 5_000_000, 1000, 60.0, 5.0
_DAY = 86_400_000_000
_MOTHER = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v3-RoleCode", "code": "MTH"}]}


class UnknownPlace(ValueError):
    """The facility is none of the registry's, or is closed."""


class Places:
    """Which facilities may have temporary numbers given: those that the registry knows; any, while it knows none."""

    def __init__(self, engine: Engine) -> None:
        self._directory = Directory(engine, KIND, facilities, INPE)
        self._lock = threading.Lock()

    def word(self, said: Identifier) -> Identifier:
        """The facility as numbers name it: by its INPE, where it has one. Blocks. Raises UnknownPlace, Unavailable."""
        with self._lock:
            self._directory.refresh()
            entry = self._directory.find(self._directory.names([said], said["value"]))
            known = self._directory.loaded
        if entry is None or entry.provisional:
            if known:
                raise UnknownPlace("the facility registry does not know this facility: send its INPE, or load it there")
            return said
        if why := entry.refusal(clock.today()):
            raise UnknownPlace(f"this facility is {why} today: correct its entry in the facility registry")
        return {"system": INPE, "value": entry.number}


@dataclass(frozen=True, slots=True)
class Wanted:
    """`patient`: what is known, as a Patient in FHIR; `mother`: her number, as an Identifier in FHIR."""

    place: Identifier
    flags: Sequence[str] = ()
    mother: Mapping[str, Any] | None = None
    patient: Mapping[str, Any] | None = None


def made(wanted: Wanted) -> tuple[str, Resource]:
    """A new number, and the Patient that has it and nothing else that says who it is."""
    number = temporary.number(wanted.place["value"], time.time_ns() // 1_000_000, secrets.randbits(80))
    known = {name: one for name, one in (wanted.patient or {}).items() if name not in ("id", "meta", "text")}
    patient = {"gender": "unknown", **known, "resourceType": "Patient"}
    patient["identifier"] = [
        {"use": "temp", "system": temporary.SYSTEM, "value": number},
        *known.get("identifier", ()),
    ]
    if told := [*known.get("extension", ()), *_flagged(wanted.flags)]:
        patient["extension"] = told
    if wanted.place["system"]:
        patient["managingOrganization"] = {"identifier": dict(wanted.place)}
    if wanted.mother:
        mother = {"resourceType": "RelatedPerson", "id": "mother", "relationship": [_MOTHER]}
        related = {**mother, "patient": {"reference": "#"}, "identifier": [dict(wanted.mother)]}
        patient["contained"] = [*known.get("contained", ()), related]
    return number, patient


def _flagged(flags: Iterable[str]) -> list[Resource]:
    """As what is known of how sure an identity is (PID-31, PID-32)."""
    told: list[Resource] = [
        {
            "url": extensions.IDENTITY_RELIABILITY,
            "valueCodeableConcept": {"coding": [{"system": temporary.FLAG_SYSTEM, "code": one}]},
        }
        for one in flags
    ]
    return [{"url": extensions.IDENTITY_UNKNOWN, "valueBoolean": True}, *told] if "unconscious" in flags else told


def message(patient: Resource) -> bytes:
    """The Bundle that registers it."""
    entry = {"request": {"method": "POST", "url": "Patient"}, "resource": patient}
    return orjson.dumps({"resourceType": "Bundle", "type": "transaction", "entry": [entry]})


@dataclass(frozen=True, slots=True)
class Temporary:
    """Nobody knows yet who this is. `person` stands for the identity now; `given`: when its number came first, µs."""

    person: str
    number: str
    facility: str
    flags: tuple[str, ...]
    given: int
    state: State


class Temporaries:
    """Blocks. Of any thread. Raises Unavailable. `days`: after which one that is not linked is overdue.

    Whoever was found to be linked is not looked at again, until other identities are joined.
    """

    def __init__(self, engine: Engine, people: People, records: Records, links: Links, days: int) -> None:
        self._engine, self._people, self._records, self._links, self._days = engine, people, records, links, days
        self._lock = threading.Lock()
        self._linked: set[int] = set()

    def open(self, now: int | None = None) -> list[Temporary]:
        """Those that are not linked, the oldest first. `now` in µs."""
        return self._look(now or time.time_ns() // 1000)[0]

    def counts(self) -> Mapping[State, int]:
        """How many there are in each state."""
        waiting, linked = self._look(time.time_ns() // 1000)
        told = [one.state for one in waiting]
        return {"waiting": told.count("waiting"), "overdue": told.count("overdue"), "linked": linked}

    def _look(self, now: int) -> tuple[list[Temporary], int]:
        wanted = [[Like((OF_A_SYSTEM,), temporary.SYSTEM, "same")]]
        with self._lock:
            carriers = self._people.persons(wanted, MOST)
            links = self._links.look(carriers)
            groups = {links.following(one) for one in carriers}
            self._linked &= {hash(group) for group in groups}
            unknown = [group for group in groups if hash(group) not in self._linked]
            found = [one for part in in_parts(unknown, AT_ONCE) for one in self._open(part, links, now)]
            return sorted(found, key=lambda one: (one.given, one.person)), len(self._linked)

    def _open(self, groups: Sequence[frozenset[str]], links: Joined, now: int) -> Iterator[Temporary]:
        said: dict[str, list[SourceRecord]] = {}
        for record in self._records.of_persons({person for group in groups for person in group}):
            said.setdefault(record.person, []).append(record)
        with reading(self._engine) as connection:
            for group in groups:
                records = [one for person in group for one in said.get(person, ())]
                carriers = [one for one in records if carries(one.patient)]
                if carriers and not until(connection, records):
                    yield self._one(min(carriers, key=lambda one: one.at), links, now)
                else:
                    self._linked.add(hash(group))

    def _one(self, first: SourceRecord, links: Joined, now: int) -> Temporary:
        state: State = "overdue" if now - first.at > self._days * _DAY else "waiting"
        number = next(one["value"] for one in first.patient["identifiers"] if one["system"] == temporary.SYSTEM)
        facility = "".join(number.upper().split("-")[1:2])
        return Temporary(links.survivor(first.person), number, facility, _flags(first), first.at, state)


def counting(temporaries: Temporaries, stop: threading.Event) -> None:
    """Tells how many there are, now and then, until it is time to stop."""
    while not stop.is_set():
        wait = EVERY
        try:
            for state, count in temporaries.counts().items():
                metrics.temporary.labels(state).set(count)
        except Unavailable:  # away, or not yet read into memory
            wait = AGAIN
        stop.wait(wait)


def _flags(record: SourceRecord) -> tuple[str, ...]:
    codes = [coding for one in record.patient.get("identity_reliability") or () for coding in one.get("codings") or ()]
    return tuple(str(one.get("code")) for one in codes if one.get("system") == temporary.FLAG_SYSTEM)
