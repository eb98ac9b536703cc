"""Time in days: when something operated, was suspended, was closed. A day belongs to both ends of a period.

A period is a pair of ISO 8601 dates, "" for an open side; in text "2008-03-01/2021-12-31 2023-01-01/". NEVER stands
where something was said to have a time and has none: it ended before it began.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Literal

from registries.clock import day_of

Period = tuple[str, str]
Status = Literal["operational", "suspended", "closed", "planned"]

ALWAYS: tuple[Period, ...] = (("", ""),)
_DAY = timedelta(days=1)
_FIRST, _LAST = "0001-01-01", "9999-12-31"
NEVER: Period = (_FIRST, _FIRST)


def read_periods(text: str) -> tuple[Period, ...]:
    """ "2008-03-01/2021-12-31 2023-01-01/" as pairs, "" for an open side. Raises ValueError for anything else."""
    periods = []
    for part in text.split():
        start, slash, end = part.partition("/")
        first, last = (date.fromisoformat(day).isoformat() if day else "" for day in (start, end))
        if not slash or (last and last < first):
            raise ValueError(part)
        periods.append((first, last))
    return tuple(periods)


def first_day(said: str) -> str:
    """The day on which a FHIR date, year or month begins, or of a time; "" for what is none of these."""
    day = day_of(said)
    try:
        return date.fromisoformat(day + _FIRST[len(day) :] if len(day) in (4, 7) else day).isoformat()
    except ValueError:
        return ""


def last_day(said: str) -> str:
    """The day on which a FHIR date, year or month ends, or of a time; "" for what is none of these."""
    day = first_day(said)
    if not day or len(said) not in (4, 7):
        return day
    year, month = day[:4], "12" if len(said) == 4 else day[5:7]
    return f"{year}-{month}-{monthrange(int(year), int(month))[1]}"


def text_of(periods: Iterable[Period]) -> str:
    return " ".join(f"{start}/{end}" for start, end in periods)


def operating(periods: Sequence[Period], suspended: Sequence[Period] = ()) -> tuple[Period, ...]:
    """The periods without the suspensions in them. No period at all is always; what is left may be none."""
    left = list(periods or ALWAYS)
    for gap in suspended:
        left = [rest for period in left for rest in _without(period, gap)]
    return tuple(left)


def covers(periods: Iterable[Period], day: str) -> bool:
    """Whether some period holds this ISO date; an imprecise one ("2024") is read in its favour, and an imprecise end
    holds all of its year or month."""
    size = len(day)
    return any(start[:size] <= day and (not end or day[: len(end)] <= end[:size]) for start, end in periods)


def status(periods: Sequence[Period], suspended: Sequence[Period], day: str) -> Status:
    """What it is on this day. Closed is also what stands between two periods; planned, what has not begun."""
    if covers(operating(periods, suspended), day):
        return "operational"
    if covers(periods or ALWAYS, day):
        return "suspended"
    begun = any(start <= day for start, _ in periods)
    return "closed" if begun else "planned"


def told_on(
    periods: Sequence[Period], suspended: Sequence[Period], said: Status, day: str
) -> tuple[tuple[Period, ...], tuple[Period, ...]]:
    """Periods and suspensions when somebody tells on this day how it stands, without a date: so from this day on."""
    if said == status(periods, suspended, day):
        return tuple(periods), tuple(suspended)
    if said in ("closed", "planned"):
        return closed_from(periods, day), tuple(suspended)
    if said == "suspended":
        return opened_from(periods, day), (*suspended, (day, ""))
    going_on = [gap for gap in suspended if covers([gap], day)]
    ended = [(start, before(day)) for start, _ in going_on if start < day]
    return opened_from(periods, day), (*(gap for gap in suspended if gap not in going_on), *ended)


def going_on(
    periods: Sequence[Period], suspended: Sequence[Period], day: str
) -> tuple[tuple[Period, ...], tuple[Period, ...]]:
    """The same when what operates on this day goes on: a closing or suspension after it that has no end is taken
    back."""
    *rest, last = sorted(periods) or ALWAYS
    kept = (*rest, (last[0], "")) if covers([last], day) else (*rest, last)
    return kept if periods else (), tuple(gap for gap in suspended if gap[1] or gap[0] <= day)


def closed_from(periods: Sequence[Period], day: str) -> tuple[Period, ...]:
    """The periods when nothing goes on from this day: the last ends the day before, what had not begun never was."""
    last = before(day)
    kept = [(start, min(end or _LAST, last)) for start, end in periods or ALWAYS if start <= last]
    return tuple(kept) or (NEVER,)


def opened_from(periods: Sequence[Period], day: str) -> tuple[Period, ...]:
    """The periods with one more that goes on from this day, unless one does already."""
    if covers(periods or ALWAYS, day):
        return tuple(periods)
    return (*(one for one in periods if one != NEVER), (day, ""))


def before(day: str) -> str:
    return (date.fromisoformat(day) - _DAY).isoformat()


def _without(period: Period, gap: Period) -> list[Period]:
    (start, end), (first, last) = period, gap
    if first > (end or _LAST) or (last or _LAST) < start:
        return [period]
    left = [(start, before(first))] if first > (start or _FIRST) else []
    right = [(_after(last), end)] if last and last < (end or _LAST) else []
    return [*left, *right]


def _after(day: str) -> str:
    return (date.fromisoformat(day) + _DAY).isoformat()
