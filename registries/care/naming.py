"""What messages and other lists call an entry, given to it as local names and numbers."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, delete, or_, select

from registries.care import place, worker
from registries.care.changed import touched
from registries.care.edited import Edited, put
from registries.care.listing import FACILITY, TABLES, pair
from registries.care.names import LOCAL
from registries.care.seeds import split_names
from registries.care.store import standing
from registries.clock import today
from registries.database import among
from registries.tables import aliases
from schemas.message import Issue

Resource = dict[str, Any]


def same(connection: Connection, kind: str, name: str, met: Collection[str], *, by: str, why: str) -> Edited:
    """What messages call so is the entry with this id: it gets these as local names and numbers. To be called after
    `closing.prepared`."""
    return each_same(connection, kind, {name: met}, by=by, why=why)[name]


def each_same(
    connection: Connection, kind: str, met: Mapping[str, Collection[str]], *, by: str, why: str
) -> dict[str, Edited]:
    """The same of many entries, with as many statements as for one; where one cannot have its names, each by itself."""
    made = _places(connection, met) if kind == FACILITY else _workers(connection, met)
    gone = Issue("id", "not-found", "there is no such entry", "look it up again")
    found = {name: Edited(name, (), (gone,)) for name in met if name not in made}
    if made:
        edited = put(connection, kind, list(made), [one for ones in made.values() for one in ones], by=by, why=why)
        if len(made) > 1 and any(one.issues for one in edited.values()):
            alone = (name for name in met if name in made)  # the first to ask has the name
            return found | {name: same(connection, kind, name, met[name], by=by, why=why) for name in alone}
        forget(connection, kind, {told for name, one in edited.items() if not one.issues for told in met[name]})
        found |= edited
    return found


def provisional(connection: Connection, kind: str, met: Collection[str]) -> list[str]:
    """The numbers of the rows that were made for what messages called so."""
    told = TABLES[kind].c
    names = select(aliases.c.number).where(aliases.c.kind == kind, among(connection, aliases.c.alias, list(met)))
    mine = or_(among(connection, told.number, [*met, *(LOCAL + one for one in met)]), told.number.in_(names))
    return sorted(connection.scalars(select(told.number).where(told.provisional, mine)))


def forget(connection: Connection, kind: str, met: Collection[str]) -> None:
    """What was made for messages alone is no longer needed."""
    if met and (stale := provisional(connection, kind, met)):
        table = TABLES[kind]
        connection.execute(delete(aliases).where(aliases.c.kind == kind, among(connection, aliases.c.number, stale)))
        connection.execute(delete(table).where(table.c.provisional, among(connection, table.c.number, stale)))
        touched(connection, kind, stale)


def _places(connection: Connection, met: Mapping[str, Collection[str]]) -> dict[str, list[Resource]]:
    locations, day = pair(connection, met), today()
    made: dict[str, list[Resource]] = {}
    for (_, name), kept in standing(connection, [("Organization", one) for one in met]).items():
        if kept.deleted:
            continue
        before, location = kept.resource, locations[name].resource if name in locations else None
        local, named = split_names(sorted(met[name]))
        one = place.facility_of(before, location)
        one = replace(one, numbers=(*one.numbers, *local), aliases=tuple(dict.fromkeys((*one.aliases, *named))))
        made[name] = place.written(one, day, before, location)[: 2 if location else 1]
    return made


def _workers(connection: Connection, met: Mapping[str, Collection[str]]) -> dict[str, list[Resource]]:
    made: dict[str, list[Resource]] = {}
    for (_, name), kept in standing(connection, [("Practitioner", one) for one in met]).items():
        if kept.deleted:
            continue
        local, named = split_names(sorted(met[name]))
        who = worker.worker_of(before := kept.resource)
        who = replace(who, numbers=(*who.numbers, *local, *(("", one) for one in named)))
        made[name] = [worker.written(who, today(), before)]
    return made
