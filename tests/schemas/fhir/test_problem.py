"""A problem in FHIR: an item of the problem list, its state as R4's rules want it, and what is to be reached."""

from __future__ import annotations

from typing import Any

import pytest

from schemas.fhir import terms
from schemas.fhir.problem import CLINICAL
from tests.schemas.fhir import orders
from tests.schemas.fhir.samples import said


def condition(**more: Any) -> dict[str, Any]:
    (found,) = said({**orders.problem(), **more})["Condition"]
    return found


def code(made: dict[str, Any], element: str) -> str | None:
    return made[element]["coding"][0]["code"] if element in made else None


def test_the_problem() -> None:
    made = condition()
    assert made["id"] == orders.problem()["fact"]
    assert made["identifier"][0]["value"] == "PB-1"
    assert made["category"][0] == {"coding": [{"system": terms.CONDITION_CATEGORY, "code": "problem-list-item"}]}
    assert [one["text"] for one in made["category"][1:]] == ["chronique", "cardiologie"]
    assert made["clinicalStatus"] == {"coding": [{"system": CLINICAL, "code": "active"}]}
    assert code(made, "verificationStatus") == "confirmed"
    assert made["severity"] == {"text": "modérée"}
    assert (made["onsetDateTime"], made["recordedDate"]) == ("2023", "2024-03-01")
    assert made["asserter"]["reference"].startswith("Practitioner/")
    assert made["evidence"][0]["detail"][0]["reference"].startswith("Observation/")
    assert made["note"] == [{"text": "Suivi"}]


def test_what_r4_has_no_element_for_is_beside_it() -> None:
    found = {one["url"].rpartition("/")[2]: one for one in condition()["extension"]}
    assert found["problem-expected-resolution"]["valueDateTime"] == "2025-03-01"
    assert found["problem-onset-text"]["valueString"] == "après le ramadan"
    assert found["problem-probability"]["valueString"] == "0.9"
    assert found["problem-prognosis"]["valueCodeableConcept"] == {"text": "bon"}
    (who,) = found["problem-participant"]["extension"]
    assert who["valueReference"]["reference"].startswith("Practitioner/")


def test_an_onset_in_words_alone_is_the_onset() -> None:
    assert condition(onset=None)["onsetString"] == "après le ramadan"


@pytest.mark.parametrize(
    ("told", "clinical", "verification", "abated"),
    [
        ({}, "active", "confirmed", False),
        ({"state": None, "confirmation": None}, "active", None, False),
        ({"state": "remission"}, "remission", "confirmed", False),
        ({"resolved": "2024-04-01"}, "resolved", "confirmed", True),
        ({"resolved": "2024-04-01", "state": "inactive"}, "inactive", "confirmed", True),
        ({"deleted": True}, None, "entered-in-error", False),
        ({"deleted": True, "resolved": "2024-04-01"}, None, "entered-in-error", True),
        ({"confirmation": {"text": "provisoire"}}, "active", "provisional", False),
        ({"confirmation": None, "certainty": {"text": "suspected"}}, "active", "unconfirmed", False),
    ],
)
def test_its_state(told: dict[str, Any], clinical: str | None, verification: str | None, abated: bool) -> None:
    made = condition(**told)
    assert code(made, "clinicalStatus") == clinical
    assert code(made, "verificationStatus") == verification
    assert ("abatementDateTime" in made) is abated


def test_a_goal() -> None:
    made, deleted = said(orders.problem())["Goal"]
    assert made["description"] == {"text": "TA < 14/9"}
    assert (made["lifecycleStatus"], made["startDate"], made["statusDate"]) == ("active", "2024-03-12", "2024-03-12")
    assert made["target"] == [{"dueDate": "2024-06-12"}]
    assert made["addresses"] == [{"reference": f"Condition/{orders.problem()['fact']}"}]
    assert made["outcomeCode"] == [{"text": "progrès"}]
    assert made["outcomeReference"][0]["reference"].startswith("Observation/")
    assert [one["text"] for one in made["note"]] == ["Revoir", "régime sans sel"]
    assert deleted["lifecycleStatus"] == "entered-in-error"
    assert "extension" in deleted["description"]
