"""What senders are told of who assigned their numbers: HL7 v2, FHIR, CSV; strict channels refuse, others advise."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mediators.csv.mediator import Csv
from mediators.fhir.mediator import Fhir
from mediators.hl7v2.mediator import Hl7v2
from mediators.mediator import Context
from schemas.domains import Domain, Domains
from schemas.message import Issue, Message, Refused
from tests.mediators.domains import IDCS, NORTH, SOUTH, STRICT, TOLERANT, context
from tests.mediators.hl7v2.profiles import shipped

RIGHT, WRONG = "2345678906", "2345678907"


def told(mediator: Any, message: Message, domains: Domains, **said: Any) -> tuple[bool, list[tuple[str, str]]]:
    """Whether it was refused, and what was told: place and reason."""
    given = context(domains)
    if said:
        given = Context(channel=given.channel, authorities=given.authorities, domains=domains, **said)
    try:
        issues, refused = mediator.check(message, given), False
    except Refused as one:
        issues, refused = one.issues, True
    return refused, [_short(issue) for issue in issues]


def _short(issue: Issue) -> tuple[str, str]:
    return issue.location or issue.at, issue.reason


def hl7(
    pid3: str, *more: str, type_: str = "ADT^A04", sender: str = "HIS_N|NORTH", rest: str = "|19800101|F"
) -> Message:
    body = "\r".join([rf"MSH|^~\&|{sender}|CR|HIE|20260101||{type_}|1|P|2.5", f"PID|||{pid3}||ALAMI^Rim|{rest}", *more])
    return Message("t", "client-registry", sender, body.encode(), "x-application/hl7-v2+er7", 1_800_000_000_000_000)


@pytest.mark.parametrize("pid3", ["7^^^NORTH", "7^^^nord", "7^^^North", "7^^^&2.25.101&ISO", "7^^^NORTH&2.25.101&ISO"])
def test_a_number_of_ones_own_domain_passes_whatever_word_names_it(pid3: str) -> None:
    message = hl7(pid3)
    assert told(Hl7v2(), message, STRICT) == (False, [])
    (event,) = Hl7v2().mediate(message, context()).events
    assert event["patient"]["identifiers"][0]["system"] == NORTH.uri


@pytest.mark.parametrize(
    ("pid3", "location", "reason"),
    [
        ("7", "PID^1^3^1^4", "required"),
        ("7^^^&&", "PID^1^3^1^4", "required"),
        ("7^^^ELSEWHERE", "PID^1^3^1^4", "unknown-authority"),
        ("7^^^NORTH&2.25.102&ISO", "PID^1^3^1^4", "unknown-authority"),
        ("7^^^NORTH~8^^^SOUTH", "PID^1^3^2^4", "foreign-authority"),
        ("7^^^ECID", "PID^1^3^1^4", "foreign-authority"),
    ],
)
def test_a_strict_channel_refuses_what_nobody_here_may_assign(pid3: str, location: str, reason: str) -> None:
    assert told(Hl7v2(), hl7(pid3), STRICT) == (True, [(location, reason)])
    assert told(Hl7v2(), hl7(pid3), TOLERANT) == (False, [])


def test_a_number_that_is_refused_is_not_told_to_be_assumed_the_senders() -> None:
    profile = shipped()
    assert told(Hl7v2(), hl7("7"), STRICT, profile=profile) == (True, [("PID^1^3^1^4", "required")])
    refused, advice = told(Hl7v2(), hl7("7"), TOLERANT, profile=profile)
    assert (refused, [place for place, _ in advice]) == (False, ["PID^1^3^1^4"])


def test_the_refusal_can_be_mended_and_names_the_place() -> None:
    with pytest.raises(Refused) as refused:
        Hl7v2().check(hl7("7^^^ELSEWHERE"), context())
    reply = Hl7v2().refuse(hl7("7^^^ELSEWHERE"), refused.value.issues, reject=refused.value.reject)
    assert reply.code == "AE"
    assert b"PID^1^3^1^4|204^" in reply.body


@pytest.mark.parametrize("rest", ["|19800101", "||F", "|" * 15 + "9^^^SOUTH"])
def test_an_identifier_with_birth_date_sex_or_mother_is_enough(rest: str) -> None:
    assert told(Hl7v2(), hl7("7^^^NORTH", rest=rest), STRICT) == (False, [])


def test_an_identifier_alone_is_not_enough() -> None:
    assert told(Hl7v2(), hl7("7^^^NORTH", rest=""), STRICT) == (True, [("PID^1^7", "required")])


def test_a_mother_of_an_unknown_domain_is_refused_and_of_anothers_is_not() -> None:
    assert told(Hl7v2(), hl7("7^^^NORTH", rest="|" * 15 + "9^^^X"), STRICT)[1] == [
        ("PID^1^21^1^4", "unknown-authority")
    ]


@pytest.mark.parametrize(
    ("pid3", "mrg", "sender", "issues"),
    [
        ("7^^^NORTH", "6^^^NORTH", "HIS_N|NORTH", []),
        ("7^^^NORTH", "6^^^IDCS", "HIS_N|NORTH", [("MRG^1^1^1^4", "across-domains")]),
        (
            "7^^^NORTH",
            "6^^^NORTH",
            "HIS_S|SOUTH",
            [(f"{one}^1^4", "foreign-authority") for one in ("PID^1^3", "MRG^1^1")],
        ),
        # of a national number nobody is the owner: beside one of the sender's own it passes, alone it joins nobody
        (f"{RIGHT}^^^IDCS", f"{WRONG}^^^IDCS", "HIS_N|NORTH", [("MRG^1^1^1^4", "foreign-authority")]),
        (f"7^^^NORTH~{RIGHT}^^^IDCS", f"{WRONG}^^^IDCS", "HIS_N|NORTH", [("MRG^1^1^1^4", "foreign-authority")]),
        ("7^^^NORTH~204060801^^^CNSS", "6^^^NORTH", "HIS_N|NORTH", []),
        ("7^^^NORTH~204060801^^^CNSS", "6^^^NORTH~204060801^^^CNSS", "HIS_N|NORTH", []),
        (
            "7^^^NORTH",
            "6^^^NORTH|5^^^SOUTH",
            "HIS_N|NORTH",
            [("MRG^1^2^1^4", "foreign-authority"), ("MRG^1^2^1^4", "across-domains")],
        ),
    ],
)
def test_only_the_owner_merges_and_only_within_its_domain(
    pid3: str, mrg: str, sender: str, issues: list[tuple[str, str]]
) -> None:
    message = hl7(pid3, f"MRG|{mrg}", type_="ADT^A40", sender=sender)
    refused, found = told(Hl7v2(), message, STRICT)
    assert (refused, [one for one in found if one[1] != "check-digit"]) == (bool(issues), issues)


def test_a_hospitals_own_domain_merges_also_where_the_table_names_no_senders() -> None:
    open_to_all = Domains.of([Domain("https://east.example/ipp", ("EAST",))], strict=True)
    assert told(Hl7v2(), hl7("7^^^EAST", "MRG|6^^^EAST", type_="ADT^A40"), open_to_all) == (False, [])


@pytest.mark.parametrize("domains", [STRICT, TOLERANT])
def test_a_number_that_looks_mistyped_is_a_warning(domains: Domains) -> None:
    assert told(Hl7v2(), hl7(f"7^^^NORTH~{RIGHT}^^^IDCS"), domains) == (False, [])
    assert told(Hl7v2(), hl7(f"7^^^NORTH~{WRONG}^^^IDCS"), domains) == (False, [("PID^1^3^2^1", "check-digit")])


def patient(*identifiers: tuple[str, str], **more: Any) -> Message:
    numbers = [{"system": system, "value": value} if system else {"value": value} for system, value in identifiers]
    body = json.dumps({"resourceType": "Patient", "identifier": numbers, **more}).encode()
    return Message("t", "client-registry", "north", body, "application/fhir+json", 1_800_000_000_000_000)


BORN = {"birthDate": "1980-01-01"}


@pytest.mark.parametrize(
    ("message", "issues"),
    [
        (patient((NORTH.uri, "7"), **BORN), []),
        (patient(("urn:oid:2.25.101", "7"), (IDCS.uri, RIGHT), **BORN), []),
        (patient(("", "7"), **BORN), [("Patient.identifier[0].system", "required")]),
        (patient(("urn:x:else", "7"), **BORN), [("Patient.identifier[0].system", "unknown-authority")]),
        (patient((SOUTH.uri, "7"), **BORN), [("Patient.identifier[0].system", "foreign-authority")]),
        (patient((NORTH.uri, "7")), [("Patient", "required")]),
    ],
)
def test_fhir_patients_are_judged_alike(message: Message, issues: list[tuple[str, str]]) -> None:
    assert told(Fhir(), message, STRICT) == (bool(issues), issues)
    assert told(Fhir(), message, TOLERANT) == (False, [])


@pytest.mark.parametrize(("system", "reasons"), [(NORTH.uri, []), (IDCS.uri, ["foreign-authority"])])
def test_a_patient_is_replaced_by_numbers_of_the_owner_and_not_by_national_ones(
    system: str, reasons: list[str]
) -> None:
    link = [{"type": "replaced-by", "other": {"identifier": {"system": system, "value": RIGHT}}}]
    message = patient((system, "9876543217"), active=False, link=link, **BORN)
    assert [why for _, why in told(Fhir(), message, STRICT)[1] if why != "check-digit"] == reasons
    assert told(Fhir(), message, TOLERANT)[0] is False


def test_an_oid_in_fhir_is_the_same_system() -> None:
    (event,) = Fhir().mediate(patient(("urn:oid:2.25.101", "7"), **BORN), context()).events
    assert event["patient"]["identifiers"][0]["system"] == NORTH.uri


MAPPING = {
    "event": "MedicationDispensed",
    "columns": {
        "date": {"field": "dispensed", "type": "date", "required": True, "formats": ["yyyy-mm-dd"]},
        "pharmacy": {"field": "pharmacy.identifier", "type": "identifier", "system": "inpe-es", "required": True},
        "number": {"field": "patient.identifier", "type": "identifier", "system": "cnss", "required": True},
        "file": {"field": "patient.identifier", "type": "identifier", "system": SOUTH.uri},
        "ean": {"field": "medication.code", "type": "code", "system": "ean13", "required": True},
        "quantity": {"field": "quantity", "type": "decimal", "required": True},
    },
}


def test_rows_with_a_strangers_numbers_are_refused_alone() -> None:
    rows = ["date,pharmacy,number,file,ean,quantity"]
    rows += ["2026-01-01,130000001,123456789,,6118000000001,1", "2026-01-01,130000001,123456789,5,6118000000001,1"]
    body = "\n".join(rows).encode()
    message = Message("t", "client-registry", "north", body, "text/csv", 1_800_000_000_000_000)
    assert told(Csv(), message, STRICT, mapping=MAPPING) == (False, [("line 3, file", "foreign-authority")])
    assert told(Csv(), message, TOLERANT, mapping=MAPPING) == (False, [])
    given = Context(channel="client-registry", domains=STRICT, mapping=MAPPING)
    assert [part.place for part in Csv().mediate(message, given).refused] == ["line 3"]
