"""Code tables: local codes are translated beside, never replaced; bad lines are told."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

from mediators.codes import Codes
from schemas.events import Code

SAMPLE = Path(__file__).parents[2] / "config" / "codes" / "lab-sample.csv"


def row(**cells: str) -> dict[str, str]:
    return {"system": "LAB", "code": "GLY", "standard_system": "LN", "standard_code": "2345-7", "display": ""} | cells


def test_a_translation_says_where_it_came_from() -> None:
    codes, issues = Codes.of([row(code="CREA", standard_code="2160-0"), row(display="Glucose")], "lab.csv")
    code: Code = {"codings": [{"system": "urn:id:LAB", "code": "GLY", "display": "Glycémie"}]}
    unknown: list[str] = []
    assert codes.translate(code, unknown) == {
        "loinc": "2345-7",
        "codings": [
            {"system": "urn:id:LAB", "code": "GLY", "display": "Glycémie"},
            {"system": "http://loinc.org", "code": "2345-7", "display": "Glucose", "mapped": "lab.csv line 3"},
        ],
    }
    assert (issues, unknown) == ([], [])


def test_codes_sent_without_a_system_have_lines_without_one() -> None:
    codes, _ = Codes.of([row(system="")], "lab.csv")
    assert codes.translate({"codings": [{"code": "GLY"}]}, [])["loinc"] == "2345-7"


def test_a_code_without_translation_goes_on_the_list_and_a_loinc_needs_none() -> None:
    unknown: list[str] = []
    Codes().translate({"codings": [{"system": "urn:id:LAB", "code": "XYZ"}]}, unknown)
    assert Codes().translate({"codings": [{"system": "http://loinc.org", "code": "1-8"}]}, unknown)["loinc"] == "1-8"
    assert unknown == ["urn:id:LAB|XYZ"]


def test_bad_lines_are_told_and_left_out() -> None:
    rows = [row(standard_code=" "), row(), {"code": ""}, row(standard_code="2339-0"), row()]
    codes, issues = Codes.of(rows, "lab.csv")
    assert [(issue.at, issue.reason) for issue in issues] == [
        ("line 2, standard_code", "required"),
        ("line 4, code", "required"),
        ("line 4, standard_system", "required"),
        ("line 4, standard_code", "required"),
        ("line 5, code", "conflict"),
    ]
    assert "lab.csv line 3" in issues[-1].text
    assert [coding["code"] for coding in codes.table.values()] == ["2345-7"]


def test_the_sample_table_is_good() -> None:
    with SAMPLE.open(encoding="utf-8", newline="") as opened:
        codes, issues = Codes.of(csv.DictReader(opened), SAMPLE.name)
    assert issues == []
    assert len(codes.table) >= 12
    assert codes.translate({"codings": [{"system": "urn:id:L", "code": "HBA1C"}]}, [])["loinc"] == "4548-4"


def test_one_line_may_be_for_codes_of_any_system() -> None:
    codes, _ = Codes.of([row(system="*"), row(system="CHU", standard_code="2339-0")], "lab.csv")
    assert codes.translate({"codings": [{"system": "urn:id:OTHER", "code": "GLY"}]}, [])["loinc"] == "2345-7"
    assert codes.translate({"codings": [{"code": "GLY"}]}, [])["loinc"] == "2345-7"
    assert codes.translate({"codings": [{"system": "urn:id:CHU", "code": "GLY"}]}, [])["loinc"] == "2339-0"


def test_a_code_that_means_something_wider_says_so_and_is_not_taken_for_the_same() -> None:
    codes, issues = Codes.of([row(equivalence="wider"), row(code="NA", equivalence="similar")], "lab.csv")
    code = codes.translate({"codings": [{"system": "urn:id:LAB", "code": "GLY"}]}, [])
    assert code["codings"][1].get("equivalence") == "wider"
    assert "loinc" not in code
    assert [issue.at for issue in issues] == ["line 3, equivalence"]


def test_translated_again_nothing_changes() -> None:
    codes, _ = Codes.of([row(standard_system="SCT", standard_code="33747003")], "lab.csv")
    once = codes.translate({"codings": [{"system": "urn:id:LAB", "code": "GLY"}]}, [])
    assert len(codes.translate(once, [])["codings"]) == 2


def test_every_clinical_code_of_an_event_is_translated_and_nothing_of_the_patient() -> None:
    codes, _ = Codes.of([row(system="*", code="A", standard_system="SCT", standard_code="1")], "t.csv")

    def coded() -> Code:
        return {"codings": [{"system": "urn:id:X", "code": "A"}]}

    event: dict[str, Any] = {
        "type": "OrderRecorded", "code": coded(), "medication": coded(), "vaccine": coded(), "prescribed": "2024-03-12",
        "order": {"reasons": [coded()]}, "diagnoses": [{"code": coded(), "type": "F"}],
        "results": [{"code": coded(), "values": [{"code": coded()}], "unit": coded()}],
        "specimens": [{"type": coded()}], "ingredients": [{"code": coded()}], "allergies": [{"code": coded()}],
        "dosages": [{"route": coded()}], "patient": {"marital_status": coded()},
    }  # fmt: skip
    assert codes.complete(event) == {}
    untouched = event.pop("patient")
    assert untouched == {"marital_status": coded()}
    assert str(event).count("'mapped'") == 12


@pytest.mark.parametrize(
    ("coding", "listed"),
    [
        ({"system": "urn:id:L", "code": "GLY", "display": "Glycémie"}, {"urn:id:L|GLY": "Glycémie"}),
        ({"code": "GLY", "display": "said of this patient"}, {"|GLY": ""}),
        ({"system": "http://snomed.info/sct", "code": "1"}, {}),
        ({"system": "http://terminology.hl7.org/CodeSystem/v2-0078", "code": "H"}, {}),
        ({"system": "urn:id:L", "code": "seen with her sister"}, {}),
        ({"system": "urn:id:L", "code": "x" * 41}, {}),
    ],
)
def test_the_work_list_holds_local_codes_and_nothing_about_anybody(coding: Any, listed: dict[str, str]) -> None:
    assert Codes().complete({"results": [{"code": {"codings": [coding]}}]}) == listed


def test_an_answer_is_listed_only_as_a_code_of_a_system() -> None:
    def answered(**coding: str) -> dict[str, str]:
        return Codes().complete({"results": [{"code": {"text": "x"}, "values": [{"code": {"codings": [coding]}}]}]})

    assert answered(system="urn:id:L", code="POS", display="positif") == {"urn:id:L|POS": "positif"}
    assert answered(code="BENNANI") == {}
