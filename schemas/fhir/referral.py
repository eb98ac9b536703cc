"""Referrals (RF1, PRD): a ServiceRequest that asks somebody else to take over or to give an opinion.

Source: HL7 V2-to-FHIR guide, message map REF_I12, and FHIR R4 ServiceRequest. Ours: a referral is an order of the
category SNOMED CT 3457005; what table 0283 calls pending or accepted is active, rejected or expired is revoked, and
so is one that I14 takes back; procedures (PR1) are what is asked for in detail and, since nobody says that they are
done, Procedures of an unknown status. What R4 has no element for is an extension …/referral-<name>.
"""

from __future__ import annotations

from typing import Any

from schemas.events import Identifier, Practitioner, Procedure
from schemas.fhir import (
    clinical,
    contacts,
    coverage,
    elements,
    encounter,
    extensions,
    observation,
    participants,
    people,
    tables,
    terms,
    times,
)
from schemas.fhir.draft import Draft, Reference

SNOMED = "http://snomed.info/sct"
REFERRAL = {"coding": [{"system": SNOMED, "code": "3457005", "display": "Patient referral"}]}
# Table 0283; ours
STATUS = {"A": "active", "P": "active", "R": "revoked", "E": "revoked"}
_CODES = {"state": "status", "documentation": "documentation"}


def recorded(draft: Draft) -> None:
    """ReferralRecorded."""
    event = draft.event
    visit = encounter.write(draft, event.get("encounter"))
    within = {"status": "final", "encounter": visit, "alone": True}
    supporting = [observation.write(draft, one, within) for one in event.get("observations") or ()]
    reasons = [clinical.condition(draft, visit, one) for one in event.get("diagnoses") or ()]
    named: list[Procedure] = event.get("procedures") or []
    asked = elements.concepts(told for one in named if (told := one.get("code")))
    for one in named:
        supporting.append(clinical.procedure(draft, visit, {**one, "status": one.get("status") or "unknown"}))
    code = elements.concept(event.get("kind")) or (asked[0] if asked else None)
    draft.add(
        "ServiceRequest",
        draft.fact,
        {
            "extension": _beside(draft),
            "identifier": elements.identifiers(_numbers(event)),
            "status": status(event),
            "intent": "order",
            "category": [REFERRAL, *elements.concepts([event["category"]] if event.get("category") else None)],
            "priority": _priority(event),
            "code": code,
            # Only of a code (prr-1)
            "orderDetail": [*asked, *elements.concepts(event.get("disposition"))] if code else None,
            "subject": draft.subject,
            "encounter": visit,
            "occurrencePeriod": times.period(event.get("effective"), event.get("expires")),
            "authoredOn": times.date_time(event.get("processed")),
            "requester": _requester(draft),
            "performer": _performers(draft),
            "reasonCode": [*elements.concepts(event.get("reasons")), *_reason(event)],
            "reasonReference": people.each_once(reasons),
            "insurance": [coverage.write(draft, one) for one in event.get("insurances") or ()],
            "supportingInfo": people.each_once(supporting),
            "note": [
                *people.notes(draft, event.get("notes")),
                *elements.notes([{"text": event.get("comment") or ""}]),
            ],
        },
    )


def status(event: dict[str, Any]) -> str:
    """ServiceRequest.status; one that tells none is active: it was sent to be acted on."""
    if event.get("cancelled") or (event.get("action") or "").upper() == "D":
        return "revoked"
    return STATUS.get((event.get("status") or "").upper(), "unknown") if event.get("status") else "active"


def _numbers(event: dict[str, Any]) -> list[Identifier]:
    return [one for one in (event.get("number"), event.get("external_number")) if one]


def _priority(event: dict[str, Any]) -> str | None:
    """RF1-2, table 0280: its codes are those of table 0485."""
    sent = elements.concept(event.get("priority")) or {}
    words = [*(one.get("code", "") for one in sent.get("coding", ())), sent.get("text", "")]
    return next((terms.PRIORITY[word.upper()] for word in words if word.upper() in terms.PRIORITY), None)


def _reason(event: dict[str, Any]) -> list[dict[str, Any]]:
    text = elements.text(event.get("reason_text"))
    return [{"text": text}] if text else []


def _sides(draft: Draft, side: str) -> list[Reference]:
    """Those who refer, or are referred to: persons, else the body alone; a person's body stands beside him."""
    event = draft.event
    named: list[Practitioner] = event.get(side) or []
    who = [participants.reference(draft, one) for one in named]
    return people.each_once([*who, people.organization(draft, event.get(f"{side}_organization"))])


def _requester(draft: Draft) -> Reference | None:
    return next(iter(_sides(draft, "referring")), None)


def _performers(draft: Draft) -> list[Reference]:
    """A person and the body that he is of: R4 takes both."""
    named: list[Practitioner] = draft.event.get("referred_to") or []
    bodies = [people.organization(draft, one.get("organization")) for one in named]
    return people.each_once([*_sides(draft, "referred_to"), *bodies])


def _beside(draft: Draft) -> list[dict[str, Any]]:
    event = draft.event
    made = [_own("other-referring", "Reference", one) for one in _sides(draft, "referring")[1:]]
    sides = [one for side in ("referring", "referred_to", "providers") for one in event.get(side) or ()]
    named = participants.written(draft, f"{extensions.OURS}referral-provider", sides)
    for key, name in _CODES.items():
        made.append(_own(name, "CodeableConcept", elements.concept(event.get(key))))
    made.append(_own("priority", "CodeableConcept", elements.concept(event.get("priority"))))
    made.append(_own("stops", "DateTime", times.date_time(event.get("stops"))))
    made.append(_own("action", "CodeableConcept", elements.tabled(event.get("action"), "0206", tables.codes("0206"))))
    made.append(_own("authorization", "Identifier", elements.identifier(event.get("authorization"))))
    return [*extensions.extensions(*made), *named, *contacts.written(draft, event.get("contacts"))]


def _own(name: str, kind: str, value: Any) -> dict[str, Any] | None:
    return extensions.extension(f"{extensions.OURS}referral-{name}", kind, value)
