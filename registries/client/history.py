"""Who changed what about identities, when and why. Lines are only ever added.

What a line says in clear holds no patient data. Its detail, values among them, is sealed with "person|at|action", and
so is why somebody did it, for a steward may name a patient; the rules' reasons are words of their own.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

import orjson
from sqlalchemy import ColumnElement, Connection, insert, or_, select

from registries.database import among, insert_all
from registries.sealing import Seal
from registries.tables import history

_WORDS = {
    "linked": "{person} and {other} are one human being",
    "unlinked": "{person} and {other} are no longer linked",
    "matched": "the rules find that {person} and {other} are one human being",
    "replaced": "its source says something else in record {record} of {person}",
    "apart": "{person} and {other} are kept apart: the rules never join them",
    "together": "{person} and {other} are no longer kept apart",
    "merged": "{person} is merged into {other}, which stands for it",
    "unmerged": "{person} is no longer merged into {other}",
    "split": "source record {record} left {person} and is {other} now, with its numbers",
    "chosen": "the golden record of {person} says another {field}",
    "accepted": "a review is decided: the two are one",
    "rejected": "a review is decided: the two are not one",
    "undone": "line {of} is taken back",
    "rules-proposed": "version {rules} of the rules was written",
    "rules-activated": "version {rules} of the rules is in force",
    "rematched": "everybody was compared again under version {rules} of the rules",
}


# Whose reasons are words of the program's own
RULED: Final = frozenset({"", "rules", "source", "wasl"})


@dataclass(frozen=True, slots=True)
class Line:
    """`at` in µs; `action` a word of at most 16 letters; `detail` what JSON can hold."""

    at: int
    by: str
    action: str
    person: str = ""
    other: str = ""
    record: int | None = None
    why: str = ""
    rules: int = 0
    detail: Mapping[str, Any] = field(default_factory=dict)
    id: int = 0

    def told(self) -> str:
        """What changed, in words."""
        known = {**self.detail, "person": self.person, "other": self.other, "record": self.record, "rules": self.rules}
        template = _WORDS.get(self.action)
        return template.format_map(known) if template else self.action

    def _about(self) -> str:
        return f"{self.person}|{self.at}|{self.action}"

    def sealed(self, seal: Seal) -> dict[str, Any]:
        """As its row."""
        return {
            "at": self.at,
            "by": self.by,
            "action": self.action,
            "person": self.person,
            "other": self.other,
            "record": self.record,
            "why": self.why if self.by in RULED else seal.seal_text(self.why, self._about()),
            "rules": self.rules,
            "detail": seal.seal(orjson.dumps(self.detail), self._about()) if self.detail else None,
        }

    @classmethod
    def opened(cls, row: Any, seal: Seal) -> Line:
        """From its row. Raises Unsealable."""
        head = cls(row.at, row.by, row.action, row.person, row.other, row.record, rules=row.rules, id=row.id)
        detail = orjson.loads(seal.open(row.detail, head._about())) if row.detail else {}
        return replace(head, why=seal.open_text(row.why, head._about()), detail=detail)


def write(connection: Connection, seal: Seal, lines: Iterable[Line]) -> None:
    """Adds lines, any number in one statement."""
    if rows := [line.sealed(seal) for line in lines]:
        insert_all(connection, history, rows)


def add(connection: Connection, seal: Seal, line: Line) -> int:
    """Adds one line; its number."""
    return int((connection.execute(insert(history).values(line.sealed(seal))).inserted_primary_key or (0,))[0])


def line(connection: Connection, seal: Seal, id: int) -> Line | None:
    found = connection.execute(select(history).where(history.c.id == id)).first()
    return Line.opened(found, seal) if found else None


def of_persons(connection: Connection, seal: Seal, persons: Collection[str]) -> list[Line]:
    """Everything about any of them, the newest first, details opened."""
    return _lines(
        connection, seal, or_(among(connection, history.c.person, persons), among(connection, history.c.other, persons))
    )


def of_everybody(connection: Connection, seal: Seal, *actions: str) -> list[Line]:
    """Lines about everybody, so about no identity, the newest first: "rules-proposed" and "rules-activated" tell how
    the rules changed."""
    return _lines(connection, seal, (history.c.person == "") & history.c.action.in_(actions))


def _lines(connection: Connection, seal: Seal, which: ColumnElement[bool]) -> list[Line]:
    rows = connection.execute(select(history).where(which).order_by(history.c.id.desc()))
    return [Line.opened(row, seal) for row in rows]
