"""The health worker registry: by whom each event was ordered, done or answered for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Engine

from registries.cache import Cache
from registries.care.candidates import Said
from registries.care.names import inpe
from registries.care.spells import covers
from registries.directory import Directory, day_of
from registries.entries import Post
from registries.facility import SYSTEM as FACILITIES
from registries.facility import organizations
from registries.registry import Policy, Resolution
from registries.tables import health_workers
from schemas.events import Event, Organization, Practitioner, plain

KIND = "health-worker"
SYSTEM = "https://hie.sante.gov.ma/id/inpe-ps"

ELSEWHERE = "health worker not at this facility at the time"

# HL7 table 0443, and FHIR's participation type: the attending physician.
ATTENDING = frozenset({"AT", "ATND", "attending"})


class HealthWorkers:
    """Answers "by whom?". One instance belongs to one thread. `learned` is what the last call made known."""

    def __init__(self, engine: Engine, cache: Cache | None = None) -> None:
        self.directory = Directory(engine, KIND, health_workers, SYSTEM, cache)
        self.learned: list[str] = []

    def resolve(self, events: Sequence[Event], policies: Sequence[Policy]) -> Sequence[Resolution]:
        """Writes `known` and `entry` into every professional of the events; the first of them decides.

        An event without any is no reason to flag or park. To be asked after the facilities, for it also judges who had
        a role at the place then. Raises Unavailable.
        """
        self.directory.refresh()
        answers = [self._answer(event, policy) for event, policy in zip(events, policies, strict=True)]
        self.learned = self.directory.keep()
        return answers

    def _answer(self, event: Event, policy: Policy) -> Resolution:
        named = [(one, self.directory.names(one.get("identifiers") or ())) for one in professionals(event)]
        if not named:
            return Resolution("unknown")
        answer = self.directory.answer(named[0][1], day_of(event), policy, lambda: _said(named[0][0]))
        self._place(event, policy, answer)
        self.directory.write(named, policy, answer)
        return answer

    def _place(self, event: Event, policy: Policy, answer: Resolution) -> None:
        """Flags who might act on the day, and had no role then at the place. Where no role is known nothing is said."""
        day, place, people = day_of(event), *acting(event)
        if place is None or not place.get("known"):
            return
        for one in people:
            names = self.directory.names(one.get("identifiers") or ())
            entry = self.directory.find(names)
            if entry is None or entry.provisional or entry.refusal(day):
                continue
            posts = self.directory.entries.posts(entry)
            if posts and not any(_is_of(post, place) and covers(post.periods, day) for post in posts):
                answer.flags += [ELSEWHERE] if ELSEWHERE not in answer.flags else []
                answer.waiting_for += [f"{KIND}|{name}" for name in names] if policy == "require" else []


def _is_of(post: Post, place: Organization) -> bool:
    numbers = [
        inpe(one.get("value") or "") for one in place.get("identifiers") or () if one.get("system") == FACILITIES
    ]
    return post.id == place.get("entry") or post.number in numbers


def acting(event: Event) -> tuple[Organization | None, list[Practitioner]]:
    """Where the thing was done, and who did it there: who asked for a report or prescribed what is sold may be
    anywhere."""
    said: dict[str, Any] = plain(event)
    place: Organization | None = next(iter(organizations(event)), None)
    match event["type"]:
        case "MedicationDispensed":
            people = [said.get("dispenser")]
        case "MedicationPrescribed":
            place, people = said.get("facility"), [said.get("prescriber")]
        case "LabReportIssued" | "ImagingReportIssued":
            place, people = said.get("laboratory") or said.get("facility"), list(said.get("interpreters") or ())
        case "EncounterRecorded":
            participants = (said.get("encounter") or {}).get("participants") or ()
            people = [one for one in participants if one.get("role") in ATTENDING]
        case _:
            people = []
    return place, [one for one in people if one]


def _said(professional: Practitioner) -> Said:
    numbers = [one.get("value") or "" for one in professional.get("identifiers") or () if one.get("system") == SYSTEM]
    name = next(iter(professional.get("names") or ()), None)
    told = [name.get("family") or "", *(name.get("given") or ())] if name else []
    return Said(inpe(numbers[0]) if numbers else "", " ".join(told))


def professionals(event: Event) -> list[Practitioner]:
    """The professionals of an event, the one who decides first: the prescriber, who asked, the attending physician,
    other participants; then who interpreted and who handed over."""
    said: dict[str, Any] = plain(event)
    encounter: dict[str, Any] = said.get("encounter") or {}
    participants = encounter.get("participants") or ()
    found = [
        said.get("prescriber"),
        *((said.get("order") or {}).get("requesters") or ()),
        *sorted(participants, key=lambda one: one.get("role") not in ATTENDING),
        *(said.get("interpreters") or ()),
        said.get("dispenser"),
    ]
    return [one for one in found if one]
