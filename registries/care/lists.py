"""Facilities and health workers from the rows of a list, into the directory and what events look up, in one commit.

A column that a list does not have leaves what is known as it is; for those it must have, and for aliases and roles, the
list says everything.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, select

from registries.care import place, worker
from registries.care.columns import called
from registries.care.ids import entry_ids
from registries.care.listing import (
    FACILITY,
    HEALTH_WORKER,
    TABLES,
    begun,
    follow,
    names_of,
    organizations_of,
    pair,
)
from registries.care.names import inpe
from registries.care.owners import Owners, Parents
from registries.care.place_row import place_in, services_in
from registries.care.seeds import prepare
from registries.care.store import Kept, Key, named_by, standing, write
from registries.care.worker_row import posts_in, specialties_of, worker_in
from registries.clock import today
from registries.database import among
from registries.rows import Row

Resource = dict[str, Any]
# What became of a row ("loaded", "updated", "unchanged"; "" for a wrong one), and what the entry is found by
Outcome = tuple[str, list[str]]

PLACE_COLUMNS = ("inpe", "name", "type", "region", "province", "owner", "periods", "latitude", "longitude")
WORKER_COLUMNS = ("inpe", "family", "given", "profession", "periods")


def load_places(connection: Connection, rows: Sequence[Row], by: str) -> list[Outcome]:
    """Every row that is right; the others get issues."""
    day = today()
    begun(connection, FACILITY)
    prepare(connection, day)
    ids = entry_ids(connection, FACILITY, _numbers(rows))
    locations = pair(connection, list(ids.values()))
    stood = standing(connection, [("Organization", name) for name in ids.values()])
    offered = _grouped(named_by(connection, "HealthcareService", "organization", _paths("Organization", ids)))
    parents = Parents(connection)

    def read(row: Row, number: str) -> tuple[list[Resource], list[Key]]:
        name = ids[number]
        before = _alive(stood.get(("Organization", name)))
        location = _alive(locations.get(name))
        known = place.facility_of(before, location) if before else place.Facility(name)
        one = place_in(row, number, known, parents)
        made = place.written(one, day, before, location)
        wanted, gone = services_in(row, one, offered.get(name, ()), day)
        return [*made, *wanted], gone

    return _load(connection, FACILITY, rows, ids, read, by)


def load_workers(connection: Connection, rows: Sequence[Row], by: str) -> list[Outcome]:
    """Every row that is right; the others get issues."""
    day = today()
    begun(connection, HEALTH_WORKER)
    prepare(connection, day)
    ids = entry_ids(connection, HEALTH_WORKER, _numbers(rows))
    stood = standing(connection, [("Practitioner", name) for name in ids.values()])
    held = _grouped(named_by(connection, "PractitionerRole", "practitioner", _paths("Practitioner", ids)))
    posts = {id(row): posts_in(row) for row in rows}
    places = organizations_of(connection, {one.facility for ones in posts.values() for one in ones})

    def read(row: Row, number: str) -> tuple[list[Resource], list[Key]]:
        before = _alive(stood.get(("Practitioner", ids[number])))
        known = worker.worker_of(before) if before else worker.HealthWorker(ids[number])
        before_roles = held.get(ids[number], ())
        who = worker_in(row, number, replace(known, specialties=specialties_of(before_roles)))
        made = worker.roles(who, posts[id(row)], day, places, before_roles)
        kept = {one["id"] for one in made}
        gone = [("PractitionerRole", one["id"]) for one in before_roles if one["id"] not in kept]
        return [worker.written(who, day, before), *made], gone

    return _load(connection, HEALTH_WORKER, rows, ids, read, by)


def _load(
    connection: Connection,
    kind: str,
    rows: Sequence[Row],
    ids: Mapping[str, str],
    read: Callable[[Row, str], tuple[list[Resource], list[Key]]],
    by: str,
) -> list[Outcome]:
    table = TABLES[kind]
    known = set(
        connection.scalars(select(table.c.number).where(among(connection, table.c.number, ids), ~table.c.provisional))
    )
    owners = Owners(connection, kind)
    made: dict[str, list[Resource]] = {}
    gone: dict[str, list[Key]] = {}
    changes: list[str] = []
    for row in rows:
        number = inpe(row["inpe"])
        if row.line != 1:
            _check_number(row, number)
        names = names_of(*called(row)) if number in ids else frozenset[str]()
        owners.check(row, number, names)
        resources, lost = read(row, number) if number in ids and not row.issues else ([], [])
        if row.issues:
            changes.append("")
            continue
        owners.give(number, names)
        again = made.get(number)
        changes.append("loaded" if number not in known else "unchanged" if again == resources else "")
        known.add(number)
        made[number], gone[number] = resources, lost
    return _written(connection, kind, rows, ids, made, gone, changes, by)


def _written(
    connection: Connection,
    kind: str,
    rows: Sequence[Row],
    ids: Mapping[str, str],
    made: Mapping[str, Sequence[Resource]],
    gone: Mapping[str, Sequence[Key]],
    changes: Sequence[str],
    by: str,
) -> list[Outcome]:
    resources = [one for ones in made.values() for one in ones]
    fresh = write(connection, resources, [key for ones in gone.values() for key in ones], by=by, why="list loaded")
    listed = follow(connection, kind, [ids[number] for number in made])
    touched = listed.changed | {
        number
        for number in made
        if any((one["resourceType"], one["id"]) in fresh for one in made[number])
        or any(key in fresh for key in gone[number])
    }
    outcomes = []
    for row, change in zip(rows, changes, strict=True):
        number = inpe(row["inpe"])
        if row.issues or number not in made:
            outcomes.append(("", list[str]()))
            continue
        said = change or ("updated" if number in touched else "unchanged")
        outcomes.append((said, [number, *sorted(names_of(*called(row)))]))
    return outcomes


def _numbers(rows: Sequence[Row]) -> set[str]:
    return {number for row in rows if re.fullmatch(r"\d{9}", number := inpe(row["inpe"]))}


def _check_number(row: Row, number: str) -> None:
    if not re.fullmatch(r"\d{9}", number):
        row.wrong("inpe", "not-an-inpe", "an INPE has nine digits", "write the INPE printed beside the barcode")


def _grouped(kept: Iterable[Kept]) -> dict[str, list[Resource]]:
    """Services by the organization that provides them, roles by their practitioner."""
    found: dict[str, list[Resource]] = {}
    for one in kept:
        resource = one.resource
        owner = resource.get("providedBy") or resource.get("practitioner") or {}
        found.setdefault(str(owner.get("reference")).rpartition("/")[2], []).append(resource)
    return found


def _paths(kind: str, ids: Mapping[str, str]) -> list[str]:
    return [f"{kind}/{name}" for name in ids.values()]


def _alive(kept: Kept | None) -> Resource | None:
    return None if kept is None or kept.deleted else kept.resource
