"""Which facts are billable, as what, and on which care sheet. Pure: one event gives at most one line."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from channels.consumers.cnss import twice
from schemas.events import Code, Coding, Event, Identifier, plain
from schemas.facts import fact, name
from schemas.fhir.terms import CURRENCY
from schemas.message import Issue, Refused

GTIN, NGAP, INPE = twice.GTIN, twice.NGAP, twice.INPE

# HL7 table 0123: nothing was done yet, or the order was cancelled
NOT_YET_REPORTED = frozenset({"O", "I", "S"})
ORDER_CANCELLED = "X"
# FHIR medicationdispense-status
NOT_YET_DISPENSED = frozenset({"preparation", "in-progress", "on-hold"})
NEVER_DISPENSED = frozenset({"cancelled", "entered-in-error", "declined", "stopped"})
# HL7 table 0004, and FHIR's v3 ActCode
AMBULATORY = frozenset({"O", "AMB"})
# No class is told: N not applicable, U unknown
UNTOLD = frozenset({"", "N", "U"})
# FHIR encounter-status
TAKEN_BACK = frozenset({"cancelled", "entered-in-error"})
_OF_A_STAY = {
    "MedicationDispensed": "dispensed during a stay",
    "EncounterRecorded": "not ambulatory",
    "ChargeRecorded": "charged during a stay",
}
# HL7 table 0017, FT1-6: what is an act, and what is none
CHARGE, CREDIT = "CG", "CD"
NO_CHARGE = {"PY": "a payment", "CO": "a co-payment", "AJ": "an adjustment"}
# HL7 table 0443, v3 ParticipationType, or the field it was named in
ATTENDING = frozenset({"AT", "ATND", "PV1-7", ""})

# Why another saying of a sale wants a person's eyes: always; or only where it says something else, for an order's
# dispensation is told again in every message about it
SOLD_AGAIN = "sold again"
TOLD_OTHERWISE = "told otherwise"

_ZONE = ZoneInfo("Africa/Casablanca")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LIMIT = Decimal(10**9)
_CENTIME = Decimal("0.01")


class Line(NamedTuple):
    """One billable fact. `sheet` is the key of its care sheet; `done` is False when it was cancelled.

    `quantity` and `amount` (dirhams, two decimals; None when the message gives no price) are decimal texts;
    `date` is YYYY-MM-DD; `version` and `received` as in the event. `again` names why another saying of a fact already
    billed wants a person's eyes ("" when saying it again is normal). `source` and `traces`: who tells of the act, and
    what it may be known by when it is told otherwise (twice.py). `unbilled`: why no line would be made of it; what is
    cancelled withdraws the line of its fact all the same.
    """

    fact: str
    event: str
    transaction: str
    person: str
    sheet: str
    code: str
    system: str | None
    designation: str | None
    quantity: str
    amount: str | None
    executor: str
    executor_system: str | None
    date: str
    done: bool
    again: str
    version: int
    received: int
    source: str = ""
    traces: tuple[str, ...] = ()
    unbilled: str = ""


class NotBillable(Exception):
    """Nothing is wrong with the event, but no payer is billed for it. `reason` is a few words to group by."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def billed(event: Event) -> Line:
    """The line this event is billed as.

    Raises NotBillable, and Refused for a fact that must be billed but lacks what a line needs.
    """
    said = plain(event)
    read = _BILLING.get(said["type"])
    if read is None:
        raise NotBillable("no act")
    if not said.get("person"):
        raise _refused("patient", "no person", "the event names nobody", "resolve the patient, then run it again")
    why = _hospitals(said)
    try:
        line = read(said)
    except (NotBillable, Refused):
        if why:
            raise NotBillable(why) from None
        raise
    if line.done and why:
        raise NotBillable(why)
    return line._replace(unbilled=why) if why else line


def _hospitals(event: Mapping[str, Any]) -> str:
    """Why the class of its visit leaves an act to the hospital's own invoice; "" when it does not."""
    encounter = event.get("encounter") or {}
    told = (encounter.get("class_code") or "").upper()
    if told in AMBULATORY or event["type"] not in _OF_A_STAY:
        return ""
    # a visit must be told to be ambulatory, but many a cancellation does not say again what the visit was
    visit_done = event["type"] == "EncounterRecorded" and encounter.get("status") not in TAKEN_BACK
    return "" if told in UNTOLD and not visit_done else _OF_A_STAY[event["type"]]


def _dispensed(event: Mapping[str, Any]) -> Line:
    status = event.get("status") or ""
    if status in NOT_YET_DISPENSED:
        raise NotBillable("not dispensed yet")
    order, done = event.get("order") or {}, status not in NEVER_DISPENSED
    executor = _executor(event, event.get("pharmacy"))
    day = _day(event, event.get("dispensed"))
    prescription = event.get("prescription") or order.get("group")
    if prescription and prescription.get("value"):
        sheet = name("sheet", event["person"], "prescription", prescription["system"], prescription["value"])
    else:
        sheet = _sheet(event, executor, "ticket", event.get("ticket") or "", day)
    quantity = _decimal(event.get("quantity") or (None if done else "0"), "quantity")
    if done and not quantity:
        raise _refused("quantity", "quantity", "nothing was dispensed", "send a quantity above zero")
    coding = _coding(event["medication"], "medication", prefer=GTIN)
    return _line(
        event,
        sheet=sheet,
        coding=coding,
        code=event["medication"],
        executor=executor,
        day=day,
        done=done,
        quantity=str(event.get("quantity") or "0").strip(),
        amount=_amount(event, quantity),
        again=TOLD_OTHERWISE if order else SOLD_AGAIN,
        source=twice.DISPENSATION if order else twice.SALE,
        traced=_codings(event["medication"]),
    )


def _reported(event: Mapping[str, Any]) -> Line:
    if event.get("bare"):
        raise NotBillable("result without a report")
    status = event.get("status") or ""
    if status in NOT_YET_REPORTED:
        raise NotBillable("not done yet")
    order = event.get("order") or {}
    number: Identifier | None = order.get("group") or order.get("placer") or order.get("filler")
    if not number or not number.get("value") or not event["about"]:
        raise NotBillable("report without an order number")
    result_laboratories = [result.get("laboratory") for result in event.get("results") or ()]
    executor = _executor(event, event.get("laboratory"), *result_laboratories)
    day = _day(event, event.get("ended"), event.get("started"), event.get("issued"))
    return _line(
        event,
        sheet=_sheet(event, executor, number["system"], number["value"], day),
        coding=_coding(event["code"], "OBR-4"),
        code=event["code"],
        executor=executor,
        day=day,
        done=status != ORDER_CANCELLED,
        source=twice.REPORT,
        traced=_codings(event["code"]),
    )


def _consulted(event: Mapping[str, Any]) -> Line:
    encounter = event.get("encounter") or {}
    status = encounter.get("status") or ""
    if status == "planned":
        raise NotBillable("not done yet")
    number = next((one for one in encounter.get("identifiers") or () if one.get("value")), None)
    if number is None or not event["about"]:
        raise NotBillable("encounter without a visit number")
    attending = [one for one in encounter.get("participants") or () if (one.get("role") or "") in ATTENDING]
    executor = _inpe(*attending) or _executor(event)
    day = _day(event, encounter.get("admitted"))
    return _line(
        event,
        sheet=_sheet(event, executor, number["system"], number["value"], day),
        coding={"system": NGAP, "code": "C", "display": "Consultation"},
        code={},
        executor=executor,
        day=day,
        done=status not in TAKEN_BACK,
        source=twice.VISIT,
        traced=[{"system": NGAP, "code": letter} for letter in twice.CONSULTATIONS],
    )


def _charged(event: Mapping[str, Any]) -> Line:
    """A charge (FT1), the credit that takes it back, or an act told to the accounts (PR1, without a price)."""
    kind, told_act = event.get("kind") or "", event["place"].startswith("PR1")
    if not told_act and kind not in (CHARGE, CREDIT):
        raise NotBillable(NO_CHARGE.get(kind, "neither charge nor credit"))
    encounter, order = event.get("encounter") or {}, event.get("order") or {}
    # a credit has the key of the charge it takes back, and is marked
    about = event["about"].removesuffix(f"|{CREDIT}")
    done = kind != CREDIT and about == event["about"]
    parts = [event["code"], event.get("procedure"), event.get("product")]
    parts += [one.get("code") for one in event.get("procedures") or ()]
    codings = [coding for part in parts for coding in _codings(part)]
    executor = _executor(event, *(event.get("performers") or ()), event.get("performing_organization"))
    day = _day(event, event.get("performed"), event.get("posted"))
    quantity = abs(_number(event.get("quantity") or "1", "quantity"))
    if done and not quantity:
        raise _refused("quantity", "quantity", "nothing was charged", "send a quantity above zero in FT1-10")
    priced = {**event, **{name: _positive(event.get(name), name) for name in ("amount", "unit_price")}}
    numbers = [order.get("group"), order.get("placer"), order.get("filler"), *(encounter.get("identifiers") or ())]
    numbers += [event.get("account"), {"system": "charge", "value": about}]
    number = next(one for one in numbers if one and one.get("value"))
    return _line(
        {**event, "fact": fact({**event, "about": about})},
        sheet=_sheet(event, executor, number["system"], number["value"], day),
        coding=_coding({"codings": codings}, "FT1-7", prefer=NGAP),
        code=event["code"],
        executor=executor,
        day=day,
        done=done,
        quantity=f"{quantity:f}",
        amount=_amount(priced, quantity),
        again=TOLD_OTHERWISE,
        source=twice.ACT if told_act else twice.CHARGE,
        traced=codings,
    )


_BILLING: Mapping[str, Callable[[Mapping[str, Any]], Line]] = {
    "MedicationDispensed": _dispensed,
    "LabReportIssued": _reported,
    "ImagingReportIssued": _reported,
    "EncounterRecorded": _consulted,
    "ChargeRecorded": _charged,
}
BILLABLE = frozenset(_BILLING)


def _line(
    event: Mapping[str, Any],
    *,
    sheet: str,
    coding: Coding,
    code: Code,
    executor: Mapping[str, Any],
    day: str,
    done: bool,
    quantity: str = "1",
    amount: str | None = None,
    again: str = "",
    source: str,
    traced: Sequence[Mapping[str, Any]],
) -> Line:
    return Line(
        fact=event["fact"],
        event=event["id"],
        transaction=event["transaction"],
        person=event["person"],
        sheet=sheet,
        code=coding["code"] or "",
        system=coding.get("system"),
        designation=code.get("text") or coding.get("display"),
        quantity=quantity,
        amount=amount,
        executor=executor["value"],
        executor_system=executor.get("system"),
        date=day,
        done=done,
        again=again if done else "",
        version=event["version"],
        received=event["received"],
        source=source,
        traces=twice.traces(event, traced),
    )


def _sheet(event: Mapping[str, Any], executor: Mapping[str, Any], kind: str, number: str, day: str) -> str:
    return name("sheet", event["person"], executor.get("system") or "", executor["value"], kind, number, day)


def _executor(event: Mapping[str, Any], *performers: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """Who is paid: the performer's INPE, else the sending facility's, else an identifier or a name as sent."""
    bodies = [*performers, event.get("facility")]
    if inpe := _inpe(*bodies):
        return inpe
    for body in (bodies[-1], *performers):
        for identifier in (body or {}).get("identifiers") or ():
            return {"system": identifier["system"], "value": identifier["value"]}
    names = [(body or {}).get("name") for body in reversed(bodies)]
    sent = next((one for one in names if one), None) or (event.get("origin") or {}).get("facility")
    return {"system": None, "value": sent or event["sender"]}


def _inpe(*bodies: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    for body in bodies:
        for identifier in (body or {}).get("identifiers") or ():
            if identifier["system"] in INPE:
                return {"system": identifier["system"], "value": identifier["value"]}
    return None


def _coding(code: Code, at: str, prefer: str = "") -> Coding:
    """The first coding as sent, or that of the preferred system. Translations are never billed."""
    sent = [one for one in code.get("codings") or () if one.get("code") and not one.get("mapped")]
    if not sent:
        raise _refused(at, "no code", "the act or article has no code", "send its code, then run the message again")
    return next((one for one in sent if one.get("system") == prefer), sent[0])


def _codings(code: Code | None) -> list[Coding]:
    return [one for one in (code or {}).get("codings") or () if one.get("code")]


def _day(event: Mapping[str, Any], *times: str | None) -> str:
    """The day of care, on the sender's own calendar; the day it was received when the message gives none."""
    for time in (*times, event.get("occurred")):
        if time and (day := _local(time)):
            return day
    return (_EPOCH + timedelta(microseconds=event["received"])).astimezone(_ZONE).date().isoformat()


def _local(time: str) -> str | None:
    try:
        if time.endswith("Z"):
            # a machine's time: it says nothing of the calendar on the wall
            return datetime.fromisoformat(time).astimezone(_ZONE).date().isoformat()
        return date.fromisoformat(time[:10]).isoformat()
    except (ValueError, OverflowError):
        return None


def _amount(event: Mapping[str, Any], quantity: Decimal) -> str | None:
    currency = (event.get("currency") or "MAD").strip().upper()
    if CURRENCY.get(currency, currency) != "MAD":
        raise _refused("currency", "currency", "the amount is not in dirhams", "send the price in dirhams (MAD)")
    if event.get("amount"):
        return str(_decimal(event["amount"], "amount").quantize(_CENTIME, ROUND_HALF_UP))
    if event.get("unit_price"):
        return str((quantity * _decimal(event["unit_price"], "unit_price")).quantize(_CENTIME, ROUND_HALF_UP))
    return None


def _positive(text: str | None, at: str) -> str | None:
    """A number without its sign, which a credit may have."""
    return f"{abs(_number(text, at)):f}" if text else None


def _decimal(text: str | None, at: str) -> Decimal:
    value = _number(text, at)
    return value if value >= 0 else _number(None, at)


def _number(text: str | None, at: str) -> Decimal:
    try:
        value = Decimal(text or "")
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite() or abs(value) >= _LIMIT:
        raise _refused(at, "number", f"{at} is not a number from 0 to {_LIMIT}", "send it as digits: 12 or 12.50")
    return value


def _refused(at: str, reason: str, text: str, remedy: str) -> Refused:
    return Refused([Issue(at=at, reason=reason, text=text, remedy=remedy)])
