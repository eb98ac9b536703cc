from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mediators.hl7v2.batch import join, split
from mediators.hl7v2.reader import Hl7, peek
from schemas.message import Reply


def message(number: int, end: str = "\r") -> str:
    return end.join([rf"MSH|^~\&|LABO|CHU|||20240312||ORU^R01|{number}|P|2.5", f"PID|1||{number}^^^HOP", ""])


def numbers(body: str) -> list[str]:
    return [peek(piece).control_id for piece in split(body.encode())]


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n"])
def test_a_batch_gives_its_messages_in_order(end: str) -> None:
    parts = [r"FHS|^~\&|LABO", r"BHS|^~\&|LABO", message(1, end) + message(2, end) + "BTS|2", "FTS|1", ""]
    body = end.join(parts)
    assert numbers(body) == ["1", "2"]
    assert [Hl7.read(piece).segments[-1].name for piece in split(body.encode())] == ["PID", "PID"]


def test_a_trailer_that_counts_otherwise_stays_with_the_last_message() -> None:
    body = f"BHS|^~\\&|\r{message(1)}{message(2)}BTS|%s\rFTS|1\r"
    last = split((body % 3).encode())[-1]
    assert [segment.name for segment in Hl7.read(last).segments] == ["MSH", "PID", "BTS"]
    assert split(last) == [last]
    assert all(b"BTS" not in piece for sent in ("2", "", "two") for piece in split((body % sent).encode()))


def test_messages_without_a_batch_header() -> None:
    assert numbers(message(1) + message(2) + message(3)) == ["1", "2", "3"]
    assert numbers(f"\x0b{message(1)}\x1c\r\x0b{message(2)}\x1c\r") == ["1", "2"]


def test_a_single_message_is_itself_byte_for_byte() -> None:
    body = b"\r\n" + message(1).encode() + b"\x1c\r"
    assert split(body) == [body]


@pytest.mark.parametrize("body", [b"", b"\r\n", b"hello", b"PID|1||2\rOBR|1", b"BHS|^~\\&|\rBTS|0"])
def test_what_has_no_message_is_itself(body: bytes) -> None:
    assert split(body) == [body]


def test_a_bad_message_does_not_harm_the_others() -> None:
    pieces = split((message(1) + "MSH|0000|x\rPID|1||9\r" + message(3)).encode())
    assert [peek(piece).control_id for piece in pieces] == ["1", "", "3"]
    assert [len(Hl7.read(piece).all("PID")) for piece in (pieces[0], pieces[2])] == [1, 1]


def test_segments_before_the_first_header_are_kept_to_be_refused() -> None:
    assert split(b"PID|1||7\r" + message(2).encode())[0] == b"PID|1||7"
    assert split(b"BHS|^~\\&|\rPID|1||7\r" + message(2).encode())[0] == b"PID|1||7"


def test_comments_between_messages_belong_to_none() -> None:
    body = "# first\n" + message(1, "\n") + "\n# second\n// again\n" + message(2, "\n")
    pieces = split(body.encode())
    assert [Hl7.read(piece).segments[-1].text(3) for piece in pieces] == ["1", "2"]
    assert [Hl7.read(piece).segments[-1].raw for piece in pieces] == ["PID|1||1^^^HOP", "PID|1||2^^^HOP"]


def test_a_wide_batch() -> None:
    pieces = split((message(1) + message(2)).encode("utf-16"))
    assert [peek(piece).control_id for piece in pieces] == ["1", "2"]


def test_a_batch_that_looks_wide_twice_is_taken_apart_once() -> None:
    odd = "".join(sign + "\0" for sign in message(1) + message(2))
    assert len(split(odd.encode("utf-16"))) == 1


def reply(code: str, status: int, body: str = r"MSH|^~\&|WASL|HIE|LABO|CHU|20240312||ACK|1" + "\rMSA|AA|1\r") -> Reply:
    return Reply(body.encode(), "x-application/hl7-v2+er7", code, status, code[1] == "A")


def test_replies_are_joined_with_their_number_and_the_worst_code() -> None:
    joined = join([reply("AA", 200), reply("AE", 422), reply("AA", 200)])
    lines = joined.body.decode().split("\r")
    assert lines[0] == r"BHS|^~\&|WASL|HIE|LABO|CHU|20240312"
    assert lines[-2:] == ["BTS|3", ""]
    assert len(split(joined.body)) == 3
    assert (joined.code, joined.status, joined.accepted) == ("AE", 200, False)


def test_a_batch_of_which_nothing_passed_is_refused() -> None:
    assert join([reply("AE", 422), reply("AR", 400)]).status == 400


def test_one_reply_stays_alone_and_none_says_nothing() -> None:
    assert join([reply("AA", 200)]) == reply("AA", 200)
    assert join([reply("AA", 200, ""), reply("AA", 200, "")]).body == b""


@settings(max_examples=200)
@given(
    st.lists(st.sampled_from(["MSH|^~\\&|", "\rMSH", "\nBHS|", "\r", "\rPID|1", "# x", "\x0b", "\ufeff", "FTS", "é"]))
)
def test_nothing_is_lost_and_nothing_fails(parts: list[str]) -> None:
    body = "".join(parts).encode()
    pieces = split(body)
    assert pieces
    assert sum(piece.count(b"PID|1") for piece in pieces) == body.count(b"PID|1")


@settings(max_examples=100)
@given(st.binary())
def test_any_bytes_have_pieces(body: bytes) -> None:
    assert split(body)
