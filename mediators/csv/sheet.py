"""A table seen through its mapping: which column is which, and each row's values with all that is wrong in it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from typing import NamedTuple
from zoneinfo import ZoneInfo

from mediators.csv.mapping import Column, Mapping
from mediators.csv.reader import MAX_FIELD, Row, Table, normal, refusal, strange
from mediators.csv.values import Calendar, Complaint, Read, read_of
from schemas.message import Issue, Refused

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Bound(NamedTuple):
    """A column of the mapping that the file has: where, under which name, and how its cells are read."""

    at: int
    name: str
    column: Column
    read: Read


@dataclass(slots=True)
class Entry:
    """One row: its values by column index, only those that could be read, and its issues."""

    line: int
    cells: list[str]
    values: dict[int, str] = field(default_factory=dict)
    issues: list[Issue] = field(default_factory=list)

    @property
    def place(self) -> str:
        return f"line {self.line}"

    @property
    def good(self) -> bool:
        return not any(issue.severity == "error" for issue in self.issues)


@dataclass(frozen=True, slots=True)
class Sheet:
    """`extra` are the columns that the mapping doesn't know, with the name they are kept under."""

    table: Table
    bound: Sequence[Bound]
    extra: Sequence[tuple[int, str]]

    def entries(self) -> Iterator[Entry]:
        """Every row in the order of the file. Raises Refused past the limit of rows."""
        for row in self.table.rows():
            yield self._entry(row)

    def _entry(self, row: Row) -> Entry:
        entry = Entry(row.line, row.cells)
        if problem := _misshapen(row, len(self.table.header)):
            entry.issues.append(_issue(row.line, problem))
            return entry
        self._judge_characters(entry)
        for index, name, column, read in self.bound:
            cell = row.cells[index].strip()
            if not cell:
                if column.required:
                    entry.issues.append(_issue(row.line, _EMPTY, name))
                continue
            value, complaint = read(cell)
            if complaint is not None:
                entry.issues.append(_issue(row.line, complaint, name))
                if complaint.severity == "error":
                    continue
            entry.values[index] = value
        return entry

    def _judge_characters(self, entry: Entry) -> None:
        if max(map(len, entry.cells)) > MAX_FIELD:
            long = [index for index, cell in enumerate(entry.cells) if len(cell) > MAX_FIELD]
            entry.issues.extend(_issue(entry.line, _TOO_LONG, self._name(index)) for index in long)
        if not self.table.clean:
            entry.issues.extend(_issue(entry.line, _STRANGE, self._name(index)) for index in strange(entry.cells))

    def _name(self, index: int) -> str:
        named = self.table.header[index] if index < len(self.table.header) else ""
        return named or f"column {index + 1}"


_EMPTY = Complaint("required", "a value is required here", "fill this cell")
_TOO_LONG = Complaint("too-long", f"the value is longer than {MAX_FIELD} characters", "shorten the value")
_STRANGE = Complaint("not-text", "the value holds characters that are not text", "export again as CSV in UTF-8")
_QUOTE = Complaint("quote", 'a quote (") is opened on this line and never closed', 'close it, or double it ("") inside')


def _misshapen(row: Row, width: int) -> Complaint | None:
    if not row.whole:
        return _QUOTE
    count = len(row.cells)
    if count == width or (count > width and not any(cell.strip() for cell in row.cells[width:])):
        return None
    return Complaint(
        "columns",
        f"this row has {count} values where the header has {width} columns",
        "put values that hold a separator or a line break between quotes, and leave no column out",
    )


def _issue(line: int, complaint: Complaint, column: str | None = None) -> Issue:
    reason, text, remedy, severity = complaint
    at = f"line {line}, {column}" if column else f"line {line}"
    return Issue(at, reason, text, remedy, severity, line=line, column=column)


def sheet_of(table: Table, mapping: Mapping, received: int, zone: str) -> Sheet:
    """The table with the mapping's columns found in it. Raises Refused when a required one is missing or is there
    twice, naming what was found and the nearest names."""
    calendar = _calendar(received, zone)
    found: dict[str, list[int]] = {}
    for index, name in enumerate(table.header):
        found.setdefault(normal(name), []).append(index)
    bound: list[Bound] = []
    issues: list[Issue] = []
    missing: list[tuple[str, Column]] = []
    for key, column in mapping.columns.items():
        at = [index for name in column.names(key) for index in found.get(name, ())]
        if len(at) > 1:
            issues.append(_twice(key, [table.header[index] for index in at]))
        elif at:
            bound.append(Bound(at[0], table.header[at[0]], column, read_of(column, calendar)))
        elif column.required:
            missing.append((key, column))
    taken = {one.at for one in bound}
    extra = [(index, name) for index, name in _named(table.header) if index not in taken]
    if missing and not bound:
        names = ", ".join(mapping.columns)
        raise refusal("header", "the first line names none of the columns", f"put a header line first: {names}")
    issues.extend(_missing(key, column, [name for _, name in extra]) for key, column in missing)
    if issues:
        raise Refused(issues)
    return Sheet(table, bound, extra)


def _calendar(received: int, zone: str) -> Calendar:
    try:
        place = ZoneInfo(zone)
        # A day of tolerance: the sender's clock, and its zone, are its own
        last = (_EPOCH + timedelta(microseconds=received, days=1)).astimezone(place).date().isoformat()
    except (LookupError, ValueError, OSError, OverflowError):
        raise refusal("zone", "the channel's time zone is not known", "name an IANA zone: Africa/Casablanca") from None
    return Calendar(place, last)


def _named(header: Sequence[str]) -> Iterator[tuple[int, str]]:
    """Every column with a name of its own: a second "note" is "note (2)", one without a name "column 7"."""
    seen: dict[str, int] = {}
    for index, written in enumerate(header):
        name = written or f"column {index + 1}"
        seen[name] = seen.get(name, 0) + 1
        yield index, name if seen[name] == 1 else f"{name} ({seen[name]})"


def _missing(key: str, column: Column, unknown: Sequence[str]) -> Issue:
    names = {normal(name): name for name in unknown}
    near = dict.fromkeys(names[name] for want in column.names(key) for name in get_close_matches(want, names, 2, 0.7))
    meant = f"; did you mean {' or '.join(name[:40] for name in list(near)[:3])}?" if near else ""
    others = f" (columns not known: {', '.join(name[:40] for name in unknown[:20])})" if unknown else ""
    return Issue(
        at=f"line 1, {key}",
        reason="missing-column",
        text=f"the column {key} is missing{others}",
        remedy=f"name it {key} in the header{meant}",
        line=1,
        column=key,
    )


def _twice(key: str, names: Sequence[str]) -> Issue:
    return Issue(
        at=f"line 1, {key}",
        reason="duplicate-column",
        text=f"several columns are {key}: {', '.join(name[:40] for name in names)}",
        remedy="keep one of them",
        line=1,
        column=key,
    )
