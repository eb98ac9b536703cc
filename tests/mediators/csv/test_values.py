"""Cells: dates, numbers, codes and identifiers as people and spreadsheets write them."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mediators.csv.mapping import Column
from mediators.csv.values import Calendar, decimal_text, ean13_valid, read_of

CALENDAR = Calendar(ZoneInfo("Africa/Casablanca"), "2025-11-24")


def read(value: str, **column: Any) -> str:
    """The value read, or "!reason"."""
    found, complaint = read_of(Column(**column), CALENDAR)(value)
    if complaint and complaint.severity == "error":
        assert len(value) < 3 or value not in complaint.text + complaint.remedy
        return f"!{complaint.reason}"
    return found


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("31/12/2024", "2024-12-31"),
        ("1/2/2025", "2025-02-01"),
        ("31-12-2024", "2024-12-31"),
        ("31.12.2024", "2024-12-31"),
        ("2024-12-31", "2024-12-31"),
        ("2024/12/31", "2024-12-31"),
        ("24/11/2025", "2025-11-24"),
        ("25/11/2025", "!future"),
        ("29/02/2025", "!date"),
        ("31/12/0024", "!date"),
        ("31/12/24", "!two-digit-year"),
        ("31-12-24", "!two-digit-year"),
        ("31/12/24 10:30", "!two-digit-year"),
        ("hier", "!date"),
        ("45000", "!date"),
        ("31/12/2024 14:05", "2024-12-31T14:05+01:00"),
        ("31/12/2024 14h05", "2024-12-31T14:05+01:00"),
        ("2024-12-31T14:05:09", "2024-12-31T14:05:09+01:00"),
        ("2024-03-15 14:05", "2024-03-15T14:05+00:00"),
        ("2024-12-31T14:05:09Z", "2024-12-31T14:05:09Z"),
        ("2024-12-31T14:05+0100", "2024-12-31T14:05+01:00"),
        ("2024-12-31 25:00", "!date"),
        ("2024-12-31 10:00:75", "!date"),
    ],
)
def test_dates(written: str, expected: str) -> None:
    assert read(written, field="dispensed", type="date") == expected


def test_a_birth_date_is_a_day() -> None:
    assert read("12/03/1980 00:00:00", field="patient.birth_date", type="date") == "1980-03-12"


def test_a_mapping_may_ask_for_other_date_formats() -> None:
    assert read("12/31/2024", field="dispensed", type="date", formats=("mm/dd/yyyy",)) == "2024-12-31"
    assert read("20241231", field="dispensed", type="date", formats=("yyyymmdd",)) == "2024-12-31"


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("19,45", "19.45"),
        ("19.45", "19.45"),
        ("38,90 DH", "38.90"),
        ("38,90dh.", "38.90"),
        ("1 234,50", "1234.50"),
        ("1\u202f234,50", "1234.50"),
        ("1\u00a0234\u00a0567", "1234567"),
        ("1.234,50", "1234.50"),
        ("1,234.50", "1234.50"),
        ("0", "0"),
        ("007,10", "007.10"),
        ("-1", "!range"),
        ("1,2,3", "!number"),
        ("12 34", "!number"),
        ("1,23E+12", "!scientific-notation"),
        ("douze", "!number"),
        ("NaN", "!number"),
        ("٣", "!number"),
    ],
)
def test_prices(written: str, expected: str) -> None:
    assert read(written, field="unit_price", type="decimal", minimum=0, suffixes=("DH",)) == expected


@pytest.mark.parametrize(("written", "expected"), [("2", "2"), ("0,5", "0.5"), ("0", "!range"), ("-2", "!range")])
def test_quantities_are_above_zero(written: str, expected: str) -> None:
    assert read(written, field="quantity", type="decimal", above=0) == expected


def test_whole_numbers() -> None:
    assert read("30", field="days_supply", type="integer") == "30"
    assert read("2,5", field="days_supply", type="integer") == "!number"


CNSS = {"field": "patient.identifier", "type": "identifier", "system": "cnss", "pattern": "[0-9]{9}"}


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("012345678", "012345678"),
        ("012 345 678", "012345678"),
        ("12345678", "!leading-zero"),
        ("12345", "!leading-zero"),
        ("1,23457E+08", "!scientific-notation"),
        ("1234567890", "!format"),
        ("AB1234567", "!format"),
    ],
)
def test_numbers_of_nine_digits(written: str, expected: str) -> None:
    assert read(written, **CNSS) == expected


def test_a_wrong_check_digit_is_a_warning_only() -> None:
    column = Column(field="medication.code", type="code", system="ean13", pattern="[0-9]{13}", check="ean13")
    value, complaint = read_of(column, CALENDAR)("6118000140213")
    assert value == "6118000140213"
    assert complaint is not None
    assert (complaint.reason, complaint.severity) == ("check-digit", "warning")
    assert read_of(column, CALENDAR)("6118000060451") == ("6118000060451", None)


@given(st.integers(0, 10**12 - 1))
@settings(max_examples=50)
def test_exactly_one_check_digit_is_right(number: int) -> None:
    assert sum(ean13_valid(f"{number:012d}{digit}") for digit in range(10)) == 1


SEX = {"male": ("M", "H", "1", "homme", "masculin"), "female": ("F", "2", "femme", "féminin")}


@pytest.mark.parametrize(
    ("written", "expected"),
    [("M", "male"), ("h", "male"), ("HOMME", "male"), ("2", "female"), ("Feminin", "female"), ("X", "!unknown-code")],
)
def test_words_of_a_code(written: str, expected: str) -> None:
    assert read(written, field="patient.sex", type="code", values=SEX) == expected


def test_what_was_read_once_is_said_again() -> None:
    again = read_of(Column(**CNSS), CALENDAR)
    assert again("12345678") == again("12345678")


@settings(max_examples=100)
@given(st.decimals(0, 10**9, places=2), st.sampled_from(".,"), st.booleans())
def test_a_number_written_the_french_way_keeps_its_digits(number: Any, point: str, grouped: bool) -> None:
    written = f"{number:,}" if grouped else str(number)
    written = written.replace(",", "\u202f").replace(".", point)
    assert decimal_text(written) == str(number)


@settings(max_examples=200)
@given(st.text(max_size=30))
def test_any_text_is_read_or_complained_of(written: str) -> None:
    for column in (
        Column(field="dispensed", type="date"),
        Column(field="unit_price", type="decimal", suffixes=("DH",)),
        Column(field="days_supply", type="integer", minimum=1),
        Column(**CNSS),
        Column(field="patient.sex", type="code", values=SEX),
    ):
        value, complaint = read_of(column, CALENDAR)(written)
        assert value or complaint or not written
