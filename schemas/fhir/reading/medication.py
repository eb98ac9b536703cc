"""MedicationDispense and MedicationRequest → a sale and a prescription. The way back from `schemas.fhir.medication`."""

from __future__ import annotations

from typing import Any

from schemas.events import Code, Identifier, Practitioner
from schemas.fhir import extensions
from schemas.fhir.reading import elements, people, quantity
from schemas.fhir.reading.elements import Json, Source, part, parts, said, take


def dispensed(source: Source, resource: Json) -> dict[str, Any]:
    """The fields of MedicationDispensed without the envelope; `medication` is absent when none is named.

    The first identifier is the ticket: the number a pharmacy knows its sale by.
    """
    actors = [part(one, "actor") for one in parts(resource, "performer")]
    dispensers, pharmacy = people.performers(source, actors)
    pharmacy = pharmacy or people.organization(source, part(resource, "location"))
    prescription, prescriber = _prescription(source, resource)
    price, currency = quantity.extended_money(resource, extensions.UNIT_PRICE)
    amount, billed = quantity.extended_money(resource, extensions.AMOUNT)
    measure = quantity.measure(part(resource, "quantity"))
    numbers = elements.identifiers(source, resource)
    return said(
        medication=medication(source, resource),
        dispensed=take(resource, "whenHandedOver") or take(resource, "whenPrepared"),
        pharmacy=pharmacy,
        prescriber=prescriber or _prescriber(source, resource),
        dispenser=dispensers[0] if dispensers else None,
        quantity=measure.number,
        quantity_unit=measure.unit,
        unit_price=price,
        amount=amount,
        currency=currency or billed,
        prescription=prescription,
        ticket=numbers[0]["value"] if numbers else None,
        status=take(resource, "status"),
        days_supply=_days(part(resource, "daysSupply")),
        instructions=_instructions(resource),
        notes=elements.notes(resource),
    )


def prescribed(source: Source, resource: Json) -> dict[str, Any]:
    """The fields of MedicationPrescribed without the envelope; `medication` is absent when none is named."""
    supply = part(resource, "dispenseRequest")
    measure = quantity.measure(part(supply, "quantity"))
    fields = said(
        medication=medication(source, resource),
        prescribed=take(resource, "authoredOn"),
        prescriber=people.practitioner(source, part(resource, "requester")),
        prescription=_number(source, resource),
        quantity=measure.number,
        quantity_unit=measure.unit,
        status=take(resource, "status"),
        intent=take(resource, "intent"),
        instructions=_instructions(resource),
        days_supply=_days(part(supply, "expectedSupplyDuration")),
        reasons=elements.codes(resource, "reasonCode"),
        notes=elements.notes(resource),
    )
    allowed = elements.flag(part(resource, "substitution"), "allowedBoolean")
    return fields if allowed is None else fields | {"substitution": allowed}


def medication(source: Source, resource: Json) -> Code | None:
    """medicationCodeableConcept, else the code of the Medication referred to."""
    if own := elements.code(part(resource, "medicationCodeableConcept")):
        return own
    reference = part(resource, "medicationReference")
    found = source.follow(reference, "Medication")
    if found is not None:
        return source.once(found, _article)
    display = take(reference, "display")
    return {"text": display} if display else None


def _article(source: Source, resource: Json) -> Code | None:
    return elements.code(part(resource, "code"))


def _number(source: Source, resource: Json) -> Identifier | None:
    """The prescription's number: that of the whole prescription, else that of this line of it."""
    group = elements.identifier(source, part(resource, "groupIdentifier"))
    own = elements.identifiers(source, resource)
    return group or (own[0] if own else None)


def _prescription(source: Source, resource: Json) -> tuple[Identifier | None, Practitioner | None]:
    """The number of the prescription that was filled, and who signed it."""
    for reference in parts(resource, "authorizingPrescription"):
        found = source.follow(reference, "MedicationRequest")
        if found is None:
            return elements.identifier(source, part(reference, "identifier")), None
        fields = source.once(found, prescribed)
        return fields.get("prescription"), fields.get("prescriber")
    return None, None


def _prescriber(source: Source, resource: Json) -> Practitioner | None:
    found = elements.extended(resource, extensions.PRESCRIBER, "Reference")
    return people.practitioner(source, found) if isinstance(found, dict) else None


def _days(element: Json) -> str | None:
    """A duration in days, which FHIR and the event both count in; another unit stays with the resource."""
    if element.get("code") in (None, "d") and element.get("unit") in (None, "d", "day", "days", "jour", "jours"):
        return quantity.measure(element).number
    return None


def _instructions(resource: Json) -> str | None:
    lines = [take(one, "text") or take(one, "patientInstruction") for one in parts(resource, "dosageInstruction")]
    return "\n".join(line for line in lines if line) or None
