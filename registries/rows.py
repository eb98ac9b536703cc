"""Rows of a CSV file, as spreadsheets write them: `;` or `,`, UTF-8 with or without BOM, Windows-1252."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from schemas.message import Issue, Severity


@dataclass(slots=True)
class Row:
    """One row: `line` counts from 1, the header's. Problems found in it are collected in `issues`,
    what looks wrong and is taken all the same in `warnings`."""

    line: int
    values: dict[str, str]
    issues: list[Issue] = field(default_factory=list)
    warnings: list[Issue] = field(default_factory=list)

    def __getitem__(self, column: str) -> str:
        return self.values.get(column, "")

    def wrong(self, column: str, reason: str, text: str, remedy: str) -> None:
        self.issues.append(self._issue(column, reason, text, remedy, "error"))

    def warn(self, column: str, reason: str, text: str, remedy: str) -> None:
        self.warnings.append(self._issue(column, reason, text, remedy, "warning"))

    def _issue(self, column: str, reason: str, text: str, remedy: str, severity: Severity) -> Issue:
        at = f"line {self.line}, {column}"
        return Issue(at, reason, text, remedy, severity, line=self.line, column=column)


def rows(body: bytes, required: Collection[str]) -> Iterator[Row]:
    """Every row that is not blank, columns by lower-case name. A file without the required columns gives one row,
    the header's, with an issue for each that is missing."""
    text = _decoded(body)
    header, _, _ = text.partition("\n")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=";" if ";" in header else ",")
    try:
        columns = [name.strip().lower() for name in next(reader, [])]
        if missing := [name for name in required if name not in columns]:
            yield _headless(missing)
            return
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield _row(reader.line_num, columns, cells)
    except csv.Error as error:
        broken = Row(max(reader.line_num, 1), {})
        broken.wrong("", "unreadable", f"this line is no CSV: {error}", "mend its quotes, then load the file again")
        yield broken


def _headless(missing: list[str]) -> Row:
    first = Row(1, {})
    for column in missing:
        first.wrong(column, "required", f"the column {column!r} is missing", "add it to the first line")
    return first


def _row(line: int, columns: list[str], cells: list[str]) -> Row:
    row = Row(line, {name: " ".join(cell.split()) for name, cell in zip(columns, cells, strict=False)})
    if len(cells) > len(columns):
        row.wrong("", "too-many-values", "more values than columns", 'put values that hold the separator in "quotes"')
    return row


def _decoded(body: bytes) -> str:
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        return body.decode("cp1252", "replace")
