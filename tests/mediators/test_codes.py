"""Code tables: local codes are translated beside, never replaced; bad lines are told."""

from __future__ import annotations

import csv
from pathlib import Path

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
