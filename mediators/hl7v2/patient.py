"""Who a message is about: PID, PD1, NK1, the notes beside them, and who a patient was before a merge (MRG)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from mediators.hl7v2.datatypes import (
    code,
    cx,
    identifiers,
    inner_time,
    listed,
    local_system,
    one,
    part,
    people,
    said,
    telecoms,
    xad,
    xon,
    xpn,
)
from mediators.hl7v2.notes import notes
from mediators.hl7v2.reader import Field, Segment
from mediators.hl7v2.scope import NULL, Scope
from schemas.events import Contact, Identifier, Patient

# Table 0001, and the guide's AdministrativeSex: A (ambiguous) and N (not applicable) have no nearer word. C and X
# came later, for who is neither.
SEX: Final = {
    "M": "male", "F": "female", "O": "other", "U": "unknown", "A": "other", "N": "other", "C": "other", "X": "other",
}  # fmt: skip

_CLEARED: Final = {
    3: "identifiers", 5: "names", 6: "mother_name", 7: "birth_date", 8: "sex", 11: "addresses", 15: "language",
    16: "marital_status", 17: "religion", 18: "account", 21: "mother_identifiers", 23: "birth_place",
    24: "multiple_birth", 25: "birth_order", 28: "nationality", 29: "deceased_at", 30: "deceased",
}  # fmt: skip
_PID: Final = frozenset((*range(1, 10), 11, *range(13, 22), *range(23, 27), 28, 29, 30, 40))
_NK1: Final = frozenset((*range(1, 10), 15, 16, 33))
# Table 0136, and the words as met
_YES_NO: Final = {"Y": True, "YES": True, "OUI": True, "N": False, "NO": False, "NON": False}


def patient(pid: Segment | None, others: Sequence[Segment], scope: Scope) -> Patient:
    """The patient of a PID with the PD1, NK1 and NTE that belong to it."""
    told: Patient = {}
    if pid is not None:
        _numbers(pid, told, scope)
        _names(pid, told)
        _demographics(pid, told, scope)
        _whereabouts(pid, told)
        _life(pid, told, scope)
        cleared = [field for number, field in _CLEARED.items() if pid.raw_field(number) == NULL]
        if NULL in (pid.raw_field(13), pid.raw_field(14)) and "telecoms" not in told:
            cleared.append("telecoms")
        if cleared:
            told["cleared"] = cleared
        scope.rest(pid, _PID)
    for segment in others:
        if segment.name == "PD1":
            _primary_care(segment, told, scope)
    if contacts := [found for nk1 in others if nk1.name == "NK1" and (found := contact(nk1, scope))]:
        told["contacts"] = contacts
    if written := notes([segment for segment in others if segment.name == "NTE"], scope):
        told["notes"] = written
    return told


def _numbers(pid: Segment, told: Patient, scope: Scope) -> None:
    """PID-3, then what PID-2, -4, -19 and -20 add to it; the account apart."""
    numbers = identifiers(pid, 3, scope)
    known = {number["value"] for number in numbers}
    for field in (*pid.repetitions(2), *pid.repetitions(4)):
        number = cx(field, scope)
        if number and (number["value"] not in known or (field.component(4) and number not in numbers)):
            known.add(number["value"])
            if all((number["system"], number["value"]) != (old["system"], old["value"]) for old in numbers):
                numbers.append(number)
    if (social := one(pid, 19, lambda field: _social(field, scope))) and social["value"] not in known:
        numbers.append(social)
    if licence := one(pid, 20, lambda field: _licence(field, scope)):
        numbers.append(licence)
    if numbers:
        told["identifiers"] = numbers
    if account := one(pid, 18, lambda field: cx(field, scope, "AN")):
        told["account"] = account
    if mothers := identifiers(pid, 21, scope):
        told["mother_identifiers"] = mothers


def _social(field: Field, scope: Scope) -> Identifier | None:
    """PID-19: of the authority it names, else what the channel's `authorities` call SSN."""
    value = said(field.text(1))
    if not value:
        return None
    if field.component(4):
        return cx(field, scope, "SS")
    return {"system": scope.context.authorities.get("SSN", "urn:id:ssn"), "value": value, "type": "SS"}


def _licence(field: Field, scope: Scope) -> Identifier | None:
    """PID-20 (DLN): number, issuing place, expiry."""
    value, issuer = said(field.text(1)), part(field, 2)
    if not value:
        return None
    system = local_system(f"dl-{issuer.lower()}" if issuer else "dl")
    licence: Identifier = {"system": system, "value": value, "type": "DL"}
    if issuer:
        licence["authority"] = issuer
    if end := inner_time(field.text(3), scope):
        licence["end"] = end
    return licence


def _names(pid: Segment, told: Patient) -> None:
    """PID-5, and the aliases of PID-9 after it."""
    names = listed(pid, 5, xpn)
    for alias in listed(pid, 9, xpn):
        alias.setdefault("use", "nickname")
        names.append(alias)
    if names:
        told["names"] = names
    if mother := one(pid, 6, xpn):
        told["mother_name"] = mother


def _demographics(pid: Segment, told: Patient, scope: Scope) -> None:
    if born := scope.birth_date(pid, 7):
        told["birth_date"] = born
    if sex := said(pid.text(8)):
        told["sex_code"] = sex
        if meant := SEX.get(sex.upper()):
            told["sex"] = meant
    if language := one(pid, 15, code):
        told["language"] = language
    if marital := one(pid, 16, code):
        told["marital_status"] = marital
    if religion := one(pid, 17, code):
        told["religion"] = religion
    nationality, citizenship = one(pid, 28, code), one(pid, 26, code)
    if found_nationality := nationality or citizenship:
        told["nationality"] = found_nationality
    if nationality and citizenship and nationality != citizenship:
        scope.leave(pid, 26)


def _whereabouts(pid: Segment, told: Patient) -> None:
    if addresses := listed(pid, 11, xad):
        told["addresses"] = addresses
    reached = [*telecoms(pid, 13, "home"), *telecoms(pid, 14, "work"), *telecoms(pid, 40)]
    if reached:
        told["telecoms"] = [one for place, one in enumerate(reached) if one not in reached[:place]]


def _life(pid: Segment, told: Patient, scope: Scope) -> None:
    if birth_place := said(pid.whole(23)):
        told["birth_place"] = birth_place
    if (multiple := _YES_NO.get(pid.text(24).strip().upper())) is not None:
        told["multiple_birth"] = multiple
    elif said(pid.text(24)):
        scope.leave(pid, 24)
    if order := said(pid.text(25)):
        if order.isascii() and order.isdecimal() and 0 < int(order) < 100:
            told["birth_order"] = int(order)
        else:
            scope.leave(pid, 25)
    if died := scope.time(pid, 29):
        told["deceased_at"] = died
    if (dead := _YES_NO.get(pid.text(30).strip().upper())) is not None:
        told["deceased"] = dead
    elif said(pid.text(30)):
        scope.leave(pid, 30)


def _primary_care(pd1: Segment, told: Patient, scope: Scope) -> None:
    if doctors := people(pd1, 4, scope, "PP"):
        told["general_practitioners"] = doctors
    if home := one(pd1, 3, lambda field: xon(field, scope)):
        told["managing_organization"] = home
    cleared = [field for number, field in ((3, "managing_organization"), (4, "general_practitioners"))
               if pd1.raw_field(number) == NULL]  # fmt: skip
    if cleared:
        told["cleared"] = [*told.get("cleared", ()), *cleared]
    scope.rest(pd1, (3, 4))


def contact(nk1: Segment, scope: Scope) -> Contact | None:
    """NK1; None when nothing tells who it is."""
    told: Contact = {}
    if names := listed(nk1, 2, xpn):
        told["names"] = names
    if relationship := one(nk1, 3, code):
        told["relationship"] = relationship
    if addresses := listed(nk1, 4, xad):
        told["addresses"] = addresses
    if reached := [*telecoms(nk1, 5), *telecoms(nk1, 6, "work")]:
        told["telecoms"] = reached
    if role := one(nk1, 7, code):
        told["role"] = role
    if start := scope.time(nk1, 8):
        told["start"] = start
    if end := scope.time(nk1, 9):
        told["end"] = end
    if sex := said(nk1.text(15)):
        told["sex"] = SEX.get(sex.upper(), sex)
    if born := scope.birth_date(nk1, 16):
        told["birth_date"] = born
    if numbers := identifiers(nk1, 33, scope):
        told["identifiers"] = numbers
    scope.rest(nk1, _NK1)
    return told or None


def prior(mrg: Segment, scope: Scope) -> Patient:
    """Who the patient was before: the numbers (MRG-1, -2, -4), account and names that are no longer used."""
    told: Patient = {"active": False}
    numbers = [number for place in (1, 2, 4) for number in identifiers(mrg, place, scope)]
    if numbers:
        told["identifiers"] = [number for place, number in enumerate(numbers) if number not in numbers[:place]]
    if account := one(mrg, 3, lambda field: cx(field, scope, "AN")):
        told["account"] = account
    if names := listed(mrg, 7, xpn):
        told["names"] = names
    scope.rest(mrg, (1, 2, 3, 4, 7))
    return told
