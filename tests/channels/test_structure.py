"""The strict opinion of the standard's own tables: information, of whatever comes, never in the message's words."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from channels.structure import opinion
from tests.console.place import result


def told(*changes: tuple[bytes, bytes]) -> list[tuple[str, str, str]]:
    body = result()
    for before, after in changes:
        assert before in body
        body = body.replace(before, after)
    return [(issue.at, issue.location, issue.reason) for issue in opinion(body)]


def test_a_message_that_keeps_to_the_tables_has_nothing_against_it() -> None:
    assert told() == []


def test_what_fields_break_is_told_with_its_place() -> None:
    assert told((b"|19840317|", b"|1984-03-17|")) == [("PID-7", "PID^1^7", "data-type")]
    assert ("OBX-11", "OBX^1^11", "unknown-code") in told((b"|N|||F|", b"|N|||Q|"))
    assert ("PID-5", "PID^1^5", "required") in told((b"BENNANI^Khadija", b""))
    assert ("PID-40", "PID^1^40", "unknown-element") in told((b"||19840317|F", b"||19840317|F" + b"|" * 32 + b"x"))


def test_segments_that_are_missing_or_have_no_place_are_told() -> None:
    assert ("AL1", "AL1^1", "segment-sequence") in told((b"ORC|", b"AL1|1||X^Y^L\rORC|"))
    assert "OBR" in [at for at, _, reason in told((b"OBR|1|", b"ZBR|1|")) if reason == "required"]


def test_a_site_may_have_segments_of_its_own() -> None:
    assert told((b"ZLB|1|automate 7", b"ZLB|1|automate 7\rZZZ|1|x^y^z")) == []


def test_everything_is_information_with_its_source_and_holds_nothing_of_the_message() -> None:
    body = result().replace(b"BENNANI", b"SECRET" * 60).replace(b"|19840317|F", b"|SECRET|SECRET")
    body = body.replace(b"|F|", b"|SECRET|")
    said = opinion(body)
    assert said
    for issue in said:
        assert issue.severity == "information"
        assert issue.source.startswith("structure tables of HL7 2.5.1")
        assert issue.remedy
        assert "SECRET" not in repr(issue)


def test_what_is_no_message_is_said_to_be_none() -> None:
    assert [issue.reason for issue in opinion(b"a;b;c")] == ["unreadable"]
    assert [issue.reason for issue in opinion(b"")] == ["unreadable"]


_PIECE = st.binary(max_size=24)


@given(st.lists(_PIECE, max_size=6), st.sampled_from([b"", b"|2.1", b"|2.8.2", b"|5.0.0", b"|"]), st.booleans())
@settings(max_examples=60, deadline=None)
def test_whatever_comes_it_has_an_opinion(pieces: list[bytes], version: bytes, whole: bool) -> None:
    head = result().split(b"\r")[0] if whole else b"MSH|^~\\&|A|B|C|D|2024||ADT^A01|1|P" + version
    for issue in opinion(b"\r".join([head, *(b"PID|" + piece for piece in pieces)])):
        assert issue.at
        assert issue.text
