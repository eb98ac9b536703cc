"""What senders repeat where the standard has one value: every value is found again in the events."""

from __future__ import annotations

import pytest

from tests.mediators.hl7v2.filled import STRUCTURES, filled, missing
from tests.mediators.hl7v2.messages import OBR, PID, body, events, report

# The content of a document is bytes, which `missing` does not look into
_CONTENT = frozenset(("OBX-5", "~OBX-5"))


@pytest.mark.parametrize("kind", STRUCTURES)
def test_every_value_of_a_field_that_is_sent_twice_is_in_the_events(kind: str) -> None:
    made = filled(kind, twice=True)
    lost = missing(made, events(made.body))
    assert [place for place in lost if not place.startswith("MSA-") and place not in _CONTENT] == []


def test_a_second_bed_is_a_detail_beside_the_first() -> None:
    (_, told) = events(body("ADT^A01", PID, "PV1|1|I|WARD^101~WARD^102||||||||||||||||V-1"))
    places = {one["place"]: one["location"]["room"] for one in told["encounter"]["details"]}
    assert told["encounter"]["place"]["room"] == "101"
    assert places == {"PV1-3": "101", "PV1-3[2]": "102"}


def test_the_same_value_twice_is_said_once() -> None:
    (_, told) = events(body("ADT^A01", PID, "PV1|1|I|WARD^101~WARD^101~||||||||||||||||V-1"))
    assert "details" not in told["encounter"]


def test_a_second_time_of_a_result_is_kept() -> None:
    told = report(PID, OBR, "OBX|1|NM|2345-7^Glucose^LN||5.4|mmol/L|||||F|||20240312~20240313")
    assert told["results"][0]["observed"] == "2024-03-12"
    assert [one["time"] for one in told["results"][0]["details"]] == ["2024-03-12", "2024-03-13"]
