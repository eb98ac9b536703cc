"""Visits: Encounter with its Conditions and Procedures.

Sources: HL7 V2-to-FHIR guide, maps PV1[Encounter], PV2[Encounter], DG1[Condition], DG1[Encounter], PR1[Procedure].
DG1-5 goes to recordedDate, not to the guide's onsetDateTime: it is the day of the diagnosis, not of the disease.
"""

from __future__ import annotations

from typing import Any

from schemas import facts
from schemas.events import Diagnosis, Encounter, Practitioner, Procedure
from schemas.fhir import coverage, elements, people, terms, times
from schemas.fhir.draft import Draft, Reference, key_of

# Which elements of the Encounter an event's `cleared` field empties ("" in HL7).
CLEARS: dict[str, tuple[str, ...]] = {
    "identifiers": ("identifier",),
    "type": ("type",),
    "admission_type": ("type",),
    "place": ("location",),
    "prior_place": ("location",),
    "participants": ("participant",),
    "admitted": ("period",),
    "discharged": ("period",),
    "admit_source": ("hospitalization",),
    "discharge_disposition": ("hospitalization",),
    "hospital_service": ("serviceType",),
    "reason": ("reasonCode",),
    "account": ("account",),
    "diagnoses": ("diagnosis",),
}


def recorded(draft: Draft) -> None:
    """EncounterRecorded: the visit, at the facility that told it unless its place names another."""
    if source := draft.event.get("encounter"):
        place = source.get("place") or {}
        facility = people.organization(draft, place.get("facility") or draft.event.get("facility"))
        write(draft, source, facility)


def write(draft: Draft, source: Encounter | None, provider: Reference | None = None) -> Reference | None:
    """Writes an Encounter, its diagnoses and procedures. One visit number is one Encounter, whoever tells it.

    A report or a prescription tells of a visit in passing: its Encounter has version 0, so that a result that
    comes after the discharge never opens the visit again.
    """
    if not source:
        return None
    key = key_of(source.get("identifiers"))
    id = facts.name("Encounter", *key) if key else _unnumbered(draft)
    account = coverage.account(draft, source.get("account"))
    own = {"reference": f"Encounter/{id}"}
    admission = elements.tabled(source.get("admission_type"), "0007", terms.ADMISSION_TYPES)
    for one in source.get("procedures") or ():
        procedure(draft, own, one)
    return draft.add(
        "Encounter",
        id,
        {
            "identifier": _numbers(source),
            "status": status(source),
            "class": classified(source.get("class_code")),
            "type": [one for one in (elements.concept(source.get("type")), admission) if one],
            "serviceType": elements.tabled(source.get("hospital_service"), "0069", terms.HOSPITAL_SERVICES),
            "subject": draft.subject,
            "participant": _participants(draft, source.get("participants") or []),
            "period": times.period(source.get("admitted"), source.get("discharged"), draft.zone),
            "reasonCode": [one for one in [elements.concept(source.get("reason"))] if one],
            "diagnosis": _diagnoses(draft, own, source.get("diagnoses") or []),
            "account": [account] if account else None,
            "hospitalization": _hospitalization(source),
            "location": _locations(draft, source),
            "serviceProvider": provider,
        },
        version=None if draft.event["type"] == "EncounterRecorded" else "0",
    )


def status(source: Encounter) -> str:
    """In FHIR's words: as told, else from PV1-45, else from the class of the patient (table 0004)."""
    if told := elements.one_of(source.get("status"), terms.ENCOUNTER_STATUSES):
        return told
    if source.get("discharged"):
        return "finished"
    return terms.CLASS_STATUS.get((source.get("class_code") or "").upper(), "unknown")


def classified(code: str | None) -> dict[str, Any]:
    """Encounter.class, which is required: v3-ActCode, else the code as sent in table 0004."""
    code = elements.token(code or "")
    if found := terms.ENCOUNTER_CLASS.get(code.upper()):
        return elements.coding(terms.ACT_CODE, found)
    if code in terms.ACT_CLASSES:
        return elements.coding(terms.ACT_CODE, code)
    if code.upper() in terms.PATIENT_CLASSES:
        return elements.coding(terms.table("0004"), code.upper())
    return {"code": code} if code else elements.coding(terms.NULL_FLAVOR, "UNK")


def condition(draft: Draft, encounter: Reference | None, source: Diagnosis) -> Reference | None:
    """DG1, of a visit, else of what the event is about; None without a code."""
    code, kind = elements.concept(source.get("code")), (source.get("type") or "").upper()
    if code is None:
        return None
    certainty = terms.DIAGNOSIS_CERTAINTY.get(kind)
    by = people.practitioners(draft, source.get("by"))
    return draft.add(
        "Condition",
        facts.name("Condition", draft.person, _within(draft, encounter), elements.key(code), kind),
        {
            "verificationStatus": elements.coded(terms.CONDITION_VERIFICATION, certainty) if certainty else None,
            "category": [elements.coded(terms.CONDITION_CATEGORY, "encounter-diagnosis")],
            "code": code,
            "subject": draft.subject,
            "encounter": encounter,
            "recordedDate": times.date_time(source.get("recorded"), draft.zone),
            "asserter": by[0] if by else None,
        },
    )


def procedure(draft: Draft, encounter: Reference | None, source: Procedure) -> Reference | None:
    """PR1, of a visit, else of what the event is about; None without a code."""
    code, performed = elements.concept(source.get("code")), source.get("performed")
    if code is None:
        return None
    kind = elements.text(source.get("type"))
    return draft.add(
        "Procedure",
        facts.name("Procedure", draft.person, _within(draft, encounter), elements.key(code), performed or ""),
        {
            "status": "completed",
            "category": {"text": kind} if kind else None,
            "code": code,
            "subject": draft.subject,
            "encounter": encounter,
            "performedDateTime": times.date_time(performed, draft.zone),
            "performer": [{"actor": one} for one in people.practitioners(draft, source.get("by"))],
        },
    )


def _within(draft: Draft, encounter: Reference | None) -> str:
    return str(encounter["reference"]) if encounter else draft.fact


def _unnumbered(draft: Draft) -> str:
    return draft.fact if draft.event["type"] == "EncounterRecorded" else draft.name("Encounter")


def _numbers(source: Encounter) -> list[dict[str, Any]]:
    """PV1-19 and PV1-50: a number without a type is a visit number."""
    given = source.get("identifiers") or []
    return [made for one in given if (made := elements.identifier(one, elements.text(one.get("type")) or "VN"))]


def _participants(draft: Draft, sources: list[Practitioner]) -> list[dict[str, Any]]:
    made = []
    for source in sources:
        if who := people.practitioner(draft, source):
            role = elements.text(source.get("role"))
            found = terms.PARTICIPANT.get((role or "").upper())
            kind = elements.coded(terms.PARTICIPATION, found or "PART")
            if role and not found:
                kind["text"] = role
            made.append({"type": [kind], "individual": who})
    return made


def _diagnoses(draft: Draft, encounter: Reference, sources: list[Diagnosis]) -> list[dict[str, Any]]:
    made = []
    for source in sources:
        if found := condition(draft, encounter, source):
            use = terms.DIAGNOSIS_USE.get((source.get("type") or "").upper())
            rank = source.get("priority") or ""
            made.append(
                elements.said(
                    {
                        "condition": found,
                        "use": elements.coded(terms.DIAGNOSIS_ROLE, use) if use else None,
                        # A positiveInt; DG1-15 0 means "not ranked".
                        "rank": int(rank) if rank.isdecimal() and len(rank) < 9 and int(rank) > 0 else None,
                    }
                )
            )
    return made


def _hospitalization(source: Encounter) -> dict[str, Any]:
    return elements.said(
        {
            "admitSource": elements.tabled(source.get("admit_source"), "0023", terms.ADMIT_SOURCES),
            "dischargeDisposition": elements.concept(source.get("discharge_disposition")),
        }
    )


def _locations(draft: Draft, source: Encounter) -> list[dict[str, Any]]:
    """PV1-3 and PV1-6. Guide: the current place is planned before admission and active after it."""
    made = []
    if now := people.location(draft, source.get("place")):
        told = status(source)
        made.append({"location": now, "status": {"planned": "planned", "finished": "completed"}.get(told, "active")})
    if before := people.location(draft, source.get("prior_place")):
        made.append({"location": before, "status": "completed"})
    return made
