"""The shared medical record as a consumer: each event becomes FHIR resources with stable ids, and lands."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Literal, Protocol

from channels.consumers.consumer import Outcome
from channels.consumers.standing import Key, Resource, Saying, elements, key_of, link_of
from schemas.events import EVENTS, REPORTS, Event, plain
from schemas.fhir import bundle, encounter, identity, medication, order, patient
from schemas.fhir.extensions import VERSION

VISIT = "Encounter"

# Events that tell of a visit for its own sake; all others do in passing.
OF_VISITS = frozenset({"EncounterRecorded", "NumberChanged"})


class SharedRecord(Protocol):
    """Where sayings land: the built-in Record, or a FhirServer. `tests/contract/record.py` is its battery."""

    async def land(self, sayings: Sequence[Saying]) -> Sequence[Outcome]:
        """One outcome a saying, in order. Sayings may come again. Raises Unavailable: all of them come again."""

    async def close(self) -> None: ...


class Smr:
    """Lands every event in the shared record. Idempotent: a repeat makes no new version of anything."""

    name = "smr"
    wants = frozenset(event.__name__ for event in EVENTS)
    start: Literal["now", "beginning"] = "beginning"

    def __init__(self, record: SharedRecord) -> None:
        self._record = record

    async def deliver(self, events: Sequence[Event]) -> Sequence[Outcome]:
        return await self._record.land([said(event) for event in events])

    async def close(self) -> None:
        await self._record.close()


def said(event: Event) -> Saying:
    """The event as resources, and what its sender asked to delete."""
    resources = bundle.resources(event)
    person = next((str(one["id"]) for one in resources if one["resourceType"] == "Patient"), event.get("person", ""))
    cleared = _cleared(event, resources, person)
    visits = [] if event["type"] in OF_VISITS else [one for one in resources if one["resourceType"] == VISIT]
    aside = [*visits, *(one for one in resources if one["resourceType"] != VISIT and bundle.version_of(one) == 0)]
    for visit in visits:
        kept = [one for one in visit.pop("extension", ()) if one.get("url") != VERSION]
        visit |= {"extension": kept} if kept else {}
    weak = {key_of(one): names for one in resources if (names := _weak(event, one))}
    asides = [key_of(one) for one in aside]
    return Saying(resources, event["version"], person, event["transaction"], cleared, asides, weak)


def _weak(event: Event, resource: Resource) -> Collection[str]:
    """What an event says of a visit without being told so; of an order in passing: a report all but its end and its
    numbers, a change its state."""
    if resource["resourceType"] == VISIT:
        return encounter.weak(plain(event))
    if resource["resourceType"] == "MedicationRequest":
        return ("status",) if medication.only_changes(plain(event)) else ()
    if resource["resourceType"] != "ServiceRequest":
        return ()
    if event["type"] in REPORTS:
        return elements(resource).keys() - {"status", "identifier"}
    return ("status",) if order.only_changes(event, resource["id"]) else ()


def _cleared(event: Event, resources: Sequence[Resource], person: str) -> dict[Key, Collection[str]]:
    cleared: dict[Key, Collection[str]] = {}
    if fields := event["patient"].get("cleared"):
        emptied = [element for one in fields for element in patient.CLEARS.get(one, ())]
        urls = [patient.CLEARED_EXTENSIONS[one] for one in fields if one in patient.CLEARED_EXTENSIONS]
        cleared["Patient", person] = [*emptied, *(f"extension:{url}" for url in urls)]
    if fields := (plain(event).get("encounter") or {}).get("cleared"):
        emptied = [element for one in fields for element in encounter.emptied(one)]
        cleared |= {key_of(one): emptied for one in resources if one["resourceType"] == VISIT}
    if event["type"] == "PatientLinked" and not event.get("linked"):
        both = identity.both(event)
        cleared |= {("Patient", one): [*cleared.get(("Patient", one), ()), link_of(other)] for one, other in both}
    return cleared
