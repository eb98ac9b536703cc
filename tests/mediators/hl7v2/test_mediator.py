from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mediators.hl7v2.mediator import FAMILIES, Hl7v2
from mediators.hl7v2.reader import Hl7
from mediators.mediator import Context, Mediator
from schemas.message import Message, Refused
from tests.mediators.hl7v2.profiles import shipped

HL7V2: Mediator = Hl7v2()

RESULT = "\r".join(
    [
        r"MSH|^~\&|LABO|CHU|WASL|HIE|20240312103000+0100||ORU^R01^ORU_R01|C-17|P|2.5.1",
        "PID|1||0044^^^HOP^PI||BENNANI^SALMA||19870604|F",
        "OBR|1|P-9|F-9|2345-7^Glucose^LN|||20240312||||||||||||||||||F",
        "OBX|1|NM|2345-7^Glucose^LN||5.0|mmol/L|||||F",
    ]
)


def message(body: str | bytes) -> Message:
    data = body if isinstance(body, bytes) else body.encode()
    return Message("t-1", "lab-hl7v2", "LABO|CHU", data, "x-application/hl7-v2+er7", 1_710_239_400_000_000)


def refusal(body: str | bytes, context: Context = Context()) -> Refused:
    with pytest.raises(Refused) as raised:
        HL7V2.check(message(body), context)
    return raised.value


def test_a_sound_message_passes_and_is_accepted() -> None:
    assert HL7V2.check(message(RESULT), Context()) == []
    assert HL7V2.accept(message(RESULT), []).code == "AA"


def test_a_description_tells_type_sender_and_section() -> None:
    description = HL7V2.describe(RESULT.encode(), "")
    assert (description.type, description.application, description.control_id) == ("ORU^R01", "LABO", "C-17")


def test_a_patient_without_an_identifier_is_refused_not_rejected() -> None:
    refused = refusal(RESULT.replace("0044^^^HOP^PI", ""))
    assert not refused.reject
    reply = HL7V2.refuse(message(RESULT), refused.issues, reject=refused.reject)
    errors = Hl7.read(reply.body).all("ERR")
    assert reply.code == "AE"
    assert [(error.raw_field(2), error.text(3)) for error in errors] == [("PID^1^3", "101")]


def test_the_refusal_tells_the_warnings_too() -> None:
    refused = refusal(RESULT.replace("0044^^^HOP^PI", "").replace("|5.0|", "|five|"), Context(profile=shipped()))
    assert [issue.at for issue in refused.issues] == ["PID-3", "OBX-5"]


@pytest.mark.parametrize("type_", ["CRM^C01", "ORU^R99", "ADT^A99", ""])
def test_an_unsupported_type_is_rejected_at_the_door_and_by_mediation(type_: str) -> None:
    body = RESULT.replace("ORU^R01^ORU_R01", type_).replace("OB", "ZB")
    assert refusal(body).reject
    with pytest.raises(Refused) as raised:
        HL7V2.mediate(message(body), Context())
    assert raised.value.reject
    assert HL7V2.refuse(message(body), raised.value.issues, reject=True).code == "AR"


@pytest.mark.parametrize(
    "body", [b"", b"hello", b"MSH", b"MSH||", b"MSH|0000|", RESULT.encode() + b"\r" + RESULT.encode()]
)
def test_what_is_unreadable_is_rejected_with_a_place_and_a_remedy(body: bytes) -> None:
    refused = refusal(body)
    (issue,) = refused.issues
    assert refused.reject
    assert issue.at.startswith("MSH")
    assert issue.location.startswith("MSH^1")
    assert issue.remedy
    with pytest.raises(Refused):
        HL7V2.mediate(message(body), Context())


def test_an_acknowledgement_passes_says_nothing_and_gets_no_answer() -> None:
    body = "MSH|^~\\&|||||||ACK^R01|1|P|2.5\rMSA|AA|C-17"
    assert HL7V2.check(message(body), Context()) == []
    assert HL7V2.mediate(message(body), Context()).events == []
    assert HL7V2.accept(message(body), []).body == b""


def test_the_channels_character_set_stands_in_for_a_missing_one() -> None:
    body = RESULT.replace("SALMA", "HÉLÈNE").encode("cp850")
    assert HL7V2.check(message(body), Context(settings={"charset": "CP850"})) == []


def test_every_family_is_a_message_type() -> None:
    assert {"ORU^R01", "ADT^A01", "ADT^A40"} <= FAMILIES.keys()
    assert {kind for kind in FAMILIES if kind.startswith("ADT")} == {
        f"ADT^A{number:02}" for number in (*range(1, 19), *range(21, 56), 60, 61, 62)
    }


@pytest.mark.parametrize(("trigger", "why"), [("A19", "a query"), ("A20", "a bed tells of no patient")])
def test_what_tells_of_no_patient_is_rejected_with_the_reason(trigger: str, why: str) -> None:
    (issue,) = refusal(RESULT.replace("ORU^R01^ORU_R01", f"ADT^{trigger}")).issues
    assert why in issue.text
    assert (issue.code, issue.at) == ("201", "MSH-9.2")


def test_a_batch_is_split_and_its_replies_joined() -> None:
    body = f"BHS|^~\\&\r{RESULT}\r{RESULT.replace('C-17', 'C-18')}\rBTS|2\r".encode()
    pieces = HL7V2.split(body)
    joined = HL7V2.join([HL7V2.accept(message(piece), []) for piece in pieces])
    assert [Hl7.read(piece).segments[1].text(2) for piece in HL7V2.split(joined.body)] == ["C-17", "C-18"]
    assert joined.body.endswith(b"BTS|2\r")


PIECES = st.sampled_from(
    [
        "\r",
        "\n",
        "|",
        "^",
        "&",
        "~",
        "\\",
        "\\X",
        '""',
        "é",
        "PID|",
        "OBX|1|NM",
        "MRG|",
        "\rMSH|^~\\&|",
        "ACK",
        "\x1c",
        "9",
    ]
)


@settings(max_examples=200)
@given(st.one_of(st.binary(), st.lists(PIECES).map(lambda parts: "".join(parts).encode())), st.sampled_from([*"abc"]))
def test_whatever_the_bytes_nothing_but_refused_is_raised(noise: bytes, place: str) -> None:
    sent = RESULT.encode()
    cut = {"a": 0, "b": 30, "c": len(sent)}[place]
    body = sent[:cut] + noise + (sent[cut:] if place == "b" else b"")
    replies = []
    for piece in HL7V2.split(body):
        taken = message(piece)
        HL7V2.describe(piece, "")
        try:
            replies.append(HL7V2.accept(taken, HL7V2.check(taken, Context())))
        except Refused as refused:
            replies.append(HL7V2.refuse(taken, refused.issues, reject=refused.reject))
    HL7V2.join(replies)
