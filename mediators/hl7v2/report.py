"""One report: an OBR with its order, specimens, results and notes → LabReportIssued or ImagingReportIssued.

HL7 v2.8.2 chapters 4.5.3 (OBR) and 7.3 (ORU). Fields of OBR that are about what was asked for are the order's.
"""

from __future__ import annotations

from typing import Any, Final

from mediators.hl7v2 import imaging, specimen
from mediators.hl7v2.clinical import diagnosis
from mediators.hl7v2.datatypes import cnn, code, ei, hd, inner_time, listed, one, part, people, said
from mediators.hl7v2.envelope import Head
from mediators.hl7v2.groups import Sent
from mediators.hl7v2.insurance import insurances
from mediators.hl7v2.notes import notes
from mediators.hl7v2.order import OBR as ORDERED
from mediators.hl7v2.order import among, number, order
from mediators.hl7v2.reader import Field, Segment
from mediators.hl7v2.results import Numbering, result
from mediators.hl7v2.roles import is_gone, role, role_of
from mediators.hl7v2.scope import Scope
from schemas.events import Code, Encounter, Patient, Place, Practitioner, Specimen

# Beside those of the order: what is about the report
_OBR: Final = ORDERED | {4, 7, 8, 14, 22, 24, 25, 26, 28, 32, 33, 34, 35}
# Table 0912: what somebody who takes part (PRT) is in the report or its order
_OF_REPORT: Final = {
    **dict.fromkeys(("PI", "AI", "ARI"), "interpreters"), "RCT": "copies_to", "TN": "technicians",
    "TR": "transcriptionists", "PO": "laboratory",
}  # fmt: skip
_OF_ORDER: Final = {"OP": "requesters", "EP": "entered_by", "VP": "verified_by", "SC": "collectors"}


def about(sent: Sent, head: Head, scope: Scope) -> str:
    """The key of a report: filler's number with its authority, else the placer's, and what was asked for.

    Without either number a report is known only by the message that brought it.
    """
    asked = _code(sent)
    codings = asked.get("codings") or [{}]
    name = codings[0].get("code") or asked.get("text") or ""
    known = number(sent.orc, sent.obr, 3, scope) or number(sent.orc, sent.obr, 2, scope)
    if known:
        return f"report|{known['system']}|{known['value']}|{name}"
    return f"report|{head.message.sender}|{head.message.control_id}|{head.digest}|{sent.place}|{name}"


def report(
    sent: Sent, key: str, patient: Patient, encounter: Encounter | None, head: Head, scope: Scope
) -> dict[str, Any]:
    """The event of a report. `key` is its `about`, with the occurrence where the message has several of them."""
    obr = sent.obr
    section = said(obr.text(24)) if obr is not None else None
    section = section or said(str(scope.context.settings.get("section") or ""))
    is_imaging = imaging.told_of(sent, section)
    issued = scope.time(obr, 22) if obr is not None else None
    event = head.event("ImagingReportIssued" if is_imaging else "LabReportIssued", sent.place, key, patient, issued)
    event["code"] = scope.coded(_code(sent))
    told: dict[str, Any] = {"section": section, "issued": issued, "encounter": encounter, "bare": sent.of_patient}
    told["order"] = order(sent.orc, obr, [one for one in sent.others if one.name in ("TQ1", "TQ2")], scope)
    if obr is not None:
        _request(obr, told, scope)
    numbering = Numbering(key)
    told["results"] = [result(branch.head, branch.others, numbering, scope) for branch in sent.results]
    told["laboratory"] = next(({**one["laboratory"]} for one in told["results"] if one.get("laboratory")), None)
    told["specimens"] = _specimens(sent, key, told, scope)
    if is_imaging:
        imaging.images(sent, section or "", told, scope)
    _others(sent, told, scope)
    if obr is not None:
        scope.rest(obr, _mapped(obr, told, bool(sent.specimens)))
    event.update((name, value) for name, value in told.items() if value)
    event["occurred"] = told.get("started") or event["occurred"]
    return event


def _specimens(sent: Sent, key: str, told: dict[str, Any], scope: Scope) -> list[Specimen]:
    """Of SPM or SAC, else of OBR-15."""
    if not sent.specimens and sent.obr is not None:
        source = specimen.from_request(sent.obr, told, scope)
        return [source] if source else []
    return [specimen.specimen(sample, scope, key) for sample in sent.specimens]


def _code(sent: Sent) -> Code:
    """OBR-4; of results without an OBR, what the first of them observed."""
    if sent.obr is not None:
        return one(sent.obr, 4, code) or {}
    return one(sent.results[0].head, 3, code) or {}


def _request(obr: Segment, told: dict[str, Any], scope: Scope) -> None:
    told["status"] = said(obr.text(25))
    told["started"] = scope.time(obr, 7)
    told["ended"] = scope.time(obr, 8)
    told["specimen_received"] = scope.time(obr, 14)
    told["copies_to"] = people(obr, 28, scope, "RCT")
    told["interpreters"] = [*_read_by(obr, 32, scope, "PI"), *_read_by(obr, 33, scope, "AI")]
    told["technicians"] = _read_by(obr, 34, scope, "TN")
    told["transcriptionists"] = _read_by(obr, 35, scope, "TR")
    if obr.raw_field(26) or obr.raw_field(29):
        _parent(obr, told, scope)


def _read_by(obr: Segment, number: int, scope: Scope, role: str) -> list[Practitioner]:
    """NDL: who, from when, till when, and where (its components 4 to 11 are a place)."""
    return listed(obr, number, lambda field: _ndl(field, scope, role))


def _ndl(field: Field, scope: Scope, role: str) -> Practitioner | None:
    person = cnn(field, scope, role)
    if person is None or field.component(1).components < 2:
        return person
    for at, key in ((2, "start"), (3, "end")):
        if moment := inner_time(field.text(at), scope):
            person[key] = moment  # type: ignore[literal-required]  # two times of Practitioner
    levels = (
        (4, "point_of_care"),
        (5, "room"),
        (6, "bed"),
        (8, "status"),
        (9, "type"),
        (10, "building"),
        (11, "floor"),
    )
    place: Place = {}
    for at, level in levels:
        if text := part(field, at):
            place[level] = text  # type: ignore[literal-required]  # levels of Place
    if facility := hd(field.component(7)):
        place["facility"] = facility
    if place:
        person["location"] = place
    return person


def _parent(obr: Segment, told: dict[str, Any], scope: Scope) -> None:
    """OBR-26 (PRL: result, sub-id, value in words), OBR-29 (EIP: whose number it has), OBR-50 (what was asked)."""
    field = obr.field(26)
    told["parent_result"] = code(field.component(1)) if field.component(1) else None
    told["parent_sub_id"] = part(field, 2)
    told["parent_value"] = part(field, 3)
    told["parents"] = [
        number
        for at, kind in ((1, "PLAC"), (2, "FILL"))
        if (number := ei(obr.field(29).component(at), scope, kind)) is not None
    ]
    told["parent_code"] = one(obr, 50, code)


def _mapped(obr: Segment, told: dict[str, Any], has_own_specimens: bool) -> frozenset[int]:
    mapped = _OBR | {50} if told.get("parent_code") else _OBR
    if told.get("specimens") and not has_own_specimens:
        mapped |= {9, 15}
    accession = told.get("accession") or {}
    return mapped | {18} if accession and said(obr.text(18)) == accession["value"] else mapped


def _others(sent: Sent, told: dict[str, Any], scope: Scope) -> None:
    """Notes, participants, diagnoses and insurances; what is none of them has no place of its own."""
    if written := notes([segment for segment in sent.others if segment.name == "NTE"], scope):
        told["notes"] = written
    for segment in sent.others:
        name = segment.name
        if name == "PRT":
            _takes_part(segment, told, scope)
        elif name == "DG1":
            told.setdefault("diagnoses", []).append(diagnosis(segment, scope))
        elif name in imaging.MAPPED:
            imaging.rest(segment, told, scope)
        elif name not in ("NTE", "TQ1", "TQ2", "IN1", "IN2", "IN3"):
            scope.rest(segment)
    told["diagnoses"] = [one for one in told.get("diagnoses") or () if one]
    told["insurances"] = insurances([one for one in sent.others if one.name in ("IN1", "IN2", "IN3")], scope)


def _takes_part(prt: Segment, told: dict[str, Any], scope: Scope) -> None:
    """PRT (2.7 on; table 0912), which takes the place of OBR-10, -16, -28 and -32 to -35."""
    code_ = role_of(prt)
    holder, key = (told["order"], _OF_ORDER[code_]) if code_ in _OF_ORDER else (told, _OF_REPORT.get(code_, ""))
    if not key or is_gone(prt):
        scope.rest(prt)
        return
    who = role(prt, scope)
    if key == "laboratory":
        told[key] = next((body for one in who if (body := one.get("organization"))), told.get(key))
        key, who = "technicians", [one for one in who if one.get("names") or one.get("identifiers")]
    known = holder.get(key) or []
    holder[key] = [*known, *(person for person in who if not among(person, known))]
