"""Results: OBX with its notes and participants, and the units and ranges that belong to its value."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Final

from mediators.hl7v2.datatypes import body_system, code, ei, listed, one, part, people, repeats, said, xad, xon
from mediators.hl7v2.details import beside, details
from mediators.hl7v2.notes import notes
from mediators.hl7v2.reader import Field, Segment
from mediators.hl7v2.roles import role
from mediators.hl7v2.scope import NULL, Scope
from mediators.hl7v2.values import bounds, values
from schemas import facts
from schemas.events import Attachment, Code, Organization, Result

_CLEARED: Final = {
    5: "values", 6: "unit", 7: "range_text", 8: "flags", 14: "observed", 17: "methods", 19: "analysed", 20: "site",
}  # fmt: skip
_OBX: Final = frozenset((1, 2, 3, 4, 5, 6, 7, 8, 11, 14, 16, 17, 18, 19, 20, 21, 23, 24, 25, 32))
_OBX_15: Final = _OBX | {15}
# "10^9/L": the power is written with what separates components
_POWER: Final = re.compile(r"\s*[x×*]?\s*10\^-?[0-9]+\s*/?.*")


class Numbering:
    """Gives each result of a report its id: by OBX-3 and OBX-4, and by occurrence where those repeat."""

    __slots__ = ("_seen", "about")

    def __init__(self, about: str) -> None:
        self.about = about
        self._seen: Counter[tuple[str, str]] = Counter()

    def next(self, obx: Segment, told: Code) -> str:
        codings = told.get("codings") or [{}]
        name = codings[0].get("code") or told.get("text") or ""
        key, sub_id = f"{codings[0].get('system') or ''}|{name}", obx.whole(4).strip()
        suffix = obx.text(3, 1, 2)
        key = f"{key}&{suffix}" if suffix else key
        self._seen[key, sub_id] += 1
        return facts.result_id(self.about, key, sub_id, self._seen[key, sub_id])


def result(obx: Segment, others: Sequence[Segment], numbering: Numbering, scope: Scope) -> Result:
    """One OBX, with the NTE, PRT, SID and TCD after it."""
    observed = scope.coded(_observation(obx))
    told: Result = {"id": numbering.next(obx, observed), "code": observed, "place": f"OBX {obx.index}"}
    if set_id := said(obx.text(1)):
        told["set_id"] = set_id
    if sub_id := said(obx.whole(4)):
        told["sub_id"] = sub_id
    _measured(obx, told, scope)
    if flags := listed(obx, 8, code):
        told["flags"] = flags
    if status := said(obx.text(11)):
        told["status"] = status
    if at := scope.time(obx, 14):
        told["observed"] = at
    if obx.count() > 14 or others:  # most results end with their time
        _obtained(obx, others, told, scope)
    if NULL in obx.raw and (cleared := [name for number, name in _CLEARED.items() if obx.raw_field(number) == NULL]):
        told["cleared"] = cleared
    _rest(obx, others, told, scope)
    return told


def _obtained(obx: Segment, others: Sequence[Segment], told: Result, scope: Scope) -> None:
    """By whom, where, how and with what: the fields after OBX-14, and the segments after OBX."""
    if analysed := scope.time(obx, 19):
        told["analysed"] = analysed
    if methods := listed(obx, 17, code):
        told["methods"] = methods
    if equipment := listed(obx, 18, lambda field: ei(field, scope)):
        told["equipment"] = equipment
    if site := one(obx, 20, code):
        told["site"] = site
    _performed(obx, [segment for segment in others if segment.name == "PRT"], told, scope)
    if written := notes([segment for segment in others if segment.name == "NTE"], scope):
        told["notes"] = written
    if obx.count() > 20:
        if number := one(obx, 21, lambda field: ei(field, scope)):
            told["identifier"] = number
        if absent := one(obx, 32, code):
            told["absent"] = absent


def _rest(obx: Segment, others: Sequence[Segment], told: Result, scope: Scope) -> None:
    """What the standard alone has a name for (probability, reference date, producer beside a performer …)."""
    mapped = _OBX if obx.raw_field(23) or obx.raw_field(24) else _OBX_15
    found = details(scope.beside(obx, mapped), scope)
    for segment in others:
        if segment.name not in ("NTE", "PRT"):
            found += beside(segment, scope)
    if found:
        told["details"] = [*told.get("details", ()), *found]


def _observation(obx: Segment) -> Code:
    """OBX-3. A suffix of the identifier (`&IMP`, chapter 7) is a coding of its own."""
    field = obx.field(3)
    told = code(field) or {}
    suffix = said(field.text(1, 2))
    codings = told.get("codings")
    if suffix and codings:
        codings[0]["code"] = field.text(1).strip()
        codings.append({"code": suffix})
    return told


def _measured(obx: Segment, told: Result, scope: Scope) -> None:
    """OBX-5 with its unit and reference range."""
    kind = obx.text(2).strip()
    if unit := one(obx, 6, _unit):
        told["unit"] = unit
    if found := values(obx.repetitions(5), kind, scope, unit is not None):
        told["values"] = found
        for one_of_them in found:
            if attachment := one_of_them.get("attachment"):
                _entitled(attachment, told["code"])
    if text := repeats(obx, 7):
        told["range_text"] = text
        low, high = bounds(text.strip())
        if low:
            told["range_low"] = low
        if high:
            told["range_high"] = high


def _entitled(attachment: Attachment, observed: Code) -> None:
    """A document is called as what was observed (OBX-3)."""
    codings = observed.get("codings") or [{}]
    if title := observed.get("text") or codings[0].get("code"):
        attachment["title"] = title


def _unit(field: Field) -> Code | None:
    if _POWER.fullmatch(field.raw):
        return {"text": field.whole.strip(), "codings": [{"code": field.whole.strip()}]}
    return code(field)


def _performed(obx: Segment, participants: Sequence[Segment], told: Result, scope: Scope) -> None:
    """OBX-16, and PRT which replaces it from 2.7 on; the laboratory (23, 24, before 2.5.1 15) and its director (25)."""
    performers = people(obx, 16, scope, "OBX-16")
    for prt in participants:
        performers += role(prt, scope)
    laboratory: Organization = one(obx, 23, lambda field: xon(field, scope)) or {}
    if addresses := listed(obx, 24, xad):
        laboratory["addresses"] = addresses
    if laboratory:
        told["laboratory"] = laboratory
    elif producer := one(obx, 15, lambda field: _producer(field, scope)):
        told["laboratory"] = producer
    if directors := people(obx, 25, scope, "MDIR"):
        told["director"] = directors[0]
        performers += directors[1:]
    if performers:
        told["performers"] = performers


def _producer(field: Field, scope: Scope) -> Organization | None:
    """OBX-15 (CE): the producer's number, name and coding system."""
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
