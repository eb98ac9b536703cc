"""PIX and PDQ queries: what is asked, and what can't be asked so."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediators.hl7v2.mediator import Hl7v2
from mediators.hl7v2.reader import Hl7
from mediators.mediator import Asked, Context
from schemas.message import Message, Refused
from schemas.queries import Criteria, Question
from tests.mediators.domains import NORTH, SOUTH, TOLERANT, context

HL7V2 = Hl7v2()
STRICT = replace(context(), answers=True)
POINTER = "0e6dd74c-e9b9-4602-889b-54f93c2fd840"


def message(*segments: str, type_: str = "QBP^Q22^QBP_Q21") -> Message:
    body = "\r".join([rf"MSH|^~\&|PORTAL|CLINIC|CR|HIE|20260101||{type_}|Q1|P|2.5", *segments])
    return Message("t", "client-registry", "PORTAL|CLINIC", body.encode(), "x-application/hl7-v2+er7", 1_800_000_000)


def pix(number: str, domains: str = "") -> Message:
    return message(f"QPD|IHE PIX Query|tag|{number}|{domains}", "RCP|I", type_="QBP^Q23^QBP_Q21")


def pdq(criteria: str, domains: str = "", *more: str, rcp: str = "RCP|I|10^RD") -> Message:
    return message(f"QPD|IHE PDQ Query|tag|{criteria}|||||{domains}", rcp, *more)


def asked(query: Message, given: Context = STRICT) -> Question:
    assert HL7V2.check(query, given) == []
    found = HL7V2.question(query, given)
    assert found is not None
    return found


def refused(query: Message, given: Context = STRICT) -> list[tuple[str, str]]:
    HL7V2.check(query, given)
    with pytest.raises(Refused) as raised:
        HL7V2.question(query, given)
    reply = HL7V2.refuse(query, raised.value.issues, reject=raised.value.reject)
    answer = Hl7.read(reply.body)
    assert reply.code == "AE"
    assert [qak.text(2) for qak in answer.all("QAK")] == ["AE"] * bool(answer.first("QPD"))
    return [(error.raw_field(2), error.text(3)) for error in answer.all("ERR")]


def test_the_mediator_answers_queries_where_the_channel_has_a_registry() -> None:
    assert isinstance(HL7V2, Asked)
    with pytest.raises(Refused):
        HL7V2.check(pix("7^^^NORTH"), context())
    assert HL7V2.question(pix("7^^^NORTH"), context()) is None


@pytest.mark.parametrize("number", ["7^^^NORTH^PI", "7^^^&2.25.101&ISO", "7^^^NORTH&2.25.101&ISO"])
def test_a_number_is_asked_by_any_word_for_its_domain(number: str) -> None:
    assert asked(pix(number)).of == (NORTH.uri, "7")


def test_the_domains_wanted_are_asked_one_by_one() -> None:
    assert asked(pix("7^^^NORTH", "^^^SOUTH~^^^&2.25.100&ISO")).domains == (
        SOUTH.uri,
        "https://hie.sante.gov.ma/id/ecid",
    )
    assert asked(pix("7^^^NORTH")).domains == ()


@pytest.mark.parametrize(
    ("query", "errors"),
    [
        (pix("7^^^ELSEWHERE"), [("QPD^1^3^1^4", "204")]),
        (pix(""), [("QPD^1^3", "101")]),
        (pix("7^^^NORTH", "^^^SOUTH~^^^RANDOM"), [("QPD^1^4^2", "204")]),
        (pdq("@PID.5.1^ALAMI", "^^^RANDOM"), [("QPD^1^8^1", "204")]),
        (pdq("@PID.3.1^7~@PID.3.4.99^X"), [("QPD^1^3^2", "204")]),
        (pdq("@PID.3.1^7~@PID.3.4.1^ELSEWHERE"), [("QPD^1^3^1^4", "204")]),
        (pdq("@PID.99^7"), [("QPD^1^3^1", "204")]),
        (pdq("ALAMI"), [("QPD^1^3^1", "204")]),
        (pdq("@PID.7^19841341"), [("QPD^1^3^1", "102")]),
        (pdq("@PID.8^Q"), [("QPD^1^3^1", "103")]),
        (pdq("@PID.5.1^ALAMI~@PID.5^TAZI"), [("QPD^1^3^2", "204")]),
        (pdq(""), [("QPD^1^3", "101")]),
        (message("RCP|I"), [("QPD^1", "101")]),
        (pdq("@PID.5.1^ALAMI", "", "DSC|elsewhere|I"), [("DSC^1^1", "204")]),
        *(
            (pdq("@PID.5.1^ALAMI", rcp=f"RCP|I|{limit}"), [("RCP^1^2^1^1", "102")])
            for limit in ("x", "0", "000^RD", "-1", "1.5", "10 RD", "١٠")
        ),
        (pdq("@PID.5.1^ALAMI", rcp="RCP|I|10^LI"), [("RCP^1^2^1^2", "103")]),
    ],
)
def test_what_cant_be_asked_is_refused_in_the_querys_own_terms(query: Message, errors: list[tuple[str, str]]) -> None:
    assert refused(query) == errors


@pytest.mark.parametrize(
    ("criteria", "wanted"),
    [
        ("@PID.3.1^7~@PID.3.4.1^NORTH", Criteria(number="7", system=NORTH.uri)),
        ("@PID.3.1^7~@PID.3.4.2^2.25.102~@PID.3.4.3^ISO", Criteria(number="7", system=SOUTH.uri)),
        ("@PID.5.1^AL*~@PID.5.2^Rim", Criteria(family="AL*", given="Rim")),
        ("@PID.5.1.1^ALAMI", Criteria(family="ALAMI")),
        ("@PID.6.1^TAZI~@PID.6.2^Hind", Criteria(mother_family="TAZI", mother_given="Hind")),
        ("@PID.21.1^9~@PID.21.4.1^SOUTH", Criteria(mother_number="9", mother_system=SOUTH.uri)),
        ("@PID.7^1984", Criteria(birth="1984")),
        ("@PID.7.1^198401", Criteria(birth="1984-01")),
        ("@PID.7^198401250830", Criteria(birth="1984-01-25")),
        ("@PID.8^F~@PID.7^19840125", Criteria(sex="female", birth="1984-01-25")),
        (
            "@PID.11.1^12, rue X~@PID.11.3^Rabat~@PID.11.5^10000",
            Criteria(street="12, rue X", city="Rabat", postal_code="10000"),
        ),
        ("@PID.13.1^0600000000~@PID.18.1^A1", Criteria(phone="0600000000", account="A1")),
        ("@PID.5.1^ALAMI~@PID.5.2^", Criteria(family="ALAMI")),
    ],
)
def test_every_criterion_is_understood(criteria: str, wanted: Criteria) -> None:
    assert asked(pdq(criteria)).criteria == wanted


def test_how_many_are_wanted_and_where_to_go_on() -> None:
    first, rest = asked(pdq("@PID.5.1^ALAMI")), asked(pdq("@PID.5.1^ALAMI", "", f"DSC|{POINTER}|I"))
    assert (first.most, first.after) == (10, "")
    assert (rest.most, rest.after) == (10, POINTER)
    for limit in ("RCP|I", "RCP|I|", 'RCP|I|""', f"RCP|I|{'9' * 5000}^RD", "RCP|I|501"):
        assert asked(pdq("@PID.5.1^ALAMI", rcp=limit)).most == 500
    assert asked(pdq("@PID.5.1^ALAMI", rcp="RCP|I|007")).most == 7


def test_on_a_tolerant_channel_the_registry_decides_which_domains_it_knows() -> None:
    given = replace(context(TOLERANT), answers=True)
    assert asked(pix("7^^^WARD"), given).of == ("urn:id:WARD", "7")
    assert asked(pdq("@PID.3.1^7~@PID.3.4.1^WARD"), given).criteria.system == "urn:id:WARD"


def test_a_query_becomes_no_events() -> None:
    assert HL7V2.mediate(pix("7^^^NORTH"), STRICT).events == []


def test_a_cancellation_is_acknowledged() -> None:
    cancel = message("QID|tag|IHE PDQ Query", type_="QCN^J01^QCN_J01")
    assert HL7V2.check(cancel, STRICT) == []
    assert HL7V2.question(cancel, STRICT) is None
    reply = HL7V2.accept(cancel, [])
    assert (reply.code, Hl7.read(reply.body).msh.raw_field(9)) == ("AA", "ACK^J01^ACK")


@given(st.text(max_size=40), st.text(max_size=20))
def test_any_criteria_are_asked_or_refused(criteria: str, domains: str) -> None:
    with suppress(Refused):
        HL7V2.question(pdq(criteria, domains), STRICT)


@pytest.mark.parametrize(
    ("criterion", "remedy"),
    [("@PID.7^tomorrow", "send a year"), ("@PID.8^Q", "send one of F, M"), ("@PID.99^1", "ask by")],
)
def test_what_is_wrong_with_a_criterion_says_how_to_send_that_one(criterion: str, remedy: str) -> None:
    with pytest.raises(Refused) as raised:
        HL7V2.question(pdq(criterion), STRICT)
    assert raised.value.issues[0].remedy.startswith(remedy)


def test_where_a_registry_answers_another_kind_of_query_is_told_which_it_takes() -> None:
    with pytest.raises(Refused) as raised:
        HL7V2.check(message("QPD|IHE PDVQ Query|tag|@PID.5.1^ALAMI", "RCP|I", type_="QBP^ZV1^QBP_Q21"), STRICT)
    (issue,) = raised.value.issues
    assert issue.text == "the registry here does not answer this kind of query"
    assert "QBP^Q23" in issue.remedy
