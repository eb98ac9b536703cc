"""The specimen of a report: SPM, or what OBR told of it before 2.5."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mediators.hl7v2.datatypes import code, ei, listed, one, part, repeats, said
from mediators.hl7v2.notes import notes
from mediators.hl7v2.reader import Field, Segment
from mediators.hl7v2.scope import Scope
from schemas.events import Code, Identifier, Note, Specimen

_SPM = frozenset((1, 2, 4, 7, 8, 12, 14, 17, 18, 24))


def specimen(spm: Segment, others: Sequence[Segment], scope: Scope) -> Specimen:
    """SPM with its notes; the description (SPM-14) is the first of them."""
    told: Specimen = {}
    if identifiers := _identifiers(spm, scope):
        told["identifiers"] = identifiers
    if type_ := one(spm, 4, code):
        told["type"] = type_
    if method := one(spm, 7, code):
        told["method"] = method
    if site := one(spm, 8, code):
        told["site"] = site
    _amount(spm, 12, told)
    if collected := scope.time(spm, 17):
        told["collected"] = collected
    if ended := scope.time_of(spm, 17, spm.text(17, 2)):
        told["collected_end"] = ended
    if received := scope.time(spm, 18):
        told["received"] = received
    if conditions := listed(spm, 24, code):
        told["conditions"] = conditions
    described: list[Note] = [{"text": text}] if (text := repeats(spm, 14)) else []
    if written := [*described, *notes([segment for segment in others if segment.name == "NTE"], scope)]:
        told["notes"] = written
    scope.rest(spm, _SPM)
    return told


def from_request(obr: Segment, report: Mapping[str, Any], scope: Scope) -> Specimen | None:
    """OBR-15 (CM, later SPS): source, additives, free text, body site; OBR-9; and the report's own OBR-7, -8, -14."""
    field = obr.field(15)
    told: Specimen = {}
    source = field.component(1)
    if type_ := _nested(source):
        told["type"] = type_
    if site := _nested(field.component(4)):
        told["site"] = site
    if method := _nested(field.component(6)) or _described(part(field, 3)):
        told["method"] = method
    if not told:
        return None
    if part(field, 2) or part(field, 5) or part(field, 7):
        scope.leave(obr, 15)
    _amount(obr, 9, told)
    told["collected"], told["collected_end"] = report.get("started"), report.get("ended")
    told["received"] = report.get("specimen_received")
    return told


def _identifiers(spm: Segment, scope: Scope) -> list[Identifier]:
    """SPM-2 (EIP): the placer's and the filler's number."""
    numbers = ((1, "PLAC"), (2, "FILL"))
    found = (ei(field.component(number), scope, kind) for field in spm.repetitions(2) for number, kind in numbers)
    return [identifier for identifier in found if identifier]


def _amount(segment: Segment, number: int, told: Specimen) -> None:
    """CQ: quantity ^ units."""
    if quantity := said(segment.text(number)):
        told["quantity"] = quantity
        if unit := _nested(segment.field(number).component(2)):
            told["quantity_unit"] = unit


def _nested(field: Field) -> Code | None:
    """A CE within a component."""
    return code(field) if field else None


def _described(text: str | None) -> Code | None:
    return {"text": text} if text else None
