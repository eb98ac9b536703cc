"""When and how often: TQ1 with TQ2 (2.5 on), and the TQ of ORC-7, OBR-27 and the like before it.

Source: HL7 v2.8.2 chapter 4.5.4 (TQ1, TQ2), v2.5.1 chapter 4.3 (TQ: quantity ^ interval ^ duration ^ start ^ end ^
priority ^ condition ^ text ^ conjunction ^ sequencing ^ occurrence duration ^ total occurrences).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from mediators.hl7v2 import times
from mediators.hl7v2.datatypes import code, one, part, repeats, said
from mediators.hl7v2.details import beside, details
from mediators.hl7v2.reader import Field, Segment
from mediators.hl7v2.scope import Scope
from schemas.events import Code, Timing

_TQ1: Final = frozenset((1, 2, 3, 4, 6, 7, 8, 9, 10, 11, 14))
# The components of RPT (TQ1-3) and TQ that only the standard has a name for
_RPT: Final = (2, 3, 4, 7, 8, 9, 10, 11)
_TQ: Final = (9, 10, 11)
# TQ.3: a length of time in seconds to months (L), or how many times (X)
_DURATION: Final = re.compile(r"([SMHDWLX])\s*([0-9]+)")
_UNITS: Final = {"S": "s", "M": "min", "H": "h", "D": "d", "W": "wk", "L": "mo"}


def timings(segments: Iterable[Segment], scope: Scope) -> list[Timing]:
    """Every TQ1 among the segments, in order, with the TQ2 after it; others are passed over."""
    found: list[Timing] = []
    for segment in segments:
        if segment.name == "TQ1":
            found.append(_tq1(segment, scope))
        elif segment.name == "TQ2":
            if not found:
                found.append({})
            _add(found[-1], segment, scope, (1,))
    return [told for told in found if told]


def of_field(segment: Segment | None, number: int, scope: Scope) -> list[Timing]:
    """Every repetition of a field of TQ: OBR-27, ORC-7, RXE-1, SCH-11."""
    if segment is None or not segment.raw_field(number):
        return []
    found = [_tq(field, segment, number, scope) for field in segment.repetitions(number)]
    if found and (left := details([(segment, number, component) for component in _TQ], scope)):
        found[0]["details"] = [*found[0].get("details", ()), *left]
    return [told for told in found if told]


def priority(told: Iterable[Timing]) -> str | None:
    """The first priority (table 0485) among the timings."""
    return next((found for one in told if (found := one.get("priority"))), None)


def _tq1(tq1: Segment, scope: Scope) -> Timing:
    told: Timing = {}
    _amount(tq1.field(2), told, "quantity")
    pattern = tq1.repetitions(3)
    if pattern and (interval := code(pattern[0].component(1))):
        told["interval"] = interval
    if pattern and (period := part(pattern[0], 5)):
        told["period"] = period
        if unit := _nested(pattern[0].component(6)):
            told["period_unit"] = unit
    if clocks := [clock for field in tq1.repetitions(4) if (clock := times.clock(field.text().strip()))]:
        told["times"] = clocks
    _amount(tq1.field(6), told, "duration")
    if start := scope.time(tq1, 7):
        told["start"] = start
    if end := scope.time(tq1, 8):
        told["end"] = end
    if urgency := one(tq1, 9, code):
        _urgent(told, urgency)
    if condition := repeats(tq1, 10):
        told["condition"] = condition
    if text := repeats(tq1, 11):
        told["text"] = text
    if occurrences := said(tq1.text(14)):
        told["occurrences"] = occurrences
    _add(told, tq1, scope, _TQ1 if len(clocks) == len(tq1.repetitions(4)) else _TQ1 - {4})
    others = [(tq1, 3, component) for component in ((1, 5, 6, *_RPT) if len(pattern) > 1 else _RPT)]
    if left := details(others, scope):
        told["details"] = [*told.get("details", ()), *left]
    return told


def _tq(field: Field, segment: Segment, number: int, scope: Scope) -> Timing:
    told: Timing = {}
    _amount(field.component(1), told, "quantity")
    if interval := said(field.text(2)):
        told["interval"] = {"text": interval, "codings": [{"code": interval}]}
    sent = [text.strip() for text in field.text(2, 2).split(",") if text.strip()]
    if clocks := [clock for text in sent if (clock := times.clock(text))]:
        told["times"] = clocks
    if len(clocks) < len(sent):
        told["details"] = details([(segment, number, 2)], scope)
    _lasts(said(field.text(3)), told)
    if start := scope.time_of(segment, number, field.text(4)):
        told["start"] = start
    if end := scope.time_of(segment, number, field.text(5)):
        told["end"] = end
    if urgency := _nested(field.component(6)):
        _urgent(told, urgency)
    if condition := part(field, 7):
        told["condition"] = condition
    if text := part(field, 8):
        told["text"] = text
    if occurrences := said(field.text(12)):
        told["occurrences"] = occurrences
    return told


def _lasts(duration: str | None, told: Timing) -> None:
    if duration is None:
        return
    found = _DURATION.fullmatch(duration.upper())
    if not found:
        told["duration"] = duration
    elif found[1] == "X":
        told.setdefault("occurrences", found[2])
    else:
        told["duration"] = found[2]
        told["duration_unit"] = {"codings": [{"code": _UNITS[found[1]], "system": "http://unitsofmeasure.org"}]}


def _amount(field: Field, told: Timing, key: str) -> None:
    """CQ: quantity ^ units."""
    if quantity := said(field.text(1)):
        told[key] = quantity  # type: ignore[literal-required]  # "quantity" or "duration", both with their unit
        if unit := _nested(field.component(2)):
            told[f"{key}_unit"] = unit  # type: ignore[literal-required]


def _urgent(told: Timing, urgency: Code) -> None:
    """The priority as its code; what more was said of it stands beside."""
    sent = next((found for one in urgency.get("codings") or () if (found := one.get("code"))), None)
    if priority := sent or urgency.get("text"):
        told["priority"] = priority
        if urgency.get("text") not in (None, priority) or len(urgency.get("codings") or ()) > 1:
            told["urgency"] = urgency


def _nested(field: Field) -> Code | None:
    return code(field) if field else None


def _add(told: Timing, segment: Segment, scope: Scope, mapped: Iterable[int]) -> None:
    if left := beside(segment, scope, mapped):
        told["details"] = [*told.get("details", ()), *left]
