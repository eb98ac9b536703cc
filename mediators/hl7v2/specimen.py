"""Specimens: SPM with its containers (SAC, INV) and own observations, or what OBR told of one before 2.5.

Source: HL7 v2.8.2 chapters 7 (SPM) and 13 (SAC, INV). What FHIR's Specimen has no element for becomes details.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from mediators.hl7v2.datatypes import code, cx, ei, listed, one, part, repeats, said
from mediators.hl7v2.details import beside, details
from mediators.hl7v2.groups import Sample
from mediators.hl7v2.notes import notes
from mediators.hl7v2.reader import Field, Segment
from mediators.hl7v2.results import Numbering, result
from mediators.hl7v2.scope import Scope
from schemas.events import Code, Container, Identifier, Note, Specimen

_SPM = frozenset((1, 2, 3, 4, 6, 7, 8, 11, 12, 14, 17, 18, 20, 21, 24, 30, 31))
_SAC = frozenset((1, 2, 3, 7, 8, 9, 21, 22, 24, 27))


def specimen(sample: Sample, scope: Scope, key: str = "") -> Specimen:
    """SPM with its notes, containers and own observations; without an SPM what SAC tells (OUL^R21).

    The description (SPM-14) is the first of the notes. `key` names the specimen where it has no number of its own.
    """
    head = sample.head
    told = _of_spm(head, sample, scope) if head.name == "SPM" else _of_sac(head, scope)
    boxes = [container(box.head, box.others, scope) for box in sample.containers]
    if head.name == "SAC":
        boxes = [container(head, sample.others, scope, {6}), *boxes]
    if boxes:
        told["containers"] = boxes
    if sample.results:
        numbers = told.get("identifiers") or []
        about = f"specimen|{numbers[0]['system']}|{numbers[0]['value']}" if numbers else f"{key}|specimen"
        numbering = Numbering(about)
        told["results"] = [result(branch.head, branch.others, numbering, scope) for branch in sample.results]
    return told


def _of_spm(spm: Segment, sample: Sample, scope: Scope) -> Specimen:
    told: Specimen = {}
    if identifiers := [*_identifiers(spm, 2, scope), *listed(spm, 31, lambda field: cx(field, scope))]:
        told["identifiers"] = identifiers
    if parents := _identifiers(spm, 3, scope):
        told["parents"] = parents
    for number, key in ((4, "type"), (7, "method"), (8, "site"), (11, "role")):
        if found := one(spm, number, code):
            told[key] = found  # type: ignore[literal-required]  # four codes of Specimen
    for number, key in ((6, "additives"), (21, "rejected"), (24, "conditions")):
        if several := listed(spm, number, code):
            told[key] = several  # type: ignore[literal-required]  # three lists of codes
    _amount(spm, 12, told)
    if collected := scope.time(spm, 17):
        told["collected"] = collected
    if ended := scope.time_of(spm, 17, spm.text(17, 2)):
        told["collected_end"] = ended
    if received := scope.time(spm, 18):
        told["received"] = received
    if available := said(spm.text(20)):
        told["available"] = available
    if accession := one(spm, 30, lambda field: cx(field, scope, "ACSN")):
        told["accession"] = accession
    described: list[Note] = [{"text": text}] if (text := repeats(spm, 14)) else []
    if written := [*described, *notes([segment for segment in sample.others if segment.name == "NTE"], scope)]:
        told["notes"] = written
    others = [one for segment in sample.others if segment.name != "NTE" for one in beside(segment, scope)]
    if left := [*beside(spm, scope, _SPM), *others]:
        told["details"] = left
    return told


def _of_sac(sac: Segment, scope: Scope) -> Specimen:
    """SAC-6 (SPS, as OBR-15) and its accession number."""
    told: Specimen = _source(sac, 6, scope) or {}
    if accession := one(sac, 2, lambda field: ei(field, scope, "ACSN")):
        told["accession"] = accession
        told["identifiers"] = [accession]
    return told


def container(sac: Segment, others: Sequence[Segment], scope: Scope, known: Collection[int] = ()) -> Container:
    """SAC with the INV after it. The container's own number first, then the accession numbers it goes by.

    `known`: fields that have a place in the specimen already.
    """
    told: Container = {}
    numbers = ((3, None), (2, "ACSN"), (1, "ACSN"))
    found = (one(sac, number, lambda field, kind=kind: ei(field, scope, kind)) for number, kind in numbers)  # type: ignore[misc]
    if identifiers := [identifier for identifier in found if identifier]:
        told["identifiers"] = identifiers
    for number, key in ((8, "status"), (9, "type"), (24, "unit")):
        if coded := one(sac, number, code):
            told[key] = coded  # type: ignore[literal-required]  # three codes of Container
    for number, key in ((21, "capacity"), (22, "amount")):
        if text := said(sac.text(number)):
            told[key] = text  # type: ignore[literal-required]  # two numbers
    if additives := listed(sac, 27, code):
        told["additives"] = additives
    if registered := scope.time(sac, 7):
        told["registered"] = registered
    left = beside(sac, scope, _SAC.union(known))
    for segment in others:
        left += beside(segment, scope)
    if left:
        told["details"] = left
    return told


def from_request(obr: Segment, report: Mapping[str, Any], scope: Scope) -> Specimen | None:
    """OBR-15; OBR-9; and the report's own OBR-7, -8, -14."""
    told = _source(obr, 15, scope)
    if not told:
        return None
    _amount(obr, 9, told)
    told["collected"], told["collected_end"] = report.get("started"), report.get("ended")
    told["received"] = report.get("specimen_received")
    return told


def _source(segment: Segment, number: int, scope: Scope) -> Specimen | None:
    """CM, later SPS: source, additives, free text (the method in words), body site, its modifier, the method, role."""
    field = segment.field(number)
    told: Specimen = {}
    if type_ := _nested(field.component(1)):
        told["type"] = type_
    if additive := _nested(field.component(2)):
        told["additives"] = [additive]
    if site := _nested(field.component(4)):
        told["site"] = site
    if method := _nested(field.component(6)) or _described(part(field, 3)):
        told["method"] = method
    if role := _nested(field.component(7)):
        told["role"] = role
    if told:
        beside_method = (3,) if field.component(6) else ()
        if left := details([(segment, number, one) for one in (5, *beside_method)], scope):
            told["details"] = left
    return told or None


def _identifiers(spm: Segment, number: int, scope: Scope) -> list[Identifier]:
    """EIP: the placer's and the filler's number."""
    kinds = ((1, "PLAC"), (2, "FILL"))
    found = (ei(field.component(at), scope, kind) for field in spm.repetitions(number) for at, kind in kinds)
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
