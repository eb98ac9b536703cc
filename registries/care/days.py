"""What a new day changes by itself: what opens, ends or is suspended from it on is written anew, so that readers and
those who follow the changes are told."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Engine, func, or_, select

from registries.care import place, worker
from registries.care.elements import referred
from registries.care.listing import pair
from registries.care.seeds import BY, prepare
from registries.care.store import Kept, Key, named_by, standing, write
from registries.care.tables import care_terms
from registries.database import writing
from registries.tables import facilities, health_workers, roles

Resource = dict[str, Any]

WHY = "a day began"


def turn(engine: Engine, day: str) -> int:
    """Brings everything that has dates to this day; how many resources changed. Raises Unavailable."""
    with writing(engine) as connection:
        prepare(connection, day)
        changed = [*_places(connection, day), *_workers(connection, day)]
        return len(write(connection, changed, by=BY, why=WHY))


def _places(connection: Connection, day: str) -> Iterable[Resource]:
    """Facilities with periods or services."""
    offering = select(func.substr(care_terms.c.value, len("Organization/") + 1)).where(
        care_terms.c.type == "HealthcareService", care_terms.c.parameter == "organization"
    )
    dated = or_(facilities.c.periods != "", facilities.c.suspended != "", facilities.c.resource.in_(offering))
    ids = list(connection.scalars(select(facilities.c.resource).where(dated, facilities.c.resource != "")))
    locations = pair(connection, ids)
    offered: dict[str, list[Kept]] = {}
    for kept in named_by(connection, "HealthcareService", "organization", [f"Organization/{one}" for one in ids]):
        offered.setdefault(referred(kept.resource.get("providedBy"), "Organization"), []).append(kept)
    for (_, name), kept in standing(connection, [("Organization", one) for one in ids]).items():
        if kept.deleted:
            continue
        location = locations[name].resource if name in locations else None
        one = place.facility_of(kept.resource, location)
        yield kept.resource | {"active": place.is_active(one, day)}
        if location:
            yield location | {"status": one.location_status(day)}
        yield from (made for each in offered.get(name, ()) if (made := _service(one, each, day)))


def _service(one: place.Facility, kept: Kept, day: str) -> Resource | None:
    found = place.service_of(kept.resource)
    return kept.resource | {"active": place.is_offered(one, found, day)} if found else None


def _workers(connection: Connection, day: str) -> Iterable[Resource]:
    told = health_workers.c
    posted = told.number.in_(select(roles.c.worker).where(roles.c.periods != ""))
    dated = or_(told.periods != "", told.suspended != "", posted)
    ids = list(connection.scalars(select(told.resource).where(dated, told.resource != "")))
    people = standing(connection, [("Practitioner", one) for one in ids])
    by_worker: dict[Key, worker.HealthWorker] = {}
    for key, kept in people.items():
        if not kept.deleted:
            by_worker[key] = who = worker.worker_of(kept.resource)
            yield kept.resource | {"active": worker.is_active(who, day)}
    for kept in named_by(connection, "PractitionerRole", "practitioner", [f"Practitioner/{one}" for one in ids]):
        yield worker.role_on(kept.resource, day, {key[1]: one for key, one in by_worker.items()})
