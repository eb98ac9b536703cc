"""What events look facilities and health workers up by: rows made from the resources in the same commit."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Table, delete, insert, or_, select

from registries.care import place, worker
from registries.care.changed import begin, touched
from registries.care.elements import Number, referred
from registries.care.names import alias, inpe
from registries.care.spells import Period, text_of
from registries.care.store import Kept, named_by, standing
from registries.care.systems import INPE_ES, INPE_PS
from registries.database import among
from registries.tables import aliases, facilities, health_workers, roles

FACILITY = "facility"
HEALTH_WORKER = "health-worker"
TABLES: Mapping[str, Table] = {FACILITY: facilities, HEALTH_WORKER: health_workers}

Posts = frozenset[tuple[str, str, str]]


class Taken(ValueError):
    """A number or name belongs to another entry already. The text names both by their ids, never by their names;
    `entry` is the id of the one that may not have it."""

    def __init__(self, entry: str, text: str) -> None:
        super().__init__(text)
        self.entry = entry


@dataclass(frozen=True, slots=True)
class Listed:
    """One entry as events find it: its row, what senders call it, and its posts (facility, role, periods)."""

    row: dict[str, Any]
    names: frozenset[str]
    posts: Posts = frozenset()

    @property
    def number(self) -> str:
        return str(self.row["number"])


@dataclass(frozen=True, slots=True)
class Followed:
    """`found`: number → what the entry is found by, whether it changed or not; `changed`: numbers; `numbers`: id of the
    entry → its number."""

    found: dict[str, list[str]]
    changed: frozenset[str]
    numbers: dict[str, str]


def follow(connection: Connection, kind: str, ids: Collection[str]) -> Followed:
    """Makes the rows of these Organizations or Practitioners anew; where a facility's number is another now, those of
    its staff too. To be called after `begun`. Raises Taken; then nothing may be committed."""
    wanted = _places(connection, ids) if kind == FACILITY else _workers(connection, ids)
    stood = _standing(connection, kind, ids, [one.number for one in wanted.values()])
    _refuse_taken(wanted, stood)
    numbers = {name: one.number for name, one in wanted.items()}
    stale = [n for n, one in stood.items() if one.row["resource"] in ids and numbers.get(one.row["resource"]) != n]
    changed = [one for one in wanted.values() if stood.get(one.number) != one]
    fresh = frozenset([*stale, *(one.number for one in changed)])
    _refuse_named(connection, kind, changed, fresh)
    _replace(connection, kind, fresh, changed)
    touched(connection, kind, fresh)
    if kind == FACILITY:
        _follow_staff(connection, [*stale, *(one.row["resource"] for one in changed if one.number not in stood)])
    found = {
        one.number: [one.number, *sorted(one.names)] for one in sorted(wanted.values(), key=lambda one: one.number)
    }
    return Followed(found, fresh, numbers)


def begun(connection: Connection, kind: str) -> None:
    """Counts a change of the registry, in the transaction that makes it; with facilities those who work there may
    change, and whoever changes several begins them in this order."""
    for one in (FACILITY, HEALTH_WORKER) if kind == FACILITY else (kind,):
        begin(connection, one)


def _follow_staff(connection: Connection, numbers: Collection[str]) -> None:
    """`numbers`: what rows of roles called facilities that are called otherwise now. A role that was told before its
    facility has the id of the Organization."""
    at = select(roles.c.worker).where(among(connection, roles.c.facility, numbers))
    moved = select(health_workers.c.resource).where(health_workers.c.number.in_(at), health_workers.c.resource != "")
    if numbers and (ids := list(connection.scalars(moved))):
        follow(connection, HEALTH_WORKER, ids)


def number_of(kind: str, numbers: Iterable[Number], name: str) -> str:
    """What an entry's row is called: its INPE, else the id of its resource."""
    system = INPE_ES if kind == FACILITY else INPE_PS
    return next((inpe(value) for own, value in numbers if own == system), "") or f"id:{name}"


def names_of(numbers: Iterable[Number], called: Iterable[str]) -> frozenset[str]:
    """What senders may call it: local numbers with their system or, without one, alone; local names."""
    local = [f"{system}|{value}" if system else value for system, value in numbers if system not in (INPE_ES, INPE_PS)]
    return frozenset(alias(one) for one in (*local, *called) if one.strip())


def pair(connection: Connection, ids: Collection[str]) -> dict[str, Kept]:
    """Organization id → the Location that stands for it as a facility."""
    found: dict[str, Kept] = {}
    for one in named_by(connection, "Location", "organization", [f"Organization/{name}" for name in ids]):
        resource = one.resource
        owner = referred(resource.get("managingOrganization"), "Organization")
        if place.is_facility(resource) and (owner not in found or one.id == owner):
            found[owner] = one
    return found


def _places(connection: Connection, ids: Collection[str]) -> dict[str, Listed]:
    locations = pair(connection, ids)
    found = {}
    for (_, name), kept in standing(connection, [("Organization", one) for one in ids]).items():
        organization = kept.resource
        if kept.deleted or place.is_jurisdiction(organization):
            continue
        location = locations[name].resource if name in locations else None
        found[name] = _place(place.facility_of(organization, location))
    return found


def _place(one: place.Facility) -> Listed:
    row = {
        "number": number_of(FACILITY, one.numbers, one.id),
        "name": one.name,
        "type": one.type,
        "region": one.region,
        "province": one.province,
        "owner": one.owner,
        "periods": text_of(one.periods),
        "suspended": text_of(one.suspended),
        "latitude": "" if one.latitude is None else str(one.latitude),
        "longitude": "" if one.longitude is None else str(one.longitude),
        "resource": one.id,
        "provisional": False,
    }
    return Listed(row, names_of(one.numbers, one.aliases))


def _workers(connection: Connection, ids: Collection[str]) -> dict[str, Listed]:
    by_worker: dict[str, list[dict[str, Any]]] = {}
    for kept in named_by(connection, "PractitionerRole", "practitioner", [f"Practitioner/{name}" for name in ids]):
        role = kept.resource
        by_worker.setdefault(referred(role.get("practitioner"), "Practitioner"), []).append(role)
    at = {referred(one.get("organization"), "Organization") for ones in by_worker.values() for one in ones}
    places = numbers_of(connection, at)
    people = standing(connection, [("Practitioner", one) for one in ids])
    return {
        name: _worker(worker.worker_of(kept.resource), worker.posts_of(by_worker.get(name, []), places))
        for (_, name), kept in people.items()
        if not kept.deleted
    }


def numbers_of(connection: Connection, organizations: Collection[str]) -> dict[str, str]:
    """Organization id → the number its row has."""
    wanted = among(connection, facilities.c.resource, organizations)
    rows = connection.execute(select(facilities.c.resource, facilities.c.number).where(wanted))
    return {row.resource: row.number for row in rows if row.resource}


def organizations_of(connection: Connection, numbers: Collection[str]) -> dict[str, str]:
    """A row's number → the id of its Organization, of those that have one."""
    rows = connection.execute(
        select(facilities.c.resource, facilities.c.number).where(among(connection, facilities.c.number, numbers))
    )
    return {row.number: row.resource for row in rows if row.resource}


def _worker(one: worker.HealthWorker, posts: Sequence[worker.Post]) -> Listed:
    row = {
        "number": number_of(HEALTH_WORKER, one.numbers, one.id),
        "family": one.family,
        "given": one.given,
        "profession": ", ".join(one.professions),
        "periods": text_of(one.periods),
        "suspended": text_of(one.suspended),
        "resource": one.id,
        "provisional": False,
    }
    return Listed(row, names_of(one.numbers, ()), frozenset((at.facility, at.role, _when(at.periods)) for at in posts))


def _when(periods: Sequence[Period]) -> str:
    """ "" for always."""
    return "" if ("", "") in periods else text_of(periods)


def _standing(connection: Connection, kind: str, ids: Collection[str], numbers: Collection[str]) -> dict[str, Listed]:
    """The rows with these numbers or of these resources."""
    table = TABLES[kind]
    mine = or_(among(connection, table.c.number, numbers), among(connection, table.c.resource, ids))
    rows = {row["number"]: dict(row) for row in connection.execute(select(table).where(mine)).mappings()}
    names: dict[str, set[str]] = {}
    wanted = aliases.c.kind == kind, among(connection, aliases.c.number, rows)
    for row in connection.execute(select(aliases.c.number, aliases.c.alias).where(*wanted)):
        names.setdefault(row.number, set()).add(row.alias)
    posts: dict[str, set[tuple[str, str, str]]] = {}
    if kind == HEALTH_WORKER:
        for row in connection.execute(select(roles).where(among(connection, roles.c.worker, rows))):
            posts.setdefault(row.worker, set()).add((row.facility, row.role, row.periods))
    return {
        number: Listed(row, frozenset(names.get(number, ())), frozenset(posts.get(number, ())))
        for number, row in rows.items()
    }


def _refuse_taken(wanted: Mapping[str, Listed], stood: Mapping[str, Listed]) -> None:
    owners = {number: one.row["resource"] for number, one in stood.items() if one.row["resource"]}
    seen: dict[str, str] = {}
    for name, one in wanted.items():
        other = seen.setdefault(one.number, name)
        other = owners.get(one.number, other) if owners.get(one.number) not in wanted else other
        if other != name:
            raise Taken(name, f"{name}: its INPE is that of {other}")


def _refuse_named(connection: Connection, kind: str, changed: Sequence[Listed], rewritten: Collection[str]) -> None:
    """Names of provisional entries go over to the one that was loaded; all others stay whose they are. `rewritten`:
    numbers of rows that are made anew, or are no more."""
    claimed: dict[str, Listed] = {}
    for one in changed:
        for name in one.names:
            if (other := claimed.setdefault(name, one)) is not one:
                text = f"{one.number}: a name or local number is that of {other.number} too"
                raise Taken(one.row["resource"], text)
    table = TABLES[kind]
    there = select(aliases.c.alias, aliases.c.number).join(table, table.c.number == aliases.c.number)
    mine = aliases.c.kind == kind, among(connection, aliases.c.alias, claimed), ~table.c.provisional
    for row in connection.execute(there.where(*mine)):
        one = claimed[row.alias]
        if row.number != one.number and row.number not in rewritten:
            raise Taken(one.row["resource"], f"{one.number}: a name or local number is that of {row.number}")


def _replace(connection: Connection, kind: str, gone: Collection[str], fresh: Sequence[Listed]) -> None:
    table = TABLES[kind]
    names = {name for one in fresh for name in one.names}
    old = or_(among(connection, aliases.c.number, gone), among(connection, aliases.c.alias, names))
    connection.execute(delete(aliases).where(aliases.c.kind == kind, old))
    if kind == HEALTH_WORKER:
        connection.execute(delete(roles).where(among(connection, roles.c.worker, gone)))
    connection.execute(delete(table).where(among(connection, table.c.number, gone)))
    if not fresh:
        return
    connection.execute(insert(table), [one.row for one in fresh])
    if named := [{"kind": kind, "alias": name, "number": one.number} for one in fresh for name in sorted(one.names)]:
        connection.execute(insert(aliases), named)
    if posts := [_post(one.number, post) for one in fresh for post in sorted(one.posts)]:
        connection.execute(insert(roles), posts)


def _post(number: str, post: tuple[str, str, str]) -> dict[str, str]:
    return dict(zip(("worker", "facility", "role", "periods"), (number, *post), strict=True))
