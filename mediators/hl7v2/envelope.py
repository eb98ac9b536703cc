"""What every event of a message has in common: its names, its origin, and which of two sayings is the newer; and how a
message of any family becomes events."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar, cast

from mediators.hl7v2.datatypes import code, ei, hd, listed, local_system, one, people, said
from mediators.hl7v2.details import details
from mediators.hl7v2.reader import Hl7, Segment
from mediators.hl7v2.scope import Scope, place
from mediators.hl7v2.times import micros
from mediators.mediator import Context, Part, Translation
from schemas import facts
from schemas.events import Event, Identifier, Organization, Origin, Patient
from schemas.message import Message, Unmapped

# A sender's clock may run ahead so much; a day that is further off would shut out every later correction
_AHEAD = 24 * 60 * 60 * 1_000_000

# An event, or what is refused in its place
Telling = dict[str, Any] | Part
Sent = TypeVar("Sent")

# FHIR's system of identifiers that are URIs themselves
URI = "urn:ietf:rfc:3986"

# MSH and EVN fields that are kept, or belong to the exchange itself (delimiters, control id, acknowledgements, charset)
_MSH = frozenset((1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13, 15, 16, 17, 18, 19, 20, 21))
_EVN = frozenset((1, 2, 3, 4, 5, 6, 7))
# The parties in MSH, and what they are in the origin
_PARTIES = {3: "application", 4: "facility", 5: "receiving_application", 6: "receiving_facility"}


class Head:
    """The message as its events name it. `digest` is the SHA-256 of its body; `scope` holds what of MSH and EVN found
    no place, for the first event of the message."""

    __slots__ = ("_created", "_recorded", "digest", "facility", "message", "occurred", "origin", "scope")

    def __init__(self, hl7: Hl7, message: Message, scope: Scope) -> None:
        own, evn = scope.part(), hl7.first("EVN")
        self.message = message
        self.digest = message.digest
        self.origin = _origin(hl7, evn, own)
        self.occurred = own.time(evn, 6) if evn is not None else None
        self.facility: Organization | None = hd(hl7.msh.field(4))
        self._created, self._recorded = self.origin.get("created"), self.origin.get("recorded")
        own.rest(hl7.msh, _MSH)
        if evn is not None:
            own.rest(evn, _EVN)
            if (said(evn.text(1)) or hl7.trigger) != hl7.trigger:
                own.others.append((evn, 1, 0))
        self.scope = own

    def event(self, kind: str, place: str, about: str, patient: Patient, moment: str | None = None) -> dict[str, Any]:
        """The envelope of an event of type `kind`. `moment` is its own time, which orders it before the message's."""
        message = self.message
        return {
            "type": kind,
            "id": facts.event_id(message, self.digest, place, kind),
            "about": about,
            "channel": message.channel,
            "sender": message.sender,
            "transaction": message.transaction,
            "control_id": message.control_id,
            "place": place,
            "received": message.received,
            "version": self.version(moment),
            "occurred": self.occurred,
            "origin": self.origin,
            "facility": {**self.facility} if self.facility else None,
            "patient": patient,
        }

    def settle(self, event: dict[str, Any], scope: Scope) -> None:
        """Gives the event what has found no place in it: details under the standard's names, and what has none."""
        if scope.others:
            event["details"] = [*event.get("details", ()), *details(scope.others, scope)]
        event["unmapped"] = [*scope.left, *event.get("unmapped", ())]

    def version(self, moment: str | None) -> int:
        """µs of the sender's own time: `moment`, else EVN-2, else MSH-7, else when we received it.

        A time without minutes orders nothing within its day, and one of tomorrow is a wrong clock: the next is asked.
        """
        for text in (moment, self._recorded, self._created):
            told = micros(text)
            if told is not None and told <= self.message.received + _AHEAD:
                return told
        return self.message.received

    def day(self) -> str | None:
        """The day the message tells of, for visits that do not tell their own."""
        text = self.occurred or self._recorded or self._created
        return text[:10] if text else None


def translated(
    hl7: Hl7,
    message: Message,
    context: Context,
    sent: Iterable[Sent],
    read: Callable[[Sent, Head, Scope], Iterable[Telling]],
) -> Translation:
    """What a message becomes, in its order: `read` tells it of each part (mostly a patient) of what was sent.

    What has no place in MSH and EVN goes to the first event, what has none in a part to the first event of the part. Of
    a part without any it is unmapped, for the next part is about somebody else.
    """
    scope = Scope.of(hl7, context, message.channel)
    head = Head(hl7, message, scope)
    translation, left, lost = Translation(), head.scope, scope.part()
    for part in sent:
        own = scope.part()
        told = [one for one in read(part, head, own) if not message.places or _place(one) in message.places]
        events = [one for one in told if not isinstance(one, Part)]
        translation.refused += [one for one in told if isinstance(one, Part)]
        if events:
            own.adopt(left)
            left = scope.part()
            head.settle(events[0], own)
            translation.events += cast(list[Event], events)
        elif told or not message.places:
            own.adopt(lost)
            lost = own
    lost.adopt(left)
    translation.unmapped = [Unmapped(one["place"], one["value"]) for one in lost.left]
    fields = dict.fromkeys((segment, number) for segment, number, _ in lost.others)
    translation.unmapped += [Unmapped(place(*field), field[0].raw_field(field[1])) for field in fields]
    translation.unknown_codes = list(scope.unknown)
    return translation


def _place(one: Telling) -> str:
    return one.place if isinstance(one, Part) else str(one["place"])


def about_patient(patient: Patient, otherwise: str) -> str:
    """The key of a patient's own facts: the first number, hashed, for a key names nobody."""
    return f"patient|{number_digest(patient) or otherwise}"


def number_digest(patient: Patient) -> str:
    """The first identifier of a patient, hashed; "" without one."""
    for identifier in patient.get("identifiers") or ():
        return facts.name("identifier", identifier["system"], identifier["value"])
    return ""


def _origin(hl7: Hl7, evn: Segment | None, scope: Scope) -> Origin:
    msh = hl7.msh
    told: Origin = {"message_type": hl7.type, "trigger": hl7.trigger, "version": said(msh.text(12)) or hl7.version}
    _parties(msh, told)
    if profiles := listed(msh, 21, lambda field: ei(field, scope)):
        told["profiles"] = profiles
    if created := scope.time(msh, 7):
        told["created"] = created
    if evn is not None:
        if recorded := scope.time(evn, 2):
            told["recorded"] = recorded
        if planned := scope.time(evn, 3):
            told["planned"] = planned
        if reason := one(evn, 4, code):
            told["reason"] = reason
        if operators := people(evn, 5, scope):
            told["operators"] = operators
        if place := hd(evn.field(7)):
            told["place"] = place
    return told


def _parties(msh: Segment, told: Any) -> None:
    """MSH-3 to -6: the name, else the universal id; beside a name the id with its type."""
    for number, party in _PARTIES.items():
        name, universal = said(msh.text(number)), said(msh.text(number, 2))
        if found := name or universal:
            told[party] = found
        if universal and (name or said(msh.text(number, 3))):
            told[f"{party}_id"] = _universal(universal, said(msh.text(number, 3)))


def _universal(universal: str, kind: str | None) -> Identifier:
    uri = local_system(universal)
    return {"system": URI, "value": uri, "type": kind} if kind else {"system": URI, "value": uri}
