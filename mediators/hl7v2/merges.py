"""Merges, links and changed numbers: PID with MRG, PID with PID.

Only A40 and its elders (A18, A30, A34, A36, A39) say that two persons are one: PatientMerged. A24 and A37 link two
records and undo it: PatientLinked. All others tell of a number of an account, a visit or one patient: NumberChanged.

| triggers | what | holds now | was |
|---|---|---|---|
| A35, A36, A41 | two accounts into one | PID-18 | MRG-3 |
| A42 | two visits into one | PV1-19 | MRG-5 |
| A43 | a number to this patient | MRG-1 | MRG-1 |
| A44 | an account to this patient | PID-18 | MRG-3 |
| A45 | a visit to this patient or account | PV1-19 | MRG-5 |
| A46, A47, A48 | another number of a patient | PID-2, -3, -4 | MRG-4, -1, -2 |
| A49, A50, A51 | of an account, a visit | PID-18, PV1-19, PV1-50 | MRG-3, -5, -6 |
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, NamedTuple, cast

from mediators.hl7v2.datatypes import identifiers, listed, xpn
from mediators.hl7v2.envelope import Head, Telling, about_patient
from mediators.hl7v2.patient import prior
from mediators.hl7v2.persons import Person
from mediators.hl7v2.reader import Segment
from mediators.hl7v2.scope import Scope
from mediators.hl7v2.triggers import MERGES
from mediators.mediator import Part
from schemas import facts
from schemas.events import Encounter, Identifier, Patient
from schemas.message import Issue

ALTERNATE: Final = "alternate visit"


class _Change(NamedTuple):
    of: str
    change: str
    now: tuple[str, int]
    was: int


CHANGES: Final[dict[str, _Change]] = {
    **dict.fromkeys(("A35", "A36", "A41"), _Change("account", "merged", ("PID", 18), 3)),
    "A42": _Change("visit", "merged", ("PV1", 19), 5),
    "A43": _Change("patient", "moved", ("PID", 3), 1),
    "A44": _Change("account", "moved", ("PID", 18), 3),
    "A45": _Change("visit", "moved", ("PV1", 19), 5),
    "A46": _Change("patient", "changed", ("PID", 2), 4),
    "A47": _Change("patient", "changed", ("PID", 3), 1),
    "A48": _Change("patient", "changed", ("PID", 4), 2),
    "A49": _Change("account", "changed", ("PID", 18), 3),
    "A50": _Change("visit", "changed", ("PV1", 19), 5),
    "A51": _Change(ALTERNATE, "changed", ("PV1", 50), 6),
}
_KIND: Final = {"account": "AN", "visit": "VN", ALTERNATE: None, "patient": None}
# Numbers of a patient in MRG, where the one that is meant is missing
_ANY_PATIENT: Final = (1, 4, 2)


def merged(person: Person, told: Patient, head: Head, scope: Scope) -> Iterator[Telling]:
    """PatientMerged for every MRG of the patient: `patient` survives (PID), `prior` is what it was known by.

    A refused part where an MRG (or the one that is missing) does not say who.
    """
    for count, mrg in enumerate(person.priors or [None], 1):
        before: Patient = prior(mrg, scope) if mrg is not None else {}
        place = _place(person, count)
        if not before.get("identifiers"):
            yield Part(place, [_required("MRG", 1, mrg, person, "send the prior identifier of the patient in MRG-1")])
            continue
        event = head.event("PatientMerged", place, about_patient(told, head.digest), told)
        event["prior"] = before
        yield event


def linked(person: Person, told: Patient, other: Patient, head: Head, *, are: bool) -> dict[str, Any]:
    """PatientLinked: the patient told before (`other`) and this one; `are` tells whether they are linked."""
    event = head.event("PatientLinked", person.place, about_patient(told, head.digest), told)
    event["linked"], event["other"] = are, other
    return event


def changed(trigger: str, person: Person, told: Patient, head: Head, scope: Scope) -> Iterator[Telling]:
    """NumberChanged for every MRG and every number in it; a refused part where one of the two numbers is missing."""
    change, count = CHANGES[trigger], 0
    for index, mrg in enumerate(person.priors or [None]):
        if trigger in MERGES and (mrg is None or not mrg.raw_field(change.was)):
            # A36 merges persons, and their accounts only where it names one
            continue
        before = _before(mrg, change, scope) if mrg is not None else []
        now = _now(change, person, index, scope)
        if not before or not (now or change.change == "moved"):
            at = ("MRG", change.was, mrg) if not before else (*change.now, None)
            count += 1
            yield Part(_place(person, count, change.of), [_required(*at, person, _remedy(change))])
        for old in before if now or change.change == "moved" else ():
            count += 1
            event = head.event("NumberChanged", _place(person, count, change.of), _about(change, old, head), told)
            event |= {"of": change.of, "change": change.change, "prior": old, "number": _follows(change, old, now)}
            if mrg is not None and (other := _whose(mrg, scope)):
                event["prior_patient"] = other
            yield event
        if mrg is not None and trigger not in MERGES:
            _keep(mrg, change, scope)


def renumbered(changes: list[Telling], stays: list[Telling], head: Head) -> Iterator[Telling]:
    """The stays of a message, with what a change of their numbers makes of them: an alternate number that was is an old
    one; a stay under a number that is another's now (A42, A50) was entered in error, so that nobody bills it twice."""
    yield from stays
    for change in changes:
        if isinstance(change, Part) or change["prior"] == change["number"]:
            continue
        for stay in stays:
            if not isinstance(stay, Part) and _has(stay["encounter"], change["number"]):
                yield from _former(change, stay["encounter"], head)


def _has(encounter: Encounter, number: Identifier | None) -> bool:
    return any(one["value"] == number["value"] for one in encounter.get("identifiers") or () if number)


def _former(change: dict[str, Any], encounter: Encounter, head: Head) -> Iterator[Telling]:
    number: dict[str, Any] = {**change["prior"], "use": "old"}
    if change["of"] == ALTERNATE:
        encounter["identifiers"] = [*encounter["identifiers"], cast(Identifier, number)]
    elif change["of"] == "visit" and change["change"] != "moved":
        about = f"encounter|{number['system']}|{number['value']}"
        former = head.event("EncounterRecorded", f"{change['place']}, prior", about, change["patient"])
        kept = {name: encounter[name] for name in ("class_code", "patient_class") if name in encounter}
        former["encounter"] = {**kept, "identifiers": [number], "status": "entered-in-error"}
        former["undone"] = "visit number"
        yield former


def _place(person: Person, count: int, of: str = "") -> str:
    """ "PID 1", "PID 1, account", and of several "PID 1, account 2"."""
    named = ", ".join(one for one in (person.place, of) if one)
    return named if count == 1 else f"{named} {count}" if of else f"{named}, MRG {count}"


def _keep(mrg: Segment, change: _Change, scope: Scope) -> None:
    """What else MRG tells: the numbers that did not change are details."""
    scope.rest(mrg, {1, 2, 4, 7, change.was})


def _before(mrg: Segment, change: _Change, scope: Scope) -> list[Identifier]:
    found = identifiers(mrg, change.was, scope, _KIND[change.of])
    if found or change.of != "patient":
        return found
    return next((numbers for place in _ANY_PATIENT if (numbers := identifiers(mrg, place, scope))), [])


def _now(change: _Change, person: Person, index: int, scope: Scope) -> list[Identifier]:
    """The numbers that hold now. Of several visits the one after the MRG."""
    name, number = change.now
    if name == "PID":
        segment = person.pid
    else:
        stays = [stay.pv1 for stay in person.stays if stay.pv1 is not None]
        segment = stays[min(index, len(stays) - 1)] if stays else None
    if segment is None:
        return []
    found = identifiers(segment, number, scope, _KIND[change.of])
    if found or change.of != "patient":
        return found
    return next((numbers for place in (3, 2, 4) if (numbers := identifiers(segment, place, scope))), [])


def _follows(change: _Change, old: Identifier, now: list[Identifier]) -> Identifier | None:
    """Which number takes the place of the old one: a moved one is the same; else one of the same authority, else of
    the same type, else the first."""
    if change.change == "moved":
        same = [one for one in now if (one["system"], one["value"]) == (old["system"], old["value"])]
        return same[0] if same else old
    ranked = sorted(now, key=lambda one: (one["system"] != old["system"], one.get("type") != old.get("type")))
    return ranked[0] if ranked else None


def _whose(mrg: Segment, scope: Scope) -> Patient | None:
    """Whom MRG names, if anybody."""
    told: Patient = {}
    numbers = [one for place in (1, 2, 4) for one in identifiers(mrg, place, scope)]
    if numbers:
        told["identifiers"] = [one for place, one in enumerate(numbers) if one not in numbers[:place]]
    if names := listed(mrg, 7, lambda field: xpn(field, scope)):
        told["names"] = names
    return told or None


def _about(change: _Change, old: Identifier, head: Head) -> str:
    """A key names nobody."""
    return f"number|{change.of}|{facts.name('identifier', old['system'], old['value'])}|{head.digest}"


def _remedy(change: _Change) -> str:
    name, number = change.now
    return f"send the prior {change.of} number in MRG-{change.was} and the present one in {name}-{number}"


def _required(name: str, field: int, segment: Segment | None, person: Person, remedy: str) -> Issue:
    index = segment.index if segment is not None else person.pid.index if person.pid is not None else 1
    at = f"{name}-{field}" if name == "MRG" or index == 1 else f"{name}[{index}]-{field}"
    text = (
        "the number that is merged, moved or changed is missing" if name == "MRG" else "the present number is missing"
    )
    return Issue(at, "required", text, remedy, code="101", location=f"{name}^{index}^{field}")
