"""Medicines: MedicationDispense and MedicationRequest.

Source: FHIR R4's own definitions; the HL7 V2-to-FHIR guide has no map for RDE and RDS. A dispensation that names a
prescription points to a MedicationRequest known by that reference and its prescriber only: what was prescribed may
differ from what was sold, so its medication is said to be unknown, and it never replaces the prescription itself.
"""

from __future__ import annotations

from typing import Any

from schemas.events import Identifier
from schemas.fhir import elements, encounter, extensions, people, quantity, terms, times
from schemas.fhir.draft import Draft, Reference

DAYS: dict[str, Any] = {"unit": "d", "system": terms.UCUM, "code": "d"}


def dispensed(draft: Draft) -> None:
    """MedicationDispensed: one article handed over at one sale, with the price it had."""
    event = draft.event
    pharmacy = people.organization(draft, event.get("pharmacy"))
    dispenser = people.practitioner(draft, event.get("dispenser"))
    prescriber = people.practitioner(draft, event.get("prescriber"))
    prescription = _reference_to(draft, event.get("prescription"), prescriber)
    ticket = elements.text(event.get("ticket"))
    draft.add(
        "MedicationDispense",
        draft.fact,
        {
            "extension": _prices(event, None if prescription else prescriber),
            "identifier": [elements.said({"value": ticket, "assigner": pharmacy})] if ticket else None,
            "status": _status(event.get("status"), "completed"),
            "medicationCodeableConcept": elements.required(event.get("medication")),
            "subject": draft.subject,
            "performer": [{"actor": one} for one in (dispenser, pharmacy) if one],
            "authorizingPrescription": [prescription] if prescription else None,
            "quantity": _amount(event),
            "daysSupply": _days(event.get("days_supply")),
            "whenHandedOver": times.date_time(event.get("dispensed"), draft.zone),
            "note": elements.notes(event.get("notes")),
            "dosageInstruction": _dosage(event.get("instructions")),
        },
    )


def prescribed(draft: Draft) -> None:
    """MedicationPrescribed: one line of a prescription."""
    event = draft.event
    visit = encounter.write(draft, event.get("encounter"))
    number = elements.identifier(event.get("prescription"))
    told = (event.get("status") or "").lower()
    supply = elements.said(
        {
            "quantity": _amount(event),
            "expectedSupplyDuration": _days(event.get("days_supply")),
        }
    )
    allowed = event.get("substitution")
    draft.add(
        "MedicationRequest",
        draft.fact,
        {
            "identifier": [number] if number else None,
            "groupIdentifier": number,
            "status": elements.one_of(told or "active", terms.PRESCRIPTION_STATUSES) or "unknown",
            "intent": elements.one_of((event.get("intent") or "").lower(), terms.PRESCRIPTION_INTENTS) or "order",
            "medicationCodeableConcept": elements.required(event.get("medication")),
            "subject": draft.subject,
            "encounter": visit,
            "authoredOn": times.date_time(event.get("prescribed"), draft.zone),
            "requester": people.practitioner(draft, event.get("prescriber")),
            "reasonCode": elements.concepts(event.get("reasons")),
            "note": elements.notes(event.get("notes")),
            "dosageInstruction": _dosage(event.get("instructions")),
            "dispenseRequest": supply,
            "substitution": None if allowed is None else {"allowedBoolean": allowed},
        },
    )


def _reference_to(draft: Draft, source: Identifier | None, prescriber: Reference | None) -> Reference | None:
    """The prescription as the pharmacy knows it: its reference and who signed it."""
    number = elements.identifier(source)
    if source is None or number is None:
        return None
    return draft.add(
        "MedicationRequest",
        draft.of_person("prescription", source.get("system") or "", source["value"]),
        {
            "identifier": [number],
            "groupIdentifier": number,
            "status": "unknown",
            "intent": "order",
            "medicationCodeableConcept": extensions.absent(),
            "subject": draft.subject,
            "requester": prescriber,
        },
    )


def _status(told: str | None, usual: str) -> str:
    return elements.one_of((told or usual).lower(), terms.DISPENSE_STATUSES) or "unknown"


def _prices(event: dict[str, Any], prescriber: Reference | None) -> list[dict[str, Any]]:
    currency = (event.get("currency") or "").strip().upper()
    currency = terms.CURRENCY.get(currency, currency)
    price, amount = (quantity.money(event.get(name), currency) for name in ("unit_price", "amount"))
    return extensions.extensions(
        extensions.extension(extensions.UNIT_PRICE, "Money", price),
        extensions.extension(extensions.AMOUNT, "Money", amount),
        extensions.extension(extensions.PRESCRIBER, "Reference", prescriber),
    )


def _amount(event: dict[str, Any]) -> dict[str, Any] | None:
    return quantity.quantity(event.get("quantity"), quantity.measured(event.get("quantity_unit")))


def _days(supply: str | None) -> dict[str, Any] | None:
    return quantity.quantity(supply, DAYS)


def _dosage(instructions: str | None) -> list[dict[str, Any]] | None:
    told = elements.text(instructions)
    return [{"text": told}] if told else None
