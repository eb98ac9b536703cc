from __future__ import annotations

import pytest

from mediators.hl7v2.kind import put_right, spelled
from mediators.hl7v2.mediator import FAMILIES
from mediators.hl7v2.reader import Hl7

HEADER = r"MSH|^~\&|LABO|CHU|WASL|HIE|20240312103000||{}|C-17|P|2.5.1"
PID = "PID|1||0044^^^HOP"


def kind(said: str, *segments: str) -> str:
    return Hl7.read("\r".join([HEADER.format(said), PID, *segments]).encode()).type


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("ORU^R01", ("ORU", "R01")),
        ("oru^r1", ("ORU", "R01")),
        ("ORUR01", ("ORU", "R01")),
        ("ORU^ORU_R01", ("ORU", "")),
        ("R01", ("ORU", "R01")),
        ("^A08", ("ADT", "A08")),
        ("^^ADT_A01", ("ADT", "")),
        ("PPR^PC1^PPR_PC1", ("PPR", "PC1")),
        ("ZDT^Z01", ("ZDT", "Z01")),
        ("??", ("", "")),
    ],
)
def test_a_type_is_read_however_it_is_spelled(said: str, found: tuple[str, str]) -> None:
    assert spelled(said)[:2] == found


@pytest.mark.parametrize(
    ("segments", "expected"),
    [
        (["EVN|A04|2024", "PV1|1|O"], "ADT^A04"),
        (["EVN|P11|2024", "FT1|1"], "DFT^P11"),
        (["EVN|P01|2024", "PV1|1|O"], "BAR^P01"),
        (["EVN|T10|2024", "TXA|1|CN"], "MDM^T10"),
        (["ORC|RE|1", "OBR|1|1||x^y|||||||||||||||||||||F"], "ORU^R01"),
        (["OBR|1|1||x^y", "OBX|1|NM|a||1"], "ORU^R01"),
        (["OBR|1|1||x^y", "OBX|1|NM|a||1", "SPM|1|||BLD"], "ORU^R01"),
        (["SPM|1|||BLD", "OBR|1|1||x^y", "OBX|1|NM|a||1"], "OUL^R22"),
        (["ORC|NW|1", "OBR|1|1||x^y"], "ORM^O01"),
        (["ORC|CA|1", "OBR|1|1||x^y", "OBX|1|NM|a||1"], "ORM^O01"),
        (["ORC|NW|1", "OBR|1|1||x^y", "SPM|1|||BLD"], "OML^O21"),
        (["SPM|1|||BLD", "ORC|NW|1", "OBR|1|1||x^y"], "OML^O33"),
        (["SPM|1|||BLD", "SAC|1", "ORC|NW|1", "OBR|1|1||x^y"], "OML^O35"),
        (["RXA|0|1|20240301||x^y|1"], "VXU^V04"),
        (["ORC|RE|1", "RXA|0|1|20240301||08^HepB^CVX|1"], "VXU^V04"),
        (["ORC|RE|1", "RXE||x^y|1", "RXA|0|1|20240301||x^y|1"], "RAS^O17"),
        (["ORC|NW|1", "RXO|x^y|1"], "OMP^O09"),
        (["ORC|NW|1", "RXO|x^y|1", "RXE||x^y|1"], "RDE^O11"),
        (["ORC|RE|1", "RXE||x^y|1", "RXD|1|x^y|2024|1", "FT1|1"], "RDS^O13"),
        (["ORC|RE|1", "RXG|1|1||x^y"], "RGV^O15"),
        (["TXA|1|CN|TX", "OBX|1|TX|a||x"], "MDM^T02"),
        (["TXA|1|CN|TX"], "MDM^T01"),
        (["SCH|1|2", "AIS|1"], "SIU^S12"),
        (["SCH|1" + "|" * 24 + "Cancelled"], "SIU^S15"),
        (["FT1|1|||2024||CG|x"], "DFT^P03"),
        (["RF1|A", "PRD|RP"], "REF^I12"),
        (["PRB|DE|2024|x^y|p1"], "PPR^PC3"),
    ],
)
def test_a_type_that_was_not_sent_is_told_by_the_segments(segments: list[str], expected: str) -> None:
    assert kind("", *segments) == expected
    assert expected in FAMILIES
    assert kind(expected[:3], *segments) == expected


@pytest.mark.parametrize(
    "segments",
    [
        [],
        ["PV1|1|I"],
        ["MRG|7"],
        ["ORC|RE|1", "RXA|0|1|20240301||x^y|1"],
        ["ORC|NW|1", "OBR|1", "FT1|1"],
        ["EVN||2024"],
    ],
)
def test_what_could_be_of_several_types_is_not_guessed(segments: list[str]) -> None:
    assert kind("", *segments) == ""


def test_an_adt_without_an_event_is_none_that_is_read() -> None:
    assert kind("ADT", "PV1|1|I", "MRG|7") == "ADT"


def header(*between: str) -> list[str]:
    return ["MSH", "|", r"^~\&", *between, "C-17", "P", "2.5"]


WHOLE = header("LABO", "CHU", "WASL", "HIE", "20240312", "", "ORU^R01")
WITHOUT = [header("LABO", "CHU", "WASL", "HIE", "20240312", "", *other) for other in (["ORU"], ["", "LAB-C17"])]
TOO_MANY = header("LABO", "CHU", "WASL", "HIE", "20240312", "x", "y", "ORU^R01")


@pytest.mark.parametrize(
    ("sent", "meant", "missing"),
    [
        (WHOLE, WHOLE, 0),
        (header("LABO", "CHU", "WASL", "20240312", "", "ORU^R01"), header("LABO", "CHU", "WASL", "", *WHOLE[7:10]), 1),
        (header("LABO", "CHU", "WASL", "HIE", "20240312", "ORU^R01"), WHOLE, 1),
        (header("LABO", "CHU", "20240312", "", "ORU^R01"), header("LABO", "CHU", "", "", *WHOLE[7:10]), 2),
        (header("LABO", "CHU", "WASL", "HIE", "", "20240312", "", "ORU^R01"), WHOLE, -1),
        (header("LABO", "CHU", "WASL", "HIE", "20240312", "", "", "ORU^R01"), WHOLE, -1),
        (TOO_MANY, [*header(*WHOLE[3:8], "x", "ORU^R01"), "y"], -1),
        *((sent, sent, 0) for sent in WITHOUT),
    ],
)  # fmt: skip
def test_a_header_is_put_right_by_its_message_type(sent: list[str], meant: list[str], missing: int) -> None:
    fields = [*sent]
    assert put_right(fields, "^") == missing
    assert fields == meant
