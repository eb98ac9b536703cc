"""What an appointment needs: AIS, AIG, AIL and AIP, and the lengths of time that SCH and they are told with.

Source: HL7 v2.8.2 chapter 10.6 (segments), tables 0206 (action), 0278 (filler status).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Final, NamedTuple

from mediators.hl7v2.datatypes import code, listed, one, part, pl, said, xcn
from mediators.hl7v2.details import beside
from mediators.hl7v2.notes import notes
from mediators.hl7v2.reader import Segment
from mediators.hl7v2.scope import Scope
from schemas.events import Booked, Code

# The seconds of a unit: UCUM, table 0255 and SCH-11.3's letters (M is minutes there), and the words as met
_SECONDS: Final = {
    **dict.fromkeys(("S", "SEC", "SECOND", "SECONDE"), 1),
    **dict.fromkeys(("M", "MIN", "MN", "MINUTE"), 60),
    **dict.fromkeys(("H", "HR", "HOUR", "HEURE"), 3600),
    **dict.fromkeys(("D", "DAY", "J", "JOUR"), 86_400),
    **dict.fromkeys(("W", "WK", "WEEK", "SEMAINE"), 604_800),
}  # fmt: skip
# Table 0278 in the words of an appointment; the guide's AppointmentStatus, and ours: Blocked (it is held for somebody),
# Overbook, Started (FHIR has no word for under way: the patient has arrived), Dc
STATUS: Final = {
    "PENDING": "pending", "WAITLIST": "waitlist", "BOOKED": "booked", "STARTED": "arrived", "COMPLETE": "fulfilled",
    "CANCELLED": "cancelled", "CANCELED": "cancelled", "DC": "cancelled", "DELETED": "entered-in-error",
    "BLOCKED": "pending", "OVERBOOK": "booked", "NOSHOW": "noshow", "NO-SHOW": "noshow", "NO SHOW": "noshow",
}  # fmt: skip
# The same in the words of a participant
_TAKES_PART: Final = {
    "pending": "tentative", "waitlist": "tentative", "booked": "accepted", "arrived": "accepted",
    "fulfilled": "accepted", "noshow": "accepted", "cancelled": "declined", "entered-in-error": "declined",
}  # fmt: skip
# Triggers that take a resource from an appointment: cancelled, discontinued, deleted
TAKEN_AWAY: Final = frozenset({"S20", "S21", "S22"})


class _Shape(NamedTuple):
    """Which fields of a segment hold its type, its start (with offset and its unit, then duration and unit), status."""

    role: int
    start: int
    status: int


SHAPES: Final = {"AIS": _Shape(0, 4, 10), "AIG": _Shape(4, 8, 14), "AIL": _Shape(4, 6, 12), "AIP": _Shape(4, 6, 12)}


def booked(
    segment: Segment, others: Sequence[Segment], group: Code | None, begins: str | None, scope: Scope
) -> list[Booked]:
    """One AIS, AIG, AIL or AIP with its notes; each repetition of AIL-3 and AIP-3 on its own.

    `group` is RGS-3; `begins` the start of the appointment, from which the offset counts.
    """
    shape = SHAPES[segment.name]
    told: Booked = {"kind": segment.name}
    mapped = {1, 2, 3, shape.status, *((shape.role,) if shape.role else ())}
    if action := said(segment.text(2)):
        told["action"] = action
    if group:
        told["group"] = group
    if shape.role and (role := one(segment, shape.role, code)):
        told["role"] = role
    if status := one(segment, shape.status, code):
        told["sent_status"] = status
    if word := _TAKES_PART.get(appointment_status(status) or ""):
        told["status"] = word
    mapped |= _times(segment, shape.start, begins, told, scope)
    if written := notes([other for other in others if other.name == "NTE"], scope):
        told["notes"] = written
    for other in others:
        if other.name != "NTE":
            scope.rest(other)
    who = _what(segment, scope)
    if details := beside(segment, scope, mapped):
        told["details"] = details
    return [{**told, **each} for each in who] or [told]


def appointment_status(sent: Code | None) -> str | None:
    """FHIR's word for a status as sent: its code, else its text."""
    names = [one.get("code") for one in (sent or {}).get("codings") or ()] + [(sent or {}).get("text")]
    return next((STATUS[name.strip().upper()] for name in names if name and name.strip().upper() in STATUS), None)


def taken_away(resources: Sequence[Booked], trigger: str) -> None:
    """Marks what the message takes from the appointment: an action code D, or, where none of them tells an action,
    all that a trigger of taking away names."""
    all_of_them = trigger in TAKEN_AWAY and not any(resource.get("action") for resource in resources)
    for resource in resources:
        if all_of_them or (resource.get("action") or "").upper() == "D":
            resource["status"] = "declined"


def minutes(text: str, *units: str) -> str | None:
    """A length of time in minutes as a decimal text; None for what is no number or of no known unit.

    `units` are the unit's code and what else it is called; without any it is minutes.
    """
    names = [name for unit in units if (name := unit.strip().upper().rstrip("."))]
    known = [_SECONDS.get(name, _SECONDS.get(name.removesuffix("S"))) for name in names] or [60]
    seconds = next((one for one in known if one), None)
    try:
        value = Decimal(text.strip())
    except InvalidOperation:
        return None
    if seconds is None or not value.is_finite() or abs(value) > 10**7:
        return None
    text = f"{value * seconds / 60:.6f}"
    return text.rstrip("0").rstrip(".")


def later(start: str | None, length: str | None) -> str | None:
    """So many minutes after a time with a time of day, written as that time is."""
    if not start or not length or "T" not in start:
        return None
    try:
        end = datetime.fromisoformat(start) + timedelta(seconds=float(length) * 60)
    except (ValueError, OverflowError):
        return None
    brief = len(start) <= len("2024-03-12T10:30+01:00") and not end.second and not end.microsecond
    return end.isoformat(timespec="minutes" if brief else "auto")


def _what(segment: Segment, scope: Scope) -> list[Booked]:
    found: list[Booked] = []
    if segment.name == "AIP":
        for person in listed(segment, 3, lambda field: xcn(field, scope)):
            found.append({"kind": "AIP", "person": person})
    elif segment.name == "AIL":
        for place in listed(segment, 3, pl):
            found.append({"kind": "AIL", "place": place})
    else:
        for thing in listed(segment, 3, code):
            found.append({"kind": segment.name, "code": thing if segment.name == "AIG" else scope.coded(thing)})
    return found


def _times(segment: Segment, first: int, begins: str | None, told: Booked, scope: Scope) -> set[int]:
    """Start (its own, else the appointment's with the offset) and length; the fields that could be read."""
    read = {first}
    start = scope.time(segment, first)
    sent = said(segment.text(first + 1))
    # an offset that is not needed, or can't be read, stays a detail
    if not start and sent and (start := later(begins, minutes(sent, *_unit(segment, first + 2)))):
        read |= {first + 1, first + 2}
    if start:
        told["start"] = start
    if (sent := part(segment.field(first + 3), 1)) is not None:
        length = minutes(sent, *_unit(segment, first + 4))
        if length is not None:
            told["minutes"] = length
            read |= {first + 3, first + 4}
            if end := later(start, length):
                told["end"] = end
    return read


def _unit(segment: Segment, number: int) -> tuple[str, str]:
    return segment.text(number), segment.text(number, 2)
