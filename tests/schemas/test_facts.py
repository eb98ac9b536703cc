"""Names: the same for the same saying, UUIDs to anybody, and never the same for two things."""

from __future__ import annotations

import uuid
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from schemas import facts
from schemas.message import Message

MESSAGE = Message("t1", "lab", "LIS", b"body", "text/plain", 1, control_id="m1")


@given(st.lists(st.text(max_size=20), max_size=5))
def test_a_name_is_a_uuid_version_5(parts: list[str]) -> None:
    told = "".join(f"{len(part)}:{part}" for part in parts)
    assert facts.name(*parts) == str(uuid.uuid5(facts.NAMESPACE, told))


def test_where_one_part_ends_makes_a_difference() -> None:
    assert facts.name("a", "bc") != facts.name("ab", "c")


def test_a_rerun_says_the_same_and_another_content_says_something_else() -> None:
    first = facts.event_id(MESSAGE, "digest", "line 2", "MedicationDispensed")
    rerun = replace(MESSAGE, transaction="t2", rerun_of="t1", received=2)
    assert facts.event_id(rerun, "digest", "line 2", "MedicationDispensed") == first
    for other in (replace(MESSAGE, sender="other"), replace(MESSAGE, control_id="m2"), replace(MESSAGE, channel="x")):
        assert facts.event_id(other, "digest", "line 2", "MedicationDispensed") != first
    assert facts.event_id(MESSAGE, "other", "line 2", "MedicationDispensed") != first
    assert facts.event_id(MESSAGE, "digest", "line 3", "MedicationDispensed") != first


def test_a_report_is_a_fact_about_a_person_a_sale_is_not() -> None:
    report = {"type": "LabReportIssued", "id": "1", "about": "report|x|1|2"}
    sale = {"type": "MedicationDispensed", "id": "1", "about": "dispensation|x"}
    assert facts.fact({**report, "person": "a"}) != facts.fact({**report, "person": "b"})
    assert facts.fact({**sale, "person": "a"}) == facts.fact({**sale, "person": "b"})


def test_patients_without_anything_but_a_name_get_an_identity_too() -> None:
    named = {"names": [{"family": "Alami", "given": ["Fatima"]}], "birth_date": "1990"}
    assert facts.provisional_person(named) == facts.provisional_person(dict(named))  # type: ignore[arg-type]
    assert facts.provisional_person({}) != facts.provisional_person(named)  # type: ignore[arg-type]
