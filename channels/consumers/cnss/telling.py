"""Which of a person's lines a new one may tell again, read from the ledger for a whole call at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, or_, select

from channels.consumers.cnss import twice
from channels.consumers.cnss.billing import Line
from channels.consumers.cnss.changes import Row
from channels.consumers.cnss.sheet import LineState
from channels.consumers.cnss.tables import lines, sheets
from channels.consumers.cnss.twice import Told, Verdict

_ALL = (
    select(lines, sheets.c.person)
    .join(sheets, lines.c.sheet == sheets.c.serial)
    .where(sheets.c.person.in_(bindparam("persons", expanding=True)))
)
_BILLED = _ALL.where(lines.c.source.in_(sorted({*twice.BILLED, twice.DISPENSATION})))
# a line that is older than sources may be a sale
_SOLD = _ALL.where(or_(lines.c.source.in_(sorted(twice.BILLED | twice.PHARMACY)), lines.c.source.is_(None)))


class Telling:
    """What is known of the persons whom `coming` lines are about. A bill is compared with all that a person has, what
    was dispensed by order with the sales too, whatever else with bills and what was dispensed only."""

    def __init__(self, connection: Connection, coming: Sequence[Line]) -> None:
        self.rows: dict[str, Row] = {}
        self._known: defaultdict[str, list[tuple[str, Told, bool]]] = defaultdict(list)
        on_bills = {line.person for line in coming if line.source in twice.BILLED}
        handed = {line.person for line in coming if line.source == twice.DISPENSATION} - on_bills
        others = {line.person for line in coming} - on_bills - handed
        for wanted, persons in ((_ALL, on_bills), (_SOLD, handed), (_BILLED, others)):
            if persons:
                for row in connection.execute(wanted, {"persons": list(persons)}).mappings():
                    self.rows[row["fact"]] = {name: value for name, value in row.items() if name != "person"}
                    done = row["state"] != LineState.NOT_DONE
                    self._known[row["person"]].append((row["fact"], _told(self.rows[row["fact"]]), done))

    def before(self, line: Line) -> tuple[str, Verdict] | None:
        """The line, by its fact, that tells the same act, or else perhaps does. One that was cancelled counts only
        where the order is the same."""
        perhaps: tuple[str, Verdict] | None = None
        own = _told(line._asdict())
        for fact, known, done in self._known[line.person]:
            found = twice.verdict(own, known)
            if found and not done:
                found = "unsure" if twice.shares_order(own, known) else ""
            if found == "same":
                return fact, found
            if found:
                perhaps = perhaps or (fact, found)
        return perhaps

    def add(self, line: Line) -> None:
        """A line that this call adds."""
        self._known[line.person].append((line.fact, _told(line._asdict()), line.done))


def _told(line: Mapping[str, Any]) -> Told:
    system = line["system"] or ""
    traces = line["traces"]
    if traces is None:
        # a line that is older than traces
        traces = twice.traces({}, [{"system": system, "code": line["code"]}])
    words = frozenset(traces.split() if isinstance(traces, str) else traces)
    source = line["source"] or _guessed(system, line["code"])
    executor = line["executor_system"] or ""
    return Told(source, words, line["code"], system, line["executor"], executor, line["date"])


def _guessed(system: str, code: str) -> str:
    if system == twice.GTIN:
        return twice.SALE
    return twice.VISIT if (system, code) == (twice.NGAP, "C") else twice.REPORT
