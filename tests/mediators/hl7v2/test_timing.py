"""When and how often: TQ1 and TQ2, and the TQ of older messages."""

from __future__ import annotations

from typing import Any

import pytest

from mediators.hl7v2 import timing
from tests.mediators.hl7v2.messages import scope, segment


def tq1(*segments: str) -> list[Any]:
    return timing.timings([segment(one) for one in segments], scope())


def of_orc(text: str) -> list[Any]:
    return timing.of_field(segment(f"ORC|NW|P-1|||||{text}"), 7, scope())


def test_tq1_tells_how_much_how_often_and_from_when_to_when() -> None:
    (told,) = tq1(
        "TQ1|1|2^mL&millilitre&UCUM|BID^^^^12^h|0800~2000||5^d|20240312080000+0100|20240317|S^Stat^HL70485|si fièvre"
        "|matin et soir|S|10^min|10"
    )
    assert (told["quantity"], told["quantity_unit"]["text"]) == ("2", "millilitre")
    assert told["interval"] == {"text": "BID", "codings": [{"code": "BID"}]}
    assert (told["period"], told["period_unit"]["codings"][0]["code"]) == ("12", "h")
    assert told["times"] == ["08:00", "20:00"]
    assert (told["duration"], told["duration_unit"]["codings"][0]["code"]) == ("5", "d")
    assert (told["start"], told["end"]) == ("2024-03-12T08:00:00+01:00", "2024-03-17")
    assert (told["priority"], told["urgency"]["text"]) == ("S", "Stat")
    assert (told["condition"], told["text"], told["occurrences"]) == ("si fièvre", "matin et soir", "10")
    assert [(one["place"], one.get("text") or one["code"]["text"]) for one in told["details"]] == [
        ("TQ1-12", "S"),
        ("TQ1-13.1", "10"),
        ("TQ1-13.2", "min"),
    ]


def test_a_time_of_day_that_is_none_stays_as_it_was_sent() -> None:
    (told,) = tq1("TQ1|1||BID|0800~matin")
    assert told["times"] == ["08:00"]
    assert [one["text"] for one in told["details"] if one["place"].startswith("TQ1-4")] == ["0800", "matin"]


def test_the_relation_to_other_orders_belongs_to_the_timing_before_it() -> None:
    first, second = tq1("TQ1|1||BID", "TQ1|2||TID", "TQ2|1|S|P-2^CHU")
    assert "details" not in first
    assert {one["name"] for one in second["details"]} == {"sequence-results-flag", "related-placer-number"}


def test_a_priority_alone_is_a_priority() -> None:
    assert tq1("TQ1|1||||||||R") == [{"priority": "R"}]
    assert timing.priority(tq1("TQ1|1||BID", "TQ1|2|||||||S") + tq1("TQ1|3||||||||A")) == "A"
    assert tq1("TQ1|1") == []


def test_the_older_quantity_and_timing() -> None:
    (told,) = of_orc("1&mg^Q6H&0600,1200^D5^202403120800+0100^202403170800+0100^S^si fièvre^au repas^^^^20")
    assert (told["quantity"], told["quantity_unit"]["codings"][0]["code"]) == ("1", "mg")
    assert told["interval"]["text"] == "Q6H"
    assert told["times"] == ["06:00", "12:00"]
    assert (told["duration"], told["duration_unit"]["codings"][0]["code"]) == ("5", "d")
    assert told["start"] == "2024-03-12T08:00+01:00"
    assert (told["priority"], told["condition"], told["text"], told["occurrences"]) == (
        "S", "si fièvre", "au repas", "20",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        (
            "^^H2",
            {"duration": "2", "duration_unit": {"codings": [{"code": "h", "system": "http://unitsofmeasure.org"}]}},
        ),
        ("^^X3", {"occurrences": "3"}),
        ("^^INDEF", {"duration": "INDEF"}),
        ("^^^^^R", {"priority": "R"}),
        ("", {}),
    ],
)
def test_how_long_it_lasts(sent: str, told: dict[str, Any]) -> None:
    assert of_orc(sent) == ([told] if told else [])


def test_what_only_the_standard_has_a_name_for_is_a_detail() -> None:
    (told,) = of_orc("^BID^^^^^^^A")
    assert [one["name"] for one in told["details"]] == ["quantity-timing.conjunction"]
