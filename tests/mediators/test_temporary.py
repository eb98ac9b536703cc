"""The number on the wristband of somebody without papers: taken from everybody, in every format."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mediators.csv.mediator import Csv
from mediators.fhir.mediator import Fhir
from mediators.hl7v2.mediator import Hl7v2
from mediators.mediator import Context
from schemas import temporary
from schemas.domains import Domain, Domains
from schemas.message import Message
from tests.mediators.domains import EVERY, NORTH, context
from tests.mediators.test_domains import MAPPING, hl7, patient, told

TMP = temporary.number("100000018", 1_795_000_000_000, 7)
DOMAIN = Domain(temporary.SYSTEM, ("TMP",), check="temporary")
STRICT = Domains.of([*EVERY, DOMAIN], strict=True)


def test_the_number_tells_its_place_and_time_and_is_one_of_its_own() -> None:
    assert temporary.number("100000018", 1_469_918_176_385, 7) == "TMP-100000018-01ARYZ6S410000000000000007"
    assert temporary.number("Hôpital El Farabi, site 2", 0, 0).startswith("TMP-HPITALELFARABISITE2-0000")
    assert temporary.has_form(TMP)
    assert temporary.has_form(TMP.lower())


@pytest.mark.parametrize("wrong", ["", "TMP-100000018", TMP[:-1], f"{TMP}0", TMP.replace("-", ""), "TMP--" + TMP[-26:]])
def test_other_numbers_have_not_the_form(wrong: str) -> None:
    assert not temporary.has_form(wrong)


@pytest.mark.parametrize("rest", ["", "|19800101|F"])
def test_hl7_carries_it_whoever_sends_and_however_little_is_known(rest: str) -> None:
    message = hl7(f"{TMP}^^^TMP", rest=rest)
    assert told(Hl7v2(), message, STRICT) == (False, [])
    (event,) = Hl7v2().mediate(message, context(STRICT)).events
    assert [one["system"] for one in event["patient"]["identifiers"]] == [temporary.SYSTEM]


def test_a_mistyped_one_is_refused_where_numbers_are_judged_strictly_and_told_elsewhere() -> None:
    message = hl7(f"{TMP[:-1]}^^^TMP")
    issues = [("PID^1^3^1^1", "check-digit")]
    assert told(Hl7v2(), message, STRICT) == (True, issues)
    assert told(Hl7v2(), message, replace(STRICT, strict=False)) == (False, issues)


def test_any_number_replaces_it_and_it_replaces_none() -> None:
    assert told(Hl7v2(), hl7("7^^^NORTH", f"MRG|{TMP}^^^TMP", type_="ADT^A40"), STRICT) == (False, [])
    back = hl7(f"{TMP}^^^TMP", "MRG|7^^^NORTH", type_="ADT^A40")
    assert told(Hl7v2(), back, STRICT) == (True, [("MRG^1^1^1^4", "across-domains")])
    other = {"identifier": {"system": NORTH.uri, "value": "7"}}
    gone = {"active": False, "link": [{"type": "replaced-by", "other": other}]}
    assert told(Fhir(), patient((temporary.SYSTEM, TMP), **gone), STRICT) == (False, [])


def test_a_file_with_one_column_for_all_numbers_carries_it() -> None:
    rows = ["date,pharmacy,number,file,ean,quantity", f"2026-01-01,130000001,{TMP},,6118000000001,1"]
    message = Message("t", "sales", "north", "\n".join(rows).encode(), "text/csv", 1_800_000_000_000_000)
    assert told(Csv(), message, STRICT, mapping=MAPPING) == (False, [])
    given = Context(channel="sales", domains=STRICT, mapping=MAPPING)
    (event,) = Csv().mediate(message, given).events
    assert event["patient"]["identifiers"] == [{"system": temporary.SYSTEM, "value": TMP}]
