"""The transactions one batch touches: read at once, judged in memory, written at once."""

from __future__ import annotations

from collections.abc import Sequence

import orjson
from sqlalchemy import Connection

from channels.journal.counts import Counts
from channels.journal.known import STANDING, load, runs_of
from channels.journal.rows import Row, Rows
from channels.journal.standing import Standing, stand
from channels.journal.tables import failures, transactions, waiting
from channels.journal.unknown import Unknown
from channels.journal.writing import change, insert_new
from registries.database import among

LARGE = 200  # answers a transaction in trouble may wait for and still be judged at each
_UNHEARD = {
    **dict.fromkeys(("sender", "control_id", "type", "content_type", "peer", "sha256", "topic", "key"), ""),
    **dict.fromkeys(("reply", "refused"), ""),
    **dict.fromkeys(("offset", "issues", "rerun_of", "places")),
    "size": 0,
}
_FRESH = {**dict.fromkeys(STANDING), "status": "received", "heard": 0, "due": 0, "reruns": 0}


class Page:
    """The transactions a batch speaks of and their reruns, as they were and as they become."""

    def __init__(self, connection: Connection, rows: Rows, consumers: frozenset[str]) -> None:
        self._connection, self._rows, self._consumers = connection, rows, consumers
        self._counts = Counts()
        self._unknown = Unknown()
        self._known: dict[str, Row] = {}
        self._new: dict[str, Row] = {}
        self._filled: list[Row] = []
        self._moved: list[Row] = []
        self._problems: dict[str, Standing] = {}
        reruns = {row["rerun_of"] for row in rows.received.values() if row["rerun_of"]}
        for row in load(connection, rows.received.keys() | rows.touched.keys() | reruns):
            self._known[row["id"]] = row
        self._before = {key: dict(row) for key, row in self._known.items()}
        for row in rows.received.values():
            self._take(row)
        for transaction, said in rows.touched.items():
            self._note(transaction, said)

    def judge(self, *, again: bool) -> None:
        """Puts every transaction the batch speaks of where it stands. `again`: a consumer repeated itself."""
        chosen = {row["id"] for row in self._rows.received.values() if self._is_special(row["id"])}
        for transaction, said in self._rows.touched.items():
            if not self._advance(transaction, said) or (again and said["heard"]):
                chosen.add(transaction)
        if chosen:
            self._judge_families({self._known[one]["root"] or one for one in chosen})

    def _is_special(self, transaction: str) -> bool:
        """Not simply received: refused at the door, a rerun, or spoken of before it was seen."""
        row = self._known[transaction]
        return bool(row["refused"] or row["root"] or transaction in self._before)

    def _advance(self, transaction: str, said: Row) -> bool:
        """The ordinary walk, received, mediated, delivered, without reading anything back. False: it must be judged."""
        row = self._known[transaction]
        before = self._before.get(transaction, _FRESH)
        if row["trouble"] and row["due"] - row["heard"] > LARGE and not (said["decisive"] or "mediated" in said):
            return True  # known to be in trouble; a file of many rows is not judged at each of them
        if said["decisive"] or said["failed"] or row["trouble"] or row["root"] or row["reruns"] or row["refused"]:
            return False
        if "mediated" in said:
            if before["mediated"] is not None or before["heard"] or before["first"]:
                return False
            row["due"] = said["due"]
        elif row["status"] != "mediated":
            return False
        done = row["heard"] >= row["due"]
        row["status"] = "delivered" if done else "mediated"
        row["settled"] = said["at"] if done else None
        if done:
            self._counts.add(row["channel"], said["at"], "delivered")
        return True

    def _judge_families(self, roots: set[str]) -> None:
        families: dict[str, list[Row]] = {root: [] for root in roots}
        for row in self._known.values():
            if (family := families.get(row["root"] or row["id"])) is not None:
                family.append(row)
        runs = runs_of(self._connection, [row for family in families.values() for row in family], self._consumers)
        for root, family in families.items():
            family.sort(key=lambda row: (row["id"] != root, row["received"], row["id"]))
            told = [runs[row["id"]] for row in family]
            for row, run in zip(family, told, strict=True):
                self._stand(row, stand(told if row["id"] == root else [run]))

    def write(self) -> None:
        changed: dict[tuple[str, ...], list[Row]] = {}
        for key, before in self._before.items():
            row = self._known[key]
            if names := tuple(name for name in STANDING if row[name] != before[name]):
                changed.setdefault(names, []).append(row)
        insert_new(self._connection, transactions, list(self._new.values()))
        change(self._connection, transactions, ("channel", "received", *_UNHEARD), self._filled)
        change(self._connection, transactions, ("topic", "offset"), self._moved)
        for names, rows in changed.items():
            change(self._connection, transactions, names, rows)
        if self._problems:
            self._write_problems()
        self._counts.write(self._connection)
        self._unknown.write(self._connection)

    def _take(self, row: Row) -> None:
        """A received record. Its parent was received before it, on the same feed."""
        old = self._known.get(row["id"])
        if old is not None and old["offset"] is not None:
            if old["offset"] != row["offset"]:  # copied to another bus, or put out twice: the later one is kept longer
                self._moved.append(row)
            return
        parent = self._known.get(row["rerun_of"] or "")
        root = (parent["root"] or parent["id"]) if parent else None
        if root:
            self._known[root]["reruns"] += 1
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
            if row["mediated"] is None and not row["root"]:  # once a message, however often it is read or run again
                self._unknown.add(row["channel"], mediated, said.get("unknown_codes", ()))
            row["mediated"] = max(mediated, row["mediated"] or 0)

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
        for table in (failures, waiting):
            self._connection.execute(table.delete().where(among(self._connection, table.c.transaction, self._problems)))
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
