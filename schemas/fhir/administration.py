"""A medicine given: MedicationAdministration.

Source: FHIR R4's own definitions; the HL7 V2-to-FHIR guide's map of RAS^O17 is not there yet. Where it was given, when
that was recorded, and RXA-20 and RXA-21 as sent are extensions.
"""

from __future__ import annotations

from typing import Any, Final

from schemas.fhir import dosage, elements, encounter, extensions, medication, people, product, tables, terms, times
from schemas.fhir.draft import Draft, Reference

# Table 0322, RXA-20: ours. Of what was given in part the rest is not going to be
STATUS: Final = {"CP": "completed", "PA": "stopped", "RE": "not-done", "NA": "not-done"}
DELETED: Final = "D"


def write(draft: Draft) -> None:
    """MedicationAdministered."""
    event = draft.event
    visit = encounter.write(draft, event.get("encounter"))
    named, beside = product.medication(draft)
    request = medication.requested(draft)
    draft.add(
        "MedicationAdministration",
        draft.fact,
        {
            "extension": [*beside, *_beside(draft), *sent(event), *_of_order(draft)],
            "status": status(event, STATUS),
            "statusReason": elements.concepts(event.get("reasons")),
            **named,
            "subject": draft.subject,
            "context": visit,
            "supportingInformation": medication.observed(draft, visit),
            **_effective(event),
            "performer": performers(draft),
            "reasonCode": elements.concepts(event.get("indications")),
            "request": request,
            "note": elements.notes(event.get("notes")),
            "dosage": dosage.given(draft, event.get("dosages") or _one(event.get("dosage"))),
        },
    )


def status(event: dict[str, Any], words: dict[str, str]) -> str:
    """RXA-20, unless it was taken back (RXA-21 D, ORC-5 ER); what says nothing was given."""
    order = event.get("order") or {}
    if (event.get("action") or "").upper() == DELETED or (order.get("status") or "").upper() == "ER":
        return "entered-in-error"
    return words.get((event.get("status") or "").upper(), "completed")


def performers(draft: Draft) -> list[dict[str, Any]]:
    """Everybody with the role (tables 0443 and 0912) in which they took part."""
    made = []
    for source in draft.event.get("performers") or ():
        if who := people.practitioner(draft, source):
            role = elements.tabled(source.get("role"), "0443", terms.PROVIDER_ROLES)
            made.append(elements.said({"function": role, "actor": who}))
    return [one for place, one in enumerate(made) if one not in made[:place]]


def sent(event: dict[str, Any]) -> list[dict[str, Any]]:
    """RXA-20 and RXA-21."""
    completion = elements.tabled(event.get("status"), "0322", tables.codes("0322"))
    action = elements.tabled(event.get("action"), "0323", tables.codes("0323"))
    return extensions.extensions(
        extensions.extension(extensions.COMPLETION, "CodeableConcept", completion),
        extensions.extension(extensions.ACTION, "CodeableConcept", action),
    )


def _beside(draft: Draft) -> list[dict[str, Any]]:
    event = draft.event
    where: Reference | None = people.location(draft, event.get("location"))
    recorded = times.date_time(event.get("recorded"))
    return extensions.extensions(
        extensions.extension(extensions.GIVEN_AT, "Reference", where),
        extensions.extension(extensions.RECORDED, "DateTime", recorded),
    )


def _of_order(draft: Draft) -> list[dict[str, Any]]:
    return medication.of_order(draft, medication.ordered(draft))


def _effective(event: dict[str, Any]) -> dict[str, Any]:
    """RXA-3 and RXA-4: a period when both are told, else the one there is; R4 wants one."""
    start, end = event.get("given"), event.get("given_end")
    if end and end != start and (held := times.period(start, end)):
        return {"effectivePeriod": held}
    if stamp := times.date_time(start or end):
        return {"effectiveDateTime": stamp}
    return {"effectivePeriod": extensions.absent()}


def _one(source: Any) -> list[Any]:
    return [source] if source else []
