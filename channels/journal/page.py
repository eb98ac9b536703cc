"""The transactions one batch touches: read at once, judged in memory, written at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import orjson
from sqlalchemy import Connection

from channels.journal.counts import Counts
from channels.journal.known import STANDING, chunks, load, runs_of
from channels.journal.rows import Row, Rows
from channels.journal.standing import Run, Standing, stand
from channels.journal.tables import failures, transactions, waiting
from channels.journal.writing import change, insert_new

SMALL = 200  # deliveries a message may still wait for and be judged at each refusal
_UNHEARD = {
    **dict.fromkeys(("sender", "control_id", "type", "content_type", "peer", "sha256", "topic", "bus_key"), ""),
    **dict.fromkeys(("reply", "refused"), ""),
    **dict.fromkeys(("offset", "issues", "rerun_of", "places")),
    "size": 0,
}
_FRESH = {**dict.fromkeys(STANDING), "status": "received", "heard": 0, "due": 0}


class Page:
    """The transactions a batch speaks of and their reruns, as they were and as they become."""

    def __init__(self, connection: Connection, rows: Rows, consumers: frozenset[str]) -> None:
        self._connection, self._rows, self._consumers = connection, rows, consumers
        self._counts = Counts()
        self._known: dict[str, Row] = {}
        self._before: dict[str, tuple[object, ...]] = {}
        self._new: dict[str, Row] = {}
        self._filled: list[Row] = []
        self._problems: dict[str, Standing] = {}
        reruns = {row["rerun_of"] for row in rows.received.values() if row["rerun_of"]}
        self._read(rows.received.keys() | rows.touched.keys() | reruns)
        self._read({row["root"] for row in self._known.values() if row["root"]} - self._known.keys())
        for row in rows.received.values():
            self._take(row)
        for transaction, said in rows.touched.items():
            self._note(transaction, said)

    def judge(self, overruled: Iterable[str]) -> None:
        """Puts every family the batch says something decisive about where it stands. `overruled`: those whose
        refusals another transaction replaced."""
        families: dict[str, list[Row]] = {root: [] for root in self._roots(overruled)}
        for row in self._known.values():
            if (family := families.get(row["root"] or row["id"])) is not None:
                family.append(row)
        runs = runs_of(self._connection, [row for family in families.values() for row in family], self._consumers)
        for root, family in families.items():
            family.sort(key=lambda row: (row["id"] != root, row["received"], row["id"]))
            told = [runs[row["id"]] for row in family]
            for row, run in zip(family, told, strict=True):
                self._stand(row, stand(told if row["id"] == root else [run], told))

    def write(self) -> None:
        stood, heard = [], []
        for key, row in self._known.items():
            if key in self._new or (now := _standing_of(row)) == (before := self._before[key]):
                continue
            (heard if now[1:] == before[1:] else stood).append(row)
        insert_new(self._connection, transactions, list(self._new.values()))
        change(self._connection, transactions, ("channel", "received", *_UNHEARD), self._filled)
        change(self._connection, transactions, STANDING, stood)
        change(self._connection, transactions, ("heard",), heard)
        if self._problems:
            self._write_problems()
        self._counts.write(self._connection)

    def _read(self, ids: set[str]) -> None:
        for row in load(self._connection, ids):
            if row["id"] not in self._known:
                self._known[row["id"]] = row
                self._before[row["id"]] = _standing_of(row)

    def _take(self, row: Row) -> None:
        """A received record. Its parent was received before it, on the same feed."""
        old = self._known.get(row["id"])
        if old is not None and old["offset"] is not None:
            return
        parent = self._known.get(row["rerun_of"] or "")
        root = (parent["root"] or parent["id"]) if parent else None
        if old is None:
            self._known[row["id"]] = self._new[row["id"]] = {**_FRESH, **row, "root": root}
        else:
            old.update(row, root=root)
            self._filled.append(row)
        self._counts.add(row["channel"], row["received"], "received")

    def _note(self, transaction: str, said: Row) -> None:
        """What steps say of the transaction itself. Its received record may still be on its way."""
        row = self._known.get(transaction)
        if row is None:
            about = {"id": transaction, "channel": said["channel"], "received": said["at"]}
            row = self._known[transaction] = self._new[transaction] = {**_FRESH, **_UNHEARD, **about}
        row["heard"] += said["heard"]
        row["first"] = said.get("first") or row["first"]
        if (mediated := said.get("mediated")) is not None:
            row["mediated"] = max(mediated, row["mediated"] or 0)

    def _roots(self, overruled: Iterable[str]) -> set[str]:
        """A message is not judged at each delivery, but once as much was heard as it still waited for."""
        chosen = {*self._rows.received, *overruled}
        for transaction, said in self._rows.touched.items():
            row = self._known[transaction]
            alarming = said["failed"] and (row["due"] - row["heard"] < SMALL or not row["trouble"])
            if said["decisive"] or alarming or row["heard"] >= row["due"]:
                chosen.add(transaction)
        self._read(chosen - self._known.keys())
        roots = {self._known[one]["root"] or one for one in chosen & self._known.keys()}
        self._read(roots - self._known.keys())
        return roots

    def _stand(self, row: Row, standing: Standing) -> None:
        own = row["root"] is None
        if own and standing.trouble and not row["trouble"]:
            self._counts.add(row["channel"], standing.troubled, standing.trouble)
        if own and standing.status == "delivered" != row["status"]:
            self._counts.add(row["channel"], standing.settled or row["received"], "delivered")
        if standing.trouble or row["trouble"]:
            self._problems[row["id"]] = standing
        row["status"], row["settled"], row["reason"] = standing.status, standing.settled, standing.reason
        row["trouble"] = standing.trouble if own else None
        row["due"] = row["heard"] + standing.pending

    def _write_problems(self) -> None:
        for ids in chunks(self._problems):
            self._connection.execute(failures.delete().where(failures.c.transaction.in_(ids)))
            self._connection.execute(waiting.delete().where(waiting.c.transaction.in_(ids)))
        opened: list[Row] = []
        waits: list[Row] = []
        for key, standing in self._problems.items():
            row = self._known[key]
            if row["root"] is None:  # what a rerun left open stands with the message it was a rerun of
                opened += _failures(row, standing)
                waits += _waiting(row, standing)
        insert_new(self._connection, failures, opened)
        insert_new(self._connection, waiting, waits)


def _failures(row: Row, standing: Standing) -> Sequence[Row]:
    about = {"transaction": row["id"], "channel": row["channel"], "received": row["received"]}
    return [
        {**about, "kind": kind, "reason": reason, "places": orjson.dumps(places).decode()}
        for (kind, reason), places in standing.open().items()
    ]


def _waiting(row: Row, standing: Standing) -> Sequence[Row]:
    return [
        {"entry": entry, "transaction": row["id"], "place": piece.place}
        for piece in standing.pieces
        if piece.state == "parked"
        for entry in piece.waiting_for
    ]


def _standing_of(row: Row) -> tuple[object, ...]:
    return tuple(row[name] for name in STANDING)
