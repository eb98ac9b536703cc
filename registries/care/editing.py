"""One entry added or corrected by somebody who says why, with the checks of a list.

Fields are the columns of the lists (see `registries.load`). One that is not given leaves what is known as it is.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, select

from registries.care import place, worker
from registries.care.columns import called
from registries.care.edited import Edited, put
from registries.care.ids import free_ids
from registries.care.listing import FACILITY, TABLES, names_of, organizations_of, pair
from registries.care.names import alias, inpe, sure
from registries.care.naming import forget, provisional
from registries.care.owners import Owners, Parents
from registries.care.place_row import place_in, services_in
from registries.care.store import Key, named_by, standing
from registries.care.systems import INPE_ES, INPE_PS
from registries.care.worker_row import posts_in, specialties_of, worker_in
from registries.clock import today
from registries.rows import Row
from schemas import facts

Resource = dict[str, Any]
_REQUIRED = {FACILITY: ("name",)}


def add(
    connection: Connection, kind: str, values: Mapping[str, str], *, by: str, why: str, met: Collection[str] = ()
) -> Edited:
    """A new entry. `met`: what messages called it until now; its id is then the one they knew it by. To be called after
    `closing.prepared`, as `correct`."""
    row, number = Row(0, dict(values)), inpe(values.get("inpe", ""))
    _check_taken(connection, kind, row, number)
    if not number and not row["aliases"]:
        row.wrong("inpe", "required", "an INPE, or a number of its own", "give its INPE, or a local name or number")
    own = sure([*met])
    first = provisional(connection, kind, own)
    said = [*first[:1], number or alias(row["aliases"].split(",")[0])]
    ids = free_ids(connection, kind, said)
    name = next((ids[one] for one in said if ids[one] == facts.name(kind, one)), ids[said[-1]])
    edited = _edit(connection, kind, name, row, number, by, why)
    if not edited.issues:
        forget(connection, kind, own)
    return edited


def correct(connection: Connection, kind: str, name: str, values: Mapping[str, str], *, by: str, why: str) -> Edited:
    """The entry with this id, as these fields have it."""
    return _edit(connection, kind, name, Row(0, dict(values)), inpe(values.get("inpe", "")), by, why)


def _edit(connection: Connection, kind: str, name: str, row: Row, number: str, by: str, why: str) -> Edited:
    _check(connection, kind, name, row, number)
    make = _place if kind == FACILITY else _worker
    made, gone = make(connection, name, row, number)
    if row.issues:
        return Edited(name, (), tuple(row.issues))
    return put(connection, kind, [name], made, gone, by=by, why=why)[name]


def _check(connection: Connection, kind: str, name: str, row: Row, number: str) -> None:
    if number and not re.fullmatch(r"\d{9}", number):
        row.wrong("inpe", "not-an-inpe", "an INPE has nine digits", "write the INPE printed beside the barcode")
    for column in _REQUIRED.get(kind, ("family",)):
        if not row[column]:
            row.wrong(column, "required", "every entry has a name", "write it as on the entry's papers")
    if number and (owner := _owner(connection, kind, number)) and owner != name:
        row.wrong("inpe", "taken", "another entry has this INPE", "look that one up, and correct it")
    told = TABLES[kind].c
    current = connection.scalar(select(told.number).where(told.resource == name)) or number
    Owners(connection, kind).check(row, current, names_of(*called(row)))


def _check_taken(connection: Connection, kind: str, row: Row, number: str) -> None:
    if number and _owner(connection, kind, number):
        row.wrong("inpe", "taken", "another entry has this INPE", "look that one up, and correct it")


def _owner(connection: Connection, kind: str, number: str) -> str:
    told = TABLES[kind].c
    return connection.scalar(select(told.resource).where(told.number == number, ~told.provisional)) or ""


def _place(connection: Connection, name: str, row: Row, number: str) -> tuple[list[Resource], list[Key]]:
    before, paired, day = _standing(connection, "Organization", name), pair(connection, [name]).get(name), today()
    location = paired.resource if paired else None
    known = place.facility_of(before, location) if before else place.Facility(name)
    one = place_in(row, number, known, Parents(connection))
    one = replace(one, numbers=tuple(own for own in one.numbers if own[1]))
    if row["owner"] == known.owner and "hierarchies" not in row.values:
        one = replace(one, parents=known.parents)  # an owner's dates are none of the form's
    if "aliases" not in row.values:
        rest = [own for own in known.numbers if own[0] != INPE_ES]
        one = replace(one, numbers=(*([(INPE_ES, number)] if number else []), *rest), aliases=known.aliases)
    offered = named_by(connection, "HealthcareService", "organization", [f"Organization/{name}"])
    services, gone = services_in(row, one, [each.resource for each in offered], day)
    return [*place.written(one, day, before, location), *services], gone


def _worker(connection: Connection, name: str, row: Row, number: str) -> tuple[list[Resource], list[Key]]:
    before, day = _standing(connection, "Practitioner", name), today()
    known = worker.worker_of(before) if before else worker.HealthWorker(name)
    held = [
        each.resource for each in named_by(connection, "PractitionerRole", "practitioner", [f"Practitioner/{name}"])
    ]
    who = worker_in(row, number, replace(known, specialties=specialties_of(held)))
    who = replace(who, numbers=tuple(own for own in who.numbers if own[1]))
    if "aliases" not in row.values:
        rest = [own for own in known.numbers if own[0] != INPE_PS]
        who = replace(who, numbers=(*([(INPE_PS, number)] if number else []), *rest))
    made = worker.written(who, day, before)
    if "roles" not in row.values:
        return [made, *(worker.role_on(one, day, {name: who}) for one in held)], []
    posts = posts_in(row)
    fresh = worker.roles(who, posts, day, organizations_of(connection, {one.facility for one in posts}), held)
    kept = {one["id"] for one in fresh}
    return [made, *fresh], [("PractitionerRole", one["id"]) for one in held if one["id"] not in kept]


def _standing(connection: Connection, kind: str, name: str) -> Resource | None:
    kept = standing(connection, [(kind, name)]).get((kind, name))
    return None if kept is None or kept.deleted else kept.resource
