"""Acts on a bill: ChargeItem, with what was done (Procedure), why (Condition) and the Account it stands on.

Source: FHIR R4 ChargeItem; the HL7 V2-to-FHIR guide has no map for FT1. Decided here:

- A charge (FT1-6 CG), and an act told to the accounts (PR1), is billable. A credit (CD) counts against the charge it
  names in `partOf`: its factor is -1. Payments, adjustments and co-payments are no items of a bill: not-billable. A
  procedure that is taken back (PR1-20 D) was entered in error.
- `priceOverride` is the price of all of it (FT1-11); what one costs (FT1-12) is an extension, as of a dispensation.
- FT1-21 has no element: it is a performer whose function is to order.
"""

from __future__ import annotations

from typing import Any, Final

from schemas.events import Code, Order
from schemas.fhir import elements, encounter, extensions, observation, order, people, quantity, terms, times
from schemas.fhir.coverage import account
from schemas.fhir.draft import Draft, Reference

STATUSES: Final = {"CG": "billable", "CD": "billable", "CO": "not-billable", "PY": "not-billable", "AJ": "not-billable"}
_FUNCTIONS: Final = {"performers": ("PRF", "performed by"), "ordered_by": ("REFB", "ordered by")}


def recorded(draft: Draft) -> None:
    """ChargeRecorded: one act charged, credited or done."""
    event = draft.event
    kind = (event.get("kind") or "").upper()
    visit = encounter.write(draft, event.get("encounter"))
    conditions = [encounter.condition(draft, visit, one) for one in event.get("diagnoses") or ()]
    seen = [observation.write(draft, one, within=None) for one in event.get("observations") or ()]
    procedures = [encounter.procedure(draft, visit, one) for one in _procedures(event)]
    number, on = elements.identifier(event.get("number")), account(draft, event.get("account"))
    enterers = people.practitioners(draft, event.get("entered_by"))
    day = times.date_time(event.get("performed"))
    period = times.period(event.get("performed"), event.get("performed_end"))
    credit = _credits(event)
    draft.add(
        "ChargeItem",
        draft.fact,
        {
            "extension": _extensions(draft),
            "identifier": [number] if number else None,
            "status": _status(event, kind, credit),
            "partOf": [{"type": "ChargeItem", "identifier": number}] if credit and number else None,
            "code": elements.required(event.get("code")),
            "subject": draft.subject,
            "context": visit,
            "occurrencePeriod": period if event.get("performed_end") else None,
            "occurrenceDateTime": None if event.get("performed_end") and period else day,
            "performer": _performers(draft),
            "performingOrganization": people.organization(draft, event.get("performing_organization")),
            "requestingOrganization": people.organization(draft, event.get("ordering_organization")),
            "costCenter": _department(event.get("department")),
            "quantity": quantity.quantity(event.get("quantity"), {}),
            "factorOverride": -1 if credit else None,
            "priceOverride": quantity.money(event.get("amount"), _currency(event)),
            "enterer": enterers[0] if enterers else None,
            "enteredDate": times.date_time(event.get("posted")),
            "reason": elements.concepts(event.get("reasons")),
            "service": people.each_once(procedures),
            "productCodeableConcept": elements.concept(event.get("product")),
            "account": [on] if on else None,
            "note": [*people.notes(draft, event.get("notes")), *_descriptions(event)],
            "supportingInformation": [*people.each_once([*conditions, *seen]), *_orders(draft, visit)],
        },
    )


def _credits(event: dict[str, Any]) -> bool:
    """Whether it counts against another: a credit, or what was sent in its place (a negative charge)."""
    return bool(event["about"].rpartition("|")[2] == "CD" and event.get("kind") is not None)


def _status(event: dict[str, Any], kind: str, credit: bool) -> str:
    if event["place"].startswith("PR1"):
        return "entered-in-error" if kind == "CD" else "billable"
    return "billable" if credit else STATUSES.get(kind, "unknown" if kind else "billable")


def _procedures(event: dict[str, Any]) -> list[Any]:
    """PR1, then the procedure code of the charge (FT1-25) unless a PR1 has it."""
    told = [*(event.get("procedures") or ())]
    code = elements.concept(event.get("procedure"))
    if code and elements.key(code) not in {elements.key(elements.concept(one.get("code"))) for one in told}:
        told.append({"code": event["procedure"], "performed": event.get("performed")})
    return told


def _performers(draft: Draft) -> list[dict[str, Any]]:
    made = []
    for name, (code, words) in _FUNCTIONS.items():
        function = {**elements.coded(terms.PARTICIPATION, code), "text": words}
        made += [{"function": function, "actor": who} for who in people.practitioners(draft, draft.event.get(name))]
    return made


def _department(source: Code | None) -> Reference | None:
    """FT1-13 is a code, not a body: it is named, not written."""
    made = elements.concept(source)
    if made is None:
        return None
    coding: dict[str, Any] = next(iter(made.get("coding", ())), {})
    number = elements.said({"system": coding.get("system"), "value": coding.get("code")})
    named = made.get("text") or coding.get("display")
    return elements.said(
        {"type": "Organization", "identifier": number if "value" in number else None, "display": named}
    )


def _currency(event: dict[str, Any]) -> str:
    currency = (event.get("currency") or "").strip().upper()
    return terms.CURRENCY.get(currency, currency)


def _descriptions(event: dict[str, Any]) -> list[dict[str, Any]]:
    """FT1-8 and -9, unless the code says the same."""
    known = (event.get("code") or {}).get("text")
    return [{"text": one} for one in elements.texts(event.get("descriptions")) if one != known]


def _orders(draft: Draft, visit: Reference | None) -> list[Reference]:
    """The order, told in passing. A filler's number alone (FT1-23) is only named: its order may be known by another."""
    told: Order | None = draft.event.get("order")
    if not told:
        return []
    if elements.beyond(told, {"filler"}):
        return [order.mentioned(draft, told, visit)]
    number = elements.identifier(told.get("filler"), "FILL")
    return [{"type": "ServiceRequest", "identifier": number}] if number else []


def _extensions(draft: Draft) -> list[dict[str, Any]]:
    event, one, currency = draft.event, extensions.extension, _currency(draft.event)
    coded = (
        (extensions.CHARGE_KIND, "sent_kind"),
        (extensions.CHARGE_PLAN, "plan"),
        (extensions.CHARGE_SCHEDULE, "fee_schedule"),
        (extensions.CHARGE_PATIENT_TYPE, "patient_type"),
    )
    prices = (
        (extensions.UNIT_PRICE, "unit_price"),
        (extensions.CHARGE_INSURED, "insured_amount"),
        (extensions.CHARGE_COST, "unit_cost"),
    )
    numbers = ((extensions.CHARGE_AUTHORIZATION, "authorization"), (extensions.CHARGE_PRESCRIPTION, "prescription"))
    return extensions.extensions(
        *(one(url, "CodeableConcept", elements.concept(event.get(name))) for url, name in coded),
        *(
            one(extensions.CHARGE_MODIFIER, "CodeableConcept", made)
            for made in elements.concepts(event.get("modifiers"))
        ),
        *(one(url, "Money", quantity.money(event.get(name), currency)) for url, name in prices),
        *(one(url, "Identifier", elements.identifier(event.get(name))) for url, name in numbers),
        one(extensions.CHARGE_BATCH, "String", elements.text(event.get("batch"))),
        one(extensions.CHARGE_LOCATION, "Reference", people.location(draft, event.get("location"))),
    )
