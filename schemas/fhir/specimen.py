"""Specimens: Specimen with its containers, and the Observations made of the specimen itself.

Source: HL7 V2-to-FHIR guide, maps SPM[Specimen] and OBR[Specimen]; SAC by FHIR's own definitions (ours): a container's
numbers, kind, what it takes and holds. OBR-14 is the time of receipt of a specimen that does not tell its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from schemas.events import Container, Practitioner, Specimen
from schemas.fhir import details, elements, extensions, observation, people, quantity, times
from schemas.fhir.draft import Draft, Reference, Resource, key_of


def specimens(
    draft: Draft,
    sources: Iterable[Specimen],
    within: Resource,
    received: str | None = None,
    collectors: Iterable[Practitioner] | None = None,
) -> list[Reference]:
    """Writes each; `received` and `collectors` hold where a specimen does not tell its own.

    `within` is what their observations share with those of the report: status, category, encounter.
    """
    found = []
    for place, source in enumerate(sources):
        reference = _specimen(draft, source, str(place), received, collectors)
        for result in source.get("results") or ():
            own = {**within, "specimen": reference, "alone": True}
            observation.write(draft, result, own, draft.of_person("Observation", result["id"]))
        found.append(reference)
    return people.each_once(found)


def _specimen(
    draft: Draft, source: Specimen, place: str, received: str | None, collectors: Iterable[Practitioner] | None
) -> Reference:
    numbers = source.get("identifiers")
    key = key_of(numbers)
    accession = elements.identifier(source.get("accession"))
    who = people.practitioners(draft, source.get("collectors") or collectors)
    return draft.add(
        "Specimen",
        draft.of_person("Specimen", *key) if key else draft.name("Specimen", place),
        {
            "extension": _extensions(draft, source, received, who[1:]),
            "identifier": elements.identifiers(numbers),
            "accessionIdentifier": accession,
            "status": _status(source),
            "type": elements.concept(source.get("type")),
            "subject": draft.subject,
            "receivedTime": times.date_time(source.get("received") or received),
            "parent": [
                {"type": "Specimen", "identifier": made} for made in elements.identifiers(source.get("parents"))
            ],
            "collection": _collection(source, who),
            "container": _containers(draft, source),
            "condition": elements.concepts(source.get("conditions")),
            "note": people.notes(draft, source.get("notes")),
        },
    )


def _status(source: Specimen) -> str | None:
    """SPM-21 (rejected), SPM-20 (available). Guide: SPM[Specimen]."""
    if source.get("rejected"):
        return "unsatisfactory"
    return {"Y": "available", "N": "unavailable"}.get((source.get("available") or "").upper())


def _collection(source: Specimen, who: list[Reference]) -> dict[str, Any]:
    start, end = source.get("collected"), source.get("collected_end")
    period = times.period(start, end) if end and end != start else None
    return elements.said(
        {
            "collector": who[0] if who else None,
            "collectedDateTime": None if period else times.date_time(start),
            "collectedPeriod": period,
            "quantity": quantity.quantity(source.get("quantity"), quantity.measured(source.get("quantity_unit"))),
            "method": elements.concept(source.get("method")),
            "bodySite": elements.concept(source.get("site")),
        }
    )


def _containers(draft: Draft, source: Specimen) -> list[dict[str, Any]]:
    """SAC; an additive of the specimen (SPM-6) stands with the first."""
    made = [one for box in source.get("containers") or () if (one := _container(draft, box))]
    if additive := elements.joined(source.get("additives")):
        first = made[0] if made else {}
        first.setdefault("additiveCodeableConcept", additive)
        made = [first, *made[1:]]
    return made


def _container(draft: Draft, source: Container) -> dict[str, Any]:
    unit = quantity.measured(source.get("unit"))
    status = elements.concept(source.get("status"))
    registered = times.date_time(source.get("registered"))
    return elements.said(
        {
            "extension": extensions.extensions(
                extensions.extension(extensions.CONTAINER_STATUS, "CodeableConcept", status),
                extensions.extension(extensions.CONTAINER_REGISTERED, "DateTime", registered),
                *details.written(draft, source.get("details")),
            ),
            "identifier": elements.identifiers(source.get("identifiers")),
            "type": elements.concept(source.get("type")),
            "capacity": quantity.quantity(source.get("capacity"), unit),
            "specimenQuantity": quantity.quantity(source.get("amount"), unit),
            "additiveCodeableConcept": elements.joined(source.get("additives")),
        }
    )


def _extensions(
    draft: Draft, source: Specimen, received: str | None, collectors: Iterable[Reference]
) -> list[dict[str, Any]]:
    rejected = elements.concepts(source.get("rejected"))
    boxed = any(one.get("additives") for one in (source.get("containers") or ())[:1])
    additives = elements.concepts(source.get("additives")) if boxed else []
    other = received if received != source.get("received") and source.get("received") else None
    return extensions.extensions(
        extensions.extension(extensions.SPECIMEN_ROLE, "CodeableConcept", elements.concept(source.get("role"))),
        *(extensions.extension(extensions.SPECIMEN_ADDITIVE, "CodeableConcept", one) for one in additives),
        extensions.extension(extensions.SPECIMEN_RECEIVED, "DateTime", times.date_time(other)),
        *(extensions.extension(extensions.SPECIMEN_REJECTED, "CodeableConcept", one) for one in rejected),
        *(extensions.extension(extensions.OTHER_COLLECTOR, "Reference", one) for one in collectors),
        *details.written(draft, source.get("details")),
    )
