"""Allergies (AL1, IAM) as AllergyIntolerance. Guide: AL1[AllergyIntolerance], IAM[AllergyIntolerance].

What is deleted (IAM-6 D) or was erroneous (IAM-17 E) is entered in error. IAM-6 X says that nothing changed: it is
written as told in passing, and replaces nothing.
"""

from __future__ import annotations

from typing import Any

from schemas.events import Allergy, Code
from schemas.fhir import details, elements, extensions, people, tables, terms, times
from schemas.fhir.draft import Draft, Reference, key_of

_UNCHANGED = "X"


def write(draft: Draft, source: Allergy) -> Reference:
    """AL1 or IAM. Its severity is the reaction's when a reaction is named, and the criticality either way."""
    severity, kind = (source.get("severity") or "").upper(), (source.get("type") or "").upper()
    action = (source.get("action") or "").strip().upper()
    sensitivity = elements.concept(source.get("sensitivity")) or {}
    clinical, verified = _status((source.get("status") or "").strip().upper(), action)
    category = terms.ALLERGY_CATEGORY.get(kind)
    code = elements.required(source.get("code"))
    number = source.get("identifier")
    onset = source.get("onset") or source.get("identified")
    recorders = people.practitioners(draft, source.get("recorded_by"))
    return draft.add(
        "AllergyIntolerance",
        draft.of_person("AllergyIntolerance", *(key_of([number] if number else None) or (kind, elements.key(code)))),
        {
            "extension": _beside(draft, source),
            "identifier": elements.identifiers([number] if number else None),
            "clinicalStatus": elements.coded(terms.ALLERGY_CLINICAL, clinical) if clinical else None,
            "verificationStatus": elements.coded(terms.ALLERGY_VERIFICATION, verified) if verified else None,
            "type": next(
                filter(None, (terms.SENSITIVITY.get(one.get("code", "")) for one in sensitivity.get("coding", ()))),
                None,
            ),
            "category": [category] if category else None,
            "criticality": terms.CRITICALITY.get(severity),
            "code": code,
            "patient": draft.subject,
            "onsetDateTime": times.date_time(onset),
            "recordedDate": times.date_time(source.get("recorded") or source.get("reported")),
            "recorder": recorders[0] if recorders else None,
            "note": people.notes(draft, source.get("notes")),
            "reaction": _reactions(source, severity),
        },
        version="0" if action == _UNCHANGED else None,
    )


def _status(status: str, action: str) -> tuple[str | None, str | None]:
    """Clinical and verification status (table 0438, which the guide maps). The first must be there unless entered in
    error (ait-1), and must not be then (ait-2)."""
    if action == "D" or status == "E":
        return None, "entered-in-error"
    return ("inactive" if status == "I" else "active"), terms.ALLERGY_CERTAINTY.get(status)


def _reactions(source: Allergy, severity: str) -> list[dict[str, Any]] | None:
    told = [{"text": one} for one in elements.texts(source.get("reactions"))]
    manifestations = [*told, *elements.concepts(source.get("manifestations"))]
    if not manifestations:
        return None
    return [elements.said({"manifestation": manifestations, "severity": terms.ALLERGY_SEVERITY.get(severity)})]


def _beside(draft: Draft, source: Allergy) -> list[dict[str, Any]]:
    """Type, severity and status as sent, for FHIR's words tell less; and what R4 has no element for."""
    coded = (
        (extensions.ALLERGY_TYPE, _as_sent(source.get("type_code"), source.get("type"), "0127")),
        (extensions.ALLERGY_SEVERITY, _as_sent(source.get("severity_code"), source.get("severity"), "0128")),
        (extensions.ALLERGY_STATUS, _as_sent(source.get("status_code"), source.get("status"), "0438")),
        (extensions.ALLERGY_SENSITIVITY, elements.concept(source.get("sensitivity"))),
        (extensions.ALLERGY_GROUP, elements.concept(source.get("group"))),
        (extensions.ALLERGY_RELATIONSHIP, elements.concept(source.get("relationship"))),
    )
    reporter = source.get("reported_by")
    reported = times.date_time(source.get("reported")) if source.get("recorded") else None
    identified = times.date_time(source.get("identified")) if source.get("onset") else None
    others = people.practitioners(draft, source.get("recorded_by"))[1:]
    return [
        *extensions.extensions(
            *(extensions.extension(url, "CodeableConcept", one) for url, one in coded),
            *(
                extensions.extension(extensions.ALLERGY_REPORTER, "HumanName", one)
                for one in elements.human_names([reporter] if reporter else None)
            ),
            extensions.extension(extensions.ALLERGY_REPORTED, "DateTime", reported),
            extensions.extension(extensions.ALLERGY_IDENTIFIED, "DateTime", identified),
            *(extensions.extension(extensions.ALLERGY_RECORDER, "Reference", one) for one in others),
        ),
        *extensions.texts(
            (extensions.ALLERGY_ACTION, source.get("action")),
            (extensions.ALLERGY_ONSET, source.get("onset_text")),
        ),
        *details.written(draft, source.get("details")),
    ]


def _as_sent(code: Code | None, bare: str | None, number: str) -> dict[str, Any] | None:
    """The whole code, else the bare one as a code of its v2 table."""
    return elements.concept(code) or elements.tabled(bare, number, tables.codes(number))
