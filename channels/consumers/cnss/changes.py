"""What one commit changes on care sheets: every move is checked, and kept with when, why, transaction and actor."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Engine, bindparam, insert, update

from channels.consumers.cnss import sheet
from channels.consumers.cnss.sheet import LineState, State
from channels.consumers.cnss.tables import insert_or, sheets, transitions, worklist

Row = dict[str, Any]

_CHANGED = ("state", "note", "due", "claims", "forced")
_CHANGE_SHEET = (
    update(sheets)
    .where(sheets.c.serial == bindparam("of"))
    .values({column: bindparam(f"now_{column}") for column in _CHANGED})
)
_ADD_TRANSITIONS = insert(transitions)


class Changes:
    """Gathers changes to rows of the ledger, which it keeps up to date in memory, and writes them in few statements."""

    def __init__(self, now: int) -> None:
        self._now = now
        self._sheets: dict[int, Row] = {}
        self._moves: list[Row] = []
        self._work: list[Row] = []

    def set(self, page: Row, **values: Any) -> None:
        """New values on a sheet's row, but its state."""
        page |= values
        self._sheets[page["serial"]] = page

    def open(self, page: Row, why: str, transaction: str, actor: str) -> None:
        """A sheet begins in the state its row has."""
        self._note(page["serial"], None, None, page["state"], why, transaction, actor)

    def move(self, page: Row, after: State, why: str, transaction: str | None, actor: str) -> None:
        """Raises IllegalMove."""
        before = State(page["state"])
        self.set(page, state=sheet.move(before, after))
        self._note(page["serial"], None, before, after, why, transaction, actor)

    def move_line(self, row: Row, after: LineState, why: str, transaction: str, actor: str) -> None:
        """Changes the row only: writing it stays with the caller. Raises IllegalMove."""
        before = LineState(row["state"])
        row["state"] = sheet.move_line(before, after)
        self._note(row["sheet"], row["fact"], before, after, why, transaction, actor)

    def work(self, kind: str, line: Mapping[str, Any], event: str, transaction: str, differs: str = "") -> None:
        """Something for a person to look at, once for each kind, line and event."""
        self._work.append(
            {
                "kind": kind,
                "sheet": line["sheet"],
                "line": line["fact"],
                "event": event,
                "transaction": transaction,
                "differs": differs,
                "at": self._now,
            }
        )

    def store(self, connection: Connection, engine: Engine) -> None:
        """Writes what was gathered; called once, when every row it is about is in the ledger."""
        if self._sheets:
            values = [
                {"of": serial} | {f"now_{column}": page[column] for column in _CHANGED}
                for serial, page in self._sheets.items()
            ]
            connection.execute(_CHANGE_SHEET, values)
        if self._moves:
            connection.execute(_ADD_TRANSITIONS, self._moves)
        if self._work:
            connection.execute(insert_or("skip", engine, worklist), self._work)

    def _note(
        self,
        serial: int,
        fact: str | None,
        before: str | None,
        after: str,
        why: str,
        transaction: str | None,
        actor: str,
    ) -> None:
        self._moves.append(
            {
                "sheet": serial,
                "line": fact,
                "before": before,
                "after": after,
                "at": self._now,
                "why": why,
                "transaction": transaction,
                "actor": actor,
            }
        )
