from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mediators.hl7v2.delimiters import STANDARD, Delimiters, Unreadable, delimiters_of, escaped, unescaped


@pytest.mark.parametrize(
    ("header", "delimiters"),
    [
        (r"MSH|^~\&|", STANDARD),
        (r"MSH|^~\&", STANDARD),
        (r"MSH|^~\&#|", Delimiters(truncation="#")),
        (r"MSH|^~\\&|", STANDARD),
        ("MSH|^~&|", Delimiters(escape="")),
        ("MSH|^~|", Delimiters(escape="")),
        ("MSH|^&|", Delimiters(escape="")),
        ("MSH|^~\\|", STANDARD),
        (r"MSH|^~\}|", Delimiters(subcomponent="}")),
        (r"MSH$%~\&$", Delimiters("$", "%")),
        (r"MSH^!~\&^", Delimiters("^", "!")),
        ("MSH|^˜\\&|A~B", STANDARD),
        ("MSH|^˜\\&|A˜B", Delimiters(repetition="˜")),
    ],
)
def test_delimiters_are_read_from_the_header(header: str, delimiters: Delimiters) -> None:
    assert delimiters_of(header) == delimiters


@pytest.mark.parametrize(
    "header", ["MSH", "MSHA^~", "MSH|", "MSH||LIS", "MSH|0000|", "MSH|^^^^|", "MSH|^~\\&#%|", "MSH|&^|"]
)
def test_what_declares_no_delimiters_is_unreadable_and_says_where(header: str) -> None:
    with pytest.raises(Unreadable, match=r"^MSH-[12]: "):
        delimiters_of(header)


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        (r"A\F\B\S\C\T\D\R\E\E\F", r"A|B^C&D~E\F"),
        (r"line 1\.br\line 2\.BR\line 3", "line 1\nline 2\nline 3"),
        (r"\H\high\N\ value", "high value"),
        (r"BSV 4\5 re.", r"BSV 4\5 re."),
        ("ends with \\", "ends with \\"),
        (r"C:\LAB\F\X", r"C:\LAB|X"),
        (r"\X0D0A\ \X0d\ \X000d\ \X00D\ ", "\r\n \r \r \r "),
        (r"\XC3\\XA9\t\XC3A9\ ", "été "),
        (r"\C2842\ \M12AB34\ \Z01\F\Z", r"\C2842\ \M12AB34\ \Z01\F\Z"),
        (r"\Q\unknown\?\ ", r"\Q\unknown\?\ "),
    ],
)
def test_escapes_mean_what_the_standard_says_and_others_stay(sent: str, meant: str) -> None:
    assert unescaped(sent, STANDARD, "utf-8") == meant


def test_hexadecimal_bytes_are_in_the_character_set_of_the_message() -> None:
    assert unescaped(r"\XE9\ ", STANDARD, "iso8859-1") == "é "
    assert unescaped(r"\X82\ ", STANDARD, "cp850") == "é "
    assert unescaped(r"\XE9\ ", STANDARD, "utf-8") == "é "


def test_a_message_without_an_escape_character_has_no_escapes() -> None:
    plain = Delimiters(escape="")
    assert unescaped(r"A\F\B", plain, "utf-8") == r"A\F\B"
    assert escaped("A|B^C\nD", plain) == "A B C D"


def test_the_truncation_character_is_escaped_only_where_there_is_one() -> None:
    five = Delimiters(truncation="#")
    assert escaped("n#1", five) == r"n\P\1"
    assert unescaped(r"n\P\1", five, "utf-8") == "n#1"
    assert unescaped(r"n\P\1", STANDARD, "utf-8") == r"n\P\1"


def test_many_escape_characters_take_linear_time() -> None:
    assert unescaped("\\X41" * 200_000, STANDARD, "utf-8") == "AX41" * 100_000


@settings(max_examples=200)
@given(
    st.text(st.characters(exclude_categories=["Cs"])),
    st.sampled_from([STANDARD, Delimiters("$", "%", "!", "'", "+", "#")]),
)
def test_what_is_escaped_reads_back_the_same(text: str, delimiters: Delimiters) -> None:
    sent = escaped(text, delimiters)
    assert not set(sent) & {delimiters.field, delimiters.component, delimiters.repetition, "\r", "\n", "\x0b", "\x1c"}
    assert unescaped(sent, delimiters, "utf-8") == text
