"""Bytes → a table: charset, delimiter, quotes, line numbers as an editor shows them (line 1 is the header)."""

from __future__ import annotations

import codecs
import csv
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from email.message import Message as Header
from io import StringIO
from typing import NamedTuple

from schemas.message import Issue, Refused

MAX_FIELD = 64 * 1024
MAX_COLUMNS = 200
MAX_ROWS = 1_000_000
MAX_LINES_IN_A_ROW = 100

# Windows-1252 leaves five bytes undefined; like browsers, they are taken for the C1 controls.
_UNDEFINED = {byte: chr(byte) for byte in (0x81, 0x8D, 0x8F, 0x90, 0x9D)}
_WINDOWS = "".join(_UNDEFINED.get(byte) or bytes([byte]).decode("windows-1252") for byte in range(256))
_CHARSETS = re.compile(r"utf-8(-sig)?|utf-16(-[lb]e)?|ascii|iso8859-[0-9]+|cp[0-9]+|mac-(roman|arabic)")
_NOT_TEXT = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ufffd]")
_FOREIGN = {
    b"PK\x03\x04": "a spreadsheet or archive (xlsx, ods, zip)",
    b"\xd0\xcf\x11\xe0": "an Excel workbook (xls)",
    b"%PDF": "a PDF document",
    b"\x1f\x8b": "a gzip archive",
}
_REMEDY = "export as CSV (UTF-8, separated by semicolons) and send that file"


class Row(NamedTuple):
    """One row. `whole` is False when a quote was opened and never closed."""

    line: int
    cells: list[str]
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Table:
    """The header's cells as written, and the lines of the file. `clean` when no character is out of place."""

    header: list[str]
    delimiter: str
    lines: list[str]
    first: int
    clean: bool

    def rows(self) -> Iterator[Row]:
        """Every row that is not blank. Raises Refused past MAX_ROWS."""
        at, count = self.first, 0
        while at < len(self.lines):
            row, used = _row(self.lines, at, self.delimiter, len(self.header))
            at += used
            if not any(cell and not cell.isspace() for cell in row.cells):
                continue
            count += 1
            if count > MAX_ROWS:
                raise refusal("too-long", f"the file has more than {MAX_ROWS} rows", "send it in several files")
            yield row


def refusal(reason: str, text: str, remedy: str, at: str = "line 1", column: str | None = None) -> Refused:
    return Refused([Issue(at=at, reason=reason, text=text, remedy=remedy, line=1, column=column)])


def table(body: bytes, content_type: str) -> Table:
    """The table in these bytes. Raises Refused when they are empty, not text, or have no usable header line."""
    text = decoded(body, content_type)
    lines = list(StringIO(text, newline=""))
    if not text or text.isspace():
        raise refusal("empty", "the file is empty", "export it again and send the new file")
    delimiter = delimiter_of(lines[0])
    head, first = _row(lines, 0, delimiter)
    header = [cell.strip() for cell in head.cells]
    while header and not header[-1]:
        header.pop()
    _check_header(header, head.whole)
    return Table(header, delimiter, lines, first, _NOT_TEXT.search(text) is None)


def _check_header(header: Sequence[str], whole: bool) -> None:
    if not header:
        raise refusal("header", "the first line is blank", "put the names of the columns on the first line")
    if not whole:
        raise refusal("quote", "a quote is opened in the header and never closed", "close the quote")
    if len(header) > MAX_COLUMNS:
        raise refusal("too-long", f"the file has more than {MAX_COLUMNS} columns", "send only the columns asked for")
    if any(len(name) > MAX_FIELD for name in header):
        raise refusal("too-long", f"a column's name is longer than {MAX_FIELD} characters", _REMEDY)
    if any(_NOT_TEXT.search(name) for name in header):
        raise refusal("not-text", "the first line is not text", _REMEDY)


def decoded(body: bytes, content_type: str) -> str:
    """The text: the content type's charset is believed, else UTF-8 if valid, else Windows-1252."""
    for magic, what in _FOREIGN.items():
        if body.startswith(magic):
            raise refusal("not-text", f"this is {what}, not CSV", _REMEDY)
    charset = charset_of(content_type)
    if not charset and body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        charset = "utf-16"
    text = _said(body, charset) if charset else _guessed(body)
    if "\x00" in text:
        raise refusal("not-text", "the file holds bytes that are not text", _REMEDY)
    return text.removeprefix("\ufeff")


def charset_of(content_type: str) -> str:
    """The charset parameter of a content type, "" when there is none."""
    header = Header()
    header["content-type"] = re.sub(r"[^\x20-\x7e]", "", content_type)
    charset = header.get_param("charset")
    return charset.strip().lower() if isinstance(charset, str) else ""


def _said(body: bytes, charset: str) -> str:
    try:
        name = codecs.lookup(charset).name
        # Who says ISO 8859-1 and means Windows-1252 is common; the other way round is the same text.
        if name in ("cp1252", "iso8859-1"):
            return _windows(body)
        if _CHARSETS.fullmatch(name):
            return body.decode(name)
    except (LookupError, ValueError):
        pass
    remedy = "name the charset the file is written in (charset=utf-8), or leave it out"
    raise refusal("charset", "the file cannot be read in the charset that its content type names", remedy)


def _guessed(body: bytes) -> str:
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        return _windows(body)


def _windows(body: bytes) -> str:
    return codecs.charmap_decode(body, "strict", _WINDOWS)[0]


def delimiter_of(line: str) -> str:
    """Of `;`, `,` and tab, the one that the header uses most outside quotes; `;` when it uses none."""
    bare = re.sub(r'"[^"]*"', "", line)
    return max(";,\t", key=bare.count)


def normal(name: str) -> str:
    """A column's name without case, accents or punctuation: "Date d'achat" → "date_d_achat"."""
    plain = "".join(char for char in unicodedata.normalize("NFKD", name.casefold()) if not unicodedata.combining(char))
    return re.sub(r"[^a-z0-9]+", "_", plain).strip("_")


def strange(cells: Sequence[str]) -> list[int]:
    """The columns (from 0) whose value holds characters that are not text."""
    return [index for index, cell in enumerate(cells) if _NOT_TEXT.search(cell)]


def _row(lines: Sequence[str], at: int, delimiter: str, width: int = 0) -> tuple[Row, int]:
    """The row that starts at this line, and how many lines it takes.

    When a quote is opened and never closed, only that line is lost: the next ones are rows of their own. The same
    when a value over several lines leaves its row with too few cells: its quote was closed by another row's.
    """
    line = lines[at]
    if '"' not in line:
        return Row(at + 1, line.rstrip("\r\n").split(delimiter)), 1
    reader = csv.reader(lines[at : at + MAX_LINES_IN_A_ROW], delimiter=delimiter, strict=True)
    try:
        cells = next(reader)
        if reader.line_num == 1 or len(cells) >= width:
            return Row(at + 1, cells), reader.line_num
    except csv.Error:
        pass
    return _lenient(line, at, delimiter), 1


def _lenient(line: str, at: int, delimiter: str) -> Row:
    """A quote inside a value (`"30 cp" boîte`) is not CSV, but closed on its line it can only mean one thing."""
    reader = csv.reader([line, ""], delimiter=delimiter)
    try:
        cells = next(reader)
        if reader.line_num == 1:
            return Row(at + 1, cells)
    except csv.Error:
        pass
    return Row(at + 1, line.rstrip("\r\n").split(delimiter), whole=False)
