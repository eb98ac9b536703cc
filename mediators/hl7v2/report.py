"""One report: an OBR with its order, specimens, results and notes → LabReportIssued or ImagingReportIssued."""

from __future__ import annotations

from typing import Any, Final

from mediators.hl7v2 import specimen
from mediators.hl7v2.datatypes import cnn, code, ei, listed, one, part, people, said, xon
from mediators.hl7v2.envelope import Head
from mediators.hl7v2.groups import Sent
from mediators.hl7v2.notes import notes
from mediators.hl7v2.order import among, number, order
from mediators.hl7v2.reader import Segment
from mediators.hl7v2.results import Numbering, result
from mediators.hl7v2.scope import Scope
from schemas.events import Code, Encounter, Patient, Practitioner

# HL7 table 0074 (diagnostic service section): CT, CTH cardiac catheterisation, CUS cardiac ultrasound, IMG imaging,
# NMR, NMS nuclear medicine scan, OUS obstetric ultrasound, RAD, RUS radiology ultrasound, RX radiograph, VUS vascular
# ultrasound, XRC cineradiograph. EC (electrocardiac) and the rest of the table are no images; PT is physical therapy.
_SECTIONS: Final = frozenset(("CT", "CTH", "CUS", "IMG", "NMR", "NMS", "OUS", "RAD", "RUS", "RX", "VUS", "XRC"))
# Not in the table but met in its place: DICOM's words for the device, and their like
_DEVICES: Final = frozenset(("BMD", "CR", "DX", "MAM", "MG", "MR", "MRI", "NM", "RF", "US", "XA", "XR"))
IMAGING: Final = _SECTIONS | _DEVICES
# Their device in DICOM's words (PS3.3 C.7.3.1.1.1), where the section tells one; ours
MODALITY: Final = {
    "CT": "CT", "NMR": "MR", "MR": "MR", "MRI": "MR", "NMS": "NM", "NM": "NM", "RUS": "US", "OUS": "US", "VUS": "US",
    "CUS": "US", "US": "US", "CTH": "XA", "XA": "XA", "CR": "CR", "DX": "DX", "MG": "MG", "MAM": "MG", "XRC": "RF",
    "RF": "RF", "BMD": "BMD",
}  # fmt: skip
_OBR: Final = frozenset((1, 2, 3, 4, 5, 7, 8, 13, 14, 16, 17, 22, 24, 25, 28, 31, 32, 33))
_INTERPRETER_ROLES: Final = frozenset({"PI", "AI", "ARI"})  # table 0912


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
    imaging = (section or "").upper() in IMAGING
    issued = scope.time(obr, 22) if obr is not None else None
    event = head.event("ImagingReportIssued" if imaging else "LabReportIssued", sent.place, key, patient, issued)
    event["code"] = scope.coded(_code(sent))
    told: dict[str, Any] = {"section": section, "issued": issued, "encounter": encounter}
    told["order"] = order(sent.orc, obr, [one for one in sent.others if one.name == "TQ1"], scope)
    if obr is not None:
        _request(obr, told, scope)
    numbering = Numbering(key)
    told["results"] = [result(branch.head, branch.others, numbering, scope) for branch in sent.results]
    told["laboratory"] = next(({**one["laboratory"]} for one in told["results"] if one.get("laboratory")), None)
    if specimens := [specimen.specimen(branch.head, branch.others, scope) for branch in sent.specimens]:
        told["specimens"] = specimens
    elif obr is not None and (source := specimen.from_request(obr, told, scope)):
        told["specimens"] = [source]
    if imaging:
        _images(sent, section or "", told, scope)
    _others(sent, told, scope)
    if obr is not None:
        scope.rest(obr, _mapped(told, bool(sent.specimens)))
    event.update((name, value) for name, value in told.items() if value)
    event["occurred"] = told.get("started") or event["occurred"]
    return event


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
    told["interpreters"] = [
        *listed(obr, 32, lambda field: cnn(field, scope, "PI")),
        *listed(obr, 33, lambda field: cnn(field, scope, "AI")),
    ]


def _mapped(told: dict[str, Any], has_own_specimens: bool) -> frozenset[int]:
    mapped = _OBR
    if told.get("specimens") and not has_own_specimens:
        mapped |= {9, 15}
    return mapped | {18} if told.get("accession") else mapped


def _images(sent: Sent, section: str, told: dict[str, Any], scope: Scope) -> None:
    """Accession number, study and device: IPC (2.5.1 on), ZDS (IHE RAD-4), else OBR-18 (IHE RAD-4), OBR-24, and the
    study as a result of its own (IHE RAD-128)."""
    for segment in sent.others:
        if segment.name == "IPC":
            told["accession"] = one(segment, 1, lambda field: ei(field, scope, "ACSN"))
            told["study_uid"] = said(segment.text(3))
            told["modality"] = said(segment.text(5))
        elif segment.name == "ZDS":
            told["study_uid"] = said(segment.text(1))
    if not told.get("accession") and sent.obr is not None:
        told["accession"] = one(sent.obr, 18, lambda field: ei(field, scope, "ACSN"))
    if not told.get("study_uid"):
        told["study_uid"] = next((uid for branch in sent.results if (uid := _study(branch.head))), None)
    told["modality"] = told.get("modality") or MODALITY.get(section.upper())


def _study(obx: Segment) -> str | None:
    """DCM 113014: the study a report is about, as text or in the second component (HD)."""
    if obx.text(3) != "113014":
        return None
    return part(obx.field(5), 1) or part(obx.field(5), 2)


def _others(sent: Sent, told: dict[str, Any], scope: Scope) -> None:
    """Notes and participants; what is neither and has no place is left over."""
    if written := notes([segment for segment in sent.others if segment.name == "NTE"], scope):
        told["notes"] = written
    for segment in sent.others:
        if segment.name == "PRT":
            _takes_part(segment, told, scope)
        elif segment.name == "TQ1":
            scope.rest(segment, (1, 9))
        elif segment.name == "IPC":
            scope.rest(segment, (1, 3, 5) if told.get("accession") or told.get("study_uid") else ())
        elif segment.name != "NTE":
            scope.rest(segment, (1,) if segment.name == "ZDS" and told.get("study_uid") else ())


def _takes_part(prt: Segment, told: dict[str, Any], scope: Scope) -> None:
    """PRT (2.7 on; table 0912), which takes the place of OBR-16, -28 and -32."""
    role = said(prt.text(4)) or ""
    who: list[Practitioner] = people(prt, 5, scope, role)
    holder, key = told, ""
    if role == "OP":
        holder, key = told["order"], "requesters"
    elif role in _INTERPRETER_ROLES:
        key = "interpreters"
    elif role == "RCT":
        key = "copies_to"
    if who and key:
        known = holder.get(key) or []
        holder[key] = [*known, *(person for person in who if not among(person, known))]
    elif role == "PO" and (where := one(prt, 8, lambda field: xon(field, scope))):
        told["laboratory"] = where
        scope.rest(prt, (1, 2, 4, 8))
        return
    else:
        who = []
    scope.rest(prt, (1, 2, 4, 5) if who else ())
