"""Diagnoses (DG1) as Condition, procedures (PR1) as Procedure.

Sources: HL7 V2-to-FHIR guide, maps DG1[Condition] and PR1[Procedure]. Where they are silent:
DG1-5 is recordedDate, not the guide's onsetDateTime: it is the day of the diagnosis, not of the disease. DG1-6 is a
second category beside encounter-diagnosis. DG1-17, DG1-26, PR1-9, -10, -13, -14 and -16 are extensions under the name
of the field. What DG1-21 or PR1-20 deletes was entered in error.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from schemas import facts
from schemas.events import Diagnosis, Identifier, Practitioner, Procedure
from schemas.fhir import details, elements, extensions, people, tables, terms, times
from schemas.fhir.draft import Draft, Reference

DELETED = "D"
# SNOMED CT, as the guide has it: PR1-8 anaesthetist, PR1-11 surgeon
_FUNCTIONS = {"PR1-8": "88189002", "PR1-11": "304292004"}
_LONGEST = 60 * 24 * 365


def condition(draft: Draft, encounter: Reference | None, source: Diagnosis) -> Reference | None:
    """DG1; None without a code."""
    code, kind = elements.concept(source.get("code")), (source.get("type") or "").upper()
    if code is None:
        return None
    certainty = "entered-in-error" if deleted(source) else terms.DIAGNOSIS_CERTAINTY.get(kind)
    by = people.practitioners(draft, source.get("by"))
    within = encounter["reference"] if encounter else draft.fact
    return draft.add(
        "Condition",
        facts.name("Condition", draft.person, within, *(_key(source.get("identifier")) or (elements.key(code), kind))),
        {
            "extension": [*_of_condition(source, by[1:]), *details.written(draft, source.get("details"))],
            "identifier": elements.identifiers([one for one in [source.get("identifier")] if one]),
            "verificationStatus": elements.coded(terms.CONDITION_VERIFICATION, certainty) if certainty else None,
            "category": _categories(source),
            "code": code,
            "subject": draft.subject,
            "encounter": encounter,
            "onsetDateTime": times.date_time(source.get("onset")),
            "recordedDate": times.date_time(source.get("recorded")),
            "asserter": by[0] if by else None,
            "note": elements.notes([{"text": source.get("description") or ""}]),
        },
    )


def procedure(draft: Draft, encounter: Reference | None, source: Procedure) -> Reference | None:
    """PR1; None without a code."""
    code, performed = elements.concept(source.get("code")), source.get("performed")
    if code is None:
        return None
    within = encounter["reference"] if encounter else draft.fact
    key = _key(source.get("identifier")) or (elements.key(code), performed or "")
    places = [one for one in (people.location(draft, place) for place in source.get("places") or ()) if one]
    told = elements.one_of(source.get("status"), terms.PROCEDURE_STATUSES)
    return draft.add(
        "Procedure",
        facts.name("Procedure", draft.person, within, *key),
        {
            "extension": [*_of_procedure(source, places[1:]), *details.written(draft, source.get("details"))],
            "identifier": elements.identifiers([one for one in [source.get("identifier")] if one]),
            "partOf": [one for one in [referred("Procedure", source.get("parent"))] if one],
            "status": "entered-in-error" if source.get("action") == DELETED else told or "completed",
            "category": elements.concept(source.get("kind")) or _tabled(source.get("type"), "0230"),
            "code": code,
            "subject": draft.subject,
            "encounter": encounter,
            **_performed(performed, source.get("minutes")),
            "performer": _performers(draft, source),
            "location": places[0] if places else None,
            "reasonCode": elements.concepts(source.get("reasons")),
            "note": elements.notes([{"text": source.get("description") or ""}]),
        },
    )


def deleted(source: Diagnosis) -> bool:
    return source.get("action") == DELETED


def referred(kind: str, number: Identifier | None) -> Reference | None:
    """A reference by identifier: to what another message tells, or never does."""
    made = elements.identifier(number)
    return {"type": kind, "identifier": made} if made else None


def named(field: str, kind: str, value: Any) -> dict[str, Any] | None:
    """An extension under the name of a field ("PV2-2-accommodation-code"), as details have it."""
    return extensions.extension(extensions.OURS + field, kind, value)


def _key(number: Identifier | None) -> tuple[str, str] | None:
    value = elements.text(number.get("value")) if number else None
    return (number.get("system") or "", value) if number and value else None


def _tabled(code: str | None, number: str) -> dict[str, Any] | None:
    return elements.tabled(code, number, tables.codes(number))


def _categories(source: Diagnosis) -> list[dict[str, Any]]:
    kind = elements.concept(source.get("kind")) or _tabled(source.get("type"), "0052")
    own = elements.coded(terms.CONDITION_CATEGORY, "encounter-diagnosis")
    return [own, kind] if kind else [own]


def _of_condition(source: Diagnosis, others: list[Reference]) -> list[dict[str, Any]]:
    attested = times.date_time(source.get("attested"))
    classification = elements.concept(source.get("classification"))
    present = elements.concept(source.get("present_on_admission"))
    return extensions.extensions(
        extensions.extension(f"{extensions.STANDARD}condition-assertedDate", "DateTime", attested),
        extensions.extension(
            f"{extensions.STANDARD}condition-dueTo", "Reference", referred("Condition", source.get("parent"))
        ),
        named("DG1-15-diagnosis-priority", "String", elements.text(source.get("priority"))),
        named("DG1-17-diagnosis-classification", "CodeableConcept", classification),
        named("DG1-21-diagnosis-action-code", "String", elements.text(source.get("action"))),
        named("DG1-26-present-on-admission-poa-indicator", "CodeableConcept", present),
        *(named("DG1-16-diagnosing-clinician", "Reference", one) for one in others),
    )


def _of_procedure(source: Procedure, places: list[Reference]) -> list[dict[str, Any]]:
    ended = "performedPeriod" in _performed(source.get("performed"), source.get("minutes"))
    minutes = None if ended else elements.text(source.get("minutes"))
    return extensions.extensions(
        named("PR1-7-procedure-minutes", "String", minutes),
        named("PR1-9-anesthesia-code", "CodeableConcept", elements.concept(source.get("anesthesia"))),
        named("PR1-10-anesthesia-minutes", "String", elements.text(source.get("anesthesia_minutes"))),
        named("PR1-13-consent-code", "CodeableConcept", elements.concept(source.get("consent"))),
        named("PR1-14-procedure-priority", "String", elements.text(source.get("priority"))),
        named("PR1-20-procedure-action-code", "String", elements.text(source.get("action"))),
        *(named("PR1-16-procedure-code-modifier", "CodeableConcept", one) for one in _modifiers(source)),
        *(named("PR1-23-treating-organizational-unit", "Reference", one) for one in places),
    )


def _modifiers(source: Procedure) -> list[dict[str, Any]]:
    return elements.concepts(source.get("modifiers"))


def _performers(draft: Draft, source: Procedure) -> list[dict[str, Any]]:
    """Each once for what they did; when (ROL-5, -6) is an extension, for R4 has no place for it."""
    made: dict[str, dict[str, Any]] = {}
    for one in source.get("by") or ():
        if who := people.practitioner(draft, one):
            known = _FUNCTIONS.get(one.get("role") or "")
            function = elements.coded(terms.SNOMED, known) if known else _duty(one)
            during = times.period(one.get("start"), one.get("end"))
            told = {
                "extension": extensions.extensions(named("performer-period", "Period", during)),
                "function": function,
                "actor": who,
            }
            made.setdefault(f"{who['reference']} {function}", elements.said(told))
    return list(made.values())


def _duty(one: Practitioner) -> dict[str, Any] | None:
    """The role as sent; the mere name of a field is none."""
    role = elements.text(one.get("role"))
    bare = None if not role or role.startswith("PR1-") else elements.tabled(role, "0443", tables.codes("0443"))
    return elements.concept(one.get("duty")) or bare


def _performed(performed: str | None, minutes: str | None) -> dict[str, Any]:
    """PR1-5, and with PR1-7 when it ended, where a time of day is told (guide); minutes alone are an extension's."""
    start = times.instant(performed)
    if start and minutes and minutes.isascii() and minutes.isdecimal() and 0 < int(minutes[:9]) < _LONGEST:
        try:
            end = datetime.fromisoformat(start.replace("Z", "+00:00")) + timedelta(minutes=int(minutes))
        except (ValueError, OverflowError):
            return {"performedDateTime": start}
        return {"performedPeriod": {"start": start, "end": end.isoformat()}}
    return {"performedDateTime": times.date_time(performed)}
