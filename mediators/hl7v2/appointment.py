"""SIU: appointments made, moved, changed and called off → AppointmentRecorded, one a patient.

Sources: HL7 v2.8.2 chapter 10 (SCH, triggers S12 to S24 and S26); HL7 V2-to-FHIR guide, map SCH[Appointment], which has
none for the triggers. Decided here:

- A message tells the appointment as it is now. Resources that S20, S21 or S22 takes away, or that carry the action D,
  stay in it as declined.
- Status: S15 and S16 cancel, S17 was entered in error, S26 nobody came, S24 gives up the block of S23; otherwise
  SCH-25, and where it is silent the appointment is booked (blocked by S23: pending). S16 ends what has not taken place
  yet, so that an appointment SCH-25 says to be complete stays so.
- Start and end: SCH-11.4 and .5, else TQ1-7 and -8, else the earliest start that a resource is needed at; an end that
  is not told follows from the duration (SCH-9, else SCH-11.3 or TQ1-6, else the resource's own).
- The key is the person with the filler's number (SCH-2) and its authority, else the placer's (SCH-1), and the
  occurrence (SCH-3): of several patients each has an appointment of their own, for a record is about one person.
- Time that is blocked or opened (S23, S24) without a patient is no fact about anybody: that part is refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from mediators.hl7v2 import booked, timing
from mediators.hl7v2.datatypes import code, ei, listed, one, people, pl, said, telecoms, xad
from mediators.hl7v2.envelope import Head, Telling, translated
from mediators.hl7v2.insurance import insurances
from mediators.hl7v2.notes import notes
from mediators.hl7v2.order import pair
from mediators.hl7v2.patient import patient
from mediators.hl7v2.persons import Person
from mediators.hl7v2.reader import Hl7, Segment
from mediators.hl7v2.results import Numbering, result
from mediators.hl7v2.scope import Scope
from mediators.hl7v2.visit import diagnosis, visit
from mediators.mediator import Context, Part, Translation
from schemas import facts
from schemas.events import Booked, Code, Identifier, Practitioner
from schemas.message import Issue, Message

TRIGGERS: Final = (*(f"S{number}" for number in range(12, 25)), "S26")
_BY_TRIGGER: Final = {"S15": "cancelled", "S17": "entered-in-error", "S26": "noshow", "S24": "cancelled"}
# Contact persons of SCH, with the fields of their telephone, address and place
_CONTACTS: Final = ((12, "placers", (13, 14, 15)), (16, "fillers", (17, 18, 19)), (20, "entered_by", (21, 0, 22)))
_SCH: Final = frozenset((1, 2, 3, 4, 5, 6, 7, 8, 11, 12, 16, 20, 23, 24, 25, 26, 27))


@dataclass(slots=True)
class _Sent:
    """One SCH as it was sent, with what belongs to it by position."""

    sch: Segment | None = None
    timings: list[Segment] = field(default_factory=list)
    notes: list[Segment] = field(default_factory=list)
    persons: list[Person] = field(default_factory=list)
    needed: list[tuple[Segment | None, Segment, list[Segment]]] = field(default_factory=list)
    rest: list[Segment] = field(default_factory=list)


def mediate(hl7: Hl7, message: Message, context: Context) -> Translation:
    """The place of an event is that of its PID ("PID 1")."""
    sent = _sent(hl7)

    def read(person: Person | None, head: Head, scope: Scope) -> Sequence[Telling]:
        if person is None:
            return [Part("SCH 1", [_nobody(hl7.trigger)])]
        return [_appointment(sent, person, hl7.trigger, head, scope)]

    return translated(hl7, message, context, sent.persons or [None], read)


def _sent(hl7: Hl7) -> _Sent:
    """Takes the message apart. Notes and participants belong to what stands before them."""
    sent, rgs = _Sent(), None
    last: list[Segment] | Person = sent.notes
    for segment in hl7.segments[1:]:
        name = segment.name
        if name == "SCH" and sent.sch is None:
            sent.sch, last = segment, sent.notes
        elif name in ("TQ1", "TQ2"):
            sent.timings.append(segment)
        elif name == "RGS":
            rgs, last = segment, sent.rest
            sent.rest.append(segment)
        elif name in booked.SHAPES:
            last = []
            sent.needed.append((rgs, segment, last))
        elif name == "PID":
            last = Person()
            sent.persons.append(last)
            last.take(segment)
        elif isinstance(last, Person):
            last.take(segment)
        else:
            (last if name in ("NTE", "PRT") else sent.rest).append(segment)
    return sent


def _appointment(sent: _Sent, person: Person, trigger: str, head: Head, scope: Scope) -> dict[str, Any]:
    told = patient(person.pid, person.others, scope)
    numbers = _numbers(sent.sch, scope)
    event = head.event("AppointmentRecorded", person.place, _about(sent, numbers, head), told)
    said_of: dict[str, Any] = {"numbers": numbers}
    if sent.sch is not None:
        _schedule(sent.sch, said_of, scope)
    said_of["timings"] = [*timing.of_field(sent.sch, 11, scope), *timing.timings(sent.timings, scope)]
    resources = _needed(sent, said_of, trigger, scope)
    said_of["status"] = _status(said_of.get("sent_status"), trigger)
    _when(said_of, resources)
    said_of["notes"] = notes([one for one in sent.notes if one.name == "NTE"], scope)
    for segment in (*sent.rest, *(other for other in sent.notes if other.name != "NTE")):
        scope.rest(segment, (1, 3) if segment.name == "RGS" and resources else ())
    _beside(person, event["about"], said_of, head, scope)
    event.update((name, value) for name, value in said_of.items() if value)
    return event


def _about(sent: _Sent, numbers: list[Identifier], head: Head) -> str:
    own = next((f"{one['system']}|{one['value']}" for one in numbers), "")
    key = f"appointment|{own or facts.name('appointment', head.message.sender, head.digest)}"
    if sent.sch is not None and own and (occurrence := said(sent.sch.text(3))):
        key = f"{key}|{occurrence}"
    return key


def _numbers(sch: Segment | None, scope: Scope) -> list[Identifier]:
    """The filler's number, then the placer's."""
    if sch is None:
        return []
    filler = listed(sch, 2, lambda field: ei(field, scope, "FILL"))
    return [*filler, *listed(sch, 1, lambda field: ei(field, scope, "PLAC"))]


def _schedule(sch: Segment, told: dict[str, Any], scope: Scope) -> None:
    """SCH, but for when it is."""
    told["occurrence"] = said(sch.text(3))
    told["groups"] = [number for field in sch.repetitions(4) for number in pair(field, scope)]
    told["schedule"] = one(sch, 5, code)
    told["event_reason"] = one(sch, 6, code)
    told["reasons"] = listed(sch, 7, code)
    told["kind"] = one(sch, 8, code)
    mapped = set(_SCH)
    for number, key, reached in _CONTACTS:
        told[key] = people(sch, number, scope)
        if told[key]:
            _reached(sch, told[key][0], reached, scope)
            mapped |= set(reached)
    told["parents"] = [
        *listed(sch, 24, lambda field: ei(field, scope, "FILL")),
        *listed(sch, 23, lambda field: ei(field, scope, "PLAC")),
    ]
    told["sent_status"] = one(sch, 25, code)
    told["orders"] = [
        *listed(sch, 26, lambda field: ei(field, scope, "PLAC")),
        *listed(sch, 27, lambda field: ei(field, scope, "FILL")),
    ]
    if length := booked.minutes(sch.text(9), sch.text(10), sch.text(10, 2)):
        told["minutes"] = length
        mapped |= {9, 10}
    scope.rest(sch, mapped)


def _reached(sch: Segment, person: Practitioner, fields: tuple[int, int, int], scope: Scope) -> None:
    """Telephone, address and place of a contact person, given to the first of them."""
    phone, address, place = fields
    if numbers := telecoms(sch, phone, "work"):
        person["telecoms"] = [*person.get("telecoms", ()), *numbers]
    if address and (addresses := listed(sch, address, xad)):
        person["addresses"] = addresses
    if where := one(sch, place, pl):
        person["location"] = where


def _needed(sent: _Sent, told: dict[str, Any], trigger: str, scope: Scope) -> list[Booked]:
    begins = next((start for one in told["timings"] if (start := one.get("start"))), None)
    resources: list[Booked] = []
    for rgs, segment, others in sent.needed:
        group = one(rgs, 3, code) if rgs is not None else None
        found = booked.booked(segment, others, group, begins, scope)
        if rgs is not None and (action := said(rgs.text(2))):
            for each in found:
                each.setdefault("action", action)
        resources += found
    booked.taken_away(resources, trigger)
    told["resources"] = resources
    told["services"] = [one["code"] for one in resources if one["kind"] == "AIS" and one.get("code")]
    return resources


def _status(sent: Code | None, trigger: str) -> str:
    if trigger in _BY_TRIGGER:
        return _BY_TRIGGER[trigger]
    told = booked.appointment_status(sent)
    if trigger == "S16":
        return told if told in ("fulfilled", "noshow") else "cancelled"
    return told or ("pending" if trigger == "S23" else "booked")


def _when(told: dict[str, Any], resources: list[Booked]) -> None:
    """Start, end and length: as told, then as they follow from one another."""
    starts = [one["start"] for one in told["timings"] if one.get("start")]
    ends = [one["end"] for one in told["timings"] if one.get("end")]
    wanted = [one for one in resources if one.get("status") != "declined"] or resources
    own = [start for one in wanted if (start := one.get("start"))]
    told["start"] = starts[0] if starts else min(own, default=None)
    length = told.get("minutes") or _lasts(told["timings"])
    length = length or next((one["minutes"] for one in wanted if one.get("minutes")), None)
    told["end"] = ends[0] if ends else booked.later(told["start"], length)
    if length:
        told["minutes"] = length


def _lasts(timings: list[Any]) -> str | None:
    """The duration of SCH-11.3 or TQ1-6."""
    for told in timings:
        codings = (told.get("duration_unit") or {}).get("codings") or [{}]
        unit = codings[0].get("code") or (told.get("duration_unit") or {}).get("text") or ""
        if told.get("duration") and (length := booked.minutes(told["duration"], unit)):
            return length
    return None


def _beside(person: Person, about: str, told: dict[str, Any], head: Head, scope: Scope) -> None:
    """What stands with the patient: visit, diagnoses, observations, insurances."""
    others = [segment for stay in person.stays for segment in stay.others]
    found = [diagnosis(segment, scope) for segment in others if segment.name == "DG1"]
    told["diagnoses"] = [one for one in found if one]
    first = person.stays[0].pv1 if person.stays else None
    told["encounter"] = visit(first, [segment for segment in others if segment.name != "DG1"], scope)
    for stay in person.stays[1:]:
        if stay.pv1 is not None:
            scope.rest(stay.pv1)
    numbering = Numbering(f"{about}|{head.message.control_id}|{head.digest}")
    told["observations"] = [result(branch.head, branch.others, numbering, scope) for branch in person.results]
    told["insurances"] = insurances(person.insurances, scope)
    for segment in (*person.allergies, *person.guarantors, *person.rest):
        scope.rest(segment)


def _nobody(trigger: str) -> Issue:
    if trigger in ("S23", "S24"):
        text = "time is blocked or opened for no patient: that is no fact of a record"
        remedy = "send it with the PID of the patient whom it is about, or do not send it here"
    else:
        text, remedy = "the appointment is of no patient", "send the PID of the patient whom it is about"
    return Issue("PID", "required", text, remedy, code="101", location="PID^1")
