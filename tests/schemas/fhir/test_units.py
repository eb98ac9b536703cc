"""Units as laboratories write them, in UCUM where that is beyond doubt, and never where it is not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.fhir.units import ucum


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ("x10*9/L", "10*9/L"),
        ("10^9/L", "10*9/L"),
        ("10⁹/L", "10*9/L"),
        ("x10(9)/L", "10*9/L"),
        ("*10＾3/ul", "10*3/ul"),
        ("mill/mm3", "10*6/mm3"),
        ("/mm³", "/mm3"),
        ("G/L", "10*9/L"),
        ("mm Hg", "mm[Hg]"),
        ("mm(hg)", "mm[Hg]"),
        ("µmol/L", "umol/L"),
        ("μmol/L", "umol/L"),
        ("mUI/mL", "m[IU]/mL"),
        ("mL/min/1.73 m²", "mL/min/{1.73_m2}"),
        ("UFC/mL", "[CFU]/mL"),
        ("copies/mL", None),
        ("％", "%"),
        ("/10", "/10"),
        ("ratio", None),
        ("UL", None),
        ("index", None),
        ("voir note", None),
        ("", None),
    ],
)
def test_what_a_unit_is_in_ucum(sent: str, code: str | None) -> None:
    assert ucum(sent) == code


@given(st.text(max_size=12))
def test_any_text_is_a_unit_or_none(text: str) -> None:
    code = ucum(text)
    assert code is None or (code and code.isprintable() and not any(one.isspace() for one in code))
