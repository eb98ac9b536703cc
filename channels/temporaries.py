"""Temporary identities: given to people without papers, and the work list of those of whom nobody knows yet who it is.

The registry gives the number; the identity comes of a message that carries it, like any other: durable, in the journal,
run again from there.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

import orjson
from sqlalchemy import Engine

from registries.client.links import Links
from registries.client.records import Records, SourceRecord
from registries.client.search import People
from registries.client.temporary import carries, until
from registries.client.terms import SYSTEM as OF_A_SYSTEM
from registries.client.wanted import Like
from registries.database import reading
from registries.directory import Directory
from registries.facility import KIND
from registries.facility import SYSTEM as INPE
from registries.tables import facilities
from schemas import temporary
from schemas.events import Identifier
from schemas.fhir import extensions

Resource = dict[str, Any]
State = Literal["waiting", "overdue", "linked"]
STATES: tuple[State, ...] = ("waiting", "overdue", "linked")
# Identities read at once; beyond that the list is of some of them
MOST = 10_000
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
        if why := entry.refusal(datetime.now(UTC).date().isoformat()):
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
    """`person` stands for the identity now; `given`: when its number was met first, µs."""

    person: str
    number: str
    facility: str
    flags: tuple[str, ...]
    given: int
    state: State


@dataclass(frozen=True, slots=True)
class Temporaries:
    """Blocks. Of any thread. Raises Unavailable. `days`: after which one that is not linked is overdue."""

    engine: Engine
    people: People
    records: Records
    links: Links
    days: int

    def every(self, now: int | None = None) -> list[Temporary]:
        """The oldest first. `now` in µs."""
        now = now or time.time_ns() // 1000
        wanted = [[Like((OF_A_SYSTEM,), temporary.SYSTEM, "same")]]
        groups = {self.links.following(one) for one in self.people.persons(wanted, MOST)}
        said: dict[str, list[SourceRecord]] = {}
        for record in self.records.of_persons({person for group in groups for person in group}):
            said.setdefault(record.person, []).append(record)
        found = [self._one([one for person in group for one in said.get(person, ())], now) for group in groups]
        return sorted((one for one in found if one), key=lambda one: (one.given, one.person))

    def counts(self) -> Mapping[State, int]:
        told = [one.state for one in self.every()]
        return {state: told.count(state) for state in STATES}

    def _one(self, records: Sequence[SourceRecord], now: int) -> Temporary | None:
        carriers = sorted((one for one in records if carries(one.patient)), key=lambda one: one.at)
        if not carriers:
            return None
        first = carriers[0]
        with reading(self.engine) as connection:
            linked = until(connection, records)
        late = now - first.at > self.days * _DAY
        state: State = "linked" if linked else "overdue" if late else "waiting"
        number = next(one["value"] for one in first.patient["identifiers"] if one["system"] == temporary.SYSTEM)
        facility, flags = number.upper().split("-")[1:2], _flags(first)
        return Temporary(self.links.survivor(first.person), number, "".join(facility), flags, first.at, state)


def _flags(record: SourceRecord) -> tuple[str, ...]:
    codes = [coding for one in record.patient.get("identity_reliability") or () for coding in one.get("codings") or ()]
    return tuple(str(one.get("code")) for one in codes if one.get("system") == temporary.FLAG_SYSTEM)
