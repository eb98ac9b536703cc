"""A facility or health worker closed from a day on, by somebody who says why; and what is known of one."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sqlalchemy import Connection, Engine, select

from registries.care import place, worker
from registries.care.listing import FACILITY, TABLES, follow, pair
from registries.care.lists import today
from registries.care.names import inpe
from registries.care.seeds import prepare
from registries.care.spells import closed_from, read_periods, status
from registries.care.store import Care, Kept, standing, write
from registries.database import reading
from registries.tables import next_version


@dataclass(frozen=True, slots=True)
class Known:
    """An entry as it stands today, its periods in text, and every version it had, newest first."""

    number: str
    name: str
    status: str
    periods: str
    suspended: str
    versions: tuple[Kept, ...]


def known(engine: Engine, kind: str, number: str) -> Known | None:
    """What is known of the entry with this INPE; None when there is none. Raises Unavailable."""
    table = TABLES[kind]
    wanted = select(table).where(table.c.number == inpe(number), ~table.c.provisional)
    with reading(engine) as connection:
        row = connection.execute(wanted).mappings().first()
    if row is None:
        return None
    now = status(read_periods(row["periods"]), read_periods(row["suspended"]), today())
    name = row["name"] if kind == FACILITY else f"{row['family']} {row['given']}".strip()
    history = Care(engine).versions("Organization" if kind == FACILITY else "Practitioner", row["resource"])
    return Known(row["number"], name, now, row["periods"], row["suspended"], tuple(history))


def close(connection: Connection, kind: str, number: str, day: str, *, by: str, why: str) -> list[str] | None:
    """Nothing goes on from this day: what was its periods end the day before. What the entry is found by; None when
    there is no such entry. A message of the days before still finds it open."""
    next_version(connection, kind)
    prepare(connection, today())
    table = TABLES[kind]
    wanted = select(table.c.resource).where(table.c.number == inpe(number), ~table.c.provisional)
    name = connection.scalar(wanted)
    if name is None:
        return None
    resources = _place(connection, name, day) if kind == FACILITY else _worker(connection, name, day)
    write(connection, resources, by=by, why=why)
    return next(iter(follow(connection, kind, [name]).found.values()), [])


def _place(connection: Connection, name: str, day: str) -> list[place.Resource]:
    organization = standing(connection, [("Organization", name)])["Organization", name].resource
    locations = pair(connection, [name])
    location = locations[name].resource if name in locations else None
    one = place.facility_of(organization, location)
    made = place.written(replace(one, periods=closed_from(one.periods, day)), today(), organization, location)
    return made if location else made[:1]


def _worker(connection: Connection, name: str, day: str) -> list[worker.Resource]:
    before = standing(connection, [("Practitioner", name)])["Practitioner", name].resource
    who = worker.worker_of(before)
    return [worker.written(replace(who, periods=closed_from(who.periods, day)), today(), before)]
