"""Problems of a patient: each with its states, goals, results and the orders that it is the reason of."""

from __future__ import annotations

from typing import Any

import pytest

from tests.mediators.hl7v2.messages import PID, body, events, fields, left, read

PRB = (
    "PRB|AD|20240312090000+0100|I10^Hypertension^I10|PB-1^CHU|E-1^CHU|1|20240301|20250301||CHR^Chronique^L"
    "|CARD^Cardiologie^L|P^Permanent^L|C^Confirmé^L|ACTIVE^Actif^L|20240312|2023|après le ramadan|2|H^Haute^L|0.9"
    "|OUI^Au courant^L|B^Bon^L||famille au courant|R^Restreint^L|MOD^Modérée^L|perspective^P^L"
)


def problems(*segments: str, type: str = "PPR^PC1") -> list[dict[str, Any]]:
    return events(body(type, *segments))


def problem(*segments: str, type: str = "PPR^PC1") -> dict[str, Any]:
    (found,) = problems(*segments, type=type)
    return found


def test_prb_whole() -> None:
    told = problem(PID, PRB)
    assert (told["type"], told["place"], told["about"]) == ("ProblemRecorded", "PRB 1", "problem|urn:id:CHU|PB-1")
    assert told["code"]["text"] == "Hypertension"
    assert (told["action"], told["acted"]) == ("AD", "2024-03-12T09:00:00+01:00")
    assert told["version"] == 1_710_230_400_000_000
    assert (told["number"]["value"], told["episode"]["value"]) == ("PB-1", "E-1")
    assert (told["established"], told["expected_resolution"]) == ("2024-03-01", "2025-03-01")
    texts = {
        key: told[key]["text"]
        for key in ("persistence", "confirmation", "status", "certainty", "prognosis", "severity")
    }
    assert texts == {
        "persistence": "Permanent", "confirmation": "Confirmé", "status": "Actif", "certainty": "Haute",
        "prognosis": "Bon", "severity": "Modérée",
    }  # fmt: skip
    assert (told["state"], told["state_at"]) == ("active", "2024-03-12")
    assert (told["onset"], told["onset_text"]) == ("2023", "après le ramadan")
    assert (told["priority"], told["ranking"], told["probability"]) == ("1", "2", "0.9")
    assert {one["name"] for one in told["details"]} == {
        "individual-awareness-of-problem", "family-significant-other-awareness-of-problem-prognosis",
        "problem-perspective",
    }  # fmt: skip
    assert not left(told)


def test_several_problems_with_what_belongs_to_each() -> None:
    first, second = problems(
        PID, "AL1|1|DA|PEN^Pénicilline^L", "PV1|1|O|||||||||||||||||V-1^^^CHU", PRB, "NTE|1||suivi",
        "ROL|1|AD|AT|11^Alami^Sara",
        "OBX|1|NM|8480-6^PAS^LN||160|mm[Hg]", "NTE|1||bras gauche", "PRB|AD|20240312|E11^Diabète^I10|PB-2^CHU",
        "OBX|1|NM|2345-7^Glucose^LN||1.8|g/L",
    )  # fmt: skip
    assert first["notes"] == [{"text": "suivi"}]
    assert first["performers"][0]["names"][0]["family"] == "Alami"
    assert first["observations"][0]["notes"] == [{"text": "bras gauche"}]
    assert first["allergies"]
    assert "allergies" not in second
    assert [one["encounter"]["identifiers"][0]["value"] for one in (first, second)] == ["V-1", "V-1"]
    assert second["observations"][0]["values"][0]["number"] == "1.8"


def test_a_goal_is_of_the_problem_before_it() -> None:
    told = problem(
        PID, PRB,
        fields(
            "GOL",
            {
                1: "AD", 2: "20240312", 3: "TA^TA < 14/9^L", 4: "GO-1^CHU", 6: "1", 7: "20240312", 8: "20240612",
                9: "CL^Clinique^L", 10: "CARD^Cardiologie^L", 11: "R^Revue^L", 12: "20240412", 13: "20240512",
                16: "E^Progrès^L", 17: "sans sel", 18: "A^Actif^L",
            },
        ),
        "NTE|1||revoir", "OBX|1|NM|8462-4^PAD^LN||100|mm[Hg]", "VAR|V-1|20240313",
    )  # fmt: skip
    (goal,) = told["goals"]
    assert (goal["code"]["text"], goal["number"]["value"]) == ("TA < 14/9", "GO-1")
    assert (goal["established"], goal["due"], goal["reviewed"]) == ("2024-03-12", "2024-06-12", "2024-04-12")
    assert (goal["evaluation"]["text"], goal["comment"], goal["status"]["text"]) == ("Progrès", "sans sel", "Actif")
    assert goal["notes"] == [{"text": "revoir"}]
    assert goal["observations"][0]["values"][0]["number"] == "100"
    assert {one["name"] for one in goal["details"]} >= {"next-goal-review-date-time", "variance-instance-id"}


def test_a_pathway_and_a_variance_stay_with_their_problem() -> None:
    told = problem(PID, PRB, "PTH|AD|HTA^Parcours HTA^L|PT-1^CHU", "VAR|V-1|20240313")
    assert {"pathway-id", "variance-instance-id"} <= {one["name"] for one in told["details"]}


def test_an_order_under_a_problem_is_an_order_for_its_sake() -> None:
    told, first, second = problems(
        PID, PRB, "ORC|NW|P-1^CHU", "OBR|1|||K^Potassium^L", "NTE|1||à jeun", "ORC|NW|P-2^CHU", "RXO|AMLO^Amlodipine^L"
    )
    assert told["type"] == "ProblemRecorded"
    assert (first["type"], first["about"]) == ("OrderRecorded", "order|urn:id:CHU|P-1")
    assert first["notes"] == [{"text": "à jeun"}]
    assert [one["text"] for one in first["order"]["reasons"]] == ["Hypertension"]
    assert second["code"]["text"] == "Amlodipine"


@pytest.mark.parametrize(
    ("action", "type", "deleted"),
    [("AD", "PPR^PC1", None), ("UP", "PPR^PC2", None), ("DE", "PPR^PC3", True), ("", "PPR^PC3", True),
     ("DE", "PPR^PC2", True), ("CO", "PPR^PC2", None)],
)  # fmt: skip
def test_what_is_deleted(action: str, type: str, deleted: bool | None) -> None:
    told = problem(PID, f"PRB|{action}|20240312|I10|PB-1^CHU", type=type)
    assert told.get("deleted") is deleted
    assert told["about"] == "problem|urn:id:CHU|PB-1"


@pytest.mark.parametrize(
    ("status", "resolved", "state"),
    [("ACTIVE", "", "active"), ("RESOLU^Résolu^L", "", "resolved"), ("413322009^Resolved^SCT", "", "resolved"),
     ("X^Inactive^L", "", "inactive"), ("", "20240401", "resolved"), ("?", "", None), ("", "", None)],
)  # fmt: skip
def test_its_state_in_fhirs_words(status: str, resolved: str, state: str | None) -> None:
    told = problem(PID, fields("PRB", {1: "AD", 3: "I10", 4: "PB-1^CHU", 9: resolved, 14: status}))
    assert told.get("state") == state


def test_without_an_instance_it_is_known_by_the_patient_and_what_it_is() -> None:
    first, second = problem(PID, "PRB|AD|20240312|I10"), problem(PID, "PRB|UP|20240412|I10", type="PPR^PC2")
    assert first["about"] == second["about"]
    assert "0044" not in first["about"]


def test_one_number_for_two_problems_is_told_apart_by_what_they_are() -> None:
    first, second = problems(PID, "PRB|AD|20240312|I10|PB-1^CHU", "PRB|AD|20240312|E11|PB-1^CHU")
    assert [one["about"] for one in (first, second)] == ["problem|urn:id:CHU|PB-1|I10", "problem|urn:id:CHU|PB-1|E11"]


def test_a_patient_without_a_problem_is_refused() -> None:
    told = read(body("PPR^PC1", PID, "PV1|1|O"))
    assert not told.events
    assert told.refused[0].issues[0].at == "PID"
