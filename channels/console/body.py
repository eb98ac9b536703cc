"""A message's bytes made readable: HL7 v2 as tables of fields, CSV as a table, JSON indented, the rest as text."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from channels.console.hl7_table import Hl7Table, hl7_table
from mediators.csv.reader import table
from mediators.hl7v2.reader import Unreadable
from schemas.message import Refused

MOST_ROWS = 300
MOST_TEXT = 200_000
INDENT = "  "


@dataclass(frozen=True, slots=True)
class CsvRow:
    line: int
    cells: Sequence[str]
    issues: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class CsvTable:
    header: Sequence[str]
    rows: Sequence[CsvRow]
    more: bool


@dataclass(frozen=True, slots=True)
class Body:
    """One of the three; `cut` characters of the text are not shown."""

    size: int
    hl7: Hl7Table | None = None
    csv: CsvTable | None = None
    text: str = ""
    cut: int = 0


def body_shown(body: bytes, mediator: str, content_type: str, issues: Sequence[Mapping[str, Any]]) -> Body:
    """By the channel's mediator; bytes that it can't read are shown as text."""
    try:
        if mediator == "hl7v2":
            return Body(len(body), hl7=hl7_table(body, issues))
        if mediator == "csv":
            return Body(len(body), csv=_csv(body, content_type, issues))
    except (Unreadable, Refused):
        pass
    text = _text(body)
    shown = indented(text[:MOST_TEXT]) if text.lstrip()[:1] in ("{", "[") else text[:MOST_TEXT]
    return Body(len(body), text=shown, cut=max(0, len(text) - MOST_TEXT))


def indented(text: str) -> str:
    """JSON with line ends and indentation, and every number, name and repetition exactly as sent."""
    return "".join(_indented(text))


def _indented(text: str) -> Iterator[str]:
    depth, at = 0, 0
    while at < len(text):
        char = text[at]
        if char == '"':
            end = _end_of_string(text, at)
            yield text[at:end]
            at = end
            continue
        if char in "{[":
            closing = text[at + 1 :].lstrip()[:1] if text[at + 1 : at + 2].isspace() else text[at + 1 : at + 2]
            if closing in ("}", "]"):
                yield char + closing
                at = text.index(closing, at) + 1
                continue
            depth += 1
            yield f"{char}\n{INDENT * depth}"
        elif char in "}]":
            depth = max(0, depth - 1)
            yield f"\n{INDENT * depth}{char}"
        elif char == ",":
            yield f",\n{INDENT * depth}"
        elif char == ":":
            yield ": "
        elif not char.isspace():
            yield char
        at += 1


def _end_of_string(text: str, at: int) -> int:
    at += 1
    while at < len(text) and text[at] != '"':
        at += 2 if text[at] == "\\" else 1
    return at + 1


def _csv(body: bytes, content_type: str, issues: Sequence[Mapping[str, Any]]) -> CsvTable:
    of_line: dict[int, list[Mapping[str, Any]]] = {}
    for issue in issues:
        if isinstance(line := issue.get("line"), int):
            of_line.setdefault(line, []).append(issue)
    read = table(body, content_type)
    rows = list(itertools.islice(read.rows(), MOST_ROWS + 1))
    shown = [CsvRow(row.line, row.cells, of_line.get(row.line, ())) for row in rows[:MOST_ROWS]]
    return CsvTable(read.header, shown, len(rows) > MOST_ROWS)


def _text(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError:
        return body.decode("cp1252", "replace")
