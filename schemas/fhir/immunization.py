"""A vaccination: Immunization.

Sources: HL7 V2-to-FHIR guide, maps RXA[Immunization], RXR[Immunization], ORC[Immunization], OBX[Immunization], and the
tables NIP001 (RXA-9) and 0322 (RXA-20). Every OBX is an Observation that is part of the Immunization too (guide has
them only as elements): nothing of them is lost that way. CVX 998 says that nothing was given: no Immunization.
"""

from __future__ import annotations

from typing import Any, Final

from schemas.events import Code, Education, Identifier, Order, Protocol, Result
from schemas.fhir import (
    administration,
    elements,
    encounter,
    extensions,
    medication,
    observation,
    people,
    quantity,
    terms,
    times,
    timing,
)
from schemas.fhir.dosage import UNKNOWN_DOSE
from schemas.fhir.draft import Draft, Reference

NONE_GIVEN: Final = "998"
STATUS: Final = {"CP": "completed", "PA": "completed", "RE": "not-done", "NA": "not-done"}
ORIGIN: Final = terms.TERMINOLOGY + "immunization-origin"
SUBPOTENT: Final = terms.TERMINOLOGY + "immunization-subpotent-reason"
ACT_REASON: Final = terms.TERMINOLOGY + "v3-ActReason"
# NIP001, RXA-9: where a record comes from that the one who vaccinated did not make. 00 is the primary source
NEW_RECORD: Final = "00"
ORIGINS: Final = {
    "02": "provider", "03": "record", "04": "recall", "05": "jurisdiction", "06": "record", "07": "school",
    "08": "jurisdiction",
}  # fmt: skip
# Where R4 requires a day or a number and the sender told none
UNKNOWN: Final = "unknown"
REACTION: Final = "31044-1"
# What stands for a sheet that is told only by its dates (imm-1)
SHEET: Final = "Vaccine Information Statement"


def write(draft: Draft) -> None:
    """ImmunizationRecorded."""
    event, told = draft.event, medication.ordered(draft)
    visit = encounter.write(draft, event.get("encounter"))
    own = {"reference": f"Immunization/{draft.fact}"}
    given = not _none_given(event.get("vaccine"))
    observed = _observed(draft, visit, own if given else None)
    if not given:
        return
    status = administration.status(event, STATUS)
    draft.add(
        "Immunization",
        draft.fact,
        {
            "extension": [*administration.sent(event), *_lots(event), *_of_order(draft, told)],
            "identifier": elements.identifiers(_numbers(told)),
            "status": status,
            "statusReason": _why_not(event, status),
            "vaccineCode": elements.required(event.get("vaccine")),
            "patient": draft.subject,
            "encounter": visit,
            **_occurred(event),
            "recorded": times.date_time(event.get("recorded")),
            **_source(event.get("source")),
            "location": people.location(draft, event.get("location")),
            "manufacturer": people.organization(draft, event.get("manufacturer")),
            "lotNumber": event.get("lot"),
            "expirationDate": times.day(event.get("expires")),
            "site": elements.concept(event.get("site")),
            "route": elements.concept(event.get("route")),
            "doseQuantity": _dose(event),
            "performer": _performers(draft),
            "note": elements.notes(event.get("notes")),
            "reasonCode": elements.concepts([*(event.get("indications") or ()), *(told.get("reasons") or ())]),
            **_subpotent(event),
            "education": [_education(one) for one in event.get("educations") or ()],
            "programEligibility": elements.concepts(event.get("eligibilities")),
            "fundingSource": elements.concept(event.get("funding")),
            "reaction": _reactions(observed),
            "protocolApplied": [_protocol(one) for one in _protocols(event)],
        },
    )


def _of_order(draft: Draft, told: Order) -> list[dict[str, Any]]:
    """What of the order Immunization has no element for, its times and who asked for it included."""
    when = (timing.timing(one) for one in told.get("timings") or ())
    where = people.organization(draft, told.get("organization"))
    return extensions.extensions(
        *medication.of_order(draft, told),
        *(extensions.extension(extensions.OURS + "order-timing", "Timing", one) for one in when),
        extensions.extension(extensions.OURS + "order-facility", "Reference", where),
    )


def _numbers(told: Order) -> list[Identifier]:
    """The filler's number is the vaccination's own (guide: ORC-3)."""
    pairs = ((told.get("filler"), "FILL"), (told.get("placer"), "PLAC"))
    return [{**one, "type": kind} for one, kind in pairs if one]


def _none_given(vaccine: Code | None) -> bool:
    return any(one.get("code") == NONE_GIVEN for one in (vaccine or {}).get("codings") or ())


def _observed(draft: Draft, visit: Reference | None, own: Reference | None) -> list[tuple[Result, Reference]]:
    within = {"status": "final", "encounter": visit, "alone": True}
    made = []
    for one in draft.event.get("observations") or ():
        if found := observation.write(draft, one, within):
            if own:
                draft.resources[found["reference"]].setdefault("partOf", [own])
            made.append((one, found))
    return made


def _why_not(event: dict[str, Any], status: str) -> dict[str, Any] | None:
    """RXA-18; of a refusal without a reason that the patient objects (guide)."""
    if reason := elements.joined([*(event.get("refusals") or ()), *(event.get("reasons") or ())]):
        return reason
    refused = status == "not-done" and (event.get("status") or "").upper() == "RE"
    return elements.coded(ACT_REASON, "PATOBJ") if refused else None


def _occurred(event: dict[str, Any]) -> dict[str, Any]:
    stamp = times.date_time(event.get("given") or event.get("given_end"))
    return {"occurrenceDateTime": stamp} if stamp else {"occurrenceString": UNKNOWN}


def _source(source: Code | None) -> dict[str, Any]:
    code = next((one.get("code") for one in (source or {}).get("codings") or ()), None)
    if code == NEW_RECORD:
        return {"primarySource": True}
    made = elements.concept(source)
    if made and code in ORIGINS:
        made["coding"] = [elements.coding(ORIGIN, ORIGINS[code]), *made["coding"]]
    return {"primarySource": False, "reportOrigin": made} if made else {}


def _lots(event: dict[str, Any]) -> list[dict[str, Any]]:
    others = elements.texts(event.get("lots"))[1:]
    return extensions.extensions(*(extensions.extension(extensions.OTHER_LOT, "String", one) for one in others))


def _dose(event: dict[str, Any]) -> dict[str, Any] | None:
    dose = event.get("dose")
    return None if dose == UNKNOWN_DOSE else quantity.quantity(dose, quantity.measured(event.get("dose_unit")))


def _performers(draft: Draft) -> list[dict[str, Any]]:
    """Who gave it (AP), who ordered it (OP), who entered it (EP)."""
    told = draft.event.get("order") or {}
    made = administration.performers(draft)
    for role, key in (("OP", "requesters"), ("EP", "entered_by")):
        function = elements.coded(terms.table("0443"), role)
        made += [{"function": function, "actor": who} for who in people.practitioners(draft, told.get(key))]
    return made


def _subpotent(event: dict[str, Any]) -> dict[str, Any]:
    """RXA-20 PA: given in part (guide)."""
    if (event.get("status") or "").upper() != "PA":
        return {}
    return {"isSubpotent": True, "subpotentReason": [elements.coded(SUBPOTENT, "partial")]}


def _education(source: Education) -> dict[str, Any]:
    document = elements.concept(source.get("document")) or {}
    coding: dict[str, Any] = next(iter(document.get("coding", ())), {})
    made = {
        "documentType": document.get("text") or coding.get("display") or coding.get("code") or SHEET,
        "publicationDate": times.date_time(source.get("published")),
        "presentationDate": times.date_time(source.get("presented")),
    }
    beside = extensions.extension(extensions.EDUCATION_DOCUMENT, "CodeableConcept", document if coding else None)
    return elements.said({"extension": extensions.extensions(beside), **made})


def _protocols(event: dict[str, Any]) -> list[Protocol]:
    if protocols := event.get("protocols"):
        return list(protocols)
    number = elements.text(event.get("dose_number"))
    return [{"dose_number": number}] if number else []


def _protocol(source: Protocol) -> dict[str, Any]:
    """Which dose it was is required: unknown where only the series is told."""
    schedule = elements.concept(source.get("schedule"))
    return elements.said(
        {
            "extension": extensions.extensions(
                extensions.extension(extensions.VACCINATION_SCHEDULE, "CodeableConcept", schedule)
            ),
            "series": source.get("series"),
            **(_counted("doseNumber", source.get("dose_number")) or {"doseNumberString": UNKNOWN}),
            **_counted("seriesDoses", source.get("doses")),
        }
    )


def _counted(name: str, text: str | None) -> dict[str, Any]:
    text = elements.text(text)
    if text is None:
        return {}
    if text.isascii() and text.isdecimal() and len(text) < 9 and int(text) > 0:
        return {f"{name}PositiveInt": int(text)}
    return {f"{name}String": text}


def _reactions(observed: list[tuple[Result, Reference]]) -> list[dict[str, Any]]:
    made = []
    for one, reference in observed:
        if any(coding.get("code") == REACTION for coding in one["code"].get("codings") or ()):
            made.append(elements.said({"date": times.date_time(one.get("observed")), "detail": reference}))
    return made
