"""A mapping changes what is read, never what came; a mistake in one is told by its key."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from mediators.hl7v2 import changes
from mediators.hl7v2.mapping import mapping_of
from mediators.hl7v2.mediator import Hl7v2
from mediators.hl7v2.reader import Hl7
from mediators.mapping import BadMapping
from mediators.mediator import Context
from schemas import codec
from schemas.events import plain
from schemas.message import Message, Refused

HEAD = r"MSH|^~\&|LABO|CHU|WASL|HIE|20240312103000+0100||ORU^R01^ORU_R01|C-17|P|2.5.1"
PID = "PID|1|77|44^^^^PI~45^^^HX||BENNANI^SALMA||19870604|H|||||||||||000"
OBR = "OBR|1|P-9|F-9|GLY^Glycémie^L|||20240312081500|||||||||||||||20240312102000|||F"
OBX = "OBX|1|NM|GLY^Glycémie^L||0.95|g/L|||||F"


def changed(rules: str, *segments: str, head: str = HEAD) -> list[str]:
    """The segments after the header, as the mapping shows them."""
    hl7 = Hl7.read("\r".join([head, *segments]).encode())
    changes.apply(hl7, {"changes": yaml.safe_load(rules)}, "site.yaml")
    return [segment.raw for segment in hl7.segments[1:]]


def events(rules: str, *segments: str) -> list[dict[str, Any]]:
    body = "\r".join([HEAD, *segments]).encode()
    message = Message("t-1", "lab", "LABO|CHU", body, "x-application/hl7-v2+er7", 1_710_500_000_000_000, "C-17")
    found = Hl7v2().mediate(message, Context(mapping=yaml.safe_load(rules), mapping_file="site.yaml"))
    for event in found.events:
        codec.encode(event["type"], event)
    return [plain(event) for event in found.events]


@pytest.mark.parametrize(
    ("rules", "before", "after"),
    [
        # a value where there is none, in every segment of the name
        ("[{set: OBX-11, to: F}]", ["OBX|1|NM|A||1", "OBX|2|NM|B||2||||||C"],
         ["OBX|1|NM|A||1||||||F", "OBX|2|NM|B||2||||||C"]),
        ("[{set: OBX-11, to: F, always: true}]", ["OBX|1|NM|A||1||||||C"], ["OBX|1|NM|A||1||||||F"]),
        ("[{set: PID-3.5, to: PI}]", ["PID|1||1^^^A~2^^^B^XX"], ["PID|1||1^^^A^PI~2^^^B^XX"]),
        ("[{set: PID-3.5, to: PI}]", ["PID|1||1^^^A~~"], ["PID|1||1^^^A^PI~~"]),
        ("[{set: PV1-3, to: MED^12^A}]", ["PV1|1|I"], ["PV1|1|I|MED^12^A"]),
        ("[{set: PV1-3.4.2, to: 1.2.3}]", ["PV1|1|I|MED^^^CHU"], ["PV1|1|I|MED^^^CHU&1.2.3"]),
        # what the sender deletes is not empty
        ("[{set: PID-11, to: RABAT}]", ['PID|1||||||||||""'], ['PID|1||||||||||""']),
        # a value holds no delimiter but those it is written with
        ("[{set: OBX-5, to: 'a|b\\c'}]", ["OBX|1|ST|A"], [r"OBX|1|ST|A||a\F\b\E\c"]),
        # numbers and names join those that are there
        ("[{move: PID-2, to: PID-3}]", ["PID|1|77|44"], ["PID|1||44~77"]),
        ("[{move: PID-2, to: PID-3, with: {4: IPP, 5: PI}}]", ["PID|1|77"], ["PID|1||77^^^IPP^PI"]),
        ("[{move: PID-2, to: PID-3}]", ["PID|1|44|44"], ["PID|1||44"]),
        # what finds no room stays
        ("[{move: OBX-15, to: OBX-8}]", ["OBX|1|NM|A||1|||H|||||||LAB"], ["OBX|1|NM|A||1|||H|||||||LAB"]),
        ("[{move: PV1-50.4, to: PV1-19.4}]", ["PV1|1|I" + "|" * 17 + "9^^^A"], ["PV1|1|I" + "|" * 17 + "9^^^A"]),
        ("[{move: ZBE-1, to: PV1-50}]", ["ZBE|M1"], ["ZBE|M1"]),
        # from one segment to another of the same patient, with components
        ("[{move: ZBE-1.1, to: PV1-50.1}, {move: ZBE-1.2, to: PV1-50.4}]", ["PV1|1|I", "ZBE|M1^HOP&1.2&ISO|x"],
         ["PV1|1|I" + "|" * 48 + "M1^^^HOP&1.2&ISO", "ZBE||x"]),
        ("[{move: ZPV-1, to: PV1-19}]", ["PID|1||1", "PV1|1|I", "PID|2||2", "ZPV|V2", "PV1|2|O"],
         ["PID|1||1", "PV1|1|I", "PID|2||2", "ZPV|", "PV1|2|O" + "|" * 17 + "V2"]),
        # who gave a number, where it is not said or said otherwise
        ("[{authority: RABAT, of: PID-3}]", ["PID|1||44~45^^^HX~^^^"], ["PID|1||44^^^RABAT~45^^^HX~^^^"]),
        ("[{authority: HOPX&1.2.3&ISO, of: PID-3, instead_of: [HX, HOPX]}]", ["PID|1||44~45^^^HX^PI"],
         ["PID|1||44~45^^^HOPX&1.2.3&ISO^PI"]),
        ("[{authority: LAB&1.2.3&ISO, of: [OBR-2, OBR-3]}]", ["OBR|1|P-9|F-9^LIS"],
         ["OBR|1|P-9^LAB^1.2.3^ISO|F-9^LIS"]),
        ("[{authority: INPE, of: OBR-16}]", ["OBR|1" + "|" * 15 + "123456789^ALAMI"],
         ["OBR|1" + "|" * 15 + "123456789^ALAMI^^^^^^^INPE"]),
        # junk goes, only where it is junk
        ("[{remove: PID-19, when: {PID-19: {matches: '0+'}}}]", ["PID|1" + "|" * 18 + "000", "PID|2" + "|" * 18 + "12"],
         ["PID|1" + "|" * 18, "PID|2" + "|" * 18 + "12"]),
        ("[{remove: PID-3, when: {PID-3.4: JUNK}}]", ["PID|1||1^^^A~2^^^JUNK~3^^^B"], ["PID|1||1^^^A~3^^^B"]),
        ("[{remove: PID-3.9}]", ["PID|1||1^^^A^^^^^x~2^^^B"], ["PID|1||1^^^A~2^^^B"]),
        # codes
        ("[{translate: OBX-3, codes: {GLY: 2345-7^Glucose^LN}}]", ["OBX|1|NM|GLY^Glyc^L", "OBX|2|NM|NA^Na^L"],
         ["OBX|1|NM|GLY^Glyc^L^2345-7^Glucose^LN", "OBX|2|NM|NA^Na^L"]),
        ("[{translate: OBX-3, codes: {GLY: 2345-7^Glucose^LN}}]", ["OBX|1|NM|GLY^^L^X^^M"],
         ["OBX|1|NM|GLY^^L^X^^M^^^^2345-7^Glucose^LN"]),
        ("[{translate: PV1-2, codes: {HOSP: I}}]", ["PV1|1|HOSP"], ["PV1|1|I"]),
    ],
)  # fmt: skip
def test_what_each_change_does(rules: str, before: list[str], after: list[str]) -> None:
    assert changed(rules, *before) == after


@pytest.mark.parametrize(
    ("when", "fits"),
    [
        ("{OBX-2: NM}", True),
        ("{OBX-2: [ST, TX]}", False),
        ("{OBX-2: {not: NM}}", False),
        ("{OBX-3.1: {matches: 'GL.'}}", True),
        ("{OBX-3.1: {matches: 'G'}}", False),
        ("{OBX-8: {empty: true}}", True),
        ("{OBX-6: {empty: true}}", False),
        ("{OBR-4.1: GLY}", True),
        ("{PID-8: H, OBX-2: NM}", True),
        ("{PID-8: H, OBX-2: ST}", False),
        ("{PV1-2: {empty: true}}", True),
        ("{PV1-2: I}", False),
        ("{type: ORU^*}", True),
        ("{type: [ADT^*, MDM^*]}", False),
        ("{application: LABO, facility: C*}", True),
        ("{application: [RIS, HIS]}", False),
    ],
)
def test_a_change_is_made_where_its_conditions_hold(when: str, fits: bool) -> None:
    made = changed(f"[{{set: OBX-13, to: made, when: {when}}}]", PID, OBR, OBX)[-1]
    assert made.endswith("|made") is fits


def test_a_condition_asks_the_segment_that_belongs_to_it() -> None:
    other = OBR.replace("OBR|1", "OBR|2").replace("GLY", "NA")
    made = changed("[{set: OBX-13, to: made, when: {OBR-4: NA}}]", PID, OBR, OBX, other, OBX)
    assert [raw.endswith("made") for raw in made if raw.startswith("OBX")] == [False, True]
    made = changed("[{set: OBR-18, to: made, when: {OBX-3: GLY}}]", PID, other, OBR, OBX)
    assert ["made" in raw for raw in made if raw.startswith("OBR")] == [False, True]
    insured = ["PID|1||A", "IN1|1|P|CNSS", "PID|2||B", "IN1|1|P|CNOPS"]
    made = changed("[{set: PID-30, to: made, when: {IN1-3: CNOPS}}]", *insured)
    assert ["made" in raw for raw in made if raw.startswith("PID")] == [False, True]


def test_changes_are_made_one_after_the_other_in_the_senders_delimiters() -> None:
    rules = "[{move: PID-2, to: PID-3, with: {5: PI}}, {authority: RABAT&1.2&ISO, of: PID-3}]"
    head = HEAD.replace("|^~\\&|", "|*%\\?|").replace("^", "*")
    assert changed(rules, "PID|1|77", head=head) == ["PID|1||77***RABAT?1.2?ISO*PI"]


def test_a_header_can_be_mended_and_the_version_counts() -> None:
    hl7 = Hl7.read(b"MSH|^~\\&|LABO|CHU|||20240312||ORU|C-17|P|9\rPID|1")
    changes.apply(
        hl7, {"changes": [{"set": "MSH-12", "to": "2.3", "always": True}, {"set": "MSH-9.2", "to": "R01"}]}, ""
    )
    assert (hl7.version, hl7.type, hl7.msh.raw) == (
        "2.3",
        "ORU^R01",
        "MSH|^~\\&|LABO|CHU|||20240312||ORU^R01|C-17|P|2.3",
    )


def test_a_translation_says_where_it_came_from_and_keeps_what_was_sent() -> None:
    (event,) = events("changes: [{translate: OBX-3, codes: {GLY: 2345-7^Glucose^LN}}]", PID, OBR, OBX)
    assert event["results"][0]["code"] == {
        "text": "Glycémie",
        "loinc": "2345-7",
        "codings": [
            {"code": "GLY", "system": "urn:id:L", "display": "Glycémie"},
            {"code": "2345-7", "system": "http://loinc.org", "display": "Glucose", "mapped": "site.yaml changes.0 GLY"},
        ],
    }


def test_a_code_that_is_replaced_is_kept_as_it_was_sent() -> None:
    (event,) = events("changes: [{translate: PID-8, codes: {H: M}}]", PID, OBR, OBX)
    assert event["patient"]["sex"] == "male"
    assert {"place": "PID-8", "name": "administrative-sex.as-sent", "text": "H"} in event["patient"]["details"]


def test_fields_of_the_sites_own_get_names_and_types() -> None:
    rules = """
extensions:
  ZPI-3: carte-ramed
  ZPI-4: {name: validite-carte, type: date}
  ZPI-5.2: {name: numero-dossier, type: identifier}
  ZPI-6: {name: regime, type: code}
"""
    (event,) = events(rules, PID, "ZPI|1||R-12|20260131|a^55&&&RAMED|AMO^Assurance^L|rest", OBR, OBX)
    own = {one["name"]: one for one in event["details"] if one["place"].startswith("ZPI")}
    assert own["carte-ramed"]["text"] == "R-12"
    assert own["validite-carte"]["time"] == "2026-01-31"
    assert own["numero-dossier"]["identifier"] == {"system": "urn:id:RAMED", "value": "55", "authority": "RAMED"}
    assert own["regime"]["code"]["codings"] == [{"code": "AMO", "display": "Assurance", "system": "urn:id:L"}]
    assert {one["place"] for one in event["unmapped"]} == {"ZPI-1", "ZPI-5", "ZPI-7"}


def test_the_door_judges_what_will_be_mediated_and_the_bytes_stay() -> None:
    body = "\r".join([HEAD, "PID|1|||||||F|||||||||||44", OBR, OBX]).encode()
    message = Message("t-1", "lab", "LABO|CHU", body, "x-application/hl7-v2+er7", 1, "C-17")
    with pytest.raises(Refused):
        Hl7v2().check(message, Context())
    mapping = {"changes": [{"move": "PID-19", "to": "PID-3", "with": {4: "CNIE"}}]}
    assert Hl7v2().check(message, Context(mapping=mapping)) == []
    assert message.body == body


def test_a_mapping_that_cannot_be_used_refuses_and_says_so() -> None:
    message = Message("t-1", "lab", "LABO|CHU", "\r".join([HEAD, PID, OBR, OBX]).encode(), "", 1, "C-17")
    with pytest.raises(Refused) as refused:
        Hl7v2().check(message, Context(mapping={"changes": [{"set": "PID-99", "to": "x"}]}))
    assert [(issue.at, issue.reason) for issue in refused.value.issues] == [("mapping changes.0.set", "mapping")]


@pytest.mark.parametrize(
    ("rules", "key", "expected"),
    [
        ("chanegs: []", "chanegs", "no such key"),
        ("changes: {set: PID-3}", "changes", "expected a list"),
        ("changes: [set]", "changes.0", "expected one of set, move"),
        ("changes: [{set: PID-8, move: PID-2}]", "changes.0", "expected one of set, move"),
        ("changes: [{set: PID-8}]", "changes.0.to", "this key is required"),
        ("changes: [{set: PID-8, to: 1}]", "changes.0.to", "put it in quotes"),
        ("changes: [{set: PID8, to: F}]", "changes.0.set", "expected a place such as PID-3"),
        ("changes: [{set: PID-99, to: F}]", "changes.0.set", "the last field of PID is PID-40"),
        ("changes: [{set: PDI-3, to: F}]", "changes.0.set", "no version of HL7 v2 has a segment PDI"),
        ("changes: [{set: PID-7.4, to: F}]", "changes.0.set", "PID-7 (DTM) has no components"),
        ("changes: [{set: PID-3.13, to: F}]", "changes.0.set", "PID-3 (CX) has 12 components"),
        ("changes: [{set: PID-3.4.9, to: F}]", "changes.0.set", "PID-3.4 has 3 subcomponents"),
        ("changes: [{set: MSH-10, to: F}]", "changes.0.set", "MSH-1, MSH-2 and MSH-10 stay"),
        ("changes: [{set: PID-8, to: F, if: x}]", "changes.0.if", "no such key"),
        ("changes: [{move: PID-2, to: PID-2}]", "changes.0", "expected two different places"),
        ("changes: [{move: PID-2, to: ZPI-3}]", "changes.0.to", "expected a place of the standard"),
        ("changes: [{authority: X, of: PID-5}]", "changes.0.of", "PID-5: expected a field of identifiers"),
        ("changes: [{translate: OBX-3, codes: {GLY: 2345-7^Glucose}}]", "changes.0.codes", "code^display^system"),
        ("changes: [{translate: OBX-3, codes: {1: x}}]", "changes.0.codes.1", "put it in quotes"),
        ("changes: [{translate: OBX-3.4, codes: {a: x^y^z}}]", "changes.0", "expected codes without ^"),
        ("changes: [{remove: PID-19, when: {PID-19: {matches: '('}}}]", "changes.0.when.PID-19.matches",
         "expected a regular expression"),
        ("changes: [{remove: PID-19, when: {PID-19: {like: x}}}]", "changes.0.when.PID-19.like", "no such key"),
        ("changes: [{remove: PID-19, when: [x]}]", "changes.0.when", "expected places"),
        ("changes: [{remove: PID-19}, {move: PID-19, to: PID-3}]", "changes.1.move", "leaves nothing in PID-19"),
        ("changes: [{set: PID-8, to: F, always: true}, {set: PID-8, to: M, always: true}]", "changes.1.set",
         "has set PID-8 already"),
        ("extensions: [x]", "extensions", "expected places with their names"),
        ("extensions: {PID-3: x}", "extensions.PID-3", "expected a field of a Z segment"),
        ("extensions: {ZPI-3: Carte Ramed}", "extensions.ZPI-3.name", "expected small letters"),
        ("extensions: {ZPI-3: {name: x, type: number}}", "extensions.ZPI-3.type", "'text', 'date'"),
        ("extensions: {ZPI-3: x, ZPI-3.2: y}", "extensions.ZPI-3.2", "ZPI-3 has a name"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_by_its_key(rules: str, key: str, expected: str) -> None:
    with pytest.raises(BadMapping) as bad:
        mapping_of(yaml.safe_load(rules))
    assert [one.key for one in bad.value.problems] == [key]
    assert expected in bad.value.problems[0].expected


def test_every_mistake_is_told_at_once() -> None:
    with pytest.raises(BadMapping) as bad:
        mapping_of(yaml.safe_load("changes: [{set: X}, {move: PID-2}]\nextensions: {PID-3: x}\ndescribed: y"))
    assert len(bad.value.problems) == 5


PLACES = st.sampled_from(["PID-3", "PID-3.1", "PID-3.4", "PID-3.4.2", "PID-2", "OBX-5", "OBX-3", "ZPI-1", "MSH-4"])
CHANGES = st.one_of(
    st.fixed_dictionaries({"set": PLACES, "to": st.text("aF^~&|\\", max_size=4)}),
    st.fixed_dictionaries({"move": PLACES, "to": st.sampled_from(["PID-4", "PID-5.2", "OBX-8", "OBX-5"])}),
    st.fixed_dictionaries({"remove": PLACES, "when": st.fixed_dictionaries({}, optional={"PID-3.1": st.text("1a")})}),
    st.fixed_dictionaries({"authority": st.text("AB&", max_size=3), "of": st.just("PID-3")}),
    st.fixed_dictionaries({"translate": PLACES, "codes": st.just({"1": "2"})}),
)


@given(st.lists(CHANGES, max_size=4), st.lists(st.text('1a^~&\\|"', max_size=12), max_size=3))
def test_whatever_is_changed_stays_a_message(rules: list[dict[str, Any]], texts: list[str]) -> None:
    hl7 = Hl7.read(
        "\r".join([HEAD, *(f"{name}|1|{text}" for name in ("PID", "OBX", "ZPI") for text in texts)]).encode()
    )
    names = [segment.name for segment in hl7.segments]
    try:
        changes.apply(hl7, {"changes": rules}, "")
    except BadMapping:
        return
    again = Hl7.read("\r".join(segment.raw for segment in hl7.segments).encode())
    assert [segment.name for segment in again.segments] == names
    for before, after in zip(hl7.segments, again.segments, strict=True):
        assert all(before.whole(n) == after.whole(n) for n in range(1, before.count() + 1))
