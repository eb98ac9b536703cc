"""What a person registry found, as PIX and PDQ tell it: who, in whose words, and what went wrong."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediators.hl7v2.delimiters import STANDARD
from mediators.hl7v2.mediator import Hl7v2
from mediators.hl7v2.patient import patient
from mediators.hl7v2.pid import Pid
from mediators.hl7v2.reader import Hl7, Segment
from mediators.hl7v2.scope import Scope
from mediators.mediator import Context
from schemas.events import Patient
from schemas.message import Message, Reply
from schemas.queries import Found, Queried
from tests.mediators.domains import NORTH, OWN, SOUTH, TOLERANT, context
from tests.mediators.hl7v2.test_asking import STRICT, pdq, pix

HL7V2 = Hl7v2()
NUMBERS: Patient = {
    "identifiers": [
        {"system": NORTH.uri, "value": "7", "type": "PI"},
        {"system": "urn:id:WARD%20B", "value": "8^9"},
        {"system": "urn:oid:1.2.3", "value": "10"},
        {"system": "https://else.example/ipp", "value": "11"},
    ],
}
WHOLE: Patient = {
    **NUMBERS,
    "names": [
        {"family": "EL ALAMI", "given": ["Rim", "Zohra"], "use": "official"},
        {"family": "TAZI", "given": ["Rim"], "use": "maiden"},
    ],
    "mother_name": {"family": "BERRADA", "given": ["Hind"]},
    "birth_date": "1984-01-25",
    "sex": "female",
    "addresses": [{"lines": ["12, rue X"], "city": "Rabat", "postal_code": "10000", "country": "MA", "use": "home"}],
    "telecoms": [{"value": "0600000000", "system": "phone", "use": "mobile"}, {"value": "r@x.ma", "system": "email"}],
    "mother_identifiers": [{"system": SOUTH.uri, "value": "9"}],
    "multiple_birth": True,
    "birth_order": 2,
}


def told(query: Message, found: Queried, given: Context = STRICT) -> tuple[Reply, Hl7]:
    question = HL7V2.question(query, given)
    assert question
    reply = HL7V2.tell(query, given, question, found)
    return reply, Hl7.read(reply.body)


def names(answer: Hl7) -> list[str]:
    return [segment.name for segment in answer.segments]


def test_pix_tells_the_numbers_and_no_name() -> None:
    reply, answer = told(pix("7^^^NORTH"), Queried((Found("p", WHOLE),), total=1))
    assert (reply.code, answer.msh.raw_field(9)) == ("AA", "RSP^K23^RSP_K23")
    assert names(answer) == ["MSH", "MSA", "QAK", "QPD", "PID"]
    assert answer.segments[2].raw == "QAK|tag|OK|IHE PIX Query"
    pid = answer.segments[4]
    assert pid.raw_field(3).split("~") == [
        "7^^^NORTH&2.25.101&ISO^PI",
        r"8\S\9^^^WARD B",
        "10^^^&1.2.3&ISO",
        "11^^^&https://else.example/ipp&URI",
    ]
    assert pid.raw_field(5) == "~^^^^^^S"
    assert "ALAMI" not in reply.body.decode()


def test_pix_finds_nothing_in_the_domains_wanted() -> None:
    reply, answer = told(pix("7^^^NORTH", "^^^SOUTH"), Queried())
    assert (reply.code, names(answer), answer.segments[2].text(2)) == ("AA", ["MSH", "MSA", "QAK", "QPD"], "NF")


@pytest.mark.parametrize(
    ("found", "error"),
    [
        (Queried(missing="number"), "QPD^1^3^1^1"),
        (Queried(missing="several"), "QPD^1^3^1^1"),
        (Queried(missing="domain"), "QPD^1^3^1^4"),
        (Queried((Found("p", NUMBERS),), unknown=(OWN.uri,)), "QPD^1^4^2"),
    ],
)
def test_a_number_or_domain_nobody_knows_is_an_error_of_the_query(found: Queried, error: str) -> None:
    reply, answer = told(pix("7^^^NORTH", "^^^SOUTH~^^^ECID"), found)
    assert (reply.code, names(answer)) == ("AE", ["MSH", "MSA", "ERR", "QAK", "QPD"])
    assert (answer.segments[2].raw_field(2), answer.segments[2].text(3)) == (error, "204")
    assert answer.segments[3].text(2) == "AE"


def test_who_asks_for_more_than_anybody_reads_is_told_to_say_more() -> None:
    reply, answer = told(pdq("@PID.5.1^ALAMI"), Queried(missing="many"))
    assert (reply.code, names(answer)) == ("AE", ["MSH", "MSA", "ERR", "QAK", "QPD"])
    assert (answer.segments[2].raw_field(2), answer.segments[3].text(2)) == ("QPD^1^3", "AE")
    assert "1,000" in answer.segments[2].raw


def test_pdq_tells_everything_known_and_how_many_are_to_come() -> None:
    found = Queried((Found("a", WHOLE), Found("b", NUMBERS)), total=5, left=3, after="b")
    reply, answer = told(pdq("@PID.5.1^ALAMI"), found)
    assert (reply.code, answer.msh.raw_field(9)) == ("AA", "RSP^K22^RSP_K21")
    assert names(answer) == ["MSH", "MSA", "QAK", "QPD", "PID", "PID", "DSC"]
    assert answer.segments[2].raw == "QAK|tag|OK|IHE PDQ Query|5|2|3"
    assert answer.segments[6].raw == "DSC|b|I"
    pid = answer.segments[4]
    assert pid.raw_field(5) == "EL ALAMI^Rim^Zohra^^^^L~TAZI^Rim^^^^^M"
    assert (pid.raw_field(6), pid.raw_field(7), pid.raw_field(8)) == ("BERRADA^Hind", "19840125", "F")
    assert pid.raw_field(11) == "12, rue X^^Rabat^^10000^MA^H"
    assert pid.raw_field(13) == "0600000000^PRS^CP~^NET^Internet^r@x.ma"
    assert (pid.raw_field(21), pid.raw_field(24), pid.raw_field(25)) == ("9^^^SOUTH&2.25.102&ISO", "Y", "2")


def test_pdq_finds_nobody() -> None:
    reply, answer = told(pdq("@PID.5.1^ALAMI"), Queried())
    assert (reply.code, names(answer), answer.segments[2].text(2)) == ("AA", ["MSH", "MSA", "QAK", "QPD"], "NF")


def test_language_marriage_and_the_parts_of_a_phone_come_back_as_they_were_sent() -> None:
    given = context(TOLERANT)
    sent = {
        3: "7^^^NORTH", 5: "AMRANI^Aya", 13: "^PRN^PH^^^419^31495", 14: "^WPN^PH^^^034^059434", 15: "FR^French",
        16: "S", 17: "MOS", 28: "MAR",
    }  # fmt: skip
    told = read(["PID", *(sent.get(number, "") for number in range(1, 29))], given)
    pid = Pid(STANDARD, given.domains).whole(told, 1)
    assert {number: pid[number] for number in (15, 16, 17, 28)} == {number: sent[number] for number in (15, 16, 17, 28)}
    assert (pid[13], pid[14]) == ("419 31495^PRN^PH^^^419^31495", "034 059434^WPN^PH^^^034^059434")


def read(pid: list[str], given: Context) -> Patient:
    hl7 = Hl7("\r".join([r"MSH|^~\&|CR|HIE|A|B|20260101||ADT^A31|1|P|2.5", "|".join(pid)]), "utf-8")
    segment: Segment = hl7.segments[1]
    return patient(segment, (), Scope.of(hl7, given, "x"))


def test_what_is_written_reads_as_the_same_patient() -> None:
    given = replace(context(TOLERANT))
    again = read(Pid(STANDARD, given.domains).whole(WHOLE, 1), given)
    for field in ("birth_date", "sex", "mother_name", "multiple_birth", "birth_order"):
        assert again.get(field) == WHOLE.get(field)
    numbers = [[(one["system"], one["value"]) for one in told["identifiers"]] for told in (again, WHOLE)]
    assert numbers[0] == numbers[1]
    assert [name["family"] for name in again["names"]] == ["EL ALAMI", "TAZI"]


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1).map(str.strip).filter(bool))
def test_no_text_breaks_out_of_its_place(text: str) -> None:
    given = context(TOLERANT)
    told: Patient = {
        "identifiers": [{"system": NORTH.uri, "value": text}],
        "names": [{"family": text, "given": [text]}],
    }
    again = read(Pid(STANDARD, given.domains).whole(told, 1), given)
    if text != '""':
        assert (again["identifiers"][0]["value"], again["names"][0]["family"]) == (text, text)


@pytest.mark.parametrize("query", [pix("7^^^NORTH"), pdq("@PID.3.1^7~@PID.3.4^NORTH")])
def test_what_cant_be_known_while_the_country_is_down_is_an_error_and_not_nobody(query: Message) -> None:
    reply, answer = told(query, Queried(missing="silent"))
    assert (reply.code, names(answer)) == ("AE", ["MSH", "MSA", "ERR", "QAK", "QPD"])
    assert (answer.segments[2].text(3), answer.segments[3].text(2)) == ("207", "AE")
    assert "the national client registry does not answer" in answer.segments[2].raw
