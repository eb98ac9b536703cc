"""A care sheet ⇄ FHIR R4: what is billed as a Claim, what the payer answers as a ClaimResponse.

Numbers are Decimals in the resources and keep every digit on the wire: use `encode` and `decode` of this module.
There is no public CNSS specification: this is our own contract (docs/care-sheet.md).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal, NamedTuple

import orjson

SHEET_NUMBER = "https://hie.sante.gov.ma/id/fse"
INSURED_NUMBER = "https://hie.sante.gov.ma/id/cnss"
LINE = "https://hie.sante.gov.ma/fhir/StructureDefinition/care-sheet-line"
REFUSAL = "https://hie.sante.gov.ma/fhir/CodeSystem/care-sheet-refusal"
CURRENCY = "MAD"

_GTIN = "https://www.gs1.org/gtin"
_HL7 = "http://terminology.hl7.org/CodeSystem"
Resource = dict[str, Any]


class Item(NamedTuple):
    """One line of a claim. `line` is its name for ever; `quantity` and `amount` are decimal texts."""

    line: str
    code: str
    system: str | None
    designation: str | None
    quantity: str
    amount: str | None
    executor: str
    executor_system: str | None
    date: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What the payer says of one claim. `reason` is its code for a refusal, "" otherwise."""

    outcome: Literal["accepted", "refused", "queued"]
    reason: str = ""


class Unreadable(ValueError):
    """The payer's answer is not a ClaimResponse about this claim."""


def claim(
    number: str,
    *,
    insured: str,
    person: str,
    birth_date: str | None,
    created: str,
    items: Sequence[Item],
    earlier: str | None = None,
) -> Resource:
    """The Claim `number`: the sheet's number, a dash, and which claim of the sheet it is.

    `created` is ISO 8601; `earlier` is the number of the sheet's claim before this one.
    Names nobody: the beneficiary is `person` (a UUID) and a birth date, beside the insured's number.
    """
    executors = list(dict.fromkeys((item.executor_system, item.executor) for item in items))
    dates = sorted(item.date for item in items)
    resource: Resource = {
        "resourceType": "Claim",
        "id": number,
        "contained": [_beneficiary(person, birth_date)],
        "identifier": [{"system": SHEET_NUMBER, "value": number}],
        "status": "active",
        "type": _concept(f"{_HL7}/claim-type", _type(items)),
        "use": "claim",
        "patient": {"reference": "#beneficiary"},
        "billablePeriod": {"start": dates[0], "end": dates[-1]},
        "created": created,
        "provider": _party(*executors[0]),
        "priority": _concept(f"{_HL7}/processpriority", "normal"),
        "careTeam": [{"sequence": n, "provider": _party(*one)} for n, one in enumerate(executors, 1)],
        "insurance": [
            {
                "sequence": 1,
                "focal": True,
                "coverage": {"type": "Coverage", "identifier": {"system": INSURED_NUMBER, "value": insured}},
            }
        ],
        "item": [
            _item(n, item, executors.index((item.executor_system, item.executor)) + 1)
            for n, item in enumerate(items, 1)
        ],
    }
    if earlier:
        before = {"identifier": {"system": SHEET_NUMBER, "value": earlier}}
        relationship = _concept(f"{_HL7}/ex-relatedclaimrelationship", "prior")
        resource["related"] = [{"claim": before, "relationship": relationship}]
    amounts = [Decimal(item.amount) for item in items if item.amount is not None]
    if amounts:
        resource["total"] = _money(sum(amounts, Decimal(0)))
    return resource


def response(number: str, answer: Answer, *, created: str) -> Resource:
    """The ClaimResponse a payer gives to the Claim `number`."""
    resource: Resource = {
        "resourceType": "ClaimResponse",
        "status": "active",
        "type": _concept(f"{_HL7}/claim-type", "professional"),
        "use": "claim",
        "patient": {"display": "beneficiary of the claim"},
        "created": created,
        "insurer": {"display": "CNSS"},
        "request": {"identifier": {"system": SHEET_NUMBER, "value": number}},
        "outcome": {"accepted": "complete", "refused": "error", "queued": "queued"}[answer.outcome],
    }
    if answer.outcome == "refused":
        resource["error"] = [{"code": _concept(REFUSAL, answer.reason)}]
    return resource


def answer_of(resource: Any, number: str) -> Answer:
    """What a ClaimResponse says of the Claim `number`: complete is accepted, error refused, queued or partial queued.

    Raises Unreadable when it is none, is no longer in force, or answers another claim.
    """
    if not isinstance(resource, dict) or resource.get("resourceType") != "ClaimResponse":
        raise Unreadable("the payer's answer is not a ClaimResponse")
    if resource.get("status") != "active" or resource.get("use") != "claim":
        raise Unreadable("the payer's ClaimResponse is not active, or not for use 'claim'")
    if _at(resource, "request", "identifier", "value") != number:
        raise Unreadable("the payer's ClaimResponse answers another claim")
    match resource.get("outcome"):
        case "complete":
            return Answer("accepted")
        case "queued" | "partial":
            return Answer("queued")
        case "error":
            reason = _at(resource, "error", 0, "code", "coding", 0, "code") or _at(resource, "error", 0, "code", "text")
            return Answer("refused", reason if isinstance(reason, str) else "no reason given")
    raise Unreadable("the payer's ClaimResponse has no outcome of FHIR R4")


def encode(resource: Resource) -> bytes:
    """JSON with Decimals as they are: 125.50 stays 125.50. The same resource always gives the same bytes."""
    return orjson.dumps(resource, default=_digits, option=orjson.OPT_SORT_KEYS)


def decode(body: bytes) -> Any:
    """JSON with its decimals as Decimal. Raises ValueError."""
    try:
        return json.loads(body, parse_float=Decimal)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def _digits(value: Any) -> orjson.Fragment:
    if isinstance(value, Decimal):
        return orjson.Fragment(format(value, "f"))
    raise TypeError(f"{type(value).__name__} has no place in a claim")


def _beneficiary(person: str, birth_date: str | None) -> Resource:
    patient: Resource = {
        "resourceType": "Patient",
        "id": "beneficiary",
        "identifier": [{"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{person}"}],
    }
    if birth_date:
        patient["birthDate"] = birth_date[:10]
    return patient


def _item(sequence: int, item: Item, executor: int) -> Resource:
    coding = {"system": item.system, "code": item.code} if item.system else {"code": item.code}
    act: Resource = {"coding": [coding]}
    if item.designation:
        act["text"] = item.designation
    made: Resource = {
        "extension": [{"url": LINE, "valueString": item.line}],
        "sequence": sequence,
        "careTeamSequence": [executor],
        "productOrService": act,
        "servicedDate": item.date,
        "quantity": {"value": Decimal(item.quantity)},
    }
    if item.amount is not None:
        made["net"] = _money(Decimal(item.amount))
    return made


def _type(items: Sequence[Item]) -> str:
    return "pharmacy" if all(item.system == _GTIN for item in items) else "professional"


def _party(system: str | None, value: str) -> Resource:
    return {"identifier": {"system": system, "value": value} if system else {"value": value}}


def _concept(system: str, code: str) -> Resource:
    return {"coding": [{"system": system, "code": code}]}


def _money(amount: Decimal) -> Resource:
    return {"value": amount, "currency": CURRENCY}


def _at(resource: Any, *path: str | int) -> Any:
    """The value at this path, or None where the shape is another."""
    for step in path:
        try:
            resource = resource[step]
        except (KeyError, IndexError, TypeError):
            return None
    return resource
