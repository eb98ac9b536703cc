"""What every message must have to be taken, whatever its channel asks beside (profile.py), and what is told of it.

These rules refuse: without them a message could land on the wrong person, or nobody could tell what became of it. No
profile can turn them off. An issue never holds a value of the message.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from typing import Final

from mediators.hl7v2.acknowledgement import is_acknowledgement
from mediators.hl7v2.kind import spelled
from mediators.hl7v2.places import located
from mediators.hl7v2.profile import Profile
from mediators.hl7v2.reader import Field, Hl7, Segment
from mediators.hl7v2.triggers import MERGES
from schemas.message import Issue, Severity

PROCESSING: Final = frozenset("PTD")  # HL7 table 0103

_VERSION: Final = re.compile(r"2\.[1-8](\.[0-9])?")
_NULL: Final = '""'
_TYPE: Final = "HL7 2.5.1, 2.15.9.9"
_WHO: Final = "HL7 2.5.1, 3.4.2.3"
_MERGED: Final = "HL7 2.5.1 ch. 3, MRG-1"
_RESULT_STATUS: Final = "HL7 2.5.1, tables 0123 and 0085"
# OBR-25 that only answers to queries may have, and what results may not be under another
_NO_REPORT: Final = frozenset("YZ")
_AGAINST: Final = {"F": frozenset("PIRS"), "C": frozenset("PIRS"), "X": frozenset("FCPRS")}
# Types that need not be about a patient: queries and what answers them, master files
_OF_NOBODY: Final = frozenset({"QBP", "QRY", "QCN", "QSB", "QVR", "RSP", "RTB", "MFN", "MFQ"})


def issues(hl7: Hl7, supported: Collection[str], profile: Profile | None = None) -> list[Issue]:
    """Everything wrong with a message, in its order. `supported` are the types that can be read ("ORU^R01").

    An error refuses the message. An acknowledgement has no issues. `profile` is what the channel asks beside.
    """
    if is_acknowledgement(hl7):
        return []
    kind = hl7.type
    found = list(_header(hl7, kind))
    unreadable = unsupported(hl7, supported)
    if unreadable:
        return [*unreadable, *found]
    if kind[:3] not in _OF_NOBODY:
        found += _patients(hl7)
    if kind.startswith("ADT"):
        found += _merges(hl7, kind)
    elif kind.startswith("ORU") and not hl7.first("OBR"):
        text, remedy = "there is no observation request", "send an OBR before the results that belong to it"
        source = "HL7 2.5.1, 7.3.1"
        found.append(Issue("OBR", "segment-sequence", text, remedy, code="100", location="OBR^1", source=source))
    if kind[:3] in ("ORU", "OUL"):
        found += _statuses(hl7)
    return [*found, *profile.issues(hl7, kind)] if profile else found


def rejects(found: Sequence[Issue]) -> bool:
    """Whether mending the content would not help (AR): type, event, version or processing id."""
    return any(issue.severity == "error" and (issue.code[:1] == "2" or issue.at == "MSH-9") for issue in found)


# Trigger events of a supported message type that tell nothing of a patient
_NOBODYS: Final = {
    "ADT^A19": "a query is no news of a patient: it is answered by whoever knows the patient",
    "ADT^A20": "the status of a bed tells of no patient",
}


def unsupported(hl7: Hl7, supported: Collection[str]) -> list[Issue]:
    """Why the type of this message can't be read; nothing when it can."""
    kind = hl7.type
    if kind in supported:
        return []
    if not kind:
        remedy = "send the message type and the trigger event in MSH-9"
        return [_missing(hl7.msh, 9, "the message type is missing", remedy, _TYPE)]
    if any(known.partition("^")[0] == kind.partition("^")[0] for known in supported):
        known = sorted(one for one in supported if one.partition("^")[0] == kind.partition("^")[0])
        text = _NOBODYS.get(kind, "this trigger event of the message type is not supported")
        return [_issue(hl7.msh, 9, "unsupported", "201", text, f"send one of {', '.join(known)}", _TYPE, component=2)]
    remedy = f"send one of {', '.join(sorted(supported))}"
    return [_issue(hl7.msh, 9, "unsupported", "200", "this message type is not supported", remedy, _TYPE, component=1)]


def _header(hl7: Hl7, kind: str) -> Iterator[Issue]:
    msh = hl7.msh
    if len(sent := msh.raw_field(2)) < 4 or sent != hl7.delimiters.encoding_characters:
        text = "these are not the encoding characters of the standard; they were read by what they look like"
        yield _issue(msh, 2, "delimiters", "102", text, r"send ^~\&", "HL7 2.5.1, 2.15.9.2", severity="warning")
    if kind and not msh.raw_field(9).strip():
        text = "the message type is missing, it was told by the segments"
        yield _missing(msh, 9, text, "send the message type and the trigger event", _TYPE, "warning")
    elif kind and hl7.trigger and not spelled(msh.raw_field(9))[1]:
        text = "the trigger event is missing, it was told by the segments"
        yield _issue(msh, 9, "required", "101", text, "send the trigger event", _TYPE, severity="warning", component=2)
    if hl7.shifted:
        text = "the message type stands in another field of the header: those before it were moved to their places"
        remedy = "send every field of the MSH, empty ones too, so that the message type is the ninth"
        yield _issue(msh, 9, "shifted", "100", text, remedy, _TYPE, severity="warning")
    if not msh.text(10).strip():
        remedy = "give every message a control ID of its own, so that it can be acknowledged"
        yield _missing(msh, 10, "the message control ID is missing", remedy, "HL7 2.5.1, 2.15.9.10")
    if (processing := msh.text(11).strip()) and processing not in PROCESSING:
        text, source = "the processing ID is none of table 0103", "HL7 2.5.1, 2.15.9.11"
        yield _issue(msh, 11, "unsupported", "202", text, "send P, T or D", source)
    if (version := msh.text(12).strip()) and not _VERSION.fullmatch(version):
        text, remedy = "this HL7 version is not supported", "send a message of version 2.1 to 2.8"
        yield _issue(msh, 12, "unsupported", "203", text, remedy, "HL7 2.5.1, 2.15.9.12")
    if hl7.contradicted:
        text = "the bytes of the message are not in the character set declared"
        remedy = "declare the character set that is sent, preferably UNICODE UTF-8"
        yield _issue(msh, 18, "charset", "102", text, remedy, "HL7 2.5.1, 2.15.9.18", severity="warning")
    if trailer := hl7.first("BTS"):
        text = "the end of the batch counts another number of messages than came before it"
        remedy = "send the messages that are missing, and in BTS-1 how many there are"
        yield _issue(trailer, 1, "count", "103", text, remedy, "HL7 2.5.1, 2.15.3", severity="warning")


def _patients(hl7: Hl7) -> Iterator[Issue]:
    patients = hl7.all("PID")
    if not patients:
        yield _anonymous(1)
    for pid in patients:
        if not any(_identifies(field) for number in (3, 2, 4) for field in pid.repetitions(number)):
            yield _anonymous(pid.index)
    if len(patients) > 1 and _comes_before(hl7, "OBR", "PID"):
        text = "an order stands before the first patient, and there are several patients"
        remedy, source = "send the PID before its OBR", "HL7 2.5.1, 7.3.1"
        yield Issue("PID", "segment-sequence", text, remedy, code="100", location="PID^1", source=source)


def _statuses(hl7: Hl7) -> Iterator[Issue]:
    """Reports that say that there is none, and results whose status (OBX-11) speaks against that of their report."""
    reports = hl7.all("OBR")
    nothing = [obr for obr in reports if obr.text(25).strip().upper() in _NO_REPORT]
    for obr in nothing:
        text, remedy = "the status says that there is no such order or no such patient", "send the status of the report"
        severity: Severity = "error" if len(nothing) == len(reports) else "warning"
        yield _issue(obr, 25, "value", "103", text, remedy, "HL7 2.5.1, table 0123", severity=severity)
    if not any(obr.raw_field(25) for obr in reports):
        return
    told = ""
    for segment in hl7.segments:
        if segment.name == "OBR":
            told = segment.text(25).strip().upper()
        elif segment.name == "OBX" and segment.text(11).strip().upper() in _AGAINST.get(told, ()):
            text = "the status of the result speaks against that of its report (OBR-25)"
            remedy = "send a report as final, corrected or cancelled when all its results are"
            yield _issue(segment, 11, "contradicts", "103", text, remedy, _RESULT_STATUS, severity="warning")


def _anonymous(index: int) -> Issue:
    text = "no identifier of the patient was sent (PID-3, PID-2 or PID-4)"
    remedy = "send at least one patient identifier in PID-3, with its assigning authority"
    at, location = located("PID", index, 3)
    return Issue(at, "required", text, remedy, code="101", location=location, source=_WHO)


def _merges(hl7: Hl7, kind: str) -> Iterator[Issue]:
    """Every patient of a merge says who is merged into it: MRG-1, or MRG-4 and MRG-2 of old."""
    if kind.partition("^")[2] not in MERGES:
        return
    merged = 0
    for following in _groups(hl7, "PID"):
        mrg = next((segment for segment in following if segment.name == "MRG"), None)
        merged = mrg.index if mrg else merged + 1
        if not mrg or not any(_identifies(field) for number in (1, 4, 2) for field in mrg.repetitions(number)):
            at, location = located("MRG", merged, 1)
            text, remedy = "the identifier that is merged is missing", "send the prior identifier of the patient"
            yield Issue(at, "required", text, remedy, code="101", location=location, source=_MERGED)


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


def _missing(segment: Segment, number: int, text: str, remedy: str, source: str, severity: Severity = "error") -> Issue:
    return _issue(segment, number, "required", "101", text, remedy, source, severity=severity)


def _issue(
    segment: Segment,
    number: int,
    reason: str,
    code: str,
    text: str,
    remedy: str,
    source: str,
    *,
    severity: Severity = "error",
    component: int = 0,
) -> Issue:
    at, location = located(segment.name, segment.index, number, 1, component)
    return Issue(at, reason, text, remedy, severity, code, location, source=source)
