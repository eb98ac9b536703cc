"""Whatever a message tells, its clinical codes go through the tables and its results through the conversions."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

from mediators.additions import add
from mediators.codes import Codes
from mediators.hl7v2.mediator import Hl7v2
from mediators.mediator import Context, Translation
from mediators.units import Conversions
from schemas import codec
from schemas.events import plain
from schemas.message import Message

MOLAR = Path(__file__).parents[2] / "config" / "units" / "molar.csv"
ROWS = [
    {"system": "L", "code": "GLY", "standard_system": "LN", "standard_code": "2345-7"},
    {"system": "*", "code": "POS", "standard_system": "SCT", "standard_code": "10828004"},
    {"system": "L", "code": "HTA", "standard_system": "ICD10", "standard_code": "I10"},
    {"system": "L", "code": "PENI", "standard_system": "SCT", "standard_code": "91936005"},
    {"system": "", "code": "g par litre", "standard_system": "UCUM", "standard_code": "g/L"},
]


def context() -> Context:
    with MOLAR.open(encoding="utf-8", newline="") as opened:
        conversions = Conversions.of(csv.DictReader(opened), MOLAR.name)[0]
    return Context(codes=Codes.of(ROWS, "site.csv")[0], conversions=conversions)


def read(type_: str, *segments: str) -> Translation:
    head = rf"MSH|^~\&|LABO|CHU|WASL|HIE|20240312103000+0100||{type_}|C-17|P|2.5.1"
    body = "\r".join([head, "PID|1||44^^^HOP^PI||BENNANI^SALMA||19870604|F", *segments]).encode()
    message = Message("t-1", "lab", "LABO|CHU", body, "", 1_710_500_000_000_000, "C-17")
    found = Hl7v2().mediate(message, context())
    for event in found.events:
        codec.encode(event["type"], event)
    return found


def mapped(code: Any) -> list[tuple[str, str]]:
    return [(one["code"], one["mapped"]) for one in code["codings"] if one.get("mapped")]


def test_results_answers_and_units_are_translated_and_then_converted() -> None:
    found = read(
        "ORU^R01",
        "OBR|1|P-9|F-9|BIO^Bilan^L|||20240312081500||||||||||||||||||F",
        "OBX|1|NM|GLY^Glyc\u00e9mie^L||0.95|g par litre|||||F",
        "OBX|2|CWE|AG^Antig\u00e8ne^L||POS^positif^L||||||F",
    )
    glucose, antigen = plain(found.events[0])["results"]
    assert mapped(glucose["code"]) == [("2345-7", "site.csv line 2")]
    assert mapped(glucose["unit"]) == [("g/L", "site.csv line 6")]
    assert [(one["number"], one["unit"]) for one in glucose["calculated"]] == [("5.3", "mmol/L")]
    assert mapped(antigen["values"][0]["code"]) == [("10828004", "site.csv line 3")]
    assert found.unknown_codes == ["urn:id:L|BIO", "urn:id:L|AG"]
    assert found.displays == {"urn:id:L|BIO": "Bilan", "urn:id:L|AG": "Antig\u00e8ne"}


def test_diagnoses_and_allergies_are_translated() -> None:
    found = read(
        "ADT^A01",
        "AL1|1|DA|PENI^P\u00e9nicilline^L|SV",
        "PV1|1|I|MED||||||||||||||||7^^^HOP",
        "DG1|1||HTA^Hypertension^L|||A",
    )
    patient, stay = (plain(event) for event in found.events)
    assert mapped(patient["allergies"][0]["code"]) == [("91936005", "site.csv line 5")]
    assert mapped(stay["encounter"]["diagnoses"][0]["code"]) == [("I10", "site.csv line 4")]
    assert found.unknown_codes == []


def test_added_again_nothing_changes() -> None:
    found = read("ORU^R01", "OBR|1|P|F|BIO^Bilan^L", "OBX|1|NM|GLY^Glyc^L||0.95|g/L|||||F")
    before = repr((found.events, found.unknown_codes))
    add(found, context())
    assert repr((found.events, found.unknown_codes)) == before
