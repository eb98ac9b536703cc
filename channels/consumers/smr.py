"""The shared medical record as a consumer: each event becomes FHIR resources with stable ids, and lands."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Literal, Protocol

from channels.consumers.consumer import Outcome
from channels.consumers.standing import Key, Resource, Saying, key_of
from schemas.events import EVENTS, Event, plain
from schemas.fhir import bundle, encounter, patient
from schemas.fhir.extensions import VERSION

VISIT = "Encounter"

# Fields of an encounter that empty one half of an element, not all of it.
HALVES = {
    "admitted": "period.start",
    "discharged": "period.end",
    "admit_source": "hospitalization.admitSource",
    "discharge_disposition": "hospitalization.dischargeDisposition",
}


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
    visits = [] if event["type"] == "EncounterRecorded" else [one for one in resources if one["resourceType"] == VISIT]
    aside = [*visits, *(one for one in resources if bundle.version_of(one) == 0)]
    for visit in visits:
        kept = [one for one in visit.pop("extension", ()) if one.get("url") != VERSION]
        visit |= {"extension": kept} if kept else {}
    return Saying(resources, event["version"], person, event["transaction"], cleared, [key_of(one) for one in aside])


def _cleared(event: Event, resources: Sequence[Resource], person: str) -> dict[Key, Collection[str]]:
    cleared: dict[Key, Collection[str]] = {}
    if fields := event["patient"].get("cleared"):
        emptied = [element for one in fields for element in patient.CLEARS.get(one, ())]
        urls = [patient.CLEARED_EXTENSIONS[one] for one in fields if one in patient.CLEARED_EXTENSIONS]
        cleared["Patient", person] = [*emptied, *(f"extension:{url}" for url in urls)]
    if fields := (plain(event).get("encounter") or {}).get("cleared"):
        emptied = [HALVES.get(one, element) for one in fields for element in encounter.CLEARS.get(one, ())]
        cleared |= {key_of(one): emptied for one in resources if one["resourceType"] == VISIT}
    return cleared
