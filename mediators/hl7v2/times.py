"""Dates and times of HL7 v2 (DT, TM, TS, DTM) as ISO 8601 texts, never more precise than they came."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_OFFSET = r"(Z|[+-]\d\d(?::?\d\d)?)?"
_BASIC = re.compile(
    r"(\d{4})(?:(\d\d)(?:(\d\d)(?:(\d\d)(?:(\d\d)(?:(\d\d)(\.\d+)?)?)?)?)?)?\s*" + _OFFSET,
    re.ASCII,
)
# Not HL7, but met, and it can mean nothing else
_EXTENDED = re.compile(
    r"(\d{4})-(\d\d)(?:-(\d\d)(?:[T ](\d\d)(?::(\d\d)(?::(\d\d)(\.\d+)?)?)?)?)?\s*" + _OFFSET,
    re.ASCII,
)
_SPACED = re.compile(r"(\d{4})(\d\d)(\d\d)[T ](\d\d)(?::?(\d\d)(?::?(\d\d)(\.\d+)?)?)?\s*" + _OFFSET, re.ASCII)
_MILLISECONDS = re.compile(r"^(\d{14})(\d{3})(?!\d)", re.ASCII)
# What a careless export leaves around a date
_AROUND = "{}[]()<>'\"`.,; \t"
_CLOCK = re.compile(r"(\d\d)(?::?(\d\d)(?::?(\d\d)(\.\d+)?)?)?\s*(Z|[+-]\d\d:?\d\d)?", re.ASCII)


@lru_cache(maxsize=8192)
def time(text: str, zone: tzinfo) -> str | None:
    """A date or time in ISO 8601, as precise as it came: "1980", "1980-03", "1980-03-12", "2024-03-12T10:30+01:00".

    A time of day has an offset: the one sent, else that of `zone` on that day. Zeros for the month or day mean that
    it is not known. None for what is no date: never a guessed day.
    """
    basic = None if text[4:5] == "-" else _BASIC.fullmatch(text) or _SPACED.fullmatch(text)
    found = basic or _EXTENDED.fullmatch(text)
    if not found:
        bare = _MILLISECONDS.sub(r"\1.\2", text.strip(_AROUND))
        return time(bare, zone) if bare != text else None
    year, month, day, hour, minute, second, fraction, offset = found.groups()
    if offset and not day:
        return None
    if "00" in (month, day):
        return _partial(year, month, day, hour, minute)
    try:
        local = datetime(int(year), int(month or 1), int(day or 1), int(hour or 0), int(minute or 0), int(second or 0))
    except ValueError:
        return None
    date = "-".join(part for part in (year, month, day) if part)
    if not hour:
        return date
    shift = _sent(offset) if offset else _local(local, zone)
    if shift is None:
        return None
    clock = ":".join(part for part in (hour, minute, second) if part)
    return f"{date}T{clock}{fraction or ''}{shift}"


def birth_date(text: str, zone: tzinfo) -> str | None:
    """As `time`, but midnight is no time of birth: systems fill the field up with zeros."""
    found = time(text, zone)
    if found and "T" in found:
        date, _, told = found.partition("T")
        if not told[:-6].strip("0:."):
            return date
    return found


@lru_cache(maxsize=1024)
def clock(text: str) -> str | None:
    """A time of day (TM) as hh, hh:mm or hh:mm:ss; its offset, which means nothing without a day, is left out."""
    found = _CLOCK.fullmatch(text)
    if not found:
        return None
    hour, minute, second, fraction, _ = found.groups()
    if int(hour) > 23 or int(minute or 0) > 59 or int(second or 0) > 59:
        return None
    return ":".join(part for part in (hour, minute, second) if part) + (fraction or "")


@lru_cache(maxsize=8192)
def micros(text: str | None) -> int | None:
    """µs since the epoch of a time that `time` wrote; None for one that tells no minute: too coarse to order by."""
    if not text or len(text) < len("2024-03-12T10:30+01:00"):
        return None
    try:
        return (datetime.fromisoformat(text) - _EPOCH) // _MICROSECOND
    except (ValueError, OverflowError):
        return None


def _partial(year: str, month: str, day: str | None, hour: str | None, minute: str | None) -> str | None:
    """What is left of a date filled up with zeros: "19800300" is March 1980."""
    if (hour or "00") != "00" or (minute or "00") != "00" or year == "0000":
        return None
    if month == "00":
        return year if day in (None, "00") else None
    return f"{year}-{month}" if int(month) <= 12 else None


def _sent(offset: str) -> str | None:
    if offset == "Z":
        return "+00:00"
    hours, minutes = offset[1:3], offset[-2:] if len(offset) > 3 else "00"
    if int(minutes) > 59 or int(hours) * 60 + int(minutes) > 14 * 60:
        return None
    return f"{offset[0]}{hours}:{minutes}"


def _local(local: datetime, zone: tzinfo) -> str | None:
    offset = zone.utcoffset(local)
    if offset is None:
        return None
    # before time zones there was local mean time, with odd seconds
    minutes = int(offset.total_seconds() // 60)
    sign = "-" if minutes < 0 else "+"
    return f"{sign}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"
