"""One stay as a trigger tells it: its status, what is taken back, whose it is, and the key that it is known by."""

from __future__ import annotations

from typing import Any

from mediators.hl7v2.details import details
from mediators.hl7v2.envelope import Head, number_digest
from mediators.hl7v2.persons import Stay
from mediators.hl7v2.reader import Segment
from mediators.hl7v2.scope import Scope
from mediators.hl7v2.triggers import Trigger
from mediators.hl7v2.visit import FIELDS, visit
from schemas import facts
from schemas.events import Detail, Encounter, Patient

# What a place has beside where it is
_NOT_WHERE = frozenset({"facility", "status"})


def stay(sent: Stay, meaning: Trigger, patient: Patient, scope: Scope) -> Encounter | None:
    """The encounter; None when nothing is told of one."""
    encounter = visit(sent.pv1, sent.others, scope)
    if encounter is None:
        return None
    _forget(encounter, meaning, sent, scope)
    encounter.pop("status", None)
    if status := _status(encounter, meaning):
        encounter["status"] = status
    if account := patient.get("account"):
        encounter["account"] = account
    # a newborn's stay belongs to the mother's, where her visit number stands among her numbers
    mothers = [one for one in patient.get("mother_identifiers") or () if one.get("type") == "VN"]
    if mothers:
        encounter["part_of"] = mothers[0]
    return encounter


def about_stay(encounter: Encounter, told: Patient, head: Head, scope: Scope, place: str) -> str:
    """The key of a stay: its facility (the authority of its number, else the sender) and its number.

    Without a number: the patient's first one, hashed, and the day of admission; without that, this very message.
    """
    for number in encounter.get("identifiers") or ():
        return f"encounter|{number['system']}|{number['value']}"
    who, day = number_digest(told), (encounter.get("admitted") or "")[:10] or head.day()
    if who and day:
        return f"encounter|{scope.sender}|{who}|{day}"
    return f"encounter|{scope.sender}|{facts.name('stay', head.digest, place)}"


def _status(encounter: Encounter, meaning: Trigger) -> str | None:
    if encounter.get("discharged") and not (meaning.told and meaning.status):
        return "finished"
    return meaning.status


def _forget(encounter: Encounter, meaning: Trigger, sent: Stay, scope: Scope) -> None:
    """Names what is taken back in `cleared`. What the message repeats of it is a detail under a name that says so, and
    no fact of the stay."""
    told: dict[str, Any] = encounter  # type: ignore[assignment]  # fields by name
    for field in meaning.forgets:
        name, number = FIELDS[field]
        if told.pop(field, None) and (segment := _segment(sent, name)):
            kept = details([(segment, number, 0)], scope)
            again: list[Detail] = [{**one, "name": f"cancelled-{one['name']}"} for one in kept]
            encounter["details"] = [*encounter.get("details", ()), *again]
    gone = [*meaning.forgets, *(field for field in meaning.empties if not _tells(encounter, field))]
    if gone:
        encounter["cleared"] = list(dict.fromkeys([*encounter.get("cleared", ()), *gone]))


def _tells(encounter: Encounter, field: str) -> bool:
    name, _, role = field.partition(":")
    if role:
        return any(one.get("role") == role for one in encounter.get(name, ()))  # type: ignore[attr-defined]
    if name == "place":
        return bool((encounter.get("place") or {}).keys() - _NOT_WHERE)
    return bool(encounter.get(name))


def _segment(sent: Stay, name: str) -> Segment | None:
    if name == "PV1":
        return sent.pv1
    return next((one for one in sent.others if one.name == name), None)
