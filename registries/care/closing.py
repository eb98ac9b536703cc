"""A facility or health worker closed, suspended or opened from a day on, by somebody who says why; and what is known
of one."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sqlalchemy import Connection, Engine, select

from registries.care import place, worker
from registries.care.edited import Edited
from registries.care.listing import FACILITY, TABLES, begun, follow, pair
from registries.care.names import inpe
from registries.care.seeds import prepare
from registries.care.spells import Period, Status, closed_from, going_on, read_periods, status, told_on
from registries.care.store import Care, Kept, standing, write
from registries.clock import today
from registries.database import reading


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
    wanted = select(TABLES[kind].c.resource).where(TABLES[kind].c.number == inpe(number), ~TABLES[kind].c.provisional)
    prepared(connection, kind)
    name = connection.scalar(wanted)
    return None if name is None else [*tell(connection, kind, name, "closed", day, by=by, why=why).found]


def prepared(connection: Connection, kind: str) -> None:
    """To be called first in a commit that changes an entry."""
    begun(connection, kind)
    prepare(connection, today())


def tell(connection: Connection, kind: str, name: str, said: Status, day: str, *, by: str, why: str) -> Edited:
    """From this day on the entry with this id is closed, suspended or operational (again). Found by nothing where it
    does not exist. To be called after `prepared`."""
    resources = _place(connection, name, said, day) if kind == FACILITY else _worker(connection, name, said, day)
    if not resources:
        return Edited(name, changed=False)
    fresh = write(connection, resources, by=by, why=why)
    found = next(iter(follow(connection, kind, [name]).found.values()), [])
    return Edited(name, tuple(found), changed=bool(fresh))


def _place(connection: Connection, name: str, said: Status, day: str) -> list[place.Resource]:
    kept = standing(connection, [("Organization", name)]).get(("Organization", name))
    if kept is None or kept.deleted:
        return []
    locations = pair(connection, [name])
    location = locations[name].resource if name in locations else None
    one = place.facility_of(kept.resource, location)
    periods, suspended = _dates(one.periods, one.suspended, said, day)
    made = place.written(replace(one, periods=periods, suspended=suspended), today(), kept.resource, location)
    return made if location else made[:1]


def _worker(connection: Connection, name: str, said: Status, day: str) -> list[worker.Resource]:
    kept = standing(connection, [("Practitioner", name)]).get(("Practitioner", name))
    if kept is None or kept.deleted:
        return []
    who = worker.worker_of(kept.resource)
    periods, suspended = _dates(who.periods, who.suspended, said, day)
    return [worker.written(replace(who, periods=periods, suspended=suspended), today(), kept.resource)]


def _dates(
    periods: tuple[Period, ...], suspended: tuple[Period, ...], said: Status, day: str
) -> tuple[tuple[Period, ...], tuple[Period, ...]]:
    """A closing ends what would begin later, too; even where it is closed on the day already. An opening of what still
    operated takes back what ended it for good."""
    if said == "closed":
        return closed_from(periods, day), suspended
    if said == status(periods, suspended, day) == "operational":
        return going_on(periods, suspended, day)
    return told_on(periods, suspended, said, day)
