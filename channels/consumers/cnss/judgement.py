"""The simulated payer's judgement of one claim. Pure: the same claim is always judged alike."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from channels.consumers.cnss import sheet
from channels.consumers.cnss.billing import INPE
from channels.faults import Shares
from schemas.fhir.care_sheet import CURRENCY, INSURED_NUMBER, LINE, SHEET_NUMBER, Answer

_NINE_DIGITS = re.compile(r"[0-9]{9}", re.ASCII)
_NUMBER = re.compile(r"([0-9]{15})-[1-9][0-9]*", re.ASCII)


class Unfit(Exception):
    """The claim is not well formed. `reason` is the refusal code the payer gives."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Billed(NamedTuple):
    """What a well-formed claim asks for: its lines with their amounts (None: no price), and their sum."""

    lines: tuple[tuple[str, Decimal | None], ...]
    total: Decimal


@dataclass(frozen=True, slots=True)
class Faults(Shares):
    """Shares (0 to 1) of the claims treated badly.

    refuse: refused although well formed. queue: decided only when asked again. down: not answered, nothing taken.
    lost: taken, but the answer never arrives.
    """

    refuse: float = 0.0
    queue: float = 0.0
    down: float = 0.0
    lost: float = 0.0


def judged(claim: Any, faults: Faults, *, asked: int) -> tuple[Answer, Billed | None]:
    """The answer to a claim that is asked about for the `asked`th time (from 1), and what is paid if accepted."""
    try:
        billed = billed_by(claim)
    except Unfit as unfit:
        return Answer("refused", unfit.reason), None
    number = number_of(claim)
    if faults.befalls("refuse", number):
        return Answer("refused", "simulated"), None
    if asked == 1 and faults.befalls("queue", number):
        return Answer("queued"), None
    return Answer("accepted"), billed


def number_of(claim: Any) -> str:
    """The claim's number, with its check digits right. Raises Unfit."""
    numbers = [one.get("value") for one in _rows(claim, "identifier") if one.get("system") == SHEET_NUMBER]
    match = _NUMBER.fullmatch(numbers[0]) if len(numbers) == 1 and isinstance(numbers[0], str) else None
    if not match or not sheet.valid(match[1]):
        raise Unfit("number")
    return match[0]


def billed_by(claim: Any) -> Billed:
    """What the claim asks for. Raises Unfit for what is not well formed."""
    if not isinstance(claim, dict) or claim.get("resourceType") != "Claim":
        raise Unfit("not a claim")
    number_of(claim)
    if claim.get("status") != "active" or claim.get("use") != "claim":
        raise Unfit("use")
    _check_insured(claim)
    executors = {one.get("sequence"): _mapping(one, "provider", "identifier") for one in _rows(claim, "careTeam")}
    items = _rows(claim, "item")
    if not items:
        raise Unfit("no item")
    lines = tuple(_line(item, executors) for item in items)
    if len({line for line, _ in lines}) != len(lines):
        raise Unfit("item twice")
    return Billed(lines, _total(claim, [amount for _, amount in lines if amount is not None]))


def _check_insured(claim: Mapping[str, Any]) -> None:
    for insurance in _rows(claim, "insurance"):
        identifier = _mapping(insurance, "coverage", "identifier")
        if identifier.get("system") == INSURED_NUMBER and _digits(identifier.get("value")):
            return
    raise Unfit("insured")


def _line(item: Mapping[str, Any], executors: Mapping[Any, Mapping[str, Any]]) -> tuple[str, Decimal | None]:
    names = [one.get("valueString") for one in _rows(item, "extension") if one.get("url") == LINE]
    if len(names) != 1 or not isinstance(names[0], str):
        raise Unfit("item line")
    if not any(coding.get("code") for coding in _rows(_mapping(item, "productOrService"), "coding")):
        raise Unfit("item code")
    quantity = _number(_mapping(item, "quantity").get("value"))
    if quantity is None or quantity <= 0:
        raise Unfit("item quantity")
    performers = item.get("careTeamSequence")
    if not isinstance(performers, list) or not performers:
        raise Unfit("executor")
    for performer in performers:
        _check_executor(executors.get(performer, {}) if isinstance(performer, int) else {})
    _check_day(item.get("servicedDate"))
    return names[0], _amount(item["net"]) if "net" in item else None


def _check_executor(identifier: Mapping[str, Any]) -> None:
    """An INPE has nine digits; any other identifier is taken as it was sent."""
    value = identifier.get("value")
    if not isinstance(value, str) or not value or (identifier.get("system") in INPE and not _digits(value)):
        raise Unfit("executor")


def _check_day(text: Any) -> None:
    try:
        date.fromisoformat(text)
    except (TypeError, ValueError) as error:
        raise Unfit("item date") from error


def _total(claim: Mapping[str, Any], amounts: list[Decimal]) -> Decimal:
    total = sum(amounts, Decimal(0))
    if amounts or "total" in claim:
        stated = _amount(claim.get("total"))
        if stated != total:
            raise Unfit("total")
    return total


def _amount(money: Any) -> Decimal:
    value = _number(money.get("value")) if isinstance(money, dict) else None
    if value is None or value < 0 or money.get("currency") != CURRENCY or value != round(value, 2):
        raise Unfit("amount")
    return value


def _number(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return None
    number = Decimal(value)
    return number if abs(number) < 10**12 else None


def _digits(value: Any) -> bool:
    return isinstance(value, str) and _NINE_DIGITS.fullmatch(value) is not None


def _rows(body: Any, name: str) -> list[dict[str, Any]]:
    """The objects in a list of the body; none where the shape is another."""
    rows = body.get(name) if isinstance(body, dict) else None
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def _mapping(body: Mapping[str, Any], *path: str) -> Mapping[str, Any]:
    """The object at this path; an empty one where the shape is another."""
    for step in path:
        found = body.get(step)
        body = found if isinstance(found, dict) else {}
    return body
