"""Judges one rule of a profile with care: what was sent, repetition by repetition, and what the sender is told.

Blanks, `""` (delete this) and separators with nothing between them are no values: what is required can't be deleted,
and nothing else is asked of them. A rule about a field asks its codes, dates and formats of the first component of
each repetition (that of a coded value is its code), a number and a length of the whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Final, NamedTuple

from mediators.hl7v2.mapping import Condition, When
from mediators.hl7v2.near import near
from mediators.hl7v2.places import Place, located
from mediators.hl7v2.reader import Field, Hl7, Segment
from mediators.hl7v2.rule import Rule, Said
from schemas.digits import right
from schemas.message import Issue

_NUMBER: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)", re.ASCII)
_CLOCK: Final = r"(?:[01]\d|2[0-3])(?:[0-5]\d(?:[0-5]\d(?:\.\d+)?)?)?"
_OFFSET: Final = r"(?:[+-](?:0\d|1[0-3])[0-5]\d|[+-]1400)?"
_DATE: Final = re.compile(rf"(\d{{4}})(?:(\d\d)(?:(\d\d)(?:{_CLOCK})?)?)?{_OFFSET}", re.ASCII)
_TIME: Final = re.compile(_CLOCK + _OFFSET, re.ASCII)
# what each type is, and how it is written
_KINDS: Final = {
    "NM": ("a number", "digits, such as 4.5"),
    "SI": ("a whole number", "digits"),
    "DT": ("a date", "YYYYMMDD, or as much of it as is known"),
    "TM": ("a time", "HHMM or HHMMSS"),
    "DTM": ("a date", "YYYYMMDDHHMMSS, or as much of it as is known, with its offset"),
    "TS": ("a date", "YYYYMMDDHHMMSS, or as much of it as is known, with its offset"),
}
_MOST: Final = 12


class Fault(NamedTuple):
    """What is wrong: a word to group by, the code of table 0357, and in words what and what to do."""

    reason: str
    code: str
    text: str
    remedy: str


def applies(when: When, hl7: Hl7, kind: str, rule: Rule, segment: Segment | None, repetition: int) -> bool:
    """Whether all conditions hold for one repetition of the rule's field (0: for all of it)."""
    return when.about(hl7, kind) and all(
        _holds(hl7, place, one, rule, segment, repetition) for place, one in when.places.items()
    )


def judged(rule: Rule, hl7: Hl7, kind: str, segment: Segment) -> Iterator[Issue]:
    """What is wrong with one segment by a rule about a field or a part of it."""
    said, sent = rule.said, segment.repetitions(rule.field)
    filled = [number for number, field in enumerate(sent, 1) if any(map(_valued, field.texts()))]
    if not rule.component:
        asked = said.usage[0 if applies(said.when, hl7, kind, rule, segment, 0) else 1]
        fault = _usage(rule, asked, bool(filled), hl7, segment) or _cardinality(said, len(filled), "repetitions")
        if fault:
            yield issue(rule, fault, segment.index, 1)
    for number in filled:
        field, meets = sent[number - 1], applies(said.when, hl7, kind, rule, segment, number)
        asked, fault = said.usage[0 if meets else 1], None
        if rule.component:
            fault = _usage(rule, asked, _valued(_whole(field, rule).strip(" &")), hl7, segment)
        if fault := fault or (_content(rule, field) if meets else None):
            yield issue(rule, fault, segment.index, number)


def counted(rule: Rule, hl7: Hl7, kind: str) -> Iterator[Issue]:
    """What is wrong with the message by a rule about a segment as a whole."""
    said, found = rule.said, hl7.all(rule.segment)
    asked = said.usage[0 if applies(said.when, hl7, kind, rule, None, 0) else 1]
    if asked == "R" and not found:
        text, remedy = f"the segment {rule.segment} is missing", f"send a segment {rule.segment}"
        yield issue(rule, Fault("segment-sequence", "100", text, remedy), 1, 1)
    elif asked == "X" and found:
        text, remedy = f"a segment {rule.segment} is not to be sent here", f"leave {rule.segment} out"
        yield issue(rule, Fault("not-allowed", "100", text, remedy), 1, 1)
    elif found and (fault := _cardinality(said, len(found), "segments of this name")):
        yield issue(rule, fault, len(found), 1)


def issue(rule: Rule, fault: Fault, index: int, repetition: int) -> Issue:
    said = rule.said
    at, location = located(rule.segment, index, rule.field, repetition, rule.component, rule.subcomponent)
    return Issue(
        at, said.reason or fault.reason, said.text or fault.text, said.remedy or fault.remedy, said.severity,
        said.code or fault.code, location, source=said.source,
    )  # fmt: skip


def _usage(rule: Rule, asked: str, valued: bool, hl7: Hl7, segment: Segment) -> Fault | None:
    at = str(Place(rule.segment, rule.field, rule.component, rule.subcomponent))
    if asked == "R" and not valued:
        if any(_valued(value) for place in rule.said.alternatives for value in _around(hl7, segment, place)):
            return None
        return Fault("required", "101", f"{rule.name or at} is missing", f"send it in {at}")
    if asked == "X" and valued:
        return Fault("not-allowed", "199", f"{rule.name or at} is not to be sent here", f"leave {at} empty")
    return None


def _cardinality(said: Said, count: int, what: str) -> Fault | None:
    least, most = said.cardinality
    if most is not None and count > most:
        return Fault("cardinality", "198", f"more than {most} {what}", f"send at most {most}")
    if count < least and count:
        return Fault("cardinality", "198", f"fewer than {least} {what}", f"send at least {least}")
    return None


def _content(rule: Rule, field: Field) -> Fault | None:
    """The first thing that is wrong with a value."""
    said, part = rule.said, _part(field, rule)
    whole = _whole(field, rule).strip()
    value = part.strip()
    least, most = said.length
    if not _valued(whole):
        return None
    if most is not None and len(whole) > most:
        return Fault("too-long", "104", f"longer than {most} characters", f"send at most {most} characters")
    if len(whole) < least:
        return Fault("format", "102", f"shorter than {least} characters", f"send at least {least} characters")
    typed = whole if said.type == "NM" else value
    if said.type and _valued(typed) and not _is(said.type, typed):
        kind, form = _KINDS[said.type]
        return Fault("data-type", "102", f"this is not {kind}", f"send {form}")
    if not _valued(value):
        return None
    if rule.codes and value not in rule.codes:
        where = f"in HL7 table {rule.table}" if rule.table else "one of those that are known here"
        return Fault("unknown-code", "103", f"this code is not {where}", _one_of(rule))
    if said.format and not said.format.fullmatch(value):
        return Fault("format", "102", "this has not the form expected", "send it in the form expected")
    if said.check and not right(said.check, value):
        return Fault("check-digit", "102", "the check digit is wrong", "look the number up again")
    return None


def _one_of(rule: Rule) -> str:
    if len(rule.codes) <= _MOST:
        return f"send one of {', '.join(sorted(rule.codes))}"
    return f"send a code of HL7 table {rule.table}" if rule.table else "send one of the codes agreed"


def _is(kind: str, value: str) -> bool:
    if kind == "NM":
        return _NUMBER.fullmatch(value) is not None
    if kind == "SI":
        return value.isascii() and value.isdigit()
    return (_TIME.fullmatch(value) is not None) if kind == "TM" else _is_date(value)


def _is_date(value: str) -> bool:
    """Whether this is as much of YYYYMMDDHHMMSS.S+ZZZZ as may be known, with a day there is."""
    match = _DATE.fullmatch(value)
    if not match:
        return False
    try:
        date(int(match[1]), int(match[2] or 1), int(match[3] or 1))
    except ValueError:
        return False
    return True


def _part(field: Field, rule: Rule) -> str:
    return field.text(rule.component or 1, rule.subcomponent or 1)


def _whole(field: Field, rule: Rule) -> str:
    if rule.subcomponent:
        return _part(field, rule)
    return field.component(rule.component).whole if rule.component else field.whole


def _valued(text: str) -> bool:
    return text.strip() not in ("", '""')


def _holds(hl7: Hl7, place: Place, condition: Condition, rule: Rule, segment: Segment | None, repetition: int) -> bool:
    same = segment and segment.name == place.segment and place.field == rule.field
    values = _values(segment, place, repetition) if segment and same else _around(hl7, segment, place)
    if condition.empty is not None:
        return condition.empty is not any(_valued(value) for value in values)
    return any(map(condition.met, values))


def _around(hl7: Hl7, segment: Segment | None, place: Place) -> Sequence[str]:
    """What stands in a place of the segment, or of that which belongs with it."""
    if segment is None:
        own = hl7.first(place.segment)
    elif segment.name == place.segment:
        own = segment
    else:
        found = near(hl7, hl7.segments.index(segment), place.segment)
        own = None if found is None else hl7.segments[found]
    return _values(own, place, 0) if own else [""]


def _values(segment: Segment, place: Place, repetition: int) -> Sequence[str]:
    """What stands in a place: in one repetition of its field, or in all of them."""
    fields = segment.repetitions(place.field)
    if repetition:
        fields = fields[repetition - 1 : repetition]
    return [field.text(place.component or 1, place.subcomponent or 1) for field in fields] or [""]
