"""Who pays: insurances (IN1 to IN3) as Coverage, the account number (PID-18) with who answers for it (GT1) as Account.

Sources: HL7 V2-to-FHIR guide, maps IN1[Coverage], PID[Account] and GT1[Account]. It has no map for IN3: a certification
is an agreement of the payer, as IN1-14 is, and stands beside the cover.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from schemas import facts
from schemas.events import Guarantor, Identifier, Insurance
from schemas.fhir import details, elements, extensions, kin, people, terms, times
from schemas.fhir.draft import Draft, Reference

# Table 0206, IN1-55: what is deleted was never right; X changes nothing
_DELETED, _UNCHANGED = "D", "X"


def write(draft: Draft, source: Insurance) -> Reference:
    """IN1. The payer is required; where none is named that is said."""
    payor = people.organization(draft, source.get("company"))
    plan, policy = elements.concept(source.get("plan")), elements.text(source.get("policy"))
    numbers = elements.identifiers(source.get("subscriber_identifiers"))
    who = kin.insured(source.get("subscriber"), {**source})
    insured = kin.related_person(draft, who)
    action = (source.get("action") or "").strip().upper()
    rank = source.get("priority") or ""
    relation, of_patient = source.get("relationship"), source.get("patient_relationship")
    return draft.add(
        "Coverage",
        draft.of_person("Coverage", payor["reference"] if payor else "", policy or "", elements.key(plan)),
        {
            "extension": _beside(draft, source),
            "identifier": [*([{"value": policy}] if policy else []), *elements.identifiers(source.get("members"))],
            "status": "entered-in-error" if action == _DELETED else "active",
            "type": elements.concept(source.get("type")) or plan,
            "policyHolder": people.organization(draft, source.get("subscriber_organization")),
            "subscriber": insured,
            "subscriberId": numbers[0]["value"] if numbers else policy,
            "beneficiary": draft.subject,
            "relationship": elements.translated(
                of_patient or relation, terms.SUBSCRIBER_RELATIONSHIP, terms.SUBSCRIBER, "0063"
            ),
            "period": times.period(source.get("start"), source.get("end")),
            "payor": [payor or extensions.absent()],
            "class": _classes(source, plan),
            # A positiveInt
            "order": int(rank) if _positive(rank) else None,
        },
        version="0" if action == _UNCHANGED else None,
    )


def _positive(rank: str) -> bool:
    return rank.isascii() and rank.isdecimal() and len(rank) < 10 and int(rank) > 0


def _beside(draft: Draft, source: Insurance) -> list[dict[str, Any]]:
    insured = elements.concept(source.get("relationship")) if source.get("patient_relationship") else None
    plan, rank = elements.concept(source.get("plan")), source.get("priority") or ""
    coordination, work = elements.concept(source.get("coordination")), source.get("employer")
    return [
        *extensions.extensions(
            extensions.extension(extensions.COVERAGE_INSURED, "CodeableConcept", insured),
            extensions.extension(extensions.COVERAGE_PLAN, "CodeableConcept", plan if source.get("type") else None),
            extensions.extension(extensions.COVERAGE_COORDINATION, "CodeableConcept", coordination),
            extensions.extension(extensions.EMPLOYER, "Reference", people.organization(draft, work)),
            *(
                extensions.extension(extensions.COVERAGE_AUTHORIZATION, "Identifier", one)
                for one in elements.identifiers(source.get("authorizations"))
            ),
        ),
        *extensions.texts(
            (extensions.COVERAGE_ACTION, source.get("action")),
            (extensions.COVERAGE_PRIORITY, None if _positive(rank) else rank),
        ),
        *details.written(draft, source.get("details")),
    ]


def _classes(source: Insurance, plan: dict[str, Any] | None) -> list[dict[str, Any]]:
    """The group, and the plan too where the cover's type is another code. A class needs a value."""
    group, name = elements.text(source.get("group")), elements.text(source.get("group_name"))
    made = []
    if group or name:
        made.append(_class("group", group or name or "", name if group else None))
    if plan and elements.concept(source.get("type")):
        coding: dict[str, Any] = next((one for one in plan.get("coding", ()) if "code" in one), {})
        value = coding.get("code") or plan.get("text") or coding.get("display")
        made += [_class("plan", value, coding.get("display") or plan.get("text"))] if value else []
    return made


def _class(kind: str, value: str, name: str | None) -> dict[str, Any]:
    type_ = elements.coded(terms.COVERAGE_CLASS, kind)
    return elements.said({"type": type_, "value": value, "name": name})


def account(
    draft: Draft, source: Identifier | None, answering: Iterable[Guarantor] = (), person: str | None = None
) -> Reference | None:
    """PID-18, and who answers for it. Only messages to the accounts (BAR) tell whether it is open.

    Guarantors without an account number answer for one account of the person that has none. `person`: another than
    the event's.
    """
    made = elements.identifier(source, elements.text(source.get("type")) or "AN") if source else None
    guarantors = [one for guarantor in answering if (one := _answers(draft, guarantor))]
    if made is None and not guarantors:
        return None
    key = (source.get("system") or "", source["value"]) if source and made else ("guarantors",)
    return draft.add(
        "Account",
        facts.name("Account", person or draft.person, *key),
        {
            "identifier": [made] if made else None,
            "status": elements.one_of(draft.event.get("account_status"), terms.ACCOUNT_STATUSES) or "unknown",
            "subject": [{"reference": f"Patient/{person}"} if person else draft.subject],
            "guarantor": guarantors,
        },
    )


def _answers(draft: Draft, source: Guarantor) -> dict[str, Any] | None:
    party = kin.guarantor(draft, source)
    if party is None:
        return None
    held = times.period(source.get("start"), source.get("end"))
    return elements.said({"party": party, "onHold": source.get("hold"), "period": held})
