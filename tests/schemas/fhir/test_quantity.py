"""No digit is lost, no unit is replaced, and a UCUM code is only claimed where it is one."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.events import Code
from schemas.fhir import extensions, quantity, units
from schemas.fhir.terms import UCUM


def made(text: str, unit: Code | None = None) -> dict[str, Any]:
    said = quantity.quantity(text, quantity.measured(unit))
    assert said is not None
    return said


def sent(said: dict[str, Any]) -> str | None:
    return next((one["valueString"] for one in said.get("extension", ()) if one["url"] == extensions.AS_SENT), None)


def coded(code: str, system: str | None = None, display: str | None = None) -> Code:
    return {"codings": [{"code": code, "system": system, "display": display}]}


@pytest.mark.parametrize(("text", "json"), [("5.0", b"5.0"), ("12", b"12"), ("0", b"0"), ("-0.5", b"-0.5")])
def test_a_number_that_json_can_write_needs_nothing_beside_it(text: str, json: bytes) -> None:
    said = made(text)
    assert orjson.dumps(said["value"]) == json
    assert sent(said) is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("7.40", 7.4),
        ("007", 7),
        ("+5", 5),
        (".2", 0.2),
        ("5.", 5.0),
        ("5,2", 5.2),
        ("12345678901234567890", 1.2345678901234567e19),
    ],
)
def test_other_digits_travel_beside_it(text: str, value: float) -> None:
    said = made(text)
    assert said["value"] == value
    assert sent(said) == text


@pytest.mark.parametrize("text", ["", "None", "<15", "60~120", "1,234", "1e999", "nan", "1_000", "٣", "0x10", "--1"])
def test_what_is_no_number_makes_no_quantity(text: str) -> None:
    assert quantity.quantity(text, {}) is None


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("mg/L", "mg/L"), ("g/L", "g/L"), ("G/L", "10*9/L"), ("UI/L", "[IU]/L"), ("mUI/L", "m[IU]/L"),
        ("10^3/mm3", "10*3/mm3"), ("x10*9/L", "10*9/L"), ("10E9/L", "10*9/L"), ("mEq/L", "meq/L"),
        ("µmol/L", "umol/L"), ("μmol/L", "umol/L"), ("%", "%"), ("mmHg", "mm[Hg]"), ("mm Hg", "mm[Hg]"),
        ("mg/24h", "mg/(24.h)"), ("°C", "Cel"), ("mL/min/1,73m2", "mL/min/{1.73_m2}"), ("/[HPF]", "/[HPF]"),
    ],
)  # fmt: skip
def test_units_as_laboratories_write_them(text: str, code: str) -> None:
    said = made("1", coded(text))
    assert (said["unit"], said["system"], said["code"]) == (text, UCUM, code)


@pytest.mark.parametrize("text", ["copies/mL", "ratio", "C", "K", "Pg", "g%", "a/b", "mg//L", "comprimé", "mg/"])
def test_a_unit_that_is_not_plain_stays_text(text: str) -> None:
    said = made("1", coded(text))
    assert said["unit"] == text
    assert not said.keys() & {"code", "system"}


def test_a_declared_ucum_code_is_believed_only_if_valid() -> None:
    assert made("37", coded("K", UCUM))["code"] == "K"
    assert made("37", coded("G/L", UCUM))["code"] == "G/L"
    assert made("37", coded("x10*9/L", UCUM)) == {"value": 37, "unit": "x10*9/L", "system": UCUM, "code": "10*9/L"}
    assert "code" not in made("37", coded("foo", UCUM))


def test_a_local_unit_keeps_its_own_system_and_name() -> None:
    said = made("2", coded("CP", "urn:id:SOBRUS", "comprimé"))
    assert (said["unit"], said["system"], said["code"]) == ("comprimé", "urn:id:SOBRUS", "CP")


def test_a_unit_that_does_not_fit_travels_whole() -> None:
    unit: Code = {"codings": [{"code": "GPL", "display": "giga par litre"}, {"code": "10*9/L", "system": UCUM}]}
    said = made("210", unit)
    assert said["code"] == "10*9/L"
    beside = said["extension"][0]
    assert beside["url"] == extensions.UNIT_AS_SENT
    assert [one["code"] for one in beside["valueCodeableConcept"]["coding"]] == ["GPL", "10*9/L"]


def test_money_keeps_its_cents() -> None:
    assert quantity.money("29.00", "MAD") == {
        "value": 29.0, "currency": "MAD", "extension": [{"url": extensions.AS_SENT, "valueString": "29.00"}],
    }  # fmt: skip
    assert quantity.money("14.5", "dirhams") == {"value": 14.5}
    assert quantity.money(None, "MAD") is None


@settings(max_examples=200)
@given(st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-(10**9), max_value=10**9))
def test_every_decimal_can_be_read_back_as_it_was_sent(value: Any) -> None:
    text = f"{value:f}"
    said = made(text)
    assert (sent(said) or repr(said["value"])) == text


@settings(max_examples=200)
@given(st.text(max_size=12), st.booleans())
def test_any_unit_at_all_has_an_answer(text: str, declared: bool) -> None:
    code = units.ucum(text, declared)
    assert code is None or (code and not any(letter.isspace() for letter in code))
