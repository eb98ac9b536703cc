"""Who a message is about: PID, PD1, ARV, the people around (NK1, ROL, PRT), the notes beside them, and who a patient
was before a merge (MRG)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

from mediators.hl7v2 import rows
from mediators.hl7v2.addresses import telecoms
from mediators.hl7v2.coded import code
from mediators.hl7v2.kin import contact
from mediators.hl7v2.names import xpn
from mediators.hl7v2.notes import notes
from mediators.hl7v2.numbers import cx, identifiers, inner_time, local_system, social
from mediators.hl7v2.parties import hd
from mediators.hl7v2.reader import Field, Segment
from mediators.hl7v2.roles import roles
from mediators.hl7v2.rows import SEX
from mediators.hl7v2.scope import Scope
from mediators.hl7v2.texts import bare, emptied, listed, only, part, said
from schemas.events import Identifier, Patient, Practitioner

__all__ = ["SEX", "contact", "patient", "prior"]

_CLEARED: Final = {
    3: "identifiers", 5: "names", 6: "mother_name", 7: "birth_date", 8: "sex", 10: "race", 11: "addresses",
    12: "county", 15: "language", 16: "marital_status", 17: "religion", 18: "account", 21: "mother_identifiers",
    22: "ethnicity", 23: "birth_place", 24: "multiple_birth", 25: "birth_order", 26: "citizenships",
    27: "veteran_status", 28: "nationality", 29: "deceased_at", 30: "deceased", 31: "identity_unknown",
    32: "identity_reliability",
}  # fmt: skip
_CLEARED_PD1: Final = {
    3: "managing_organization", 4: "general_practitioners", 6: "disabilities", 12: "protected",
}  # fmt: skip
_PID: Final[rows.Table] = {
    10: ("race", rows.codes),
    12: ("county", rows.plain),
    15: ("language", rows.coded),
    16: ("marital_status", rows.coded),
    17: ("religion", rows.coded),
    22: ("ethnicity", rows.codes),
    24: ("multiple_birth", rows.flag),
    26: ("citizenships", rows.codes),
    27: ("veteran_status", rows.coded),
    28: ("nationality", rows.coded),
    29: ("deceased_at", rows.moment),
    30: ("deceased", rows.flag),
    31: ("identity_unknown", rows.flag),
    32: ("identity_reliability", rows.codes),
    33: ("updated", rows.moment),
}
_PD1: Final[rows.Table] = {
    4: ("general_practitioners", rows.persons("PP")),
    6: ("disabilities", rows.codes),
    12: ("protected", rows.flag),
}
_WHOLE: Final = frozenset((*range(1, 10), 11, 13, 14, 18, 19, 20, 21, 23, 25, 34, 40, *_PID))
# Tables 0443 and 0912: who is the patient's own doctor. FHCP is what IHE's PAM calls the family's.
_OWN_DOCTOR: Final = frozenset({"PP", "FHCP"})


def patient(pid: Segment | None, others: Sequence[Segment], scope: Scope) -> Patient:
    """The patient of a PID with what belongs to it: PD1, ARV, NK1, ROL, PRT, NTE; any other segment is its details."""
    told: dict[str, Any] = {}
    own = scope.part()
    if pid is not None:
        _identity(pid, cast(Patient, told), own)
    for segment in others:
        if segment.name == "PD1":
            _primary_care(segment, told, own)
        elif segment.name == "ARV":
            _restricted(segment, told, own)
        elif segment.name not in ("NK1", "ROL", "PRT", "NTE"):
            own.rest(segment)
    _around(others, told, own)
    rows.beside(told, own, scope)
    return cast(Patient, told)


def _identity(pid: Segment, told: Patient, scope: Scope) -> None:
    _numbers(pid, told, scope)
    _names(pid, told, scope)
    if born := scope.birth_date(pid, 7):
        told["birth_date"] = born
    if sex := bare(pid, 8, scope):
        told["sex_code"] = sex
        if meant := SEX.get(sex.upper()):
            told["sex"] = meant
    told.update(cast(Patient, rows.read(pid, _PID, scope)))
    if "nationality" not in told and (citizenships := told.get("citizenships")):
        told["nationality"] = citizenships[0]
    _whereabouts(pid, told, scope)
    _birth(pid, told, scope)
    if facility := hd(pid.field(34)):
        told["updated_by"] = facility
    cleared = _emptied(pid, _CLEARED)
    if (emptied(pid, 13) or emptied(pid, 14)) and "telecoms" not in told:
        cleared.append("telecoms")
    if cleared:
        told["cleared"] = cleared
    scope.rest(pid, _WHOLE)


def _emptied(segment: Segment, fields: Mapping[int, str]) -> list[str]:
    return [field for number, field in fields.items() if emptied(segment, number)]


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
    if (own := social(pid, 19, scope)) and own["value"] not in known:
        numbers.append(own)
    if licence := only(pid, 20, lambda field: _licence(field, scope), scope):
        numbers.append(licence)
    if numbers:
        told["identifiers"] = numbers
    if account := only(pid, 18, lambda field: cx(field, scope, "AN"), scope):
        told["account"] = account
    if mothers := identifiers(pid, 21, scope):
        told["mother_identifiers"] = mothers


def _licence(field: Field, scope: Scope) -> Identifier | None:
    """PID-20 (DLN): number, issuing place, expiry."""
    value, place = said(field.text(1)), field.component(2)
    if not value:
        return None
    issuer = part(field, 2) if place.components < 2 else said(place.text(1)) or said(place.text(2))
    system = local_system(f"dl-{issuer.lower()}" if issuer else "dl")
    licence: Identifier = {"system": system, "value": value, "type": "DL"}
    if issuer:
        licence["authority"] = issuer
    if place.components > 1 and (where := code(place)):
        licence["jurisdiction"] = where
    if end := inner_time(field.text(3), scope):
        licence["end"] = end
    return licence


def _names(pid: Segment, told: Patient, scope: Scope) -> None:
    """PID-5, and the aliases of PID-9 after it."""
    names = listed(pid, 5, lambda field: xpn(field, scope))
    for alias in listed(pid, 9, lambda field: xpn(field, scope)):
        alias.setdefault("use", "nickname")
        names.append(alias)
    if names:
        told["names"] = names
    if mother := only(pid, 6, lambda field: xpn(field, scope), scope):
        told["mother_name"] = mother


def _whereabouts(pid: Segment, told: Patient, scope: Scope) -> None:
    if addresses := rows.addresses(pid, 11, scope):
        told["addresses"] = addresses
    reached = [
        *telecoms(pid, 13, "home", scope), *telecoms(pid, 14, "work", scope), *telecoms(pid, 40, None, scope),
    ]  # fmt: skip
    if reached:
        told["telecoms"] = [one for place, one in enumerate(reached) if one not in reached[:place]]


def _birth(pid: Segment, told: Patient, scope: Scope) -> None:
    if birth_place := said(pid.whole(23)):
        told["birth_place"] = birth_place
    if order := said(pid.text(25)):
        if order.isascii() and order.isdecimal() and 0 < int(order) < 100:
            told["birth_order"] = int(order)
        else:
            scope.leave(pid, 25)


def _primary_care(pd1: Segment, told: dict[str, Any], scope: Scope) -> None:
    """PD1: the primary facilities (3) and doctors (4), handicaps (6), and whether everything is to be protected (12).

    The first facility is the one that keeps the record.
    """
    told |= rows.read(pd1, _PD1, scope)
    facilities = rows.bodies(pd1, 3, scope)
    if facilities:
        told["managing_organization"] = facilities[0]
    if facilities[1:]:
        told["other_facilities"] = facilities[1:]
    if cleared := _emptied(pd1, _CLEARED_PD1):
        told["cleared"] = [*told.get("cleared", ()), *cleared]
    scope.rest(pd1, (3, *_PD1))


def _restricted(arv: Segment, told: dict[str, Any], scope: Scope) -> None:
    """ARV: what must not be seen by everybody (table 0717). One that is taken back (D) restricts nothing."""
    taken_back = arv.text(2).strip().upper() == "D"
    found = [] if taken_back else listed(arv, 3, code)
    if found:
        told["restrictions"] = [*told.get("restrictions", ()), *found]
    scope.rest(arv, (1, 3) if found else (1,))


def _around(others: Sequence[Segment], told: dict[str, Any], scope: Scope) -> None:
    """Next of kin, who else takes part, and notes."""
    if contacts := [found for nk1 in others if nk1.name == "NK1" and (found := contact(nk1, scope))]:
        told["contacts"] = contacts
    for who in roles([one for one in others if one.name in ("ROL", "PRT")], scope):
        told.setdefault(_place_of(who), []).append(who)
    if written := notes([segment for segment in others if segment.name == "NTE"], scope):
        told["notes"] = written


def _place_of(who: Practitioner) -> str:
    return "general_practitioners" if who.get("role") in _OWN_DOCTOR else "participants"


def prior(mrg: Segment, scope: Scope) -> Patient:
    """Who the patient was before: the numbers (MRG-1, -2, -4), account and names that are no longer used."""
    told: Patient = {"active": False}
    numbers = [number for place in (1, 2, 4) for number in identifiers(mrg, place, scope)]
    if numbers:
        told["identifiers"] = [number for place, number in enumerate(numbers) if number not in numbers[:place]]
    if account := only(mrg, 3, lambda field: cx(field, scope, "AN"), scope):
        told["account"] = account
    if names := listed(mrg, 7, lambda field: xpn(field, scope)):
        told["names"] = names
    scope.rest(mrg, (1, 2, 3, 4, 7))
    return told
