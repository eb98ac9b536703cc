"""What was asked for: ORC with OBR and their timing. HL7 v2.8.2 chapter 4.5.1 (ORC) and 4.5.3 (OBR)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Final, cast

from mediators.hl7v2 import rows, timing
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
# ORC's persons stand in the roles of tables 0443 and 0912
_OWN: Final[rows.Table] = {
    1: ("control", rows.plain),
    5: ("status", rows.plain),
    9: ("ordered", rows.moment),
    10: ("entered_by", rows.persons("EP")),
    11: ("verified_by", rows.persons("VP")),
    13: ("entered_at", lambda segment, at, scope: one(segment, at, lambda field: pl(field, scope))),
    15: ("effective", rows.moment),
    16: ("control_reason", rows.coded),
    17: ("entering_organization", lambda segment, at, scope: one(segment, at, lambda field: _body(field, scope))),
    18: ("entering_device", rows.coded),
    19: ("acted_by", rows.persons("AP")),
    25: ("modifier", rows.coded),
    27: ("available", rows.moment),
    28: ("confidentiality", rows.coded),
    29: ("kind", rows.coded),
}
# What of OBR is about the order, not about its result
_ASKED: Final[rows.Table] = {
    6: ("requested", rows.moment),
    10: ("collectors", rows.persons("OBR-10")),
    11: ("action", rows.plain),
    12: ("danger", rows.coded),
    13: ("clinical_information", rows.text),
    31: ("reasons", rows.codes),
    36: ("scheduled", rows.moment),
    44: ("procedures", rows.codes),
    45: ("procedures", rows.codes),
    46: ("supplements", rows.codes),
}


def order(orc: Segment | None, obr: Segment | None, timings: Sequence[Segment], scope: Scope) -> Order:
    """The order of an ORC, of an OBR, or of both: what OBR tells goes before ORC. `timings` are its TQ1 and TQ2."""
    told: Order = {}
    _numbers(orc, obr, told, scope)
    _parents(orc, obr, told, scope)
    if orc is not None:
        told.update(cast(Order, rows.read(orc, _OWN, scope)))
        if organization := _organization(orc, scope):
            told["organization"] = organization
    if requesters := _requesters(orc, obr, scope):
        told["requesters"] = requesters
    if obr is not None:
        told.update(cast(Order, rows.read(obr, _ASKED, scope)))
        if obr.raw_field(13) and (information := _coded(obr, 13)):
            told["information"] = information
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
    for segment, at in ((obr, 53), (orc, 33)):
        alternate = one(segment, at, lambda sent: cx(sent, scope)) if segment is not None else None
        if segment is not None and alternate and told.setdefault("alternate", alternate) != alternate:
            scope.others.append((segment, at, 0))
    if orc is None:
        return
    _group(orc, told, scope)
    for at, kept in ((2, told.get("placer")), (3, told.get("filler"))):
        second = said(orc.text(at)) if kept else None
        if second and kept and second != kept["value"]:
            scope.others.append((orc, at, 0))


def _group(orc: Segment, told: Order, scope: Scope) -> None:
    """ORC-4: an EI, from 2.8 on an EIP with the filler's number too."""
    field = orc.field(4)
    if not field:
        return
    if field.component(1).components > 1 or field.component(2).components > 1:
        for found in pair(field, scope):
            if found.pop("type", None) == "PLAC":
                told["group"] = found
            else:
                told["filler_group"] = found
    elif group := ei(field, scope):
        told["group"] = group


def _parents(orc: Segment | None, obr: Segment | None, told: Order, scope: Scope) -> None:
    """ORC-8, OBR-29, OBR-54: the order that this one is a part or a consequence of."""
    for segment, at in ((orc, 8), (obr, 29), (obr, 54)):
        if segment is None or not segment.raw_field(at):
            continue
        for found in pair(segment.field(at), scope):
            first = found.get("type") == "PLAC"
            known = told.setdefault("parent", found) if first else told.setdefault("parent_filler", found)
            if known != found:
                scope.others.append((segment, at, 1 if first else 2))


def _coded(segment: Segment, at: int) -> list[Code]:
    """A field that is a code from 2.7 on and was a text before: only what is written as a code."""
    return [found for field in segment.repetitions(at) if field.components > 1 and (found := code(field))]


def _requesters(orc: Segment | None, obr: Segment | None, scope: Scope) -> list[Practitioner]:
    """OBR-16, then who ORC-12 adds; a call-back number (OBR-17, ORC-14) and address (ORC-24) go to the first."""
    found: list[Practitioner] = people(obr, 16, scope, "OP") if obr is not None else []
    # the same again, as most write it, is not read again
    if orc is not None and (obr is None or orc.raw_field(12) != obr.raw_field(16)):
        found += [person for person in people(orc, 12, scope, "OP") if not among(person, found)]
    for segment, at in ((obr, 17), (orc, 14)):
        if segment is None or not segment.raw_field(at):
            continue
        if not found:
            scope.others.append((segment, at, 0))
        elif reached := telecoms(segment, at, "work", scope):
            known = found[0].get("telecoms", [])
            found[0]["telecoms"] = [*known, *(one for one in reached if one not in known)]
    if orc is not None and orc.raw_field(24):
        if found and (addresses := listed(orc, 24, lambda field: xad(field, scope))):
            found[0]["addresses"] = addresses
        else:
            scope.others.append((orc, 24, 0))
    return found


def _organization(orc: Segment, scope: Scope) -> Organization | None:
    """ORC-21 with its address (22) and telephone (23)."""
    if orc.count() < 21:
        return None
    told: Organization = one(orc, 21, lambda field: xon(field, scope)) or {}
    if addresses := listed(orc, 22, lambda field: xad(field, scope)):
        told["addresses"] = addresses
    if reached := telecoms(orc, 23, "work", scope):
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
    older = said(obr.text(5)) if obr is not None else None
    if priority := timing.priority(found) or older:
        told["priority"] = priority
        if obr is not None and older and older != priority:
            scope.others.append((obr, 5, 0))


def _within(one: Timing, others: Sequence[Timing]) -> bool:
    """Whether another timing tells all of this one: OBR-27 repeats ORC-7."""
    return any(one.items() <= other.items() for other in others)
