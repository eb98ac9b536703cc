"""Medicines: MedicationDispense and MedicationRequest.

Source: FHIR R4's own definitions; the HL7 V2-to-FHIR guide has no map for RDE and RDS. A dispensation that names a
prescription by its reference only points to a MedicationRequest known by that and its prescriber: what was prescribed
may differ from what was sold, so its medication is said to be unknown, and it never replaces the prescription itself.
One that names its order points to the order's own MedicationRequest, and fills in what nobody told of that itself.
"""

from __future__ import annotations

from typing import Any, Final

from schemas import facts
from schemas.events import Code, Identifier, Order
from schemas.fhir import (
    clinical,
    coverage,
    dosage,
    elements,
    encounter,
    extensions,
    observation,
    order,
    people,
    product,
    quantity,
    terms,
    times,
)
from schemas.fhir.draft import Draft, Reference

DAYS: dict[str, Any] = {"unit": "d", "system": terms.UCUM, "code": "d"}
SUBSTITUTION_TYPE: Final = terms.TERMINOLOGY + "v3-substanceAdminSubstitution"
CHECKER: Final = elements.coded(terms.TERMINOLOGY + "medicationdispense-performer-function", "checker")
# Table 0167, RXD-11: whether another product was handed over, in R4's words of what kind; ours. The codes of 1 to 8
# give the reason why the product is the one prescribed.
SUBSTITUTED: Final = {"G": "G", "T": "TE", "N": "N"}
NOT_SUBSTITUTED: Final = frozenset("1245780") - {"0"}
# ORC-1 of what leaves a prescription as it was; ours
_UNDECIDED: Final = frozenset(("XO", "XX", "XR", "UX", "NA", "PR"))
# Where a prescription that is no longer wanted says why (ORC-16)
_ENDED: Final = frozenset(("cancelled", "stopped", "on-hold", "entered-in-error"))


def dispensed(draft: Draft) -> None:
    """MedicationDispensed: one article handed over at one sale, with the price it had."""
    event = draft.event
    visit = encounter.write(draft, event.get("encounter"))
    pharmacy = people.organization(draft, event.get("pharmacy"))
    dispenser = people.practitioner(draft, event.get("dispenser"))
    prescriber = people.practitioner(draft, event.get("prescriber"))
    prescription = requested(draft, prescriber, event.get("prescribed")) or _reference_to(
        draft, event.get("prescription"), prescriber
    )
    status, handed_over = _status(event.get("status"), "completed"), times.date_time(event.get("dispensed"))
    medication, beside = product.medication(draft)
    draft.add(
        "MedicationDispense",
        draft.fact,
        {
            "extension": [
                *_prices(event, None if prescription else prescriber),
                *beside,
                *_for_the_dispenser(event),
                *of_order(draft, ordered(draft)),
            ],
            "identifier": _sale(event, pharmacy),
            "status": status,
            "statusReasonCodeableConcept": _ended(event, status),
            **medication,
            "subject": draft.subject,
            "context": visit,
            "supportingInformation": observed(draft, visit),
            "performer": _performers(draft, dispenser, pharmacy),
            "authorizingPrescription": [prescription] if prescription else None,
            "type": elements.concept(event.get("kind")),
            "quantity": _amount(event),
            "daysSupply": _days(event.get("days_supply")),
            "whenHandedOver": handed_over,
            "destination": people.location(draft, event.get("location")),
            "note": elements.notes(event.get("notes")),
            "dosageInstruction": dosage.instructions(draft, event.get("dosages"), event.get("instructions")),
            "substitution": _substitution(event, dispenser, prescriber),
        },
    )


def prescribed(draft: Draft) -> None:
    """MedicationPrescribed: one line of a prescription, or one instruction to give a medicine."""
    event, told = draft.event, ordered(draft)
    visit = encounter.write(draft, event.get("encounter"))
    usual = "unknown" if told else "active"
    status = elements.one_of((event.get("status") or usual).lower(), terms.PRESCRIPTION_STATUSES) or "unknown"
    medication, beside = product.medication(draft)
    draft.add(
        "MedicationRequest",
        draft.fact,
        {
            "extension": [*beside, *_of_prescription(draft), *_for_the_dispenser(event), *of_order(draft, told)],
            "identifier": [*_numbers(told, event.get("prescription")), *_tag(event)],
            "groupIdentifier": elements.identifier(told.get("group") or event.get("prescription")),
            "status": status,
            "statusReason": _ended(event, status),
            "intent": elements.one_of((event.get("intent") or "").lower(), terms.PRESCRIPTION_INTENTS) or "order",
            "priority": terms.PRIORITY.get((told.get("priority") or "").upper()),
            **medication,
            "subject": draft.subject,
            "encounter": visit,
            "supportingInformation": observed(draft, visit),
            "authoredOn": times.date_time(event.get("prescribed")),
            "requester": _requester(draft, told),
            "recorder": next(iter(people.practitioners(draft, told.get("entered_by"))), None),
            "reasonCode": _reasons(event, told),
            "reasonReference": [
                one for one in (clinical.condition(draft, visit, each) for each in event.get("diagnoses") or ()) if one
            ],
            "basedOn": [one for one in [requested(draft)] if one],
            "insurance": [coverage.write(draft, one) for one in event.get("insurances") or ()],
            "note": elements.notes(event.get("notes")),
            "dosageInstruction": dosage.instructions(draft, event.get("dosages"), event.get("instructions")),
            "dispenseRequest": _supply(draft),
            "substitution": _allowed(event),
            "priorPrescription": _replaced(draft, event.get("replaces")),
        },
    )


def only_changes(event: Any) -> bool:
    """Whether the event tells what was changed of a prescription, not its state: where that is known it stays."""
    told = event.get("order") or {}
    stated = (told.get("status") or "").upper() in terms.ORDER_STATUS
    return not stated and (told.get("control") or "").upper() in _UNDECIDED


def requested(draft: Draft, prescriber: Reference | None = None, named: Code | None = None) -> Reference | None:
    """The prescription that the event carries out, told in passing: it never replaces what was told of it itself."""
    key, told = draft.event.get("request"), ordered(draft)
    if not key:
        return None
    return draft.add(
        "MedicationRequest",
        facts.fact({"type": "MedicationPrescribed", "about": key, "person": draft.person}),
        {
            "identifier": _numbers(told, draft.event.get("prescription")),
            "groupIdentifier": elements.identifier(told.get("group") or draft.event.get("prescription")),
            "status": "unknown",
            "intent": "order",
            "medicationCodeableConcept": elements.required(named),
            "subject": draft.subject,
            "requester": prescriber or next(iter(people.practitioners(draft, told.get("requesters"))), None),
        },
        version="0",
    )


def ordered(draft: Draft) -> Order:
    """The order of the event; empty without one."""
    told: Order | None = draft.event.get("order")
    return told or {}


def of_order(draft: Draft, told: Order) -> list[dict[str, Any]]:
    """What R4 has no element for: who entered and verified it, where, why it was changed, and times that are no
    dose's."""
    doses = draft.event.get("dosages") or ()
    return order.carried(draft, told, [one for each in doses for one in each.get("timings") or ()])


def _requester(draft: Draft, told: Order) -> Reference | None:
    """Who signed it, working where ORC-21 says; that body where nobody is named."""
    who, where = (
        people.practitioner(draft, draft.event.get("prescriber")),
        people.organization(draft, told.get("organization")),
    )
    if who and where:
        people.employed(draft, who, where)
    return who or where


def _numbers(told: Order, prescription: Identifier | None) -> list[dict[str, Any]]:
    made = (
        elements.identifier(prescription),
        elements.identifier(told.get("placer"), "PLAC"),
        elements.identifier(told.get("filler"), "FILL"),
        elements.identifier(told.get("alternate")),
    )
    return [one for one in made if one]


def _reference_to(draft: Draft, source: Identifier | None, prescriber: Reference | None) -> Reference | None:
    """The prescription as the pharmacy knows it: its reference and who signed it."""
    number = elements.identifier(source)
    if source is None or number is None:
        return None
    return draft.add(
        "MedicationRequest",
        draft.of_person("prescription", source.get("system") or "", source["value"]),
        {
            "identifier": [number],
            "groupIdentifier": number,
            "status": "unknown",
            "intent": "order",
            "medicationCodeableConcept": extensions.absent(),
            "subject": draft.subject,
            "requester": prescriber,
        },
    )


def _replaced(draft: Draft, number: Identifier | None) -> Reference | None:
    """The prescription that this one stands in for: it is stopped."""
    if not number:
        return None
    key = f"{facts.MEDICATION_ORDER}|{number['system']}|{number['value']}"
    return draft.add(
        "MedicationRequest",
        facts.fact({"type": "MedicationPrescribed", "about": key, "person": draft.person}),
        {
            "identifier": elements.identifiers([number]),
            "status": "stopped",
            "intent": "order",
            "medicationCodeableConcept": extensions.absent(),
            "subject": draft.subject,
        },
    )


def _tag(event: dict[str, Any]) -> list[dict[str, Any]]:
    return elements.identifiers([event["number"]] if event.get("number") else ())


def _sale(event: dict[str, Any], pharmacy: Reference | None) -> list[dict[str, Any]]:
    ticket = elements.text(event.get("ticket"))
    sale = [elements.said({"value": ticket, "assigner": pharmacy})] if ticket else []
    return [*sale, *_tag(event)]


def _performers(draft: Draft, dispenser: Reference | None, pharmacy: Reference | None) -> list[dict[str, Any]]:
    event = draft.event
    others = people.practitioners(draft, event.get("dispensers"))
    checkers = people.practitioners(draft, event.get("verified_by"))
    made = [{"actor": one} for one in people.each_once([dispenser, *others, pharmacy])]
    return [*made, *({"function": CHECKER, "actor": one} for one in checkers)]


def _status(told: str | None, usual: str) -> str:
    return elements.one_of((told or usual).lower(), terms.DISPENSE_STATUSES) or "unknown"


def _ended(event: dict[str, Any], status: str) -> dict[str, Any] | None:
    reason: Code | None = (event.get("order") or {}).get("control_reason")
    return elements.concept(reason) if status in _ENDED else None


def _reasons(event: dict[str, Any], told: Order) -> list[dict[str, Any]]:
    """Why it was prescribed; ORC-16 of a new order is that too (guide: ORC[ServiceRequest])."""
    reason = told.get("control_reason")
    wanted = [reason] if reason and told.get("control") == "NW" else []
    return elements.concepts([*(event.get("reasons") or ()), *(event.get("indications") or ()), *wanted])


def observed(draft: Draft, visit: Reference | None) -> list[Reference]:
    """Results that came with it."""
    within = {"status": "final", "encounter": visit, "alone": True}
    sources = draft.event.get("observations") or ()
    return people.each_once(observation.write(draft, one, within) for one in sources)


def _substitution(
    event: dict[str, Any], dispenser: Reference | None, prescriber: Reference | None
) -> dict[str, Any] | None:
    """RXD-11 (table 0167), else whether another product was prescribed. Who decided: the prescriber, where the code
    says so, else whoever handed it over."""
    code = (event.get("substitution") or "").strip().upper()
    if code in SUBSTITUTED:
        was: bool | None = code != "N"
    else:
        was = False if code in NOT_SUBSTITUTED else _differs(event)
    if was is None:
        return None
    sent = elements.tabled(code, "0167", terms.SUBSTITUTIONS)
    kind = SUBSTITUTED.get(code)
    who = prescriber if code == "1" else dispenser if was or code == "3" else None
    return elements.said(
        {
            "wasSubstituted": was,
            "type": elements.coded(SUBSTITUTION_TYPE, kind) if kind else None,
            "reason": [sent] if sent else None,
            "responsibleParty": [who] if who else None,
        }
    )


def _differs(event: dict[str, Any]) -> bool | None:
    """Whether the two products have codes of one system, and none in common; None where that can't be told."""
    asked, given = (_codes(event.get(name)) for name in ("prescribed", "medication"))
    if asked & given:
        return False
    return True if {system for system, _ in asked} & {system for system, _ in given} - {""} else None


def _codes(code: Code | None) -> set[tuple[str, str]]:
    return {
        (one.get("system") or "", one["code"] or "") for one in (code or {}).get("codings") or () if one.get("code")
    }


def _allowed(event: dict[str, Any]) -> dict[str, Any] | None:
    """RXE-9 or RXO-9: as yes or no, with the code that says who wants it so; a code that says neither, as sent."""
    allowed, code = event.get("substitution"), (event.get("substitution_code") or "").strip().upper()
    sent = elements.tabled(code, "0167", terms.SUBSTITUTIONS)
    if allowed is None:
        return {"allowedCodeableConcept": sent} if sent else None
    return elements.said({"allowedBoolean": allowed, "reason": sent})


def _supply(draft: Draft) -> dict[str, Any]:
    event = draft.event
    first = quantity.quantity(event.get("initial_quantity"), quantity.measured(event.get("quantity_unit")))
    refills = event.get("refills") or ""
    return elements.said(
        {
            "initialFill": {"quantity": first} if first else None,
            "numberOfRepeatsAllowed": int(refills)
            if refills.isascii() and refills.isdecimal() and len(refills) < 9
            else None,
            "quantity": _amount(event),
            "expectedSupplyDuration": _days(event.get("days_supply")),
            "performer": people.organization(draft, event.get("to_pharmacy")),
        }
    )


def _of_prescription(draft: Draft) -> list[dict[str, Any]]:
    event = draft.event
    verified = people.practitioners(draft, event.get("verified_by"))
    dispensers = people.practitioners(draft, event.get("dispensers"))
    concepts = ((extensions.REQUESTED_PRODUCT, "requested"), (extensions.DISPENSE_PRODUCT, "dispense"))
    latest = times.date_time(event.get("last_dispensed"))
    return extensions.extensions(
        *(extensions.extension(url, "CodeableConcept", elements.concept(event.get(key))) for url, key in concepts),
        extensions.extension(extensions.DELIVER_TO, "Reference", people.location(draft, event.get("deliver_to"))),
        *(extensions.extension(extensions.VERIFIED_BY, "Reference", one) for one in [*verified, *dispensers]),
        extensions.extension(extensions.DOSES_DISPENSED, "String", elements.text(event.get("doses_dispensed"))),
        extensions.extension(extensions.LAST_DISPENSED, "DateTime", latest),
    )


def _for_the_dispenser(event: dict[str, Any]) -> list[dict[str, Any]]:
    told = elements.concepts(event.get("dispense_instructions"))
    counts = ((extensions.QUANTITY_AS_SENT, event.get("quantity")), (extensions.REFILLS_AS_SENT, event.get("refills")))
    return extensions.extensions(
        *(extensions.extension(url, "String", elements.text(one)) for url, one in counts if _is_no_number(one)),
        *(extensions.extension(extensions.DISPENSE_INSTRUCTION, "CodeableConcept", one) for one in told),
        extensions.extension(extensions.REFILLS_LEFT, "String", elements.text(event.get("refills_left"))),
    )


def _is_no_number(text: str | None) -> bool:
    return bool(text) and quantity.number(text or "")[0] is None


def _prices(event: dict[str, Any], prescriber: Reference | None) -> list[dict[str, Any]]:
    currency = (event.get("currency") or "").strip().upper()
    currency = terms.CURRENCY.get(currency, currency)
    price, amount = (quantity.money(event.get(name), currency) for name in ("unit_price", "amount"))
    return extensions.extensions(
        extensions.extension(extensions.UNIT_PRICE, "Money", price),
        extensions.extension(extensions.AMOUNT, "Money", amount),
        extensions.extension(extensions.PRESCRIBER, "Reference", prescriber),
    )


def _amount(event: dict[str, Any]) -> dict[str, Any] | None:
    return quantity.quantity(event.get("quantity"), quantity.measured(event.get("quantity_unit")))


def _days(supply: str | None) -> dict[str, Any] | None:
    return quantity.quantity(supply, DAYS)
