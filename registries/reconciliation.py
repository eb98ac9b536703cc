"""Another list of facilities compared with the directory: certain pairs are made, the others are a person's to decide.

A pair gives our entry the other list's number, as an identifier of that list's system; nothing else of it changes. Each
part of a list is one commit, and a row that was compared or decided stays so: a run that was cut short is done again.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import orjson
from sqlalchemy import Connection, Engine, RowMapping, func, select, update

from registries.care.closing import prepared
from registries.care.comparing import Compared, compare, described
from registries.care.edited import Edited
from registries.care.editing import add
from registries.care.likeness import Described, Listed
from registries.care.listing import FACILITY
from registries.care.naming import same
from registries.care.tables import care_pairs
from registries.database import in_parts, reading, writing
from registries.rows import rows
from registries.tables import aliases, facilities

Decision = Literal["pair", "apart", "add", "flag"]
COLUMNS = ("number", "name")
_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Open:
    """A row of a list that waits for a person. `entry` is the id of the likeliest one, "" when nothing is like it."""

    list: str
    number: str
    said: dict[str, str]
    outcome: str
    entry: str
    score: int
    why: tuple[str, ...]
    state: str
    note: str


def reconcile(engine: Engine, name: str, body: bytes, *, by: str) -> Compared:
    """Compares a list (CSV: number, name, and where there are such columns inpe, type, region, province, latitude,
    longitude, aliases, owner, periods, ice). `name`: the identifier system of its numbers. Raises Unavailable."""
    report = Compared()
    good = []
    for row in rows(body, COLUMNS):
        for column in COLUMNS if row.line != 1 else ():
            if not row[column]:
                row.wrong(column, "required", "every row has a number and a name", "give it one, or leave it out")
        report.issues += row.issues
        good += [] if row.issues else [row]
    listed = Listed(_ours(engine))
    for part in in_parts(good, _AT_ONCE):
        with writing(engine) as connection:
            prepared(connection, FACILITY)
            compare(connection, name, part, listed, report, by)
    return report


def decide(connection: Connection, name: str, number: str, decision: Decision, *, by: str, why: str) -> Edited | None:
    """A person's decision; None when there is no such row, or it is decided. In a commit of its own."""
    prepared(connection, FACILITY)
    mine = care_pairs.c.list == name, care_pairs.c.number == number, care_pairs.c.state.in_(("open", "flagged"))
    found = connection.execute(select(care_pairs).where(*mine)).mappings().first()
    if found is None or (decision in ("pair", "apart") and not found["entry"]):
        return None
    edited, change = _decided(connection, found, decision, by, why)
    if not edited.issues:
        at = time.time_ns() // 1000
        connection.execute(update(care_pairs).where(*mine).values(**change, at=at, by=by, note=why))
    return edited


def waiting(engine: Engine, *, state: str = "open", most: int = 50, after: tuple[str, str] = ("", "")) -> list[Open]:
    """Those of every list that wait, in the order of lists and numbers."""
    said = care_pairs.c
    later = (said.list > after[0]) | ((said.list == after[0]) & (said.number > after[1]))
    query = select(care_pairs).where(said.state == state, later).order_by(said.list, said.number).limit(most)
    with reading(engine) as connection:
        return [_open(row) for row in connection.execute(query).mappings()]


def counts(engine: Engine) -> dict[str, int]:
    """State → how many rows of all lists are in it."""
    with reading(engine) as connection:
        query = select(care_pairs.c.state, func.count().label("rows")).group_by(care_pairs.c.state)
        return {row.state: row.rows for row in connection.execute(query)}


def _ours(engine: Engine) -> Iterator[Described]:
    with reading(engine) as connection:
        called: dict[str, list[str]] = {}
        for row in connection.execute(select(aliases.c.number, aliases.c.alias).where(aliases.c.kind == FACILITY)):
            if "|" not in row.alias and not row.alias.isdigit():
                called.setdefault(row.number, []).append(row.alias.replace("_", " "))
        found = connection.execute(select(facilities).where(~facilities.c.provisional)).mappings().all()
    for each in found:
        number = each["number"] if each["number"].isdigit() else ""
        yield described(dict(each) | {"inpe": number}, each["resource"], called.get(each["number"], ()))


def _decided(
    connection: Connection, found: RowMapping, decision: Decision, by: str, why: str
) -> tuple[Edited, dict[str, Any]]:
    number = f"{found['list']}|{found['number']}"
    if decision == "pair":
        return same(connection, FACILITY, found["entry"], [number], by=by, why=why), {"state": "paired"}
    if decision == "apart":
        apart = f"{found['apart']} {found['entry']}".strip()
        return Edited(found["entry"]), {"apart": apart, "entry": "", "outcome": "none", "score": 0, "why": ""}
    if decision == "flag":
        return Edited(found["entry"]), {"state": "flagged"}
    said = orjson.loads(found["said"])
    values = said | {"aliases": ", ".join(filter(None, (said.get("aliases", ""), number)))}
    edited = add(connection, FACILITY, values, by=by, why=why)
    return edited, {"state": "added", "entry": edited.id}


def _open(row: RowMapping) -> Open:
    why = tuple(filter(None, row["why"].split("; ")))
    said: dict[str, str] = orjson.loads(row["said"])
    told = (row["outcome"], row["entry"], row["score"], why, row["state"], row["note"])
    return Open(row["list"], row["number"], said, *told)
