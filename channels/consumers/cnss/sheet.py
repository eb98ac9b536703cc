"""A care sheet's number, the states a sheet and a line may be in, and the filing deadline. Pure."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Mapping
from datetime import date
from enum import StrEnum

SERIALS = 10**9
FILING_MONTHS = 2
_NUMBER = re.compile(r"[0-9]{2}(0[1-9]|1[0-2])[0-9]{11}", re.ASCII)


class State(StrEnum):
    """A sheet's state. PARTIALLY_EXECUTED: no act on it is done, or no longer."""

    DRAFT = "DRAFT"
    SIGNED = "SIGNED"
    ISSUED = "ISSUED"
    PARTIALLY_EXECUTED = "PARTIALLY_EXECUTED"
    EXECUTED = "EXECUTED"
    SUBMITTED = "SUBMITTED"
    ACCEPTED = "ACCEPTED"
    CONTROL = "CONTROL"
    LIQUIDATED = "LIQUIDATED"
    PAID = "PAID"
    REJECTED = "REJECTED"
    CORRECTED = "CORRECTED"
    CANCELLED = "CANCELLED"
    EXPIRED = "EXPIRED"


class LineState(StrEnum):
    """An act's state on its sheet."""

    PRESCRIBED = "PRESCRIBED"
    PRIOR_AGREEMENT_PENDING = "PRIOR_AGREEMENT_PENDING"
    AGREED = "AGREED"
    REFUSED = "REFUSED"
    EMERGENCY_OVERRIDE = "EMERGENCY_OVERRIDE"
    DONE = "DONE"
    PARTIAL = "PARTIAL"
    NOT_DONE = "NOT_DONE"


MOVES: Mapping[State, frozenset[State]] = {
    State.DRAFT: frozenset({State.SIGNED, State.CANCELLED, State.EXPIRED}),
    State.SIGNED: frozenset({State.ISSUED, State.CANCELLED, State.EXPIRED}),
    State.ISSUED: frozenset({State.PARTIALLY_EXECUTED, State.EXECUTED, State.CANCELLED, State.EXPIRED}),
    State.PARTIALLY_EXECUTED: frozenset({State.EXECUTED, State.SUBMITTED, State.EXPIRED}),
    State.EXECUTED: frozenset({State.PARTIALLY_EXECUTED, State.SUBMITTED, State.EXPIRED}),
    State.SUBMITTED: frozenset({State.ACCEPTED, State.REJECTED}),
    # back to SUBMITTED: another act done under what was already billed, in a supplementary claim
    State.ACCEPTED: frozenset({State.CONTROL, State.REJECTED, State.SUBMITTED}),
    State.CONTROL: frozenset({State.LIQUIDATED, State.REJECTED}),
    State.LIQUIDATED: frozenset({State.PAID}),
    State.PAID: frozenset(),
    State.REJECTED: frozenset({State.CORRECTED}),
    State.CORRECTED: frozenset({State.SUBMITTED}),
    State.CANCELLED: frozenset(),
    # force majeure (decree 2-05-733 art. 12)
    State.EXPIRED: frozenset({State.EXECUTED}),
}

_EXECUTIONS = frozenset({LineState.DONE, LineState.PARTIAL, LineState.NOT_DONE})

LINE_MOVES: Mapping[LineState, frozenset[LineState]] = {
    LineState.PRESCRIBED: _EXECUTIONS | {LineState.PRIOR_AGREEMENT_PENDING},
    LineState.PRIOR_AGREEMENT_PENDING: frozenset({LineState.AGREED, LineState.REFUSED, LineState.EMERGENCY_OVERRIDE}),
    LineState.AGREED: _EXECUTIONS,
    LineState.EMERGENCY_OVERRIDE: _EXECUTIONS,
    LineState.REFUSED: frozenset({LineState.NOT_DONE}),
    LineState.PARTIAL: frozenset({LineState.DONE, LineState.NOT_DONE}),
    LineState.DONE: frozenset({LineState.NOT_DONE}),
    LineState.NOT_DONE: frozenset({LineState.DONE, LineState.PARTIAL}),
}


class IllegalMove(ValueError):
    """A care sheet, or a line of it, can't go from one of these states to the other."""


def move(before: State, after: State) -> State:
    """`after`, if a sheet may go there from `before`. Raises IllegalMove."""
    if after not in MOVES[before]:
        raise IllegalMove(f"a care sheet can't go from {before} to {after}: from there only {_named(MOVES[before])}")
    return after


def move_line(before: LineState, after: LineState) -> LineState:
    """`after`, if a line may go there from `before`. Raises IllegalMove."""
    if after not in LINE_MOVES[before]:
        allowed = _named(LINE_MOVES[before])
        raise IllegalMove(f"a care-sheet line can't go from {before} to {after}: from there only {allowed}")
    return after


def number(day: str, serial: int) -> str:
    """`YYMM` of the day of care, nine digits of serial, two check digits (ISO 7064 MOD 97-10).

    Raises ValueError for a serial that has no nine digits, or a day without a month.
    """
    if not 0 < serial < SERIALS:
        raise ValueError(f"serial {serial} is not between 1 and {SERIALS - 1}")
    body = f"{day[2:4]}{day[5:7]}{serial:09d}"
    made = f"{body}{98 - int(body) * 100 % 97:02d}"
    if not valid(made):
        raise ValueError("the day of care must be YYYY-MM-DD")
    return made


def valid(text: str) -> bool:
    """Whether this is a sheet number: 15 digits with a month, 1 modulo 97."""
    return _NUMBER.fullmatch(text) is not None and int(text) % 97 == 1


def last_filing_day(first_act: date) -> date:
    """The last day a sheet may be filed: two months after the first act (decree 2-05-733 art. 12)."""
    months = first_act.month - 1 + FILING_MONTHS
    year, month = first_act.year + months // 12, months % 12 + 1
    if year > date.max.year:
        # a day of care in 9999 is a sender's way of saying "unknown"
        return date.max
    return date(year, month, min(first_act.day, monthrange(year, month)[1]))


def _named(states: frozenset[State] | frozenset[LineState]) -> str:
    return ", ".join(sorted(states)) or "nowhere"
