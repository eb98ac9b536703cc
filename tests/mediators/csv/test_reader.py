"""Bytes become rows, whatever charset, delimiter, quotes and line ends; line numbers are an editor's."""

from __future__ import annotations

import csv
from contextlib import suppress
from io import StringIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mediators.csv import reader
from schemas.message import Refused


def rows(body: bytes, content_type: str = "text/csv") -> list[tuple[int, list[str]]]:
    return [(row.line, row.cells) for row in reader.table(body, content_type).rows()]


def reason(body: bytes, content_type: str = "text/csv") -> str:
    with pytest.raises(Refused) as refused:
        list(reader.table(body, content_type).rows())
    return refused.value.issues[0].reason


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ("prénom;âge\nAïcha;3\n".encode(), "text/csv"),
        ("\ufeffprénom;âge\nAïcha;3\n".encode(), "text/csv"),
        ("prénom;âge\nAïcha;3\n".encode("windows-1252"), "text/csv"),
        ("prénom;âge\nAïcha;3\n".encode("cp850"), "text/csv; charset=cp850"),
        ("prénom;âge\nAïcha;3\n".encode("latin-1"), 'text/csv; header=present; charset="ISO-8859-1"'),
        ("prénom;âge\nAïcha;3\n".encode("utf-16"), "text/csv"),
        ("\ufeffprénom;âge\nAïcha;3\n".encode(), "text/csv;charset=UTF-8"),
    ],
)
def test_charsets(body: bytes, content_type: str) -> None:
    found = reader.table(body, content_type)
    assert found.header == ["prénom", "âge"]
    assert [row.cells for row in found.rows()] == [["Aïcha", "3"]]


def test_the_declared_charset_is_believed_even_when_it_is_wrong() -> None:
    assert rows("a;b\né;1".encode(), "text/csv; charset=windows-1252") == [(2, ["Ã©", "1"])]


def test_a_charset_that_does_not_fit_or_exist_is_refused() -> None:
    assert reason("a;b\né;1".encode("latin-1"), "text/csv; charset=utf-8") == "charset"
    assert reason(b"a;b\n1;2", "text/csv; charset=klingon") == "charset"
    assert reason(b"a;b\n1;2", "text/csv; charset=zip") == "charset"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
def test_delimiters_and_line_ends(end: str, delimiter: str) -> None:
    text = end.join(delimiter.join(cells) for cells in (["a", "b"], ["1", "2"], ["", ""], ["3", "4"]))
    assert rows(text.encode()) == [(2, ["1", "2"]), (4, ["3", "4"])]


def test_the_delimiter_is_the_headers_and_not_one_within_quotes() -> None:
    assert reader.delimiter_of('"a;b;c",d') == ","


def test_line_numbers_count_quoted_line_breaks() -> None:
    body = b'a;b\n"one\ntwo; ""three""";x\r\ny;z\n'
    assert rows(body) == [(2, ['one\ntwo; "three"', "x"]), (4, ["y", "z"])]


def test_a_quote_that_is_never_closed_costs_one_line_only() -> None:
    found = list(reader.table(b'a;b\n"open;1\nx;2\ny;"3"\n', "text/csv").rows())
    assert [(row.line, row.whole) for row in found] == [(2, False), (3, True), (4, True)]
    assert found[2].cells == ["y", "3"]


def test_a_quote_closed_by_the_next_rows_costs_one_line_only() -> None:
    found = list(reader.table(b'a;b;c\n1;"open;3\n4;5;6"\n7;8;9\n', "text/csv").rows())
    assert [(row.line, row.whole) for row in found] == [(2, False), (3, True), (4, True)]


def test_quotes_inside_a_value_are_kept_readable() -> None:
    assert rows(b'a;b\nboite "30";x\n"30" cp;y\n') == [(2, ['boite "30"', "x"]), (3, ["30 cp", "y"])]


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "empty"),
        (b" \r\n\t\n", "empty"),
        (b"\n1;2", "header"),
        (b"PK\x03\x04rest", "not-text"),
        (b"%PDF-1.7", "not-text"),
        (b"a;b\n1;\x00", "not-text"),
        (b"a\x01;b\n1;2", "not-text"),
        (b";".join(b"c%d" % n for n in range(201)), "too-long"),
        (b'"a;b\n1;2', "quote"),
    ],
)
def test_what_is_not_a_table_is_refused_with_its_reason(body: bytes, why: str) -> None:
    assert reason(body) == why


def test_too_many_rows_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "MAX_ROWS", 3)
    assert len(rows(b"a;b\n" + b"1;2\n" * 3)) == 3
    assert reason(b"a;b\n" + b"1;2\n" * 4) == "too-long"


@pytest.mark.parametrize("name", ["Date d'achat", "DATE_D_ACHAT", " date d achat ", "Dâte-d'Achat"])
def test_names_are_compared_without_case_accents_or_punctuation(name: str) -> None:
    assert reader.normal(name) == "date_d_achat"


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=400), st.sampled_from(["text/csv", "text/csv; charset=utf-8", "text/csv; charset=\x00é", ""]))
def test_any_bytes_are_read_or_refused(body: bytes, content_type: str) -> None:
    with suppress(Refused):
        assert all(row.cells for row in reader.table(body, content_type).rows())


cells = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")) | st.sampled_from('";,\n\r\t'), max_size=12
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(cells, cells, st.just("end")), max_size=6), st.sampled_from(";,\t"))
def test_what_a_csv_writer_wrote_is_read_alike(written: list[tuple[str, ...]], delimiter: str) -> None:
    out = StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter, quoting=csv.QUOTE_ALL)
    writer.writerows([("a", "b", "c"), *written])
    assert [row.cells for row in reader.table(out.getvalue().encode(), "text/csv").rows()] == [list(w) for w in written]
