"""Visits: Encounter with its Conditions and Procedures.

Sources: HL7 V2-to-FHIR guide, maps PV1[Encounter], PV2[Encounter], DG1[Encounter] and Event[EncounterStatus]. Where
they are silent: the bare name of a field is an extension's ("PV2-2-accommodation-code"), that of expected times too.
A visit of a newborn is part of the mother's, and an episode is only named (references by identifier). Places and
participants have element ids that say what they are to the visit ("pending", "AT.1"): who tells of one leaves the
others as they stand.
"""

from __future__ import annotations

import re
from typing import Any

from schemas import facts
from schemas.events import Code, Diagnosis, Encounter, Practitioner
from schemas.fhir import coverage, details, elements, extensions, people, quantity, tables, terms, times
from schemas.fhir.clinical import condition, deleted, named, procedure, referred
from schemas.fhir.draft import Draft, Reference, key_of

__all__ = [
    "CLEARS",
    "classified",
    "condition",
    "consistent",
    "emptied",
    "procedure",
    "recorded",
    "status",
    "weak",
    "write",
]

# The places of a visit: field, element id, status. Guide; "" is told by the visit's own.
PLACES = (
    ("place", "place", ""),
    ("temporary_place", "temporary", ""),
    ("pending_place", "pending", "reserved"),
    ("prior_place", "prior", "completed"),
    ("prior_temporary_place", "prior-temporary", "completed"),
    ("prior_pending_place", "prior-pending", "planned"),
)
_HERE = frozenset({"place", "temporary"})
_HERE_WHILE = {"planned": "planned"} | dict.fromkeys(("finished", "cancelled", "entered-in-error"), "completed")

# Fields that R4 has no element for: field → name of the extension, type, and the v2 table of its codes.
EXTENSIONS: dict[str, tuple[str, str, str]] = {
    "patient_class": ("PV1-2-patient-class", "CodeableConcept", "0004"),
    "account_status": ("PV1-41-account-status", "CodeableConcept", ""),
    "accommodation": ("PV2-2-accommodation-code", "CodeableConcept", ""),
    "transfer_reason": ("PV2-4-transfer-reason", "CodeableConcept", ""),
    "expected_admission": ("PV2-8-expected-admit-date-time", "DateTime", ""),
    "expected_discharge": ("PV2-9-expected-discharge-date-time", "DateTime", ""),
    "expected_length_days": ("PV2-10-estimated-length-of-inpatient-stay", "Duration", ""),
    "description": ("PV2-12-visit-description", "String", ""),
    "patient_status": ("PV2-24-patient-status-code", "CodeableConcept", "0216"),
    "expected_disposition": ("PV2-27-expected-discharge-disposition", "CodeableConcept", "0112"),
    "expected_surgery": ("PV2-33-expected-surgery-date-and-time", "DateTime", ""),
    "newborn": ("PV2-36-newborn-baby-indicator", "Boolean", ""),
    "level_of_care": ("PV2-40-admission-level-of-care-code", "CodeableConcept", "0432"),
    "precautions": ("PV2-41-precaution-code", "CodeableConcept", "0433"),
    "condition": ("PV2-42-patient-condition-code", "CodeableConcept", "0434"),
    "expected_return": ("PV2-47-expected-loa-return-date-time", "DateTime", ""),
}
_ARRIVAL = f"{extensions.STANDARD}encounter-modeOfArrival"

# Which parts of the Encounter an event's `cleared` field empties ("" in HL7, or a cancelled event).
CLEARS: dict[str, tuple[str, ...]] = {
    "identifiers": ("identifier",),
    "type": ("type",),
    "admission_type": ("type",),
    "participants": ("participant",),
    "admitted": ("period.start",),
    "discharged": ("period.end",),
    "length_days": ("length",),
    "priority": ("priority",),
    "admit_source": ("hospitalization.admitSource",),
    "readmission": ("hospitalization.reAdmission",),
    "preadmission": ("hospitalization.preAdmissionIdentifier",),
    "diet": ("hospitalization.dietPreference",),
    "vip": ("hospitalization.specialCourtesy",),
    "courtesies": ("hospitalization.specialCourtesy",),
    "ambulatory_statuses": ("hospitalization.specialArrangement",),
    "discharge_disposition": ("hospitalization.dischargeDisposition",),
    "discharged_to": ("hospitalization.destination",),
    "hospital_service": ("serviceType",),
    "reason": ("reasonCode",),
    "account": ("account",),
    "diagnoses": ("diagnosis",),
    "part_of": ("partOf",),
    "episode": ("episodeOfCare",),
    "arrival": (f"extension:{_ARRIVAL}",),
    **{field: (f"location:{name}",) for field, name, _ in PLACES},
    **{field: (f"extension:{extensions.OURS}{name}",) for field, (name, _, _) in EXTENSIONS.items()},
}


def emptied(field: str) -> tuple[str, ...]:
    """What a cleared field empties; "participants:AT" are those of one role."""
    name, _, role = field.partition(":")
    return (f"participant:{_element_id(role)}",) if role and name == "participants" else CLEARS.get(field, ())


def weak(event: dict[str, Any]) -> tuple[str, ...]:
    """What an event says of its visit only for want of anything better: a status made from the class of the patient."""
    told = event.get("encounter") or {}
    untold = event["type"] == "EncounterRecorded" and not (told.get("status") or told.get("discharged"))
    return ("status",) if untold else ()


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
    for one in source.get("procedures") or ():
        procedure(draft, own, one)
    service = elements.concept(source.get("service"))
    return draft.add(
        "Encounter",
        id,
        {
            "extension": _extensions(draft, source),
            "identifier": _numbers(source),
            "status": status(source),
            "class": classified(source.get("class_code")),
            "type": _types(source),
            "serviceType": service or elements.tabled(source.get("hospital_service"), "0069", terms.HOSPITAL_SERVICES),
            "priority": elements.translated(
                source.get("priority"), terms.ACT_PRIORITY, terms.ENCOUNTER_PRIORITY, "0217"
            ),
            "subject": draft.subject,
            "episodeOfCare": _each(referred("EpisodeOfCare", source.get("episode"))),
            "participant": _participants(draft, source.get("participants") or []),
            "period": times.period(source.get("admitted"), source.get("discharged")),
            "length": _days(source.get("length_days")),
            "reasonCode": _each(elements.concept(source.get("reason"))),
            "diagnosis": _diagnoses(draft, own, source.get("diagnoses") or []),
            "account": [account] if account else None,
            "hospitalization": _hospitalization(draft, source),
            "location": _locations(draft, source),
            "serviceProvider": provider,
            "partOf": referred("Encounter", source.get("part_of")),
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


def consistent(visit: dict[str, Any]) -> dict[str, Any]:
    """The Encounter, with the places where the patient is now in the status that goes with its own."""
    now = _HERE_WHILE.get(visit.get("status", ""), "active")
    places = visit.get("location") or ()
    if all(one.get("id") not in _HERE or one.get("status") == now for one in places):
        return visit
    return {**visit, "location": [{**one, "status": now} if one.get("id") in _HERE else one for one in places]}


def _unnumbered(draft: Draft) -> str:
    return draft.fact if draft.event["type"] == "EncounterRecorded" else draft.name("Encounter")


def _numbers(source: Encounter) -> list[dict[str, Any]]:
    """PV1-19, PV1-50 and PV1-5: a number without a type is a visit number."""
    given = source.get("identifiers") or []
    return [made for one in given if (made := elements.identifier(one, elements.text(one.get("type")) or "VN"))]


def _types(source: Encounter) -> list[dict[str, Any]]:
    admission = elements.concept(source.get("admission"))
    bare = elements.tabled(source.get("admission_type"), "0007", terms.ADMISSION_TYPES)
    return [one for one in (elements.concept(source.get("type")), admission or bare) if one]


def _participants(draft: Draft, sources: list[Practitioner]) -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = []
    counts: dict[str, int] = {}
    for source in sources:
        if who := people.practitioner(draft, source):
            role = elements.text(source.get("role"))
            name = _element_id(role or "")
            counts[name] = counts.get(name, 0) + 1
            found = terms.PARTICIPANT.get((role or "").upper())
            kind = elements.coded(terms.PARTICIPATION, found or "PART")
            if role and not found:
                kind["text"] = role
            during = times.period(source.get("start"), source.get("end"))
            kinds = [kind, *_each(elements.concept(source.get("duty")))]
            told = {"id": f"{name}.{counts[name]}", "type": kinds, "period": during, "individual": who}
            made.append(elements.said(told))
    return made


def _element_id(role: str) -> str:
    return re.sub(r"[^A-Za-z0-9-]", "-", role)[:32] or "PART"


def _diagnoses(draft: Draft, encounter: Reference, sources: list[Diagnosis]) -> list[dict[str, Any]]:
    made = []
    for source in sources:
        found = condition(draft, encounter, source)
        if found and not deleted(source):
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


def _hospitalization(draft: Draft, source: Encounter) -> dict[str, Any]:
    where = elements.concept(source.get("discharged_to")) or {}
    coded = [one.get("display") or one.get("code") for one in where.get("coding", ())]
    name = elements.text(where.get("text")) or next((one for one in coded if one), None)
    statuses = source.get("ambulatory_statuses") or []
    courtesies = [source.get("vip"), *(source.get("courtesies") or ())]
    return elements.said(
        {
            "preAdmissionIdentifier": elements.identifier(source.get("preadmission")),
            "admitSource": elements.concept(source.get("source"))
            or elements.tabled(source.get("admit_source"), "0023", terms.ADMIT_SOURCES),
            "reAdmission": _coded(source.get("readmission"), "0092"),
            "dietPreference": _each(_coded(source.get("diet"), "0114")),
            "specialCourtesy": [made for one in courtesies if (made := elements.concept(one))],
            "specialArrangement": [made for one in statuses if (made := _coded(one, "0009"))],
            "destination": _destination(draft, name, where),
            "dischargeDisposition": elements.concept(source.get("discharge_disposition")),
        }
    )


def _destination(draft: Draft, name: str | None, where: dict[str, Any]) -> Reference | None:
    """PV1-37: a Location of that name, with the code as its type."""
    found = people.location(draft, {"text": name}) if name else None
    if found and (codings := where.get("coding")):
        draft.add("Location", found["reference"].partition("/")[2], {"type": [{"coding": codings}]})
    return found


def _locations(draft: Draft, source: Encounter) -> list[dict[str, Any]]:
    """PV1-3, -6, -11, -42, -43 and PV2-1. The patient came to the place when they left the prior one."""
    now = _HERE_WHILE.get(status(source), "active")
    moved = times.date_time(source.get("moved"))
    told: dict[str, Any] = {**source}
    during = {"place": {"start": moved}, "prior": {"end": moved}} if moved else {}
    return [
        elements.said({"id": name, "location": where, "status": state or now, "period": during.get(name)})
        for field, name, state in PLACES
        if (where := people.location(draft, told.get(field)))
    ]


def _extensions(draft: Draft, source: Encounter) -> list[dict[str, Any]]:
    told: dict[str, Any] = {**source}
    made: list[dict[str, Any] | None] = []
    for field, (name, kind, table) in EXTENSIONS.items():
        given = told.get(field)
        for one in given if isinstance(given, list) else [given]:
            if kind == "CodeableConcept":
                made.append(named(name, kind, _coded(one, table)))
            elif kind == "DateTime":
                made.append(named(name, kind, times.date_time(one)))
            elif kind == "Duration":
                made.append(named(name, kind, _days(one)))
            elif kind == "Boolean" and one is not None:
                made.append({"url": extensions.OURS + name, "valueBoolean": bool(one)})
            elif kind == "String":
                made.append(named(name, kind, elements.text(one)))
    arrival = _coded(source.get("arrival"), "0430") or {}
    for one in arrival.get("coding", ())[:1]:
        made.append(extensions.extension(_ARRIVAL, "Coding", one))
    return [*extensions.extensions(*made), *details.written(draft, source.get("details"))]


def _coded(code: Code | None, table: str) -> dict[str, Any] | None:
    """A code that names no system is one of its field's table, if that has it."""
    made = elements.concept(code)
    known = tables.codes(table) if table else frozenset()
    if made and any("system" not in one and one.get("code") in known for one in made.get("coding", ())):
        system = terms.table(table)
        codings = [{"system": system, **one} if one.get("code") in known else one for one in made["coding"]]
        return {**made, "coding": codings}
    return made


def _days(text: str | None) -> dict[str, Any] | None:
    return quantity.quantity(text, {"unit": "d", "system": terms.UCUM, "code": "d"})


def _each(one: Any) -> list[Any]:
    return [one] if one else []
