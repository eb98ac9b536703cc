"""ADT: what hospitals tell of patients and their stays. What each trigger means stands in `triggers` and `merges`.

A message gives, for every patient in it, one event about the patient (registered, updated, merged, linked, or a number
changed) and one about each stay that it tells of. Where the trigger is not about a stay, a PV1 with only a class tells
of none. A19 is a query and A20 tells of a bed, not of a patient: both are refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from mediators.hl7v2 import merges
from mediators.hl7v2.allergy import allergies
from mediators.hl7v2.envelope import Head, Telling, about_patient, translated
from mediators.hl7v2.guarantor import guarantors
from mediators.hl7v2.insurance import insurances
from mediators.hl7v2.patient import patient
from mediators.hl7v2.persons import Person, Stay, persons
from mediators.hl7v2.reader import Hl7
from mediators.hl7v2.results import Numbering, result
from mediators.hl7v2.scope import Scope
from mediators.hl7v2.stays import about_stay, stay
from mediators.hl7v2.triggers import ADDS_PERSON, DELETES_PERSON, LINKS, MERGES, TRIGGERS
from mediators.mediator import Context, Part, Translation
from schemas.events import Patient
from schemas.message import Issue, Message


def mediate(hl7: Hl7, message: Message, context: Context) -> Translation:
    """The events of a message, in its order. What can't be told for want of a number or a stay is a refused part.

    The place of a patient's event is that of the PID ("PID 1"), of a stay that of its PV1 ("PV1 1").
    """
    people = persons(hl7)
    return translated(hl7, message, context, people, partial(_told, people=people, trigger=hl7.trigger))


def _told(person: Person, head: Head, scope: Scope, *, people: Sequence[Person], trigger: str) -> Iterator[Telling]:
    """Everything that is told of one patient. `people`: all of the message."""
    told = patient(person.pid, person.others, scope)
    changes: list[Telling] = []
    if trigger in LINKS:
        first = people[0]
        if person is not first:
            other = patient(first.pid, first.others, scope.part())
            yield merges.linked(person, told, other, head, are=LINKS[trigger])
        elif len(people) < 2:
            yield Part("PID", [_alone()])
    elif trigger in MERGES:
        yield from merges.merged(person, told, head, scope)
    if trigger in merges.CHANGES:
        changes = list(merges.changed(trigger, person, told, head, scope))
        yield from changes
    if trigger in LINKS or trigger in MERGES or trigger in merges.CHANGES:
        _beside(person, scope)
    else:
        yield _patient(person, told, trigger, head, scope)
    if trigger not in MERGES and trigger not in merges.CHANGES:
        for mrg in person.priors:
            scope.rest(mrg)
    yield from merges.renumbered(changes, list(_stays(person, told, trigger, head, scope)), head)
    for segment in person.rest:
        scope.rest(segment)


def _patient(person: Person, told: Patient, trigger: str, head: Head, scope: Scope) -> dict[str, Any]:
    kind = "PatientRegistered" if TRIGGERS[trigger].registers else "PatientUpdated"
    if trigger in (ADDS_PERSON, DELETES_PERSON):
        told = {**told, "active": trigger == ADDS_PERSON}
    about = about_patient(told, f"{head.digest}|{person.place}")
    event = head.event(kind, person.place, about, told)
    if found := allergies(person.allergies, scope):
        event["allergies"] = found
    if covers := insurances(person.insurances, scope):
        event["insurances"] = covers
    if answering := guarantors(person.guarantors, scope):
        event["guarantors"] = answering
    if person.results:
        # of no report: another message's result of the same code is another result
        numbering = Numbering(f"{about}|{head.message.control_id}|{head.digest}")
        event["observations"] = [result(branch.head, branch.others, numbering, scope) for branch in person.results]
    return event


def _stays(person: Person, told: Patient, trigger: str, head: Head, scope: Scope) -> Iterator[Telling]:
    meaning, found = TRIGGERS[trigger], False
    for one in person.stays:
        encounter = stay(one, meaning, told, scope)
        if encounter is None:
            continue
        if not meaning.stay and not encounter.keys() - {"class_code", "patient_class", "cleared", "account"}:
            _leave_class(one, scope)
            continue
        found = True
        where = f"PV1 {one.pv1.index}" if one.pv1 is not None else f"{person.place}, stay"
        event = head.event("EncounterRecorded", where, about_stay(encounter, told, head, scope, where), {**told})
        if meaning.moves and event["occurred"] and encounter.get("place"):
            encounter["moved"] = event["occurred"]
        event |= {"encounter": encounter, "undone": meaning.undoes}
        over = encounter.get("discharged") if encounter.get("status") == "finished" else None
        event["occurred"] = event["occurred"] or over or encounter.get("admitted")
        yield event
    if meaning.undoes and not found:
        yield Part(f"{person.place}, stay", [_no_stay(person)])


def _beside(person: Person, scope: Scope) -> None:
    """What merges, links and changes of numbers have no place for."""
    for segment in (*person.allergies, *person.insurances, *person.guarantors):
        scope.rest(segment)
    for branch in person.results:
        for one in (branch.head, *branch.others):
            scope.rest(one)


def _leave_class(one: Stay, scope: Scope) -> None:
    if one.pv1 is not None and one.pv1.raw_field(2):
        scope.others.append((one.pv1, 2, 0))


def _alone() -> Issue:
    text, remedy = "a link tells of two patients, and there is one", "send a PID for each of the two patients"
    return Issue("PID[2]-3", "required", text, remedy, code="101", location="PID^2^3")


def _no_stay(person: Person) -> Issue:
    index = person.pid.index if person.pid is not None else 1
    text, remedy = "what is taken back is a stay, and none is told", "send the PV1 of the stay with its number (PV1-19)"
    return Issue("PV1-19", "required", text, remedy, code="101", location=f"PV1^{index}^19")
