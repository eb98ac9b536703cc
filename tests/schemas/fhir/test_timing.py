"""When and how often, in FHIR: what a pattern of table 0335 means, and what R4 has no place for."""

from __future__ import annotations

from typing import Any

import pytest
from fhir.resources.R4B.timing import Timing as Model
from hypothesis import given
from hypothesis import strategies as st

from schemas.events import Timing
from schemas.fhir import extensions, terms, timing


def coded(pattern: str) -> Timing:
    return {"interval": {"codings": [{"code": pattern}]}}


@pytest.mark.parametrize(
    ("pattern", "repeat"),
    [
        ("BID", {"frequency": 2, "period": 1, "periodUnit": "d"}),
        ("Q6H", {"frequency": 1, "period": 6, "periodUnit": "h"}),
        ("Q15M", {"frequency": 1, "period": 15, "periodUnit": "min"}),
        ("Q2L", {"frequency": 1, "period": 2, "periodUnit": "mo"}),
        ("5ID", {"frequency": 5, "period": 1, "periodUnit": "d"}),
        ("QOD", {"frequency": 1, "period": 2, "periodUnit": "d"}),
        ("Q2J2", {"frequency": 1, "period": 2, "periodUnit": "wk", "dayOfWeek": ["tue"]}),
        ("QJ7", {"frequency": 1, "period": 1, "periodUnit": "wk", "dayOfWeek": ["sun"]}),
        ("ACM", {"when": ["ACM"]}),
        ("ICD", {"when": ["CD"]}),
        ("Once", {"count": 1}),
    ],
)
def test_what_a_pattern_means(pattern: str, repeat: dict[str, Any]) -> None:
    made = timing.timing(coded(pattern))
    assert made is not None
    assert made["repeat"] == repeat
    assert made["code"]["coding"][-1] == {"code": pattern}


def test_the_pattern_has_r4s_own_word_before_the_one_sent_where_there_is_one() -> None:
    made = timing.timing(coded("bid"))
    assert made is not None
    assert made["code"]["coding"] == [{"system": timing.ABBREVIATIONS, "code": "BID"}, {"code": "bid"}]
    assert timing.timing(coded("matin")) == {"code": {"coding": [{"code": "matin"}]}}


def test_a_period_told_as_a_number_goes_before_the_pattern() -> None:
    made = timing.timing({**coded("Q6H"), "period": "8", "period_unit": {"codings": [{"code": "h"}]}})
    assert made is not None
    assert made["repeat"]["period"] == 8


def test_times_of_day_go_before_what_the_pattern_says_of_the_day() -> None:
    made = timing.timing({**coded("QHS"), "times": ["21:30"]})
    assert made is not None
    assert made["repeat"] == {"frequency": 1, "period": 1, "periodUnit": "d", "timeOfDay": ["21:30:00"]}


def test_a_length_bounds_it_where_nothing_else_does_and_stands_beside_it_else() -> None:
    lasting: Timing = {"duration": "5", "duration_unit": {"codings": [{"code": "D"}]}}
    made = timing.timing(lasting)
    assert made == {"repeat": {"boundsDuration": {"value": 5, "unit": "D", "system": terms.UCUM, "code": "d"}}}
    made = timing.timing({**lasting, "start": "2024-03-12"})
    assert made is not None
    assert made["repeat"] == {"boundsPeriod": {"start": "2024-03-12"}}
    assert made["extension"][0]["url"] == extensions.TIMING_DURATION


def test_condition_and_words_are_kept() -> None:
    made = timing.timing({"condition": "si fièvre", "text": "au repas"})
    assert made == {
        "extension": [
            {"url": extensions.TIMING_CONDITION, "valueString": "si fièvre"},
            {"url": extensions.TIMING_TEXT, "valueString": "au repas"},
        ]
    }


def test_a_priority_alone_is_no_timing() -> None:
    assert timing.timing({"priority": "S", "quantity": "2"}) is None
    assert timing.as_needed(coded("PRNpain"))
    assert not timing.as_needed({})


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "interval": st.builds(
                lambda code: {"codings": [{"code": code}]},
                st.sampled_from(["BID", "Q0H", "Q6H", "QHS", "PRN", "9ID", "", "C"]),
            ),
            "times": st.lists(st.sampled_from(["08:00", "x", "25:00"]), max_size=2),
            "period": st.sampled_from(["0", "-1", "8", "x"]),
            "period_unit": st.sampled_from([{"text": "h"}, {"text": "lune"}, None]),
            "duration": st.sampled_from(["5", "INDEF", "-2"]),
            "duration_unit": st.sampled_from([{"codings": [{"code": "D"}]}, {}, None]),
            "start": st.sampled_from(["2024-03-12", "2024-03-12T08:00+01:00", "x"]),
            "end": st.sampled_from(["2024-03-10", "2024-03-17"]),
            "occurrences": st.sampled_from(["0", "3", "beaucoup"]),
        },
    )
)
def test_whatever_is_told_is_valid(told: Any) -> None:
    if made := timing.timing(told):
        Model.model_validate(made)
        repeat = made.get("repeat", {})
        assert repeat.get("count", 1) > 0
        assert repeat.get("period", 1) > 0
        assert not {"timeOfDay", "when"} <= repeat.keys()
