"""Rows of another list compared with ours, many in one commit: what each may be, and the certain pairs made."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from sqlalchemy import Connection, RowMapping, delete, insert, select

from registries.care.areas import province
from registries.care.likeness import Described, Listed
from registries.care.listing import FACILITY
from registries.care.names import alias, inpe
from registries.care.naming import each_same
from registries.care.seeds import degrees
from registries.care.tables import care_pairs
from registries.database import among
from registries.rows import Row
from registries.tables import aliases, facilities
from schemas.message import Issue

RULES = "rules"
_KEPT = ("name", "type", "region", "province", "owner", "periods", "latitude", "longitude", "aliases", "inpe", "ice")

Pair = dict[str, Any]


@dataclass(slots=True)
class Compared:
    """What a run did. `learned` is what parked messages may wait for ("facility|urn:list:x|4")."""

    paired: int = 0
    possible: int = 0
    none: int = 0
    known: int = 0
    issues: list[Issue] = field(default_factory=list)
    learned: list[str] = field(default_factory=list)


def compare(connection: Connection, name: str, part: Sequence[Row], listed: Listed, report: Compared, by: str) -> None:
    """Rows that were paired or decided before are left. `name`: the identifier system of the list's numbers."""
    rows = {row["number"]: row for row in part}
    stood = _stood(connection, name, rows)
    mapped = _mapped(connection, name, rows)
    fresh = [one for one in rows if one not in mapped and (one not in stood or stood[one]["state"] == "open")]
    pairs = [_judged(name, rows[one], stood.get(one), listed) for one in fresh]
    report.known += len(rows) - len(fresh)
    report.learned += _paired(connection, name, pairs, by)
    for one in pairs:
        report.paired += one["state"] == "paired"
        report.possible += one["outcome"] == "possible"
        report.none += one["outcome"] == "none"
    connection.execute(
        delete(care_pairs).where(care_pairs.c.list == name, among(connection, care_pairs.c.number, fresh))
    )
    if pairs:
        connection.execute(insert(care_pairs), pairs)


def described(row: Mapping[str, Any], name: str, called: Sequence[str] = ()) -> Described:
    """A facility of a list's row, or of ours, to be compared. `name`: its id."""
    latitude, longitude = degrees(str(row.get("latitude") or "")), degrees(str(row.get("longitude") or ""))
    return Described(
        name,
        (str(row.get("name") or ""), *called),
        str(row.get("type") or ""),
        province(str(row.get("province") or "")),
        inpe(str(row.get("inpe") or "")),
        (latitude, longitude) if latitude is not None and longitude is not None else None,
    )


def _stood(connection: Connection, name: str, numbers: Mapping[str, Row]) -> dict[str, RowMapping]:
    mine = care_pairs.c.list == name, among(connection, care_pairs.c.number, numbers)
    return {one["number"]: one for one in connection.execute(select(care_pairs).where(*mine)).mappings()}


def _mapped(connection: Connection, name: str, numbers: Mapping[str, Row]) -> set[str]:
    """The numbers that some entry has already."""
    told = {number: alias(f"{name}|{number}") for number in numbers}
    has = aliases.c.kind == FACILITY, among(connection, aliases.c.alias, set(told.values()))
    found = set(connection.scalars(select(aliases.c.alias).where(*has)))
    return {number for number, one in told.items() if one in found}


def _judged(name: str, row: Row, before: RowMapping | None, listed: Listed) -> Pair:
    apart = before["apart"] if before else ""
    outcome, found = listed.best(described(row.values, ""), apart.split())
    best = found[0] if found and outcome != "none" else None
    return {
        "list": name,
        "number": row["number"],
        "said": orjson.dumps({one: row[one] for one in _KEPT if row[one]}).decode(),
        "outcome": outcome,
        "entry": best.id if best else "",
        "score": round(min(best.score, 100)) if best else 0,
        "why": "; ".join(best.why) if best else "",
        "apart": apart,
        "state": "open",
        "at": time.time_ns() // 1000,
        "by": RULES,
        "note": "",
    }


def _paired(connection: Connection, name: str, pairs: Sequence[Pair], by: str) -> list[str]:
    """Makes the certain pairs, and only possible what cannot be: the list has an entry twice, or two of ours are one.
    What was learned."""
    certain = [one for one in pairs if one["outcome"] == "certain"]
    taken = _numbered(connection, name, {one["entry"] for one in certain})
    wanted: dict[str, Pair] = {}
    for one in certain:
        if one["entry"] in taken or one["entry"] in wanted:
            one["outcome"] = "possible"
        else:
            wanted[one["entry"]] = one
    numbers = {entry: [f"{name}|{one['number']}"] for entry, one in wanted.items()}
    learned: list[str] = []
    for entry, edited in each_same(connection, FACILITY, numbers, by=by, why=f"list compared: {name}").items():
        wanted[entry] |= {"outcome": "possible"} if edited.issues else {"state": "paired"}
        learned += [f"{FACILITY}|{found}" for found in edited.found]
    return learned


def _numbered(connection: Connection, name: str, entries: set[str]) -> set[str]:
    """Which of the entries have a number of this list already."""
    mine = aliases.c.kind == FACILITY, aliases.c.alias.startswith(alias(f"{name}|"), autoescape=True)
    query = select(facilities.c.resource).join(aliases, facilities.c.number == aliases.c.number)
    return set(connection.scalars(query.where(*mine, among(connection, facilities.c.resource, entries))))
