"""Bytes made readable without changing or losing what was sent."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.console.body import MOST_ROWS, MOST_TEXT, body_shown, indented
from channels.console.hl7_table import MOST_SEGMENTS, FieldRow, hl7_table
from channels.console.text import MOST, code, visible
from tests.console.place import SALES, result

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=12,
)


@given(JSON)
def test_indented_json_means_the_same(value: Any) -> None:
    for text in (json.dumps(value), json.dumps(value, ensure_ascii=False, indent=1)):
        assert json.loads(indented(text)) == value


def test_indentation_keeps_numbers_names_and_empty_brackets_as_sent() -> None:
    sent = '{"a":5.0,"a":1e2,"b":[ ],"c":{},"d":"x, {y}: \\"z\\""}'
    assert indented(sent) == ('{\n  "a": 5.0,\n  "a": 1e2,\n  "b": [],\n  "c": {},\n  "d": "x, {y}: \\"z\\""\n}')


@given(st.text(alphabet='{}[]",:\\ a1', max_size=30))
def test_what_is_no_json_is_still_shown(text: str) -> None:
    assert set(indented(text)) >= set(text) - {" "}


@given(st.binary(max_size=200), st.sampled_from(["hl7v2", "csv", "fhir", "unheard-of"]))
def test_any_bytes_are_shown(body: bytes, mediator: str) -> None:
    shown = body_shown(body, mediator, "", [])
    assert shown.size == len(body)


@given(st.binary(max_size=60))
def test_any_bytes_in_a_message_are_shown(noise: bytes) -> None:
    body_shown(result().replace(b"Khadija", noise), "hl7v2", "", [{"at": "PID-5"}, {"at": "ZZZ[9]-99"}, {"at": ""}])


def row(path: str, body: bytes = result(), issues: Any = ()) -> FieldRow:
    return next(one for segment in hl7_table(body, issues).segments for one in segment.fields if one.path == path)


def test_fields_and_components_carry_their_names_in_the_standard() -> None:
    assert row("PID-5").name == "Patient Name"
    long = result() + b"NK1|1|||||||||||||||||||||||||X\rPRT|1|UC||PO|9^Amrani^Omar\r"
    named = {
        "PID-1": "Set ID",
        "PID-7": "Date/Time of Birth",
        "NK1-26": "Mother's Maiden Name",
        "PRT-5": "Participation Person",
    }
    assert {path: row(path, long).name for path in named} == named
    assert [(part.path, part.name, part.raw) for part in row("PID-3[1]").components] == [
        ("PID-3[1].1", "ID Number", "A-4711"),
        ("PID-3[1].4", "Assigning Authority", "130310623"),
        ("PID-3[1].5", "Identifier Type Code", "PI"),
    ]
    assert row("MSH-2").raw == "^~\\&"
    assert not row("MSH-2").components


def test_the_components_of_an_observation_are_named_by_its_own_type() -> None:
    coded = result().replace(b"|NM|15074-8^Glucose^LN||0.92|", b"|CE|15074-8^Glucose^LN||H^Haut^L|")
    assert [part.name for part in row("OBX-5", coded).components] == ["Identifier", "Text", "Name of Coding System"]


def test_an_issue_stands_on_its_field_even_when_nothing_was_sent_there() -> None:
    issue = {"at": "OBX-23.1", "reason": "required"}
    assert row("OBX-23", issues=[issue]).issues == [issue]
    assert row("OBX-23", issues=[issue]).raw == ""


def test_local_and_unknown_segments_are_shown_and_marked() -> None:
    table = hl7_table(result() + b"XYZ|1|a^b\r")
    assert [(segment.name, segment.local, segment.title) for segment in table.segments[-2:]] == [
        ("ZLB", True, ""),
        ("XYZ", False, ""),
    ]


def test_a_charset_that_contradicts_the_bytes_is_told() -> None:
    latin = result().decode().encode("latin-1")
    assert hl7_table(latin).contradicted
    assert not hl7_table(result()).contradicted


def test_what_is_very_long_is_cut_and_says_so() -> None:
    long = hl7_table(result() + b"NTE|1||x\r" * (MOST_SEGMENTS + 5))
    assert long.left_out == 7 + 5
    head, line = SALES.splitlines(keepends=True)[:2]
    csv = body_shown(head + line * (MOST_ROWS + 1), "csv", "text/csv", []).csv
    assert csv is not None
    assert csv.more
    assert len(csv.rows) == MOST_ROWS
    assert body_shown(b"x" * (MOST_TEXT + 3), "fhir", "", []).cut == 3


def test_the_cells_of_a_file_stand_with_what_is_wrong_in_them() -> None:
    issue = {"at": "line 3, quantite", "line": 3, "column": "quantite"}
    csv = body_shown(SALES, "csv", "text/csv", [issue]).csv
    assert csv is not None
    assert [(one.line, list(one.issues)) for one in csv.rows] == [(2, []), (3, [issue])]


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("a\tb\x1cc", "a␉b␜c"),
        ("<b>&", "&lt;b&gt;&amp;"),
        (r"a\T\b \E\\X0D\ c\d", r"a<mark>\T\</mark>b <mark>\E\</mark><mark>\X0D\</mark> c\d"),
        ("\u202e1234", "⟦U+202E⟧1234"),
    ],
)
def test_what_is_invisible_or_escaped_is_seen(sent: str, shown: str) -> None:
    assert visible(sent, "\\") == shown


def test_a_long_value_says_how_much_is_missing() -> None:
    assert visible("x" * (MOST + 9)).endswith('<span class="more"> … +9</span>')


def test_codes_are_kept_apart_from_the_text_around_them() -> None:
    assert code("<A>") == '<bdi class="code" dir="ltr">&lt;A&gt;</bdi>'
    assert "–" in code(None)
    assert ">0<" in code(0)
