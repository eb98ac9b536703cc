"""DFT P03 and P11: what was done and what it costs → ChargeRecorded, one an FT1.

Source: HL7 v2.8.2 chapter 6.4.3 and 6.4.8. By position: what stands before the first FT1 is of all of them; PR1,
orders, notes and results after an FT1 are its own. Diagnoses, guarantors and insurances are of all of them in P03, in
P11 of the FT1 before them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, cast

from mediators.hl7v2.around import around
from mediators.hl7v2.charge import Keys, charge
from mediators.hl7v2.clinical import diagnosis, procedure
from mediators.hl7v2.coded import code
from mediators.hl7v2.envelope import Head, Telling, translated
from mediators.hl7v2.groups import Branch
from mediators.hl7v2.notes import notes
from mediators.hl7v2.order import OBR, order
from mediators.hl7v2.patient import patient
from mediators.hl7v2.persons import Person
from mediators.hl7v2.reader import Hl7, Segment
from mediators.hl7v2.scope import Scope
from mediators.hl7v2.texts import one
from mediators.hl7v2.visit import visit
from mediators.mediator import Context, Part, Translation
from schemas.events import Order
from schemas.message import Issue, Message

TRIGGERS: Final = ("P03", "P11")
_ORDER: Final = ("ORC", "OBR", "TQ1", "TQ2")
_SHARED: Final = ("DG1", "DRG", "ACC", "GT1", "IN1", "IN2", "IN3")


@dataclass(slots=True)
class _Sent:
    """One FT1 with what follows it, or (without an FT1) an order that stands before them all."""

    ft1: Segment | None = None
    order: list[Segment] = field(default_factory=list)
    procedures: list[Segment] = field(default_factory=list)
    shared: list[Segment] = field(default_factory=list)
    results: list[Branch] = field(default_factory=list)
    notes: list[Segment] = field(default_factory=list)
    rest: list[Segment] = field(default_factory=list)
    last: list[Segment] | None = None

    def take(self, segment: Segment) -> None:
        """Notes belong to what stands before them; participants have no place in a charge."""
        name = segment.name
        if name == "NTE":
            (self.last if self.last is not None else self.notes).append(segment)
        elif name == "OBX":
            self.results.append(Branch(segment))
            self.last = self.results[-1].others
        else:
            kept = {"PR1": self.procedures, **dict.fromkeys(_ORDER, self.order), **dict.fromkeys(_SHARED, self.shared)}
            kept.get(name, self.rest).append(segment)
            self.last = self.notes

    def first(self, name: str) -> Segment | None:
        return next((segment for segment in self.order if segment.name == name), None)


@dataclass(slots=True)
class _Patient:
    person: Person = field(default_factory=Person)
    orders: list[_Sent] = field(default_factory=list)
    charges: list[_Sent] = field(default_factory=list)


def mediate(hl7: Hl7, message: Message, context: Context) -> Translation:
    """The place of an event is that of its FT1 ("FT1 2"); a patient without any is a refused part."""
    return translated(hl7, message, context, _patients(hl7), _told)


def _patients(hl7: Hl7) -> list[_Patient]:
    found = [_Patient()]
    for segment in hl7.segments[1:]:
        now, name = found[-1], segment.name
        if name == "EVN":
            continue
        if name == "PID" and now.person.pid is not None:
            now = _Patient()
            found.append(now)
        if name == "FT1":
            now.charges.append(_Sent(segment))
        elif now.charges and (name not in _SHARED or hl7.trigger == "P11"):
            now.charges[-1].take(segment)
        elif name in _ORDER and not now.charges:
            if name == "ORC" or not now.orders or (name == "OBR" and now.orders[-1].first("OBR")):
                now.orders.append(_Sent())
            now.orders[-1].take(segment)
        else:
            now.person.take(segment)
    return found


def _told(sent: _Patient, head: Head, scope: Scope) -> Iterator[Telling]:
    person, keys = sent.person, Keys()
    told = patient(person.pid, person.others, scope)
    beside = [segment for stay in person.stays for segment in stay.others]
    pv1 = next((stay.pv1 for stay in person.stays if stay.pv1 is not None), None)
    said = {
        "account": told.get("account"),
        "encounter": visit(pv1, [segment for segment in beside if segment.name != "DG1"], scope),
        "diagnoses": _diagnoses(beside, scope),
        **around(
            [*person.insurances, *person.guarantors, *person.allergies],
            person.results,
            f"charge|{head.message.control_id}|{head.digest}",
            scope,
        ),
    }
    fitting = {id(each): _fitting(cast(Segment, each.ft1), sent.orders) for each in sent.charges if not each.order}
    for order_ in sent.orders:
        if not any(order_ is found for found in fitting.values()):
            person.rest += order_.order
    for segment in person.rest:
        scope.rest(segment)
    if not sent.charges:
        yield Part(person.place, [_no_charge(person.place)])
    for each in sent.charges:
        own = scope.part()
        event = _event(each, fitting.get(id(each), each), said, keys, head, own)
        event["patient"] = {**told}
        head.settle(event, own)
        yield event
        # the patient's own results are told once
        said.pop("observations", None)


def _event(
    sent: _Sent, ordered: _Sent | None, said: dict[str, Any], keys: Keys, head: Head, scope: Scope
) -> dict[str, Any]:
    """`ordered` holds its order; `said`: what is of all charges of the patient. What is its own adds to it."""
    ft1 = cast(Segment, sent.ft1)
    told = charge(ft1, {**said, "order": _order(ordered, scope) if ordered else None}, scope)
    event = head.event("ChargeRecorded", f"FT1 {ft1.index}", keys.next(told, head, scope.sender), {})
    own = around(sent.shared, sent.results, f"{event['about']}|{head.message.control_id}|{head.digest}", scope)
    own["procedures"] = [done for pr1 in sent.procedures if (done := procedure(pr1, scope))]
    own["diagnoses"] = _diagnoses(sent.shared, scope)
    own["notes"] = notes([segment for segment in sent.notes if segment.name == "NTE"], scope)
    for name, values in own.items():
        told[name] = [*(told.get(name) or ()), *values]
    for segment in (*sent.rest, *(other for other in sent.shared if other.name in ("DRG", "ACC"))):
        scope.rest(segment)
    event["occurred"] = told.get("performed") or event["occurred"]
    return event | {name: value for name, value in told.items() if value or name == "code"}


def _diagnoses(segments: Sequence[Segment], scope: Scope) -> list[Any]:
    return [found for dg1 in segments if dg1.name == "DG1" and (found := diagnosis(dg1, scope))]


def _order(sent: _Sent, scope: Scope) -> Order:
    orc, obr = sent.first("ORC"), sent.first("OBR")
    told = order(orc, obr, [other for other in sent.order if other.name in ("TQ1", "TQ2")], scope)
    for segment in sent.order:
        if segment is obr:
            if asked := one(obr, 4, code):
                told["code"] = asked
            scope.rest(segment, OBR | {1, 4})
        elif segment is not orc and segment.name in ("ORC", "OBR"):
            scope.rest(segment)
    return told


def _fitting(ft1: Segment, orders: Sequence[_Sent]) -> _Sent | None:
    """The order before all charges that this one names by the filler's number; of a charge that names none, the only
    one."""
    number = ft1.text(23).strip()
    if not number:
        return orders[0] if len(orders) == 1 else None
    named = (each for each in orders if any(number == segment.text(3).strip() for segment in each.order))
    return next(named, None)


def _no_charge(place: str) -> Issue:
    text, remedy = "no charge follows this patient", "send an FT1 for each act after the PID"
    return Issue("FT1", "segment-sequence", text, remedy, code="100", location=place.replace(" ", "^"))
