"""Orders: one OrderRecorded a request, of every patient of an ORM, OMG, OML, OMI or of a reply to one (ORR, ORL …).

A reply that names no order is only an acknowledgement: it becomes no events. An order is known by its placer's number
with its authority, else by its filler's; where a message uses one number for several things asked for, by those too.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any, Final

from mediators.hl7v2 import order, pharmacy, requests
from mediators.hl7v2.around import around
from mediators.hl7v2.envelope import Head, Telling, about_patient, translated
from mediators.hl7v2.patient import patient
from mediators.hl7v2.reader import Hl7
from mediators.hl7v2.request import name, request
from mediators.hl7v2.requests import Request
from mediators.hl7v2.results import Numbering
from mediators.hl7v2.scope import Scope
from mediators.hl7v2.visit import visit
from mediators.mediator import Context, Part, Translation
from schemas.events import Identifier
from schemas.message import Issue, Message

TYPES: Final = (
    "ORM^O01", "OMG^O19", "OML^O21", "OML^O33", "OML^O35", "OMI^O23", "ORR^O02", "ORG^O20", "ORL^O22", "ORL^O34",
    "ORL^O36", "ORI^O24",
)  # fmt: skip
_MEDICINES: Final = ("RXO", "RXE", "RXD", "RXG", "RXA")
_OTHERS: Final = tuple(name for name in requests.DETAILS if name not in _MEDICINES)
# Table 0119: an order that is replaced (asked, told, answered), and one that stands in for it
_REPLACED: Final = ("RP", "RU", "RQ")
_REPLACES: Final = ("RO",)
# Orders of the group so far that a child is of, where ORC-8 does not tell
_PARENT, _CHILD = "PA", "CH"
# A number assigned to what the filler asked for: until now it was known by the filler's alone
_ASSIGNED: Final = "NA"


def mediate(hl7: Hl7, message: Message, context: Context) -> Translation:
    """The events of a message, in its order; patients without any order are refused parts.

    The place of an order is that of its ORC ("ORC 2"), without one of its own that of its OBR. A message that asks for
    medicines only is the pharmacy's.
    """
    if any(hl7.first(name) for name in _MEDICINES) and not any(hl7.first(name) for name in _OTHERS):
        return pharmacy.mediate(hl7, message, context)
    is_reply = hl7.first("MSA") is not None
    return translated(hl7, message, context, requests.patients(hl7), partial(_told, is_reply=is_reply))


def _told(one: requests.Patient, head: Head, scope: Scope, *, is_reply: bool) -> Iterator[Telling]:
    for segment in one.strays:
        scope.rest(segment)
    if not one.requests or one.pid is None:
        if one.requests or not is_reply:
            yield Part(one.place, [_nobody(one.requests[0]) if one.requests else _no_order(one.place)])
        return
    told = patient(one.pid, one.others, scope)
    own_key = f"{about_patient(told, head.digest)}|{head.message.control_id}|{head.digest}"
    shared = around(one.around, one.results, own_key, scope)
    keys, events = _keys(one.requests, head, scope), []
    visits = {id(each.visit): visit(each.visit.pv1, each.visit.others, scope) for each in one.requests if each.visit}
    numberings: dict[str, Numbering] = {}
    for sent, key in zip(one.requests, keys, strict=True):
        own = scope.part()
        encounter = visits.get(id(sent.visit))
        numbering = numberings.setdefault(key, Numbering(key))
        event = request(sent, numbering, {**told}, {**encounter} if encounter else None, head, own)
        if (number := order.numbered(sent.orc, sent.obr, own)) and key != order.known_by(number):
            event["order"]["key"] = key
        if shared.get("insurances"):
            event["insurances"] = [*shared["insurances"], *event.get("insurances", ())]
        head.settle(event, own)
        events.append(event)
    _related(events)
    wanted = head.message.places
    events = [event for event in events if not wanted or event["place"] in wanted]
    if events:
        for field in shared.keys() - {"insurances"}:
            events[0][field] = [*shared[field], *events[0].get(field, ())]
    yield from events


def _keys(sent: list[Request], head: Head, scope: Scope) -> list[str]:
    """`about` of every order. One that is replaced keeps the number for its successor, whatever that asks for."""
    numbers = [order.numbered(one.orc, one.obr, scope) for one in sent]
    named = [(number, name(one)) for one, number in zip(sent, numbers, strict=True) if _control(one) not in _REPLACED]
    shared = order.shared(named)
    return [_key(one, number, shared, head) for one, number in zip(sent, numbers, strict=True)]


def _key(sent: Request, number: Identifier | None, shared: set[str], head: Head) -> str:
    if number is None:
        message = head.message
        return f"order|{message.sender}|{message.control_id}|{head.digest}|{sent.place}"
    key = order.known_by(number)
    return f"{key}|{name(sent)}" if key in shared and name(sent) else key


def _control(sent: Request) -> str:
    return sent.orc.text(1).strip().upper() if sent.orc is not None else ""


def _related(events: list[dict[str, Any]]) -> None:
    """Replacements and children are of the orders before them that say so."""
    replaced: list[Identifier] = []
    parent: Identifier | None = None
    for event in events:
        told = event["order"]
        control = (told.get("control") or "").upper()
        number = told.get("placer") or told.get("filler")
        if control in _REPLACED and number:
            replaced.append(number)
        elif control in _REPLACES:
            if others := [one for one in replaced if order.known_by(one) != event["about"]]:
                told["replaces"] = others
            replaced = []
        elif control == _ASSIGNED and told.get("placer") and told.get("filler"):
            told["replaces"] = [told["filler"]]
        elif control == _PARENT:
            parent = number
        elif control == _CHILD and parent and not told.keys() & {"parent", "parent_filler"}:
            told["parent"] = parent


def _nobody(sent: Request) -> Issue:
    text = "the message does not say whose order this is"
    remedy = "send the PID before the ORC, in a reply too"
    return Issue("PID", "required", text, remedy, code="101", location="PID^1")


def _no_order(place: str) -> Issue:
    text, remedy = "no order follows this patient", "send an ORC or an OBR after the PID"
    return Issue(place, "segment-sequence", text, remedy, code="100", location=place.replace(" ", "^"))
