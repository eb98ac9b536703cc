"""A sheet's number, its states, and the filing deadline."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.consumers.cnss.sheet import (
    LINE_MOVES,
    MOVES,
    IllegalMove,
    LineState,
    State,
    last_filing_day,
    move,
    move_line,
    number,
    valid,
)


def test_a_number_is_month_serial_and_check_digits() -> None:
    assert number("2025-03-09", 42) == "250300000004267"
    assert int(number("2025-03-09", 42)) % 97 == 1


@given(st.dates(date(2000, 1, 1), date(2099, 12, 31)), st.integers(1, 10**9 - 1))
def test_every_number_is_valid_and_has_fifteen_digits(day: date, serial: int) -> None:
    made = number(day.isoformat(), serial)
    assert valid(made)
    assert made.isdecimal()
    assert len(made) == 15
    assert made[4:13] == f"{serial:09d}"


@given(st.integers(1, 10**9 - 1), st.integers(0, 14), st.sampled_from("0123456789"))
def test_one_wrong_digit_is_noticed(serial: int, at: int, digit: str) -> None:
    made = number("2025-06-14", serial)
    wrong = made[:at] + digit + made[at + 1 :]
    assert valid(wrong) == (wrong == made)


@given(st.integers(1, 10**9 - 1), st.integers(0, 13))
def test_two_digits_exchanged_are_noticed(serial: int, at: int) -> None:
    made = number("2025-06-14", serial)
    wrong = made[:at] + made[at + 1] + made[at] + made[at + 2 :]
    assert valid(wrong) == (wrong == made)


@pytest.mark.parametrize("text", ["", "25030000000425", "251300000004267", "2503000000042 7", "٢٥٠٣٠٠٠٠٠٠٠٤٢٦٧"])
def test_what_is_no_number(text: str) -> None:
    assert not valid(text)


@pytest.mark.parametrize("serial", [0, -1, 10**9])
def test_a_serial_has_nine_digits(serial: int) -> None:
    with pytest.raises(ValueError, match="serial"):
        number("2025-03-09", serial)


def test_the_way_of_a_sheet_that_is_paid() -> None:
    way = [State.DRAFT, State.SIGNED, State.ISSUED, State.PARTIALLY_EXECUTED, State.EXECUTED, State.SUBMITTED]
    way += [State.REJECTED, State.CORRECTED, State.SUBMITTED, State.ACCEPTED, State.CONTROL, State.LIQUIDATED]
    way += [State.PAID]
    for before, after in pairwise(way):
        assert move(before, after) is after


@given(st.sampled_from(State), st.sampled_from(State))
def test_only_the_written_moves_are_legal(before: State, after: State) -> None:
    if after in MOVES[before]:
        assert move(before, after) is after
    else:
        with pytest.raises(IllegalMove, match=f"from {before} to {after}"):
            move(before, after)


@given(st.sampled_from(LineState), st.sampled_from(LineState))
def test_only_the_written_moves_of_a_line_are_legal(before: LineState, after: LineState) -> None:
    if after in LINE_MOVES[before]:
        assert move_line(before, after) is after
    else:
        with pytest.raises(IllegalMove):
            move_line(before, after)


def test_nothing_leaves_what_was_paid_or_cancelled() -> None:
    assert not MOVES[State.PAID]
    assert not MOVES[State.CANCELLED]


@pytest.mark.parametrize(
    ("first_act", "last"),
    [
        ("2025-06-14", "2025-08-14"),
        ("2024-12-31", "2025-02-28"),
        ("2023-12-31", "2024-02-29"),
        ("9999-12-31", "9999-12-31"),
    ],
)
def test_a_sheet_may_be_filed_for_two_months(first_act: str, last: str) -> None:
    assert last_filing_day(date.fromisoformat(first_act)) == date.fromisoformat(last)
