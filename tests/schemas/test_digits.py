"""Check digits: right numbers pass, and a digit that is changed or swapped with its neighbour does not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.digits import CHECKS, right


@pytest.mark.parametrize(
    ("check", "number"),
    [
        ("verhoeff", "2345678906"),
        ("verhoeff", "7986120439"),
        ("mod97", "001561191000066"),
        ("mod97", "002136093000040"),
        ("gs1", "6118000040286"),
        ("gs1", "96385074"),
    ],
)
def test_numbers_that_are_right(check: str, number: str) -> None:
    assert right(check, number)


@given(st.sampled_from([("verhoeff", "7986120439"), ("gs1", "6118000040286"), ("mod97", "001561191000066")]), st.data())
def test_no_single_changed_digit_passes(one: tuple[str, str], data: st.DataObject) -> None:
    check, number = one
    place = data.draw(st.integers(0, len(number) - 1))
    other = data.draw(st.sampled_from([digit for digit in "0123456789" if digit != number[place]]))
    assert not right(check, number[:place] + other + number[place + 1 :])


@given(st.integers(0, 8))
def test_no_two_neighbours_swapped_pass_verhoeff(place: int) -> None:
    number = "7986120439"
    swapped = number[:place] + number[place + 1] + number[place] + number[place + 2 :]
    assert swapped == number or not right("verhoeff", swapped)


@given(st.sampled_from(sorted(CHECKS)), st.text())
def test_any_text_gets_an_answer(check: str, text: str) -> None:
    assert right(check, text) in (True, False)
    assert not right(check, "")
    assert not right(check, "٢٣٤")
