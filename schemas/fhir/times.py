"""Dates and times of the canonical events in FHIR's types: what is missing in the time is zero, never the day."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from schemas.fhir import extensions

_EPOCH = datetime(1970, 1, 1)
_TIME = r"(?P<hour>\d\d)(?::?(?P<minute>\d\d)(?::?(?P<second>\d\d)(?P<fraction>\.\d{1,9})?)?)?"
_DATE_TIME = re.compile(
    r"(?P<year>\d{4})(?:-(?P<month>\d\d)(?:-(?P<day>\d\d)"
    rf"(?:[T ]{_TIME}\s*(?P<offset>Z|[+-]\d\d:?\d\d)?)?)?)?",
    re.ASCII,
)
_CLOCK = re.compile(rf"T?{_TIME}", re.ASCII)


@lru_cache(maxsize=4096)
def date_time(text: str | None) -> str | None:
    """A FHIR dateTime: as precise as it came, seconds filled with zeros, with an offset when there is a time.

    Of a time without an offset only the date can be said. None for what is no date.
    """
    found = _DATE_TIME.fullmatch(text.strip()) if text else None
    if not found or not _is_day(found):
        return None
    day = "-".join(part for part in found.group("year", "month", "day") if part)
    clock = _clock(found)
    offset = clock and _offset(found["offset"])
    return f"{day}T{clock}{offset}" if offset else day


def day(text: str | None) -> str | None:
    """A FHIR date: the date part only."""
    stamp = date_time(text)
    return stamp[:10] if stamp else None


def instant(text: str | None) -> str | None:
    """A FHIR instant, or None when there is no time of day to make one of."""
    stamp = date_time(text)
    return stamp if stamp and "T" in stamp else None


def time_of_day(text: str | None) -> str | None:
    """A FHIR time: hours, minutes and seconds, without a zone."""
    found = _CLOCK.fullmatch(text.strip()) if text else None
    return _clock(found) if found else None


def period(start: str | None, end: str | None) -> dict[str, Any] | None:
    """A FHIR Period, None when neither side is known.

    FHIR compares its sides (per-1) and can't where one is less precise and they agree as far as it goes: then both
    are said as precisely as the lesser, the other's text beside it. An end before the start is only a text.
    """
    first, last = date_time(start), date_time(end)
    if not (first and last):
        return {"start": first} if first else {"end": last} if last else None
    shared = min(len(first), len(last), 10) if "T" not in first or "T" not in last else 0
    if shared and len(first) != len(last) and first[:shared] == last[:shared]:
        made: dict[str, Any] = {"start": first[:shared], "end": last[:shared]}
        less = "_start" if len(first) > shared else "_end"
        return {**made, less: sent(first if less == "_start" else last, None)}
    if first[:shared] > last[:shared] if shared else datetime.fromisoformat(first) > datetime.fromisoformat(last):
        return {"start": first, "_end": sent(last, None)}
    return {"start": first, "end": last}


def sent(text: str | None, said: str | None) -> dict[str, Any] | None:
    """The sibling of a primitive that could not be said (`_issued` for `issued`): the text as it came."""
    if said or not text or text.isspace():
        return None
    return {"extension": [{"url": extensions.AS_SENT, "valueString": text}]}


def at(microseconds: int) -> str:
    """µs since the epoch as a FHIR instant in UTC."""
    return f"{(_EPOCH + timedelta(microseconds=microseconds)).isoformat(timespec='microseconds')}Z"


def _is_day(found: re.Match[str]) -> bool:
    try:
        date(int(found["year"]), int(found["month"] or 1), int(found["day"] or 1))
    except ValueError:
        return False
    return True


def _clock(found: re.Match[str]) -> str | None:
    hour, minute, second = (found[part] or "00" for part in ("hour", "minute", "second"))
    if not found["hour"] or hour > "23" or minute > "59" or second > "59":
        return None
    return f"{hour}:{minute}:{second}{found['fraction'] or ''}"


def _offset(given: str | None) -> str | None:
    if not given or given == "Z":
        return given
    offset = f"{given[:3]}:{given[-2:]}"
    return offset if (offset[1:3] < "14" and offset[4:] < "60") or offset[1:] == "14:00" else None
