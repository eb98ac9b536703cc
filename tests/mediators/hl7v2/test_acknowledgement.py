from __future__ import annotations

from dataclasses import replace

import pytest

from mediators.hl7v2.acknowledgement import Verdict, answer
from mediators.hl7v2.reader import Hl7
from schemas.message import Issue, Message, Reply

NO_IDENTIFIER = Issue("PID-3", "required", "no identifier", "send one | in PID-3", code="101", location="PID^1^3")
NO_RESULT_TYPE = Issue("OBX[3]-2", "required", "no type", "send NM & co", "warning", "101", "OBX^3^2")


def message(body: str | bytes, **changes: str) -> Message:
    data = body if isinstance(body, bytes) else body.encode()
    taken = Message("0192-aa", "lab-hl7v2", "LABO|CHU", data, "x-application/hl7-v2+er7", 1_718_188_200_000_000)
    return replace(taken, **changes)  # type: ignore[arg-type]  # replace takes each field's own type


def header(version: str = "2.5", accept: str = "", application: str = "", charset: str = "") -> str:
    return (
        rf"MSH|^~\&|LABO^1|CHU|WASL|HIE|20240312||ORU^R01^ORU_R01|C-17|P|{version}|||{accept}|{application}||{charset}"
    )


def lines(reply: Reply) -> list[str]:
    text = reply.body.decode()
    assert text.endswith("\r")
    return text[:-1].split("\r")


def test_a_taken_message_is_acknowledged_in_the_original_mode() -> None:
    reply = answer(message(header()), [], "A")
    msh, msa = lines(reply)
    assert msh.startswith(r"MSH|^~\&|WASL|HIE|LABO^1|CHU|20240612113000+0100||ACK^R01^ACK|")
    assert msh.endswith("|P|2.5")
    assert msa == "MSA|AA|C-17"
    assert (reply.code, reply.status, reply.accepted) == ("AA", 200, True)
    assert reply.content_type == "x-application/hl7-v2+er7"


def test_the_same_message_gets_the_same_answer() -> None:
    assert answer(message(header()), [], "A") == answer(message(header()), [], "A")
    other = answer(message(header(), transaction="0192-bb"), [], "A")
    assert Hl7.read(other.body).control_id != Hl7.read(answer(message(header()), [], "A").body).control_id
    assert len(Hl7.read(other.body).control_id) <= 20


def test_errors_and_warnings_are_told_one_by_one() -> None:
    reply = answer(message(header()), [NO_RESULT_TYPE, NO_IDENTIFIER], "E")
    assert lines(reply)[1:] == [
        "MSA|AE|C-17",
        r"ERR||PID^1^3|101^Required field missing^HL70357|E|||PID-3: no identifier|send one \F\ in PID-3",
        r"ERR||OBX^3^2|101^Required field missing^HL70357|W|||OBX[3]-2: no type|send NM \T\ co",
    ]
    assert (reply.code, reply.status, reply.accepted) == ("AE", 422, False)


def test_warnings_travel_with_an_acceptance() -> None:
    assert lines(answer(message(header()), [NO_RESULT_TYPE], "A"))[1].startswith("MSA|AA")
    assert lines(answer(message(header()), [NO_RESULT_TYPE], "A"))[2].split("|")[4] == "W"


def test_before_2_5_the_old_form_tells_the_same() -> None:
    second = replace(NO_IDENTIFIER, at="PID[2]-3", location="PID^2^3^1^4")
    reply = answer(message(header("2.3")), [NO_IDENTIFIER, second, NO_RESULT_TYPE], "E")
    msh, msa, err = lines(reply)
    assert msh.split("|")[8] == "ACK^R01"
    assert err == "ERR|PID^1^3^101&Required field missing&HL70357~PID^2^3^101&Required field missing&HL70357"
    assert msa.startswith(r"MSA|AE|C-17|PID-3: no identifier (send one \F\ in PID-3); PID[2]-3: ")
    assert "OBX[3]-2" in msa


def test_before_2_5_a_warning_is_no_err() -> None:
    assert len(lines(answer(message(header("2.4")), [NO_RESULT_TYPE], "A"))) == 2


@pytest.mark.parametrize(
    ("version", "type_"), [("2.1", "ACK"), ("2.2", "ACK^R01"), ("2.4", "ACK^R01^ACK"), ("2.8.1", "ACK^R01^ACK")]
)
def test_the_type_grows_with_the_version(version: str, type_: str) -> None:
    assert Hl7.read(answer(message(header(version)), [], "A").body).msh.raw_field(9) == type_


@pytest.mark.parametrize(
    ("accept", "application", "verdict", "code"),
    [
        ("AL", "NE", "A", "CA"),
        ("AL", "AL", "E", "CE"),
        ("AL", "", "R", "CR"),
        ("ER", "NE", "A", ""),
        ("ER", "NE", "E", "CE"),
        ("SU", "NE", "A", "CA"),
        ("SU", "NE", "E", ""),
        ("NE", "AL", "A", "AA"),
        ("", "AL", "E", "AE"),
        ("NE", "ER", "A", ""),
        ("NE", "ER", "R", "AR"),
        ("", "SU", "A", "AA"),
        ("NE", "NE", "E", ""),
        ("NE", "", "A", ""),
    ],
)
def test_the_enhanced_mode_answers_what_is_asked_for(
    accept: str, application: str, verdict: Verdict, code: str
) -> None:
    reply = answer(message(header("2.5", accept, application)), [], verdict)
    assert (Hl7.read(reply.body).segments[1].text(1) if reply.body else "") == code
    assert reply.accepted == (verdict == "A")
    assert reply.code == (code or f"A{verdict}")


@pytest.mark.parametrize("body", [r"MSH|^~\&|||||||ACK^R01|1|P|2.5", "MSH|^~\\&|||||||RSP^K22|1|P|2.5\rMSA|AA|2"])
def test_an_answer_is_never_answered(body: str) -> None:
    assert answer(message(body), [], "A").body == b""
    assert answer(message(body), [NO_IDENTIFIER], "R").body == b""


def test_the_answer_is_in_the_senders_delimiters() -> None:
    body = "MSH$%!?+#$LABO$CHU$WASL$HIE$20240312$$ORU%R01$C%17?F?$P$2.7"
    reply = answer(message(body), [replace(NO_IDENTIFIER, remedy="a $ b % c # d")], "E")
    msh, msa, err = lines(reply)
    assert msh.startswith("MSH$%!?+#$WASL$HIE$LABO$CHU$")
    assert msa == "MSA$AE$C%17?F?"
    assert err.startswith("ERR$$PID%1%3$101%Required field missing%HL70357$E$$$")
    assert Hl7.read(reply.body).segments[2].text(8) == "a $ b % c # d"


def test_a_message_without_an_escape_character_is_answered_without_escapes() -> None:
    reply = answer(message("MSH|^~&|LABO||||||ORU^R01|1|P|2.5"), [NO_IDENTIFIER], "E")
    assert Hl7.read(reply.body).segments[2].text(8) == "send one   in PID-3"


def test_the_answer_is_in_the_senders_character_set() -> None:
    body = header(charset="8859/1").replace("LABO", "LABO MÉDINA").encode("latin-1")
    reply = answer(message(body), [], "A")
    assert "LABO MÉDINA".encode("latin-1") in reply.body
    assert Hl7.read(reply.body).msh.text(18) == "8859/1"
    arabic = header(charset="8859/6").replace("LABO", "مختبر").encode("iso8859-6")
    assert Hl7.read(answer(message(arabic), [], "A").body).msh.text(5) == "مختبر"


def test_bytes_that_would_end_a_segment_or_a_frame_are_not_echoed() -> None:
    reply = answer(message(header().replace("C-17", "C\x1c17")), [], "A")
    assert lines(reply)[1] == "MSA|AA|C 17"


def test_what_is_unreadable_gets_a_minimal_rejection() -> None:
    unreadable = Issue("MSH", "unreadable", "no header", "send one", code="100", location="MSH^1")
    reply = answer(message(b"\x00 hello"), [unreadable], "R")
    hl7 = Hl7.read(reply.body)
    assert [segment.name for segment in hl7.segments] == ["MSH", "MSA", "ERR"]
    assert hl7.segments[1].text(1) == "AR"
    assert hl7.segments[2].text(3) == "100"
    assert (reply.code, reply.status, reply.accepted) == ("AR", 400, False)


def test_a_flood_of_issues_is_bounded_and_says_so() -> None:
    reply = answer(message(header()), [NO_RESULT_TYPE] * 1000 + [NO_IDENTIFIER], "E")
    errors = Hl7.read(reply.body).all("ERR")
    assert len(errors) == 201
    assert errors[0].text(4) == "E"
    assert "801 more" in errors[-1].text(7)
