"""The calendar on the wall: days are those of the time zone that the program works in (`zone` in its settings)."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

_here = ZoneInfo("Africa/Casablanca")


def set_to(zone: str) -> None:
    """For the whole process, from now on. Raises ValueError where there is no such zone."""
    global _here  # a program has one wall
    try:
        _here = ZoneInfo(zone)
    except (KeyError, OSError) as error:
        raise ValueError(zone) from error


def today() -> str:
    return datetime.now(_here).date().isoformat()


def day_at(micros: int) -> str:
    """The day of a moment in µs since the epoch."""
    return datetime.fromtimestamp(micros / 1e6, UTC).astimezone(_here).date().isoformat()


def day_of(text: str) -> str:
    """The day of an ISO 8601 date or time, with the precision it came with. A time with an offset is a moment, whose
    day is the one here; one without is its sender's word for the day."""
    if len(text) <= len("2024-03-12"):
        return text
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(_here).date().isoformat() if moment.tzinfo else text[:10]
    except (ValueError, OverflowError):
        return text[:10]
