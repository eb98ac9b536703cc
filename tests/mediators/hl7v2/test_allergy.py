"""Fact A4: AL1, and IAM with what becomes of an allergy."""

from __future__ import annotations

from typing import Any

from mediators.hl7v2.allergy import allergies, allergy
from tests.mediators.hl7v2.messages import scope, segment, told

PID = "PID|1||0044^^^HOP||BENNANI^Salma"


def read(text: str) -> Any:
    return allergy(segment(text), scope())


def test_an_allergy_of_al1() -> None:
    found = read("AL1|1|DA|PEN^Pénicilline^L|SV|Urticaire~Oedème|2015")
    assert (found["type"], found["severity"], found["identified"]) == ("DA", "SV", "2015")
    assert found["code"]["text"] == "Pénicilline"
    assert found["reactions"] == ["Urticaire", "Oedème"]


def test_codes_with_texts_stand_beside_the_bare_ones() -> None:
    found = read("AL1|1|DA^Médicament^HL70127|PEN|MO^Modéré|247472004^Urticaire^SCT")
    assert (found["type"], found["severity"]) == ("DA", "MO")
    assert found["type_code"]["text"] == "Médicament"
    assert found["severity_code"]["text"] == "Modéré"
    assert found["manifestations"][0]["codings"][0]["system"] == "http://snomed.info/sct"
    assert "reactions" not in found


def test_everything_iam_says() -> None:
    found = read(
        "IAM|1|FA|ARA^Arachide|MI|Prurit|U|ALG-7^HOP|corrigé|AL^Allergie|NUT^Noix|20190304|à la cantine|20240301"
        "|TAZI^Hind|MTH^Mère||C^Confirmée||||||12^ALAMI^Driss|20240302"
    )
    assert (found["action"], found["identifier"]["value"], found["status"]) == ("U", "ALG-7", "C")
    assert found["sensitivity"]["text"] == "Allergie"
    assert found["group"]["text"] == "Noix"
    assert (found["onset"], found["onset_text"], found["reported"]) == ("2019-03-04", "à la cantine", "2024-03-01")
    assert found["reported_by"] == {"family": "TAZI", "given": ["Hind"]}
    assert found["relationship"]["text"] == "Mère"
    assert (found["recorded"], found["recorded_by"][0]["identifiers"][0]["value"]) == ("2024-03-02", "12")
    assert [(one["place"], one["text"]) for one in found["details"]] == [("IAM-8", "corrigé")]


def test_a_note_after_an_allergy_is_its_own() -> None:
    segments = [segment("IAM|1|DA|PEN"), segment("NTE|1|P|Vu aux urgences")]
    (found,) = allergies(segments, scope())
    assert found["notes"] == [{"text": "Vu aux urgences", "source": "P"}]


def test_allergies_of_a_patient_update() -> None:
    (event,) = told("A60", PID, "IAM|1|DA|PEN|||D|1^HOP", "IAM|2|FA|ARA|||X|2^HOP")
    assert [(one["identifier"]["value"], one["action"]) for one in event["allergies"]] == [("1", "D"), ("2", "X")]


def test_no_allergy() -> None:
    assert read("AL1|1") is None
    assert read('AL1|1|""') is None
