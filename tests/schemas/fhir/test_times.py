"""Dates keep the precision they came with; times gain seconds and an offset, never a day."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.fhir import times

FHIR = re.compile(r"\d{4}(-\d\d(-\d\d(T\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d))?)?)?", re.ASCII)


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ("1980", "1980"),
        ("1980-03", "1980-03"),
        ("1980-03-12", "1980-03-12"),
        ("2024-03-12T10:30+01:00", "2024-03-12T10:30:00+01:00"),
        ("2024-03-12T10+01:00", "2024-03-12T10:00:00+01:00"),
        ("2024-03-12T10:30:15.1234-0430", "2024-03-12T10:30:15.1234-04:30"),
        ("2024-03-12T10:30:15Z", "2024-03-12T10:30:15Z"),
    ],
)
def test_a_date_keeps_its_precision(sent: str, said: str) -> None:
    assert times.date_time(sent) == said


def test_a_time_without_an_offset_is_only_its_day() -> None:
    assert times.date_time("2024-03-12T10:30") == "2024-03-12"


@pytest.mark.parametrize(
    "sent", [None, "", " ", "0000", "19999999", "2024-13", "2024-02-30", "Aug 15, 1942", "20240312"]
)
def test_what_is_no_date_is_not_said(sent: str | None) -> None:
    assert times.date_time(sent) is None


@pytest.mark.parametrize("sent", ["2024-03-12T25:00Z", "2024-03-12T10:61Z", "2024-03-12T10:00+15:00"])
def test_an_impossible_time_leaves_the_day(sent: str) -> None:
    assert times.date_time(sent) == "2024-03-12"


def test_an_instant_needs_a_time() -> None:
    assert times.instant("2024-03-12") is None
    assert times.instant("2024-03-12T10:30Z") == "2024-03-12T10:30:00Z"
    assert times.sent("2024-03-12", None) == {
        "extension": [
            {"url": "https://hie.sante.gov.ma/fhir/StructureDefinition/value-as-sent", "valueString": "2024-03-12"}
        ]
    }


def test_a_time_of_day() -> None:
    assert times.time_of_day("08:15") == "08:15:00"
    assert times.time_of_day("T0815") == "08:15:00"
    assert times.time_of_day("8h15") is None


def test_a_period_that_ends_before_it_starts_keeps_both_texts() -> None:
    made = times.period("2024-03-12", "2024-03-11")
    assert made is not None
    assert made["start"] == "2024-03-12"
    assert made["_end"]["extension"][0]["valueString"] == "2024-03-11"


def test_periods_of_different_precision() -> None:
    assert times.period("2024-03-12T10:00Z", "2024-04") == {"start": "2024-03-12T10:00:00Z", "end": "2024-04"}
    same_day = times.period("2024-03-12T10:00Z", "2024-03-12")
    assert same_day is not None
    assert (same_day["start"], same_day["end"]) == ("2024-03-12", "2024-03-12")
    assert same_day["_start"]["extension"][0]["valueString"] == "2024-03-12T10:00:00Z"
    assert times.period(None, "2024") == {"end": "2024"}
    assert times.period(None, None) is None


def test_microseconds_become_an_instant() -> None:
    assert times.at(0) == "1970-01-01T00:00:00.000000Z"
    assert times.at(1_710_236_000_123_456) == "2024-03-12T09:33:20.123456Z"


@settings(max_examples=200)
@given(st.text(alphabet="0123456789-:T+Z. ", max_size=30))
def test_any_text_gives_a_fhir_date_or_nothing(text: str) -> None:
    said = times.date_time(text)
    assert said is None or FHIR.fullmatch(said)


@settings(max_examples=100)
@given(st.datetimes(), st.sampled_from(["Z", "+00:00", "+01:00", "-04:30"]))
def test_the_day_and_the_clock_are_never_changed(stamp: object, offset: str) -> None:
    text = str(stamp).replace(" ", "T")
    said = times.date_time(f"{text}{offset}")
    assert said is not None
    assert said.startswith(text)
