"""When and how often: FHIR Timing of what TQ1 and TQ tell.

Sources: FHIR R4 Timing; HL7 V2-to-FHIR guide, map TQ1[ServiceRequest]; HL7 table 0335 (repeat pattern). The pattern as
sent is Timing.code; what it means by the table is Timing.repeat. R4 has no place in it for a condition, a text, or a
duration beside a start or an end: they are extensions of ours.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from schemas.events import Code, Timing
from schemas.fhir import elements, extensions, quantity, tables, terms, times, units

ABBREVIATIONS = terms.TERMINOLOGY + "v3-GTSAbbreviation"
# Table 0335: how often in how long, where R4's timing-abbreviation has the same word or there is none
_OFTEN: dict[str, dict[str, Any]] = {
    "BID": {"frequency": 2, "period": 1, "periodUnit": "d"},
    "TID": {"frequency": 3, "period": 1, "periodUnit": "d"},
    "QID": {"frequency": 4, "period": 1, "periodUnit": "d"},
    "QD": {"frequency": 1, "period": 1, "periodUnit": "d"},
    "QOD": {"frequency": 1, "period": 2, "periodUnit": "d"},
    "QAM": {"frequency": 1, "period": 1, "periodUnit": "d", "when": ["MORN"]},
    "QPM": {"frequency": 1, "period": 1, "periodUnit": "d", "when": ["EVE"]},
    "QHS": {"frequency": 1, "period": 1, "periodUnit": "d", "when": ["HS"]},
    "ONCE": {"count": 1},
    **{code: {"when": [code]} for code in ("AC", "PC", "ACM", "ACD", "ACV", "PCM", "PCD", "PCV")},
    **{f"I{meal}": {"when": [meal]} for meal in ("C", "CM", "CD", "CV")},
}
_GTS = {"BID", "TID", "QID", "QD", "QOD"}
_EVERY = re.compile(r"Q([1-9][0-9]{0,3})([SMHDWL])")
_DAILY = re.compile(r"([1-9][0-9]?)ID")
_WEEKDAY = re.compile(r"Q([1-9][0-9]?)?J([1-7])")
_PERIODS = {"S": "s", "M": "min", "H": "h", "D": "d", "W": "wk", "L": "mo"}
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_TIME_UNITS = frozenset(("s", "min", "h", "d", "wk", "mo", "a"))
_PRIORITIES = tables.codes("0485")
_AS_NEEDED = re.compile(r"PRN.*")


def timing(source: Timing, *, whole: bool = False) -> dict[str, Any] | None:
    """A Timing; None when nothing is told of when or how often (a priority or a quantity alone is none).

    `whole`: with the quantity and the priority, where nothing else holds them.
    """
    code = elements.concept(source.get("interval"))
    clocks = [made for one in source.get("times") or () if (made := times.time_of_day(one))]
    repeat: dict[str, Any] = {**pattern(name(source.get("interval")))}
    if period := _every(source):
        repeat.update(period)
    if count := _positive(source.get("occurrences")):
        repeat["count"] = count
    if clocks:
        repeat["timeOfDay"] = clocks
        repeat.pop("when", None)
    repeat.update(_bounds(source))
    beside = _beside(source, "boundsDuration" in repeat) + (_further(source) if whole else [])
    told = {"extension": beside, "repeat": repeat, "code": _coded(code)}
    return elements.said(told) or None


def as_needed(source: Timing) -> bool:
    """Whether it is to be done only when needed (PRN)."""
    return bool(_AS_NEEDED.fullmatch(name(source.get("interval"))))


def duration(text: str | None, unit: Code | None) -> dict[str, Any] | None:
    """A Duration: R4 wants its unit to be one of time (drt-1)."""
    sent = (unit or {}).get("codings") or [{}]
    written = sent[0].get("code") or (unit or {}).get("text") or ""
    code = units.ucum(written)
    code = code if code in _TIME_UNITS else _PERIODS.get(written.strip().upper(), written.strip().lower())
    if code not in _TIME_UNITS:
        return None
    return quantity.quantity(text, {"unit": written or code, "system": terms.UCUM, "code": code})


def name(interval: Code | None) -> str:
    """The pattern's own code, in capitals."""
    codings = (interval or {}).get("codings") or [{}]
    return (codings[0].get("code") or (interval or {}).get("text") or "").strip().upper()


@lru_cache(maxsize=1024)
def pattern(told: str) -> dict[str, Any]:
    """Timing.repeat of a repeat pattern of table 0335; empty for one that means nothing to us."""
    if told in _OFTEN:
        return _OFTEN[told]
    if found := _EVERY.fullmatch(told):
        return {"frequency": 1, "period": int(found[1]), "periodUnit": _PERIODS[found[2]]}
    if found := _DAILY.fullmatch(told):
        return {"frequency": int(found[1]), "period": 1, "periodUnit": "d"}
    if found := _WEEKDAY.fullmatch(told):
        week = {"frequency": 1, "period": int(found[1] or 1), "periodUnit": "wk"}
        return {**week, "dayOfWeek": [_DAYS[int(found[2]) - 1]]}
    return {}


def _coded(code: dict[str, Any] | None) -> dict[str, Any] | None:
    """The pattern as sent, with R4's own word before it where it is one."""
    sent = [one for one in (code or {}).get("coding", ()) if one.get("code", "").upper() in _GTS]
    if code and sent and not any(one.get("system") == ABBREVIATIONS for one in sent):
        return {**code, "coding": [{"system": ABBREVIATIONS, "code": sent[0]["code"].upper()}, *code["coding"]]}
    return code


def _every(source: Timing) -> dict[str, Any]:
    made = duration(source.get("period"), source.get("period_unit"))
    if not made or made["value"] <= 0:
        return {}
    return {"frequency": 1, "period": made["value"], "periodUnit": made["code"]}


def _positive(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 10 and int(text) > 0 else None


def _bounds(source: Timing) -> dict[str, Any]:
    if period := times.period(source.get("start"), source.get("end")):
        return {"boundsPeriod": period}
    lasts = duration(source.get("duration"), source.get("duration_unit"))
    return {"boundsDuration": lasts} if lasts else {}


def _beside(source: Timing, bound: bool) -> list[dict[str, Any]]:
    """What has no element in Timing: condition, text, and a duration that bounds nothing."""
    lasts = None if bound else quantity.quantity(source.get("duration"), quantity.measured(source.get("duration_unit")))
    said = None if bound or lasts else elements.text(source.get("duration"))
    # in no unit of time that R4 knows
    every = None if _every(source) else source.get("period")
    apart = quantity.quantity(every, quantity.measured(source.get("period_unit")))
    return extensions.extensions(
        extensions.extension(extensions.TIMING_DURATION, "Quantity", lasts),
        extensions.extension(extensions.TIMING_DURATION, "String", said),
        extensions.extension(extensions.TIMING_PERIOD, "Quantity", apart),
        extensions.extension(extensions.TIMING_CONDITION, "String", elements.text(source.get("condition"))),
        extensions.extension(extensions.TIMING_TEXT, "String", elements.text(source.get("text"))),
    )


def _further(source: Timing) -> list[dict[str, Any]]:
    amount = quantity.quantity(source.get("quantity"), quantity.measured(source.get("quantity_unit")))
    urgency = elements.concept(source.get("urgency")) or elements.tabled(source.get("priority"), "0485", _PRIORITIES)
    return extensions.extensions(
        extensions.extension(extensions.TIMING_QUANTITY, "Quantity", amount),
        extensions.extension(extensions.TIMING_PRIORITY, "CodeableConcept", urgency),
    )
