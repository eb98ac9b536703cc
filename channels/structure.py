"""The strict opinion of the standard's own structure tables, by hl7apy, of one HL7 v2 message: for information only.

Most real feeds fail it, and nothing here refuses anything. hl7apy stops at the first thing it dislikes and keeps
nothing of a segment it has no place for, so it is asked piece by piece: every field, every segment, then the message.
"""

from __future__ import annotations

import contextlib
import os
import re
import tempfile
from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

from mediators.hl7v2.delimiters import Delimiters, Unreadable
from mediators.hl7v2.places import located
from mediators.hl7v2.reader import HEADERS, Hl7, Segment
from schemas.message import Issue

MOST: Final = 500
# What its exceptions mean; their own words would repeat what the message says
_WORDS: Final = {
    "ValueError": ("data-type", "this is no value of its data type"),
    "MaxLengthReached": ("too-long", "longer than the standard allows"),
    "MaxChildLimitReached": ("cardinality", "more parts than the data type has"),
    "InvalidDataType": ("data-type", "this data type is not allowed here"),
    "ChildNotFound": ("unknown-element", "the standard has no such part here"),
    "ChildNotValid": ("unknown-element", "this part is not allowed here"),
    "OperationNotAllowed": ("unknown-element", "this version of the standard has no such field or segment"),
    "InvalidName": ("unknown-element", "the standard has no such part here"),
}
_MISSING: Final = re.compile(r"Error: Missing required child (\w+)\.(\w+)")
_LIMIT: Final = re.compile(r"Error: Child limit exceeded (\w+)\.(\w+)")
_TABLE: Final = re.compile(r"not in table HL7(\d{4}) in element (\w+)\.(\w+)$")
_LENGTH: Final = re.compile(r"Warning: Exceeded max length \((\d+)\) of (\w+)\.(\w+)")
_FIELD: Final = re.compile(r"([A-Z][A-Z0-9]{2})_(\d+)")
_SEE: Final = "compare it with the standard's definition"


def opinion(body: bytes, charset: str = "") -> list[Issue]:
    """Everything that the tables of its version have against this message. Never raises; none holds a value."""
    try:
        hl7 = Hl7.read(body, charset)
    except Unreadable:
        text, remedy = "this is not an HL7 v2 message", "see the other issues"
        return [Issue("MSH", "unreadable", text, remedy, "information", "199", "MSH^1")]
    version = "2.7" if hl7.version == "2.7.1" else hl7.version
    found: list[Issue] = []
    for segment in hl7.segments:
        if len(found) < MOST and not segment.name.startswith("Z"):
            found += _of_segment(segment, hl7.delimiters, version)
    return [*found, *_of_message(hl7, version)][:MOST]


def _of_segment(segment: Segment, delimiters: Delimiters, version: str) -> Iterator[Issue]:
    from hl7apy.consts import VALIDATION_LEVEL
    from hl7apy.parser import parse_field, parse_segment

    characters = _characters(delimiters)
    for number in range(3 if segment.name in HEADERS else 1, segment.count() + 1):
        for repetition, field in enumerate(segment.repetitions(number), 1):
            if not field or field.is_null:
                continue
            try:
                parse_field(field.raw, f"{segment.name}_{number}", version, characters, VALIDATION_LEVEL.STRICT)
            except Exception as error:  # hl7apy raises what it likes, IndexError too
                yield _at_field(segment, number, repetition, *_said(error), version)
    try:
        parsed = parse_segment(segment.raw, version, characters, VALIDATION_LEVEL.TOLERANT)
        lines = _report(parsed)
    except Exception as error:
        yield _issue(*located(segment.name, segment.index), *_said(error), version)
        return
    for line in lines:
        told = _line(line)
        place = _FIELD.fullmatch(told[0]) if told else None
        if told and place and place[1] == segment.name:
            yield _at_field(segment, int(place[2]), 1, *told[1:], version)


def _of_message(hl7: Hl7, version: str) -> Iterator[Issue]:
    """Groups: segments that are missing, too many, or have no place in the structure of the message."""
    from hl7apy.consts import VALIDATION_LEVEL
    from hl7apy.parser import parse_message

    head = hl7.msh.raw.split(hl7.delimiters.field)
    head[1] = hl7.delimiters.encoding_characters[:4]
    head += [""] * (12 - len(head))
    head[11] = version
    text = "\r".join([hl7.delimiters.field.join(head), *(segment.raw for segment in hl7.segments[1:])])
    try:
        parsed = parse_message(text, VALIDATION_LEVEL.TOLERANT, find_groups=True)
        lines = _report(parsed)
    except Exception as error:
        yield _issue("MSH", "MSH^1", *_said(error), version)
        return
    for line in lines:
        told = _line(line)
        if told and not _FIELD.fullmatch(told[0]):
            group = "_".join(told[0].split("_")[2:])
            at, location = (f"group {group}", "") if group else (told[0], f"{told[0]}^1")
            yield _issue(at, location, told[1], told[2], version)
    placed = Counter(_placed(parsed))
    for name, count in Counter(segment.name for segment in hl7.segments).items():
        if not name.startswith("Z") and count > placed[name]:
            text = f"{count - placed[name]} of {count} have no place in the structure of this message"
            yield _issue(name, f"{name}^{placed[name] + 1}", "segment-sequence", text, version)


def _placed(element: Any) -> Iterator[str]:
    for child in element.children:
        if child.classname == "Segment":
            yield child.name
        else:
            yield from _placed(child)


def _report(element: Any) -> list[str]:
    """What hl7apy's validator writes down before it raises the first of it."""
    from hl7apy.exceptions import HL7apyException
    from hl7apy.validation import Validator

    with tempfile.TemporaryFile("w+", encoding="utf-8") as report:
        with contextlib.suppress(HL7apyException):
            Validator.validate(element, report_file=os.dup(report.fileno()))
        report.seek(0)
        return report.read().splitlines()


def _line(line: str) -> tuple[str, str, str] | None:
    """The element, the reason and the text of one line of the report, without what it repeats of the message."""
    if found := _MISSING.match(line):
        return found[2], "required", f"required by the standard in {found[1]}"
    if found := _LIMIT.match(line):
        return found[2], "cardinality", f"more of them than the standard allows in {found[1]}"
    if found := _TABLE.search(line):
        return found[3], "unknown-code", f"this code is not in HL7 table {found[1]} of the version"
    if found := _LENGTH.match(line):
        return found[3], "too-long", f"longer than {found[1]} characters"
    return None


def _said(error: Exception) -> tuple[str, str]:
    name = type(error).__name__
    return _WORDS.get(name, ("structure", f"hl7apy can't read this ({name})"))


def _at_field(segment: Segment, number: int, repetition: int, reason: str, text: str, version: str) -> Issue:
    return _issue(*located(segment.name, segment.index, number, repetition), reason, text, version)


def _issue(at: str, location: str, reason: str, text: str, version: str) -> Issue:
    source = f"structure tables of HL7 {version}"
    return Issue(at, reason, text, _SEE, "information", "199", location, source=source)


def _characters(delimiters: Delimiters) -> dict[str, str]:
    return {
        "FIELD": delimiters.field,
        "COMPONENT": delimiters.component,
        "SUBCOMPONENT": delimiters.subcomponent,
        "REPETITION": delimiters.repetition,
        "ESCAPE": delimiters.escape or "\\",
        "SEGMENT": "\r",
        "GROUP": "\r",
    }
