"""Allergies (AL1) as AllergyIntolerance. Guide: AL1[AllergyIntolerance]."""

from __future__ import annotations

from schemas.events import Allergy
from schemas.fhir import elements, terms, times
from schemas.fhir.draft import Draft, Reference


def write(draft: Draft, source: Allergy) -> Reference:
    """AL1. AL1-4 is the reaction's severity when a reaction is named, and the criticality either way."""
    severity, kind = (source.get("severity") or "").upper(), (source.get("type") or "").upper()
    category = terms.ALLERGY_CATEGORY.get(kind)
    manifestations = [{"text": one} for one in elements.texts(source.get("reactions"))]
    reaction = elements.said({"manifestation": manifestations, "severity": terms.ALLERGY_SEVERITY.get(severity)})
    code = elements.required(source.get("code"))
    return draft.add(
        "AllergyIntolerance",
        draft.of_person("AllergyIntolerance", kind, elements.key(code)),
        {
            # Required unless entered in error (ait-1).
            "clinicalStatus": elements.coded(terms.ALLERGY_CLINICAL, "active"),
            "category": [category] if category else None,
            "criticality": terms.CRITICALITY.get(severity),
            "code": code,
            "patient": draft.subject,
            "onsetDateTime": times.date_time(source.get("identified"), draft.zone),
            "reaction": [reaction] if manifestations else None,
        },
    )
