"""Writes billable lines into the ledger: each fact once, whatever is said of it again."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from sqlalchemy import Connection, Engine, bindparam, insert, select, update

from channels.consumers.cnss import sheet, twice
from channels.consumers.cnss.billing import SOLD_AGAIN, TOLD_OTHERWISE, Line
from channels.consumers.cnss.changes import Changes, Row
from channels.consumers.cnss.sheet import LineState, State
from channels.consumers.cnss.tables import SERIAL, counters, lines, sheets
from channels.consumers.cnss.telling import Telling

CANCELLED_LATE = "cancelled after submission"

# What a bill tells of an act that a report, a visit or a sale has told, or the other way round
TOLD_TWICE = "told twice"
# A credit, or a charge told again, that is not of all that was charged
CREDITED_IN_PART = "credited in part"

_COMPARED = ("code", "system", "quantity", "amount", "executor", "date", "designation")
_COPIED = (*_COMPARED, "fact", "event", "transaction", "executor_system", "version", "source")
_OPEN = frozenset({State.EXECUTED, State.CORRECTED, State.ACCEPTED})

_KNOWN_LINES = select(lines).where(lines.c.fact.in_(bindparam("facts", expanding=True)))
_SHEETS_BY_KEY = select(sheets).where(sheets.c.key.in_(bindparam("keys", expanding=True)))
_SHEETS_BY_SERIAL = select(sheets).where(sheets.c.serial.in_(bindparam("serials", expanding=True)))
_STILL_DONE = (
    select(lines.c.sheet)
    .where(lines.c.sheet.in_(bindparam("serials", expanding=True)), lines.c.state != LineState.NOT_DONE)
    .distinct()
)
_SERIAL = select(counters.c.value).where(counters.c.name == SERIAL)
_TAKE_SERIALS = update(counters).where(counters.c.name == SERIAL).values(value=bindparam("taken"))
_CHANGE_LINE = (
    update(lines)
    .where(lines.c.fact == bindparam("of"))
    .values(state=bindparam("now_state"), version=bindparam("now_version"))
)
_ADD_SHEETS = insert(sheets)
_ADD_LINES = insert(lines)


class Recorded(NamedTuple):
    """What became of a line: whether the ledger changed, the sheet's number ("": it is on none), and why it was not
    simply added."""

    changed: bool
    number: str
    why: str = ""


class Recording:
    """The lines of one call, in one commit. `now` and `quiet` in µs: a sheet is due once it was quiet that long."""

    def __init__(self, connection: Connection, engine: Engine, *, now: int, quiet: int) -> None:
        self._connection = connection
        self._engine = engine
        self._now = now
        self._due = now + quiet
        self._changes = Changes(now)
        self._lines: dict[str, Row] = {}
        self._by_key: dict[str, Row] = {}
        self._by_serial: dict[int, Row] = {}
        self._new: dict[str, Row] = {}
        self._said_again: dict[str, Row] = {}
        self._emptied: dict[int, Line] = {}
        self._twice: dict[str, tuple[str, twice.Verdict]] = {}

    def write(self, billed: Sequence[Line]) -> list[Recorded]:
        """One answer a line, in order."""
        self._read(billed)
        firsts = self._firsts(billed)
        self._open([line for line in firsts.values() if line.sheet not in self._by_key])
        recorded = [self._take(line) for line in billed]
        self._store()
        return recorded

    def _firsts(self, billed: Sequence[Line]) -> dict[str, Line]:
        """The lines that the ledger has not, by their fact, without those that tell an act that has a line already."""
        firsts: dict[str, Line] = {}
        for line in billed:
            if line.unbilled or line.fact in self._lines or line.fact in firsts or line.fact in self._twice:
                continue
            if found := self._told.before(line):
                self._twice[line.fact] = found
                self._know(found[0])
            else:
                firsts[line.fact] = line
                self._told.add(line)
        self._read_pages()
        return firsts

    def _know(self, fact: str) -> None:
        """A line that another tells again; one that this call adds is known when it is added."""
        if fact in self._told.rows:
            self._lines.setdefault(fact, self._told.rows[fact])

    def _take(self, line: Line) -> Recorded:
        if line.fact in self._twice:
            return self._told_twice(line, *self._twice[line.fact])
        if line.fact in self._lines:
            return self._again(line)
        return Recorded(False, "", line.unbilled) if line.unbilled else self._add(line)

    def _told_twice(self, line: Line, fact: str, verdict: twice.Verdict) -> Recorded:
        """An act that has a line under another fact: never a second one. What differs, or may be another act, goes to
        a person."""
        row = self._lines[fact]
        page = self._by_serial[row["sheet"]]
        differing = ["state"] if line.done is (row["state"] == LineState.NOT_DONE) else []
        if line.amount is not None and line.amount != row["amount"]:
            differing.append("amount")
        if verdict == "unsure":
            differing += [name for name in ("code", "date") if getattr(line, name) != row[name]]
        if verdict == "same" and not differing:
            return Recorded(False, page["number"], TOLD_TWICE)
        self._changes.work(TOLD_TWICE, row, line.event, line.transaction, ",".join(differing))
        return Recorded(True, page["number"], TOLD_TWICE)

    def _read(self, billed: Sequence[Line]) -> None:
        known = self._connection.execute(_KNOWN_LINES, {"facts": [line.fact for line in billed]})
        self._lines = {row["fact"]: dict(row) for row in known.mappings()}
        there = self._connection.execute(_SHEETS_BY_KEY, {"keys": list({line.sheet for line in billed})})
        self._by_key = {row["key"]: dict(row) for row in there.mappings()}
        self._by_serial = {page["serial"]: page for page in self._by_key.values()}
        self._read_pages()
        self._told = Telling(self._connection, [line for line in billed if self._may_count(line)])

    def _may_count(self, line: Line) -> bool:
        """Whether an act may be on the sheets that was not before."""
        row = self._lines.get(line.fact)
        return not line.unbilled and (row is None or (line.done and row["state"] == LineState.NOT_DONE))

    def _read_pages(self) -> None:
        """The sheets of the known lines."""
        if missing := {row["sheet"] for row in self._lines.values()} - self._by_serial.keys():
            others = self._connection.execute(_SHEETS_BY_SERIAL, {"serials": list(missing)})
            self._by_serial |= {row["serial"]: dict(row) for row in others.mappings()}

    def _open(self, first_lines: Sequence[Line]) -> None:
        """Opens a sheet for each key, numbered by the first line on it."""
        if not first_lines:
            return
        serial = int(self._connection.execute(_SERIAL).scalar_one())
        opened: list[Row] = []
        for line in first_lines:
            if line.sheet not in self._by_key:
                serial += 1
                page = self._by_key[line.sheet] = self._by_serial[serial] = self._page(line, serial)
                self._changes.open(page, "opened", line.transaction, line.executor)
                opened.append(page)
        self._connection.execute(_TAKE_SERIALS, {"taken": serial})
        self._connection.execute(_ADD_SHEETS, opened)

    def _page(self, line: Line, serial: int) -> Row:
        return {
            "serial": serial,
            "key": line.sheet,
            "number": sheet.number(line.date, serial),
            "person": line.person,
            "state": State.EXECUTED if line.done else State.PARTIALLY_EXECUTED,
            "note": "",
            "opened": self._now,
            "due": self._due if line.done else None,
            "claims": 0,
            "forced": False,
        }

    def _add(self, line: Line) -> Recorded:
        page = self._by_key[line.sheet]
        row: Row = {name: getattr(line, name) for name in _COPIED} | {"traces": " ".join(line.traces)}
        row["sheet"] = page["serial"]
        row |= {"state": LineState.DONE if line.done else LineState.NOT_DONE, "recorded": self._now, "claim": None}
        self._lines[line.fact] = self._new[line.fact] = row
        if line.done:
            self._to_bill(page, line)
        return Recorded(True, page["number"])

    def _to_bill(self, page: Row, line: Line) -> None:
        """An act more to bill. While a claim is undecided it waits for the answer; a sheet that was refused or has
        expired waits for a person."""
        if page["state"] == State.PARTIALLY_EXECUTED:
            self._changes.move(page, State.EXECUTED, "act done", line.transaction, line.executor)
        if page["state"] in _OPEN and page["due"] != self._due:
            self._changes.set(page, due=self._due)

    def _again(self, line: Line) -> Recorded:
        """Another saying of a fact that has its line: never a second line."""
        row = self._lines[line.fact]
        page = self._by_serial[row["sheet"]]
        if row["event"] == line.event:
            return Recorded(False, page["number"])
        if line.source in twice.BILLED and (differing := _charged_otherwise(row, line)):
            return self._charged_again(line, row, page, differing)
        differing = _differing(row, page, line) if line.again else ""
        counts = row["state"] != LineState.NOT_DONE or line.version > row["version"]
        if line.again == SOLD_AGAIN or (differing and counts):
            self._changes.work(line.again, row, line.event, line.transaction, differing)
            return Recorded(True, page["number"], line.again)
        if line.version < row["version"]:
            return Recorded(False, page["number"])
        newer = line.version > row["version"]
        row["version"] = line.version
        self._said_again[line.fact] = row
        # of two sayings of one instant the cancellation is believed, in whichever order they come
        if not line.done and row["state"] != LineState.NOT_DONE:
            return self._cancel(line, row, page)
        if line.done and row["state"] == LineState.NOT_DONE and newer:
            return self._reinstate(line, row, page)
        return Recorded(False, page["number"])

    def _charged_again(self, line: Line, row: Row, page: Row, differing: str) -> Recorded:
        """A charge told with another price or quantity, or taken back in part, changes nothing by itself."""
        why = CREDITED_IN_PART if not line.done or row["state"] == LineState.NOT_DONE else TOLD_OTHERWISE
        self._changes.work(why, row, line.event, line.transaction, differing)
        return Recorded(True, page["number"], why)

    def _cancel(self, line: Line, row: Row, page: Row) -> Recorded:
        self._changes.move_line(row, LineState.NOT_DONE, "cancelled", line.transaction, line.executor)
        self._emptied[page["serial"]] = line
        if row["claim"]:
            self._changes.work(CANCELLED_LATE, row, line.event, line.transaction)
        return Recorded(True, page["number"], "cancelled")

    def _reinstate(self, line: Line, row: Row, page: Row) -> Recorded:
        # while it was not done, another may have told the same act
        if found := self._told.before(line):
            self._know(found[0])
            self._read_pages()
            return self._told_twice(line, *found)
        self._changes.move_line(row, LineState.DONE, "done after all", line.transaction, line.executor)
        if not row["claim"]:
            self._to_bill(page, line)
        return Recorded(True, page["number"], "done after all")

    def _store(self) -> None:
        if self._new:
            self._connection.execute(_ADD_LINES, list(self._new.values()))
        if again := [row for fact, row in self._said_again.items() if fact not in self._new]:
            values = [{"of": row["fact"], "now_state": row["state"], "now_version": row["version"]} for row in again]
            self._connection.execute(_CHANGE_LINE, values)
        if self._emptied:
            self._close_emptied()
        self._changes.store(self._connection, self._engine)

    def _close_emptied(self) -> None:
        """Sheets on which no act is done any more have nothing to submit."""
        still_done = set(self._connection.execute(_STILL_DONE, {"serials": list(self._emptied)}).scalars())
        for serial, line in self._emptied.items():
            page = self._by_serial[serial]
            if serial not in still_done and page["state"] == State.EXECUTED:
                self._changes.set(page, due=None)
                self._changes.move(
                    page, State.PARTIALLY_EXECUTED, "every act cancelled", line.transaction, line.executor
                )


def _differing(row: Row, page: Row, line: Line) -> str:
    """Names of the fields that differ from what was billed; never their values."""
    names = [name for name in _COMPARED if row[name] != getattr(line, name)]
    if page["person"] != line.person:
        names.append("person")
    elif page["key"] != line.sheet:
        names.append("care sheet")
    return ",".join(names)


def _charged_otherwise(row: Row, line: Line) -> str:
    """What of a charge's price and quantity is not as it was; a credit without a price is one of all of it."""
    names = [] if Decimal(row["quantity"]) == Decimal(line.quantity) else ["quantity"]
    before, now = row["amount"], line.amount
    if before is not None and now is not None and Decimal(before) != Decimal(now):
        names.append("amount")
    return ",".join(names)
