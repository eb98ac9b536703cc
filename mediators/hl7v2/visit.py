"""The visit a message tells of: PV1 and PV2, with its diagnoses (DG1), procedures (PR1) and participants (PRT, ROL).

Guide: maps PV1[Encounter] and PV2[Encounter]. What it has no place for (finances, retention, valuables ...), and the
accident, grouping, billing and death that a stay brings (ACC, DRG, UB1, UB2, PDA), are details of the stay.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from mediators.hl7v2 import roles
from mediators.hl7v2.clinical import diagnosis, more, procedure
from mediators.hl7v2.datatypes import code, cx, hd, identifiers, inner_time, listed, one, people, pl, said
from mediators.hl7v2.details import beside, details
from mediators.hl7v2.reader import Segment
from mediators.hl7v2.scope import NULL, Scope
from schemas.events import Detail, Diagnosis, Encounter, Place, Practitioner, Procedure

__all__ = ["FIELDS", "diagnosis", "procedure", "visit"]

# Fields that name somebody, with the role (table 0443, or the place itself where the table has none)
_PARTICIPANTS: Final = {7: "AT", 8: "RP", 9: "CP", 17: "AD", 52: "PV1-52"}
_REFERRAL_SOURCE: Final = "PV2-13"
# Table 0136, and the words as met
_YES_NO: Final = {"Y": True, "YES": True, "OUI": True, "N": False, "NO": False, "NON": False}

# A code that stands alone in the event, and where it stands whole when more than a code was sent
_BARE: Final = {
    2: ("class_code", "patient_class"), 4: ("admission_type", "admission"), 10: ("hospital_service", "service"),
    14: ("admit_source", "source"),
}  # fmt: skip
_CODES: Final = {
    "PV1": {
        13: "readmission", 16: "vip", 18: "type", 36: "discharge_disposition", 38: "diet", 41: "account_status",
    },
    "PV2": {
        2: "accommodation", 3: "reason", 4: "transfer_reason", 24: "patient_status", 25: "priority",
        27: "expected_disposition", 38: "arrival", 40: "level_of_care", 42: "condition",
    },
}  # fmt: skip
_LISTS: Final = {"PV1": {15: "ambulatory_statuses", 22: "courtesies"}, "PV2": {41: "precautions"}}
_PLACES: Final = {
    "PV1": {
        3: "place", 6: "prior_place", 11: "temporary_place", 42: "pending_place", 43: "prior_temporary_place",
    },
    "PV2": {1: "prior_pending_place"},
}  # fmt: skip
_TIMES: Final = {
    "PV1": {44: "admitted", 45: "discharged"},
    "PV2": {8: "expected_admission", 9: "expected_discharge", 33: "expected_surgery", 47: "expected_return"},
}
_TEXTS: Final[dict[str, dict[int, str]]] = {
    "PV1": {}, "PV2": {10: "expected_length_days", 11: "length_days", 12: "description"},
}  # fmt: skip
_OWN: Final = {
    "PV1": {5: "preadmission", 19: "identifiers", 37: "discharged_to", 54: "episode"}, "PV2": {36: "newborn"},
}  # fmt: skip
_NAMED: Final[dict[str, dict[int, str]]] = {
    segment: _CODES[segment] | _LISTS[segment] | _PLACES[segment] | _TIMES[segment] | _TEXTS[segment] | _OWN[segment]
    for segment in ("PV1", "PV2")
}
_CLEARED: Final[dict[str, dict[int, str]]] = {
    "PV1": _NAMED["PV1"]
    | {number: bare for number, (bare, _) in _BARE.items()}
    | {number: f"participants:{role}" for number, role in _PARTICIPANTS.items()},
    "PV2": _NAMED["PV2"] | {13: f"participants:{_REFERRAL_SOURCE}"},
}
_Read = Callable[[Segment, int, Scope], Any]
_BY_TABLE: Final[tuple[tuple[dict[str, dict[int, str]], _Read], ...]] = (
    (_CODES, lambda segment, number, scope: one(segment, number, code)),
    (_LISTS, lambda segment, number, scope: listed(segment, number, code)),
    (_PLACES, lambda segment, number, scope: one(segment, number, lambda field: pl(field, scope))),
    (_TIMES, lambda segment, number, scope: scope.time(segment, number)),
    (_TEXTS, lambda segment, number, scope: said(segment.whole(number))),
)
_READ: Final[dict[str, list[tuple[int, str, _Read]]]] = {
    name: [(number, field, read) for table, read in _BY_TABLE for number, field in table[name].items()]
    for name in ("PV1", "PV2")
}
# Where each field of an encounter stands
FIELDS: Final = {field: (segment, number) for segment, row in _NAMED.items() for number, field in row.items()}
_MAPPED: Final = {"PV1": frozenset((1, 39, 40, 50, *_CLEARED["PV1"])), "PV2": frozenset(_CLEARED["PV2"])}
# Segments that have a stay's details only
_BESIDE: Final = ("ACC", "DRG", "UB1", "UB2", "PDA")


def visit(pv1: Segment | None, others: Sequence[Segment], scope: Scope) -> Encounter | None:
    """The encounter of a PV1 with the PV2, DG1, PR1, PRT and others that belong to it; None when they tell of none."""
    told: Encounter = {}
    if pv1 is not None:
        _fields(pv1, told, scope)
        _bare(pv1, told)
        _numbers(pv1, told, scope)
        _participants(pv1, told, scope)
        if told.get("discharged"):
            told["status"] = "finished"
        mapped = _MAPPED["PV1"] - set(_facility(pv1, told))
        _keep(told, pv1, scope, mapped, _destination(pv1, told, scope))
    _others(others, told, scope)
    return told or None


def _fields(segment: Segment, told: Any, scope: Scope) -> None:
    """What the tables say of a segment."""
    for number, field, read in _READ[segment.name]:
        if segment.raw_field(number) and (value := read(segment, number, scope)):
            told[field] = value
    if NULL in segment.raw:
        rows = _CLEARED[segment.name].items()
        if cleared := [field for number, field in rows if segment.raw_field(number) == NULL]:
            told["cleared"] = [*told.get("cleared", ()), *cleared]


def _bare(pv1: Segment, told: Any) -> None:
    for number, (bare, whole) in _BARE.items():
        if sent := said(pv1.text(number)):
            told[bare] = sent
            if found := more(pv1, number):
                told[whole] = found


def _numbers(pv1: Segment, told: Encounter, scope: Scope) -> None:
    """The visit number first, then the alternate and the preadmission number."""
    before = identifiers(pv1, 5, scope, "PRE")
    if numbers := [*identifiers(pv1, 19, scope, "VN"), *identifiers(pv1, 50, scope), *before]:
        told["identifiers"] = numbers
    if before:
        told["preadmission"] = before[0]
    if episode := one(pv1, 54, lambda field: cx(field, scope)):
        told["episode"] = episode


def _facility(pv1: Segment, told: Encounter) -> Iterator[int]:
    """The servicing facility (39) and the bed's status (40) belong to the place that tells none of its own; the numbers
    of those that found no room."""
    place: Place = told.get("place") or {}
    if facility := hd(pv1.field(39)):
        if "facility" in place:
            yield 39
        else:
            place["facility"] = facility
    if status := said(pv1.text(40)):
        if place.get("status", status) != status:
            yield 40
        else:
            place["status"] = status
    if place:
        told["place"] = place


def _destination(pv1: Segment, told: Encounter, scope: Scope) -> list[Detail]:
    """PV1-37 (DLD): the place, a code of its own, and since when; some send code and name as in a CE."""
    dld = pv1.field(37)
    since = dld.component(2).raw
    dated = bool(since) and inner_time(dld.text(2), scope) is not None
    if found := code(dld.component(1) if dated or not since else dld):
        told["discharged_to"] = found
    return details([(pv1, 37, 2)], scope) if dated else []


def _participants(pv1: Segment, told: Encounter, scope: Scope) -> None:
    found: list[Practitioner] = []
    for number, role in _PARTICIPANTS.items():
        found += people(pv1, number, scope, role)
    _with(told, found)


def _with(told: Encounter, who: list[Practitioner]) -> None:
    if who:
        told["participants"] = [*told.get("participants", ()), *who]


def _others(others: Sequence[Segment], told: Encounter, scope: Scope) -> None:
    """In order: a ROL or PRT after a procedure tells who did it, else who takes part in the visit."""
    diagnoses: list[Diagnosis] = []
    procedures: list[Procedure] = []
    act: Procedure | None = None
    for segment in others:
        if segment.name in ("PRT", "ROL"):
            _takes_part(segment, told if act is None else act, "participants" if act is None else "by", scope)
            continue
        act = None
        if segment.name == "PV2":
            _more(segment, told, scope)
        elif segment.name == "DG1":
            diagnoses += [one for one in [diagnosis(segment, scope)] if one]
        elif segment.name == "PR1":
            act = procedure(segment, scope)
            procedures += [act] if act else []
        elif segment.name in _BESIDE:
            _keep(told, segment, scope)
    if diagnoses:
        told["diagnoses"] = diagnoses
    if procedures:
        told["procedures"] = procedures


def _takes_part(segment: Segment, told: Any, field: str, scope: Scope) -> None:
    own = scope.part()
    if who := roles.role(segment, own):
        told[field] = [*told.get(field, ()), *who]
    if rest := details(own.others, scope):
        told["details"] = [*told.get("details", ()), *rest]
    scope.left += own.left


def _more(pv2: Segment, told: Encounter, scope: Scope) -> None:
    _fields(pv2, told, scope)
    _with(told, people(pv2, 13, scope, _REFERRAL_SOURCE))
    mapped = _MAPPED["PV2"]
    if (newborn := _YES_NO.get(pv2.text(36).strip().upper())) is not None:
        told["newborn"] = newborn
    elif said(pv2.text(36)):
        mapped = mapped - {36}
    _keep(told, pv2, scope, mapped)


def _keep(
    told: Encounter,
    segment: Segment,
    scope: Scope,
    mapped: frozenset[int] = frozenset(),
    besides: Sequence[Detail] = (),
) -> None:
    """What of a segment has no field in the event becomes details of the stay."""
    if found := [*beside(segment, scope, mapped), *besides]:
        told["details"] = [*told.get("details", ()), *found]
