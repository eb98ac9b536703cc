from __future__ import annotations

import pytest

from mediators.hl7v2.mediator import Hl7v2
from mediators.hl7v2.reader import Hl7
from mediators.mediator import Context
from schemas.message import Message, Refused, Reply
from tests.mediators.hl7v2.messages import PID, body

QPD = "QPD|IHE PDQ Query^^IHE|Q-77|@PID.5.1^BENNANI~@PID.7^19870604"


def message(data: bytes) -> Message:
    return Message("t-1", "registry", "SIH|CHU", data, "x-application/hl7-v2+er7", 1_710_500_000_000_000)


def asked(data: bytes) -> tuple[Reply, Hl7, Refused]:
    """What the sender is told at the door, and why."""
    with pytest.raises(Refused) as refused:
        Hl7v2().check(message(data), Context())
    reply = Hl7v2().refuse(message(data), refused.value.issues, reject=refused.value.reject)
    return reply, Hl7.read(reply.body), refused.value


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ("QBP^Q11^QBP_Q11", "RSP^K11^RSP_K11"),
        ("QBP^Q21^QBP_Q21", "RSP^K21^RSP_K21"),
        ("QBP^Q22^QBP_Q21", "RSP^K22^RSP_K21"),
        ("QBP^Q23^QBP_Q21", "RSP^K23^RSP_K23"),
        ("QBP^Q31^QBP_Q21", "RSP^K31^RSP_K31"),
        ("QBP^Z34^QBP_Q11", "RSP^Z34^RSP_K11"),
        ("ZQP^Z01", "RSP^Z01^RSP_K11"),
    ],
)
def test_a_query_is_answered_as_its_kind_wants(sent: str, told: str) -> None:
    reply, answer, refused = asked(body(sent, QPD, "RCP|I"))
    assert answer.msh.raw_field(9) == told
    assert [segment.name for segment in answer.segments] == ["MSH", "MSA", "ERR", "QAK", "QPD"]
    assert answer.segments[1].raw == "MSA|AE|C-17"
    assert answer.segments[3].raw == "QAK|Q-77|AE|IHE PDQ Query^^IHE"
    assert answer.segments[4].raw == QPD
    assert (reply.code, reply.accepted, refused.reject) == ("AE", False, False)


def test_the_answer_says_why_and_what_to_do() -> None:
    _, answer, refused = asked(body("QBP^Q22", QPD))
    (issue,) = refused.issues
    assert (issue.at, issue.reason) == ("QPD", "unanswered")
    err = answer.segments[2]
    assert err.text(7) == "QPD: no registry answers queries on this channel"
    assert "registry" in err.text(8)
    assert err.text(4) == "E"


def test_a_query_of_the_original_mode_is_answered_in_it() -> None:
    qrd = "QRD|20240312103000|R|I|Q-9|||1^RD|0044^BENNANI^SALMA|DEM"
    _, answer, _ = asked(body("QRY^A19", qrd, "QRF|CHU", version="2.3"))
    assert answer.msh.raw_field(9) == "ADR^A19"
    assert [segment.raw for segment in answer.segments[-2:]] == [qrd, "QRF|CHU"]
    assert answer.segments[1].raw.startswith("MSA|AE|C-17|QRD: no registry answers")
    _, later, _ = asked(body("QRY^A19", qrd, version="2.4"))
    assert (later.msh.raw_field(9), later.segments[-2].raw) == ("ADR^A19^ADR_A19", "QAK|Q-9|AE")


def test_a_query_is_never_told_that_all_is_well() -> None:
    reply = Hl7v2().accept(message(body("QBP^Q22", QPD)), ())
    assert (reply.code, reply.accepted) == ("AE", False)
    assert Hl7.read(reply.body).first("QAK") is not None


def test_a_query_becomes_no_events() -> None:
    with pytest.raises(Refused) as refused:
        Hl7v2().mediate(message(body("QBP^Q22", QPD)), Context())
    assert refused.value.issues[0].reason == "unanswered"


def test_a_query_in_the_senders_own_delimiters_is_echoed_in_them() -> None:
    data = b"MSH$*~\\&$SIH$CHU$WASL$HIE$20240312$$QBP*Q22$C-1$P$2.5\rQPD$Q*Name$T-1$x*y"
    _, answer, _ = asked(data)
    assert answer.msh.raw_field(9) == "RSP*K22*RSP_K21"
    assert answer.segments[-1].raw == "QPD$Q*Name$T-1$x*y"
    assert answer.segments[-2].raw == "QAK$T-1$AE$Q*Name"


@pytest.mark.parametrize("kind", ["RSP^K22^RSP_K21", "ADR^A19", "VXR^V03"])
def test_an_answer_to_a_query_nobody_here_asked_is_kept_and_not_answered(kind: str) -> None:
    data = body(kind, "MSA|AA|Q-1", "QAK|T-1|OK", QPD, PID)
    with pytest.raises(Refused) as refused:
        Hl7v2().check(message(data), Context())
    assert refused.value.issues[0].reason == "unasked"
    assert refused.value.issues[0].remedy
    assert Hl7v2().refuse(message(data), refused.value.issues).body == b""


@pytest.mark.parametrize(
    ("kind", "further"),
    [("ACK^A01", []), ("QCK^Q02", ["QAK|T-1|OK"]), ("MFK^M02", ["MFI|PRA"]), ("MCF^Q02", []), ("ACK", ["DSC|more"])],
)
def test_an_acknowledgement_is_never_answered_and_says_nothing(kind: str, further: list[str]) -> None:
    data = body(kind, "MSA|AA|C-1", *further)
    assert Hl7v2().check(message(data), Context()) == []
    assert Hl7v2().accept(message(data), ()).body == b""
    assert not Hl7v2().mediate(message(data), Context()).events


def test_a_result_is_acknowledged_as_ever_though_it_names_a_query() -> None:
    reply = Hl7v2().accept(message(body("ORU^R01", PID, "OBR|1|P-1|F-1|GLY", "QRD|20240312|R|I|Q-1")), ())
    assert Hl7.read(reply.body).type == "ACK^R01"


@pytest.mark.parametrize(
    ("segments", "at"),
    [
        (["OBR|1||F-1|GLY", "OBX|1|TX|A^B||début", "DSC|suite-1|F"], "DSC-1"),
        (["OBR|1||F-1|GLY", "OBX|1|TX|A^B||début", "ADD|la suite", "DSC|suite-1"], "DSC-1"),
    ],
)
def test_a_message_that_goes_on_in_another_is_refused_with_what_to_do(segments: list[str], at: str) -> None:
    reply, answer, refused = asked(body("ORU^R01", PID, *segments))
    (issue,) = refused.issues
    assert (issue.at, issue.reason) == (at, "fragment")
    assert "whole message" in issue.remedy
    assert (reply.code, answer.type) == ("AE", "ACK^R01")


def test_the_rest_of_another_message_is_refused_with_what_to_do() -> None:
    _, _, refused = asked(body("ORU^R01", "ADD|la suite|||F", "OBX|2|TX|A^B||autre"))
    assert [issue.at for issue in refused.issues] == ["ADD"]


def test_a_message_that_is_continued_within_itself_is_whole() -> None:
    data = body("ORU^R01", PID, "OBR|1||F-1|GLY", "OBX|1|TX|A^B||début", "ADD| et suite||||||F", "DSC|")
    assert not Hl7v2().check(message(data), Context())
    (event,) = Hl7v2().mediate(message(data), Context()).events
    assert event["results"][0]["values"][0]["text"] == "début et suite"  # type: ignore[typeddict-item]  # a report
