"""The rules at the door: what is wrong with a message, where, and how to mend it. Never holds a value of it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from datetime import date
from typing import Final

from mediators.hl7v2.acknowledgement import is_acknowledgement
from mediators.hl7v2.reader import Field, Hl7, Segment
from schemas.message import Issue, Severity

SEX: Final = frozenset("FMOUAN")  # HL7 table 0001
RESULT_STATUS: Final = frozenset("ABCDFINOPRSUVWX")  # HL7 table 0085
REPORT_STATUS: Final = frozenset("ACFIMNOPRSXYZ")  # HL7 table 0123
PROCESSING: Final = frozenset("PTD")  # HL7 table 0103

_VERSION: Final = re.compile(r"2\.[1-8](\.[0-9])?")
_NUMBER: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)", re.ASCII)
_DATE: Final = re.compile(r"(\d{4})(?:(\d\d)(?:(\d\d)(?:\d\d(?:\d\d(?:\d\d(?:\.\d+)?)?)?)?)?)?(?:[+-]\d{4})?", re.ASCII)
_NULL: Final = '""'


def issues(hl7: Hl7, supported: Collection[str]) -> list[Issue]:
    """Everything wrong with a message, in its order. `supported` are the types that can be read ("ORU^R01").

    An error refuses the message: in part it could land on the wrong person. An acknowledgement has no issues.
    """
    if is_acknowledgement(hl7):
        return []
    found = list(_header(hl7))
    unreadable = unsupported(hl7, supported)
    if unreadable:
        return [*unreadable, *found]
    return [*found, *_patients(hl7), *_merges(hl7), *_orders(hl7), *_results(hl7)]


def rejects(found: Sequence[Issue]) -> bool:
    """Whether mending the content would not help (AR): type, event, version or processing id."""
    return any(issue.severity == "error" and (issue.code[:1] == "2" or issue.at == "MSH-9") for issue in found)


def unsupported(hl7: Hl7, supported: Collection[str]) -> list[Issue]:
    """Why the type of this message can't be read; nothing when it can."""
    kind = hl7.type
    if kind in supported:
        return []
    if not kind:
        remedy = "send the message type and the trigger event in MSH-9"
        return [_missing(hl7.msh, 9, "the message type is missing", remedy)]
    remedy = f"send one of {', '.join(sorted(supported))}"
    if any(known.partition("^")[0] == kind.partition("^")[0] for known in supported):
        text = "this trigger event of the message type is not supported"
        return [_issue(hl7.msh, 9, "unsupported", "201", text, remedy, component=2)]
    return [_issue(hl7.msh, 9, "unsupported", "200", "this message type is not supported", remedy, component=1)]


def _header(hl7: Hl7) -> Iterator[Issue]:
    msh = hl7.msh
    if not msh.text(7).strip():
        yield _missing(msh, 7, "the time of the message is missing", "send the time with its offset", "warning")
    if hl7.type and not msh.raw_field(9).strip():
        text = "the message type is missing, it was told by the segments"
        yield _missing(msh, 9, text, "send the message type and the trigger event", "warning")
    if not msh.text(10).strip():
        remedy = "give every message a control ID of its own, so that it can be acknowledged"
        yield _missing(msh, 10, "the message control ID is missing", remedy)
    if not (processing := msh.text(11).strip()):
        yield _missing(msh, 11, "the processing ID is missing", "send P, T or D", "warning")
    elif processing not in PROCESSING:
        yield _issue(msh, 11, "unsupported", "202", "the processing ID is none of table 0103", "send P, T or D")
    if not (version := msh.text(12).strip()):
        yield _missing(msh, 12, "the version is missing, 2.5 is assumed", "send the HL7 version", "warning")
    elif not _VERSION.fullmatch(version):
        remedy = "send a message of version 2.1 to 2.8"
        yield _issue(msh, 12, "unsupported", "203", "this HL7 version is not supported", remedy)
    if hl7.contradicted:
        text = "the bytes of the message are not in the character set declared"
        remedy = "declare the character set that is sent, preferably UNICODE UTF-8"
        yield _issue(msh, 18, "charset", "102", text, remedy, severity="warning")


def _patients(hl7: Hl7) -> Iterator[Issue]:
    patients = hl7.all("PID")
    if not patients:
        yield _anonymous("PID", 1)
    for pid in patients:
        if not any(_identifies(field) for number in (3, 2, 4) for field in pid.repetitions(number)):
            yield _anonymous("PID", pid.index)
        yield from _demographics(pid)
    if len(patients) > 1 and _comes_before(hl7, "OBR", "PID"):
        text = "an order stands before the first patient, and there are several patients"
        yield Issue("PID", "segment-sequence", text, "send the PID before its OBR", code="100", location="PID^1")


def _anonymous(name: str, index: int) -> Issue:
    text = "no identifier of the patient was sent (PID-3, PID-2 or PID-4)"
    remedy = "send at least one patient identifier in PID-3, with its assigning authority"
    at = f"{_name(name, index)}-3"
    return Issue(at, "required", text, remedy, code="101", location=f"{name}^{index}^3")


def _demographics(pid: Segment) -> Iterator[Issue]:
    for number, field in enumerate(pid.repetitions(3), 1):
        if _identifies(field) and not field.component(4):
            text = "the identifier has no assigning authority, that of the sender is assumed"
            place = {"component": 4, "repetition": number}
            yield _issue(pid, 3, "required", "101", text, "send who gave it in CX-4", severity="warning", **place)
    if (born := pid.text(7).strip()) and born != _NULL and not _is_date(born):
        remedy = "send the date of birth as YYYYMMDD, or as much of it as is known"
        yield _issue(pid, 7, "data-type", "102", "this is not a date", remedy, severity="warning")
    if (sex := pid.text(8).strip()) and sex != _NULL and sex not in SEX:
        yield _unknown_code(pid, 8, "0001", "send F, M, O, U, A or N")


def _merges(hl7: Hl7) -> Iterator[Issue]:
    """Every patient of an A40 says who is merged into it: MRG-1."""
    if hl7.type != "ADT^A40":
        return
    merged = 0
    for following in _groups(hl7, "PID"):
        mrg = next((segment for segment in following if segment.name == "MRG"), None)
        merged = mrg.index if mrg else merged + 1
        if not mrg or not any(_identifies(field) for field in mrg.repetitions(1)):
            at, location = f"{_name('MRG', merged)}-1", f"MRG^{merged}^1"
            text, remedy = "the identifier that is merged is missing", "send the prior identifier of the patient"
            yield Issue(at, "required", text, remedy, code="101", location=location)


def _orders(hl7: Hl7) -> Iterator[Issue]:
    orders = hl7.all("OBR")
    if not orders and hl7.type.startswith("ORU"):
        text, remedy = "there is no observation request", "send an OBR before the results that belong to it"
        yield Issue("OBR", "segment-sequence", text, remedy, code="100", location="OBR^1")
    for obr in orders:
        if not obr.raw_field(4).strip():
            yield _missing(obr, 4, "what was ordered is missing", "send its code in OBR-4", "warning")
        if (status := obr.text(25).strip()) and status not in REPORT_STATUS:
            yield _unknown_code(obr, 25, "0123", "send F, C, P, X or another code of the table")


def _results(hl7: Hl7) -> Iterator[Issue]:
    for obx in hl7.all("OBX"):
        kind = obx.raw_field(2).strip()
        if not kind and obx.raw_field(5).strip():
            yield _missing(obx, 2, "the value has no type", "send the type of OBX-5, such as NM or ST", "warning")
        if not obx.raw_field(3).strip():
            yield _missing(obx, 3, "what was observed is missing", "send its code in OBX-3", "warning")
        if kind == "NM" and not all(_is_number(field) for field in obx.repetitions(5)):
            remedy = "send a bare number, or SN for one with a comparator, or ST for text"
            yield _issue(obx, 5, "data-type", "102", "a value of type NM is not a number", remedy, severity="warning")
        if (status := obx.raw_field(11)) not in RESULT_STATUS:
            if not status.strip():
                yield _missing(obx, 11, "the status of the result is missing", "send F when it is final", "warning")
            elif obx.text(11).strip() not in RESULT_STATUS:
                yield _unknown_code(obx, 11, "0085", "send F, C, P, X or another code of the table")


def _groups(hl7: Hl7, name: str) -> list[list[Segment]]:
    """What follows each segment of this name, up to the next of them."""
    groups: list[list[Segment]] = []
    for segment in hl7.segments:
        if segment.name == name:
            groups.append([])
        elif groups:
            groups[-1].append(segment)
    return groups


def _comes_before(hl7: Hl7, name: str, other: str) -> bool:
    return next((segment.name for segment in hl7.segments if segment.name in (name, other)), "") == name


def _identifies(field: Field) -> bool:
    value = field.text().strip()
    return bool(value) and value != _NULL


def _is_number(field: Field) -> bool:
    value = field.raw.strip()
    return not value or field.is_null or _NUMBER.fullmatch(value) is not None


def _is_date(value: str) -> bool:
    match = _DATE.fullmatch(value)
    if not match:
        return False
    try:
        date(int(match[1]), int(match[2] or 1), int(match[3] or 1))
    except ValueError:
        return False
    return True


def _missing(segment: Segment, number: int, text: str, remedy: str, severity: Severity = "error") -> Issue:
    return _issue(segment, number, "required", "101", text, remedy, severity=severity)


def _unknown_code(segment: Segment, number: int, table: str, remedy: str) -> Issue:
    text = f"this code is not in HL7 table {table}"
    return _issue(segment, number, "unknown-code", "103", text, remedy, severity="warning")


def _issue(
    segment: Segment,
    number: int,
    reason: str,
    code: str,
    text: str,
    remedy: str,
    *,
    severity: Severity = "error",
    component: int = 0,
    repetition: int = 1,
) -> Issue:
    at = f"{_name(segment.name, segment.index)}-{number}" + (f".{component}" if component else "")
    location = f"{segment.name}^{segment.index}^{number}" + (f"^{repetition}^{component}" if component else "")
    return Issue(at, reason, text, remedy, severity, code, location)


def _name(segment: str, index: int) -> str:
    return segment if index == 1 else f"{segment}[{index}]"
