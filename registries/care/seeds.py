"""What stands in every directory (areas and health groups), and entries that were loaded before it kept resources."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, RowMapping, select

from registries.care import areas, place, worker
from registries.care.changed import begin
from registries.care.listing import FACILITY, HEALTH_WORKER, TABLES, follow, organizations_of
from registries.care.spells import read_periods
from registries.care.store import standing, write
from registries.care.systems import INPE_ES, INPE_PS
from registries.tables import aliases, roles
from schemas import facts

Resource = dict[str, Any]

BY = "wasl"


def prepare(connection: Connection, day: str) -> None:
    """To be called before entries are written: they may refer to areas, and to entries of an older program."""
    seeds = areas.resources()
    known = standing(connection, [(one["resourceType"], one["id"]) for one in seeds])
    if missing := [one for one in seeds if (one["resourceType"], one["id"]) not in known]:
        write(connection, missing, by=BY, why="areas of the country")
    _adopt(connection, FACILITY, day)
    _adopt(connection, HEALTH_WORKER, day)


def _adopt(connection: Connection, kind: str, day: str) -> None:
    """Rows that have no resource yet get one, of the same id that events know them by."""
    table = TABLES[kind]
    old = list(connection.execute(select(table).where(table.c.resource == "", ~table.c.provisional)).mappings())
    if not old:
        return
    begin(connection, kind)
    called: dict[str, list[str]] = {}
    for name, number in connection.execute(select(aliases.c.alias, aliases.c.number).where(aliases.c.kind == kind)):
        called.setdefault(number, []).append(name)
    make = _places if kind == FACILITY else _workers
    write(connection, list(make(connection, old, called, day)), by=BY, why="loaded before the directory kept versions")
    connection.execute(table.update().where(table.c.resource == "", ~table.c.provisional).values(provisional=True))
    follow(connection, kind, [facts.name(kind, row["number"]) for row in old])


def _places(
    _connection: Connection, old: Iterable[RowMapping], called: dict[str, list[str]], day: str
) -> Iterable[Resource]:
    for row in old:
        local, named = split_names(sorted(called.get(row["number"], ())))
        one = place.Facility(
            id=facts.name(FACILITY, row["number"]),
            name=row["name"],
            type=row["type"],
            region=row["region"] if row["region"] in areas.areas() else "",
            province=row["province"] if row["province"] in areas.areas() else "",
            numbers=((INPE_ES, row["number"]), *local),
            aliases=tuple(named),
            periods=read_periods(row["periods"]),
            latitude=degrees(row["latitude"]),
            longitude=degrees(row["longitude"]),
            parents=(place.Parent(place.OWNER, "", row["owner"], ("", "")),) if row["owner"] else (),
        )
        yield from place.written(one, day, None, None)


def _workers(
    connection: Connection, old: Iterable[RowMapping], called: dict[str, list[str]], day: str
) -> Iterable[Resource]:
    posts: dict[str, list[worker.Post]] = {}
    for row in connection.execute(select(roles)):
        posts.setdefault(row.worker, []).append(worker.Post(row.facility, row.role, read_periods(row.periods)))
    places = organizations_of(connection, {one.facility for ones in posts.values() for one in ones})
    for one in old:
        local, named = split_names(sorted(called.get(one["number"], ())))
        who = worker.HealthWorker(
            id=facts.name(HEALTH_WORKER, one["number"]),
            family=one["family"],
            given=one["given"],
            professions=(one["profession"],) if one["profession"] else (),
            numbers=((INPE_PS, one["number"]), *local, *(("", name) for name in named)),
            periods=read_periods(one["periods"]),
        )
        yield worker.written(who, day, None)
        yield from worker.roles(who, posts.get(one["number"], ()), day, places)


def split_names(names: Iterable[str]) -> tuple[list[tuple[str, str]], list[str]]:
    """What senders call it, as numbers of a system ("system|value") and names alone."""
    told = list(dict.fromkeys(" ".join(one.split()) for one in names if one.strip()))
    local = [one.rpartition("|") for one in told]
    return [(system, value) for system, bar, value in local if bar], [value for _, bar, value in local if not bar]


def degrees(text: str) -> float | None:
    """Degrees as a number; None when it is none."""
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return None
