"""Another list of facilities compared with the directory: certain pairs are made, the others are a person's to decide.

A pair gives our entry the other list's number, as an identifier of that list's system; nothing else of it changes. Each
part of a list is one commit, and a row that was compared or decided stays so: a run that was cut short is done again.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import orjson
from sqlalchemy import Connection, Engine, RowMapping, delete, func, insert, select, update

from registries.care.areas import areas
from registries.care.closing import prepared
from registries.care.editing import Edited, add, same
from registries.care.likeness import Described, Listed
from registries.care.listing import FACILITY
from registries.care.names import alias, inpe
from registries.care.seeds import degrees
from registries.care.tables import care_pairs
from registries.database import among, reading, writing
from registries.rows import Row, rows
from registries.tables import aliases, facilities
from schemas.message import Issue

Decision = Literal["pair", "apart", "add", "flag"]
COLUMNS = ("number", "name")
RULES = "rules"
_KEPT = ("name", "type", "region", "province", "owner", "periods", "latitude", "longitude", "aliases", "inpe", "ice")
_AT_ONCE = 200


@dataclass(slots=True)
class Compared:
    """What a run did. `learned` is what parked messages may wait for ("facility|urn:list:x|4")."""

    paired: int = 0
    possible: int = 0
    none: int = 0
    known: int = 0
    issues: list[Issue] = field(default_factory=list)
    learned: list[str] = field(default_factory=list)


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
    for part in (good[start : start + _AT_ONCE] for start in range(0, len(good), _AT_ONCE)):
        with writing(engine) as connection:
            prepared(connection, FACILITY)
            _compare(connection, name, part, listed, report, by)
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


def described(row: Mapping[str, Any], name: str, called: Sequence[str] = ()) -> Described:
    """A facility of a list's row, or of ours, to be compared. `name`: its id."""
    latitude, longitude = degrees(str(row.get("latitude") or "")), degrees(str(row.get("longitude") or ""))
    return Described(
        name,
        (str(row.get("name") or ""), *called),
        str(row.get("type") or ""),
        _place(row),
        inpe(str(row.get("inpe") or "")),
        (latitude, longitude) if latitude is not None and longitude is not None else None,
    )


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


def _compare(connection: Connection, name: str, part: Sequence[Row], listed: Listed, report: Compared, by: str) -> None:
    numbers = [row["number"] for row in part]
    mine = care_pairs.c.list == name, among(connection, care_pairs.c.number, numbers)
    stood = {one["number"]: one for one in connection.execute(select(care_pairs).where(*mine)).mappings()}
    told = [alias(f"{name}|{number}") for number in numbers]
    has = aliases.c.kind == FACILITY, among(connection, aliases.c.alias, told)
    mapped = set(connection.scalars(select(aliases.c.alias).where(*has)))
    for row in {row["number"]: row for row in part}.values():
        before = stood.get(row["number"])
        if alias(f"{name}|{row['number']}") in mapped or (before and before["state"] != "open"):
            report.known += 1
            continue
        made = _compared(connection, name, row, before, listed, report, by)
        connection.execute(delete(care_pairs).where(mine[0], care_pairs.c.number == row["number"]))
        connection.execute(insert(care_pairs), [made])


def _compared(
    connection: Connection, name: str, row: Row, before: RowMapping | None, listed: Listed, report: Compared, by: str
) -> dict[str, Any]:
    apart = before["apart"] if before else ""
    outcome, found = listed.best(described(row.values, ""), apart.split())
    state, best = "open", found[0] if found and outcome != "none" else None
    if outcome == "certain" and best and _numbered(connection, name, best.id):
        outcome = "possible"  # the list has it twice, or two of ours are one
    if outcome == "certain" and best:
        edited = same(connection, FACILITY, best.id, [f"{name}|{row['number']}"], by=by, why=f"list compared: {name}")
        if edited.issues:
            outcome = "possible"
        else:
            state = "paired"
            report.learned += [f"{FACILITY}|{one}" for one in edited.found]
    report.paired += state == "paired"
    report.possible += outcome == "possible"
    report.none += outcome == "none"
    return {
        "list": name,
        "number": row["number"],
        "said": orjson.dumps({one: row[one] for one in _KEPT if row[one]}).decode(),
        "outcome": outcome,
        "entry": best.id if best else "",
        "score": round(min(best.score, 100)) if best else 0,
        "why": "; ".join(best.why) if best else "",
        "apart": apart,
        "state": state,
        "at": time.time_ns() // 1000,
        "by": RULES,
        "note": "",
    }


def _numbered(connection: Connection, name: str, entry: str) -> bool:
    """Whether the entry has a number of this list already."""
    mine = aliases.c.kind == FACILITY, aliases.c.alias.startswith(alias(f"{name}|"), autoescape=True)
    query = select(aliases.c.alias).join(facilities, facilities.c.number == aliases.c.number)
    return connection.scalar(query.where(*mine, facilities.c.resource == entry).limit(1)) is not None


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


def _place(row: Mapping[str, Any]) -> str:
    """The province, by its code or as it is called; "" when only a region is known."""
    said = str(row.get("province") or "").strip()
    if said.upper() in areas():
        return said.upper()
    return next((one.code for one in areas().values() if said and one.within and alias(one.name) == alias(said)), "")
