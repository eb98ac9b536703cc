"""Events as FHIR R4: the resources of one, and the Bundles they travel in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from schemas.events import Detail, Event, plain
from schemas.fhir import (
    administration,
    appointment,
    charge,
    details,
    document,
    elements,
    encounter,
    extensions,
    header,
    identity,
    immunization,
    medication,
    order,
    patient,
    people,
    problem,
    provenance,
    referral,
    report,
    times,
)
from schemas.fhir.draft import SHARED, Draft, Resource, lacking

__all__ = ["BASE", "SHARED", "collection", "merged", "resources", "transaction", "version_of"]

# Relative references resolve within a Bundle against the fullUrl of their entry, which must be absolute.
BASE = "https://hie.sante.gov.ma/fhir/"

# Segments that tell of the message, not of what it is about
_HEAD = frozenset(("MSH", "SFT", "UAC", "EVN"))

_WRITERS: dict[str, Callable[[Draft], None]] = {
    "AppointmentRecorded": appointment.recorded,
    "ChargeRecorded": charge.recorded,
    "LabReportIssued": report.write,
    "ImagingReportIssued": report.write,
    "DocumentIssued": document.issued,
    "PatientRegistered": lambda draft: None,
    "PatientUpdated": lambda draft: None,
    "PatientMerged": patient.merged,
    "PatientLinked": identity.linked,
    "NumberChanged": identity.changed,
    "EncounterRecorded": encounter.recorded,
    "OrderRecorded": order.recorded,
    "ReferralRecorded": referral.recorded,
    "ProblemRecorded": problem.recorded,
    "MedicationDispensed": medication.dispensed,
    "MedicationPrescribed": medication.prescribed,
    "MedicationAdministered": administration.write,
    "ImmunizationRecorded": immunization.write,
}


def resources(event: Event) -> list[Resource]:
    """Everything one event says, each resource once with its stable id, the Patient first, the Provenance last.

    References are relative ("Patient/<id>") and every one of them is among the resources. Pure; the event is not
    changed.
    """
    draft = Draft(event)
    patient.write(draft)
    _WRITERS[event["type"]](draft)
    _beside(draft)
    head = details.written(draft, _told(draft, of_the_message=True))
    provenance.write(draft, [*head, *identity.before(draft)])
    person = draft.resources.pop(f"Patient/{draft.person}")
    return [person, *draft.resources.values()]


def _beside(draft: Draft) -> None:
    """The event's own details, on the resource that it is about; those of the message's head are its Provenance's."""
    if told := details.written(draft, _told(draft, of_the_message=False)):
        ids = (key for key in draft.resources if key.endswith(f"/{draft.fact}"))
        about = draft.resources[next(ids, f"Patient/{draft.person}")]
        about["extension"] = [*about.get("extension", ()), *told]


def _told(draft: Draft, *, of_the_message: bool) -> list[Detail]:
    found: list[Detail] = draft.event.get("details") or []
    return [one for one in found if (one["place"][:3] in _HEAD) == of_the_message]


def transaction(ones: Iterable[Resource]) -> dict[str, Any]:
    """A transaction Bundle that PUTs every resource under its own id: sent again, it changes nothing."""
    return elements.said({"resourceType": "Bundle", "type": "transaction", "entry": [_put(one) for one in ones]})


def collection(events: Sequence[Event]) -> dict[str, Any]:
    """Everything a message says, in one Bundle: its MessageHeader, then the resources of all its events.

    What several events say of one resource is merged. `identifier` is the control ID (MSH-10), `timestamp` the
    sender's own time (MSH-7) with its offset.
    """
    if not events:
        return {"resourceType": "Bundle", "type": "collection"}
    first = plain(events[0])
    draft = Draft(events[0])
    sender = people.organization(draft, first.get("facility"))
    said = merged(one for event in events for one in resources(event))
    head = header.header(events[0], sender)
    control = elements.text(first["control_id"])
    origin = first.get("origin") or {}
    return elements.said(
        {
            "resourceType": "Bundle",
            "identifier": {"system": provenance.CONTROL_ID, "value": control} if control else None,
            "type": "collection",
            "timestamp": times.instant(origin.get("created")),
            "entry": [{"fullUrl": BASE + _path(one), "resource": one} for one in [head, *said]],
        }
    )


def merged(ones: Iterable[Resource]) -> list[Resource]:
    """The resources, each type and id once: elements told later go over those told before, except in passing."""
    found: dict[tuple[str, str], Resource] = {}
    for one in ones:
        key = one["resourceType"], one["id"]
        if key in found:
            one = _over(one, found[key]) if version_of(one) == 0 else _over(found[key], one)
        found[key] = one
    return list(found.values())


def _over(before: Resource, one: Resource) -> Resource:
    """One resource over another, its extensions by their url; of an element of several types the newer."""
    before = lacking(one, before)
    urls = {each["url"] for each in one.get("extension", ())}
    kept = [each for each in before.get("extension", ()) if each["url"] not in urls]
    return {**before, **one, "extension": [*kept, *one.get("extension", ())]} if kept else {**before, **one}


def version_of(resource: Resource) -> int | None:
    """The sender's own time of a resource, µs since the epoch; None for Provenance and for what many messages share.

    An older version must not replace a newer one.
    """
    for one in resource.get("extension", ()):
        if one.get("url") == extensions.VERSION:
            return int(one["valueString"])
    return None


def _put(one: Resource) -> dict[str, Any]:
    path = _path(one)
    return {"fullUrl": BASE + path, "resource": one, "request": {"method": "PUT", "url": path}}


def _path(one: Resource) -> str:
    return f"{one['resourceType']}/{one['id']}"
