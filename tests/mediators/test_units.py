"""Calculated values stand beside what was sent, by a named row, with the digits that were sent; else there are none."""

from __future__ import annotations

import csv
import re
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediators.units import COLUMNS, Conversions
from schemas.events import Result

MOLAR = Path(__file__).parents[2] / "config" / "units" / "molar.csv"
# IUPAC standard atomic weights 2021, abridged to five figures
WEIGHTS = {"H": "1.008", "C": "12.011", "N": "14.007", "O": "15.999", "Mg": "24.305", "Ca": "40.078", "Fe": "55.845"}


def shipped() -> Conversions:
    with MOLAR.open(encoding="utf-8", newline="") as opened:
        conversions, issues = Conversions.of(csv.DictReader(opened), MOLAR.name)
    assert issues == []
    return conversions


SHIPPED = shipped()


def result(number: str | None, unit: str, code: str = "2345-7", **more: Any) -> Result:
    value = {"type": "NM", "raw": number, "number": number, **more.pop("value", {})}
    told = {"id": "r", "code": {"loinc": code}, "values": [value], "unit": {"text": unit, "codings": [{"code": unit}]}}
    return cast(Result, told | more)


def calculated(number: str | None, unit: str, code: str = "2345-7", **more: Any) -> dict[str, Any]:
    event = {"results": [result(number, unit, code, **more)]}
    SHIPPED.complete(event)
    found: list[Any] = event["results"][0].get("calculated") or [{}]
    assert len(found) == 1
    return cast(dict[str, Any], found[0])


@pytest.mark.parametrize(
    ("number", "unit", "code", "expected"),
    [
        ("0.95", "g/L", "2345-7", "5.3"),
        ("0,950", "g/l", "2345-7", None),  # a comma before three digits may part thousands
        ("0,95", "g/l", "2345-7", "5.3"),
        ("0.950", "g/L", "2345-7", "5.27"),
        ("1.05", "g/L", "2345-7", "5.83"),
        ("95", "mg/dL", "2345-7", "5.3"),
        ("126.0", "mg/dl", "2345-7", "6.994"),
        ("1.8", "g/L", "2345-7", "10"),
        ("1", "g/L", "2345-7", "5.6"),
        ("100", "mg/dL", "2345-7", "5.55"),
        ("0", "g/L", "2345-7", "0"),
        (".5", "g/L", "2345-7", "2.8"),
        ("8.0", "mg/L", "2160-0", "71"),
        ("0.30", "g/L", "3091-6", "5.0"),
        ("2.00", "g/L", "2093-3", "5.17"),
        ("1.50", "g/L", "2571-8", "1.71"),
        ("50.0", "mg/L", "3084-1", "297"),
        ("7.00", "mg/L", "1975-2", "12.0"),
        ("95.0", "mg/L", "17861-6", "2.37"),
        ("5.3", "mmol/L", "2345-7", None),
        ("0.95", "G/L", "2345-7", None),
        ("0.95", "g/L", "777-3", None),
        ("1e3", "g/L", "2345-7", None),
    ],
)
def test_what_is_calculated(number: str, unit: str, code: str, expected: str | None) -> None:
    assert calculated(number, unit, code).get("number") == expected


def test_a_calculated_value_has_its_code_its_unit_and_where_it_came_from() -> None:
    found = calculated("0.95", "g/L", range_low="0.70", range_high="1.10", value={"comparator": "<"})
    display = "Glucose [Moles/volume] in Serum or Plasma"
    assert found == {
        "code": {
            "text": display,
            "loinc": "14749-6",
            "codings": [{"system": "http://loinc.org", "code": "14749-6", "display": display}],
        },
        "number": "5.3",
        "comparator": "<",
        "range_low": "3.9",
        "range_high": "6.11",
        "unit": "mmol/L",
        "by": "molar.csv line 2",
    }


def test_what_was_sent_stays_as_it_was() -> None:
    sent = result("0.95", "g/L")
    SHIPPED.complete({"results": [sent]})
    sent.pop("calculated")
    assert sent == result("0.95", "g/L")


@pytest.mark.parametrize(
    "more",
    [{"value": {"high": "1.2"}}, {"value": {"separator": ":"}}, {"values": []}, {"values": [{}, {}]}],
)
def test_nothing_is_guessed(more: dict[str, Any]) -> None:
    assert calculated("0.95", "g/L", **more) == {}
    assert calculated("0.95", "") == {}


def test_the_shipped_factors_are_those_of_their_formulas() -> None:
    with MOLAR.open(encoding="utf-8", newline="") as opened:
        rows = list(csv.DictReader(opened))
    for row in rows:
        formula = re.match(r"molar mass of (\w+):", row["source"])
        if formula:
            atoms = re.findall(r"([A-Z][a-z]?)(\d*)", formula[1])
            mass = sum(Decimal(WEIGHTS[atom]) * int(number or 1) for atom, number in atoms)
            assert Decimal(row["factor"].partition("/")[2]) == mass, row
        scale = {"g/L": 1, "mg/dL": 100, "mg/L": 1000, "ug/dL": 100_000}[row["from_unit"]]
        target = {"mmol/L": 1000, "umol/L": 1_000_000}[row["to_unit"]]
        assert Decimal(row["factor"].partition("/")[0]) == Decimal(target) / scale, row
    assert len({row["loinc"] for row in rows} & {row["target_loinc"] for row in rows}) == 0


@pytest.mark.parametrize(
    ("change", "column"),
    [
        ({"loinc": "GLY"}, "loinc"),
        ({"target_loinc": ""}, "target_loinc"),
        ({"from_unit": "G/L"}, "from_unit"),
        ({"to_unit": "mmol par litre"}, "to_unit"),
        ({"factor": "5,55"}, "factor"),
        ({"factor": "1/0"}, "factor"),
        ({"source": " "}, "source"),
    ],
)
def test_bad_rows_are_told_and_left_out(change: dict[str, str], column: str) -> None:
    good = dict(zip(COLUMNS, ["2345-7", "g/L", "mmol/L", "1000/180.156", "14749-6", "Glucose", "x"], strict=True))
    conversions, issues = Conversions.of([good | change, good, good], "table.csv")
    assert [issue.at for issue in issues] == [f"line 2, {column}", "line 4, from_unit"]
    assert [one.source for one in conversions.table.values()] == ["table.csv line 3"]


@given(st.decimals(min_value=0, max_value=10_000, places=3, allow_nan=False, allow_infinity=False))
def test_a_calculated_value_is_the_product_to_the_digits_that_were_sent(number: Decimal) -> None:
    text = format(number, "f")
    found = calculated(text, "g/L").get("number")
    exact = number * 1000 / Decimal("180.156")
    assert found is not None
    assert abs(Decimal(found) - exact) <= exact.scaleb(-len(text.lstrip("0.").replace(".", "") or "0")) * 10


@given(st.text(alphabet="0123456789.,+-<e ", max_size=24), st.text(alphabet="gmL/dl ", max_size=6))
def test_any_text_is_survived(number: str, unit: str) -> None:
    calculated(number, unit, range_low=number)


def test_a_table_read_again_is_the_same() -> None:
    assert shipped() == SHIPPED
