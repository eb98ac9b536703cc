"""Acknowledgements: ACK in the sender's own delimiters, version and character set (HL7 v2, chapter 2.9)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final, Literal
from zoneinfo import ZoneInfo

from mediators.hl7v2.delimiters import STANDARD, Delimiters, Unreadable, escaped
from mediators.hl7v2.reader import Hl7, glance
from schemas.message import Issue, Message, Reply

Verdict = Literal["A", "E", "R"]

CONTENT_TYPE: Final = "x-application/hl7-v2+er7"
# What says nothing but how another message fared: of queries QCK, of master files MFK
_ENVELOPE: Final = frozenset(("MSH", "MSA", "ERR", "SFT", "UAC", "NTE", "QAK", "QPD", "QRD", "QRF", "DSC"))
ACKNOWLEDGEMENTS: Final = frozenset({"ACK", "MCF", "NAK", "QCK", "MFK"})

# HL7 table 0357
CONDITIONS: Final = {
    "0": "Message accepted",
    "100": "Segment sequence error",
    "101": "Required field missing",
    "102": "Data type error",
    "103": "Table value not found",
    "200": "Unsupported message type",
    "201": "Unsupported event code",
    "202": "Unsupported processing id",
    "203": "Unsupported version id",
    "204": "Unknown key identifier",
    "205": "Duplicate key identifier",
    "206": "Application record locked",
    "207": "Application internal error",
}

_SEVERITIES: Final = {"error": "E", "warning": "W", "information": "I"}
_ZONE: Final = ZoneInfo("Africa/Casablanca")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MOST_ISSUES: Final = 200
# what must not stand in a reply: it would end a segment or an MLLP frame
_BREAKS: Final = str.maketrans(dict.fromkeys("\r\n\x0b\x1c\x00", " "))


def answer(message: Message, issues: Sequence[Issue], verdict: Verdict) -> Reply:
    """The reply to a message that is taken (A), refused (E) or rejected (R).

    Original mode answers AA, AE, AR. Enhanced mode (MSH-15 or MSH-16 valued) answers CA, CE, CR when MSH-15 asks
    for it, AA, AE, AR when only MSH-16 does, and nothing when neither does. An acknowledgement is never answered.
    """
    try:
        hl7 = glance(message.body)
    except Unreadable:
        return _to_unreadable(message, issues)
    if level := _level(hl7, verdict):
        return reply(hl7, message, issues, level + verdict, _type(hl7))
    return Reply(b"", CONTENT_TYPE, f"A{verdict}", 200 if verdict == "A" else 422, verdict == "A")


def reply(
    hl7: Hl7,
    message: Message,
    issues: Sequence[Issue],
    code: str,
    type_: Sequence[str],
    further: Sequence[Sequence[str]] = (),
) -> Reply:
    """MSH of this type (the parts of MSH-9), MSA with this code, the issues, and further segments as they are."""
    header = _header(hl7, message, hl7.delimiters.component.join(type_))
    text = _segments(hl7.delimiters, [header, *_acknowledgement(hl7, issues, code), *further])
    taken = code.endswith("A")
    return Reply(text.encode(hl7.charset, "replace"), CONTENT_TYPE, code, 200 if taken else 422, taken)


def is_acknowledgement(hl7: Hl7) -> bool:
    """By its type, or an answer (ORR, RSP ...) that tells of no patient and no order: taken or not is all it says."""
    if hl7.type.partition("^")[0] in ACKNOWLEDGEMENTS:
        return True
    return hl7.first("MSA") is not None and all(segment.name in _ENVELOPE for segment in hl7.segments)


def _level(hl7: Hl7, verdict: Verdict) -> str:
    """A for an application acknowledgement, C for an accept acknowledgement, "" for none."""
    # whatever has an MSA is itself an answer: to answer it could go on for ever
    if is_acknowledgement(hl7) or hl7.first("MSA"):
        return ""
    accept, application = hl7.msh.text(15).strip().upper(), hl7.msh.text(16).strip().upper()
    if not accept and not application:
        return "A"
    if _asks(accept, verdict):
        return "C"
    return "A" if _asks(application, verdict) else ""


def _asks(condition: str, verdict: Verdict) -> bool:
    """HL7 table 0155."""
    return condition == "AL" or condition == ("SU" if verdict == "A" else "ER")


def _acknowledgement(hl7: Hl7, issues: Sequence[Issue], code: str) -> list[list[str]]:
    told = _told(issues)
    msa = ["MSA", code, hl7.msh.raw_field(10)]
    if hl7.version < "2.5":
        errors = [issue for issue in told if issue.severity == "error"]
        msa.append("; ".join(escaped(_sentence(issue), hl7.delimiters) for issue in told))
        err = [_old_errors(errors, hl7.delimiters)] if errors else []
    else:
        err = [_error(issue, hl7.delimiters) for issue in told]
    return [msa, *err]


def _header(hl7: Hl7, message: Message, type_: str) -> list[str]:
    msh, delimiters = hl7.msh, hl7.delimiters
    sent = msh.raw_field
    declared = delimiters.encoding_characters if delimiters.escape else sent(2)
    fields = ["MSH", declared, sent(5), sent(6), sent(3), sent(4), _time(message), ""]
    fields += [type_, _control_id(message), sent(11), sent(12)]
    return fields + [""] * 5 + [charset] if (charset := sent(18)) else fields


def _type(hl7: Hl7) -> list[str]:
    parts = ["ACK"]
    if hl7.trigger and hl7.version > "2.1":
        parts.append(hl7.trigger)
        if hl7.version >= "2.4":
            parts.append("ACK")
    return parts


def _error(issue: Issue, delimiters: Delimiters) -> list[str]:
    """ERR from version 2.5 on: ERR-2 where, ERR-3 what (table 0357), ERR-4 severity, ERR-7 why, ERR-8 what to do."""
    where = delimiters.component.join(escaped(part, delimiters) for part in issue.location.split("^"))
    what = delimiters.component.join([issue.code, CONDITIONS.get(issue.code, ""), "HL70357"])
    why, remedy = escaped(f"{issue.at}: {issue.text}", delimiters), escaped(issue.remedy, delimiters)
    return ["ERR", "", where, what, _SEVERITIES[issue.severity], "", "", why, remedy]


def _old_errors(issues: Iterable[Issue], delimiters: Delimiters) -> list[str]:
    """ERR before version 2.5: one repetition of ERR-1 an issue, segment^sequence^field^code."""
    repetitions = []
    for issue in issues:
        where = [escaped(part, delimiters) for part in issue.location.split("^")[:3]]
        where += [""] * (3 - len(where))
        what = delimiters.subcomponent.join([issue.code, CONDITIONS.get(issue.code, ""), "HL70357"])
        repetitions.append(delimiters.component.join([*where, what]))
    return ["ERR", delimiters.repetition.join(repetitions)]


def _to_unreadable(message: Message, issues: Sequence[Issue]) -> Reply:
    header = ["MSH", STANDARD.encoding_characters, "", "", "", "", _time(message), "", "ACK", _control_id(message)]
    msa = ["MSA", "AR", message.control_id]
    text = _segments(STANDARD, [[*header, "P", "2.5"], msa, *(_error(issue, STANDARD) for issue in _told(issues))])
    return Reply(text.encode("utf-8", "replace"), CONTENT_TYPE, "AR", 400, False)


def _told(issues: Sequence[Issue]) -> list[Issue]:
    """Errors first, and no more than a sender can take in."""
    told = sorted(issues, key=lambda issue: issue.severity != "error")
    if len(told) <= _MOST_ISSUES:
        return told
    more = Issue("MSH", "more", f"{len(told) - _MOST_ISSUES} more issues are not listed", "mend these first")
    return [*told[:_MOST_ISSUES], more]


def _sentence(issue: Issue) -> str:
    return f"{issue.at}: {issue.text} ({issue.remedy})"


def _control_id(message: Message) -> str:
    """Twenty characters, the most before version 2.7; the same whenever the answer is computed again."""
    return hashlib.sha256(message.transaction.encode()).hexdigest()[:20].upper()


def _time(message: Message) -> str:
    return _second(message.received // 1_000_000)


@lru_cache(maxsize=64)
def _second(epoch: int) -> str:
    return (_EPOCH + timedelta(seconds=epoch)).astimezone(_ZONE).strftime("%Y%m%d%H%M%S%z")


def _segments(delimiters: Delimiters, segments: Sequence[Sequence[str]]) -> str:
    lines = [delimiters.field.join(segment).translate(_BREAKS).rstrip(delimiters.field) for segment in segments]
    return "\r".join([*lines, ""])
