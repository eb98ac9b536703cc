"""BAR: accounts opened (P01), purged (P02), changed (P05), ended (P06), grouped (P10), with diagnoses and procedures
(P12) → PatientUpdated with the account's state, the stay it is of, and ChargeRecorded for every act that was done.

Source: HL7 v2.8.2 chapter 6.4. The guide has no message map for BAR. Decided here: P01 opens the account, P06 ends it,
P02 takes it back as entered in error (the patient and the stay remain); the others say nothing of its state. A
procedure (PR1) is an act that the accounts are told of: it stands in the stay and is a charge without a price.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any, Final

from mediators.hl7v2.around import around
from mediators.hl7v2.charge import CREDIT, Keys, act
from mediators.hl7v2.envelope import Head, about_patient, translated
from mediators.hl7v2.patient import patient
from mediators.hl7v2.persons import Person, persons
from mediators.hl7v2.reader import Hl7
from mediators.hl7v2.scope import Scope
from mediators.hl7v2.stays import about_stay, stay
from mediators.hl7v2.triggers import Trigger
from mediators.mediator import Context, Translation
from schemas.events import Encounter, Patient
from schemas.message import Message

TRIGGERS: Final = ("P01", "P02", "P05", "P06", "P10", "P12")
# What becomes of the account, in FHIR's words
STATUS: Final = {"P01": "active", "P02": "entered-in-error", "P06": "inactive"}
_MEANING: Final = Trigger()
_OTHERS: Final = frozenset(("procedures", "diagnoses", "details", "cleared"))


def mediate(hl7: Hl7, message: Message, context: Context) -> Translation:
    """The place of a patient's event is "PID 1", of a stay "PV1 1", of an act "PR1 1"."""
    return translated(hl7, message, context, persons(hl7), partial(_told, trigger=hl7.trigger))


def _told(person: Person, head: Head, scope: Scope, *, trigger: str) -> Iterator[dict[str, Any]]:
    told = patient(person.pid, person.others, scope)
    about = about_patient(told, f"{head.digest}|{person.place}")
    event = head.event("PatientUpdated", person.place, about, told)
    beside = [*person.allergies, *person.insurances, *person.guarantors]
    event |= around(beside, person.results, f"{about}|{head.message.control_id}|{head.digest}", scope)
    if told.get("account") and trigger in STATUS:
        event["account_status"] = STATUS[trigger]
    for segment in person.rest:
        scope.rest(segment)
    yield event
    keys = Keys()
    for one in person.stays:
        encounter = stay(one, _MEANING, told, scope)
        if encounter is None:
            continue
        where = f"PV1 {one.pv1.index}" if one.pv1 is not None else f"{person.place}, stay"
        recorded = head.event("EncounterRecorded", where, about_stay(encounter, told, head, scope, where), {**told})
        recorded["encounter"] = encounter
        recorded["occurred"] = recorded["occurred"] or encounter.get("admitted")
        yield recorded
        for pr1 in one.others:
            done = act(pr1, _of(encounter, told), scope.part()) if pr1.name == "PR1" else None
            if done:
                yield _act(done, f"PR1 {pr1.index}", keys, head, scope, told)


def _of(encounter: Encounter, told: Patient) -> dict[str, Any]:
    """What an act needs of its stay, without what that tells of other acts."""
    own = {key: value for key, value in encounter.items() if key not in _OTHERS}
    return {"encounter": own, "account": told.get("account"), "diagnoses": encounter.get("diagnoses")}


def _act(done: dict[str, Any], where: str, keys: Keys, head: Head, scope: Scope, told: Patient) -> dict[str, Any]:
    # an act taken back is the same act
    about = keys.next(done, head, scope.sender).removesuffix(f"|{CREDIT}")
    event = head.event("ChargeRecorded", where, about, {**told})
    event["occurred"] = done.get("performed") or event["occurred"]
    return event | {name: value for name, value in done.items() if value}
