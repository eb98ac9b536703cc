from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mediators.hl7v2.charset import codec_of, decode
from mediators.hl7v2.reader import Hl7

NAMES = "ALAOUI^HÉLÈNE"


def message(charset: str, name: str = NAMES) -> str:
    return f"MSH|^~\\&|LIS|LAB|||20240312||ADT^A08|7|P|2.5||||||{charset}\rPID|||44^^^HOP||{name}\r"


@pytest.mark.parametrize(
    ("declared", "codec"),
    [
        ("ASCII", "ascii"),
        ("8859/1", "iso8859-1"),
        ("8859/6", "iso8859-6"),
        ("8859/15", "iso8859-15"),
        ("ISO-8859-1", "iso8859-1"),
        ("UNICODE UTF-8", "utf-8"),
        ("utf8", "utf-8"),
        ("CP850", "cp850"),
        ("windows-1256", "cp1256"),
        ("8859", "iso8859-1"),
        ("Klingon", ""),
        ("", ""),
    ],
)
def test_a_character_set_is_known_by_the_names_of_the_field(declared: str, codec: str) -> None:
    assert codec_of(declared) == codec


@pytest.mark.parametrize(
    ("declared", "codec", "name"),
    [
        ("8859/1", "iso8859-1", "ALAOUI^HÉLÈNE"),
        ("8859/6", "iso8859-6", "العلوي^فاطمة"),
        ("CP850", "cp850", "ALAOUI^HÉLÈNE"),
        ("CP1256", "cp1256", "العلوي^فاطمة"),
        ("UNICODE UTF-8", "utf-8", "العلوي^فاطمة"),
        ("8859/15", "iso8859-15", "ALAOUI^ŒUVRE"),
        ("UNICODE UTF-16", "utf-16", "العلوي^فاطمة"),
    ],
)
def test_the_name_is_read_in_the_declared_character_set(declared: str, codec: str, name: str) -> None:
    hl7 = Hl7.read(message(declared, name).encode(codec))
    pid = hl7.first("PID")
    assert pid is not None
    assert pid.raw_field(5) == name
    assert not hl7.contradicted


def test_utf_8_bytes_are_utf_8_whatever_is_declared() -> None:
    hl7 = Hl7.read(message("8859/1").encode())
    assert hl7.segments[1].raw_field(5) == NAMES
    assert hl7.contradicted


def test_a_wrong_utf_8_declaration_is_read_as_windows_1252() -> None:
    hl7 = Hl7.read(message("UNICODE UTF-8").encode("cp1252"))
    assert hl7.segments[1].raw_field(5) == NAMES
    assert hl7.contradicted


@pytest.mark.parametrize("codec", ["utf-8", "cp1252"])
def test_without_a_declaration_bytes_tell_and_nothing_is_contradicted(codec: str) -> None:
    hl7 = Hl7.read(message("").encode(codec))
    assert hl7.segments[1].raw_field(5) == NAMES
    assert not hl7.contradicted


def test_a_default_stands_in_for_a_missing_declaration_only() -> None:
    assert Hl7.read(message("").encode("cp850"), "CP850").segments[1].raw_field(5) == NAMES
    assert Hl7.read(message("8859/1").encode("latin-1"), "CP850").segments[1].raw_field(5) == NAMES


def test_the_second_of_several_character_sets_may_be_the_true_one() -> None:
    assert not Hl7.read(message("ASCII~8859/1").encode("latin-1")).contradicted
    assert not Hl7.read(message("8859/1~UNICODE UTF-8").encode()).contradicted


def test_ascii_fits_every_declaration() -> None:
    decoded = decode(b"MSH|plain", ["8859/6"])
    assert (decoded.text, decoded.codec, decoded.contradicted) == ("MSH|plain", "iso8859-6", False)


def test_japanese_switches_with_seven_bit_escapes() -> None:
    hl7 = Hl7.read(message("~ISO IR87", "山田").encode("iso2022_jp"))
    assert hl7.segments[1].raw_field(5) == "山田"


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig"])
def test_marks_and_wide_characters_are_recognised(codec: str) -> None:
    hl7 = Hl7.read(message("").encode(codec))
    assert hl7.segments[1].raw_field(5) == NAMES
    assert hl7.type == "ADT^A08"


@settings(max_examples=100)
@given(st.binary(), st.lists(st.sampled_from(["8859/1", "UTF-8", "ISO IR87", "BIG5", "GB 18030-2000", "x"])))
def test_any_bytes_become_some_text(body: bytes, declared: list[str]) -> None:
    decoded = decode(body, declared)
    decoded.text.encode(decoded.codec, "replace")
