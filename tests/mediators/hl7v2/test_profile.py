"""What a profile asks: layers upon layers, each kind of rule, conditions, and what is told of a message."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mediators.hl7v2.conformance import issues
from mediators.hl7v2.judgement import judged
from mediators.hl7v2.mediator import Hl7v2
from mediators.hl7v2.profile import BadProfile, Profile, profile
from mediators.hl7v2.reader import Hl7
from mediators.mediator import Context
from schemas.message import Issue, Message, Refused
from tests.mediators.hl7v2.profiles import shipped

KIND = "ORU^R01"
SOUND = "\r".join(
    [
        r"MSH|^~\&|LABO|CHU|WASL|HIE|20240312103000+0100||ORU^R01^ORU_R01|C-17|P|2.5.1",
        "PID|1||0044^^^HOP^PI~AB123456^^^CIN^NI||BENNANI^SALMA||19870604|F",
        "ORC|RE|P-9|F-9",
        "OBR|1|P-9|F-9|2345-7^Glucose^LN|||20240312||||||||||||||||||F",
        "OBX|1|NM|2345-7^Glucose^LN||5.0|mmol/L|||||F",
        "OBX|2|ST|ABC^Aspect^L||clair||||||F",
    ]
)
Rules = Mapping[str, Any]


def of(rules: Rules, *, strict: bool = True, **more: Any) -> Profile:
    return profile("test", {"": [{"rules": rules, **more}]}, strict=strict)


def told(rules: Rules, body: str = SOUND, **more: Any) -> list[tuple[str, str, str, str]]:
    return [(one.at, one.location, one.reason, one.code) for one in found(of(rules, **more).advising, body)]


def found(asked: Profile, body: str = SOUND) -> list[Issue]:
    hl7 = Hl7.read(body.encode())
    return asked.issues(hl7, hl7.type)


def mistakes(*layers: Mapping[str, Any]) -> list[tuple[int, tuple[str, ...], str]]:
    with pytest.raises(BadProfile) as raised:
        profile("test", {"": layers})
    return [(number, one.keys, one.expected) for number, one in raised.value.mistakes]


# --- each kind of rule


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        # usage
        ({"PID-11": {"usage": "R"}}, ("PID-11", "PID^1^11", "required", "101")),
        ({"PID-3.6": {"usage": "R"}}, ("PID-3.6", "PID^1^3^1^6", "required", "101")),
        ({"OBX-4": {"usage": "R"}}, ("OBX-4", "OBX^1^4", "required", "101")),
        ({"PID-8": {"usage": "X"}}, ("PID-8", "PID^1^8", "not-allowed", "199")),
        ({"PV1": {"usage": "R"}}, ("PV1", "PV1^1", "segment-sequence", "100")),
        ({"ORC": {"usage": "X"}}, ("ORC", "ORC^1", "not-allowed", "100")),
        # cardinality and length
        ({"PID-3": {"cardinality": "1..1"}}, ("PID-3", "PID^1^3", "cardinality", "198")),
        ({"PID-3": {"cardinality": "3..*"}}, ("PID-3", "PID^1^3", "cardinality", "198")),
        ({"OBX": {"cardinality": "0..1"}}, ("OBX[2]", "OBX^2", "cardinality", "198")),
        ({"PID-5": {"length": 5}}, ("PID-5", "PID^1^5", "too-long", "104")),
        ({"PID-3.1": {"length": 4}}, ("PID-3.1", "PID^1^3^2^1", "too-long", "104")),
        ({"MSH-10": {"length": "8..20"}}, ("MSH-10", "MSH^1^10", "format", "102")),
        # tables
        ({"PID-8": {"table": ["M"]}}, ("PID-8", "PID^1^8", "unknown-code", "103")),
        ({"OBX-2": {"table": "HL70001"}}, ("OBX-2", "OBX^1^2", "unknown-code", "103")),
        ({"OBX-3.3": {"table": ["LN"]}}, ("OBX[2]-3.3", "OBX^2^3^1^3", "unknown-code", "103")),
        # types, formats and check digits
        ({"OBX-5": {"type": "NM"}}, ("OBX[2]-5", "OBX^2^5", "data-type", "102")),
        ({"PID-5": {"type": "DTM"}}, ("PID-5", "PID^1^5", "data-type", "102")),
        ({"OBX-6": {"type": "TM"}}, ("OBX-6", "OBX^1^6", "data-type", "102")),
        ({"PID-3.1": {"type": "SI"}}, ("PID-3.1", "PID^1^3^2^1", "data-type", "102")),
        ({"MSH-4": {"format": "[0-9]{9}", "remedy": "send nine digits"}}, ("MSH-4", "MSH^1^4", "format", "102")),
        ({"PID-7": {"check": "mod97", "remedy": "look"}}, ("PID-7", "PID^1^7", "check-digit", "102")),
    ],
)  # fmt: skip
def test_each_kind_of_rule_tells_the_place(rules: Rules, expected: tuple[str, ...]) -> None:
    assert expected in told(rules)


@pytest.mark.parametrize(
    "rules",
    [
        {"PID-3": {"usage": "R", "cardinality": "1..2"}},
        {"PID-11": {"usage": "RE"}},
        {"PID-3.5": {"usage": "R"}},
        {"OBX-5": {"type": "NM", "when": {"OBX-2": "NM"}}},
        {"PID-8": {"table": "HL70001"}},
        {"PID-7": {"type": "DTM"}},
        {"PID-11": {"type": "NM", "length": 1, "table": ["A"]}},
        {"PID-11.3": {"usage": "R"}},
        {"OBX": {"usage": "R", "cardinality": "1..*"}},
        {"ZZZ-3": {"usage": "R"}},
    ],
)
def test_what_is_as_asked_is_not_told(rules: Rules) -> None:
    assert told(rules) == []


@pytest.mark.parametrize("value", ['""', " ", "", "^^", '""^""'])
def test_a_deletion_a_blank_and_bare_separators_are_no_value(value: str) -> None:
    body = SOUND.replace("|19870604|", f"|{value}|")
    assert told({"PID-7": {"usage": "R"}}, body) == [("PID-7", "PID^1^7", "required", "101")]
    assert told({"PID-7": {"type": "DTM", "length": "8..8"}}, body) == []


def test_another_place_will_do() -> None:
    rules = {"PID-11": {"usage": "R", "or": ["PID-13", "ORC-2"]}}
    assert told(rules) == []
    assert told(rules, SOUND.replace("P-9", "")) == [("PID-11", "PID^1^11", "required", "101")]


# --- conditions


@pytest.mark.parametrize(
    ("when", "holds"),
    [
        ({"type": "ORU^*"}, True),
        ({"type": ["ADT^A01", "ADT^A04"]}, False),
        ({"application": "LABO", "facility": "CH?"}, True),
        ({"application": "RIS"}, False),
        ({"PID-8": "F"}, True),
        ({"PID-8": ["M", "F"]}, True),
        ({"PID-8": {"not": "F"}}, False),
        ({"PID-3.1": {"matches": "[0-9]+"}}, True),
        ({"PID-3.4": "CIN"}, True),
        ({"PID-12": {"empty": True}}, True),
        ({"PID-8": {"empty": True}}, False),
        ({"PV1-2": {"empty": True}}, True),
        ({"OBR-4.1": "2345-7", "OBX-2": "NM"}, True),
        ({"OBR-4.1": "2345-7", "OBX-2": "CE"}, False),
    ],
)
def test_a_rule_asks_only_where_its_conditions_hold(when: Rules, holds: bool) -> None:
    assert bool(told({"PID-11": {"usage": "C", "when": when}})) == holds


def test_a_condition_on_the_same_field_is_asked_of_each_repetition() -> None:
    rule = {"format": "[A-Z]{1,2}[0-9]{1,7}", "remedy": "send it", "when": {"PID-3.4": "CIN"}}
    assert told({"PID-3.1 (CIN)": rule}) == []
    wrong = SOUND.replace("AB123456", "12 AB")
    assert told({"PID-3.1 (CIN)": rule}, wrong) == [("PID-3.1", "PID^1^3^2^1", "format", "102")]
    assert told({"PID-3.1 (CIN)": rule}, wrong.replace("CIN", "CIN&1.2.3&ISO")) != []


def test_usage_may_differ_with_the_condition() -> None:
    rules = {"OBX-6": {"usage": "C(R/X)", "when": {"OBX-2": "NM"}}}
    assert told(rules) == []
    assert told(rules, SOUND.replace("clair|", "clair|g")) == [("OBX[2]-6", "OBX^2^6", "not-allowed", "199")]
    assert told(rules, SOUND.replace("mmol/L", "")) == [("OBX-6", "OBX^1^6", "required", "101")]


def test_a_condition_may_be_about_the_segment_before() -> None:
    two = SOUND + "\rOBR|2|P-8|F-8|718-7^Hb^LN\rOBX|1|NM|718-7^Hb^LN||9|g/L|||||F"
    rules = {"OBX-7": {"usage": "C", "when": {"OBR-4.1": "718-7"}}}
    assert told(rules, two) == [("OBX[3]-7", "OBX^3^7", "required", "101")]


def test_another_place_is_that_of_the_same_group() -> None:
    rules = {"OBR-7": {"usage": "R", "or": ["OBX-14"]}}
    first, second = "OBR|1|P-9|F-9|GLY", "OBR|2|P-8|F-8|HB"
    plain, timed = "OBX|1|NM|X||1||||||F", "OBX|1|NM|X||1||||||F|||20260101"
    head = SOUND[: SOUND.index("OBR")]
    assert told(rules, head + "\r".join((first, timed, second, plain))) == [("OBR[2]-7", "OBR^2^7", "required", "101")]
    assert told(rules, head + "\r".join((first, plain, second, timed))) == [("OBR-7", "OBR^1^7", "required", "101")]


# --- layers


def layers(*said: Mapping[str, Any]) -> list[Issue]:
    return found(profile("test", {"": said}, strict=True))


def test_a_layer_adds_changes_and_takes_away() -> None:
    base = {"severity": "warning", "source": "base", "rules": {"PID-11": {"usage": "R"}, "PID-13": {"usage": "R"}}}
    rules = {"PID-11": {"remedy": "send the address"}, "PID-13": False, "PID-18": {"usage": "R"}}
    address, account = layers(base, {"source": "site", "rules": rules})
    assert (address.at, address.severity, address.remedy, address.source) == (
        "PID-11", "warning", "send the address", "base",
    )  # fmt: skip
    assert (account.at, account.severity, account.source) == ("PID-18", "error", "site")


def test_rules_about_the_same_place_are_told_apart_by_a_name() -> None:
    rules = {
        "OBX-5 (number)": {"type": "NM", "when": {"OBX-2": "NM"}},
        "OBX-5 (text)": {"length": 3, "when": {"OBX-2": "ST"}},
    }
    assert [at for at, *_ in told(rules)] == ["OBX[2]-5"]


def test_lists_are_inherited() -> None:
    (one,) = layers({"lists": {"sexes": ["M"]}}, {"rules": {"PID-8": {"table": "sexes"}}})
    assert one.text == "this code is not one of those that are known here"


def test_a_message_has_the_rules_of_its_version() -> None:
    stacks = {
        "2.3": [{"rules": {"PID-11": {"usage": "R"}}}],
        "2.5": [{"rules": {"PID-12": {"usage": "R"}}}],
        "2.7": [{"rules": {"PID-13": {"usage": "R"}}}],
    }
    asked = profile("test", stacks, strict=True)
    of_version = {"2.1": "PID-11", "2.4": "PID-11", "2.5.1": "PID-12", "2.6": "PID-12", "2.8.2": "PID-13"}
    for version, at in of_version.items():
        assert [one.at for one in found(asked, SOUND.replace("2.5.1", version))] == [at], version


# --- what is wrong with a profile


@pytest.mark.parametrize(
    ("layer", "keys", "expected"),
    [
        ({"rule": {}}, ("rule",), "no such key"),
        ({"severity": "fatal"}, ("severity",), "error"),
        ({"rules": {"PID3": {"usage": "R"}}}, ("rules", "PID3"), "expected a segment or a place"),
        ({"rules": {"QQQ-3": {"usage": "R"}}}, ("rules", "QQQ-3"), "no version of HL7 v2 has a segment QQQ"),
        ({"rules": {"QQQ": {"usage": "R"}}}, ("rules", "QQQ"), "no version of HL7 v2 has a segment QQQ"),
        ({"rules": {"PID-99": {"usage": "R"}}}, ("rules", "PID-99"), "the last field of PID is"),
        ({"rules": {"PID-3.44": {"usage": "R"}}}, ("rules", "PID-3.44"), "components"),
        ({"rules": {"PID-3": {"usage": "MUST"}}}, ("rules", "PID-3", "usage"), "expected R, RE, O, C, X"),
        ({"rules": {"PID-3": {"usages": "R"}}}, ("rules", "PID-3", "usages"), "no such key"),
        ({"rules": {"PID-3": {"usage": "C"}}}, ("rules", "PID-3"), "usage C needs `when:`"),
        ({"rules": {"PID-3": {"cardinality": "3..1"}}}, ("rules", "PID-3", "cardinality"), "the least and the most"),
        ({"rules": {"PID-8": {"table": "sexes"}}}, ("rules", "PID-8", "table"), "expected a table that is known"),
        ({"rules": {"PID-8": {"table": "HL79999"}}}, ("rules", "PID-8", "table"), "expected a table that is known"),
        ({"rules": {"PID-8": {"format": "["}}}, ("rules", "PID-8"), "format needs `remedy:`"),
        ({"rules": {"PID-8": {"format": "[", "remedy": "x"}}}, ("rules", "PID-8", "format"), "a regular expression"),
        ({"rules": {"PID-8": {"check": "luck", "remedy": "x"}}}, ("rules", "PID-8", "check"), "verhoeff"),
        ({"rules": {"PID-8": {"type": "ZZ"}}}, ("rules", "PID-8", "type"), "NM"),
        ({"rules": {"PID-8": {"or": ["PID-999"]}}}, ("rules", "PID-8", "or"), "the last field of PID is"),
        ({"rules": {"OBX": {"length": 3}}}, ("rules", "OBX"), "length: not for a whole segment"),
        ({"rules": {"PID-8": False}}, ("rules", "PID-8"), "`off` for an extended one"),
    ],
)
def test_every_mistake_names_its_keys_and_what_was_expected(
    layer: Mapping[str, Any], keys: tuple[str, ...], expected: str
) -> None:
    ((number, where, text),) = mistakes({"rules": {"PID-5": {"usage": "R"}}}, layer)
    assert (number, where) == (1, keys)
    assert expected in text


def test_all_mistakes_are_told_at_once_each_in_the_layer_that_made_it() -> None:
    base = {"rules": {"PID-3": {"usage": "MUST"}, "PID-8": {"table": "HL70001"}}}
    said = mistakes(base, {"rules": {"PID-8": {"length": "long"}, "PID-999": {"usage": "R"}}})
    assert [(number, keys[1]) for number, keys, _ in said] == [(0, "PID-3"), (1, "PID-8"), (1, "PID-999")]


# --- strict and tolerant


def door(asked: Profile, body: str = SOUND) -> str:
    message = Message("t", "lab", "LABO|CHU", body.encode(), "x-application/hl7-v2+er7", 1)
    mediator, context = Hl7v2(), Context(profile=asked)
    try:
        return mediator.accept(message, mediator.check(message, context)).body.decode()
    except Refused as refused:
        return mediator.refuse(message, refused.issues, reject=refused.reject).body.decode()


def test_what_a_strict_channel_refuses_a_tolerant_one_notes() -> None:
    rules: Rules = {"PID-11": {"usage": "R"}, "PID-13": {"usage": "R", "severity": "warning"}}
    assert "MSA|AE|C-17" in door(of(rules))
    assert "ERR||PID^1^11|101^Required field missing^HL70357|E|" in door(of(rules))
    tolerant = door(of(rules, strict=False))
    assert "MSA|AA|C-17" in tolerant
    assert "ERR||PID^1^11|101^Required field missing^HL70357|W|" in tolerant
    assert "PID^1^13" in tolerant


def test_no_profile_turns_off_what_every_message_must_have() -> None:
    for strict in (True, False):
        assert "MSA|AE|C-17" in door(of({}, strict=strict), SOUND.replace("0044^^^HOP^PI~AB123456^^^CIN^NI", ""))


def test_advice_is_not_told_at_the_door() -> None:
    asked = of({"PID-11": {"usage": "R", "severity": "information"}})
    assert found(asked) == []
    assert [one.severity for one in found(asked.advising)] == ["information"]


def test_what_is_told_holds_nothing_of_the_message_and_always_a_remedy() -> None:
    body = SOUND.replace("|F\r", "|SECRET\r")
    for value in ("BENNANI", "0044", "19870604"):
        body = body.replace(value, "SECRET")
    asked = of({"PID-3.1": {"length": 2}, "PID-5": {"length": 2}, "PID-7": {"type": "DTM"}, "PID-8": {"table": ["M"]}})
    said = found(asked, body)
    assert len(said) >= 4
    for one in said:
        assert "SECRET" not in repr(one)
        assert one.text
        assert one.remedy


# --- the quick test spares judging, and changes nothing


_TEXT = st.text(st.sampled_from('^~&\\"|.TFMNC 0123456789AB<'), max_size=14)
_RULES: list[Rules] = [
    {"OBX-5": {"usage": "R", "type": "NM"}},
    {"OBX-5": {"type": "DTM", "length": "2..9"}},
    {"OBX-5": {"usage": "C(R/X)", "when": {"OBX-2": "NM"}}},
    {"OBX-5": {"table": ["A", "B", "12"], "cardinality": "0..1"}},
    {"OBX-5": {"format": "[0-9AB]+", "remedy": "x"}},
    {"OBX-5.1": {"usage": "R"}, "OBX-5.2": {"table": ["A", "F"], "when": {"OBX-5.1": ["1", "2", "A"]}}},
    {"OBX-5.2": {"format": "[0-9]*", "remedy": "x", "when": {"OBX-5.3": ["A", "B"]}}},
    {"OBX-5.1": {"length": 3}, "OBX-5.2": {"type": "SI"}},
    {"OBX-5.1": {"check": "gs1", "remedy": "x", "when": {"OBX-2": {"not": "NM"}}}},
    {"OBX-5.1.2": {"usage": "R"}},
    {"OBX-5": {"usage": "R"}, "OBX-5.2": {"type": "TM"}},
    {"OBX-5": {"usage": "X", "when": {"OBX-5.2": {"empty": False}}}},
]


@given(st.sampled_from(_RULES), _TEXT.filter(lambda text: "|" not in text), st.sampled_from(["NM", "ST", ""]))
@settings(max_examples=400, deadline=None)
def test_what_passes_at_a_glance_would_pass_with_care(rules: Rules, value: str, kind: str) -> None:
    hl7 = Hl7.read("\r".join([SOUND.split("\r")[0], f"OBX|1|{kind}|A||{value}"]).encode())
    asked = of(rules)
    careful = [one for rule in asked.versions[""] for one in judged(rule, hl7, KIND, hl7.segments[1])]
    assert asked.issues(hl7, KIND) == list(dict.fromkeys(careful))


@given(st.lists(_TEXT, min_size=1, max_size=12))
@settings(max_examples=200, deadline=None)
def test_no_message_breaks_the_shipped_profiles(fields: list[str]) -> None:
    body = "\r".join([SOUND, "PV1|" + "|".join(fields), "OBX|" + "|".join(fields), "PID|" + "|".join(fields)]).encode()
    for name in ("base-*", "ma-laboratoire", "ma-admission"):
        hl7 = Hl7.read(body)
        assert all(one.remedy for one in issues(hl7, {KIND}, shipped(name, strict=True).advising))


def test_other_delimiters_are_judged_alike() -> None:
    odd = SOUND.replace("^", "!").replace("~", "^").replace("!", "~").replace(r"MSH|~^\&", r"MSH|~^\&")
    rules = {"PID-3.1": {"length": 4}, "OBX-3.3": {"table": ["LN"]}}
    assert told(rules, odd) == told(rules)
