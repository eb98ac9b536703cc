"""ADT: what hospitals tell of patients and their stays.

A28 registers, A31 updates; A01, A04 and A05 register and record the stay; A08 updates; A02, A03, A06 and A07 update
and record the stay; A40 merges, a pair of PID and MRG at a time. A08, A28 and A31, which are about the patient, record
a stay too when their PV1 tells more than a class.
"""

from __future__ import annotations

from typing import Any, Final, cast

from mediators.hl7v2.allergy import allergy
from mediators.hl7v2.envelope import Head, about_patient, number_digest
from mediators.hl7v2.insurance import insurance
from mediators.hl7v2.patient import patient, prior
from mediators.hl7v2.persons import Person, Stay, persons
from mediators.hl7v2.reader import Hl7
from mediators.hl7v2.results import Numbering, result
from mediators.hl7v2.scope import Scope
from mediators.hl7v2.visit import visit
from mediators.mediator import Context, Part, Translation
from schemas import facts
from schemas.events import Encounter, Event, Patient
from schemas.message import Issue, Message, Unmapped

_REGISTERS: Final = frozenset({"A01", "A04", "A05", "A28"})
_ABOUT_PATIENT: Final = frozenset({"A08", "A28", "A31"})
# Status of the stay in FHIR's words; PV1-45 tells otherwise
_STATUS: Final = {
    "A01": "in-progress", "A02": "in-progress", "A03": "finished", "A04": "in-progress", "A05": "planned",
    "A06": "in-progress", "A07": "in-progress",
}  # fmt: skip


def mediate(hl7: Hl7, message: Message, context: Context) -> Translation:
    """The events of a message, in its order. A merge that does not say who is merged is a refused part.

    The place of a patient's event is that of the PID ("PID 1"), of a stay that of its PV1 ("PV1 1").
    """
    scope = Scope.of(hl7, context, message.channel)
    head = Head(hl7, message, scope)
    translation = Translation()
    left = head.scope
    for person in persons(hl7):
        own = scope.part()
        own.adopt(left)
        told = patient(person.pid, person.others, own)
        if hl7.trigger == "A40":
            events = _merge(person, told, head, own, translation)
        else:
            events = [_patient(person, told, hl7.trigger, head, own), *_stays(person, told, hl7.trigger, head, own)]
        for segment in person.rest:
            own.rest(segment)
        wanted = [event for event in events if not message.places or event["place"] in message.places]
        if wanted:
            head.settle(wanted[0], own)
            left = scope.part()
        else:
            left = own
        translation.events.extend(cast(list[Event], wanted))
    translation.unmapped = [Unmapped(one["place"], one["value"]) for one in left.left]
    translation.unknown_codes = list(scope.unknown)
    return translation


def _patient(person: Person, told: Patient, trigger: str, head: Head, scope: Scope) -> dict[str, Any]:
    kind = "PatientRegistered" if trigger in _REGISTERS else "PatientUpdated"
    about = about_patient(told, f"{head.digest}|{person.place}")
    event = head.event(kind, person.place, about, told)
    if allergies := [one for one in (allergy(al1, scope) for al1 in person.allergies) if one]:
        event["allergies"] = allergies
    if insurances := [one for one in (insurance(in1, scope) for in1 in person.insurances) if one]:
        event["insurances"] = insurances
    if person.results:
        # of no report: another message's result of the same code is another result
        numbering = Numbering(f"{about}|{head.message.control_id}|{head.digest}")
        event["observations"] = [result(branch.head, branch.others, numbering, scope) for branch in person.results]
    return event


def _stays(person: Person, told: Patient, trigger: str, head: Head, scope: Scope) -> list[dict[str, Any]]:
    events = []
    for stay in person.stays:
        encounter = visit(stay.pv1, stay.others, scope)
        if encounter is None:
            continue
        if trigger in _ABOUT_PATIENT and not encounter.keys() - {"class_code", "cleared"}:
            _leave_class(stay, encounter, scope)
            continue
        if status := _STATUS.get(trigger):
            encounter.setdefault("status", status)
        if account := told.get("account"):
            encounter["account"] = account
        place = f"PV1 {stay.pv1.index}" if stay.pv1 is not None else f"{person.place}, stay"
        event = head.event("EncounterRecorded", place, _about_stay(encounter, told, head, scope, place), {**told})
        event["encounter"] = encounter
        event["occurred"] = event["occurred"] or encounter.get("admitted")
        events.append(event)
    return events


def _leave_class(stay: Stay, encounter: Encounter, scope: Scope) -> None:
    if stay.pv1 is not None and encounter.get("class_code"):
        scope.leave(stay.pv1, 2)


def _about_stay(encounter: Encounter, told: Patient, head: Head, scope: Scope, place: str) -> str:
    """The key of a stay: its facility (the authority of its number, else the sender) and its number.

    Without a number: the patient's first one, hashed, and the day of admission; without that, this very message.
    """
    for number in encounter.get("identifiers") or ():
        return f"encounter|{number['system']}|{number['value']}"
    who, day = number_digest(told), (encounter.get("admitted") or "")[:10] or head.day()
    if who and day:
        return f"encounter|{scope.sender}|{who}|{day}"
    return f"encounter|{scope.sender}|{facts.name('stay', head.digest, place)}"


def _merge(person: Person, told: Patient, head: Head, scope: Scope, translation: Translation) -> list[dict[str, Any]]:
    """PatientMerged: `patient` survives (PID), `prior` is what it was known by (MRG)."""
    before: Patient = prior(person.mrg, scope) if person.mrg is not None else {}
    if not before.get("identifiers"):
        if not head.message.places or person.place in head.message.places:
            translation.refused.append(Part(person.place, [_nobody(person)]))
        return []
    event = head.event("PatientMerged", person.place, about_patient(told, head.digest), told)
    event["prior"] = before
    for stay in person.stays:
        for segment in (stay.pv1, *stay.others):
            if segment is not None:
                scope.rest(segment)
    for segment in (*person.allergies, *person.insurances):
        scope.rest(segment)
    for branch in person.results:
        for segment in (branch.head, *branch.others):
            scope.rest(segment)
    return [event]


def _nobody(person: Person) -> Issue:
    number = person.mrg.index if person.mrg is not None else person.pid.index if person.pid is not None else 1
    text, remedy = "the identifier that is merged is missing", "send the prior identifier of the patient in MRG-1"
    return Issue("MRG-1", "required", text, remedy, code="101", location=f"MRG^{number}^1")
