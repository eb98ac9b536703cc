from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mediators.hl7v2.delimiters import STANDARD, escaped
from mediators.hl7v2.reader import Hl7, Segment, Unreadable, nearest_version, peek
from schemas.message import Description

HEADER = r"MSH|^~\&|LABO|CHU^1.2.3^ISO|WASL|HIE|20240312103000+0100||ORU^R01^ORU_R01|C-17|P|2.5.1"
PATIENT = "PID|1|7^^^OLD|0044^^^HOP&1.2.504.9&ISO^PI~AB12345^^^^CIN||BENNANI^SALMA^^^^^L||19870604|F"
ORDER = "OBR|1|P-9|F-9|2345-7^Glucose^LN" + "|" * 20 + "ch|F"
RESULT = r"OBX|1|ST|5778-6^Couleur^LN||Jaune \T\ clair & net^1~\.br\fin||||||F"


def read(*segments: str, end: str = "\r") -> Hl7:
    return Hl7.read(end.join(segments).encode())


def names(hl7: Hl7) -> list[str]:
    return [segment.name for segment in hl7.segments]


def only(hl7: Hl7, name: str) -> Segment:
    (segment,) = hl7.all(name)
    return segment


def test_the_header_counts_its_separator_as_the_first_field() -> None:
    hl7 = read(HEADER)
    msh = hl7.msh
    assert [msh.text(number) for number in (1, 2, 3, 10)] == ["|", r"^~\&", "LABO", "C-17"]
    assert msh.whole(2) == msh.raw_field(2) == msh.repetitions(2)[0].raw == r"^~\&"
    assert (hl7.type, hl7.trigger, hl7.control_id, hl7.version) == ("ORU^R01", "R01", "C-17", "2.5.1")
    assert msh.count() == 12


def test_fields_components_and_subcomponents() -> None:
    pid = only(read(HEADER, PATIENT), "PID")
    assert pid.text(3) == "0044"
    assert pid.text(3, 4) == "HOP"
    assert pid.text(3, 4, 2) == "1.2.504.9"
    assert pid.text(3, 5, repetition=2) == "CIN"
    assert pid.text(5, 2) == "SALMA"
    assert [field.text() for field in pid.repetitions(3)] == ["0044", "AB12345"]
    authority = pid.field(3).component(4)
    assert (authority.text(), authority.text(2), authority.text(3), authority.components) == (
        "HOP",
        "1.2.504.9",
        "ISO",
        3,
    )


def test_what_is_absent_is_empty() -> None:
    pid = only(read(HEADER, PATIENT), "PID")
    assert pid.text(99) == pid.text(3, 9) == pid.text(3, 1, 9) == pid.text(3, repetition=9) == pid.raw_field(40) == ""
    assert pid.repetitions(40) == []
    assert not pid.field(4)
    assert pid.field(4).components == 0


def test_null_is_not_empty() -> None:
    pid = only(read(HEADER, 'PID|1||44||""||""'), "PID")
    assert pid.text(5) == '""'
    assert pid.field(5).is_null
    assert pid.field(5)
    assert not pid.field(6).is_null


def test_free_text_keeps_separators_that_were_not_escaped() -> None:
    obx = only(read(HEADER, ORDER, RESULT), "OBX")
    assert obx.whole(5) == "Jaune & clair & net^1"
    assert obx.whole(5, 2) == "\nfin"
    assert obx.field(5).whole == "Jaune & clair & net^1"
    assert obx.text(5) == "Jaune & clair "


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n"])
def test_any_line_end_ends_a_segment(end: str) -> None:
    hl7 = read(HEADER, PATIENT, ORDER, RESULT, "", end=end)
    assert names(hl7) == ["MSH", "PID", "OBR", "OBX"]
    assert only(hl7, "OBX").text(11) == "F"


def test_mixed_line_ends_and_blank_lines() -> None:
    hl7 = Hl7.read(f"\ufeff\r\n\x0b{HEADER}\n{PATIENT}\r\r\n{ORDER}\r\n\r\n{RESULT}\x1c\r".encode())
    assert names(hl7) == ["MSH", "PID", "OBR", "OBX"]
    assert only(hl7, "PID").text(8) == "F"


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n"])
def test_a_line_feed_within_a_text_continues_it(end: str) -> None:
    text = "Absence de germes\n\nNEG\nà contrôler"
    hl7 = read(HEADER, ORDER, f"OBX|1|TX|1^x||{text}||||||F", "NTE|1||fin", end=end)
    assert only(hl7, "OBX").text(5) == text
    assert only(hl7, "OBX").text(11) == "F"
    assert names(hl7) == ["MSH", "OBR", "OBX", "NTE"]


def test_a_segment_may_be_its_name_alone() -> None:
    assert names(read(HEADER, PATIENT, "PV1", "ZFR", ORDER)) == ["MSH", "PID", "PV1", "ZFR", "OBR"]


@pytest.mark.parametrize("rest", ["|x", "x", "\n\n|x"])
def test_what_follows_a_name_alone_is_its_first_field(rest: str) -> None:
    assert only(read(HEADER, PATIENT, f"PV2\n{rest}\nand more", ORDER), "PV2").text(1) == "x\nand more"


def test_unknown_segments_and_odd_orders_are_kept_in_place() -> None:
    hl7 = read(HEADER, "ZBE|1|x", ORDER, PATIENT, "PRT|1", RESULT, "OBX|2", "ORC|RE")
    assert names(hl7) == ["MSH", "ZBE", "OBR", "PID", "PRT", "OBX", "OBX", "ORC"]
    assert [segment.index for segment in hl7.all("OBX")] == [1, 2]
    assert hl7.first("NTE") is None


def test_an_addendum_continues_the_segment_before() -> None:
    hl7 = read(HEADER, ORDER, "OBX|1|TX|1^x||first half, ", "ADD|second half||||||F", "NTE|1||n")
    assert only(hl7, "OBX").text(5) == "first half, second half"
    assert only(hl7, "OBX").text(11) == "F"
    over = read(HEADER, ORDER, "OBX|1|TX|1^x||first half, ", "DSC|2", "ADD|second half")
    assert only(over, "OBX").text(5) == "first half, second half"
    assert names(over) == ["MSH", "OBR", "OBX", "DSC"]


def test_other_delimiters_are_read_from_the_message() -> None:
    hl7 = read("MSH$%!?+#$LABO$CHU$$$$$ORU%R01$5$P$2.7", "PID$1$$44%%%HOP+1.2%PI!45$$A?F?B?S?C?P?D")
    pid = only(hl7, "PID")
    assert hl7.type == "ORU^R01"
    assert (pid.text(3, 4, 2), pid.text(3, repetition=2), pid.text(5)) == ("1.2", "45", "A$B%C#D")


@pytest.mark.parametrize(
    ("sent", "type_"),
    [
        ("ORU^R01^ORU_R01", "ORU^R01"),
        ("ORU", "ORU^R01"),
        ("ORU~R01", "ORU^R01"),
        ("ORU^^ORU_R01", "ORU^R01"),
        ("oru^r01", "ORU^R01"),
        ("ORU_R01", "ORU^R01"),
        ("ADT^A01^ADT A01", "ADT^A01"),
        ("ADT^A04^ADT_A01", "ADT^A04"),
        ("ADT", "ADT^A28"),
        ("ADT^^ADT_A05", "ADT^A28"),
        ("ACK^V04^ACK", "ACK^V04"),
        ("ACK", "ACK"),
        ("ZDT^Z01", "ZDT^Z01"),
        ("HIST^PAT", "HIST^PAT"),
        ("", "ADT^A28"),
        ("{}", "ADT^A28"),
    ],
)
def test_the_message_type_in_whatever_spelling(sent: str, type_: str) -> None:
    assert read(f"MSH|^~\\&|||||||{sent}|1|P|2.5", "EVN|A28|20240312", PATIENT).type == type_


def test_the_message_type_is_told_by_the_segments_when_nothing_else_does() -> None:
    header = r"MSH|^~\&|||||||"
    assert read(header, PATIENT, ORDER, RESULT).type == "ORU^R01"
    assert read(header, PATIENT, "ORC|RE", ORDER, RESULT).type == "ORU^R01"
    assert read(header, PATIENT, "ORC|NW", ORDER, RESULT).type == "ORM^O01"
    assert read(header, PATIENT, ORDER, RESULT, "TXA|1").type == "MDM^T02"
    assert read(header, "EVN|P03", PATIENT).type == "DFT^P03"
    assert read(header, PATIENT).type == ""


@pytest.mark.parametrize(
    ("said", "version"),
    [
        ("2.3.1", "2.3.1"),
        ("2.5.9", "2.5.1"),
        ("2.999", "2.8.2"),
        ("2", "2.1"),
        ("5.0.0", "2.5"),
        ("", "2.5"),
        ("x", "2.5"),
    ],
)
def test_an_odd_version_is_read_as_the_nearest(said: str, version: str) -> None:
    assert nearest_version(said) == version


def test_the_version_may_have_components() -> None:
    assert read(r"MSH|^~\&|||||||ADT^A01|1|P|2.5^FRA^2.11").version == "2.5"


@pytest.mark.parametrize("body", [b"", b"MSH", b"PID|1", b"hello", b"MSHX|^~\\&|", b"MSH|0000|", b"\xff\xfe", b"{}"])
def test_what_is_no_message_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable, match=r"^MSH(-[12])?: "):
        Hl7.read(body)


def test_two_messages_are_never_read_as_one() -> None:
    with pytest.raises(Unreadable, match="batch"):
        read(HEADER, PATIENT, HEADER, PATIENT)


def test_a_message_cut_after_any_byte_is_read_or_unreadable() -> None:
    body = "\r".join([HEADER, PATIENT, ORDER, RESULT]).encode()
    for length in range(9, len(body)):
        assert Hl7.read(body[:length]).segments[0].name == "MSH"


def test_large_fields_and_many_lines_are_read() -> None:
    document = "QUJD" * 200_000
    hl7 = read(HEADER, ORDER, f"OBX|1|ED|1^x||^APPLICATION^PDF^Base64^{document}||||||F")
    assert only(hl7, "OBX").text(5, 5) == document
    note = read(HEADER, "NTE|1||" + "x\n" * 100_000)
    assert len(only(note, "NTE").text(3)) == 199_999


def test_peek_tells_what_chooses_the_channel() -> None:
    body = "\r".join([HEADER, PATIENT, ORDER, RESULT]).encode()
    assert peek(body) == Description("ORU^R01", "LABO", "CHU", "C-17", "CH", "WASL")
    assert peek(body.replace(b"\r", b"\n")).section == "CH"
    assert peek(body.decode().encode("utf-16")) == peek(body)
    assert peek(body.replace(b"ORU^R01^ORU_R01", b"")).type == "ORU^R01"
    assert peek(b"not a message") == Description("")


def test_nothing_of_the_message_is_shown_by_accident() -> None:
    pid = only(read(HEADER, PATIENT), "PID")
    assert "BENNANI" not in repr(pid) + repr(pid.field(5))


TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\ufeff"), min_size=1)


@settings(max_examples=100)
@given(TEXT, TEXT)
def test_any_text_that_was_escaped_is_read_back(value: str, comment: str) -> None:
    hl7 = read(HEADER, f"PID|1||{escaped(value, STANDARD)}^^^HOP|", f"NTE|1||{escaped(comment, STANDARD)}|")
    assert only(hl7, "PID").text(3) == value
    assert only(hl7, "NTE").whole(3) == comment


ALPHABET = st.sampled_from(
    [*"MSHPIDOBX|^~\\&\r\n#", "\ufeff", "é", "\x0b", "MSH|^~\\&|", "\rPID|", "\\X", "\rADD|", "1"]
)


@settings(max_examples=200)
@given(st.one_of(st.binary(), st.lists(ALPHABET).map("".join).map(str.encode)), st.booleans())
def test_any_bytes_are_a_message_or_unreadable(noise: bytes, headed: bool) -> None:
    body = HEADER.encode() + b"\r" + noise if headed else noise
    peek(body)
    try:
        hl7 = Hl7.read(body)
    except Unreadable:
        return
    assert "".join(segment.raw for segment in hl7.segments)
    for segment in hl7.segments:
        for number in range(segment.count() + 2):
            segment.text(number, 2)
            segment.whole(number)
            assert [field.raw for field in segment.repetitions(number)] != [""]
