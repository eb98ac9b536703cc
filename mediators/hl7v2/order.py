"""What was asked for: ORC with OBR and their timing. HL7 v2.8.2 chapter 4.5.1 (ORC) and 4.5.3 (OBR)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, Final

from mediators.hl7v2 import timing
from mediators.hl7v2.datatypes import (
    body_system,
    code,
    cx,
    ei,
    listed,
    one,
    part,
    people,
    pl,
    repeats,
    said,
    telecoms,
    xad,
    xon,
)
from mediators.hl7v2.reader import Field, Segment
from mediators.hl7v2.scope import Scope
from schemas.events import Code, Identifier, Order, Organization, Practitioner, Timing

# Fields that have a place here; ORC-14 and ORC-22 to -24 are kept with the person or body they belong to
_ORC: Final = frozenset(
    (1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 21, 22, 23, 24, 25, 27, 28, 29, 33)
)
OBR: Final = frozenset((1, 2, 3, 5, 6, 10, 11, 12, 13, 16, 17, 27, 29, 31, 36, 44, 45, 46, 53, 54))
_PEOPLE: Final = {10: "entered_by", 11: "verified_by", 19: "acted_by"}
_CODES: Final = {16: "control_reason", 18: "entering_device", 25: "modifier", 28: "confidentiality", 29: "kind"}
_TIMES: Final = {9: "ordered", 15: "effective", 27: "available"}
# The roles of table 0443 and 0912 that those fields stand for
_ROLES: Final = {"entered_by": "EP", "verified_by": "VP", "acted_by": "AP"}


def order(orc: Segment | None, obr: Segment | None, timings: Sequence[Segment], scope: Scope) -> Order:
    """The order of an ORC, of an OBR, or of both: what OBR tells goes before ORC. `timings` are its TQ1 and TQ2."""
    told: Order = {}
    _numbers(orc, obr, told, scope)
    _parents(orc, obr, told, scope)
    if orc is not None:
        _common(orc, told, scope)
    if requesters := _requesters(orc, obr, scope):
        told["requesters"] = requesters
    if obr is not None:
        _asked(obr, told, scope)
    _when(orc, obr, timings, told, scope)
    if orc is not None:
        scope.rest(orc, _ORC)
    return told


def number(orc: Segment | None, obr: Segment | None, field: int, scope: Scope) -> Identifier | None:
    """The placer's (2) or filler's (3) number, which OBR and ORC both have."""
    for segment in (obr, orc):
        if segment is not None and (found := one(segment, field, lambda sent: ei(sent, scope))):
            return found
    return None


def numbered(orc: Segment | None, obr: Segment | None, scope: Scope) -> Identifier | None:
    """The number that an order is known by: its placer's, else its filler's."""
    return number(orc, obr, 2, scope) or number(orc, obr, 3, scope)


def known_by(number: Identifier) -> str:
    """The key of an order (`about` of its own event) that has this number: its placer's, else its filler's."""
    return f"order|{number['system']}|{number['value']}"


def named(asked: Code) -> str:
    """What is asked for in one word."""
    return (asked.get("codings") or [{}])[0].get("code") or asked.get("text") or ""


def shared(asked: Iterable[tuple[Identifier | None, str]]) -> set[str]:
    """The keys that one message uses for several things asked for: those are told apart by what is asked, too."""
    names: dict[str, set[str]] = defaultdict(set)
    for number, name in asked:
        if number and name:
            names[known_by(number)].add(name)
    return {key for key, several in names.items() if len(several) > 1}


def pair(field: Field, scope: Scope) -> list[Identifier]:
    """EIP: the placer's number, then the filler's, each with its type."""
    kinds = ((1, "PLAC"), (2, "FILL"))
    return [found for at, kind in kinds if (found := ei(field.component(at), scope, kind))]


def among(person: Practitioner, others: Sequence[Practitioner]) -> bool:
    """Whether this is one of the others, told again with less or more detail."""
    numbers = {one["value"] for one in person.get("identifiers", ())}
    for other in others:
        known = {one["value"] for one in other.get("identifiers", ())}
        if numbers & known if numbers and known else person.get("names") == other.get("names"):
            return True
    return False


def _numbers(orc: Segment | None, obr: Segment | None, told: Order, scope: Scope) -> None:
    if placer := number(orc, obr, 2, scope):
        told["placer"] = placer
    if filler := number(orc, obr, 3, scope):
        told["filler"] = filler
    for segment, at in ((orc, 33), (obr, 53)):
        if segment is not None and (alternate := one(segment, at, lambda sent: cx(sent, scope))):
            told["alternate"] = alternate
    if orc is None:
        return
    if group := one(orc, 4, lambda field: ei(field, scope)):
        told["group"] = group
    for at, kept in ((2, told.get("placer")), (3, told.get("filler"))):
        second = one(orc, at, lambda sent: ei(sent, scope))
        if second and kept and second["value"] != kept["value"]:
            scope.others.append((orc, at, 0))


def _parents(orc: Segment | None, obr: Segment | None, told: Order, scope: Scope) -> None:
    """ORC-8, OBR-29, OBR-54: the order that this one is a part or a consequence of."""
    for segment, at in ((orc, 8), (obr, 29), (obr, 54)):
        if segment is None or not segment.raw_field(at):
            continue
        for found in pair(segment.field(at), scope):
            if found.get("type") == "PLAC":
                told.setdefault("parent", found)
            else:
                told.setdefault("parent_filler", found)


def _common(orc: Segment, told: Order, scope: Scope) -> None:
    found: dict[str, Any] = {"control": said(orc.text(1)), "status": said(orc.text(5))}
    for at, key in _TIMES.items():
        found[key] = scope.time(orc, at)
    for at, key in _PEOPLE.items():
        found[key] = people(orc, at, scope, _ROLES[key])
    for at, key in _CODES.items():
        found[key] = one(orc, at, code)
    found["entered_at"] = one(orc, 13, pl)
    found["entering_organization"] = one(orc, 17, lambda field: _body(field, scope))
    found["organization"] = _organization(orc, scope)
    _keep(found, told)


def _asked(obr: Segment, told: Order, scope: Scope) -> None:
    """What of OBR is about the order, not about its result."""
    found: dict[str, Any] = {
        "reasons": listed(obr, 31, code),
        "clinical_information": repeats(obr, 13),
        "information": _coded(obr, 13),
        "action": said(obr.text(11)),
        "danger": one(obr, 12, code),
        "requested": scope.time(obr, 6),
        "scheduled": scope.time(obr, 36),
        "collectors": people(obr, 10, scope, "OBR-10"),
        "procedures": [*listed(obr, 44, code), *listed(obr, 45, code)],
        "supplements": listed(obr, 46, code),
    }
    _keep(found, told)


def _keep(found: dict[str, Any], told: Order) -> None:
    told.update({key: value for key, value in found.items() if value})  # type: ignore[typeddict-item]  # Order's keys


def _coded(segment: Segment, at: int) -> list[Code]:
    """A field that is a code from 2.7 on and was a text before: only what is written as a code."""
    return [found for field in segment.repetitions(at) if field.components > 1 and (found := code(field))]


def _requesters(orc: Segment | None, obr: Segment | None, scope: Scope) -> list[Practitioner]:
    """OBR-16, then who ORC-12 adds; a call-back number (OBR-17, ORC-14) and address (ORC-24) go to the first."""
    found: list[Practitioner] = people(obr, 16, scope, "OP") if obr is not None else []
    if orc is not None:
        found += [person for person in people(orc, 12, scope, "OP") if not among(person, found)]
    for segment, at in ((obr, 17), (orc, 14)):
        if segment is None or not segment.raw_field(at):
            continue
        if not found:
            scope.others.append((segment, at, 0))
        elif reached := telecoms(segment, at, "work"):
            known = found[0].get("telecoms", [])
            found[0]["telecoms"] = [*known, *(one for one in reached if one not in known)]
    if orc is not None and orc.raw_field(24):
        if found and (addresses := listed(orc, 24, xad)):
            found[0]["addresses"] = addresses
        else:
            scope.others.append((orc, 24, 0))
    return found


def _organization(orc: Segment, scope: Scope) -> Organization | None:
    """ORC-21 with its address (22) and telephone (23)."""
    told: Organization = one(orc, 21, lambda field: xon(field, scope)) or {}
    if addresses := listed(orc, 22, xad):
        told["addresses"] = addresses
    if reached := telecoms(orc, 23, "work"):
        told["telecoms"] = reached
    return told or None


def _body(field: Field, scope: Scope) -> Organization | None:
    """ORC-17: a body as a code (CWE), its system being whose number it is."""
    found = code(field)
    if not found:
        return None
    told: Organization = {}
    if name := part(field, 2) or found.get("text"):
        told["name"] = name
    if codings := found.get("codings"):
        number = codings[0].get("code") or ""
        told["identifiers"] = [{"system": codings[0].get("system") or body_system(number, scope), "value": number}]
    return told


def _when(orc: Segment | None, obr: Segment | None, sent: Sequence[Segment], told: Order, scope: Scope) -> None:
    """TQ1, else the quantity/timing of OBR-27 and ORC-7; the priority is theirs, else OBR-5."""
    found = timing.timings(sent, scope)
    for segment, at in ((obr, 27), (orc, 7)):
        found += [one for one in timing.of_field(segment, at, scope) if not _within(one, found)]
    if found:
        told["timings"] = found
    priority = timing.priority(found) or (said(obr.text(5)) if obr is not None else None)
    if priority:
        told["priority"] = priority


def _within(one: Timing, others: Sequence[Timing]) -> bool:
    """Whether another timing tells all of this one: OBR-27 repeats ORC-7."""
    return any(one.items() <= other.items() for other in others)
