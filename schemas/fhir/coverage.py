"""Who pays: insurances (IN1) as Coverage, the account number (PID-18) as Account.

Source: HL7 V2-to-FHIR guide, maps IN1[Coverage] and PID[Account].
"""

from __future__ import annotations

from typing import Any

from schemas.events import Contact, Identifier, Insurance
from schemas.fhir import elements, extensions, kin, people, terms, times
from schemas.fhir.draft import Draft, Reference


def write(draft: Draft, source: Insurance) -> Reference:
    """IN1. The payer is required; where none is named that is said."""
    payor = people.organization(draft, source.get("company"))
    plan, policy = elements.concept(source.get("plan")), elements.text(source.get("policy"))
    subscriber = source.get("subscriber")
    numbers = elements.identifiers(source.get("subscriber_identifiers"))
    insured = None
    if subscriber or numbers:
        who: Contact = {"names": [subscriber] if subscriber else []}
        who["identifiers"] = source.get("subscriber_identifiers") or []
        insured = kin.related_person(draft, who)
    return draft.add(
        "Coverage",
        draft.of_person("Coverage", payor["reference"] if payor else "", policy or "", elements.key(plan)),
        {
            "identifier": [{"value": policy}] if policy else None,
            "status": "active",
            "type": plan,
            "subscriber": insured,
            "subscriberId": numbers[0]["value"] if numbers else policy,
            "beneficiary": draft.subject,
            "relationship": elements.concept(source.get("relationship")),
            "period": times.period(source.get("start"), source.get("end"), draft.zone),
            "payor": [payor or extensions.absent()],
            "class": _group(source.get("group")),
        },
    )


def _group(number: str | None) -> list[dict[str, Any]] | None:
    number = elements.text(number)
    return [{"type": elements.coded(terms.COVERAGE_CLASS, "group"), "value": number}] if number else None


def account(draft: Draft, source: Identifier | None) -> Reference | None:
    """PID-18. Whether the account is still open is not told."""
    made = elements.identifier(source, "AN")
    if source is None or made is None:
        return None
    return draft.add(
        "Account",
        draft.of_person("Account", source.get("system") or "", source["value"]),
        {"identifier": [made], "status": "unknown", "subject": [draft.subject]},
    )
