"""A facility told by FHIR keeps its dates, and its Organization and Location say the same; a role or service told
inactive ends.

Where a source only says `inactive`, `suspended` or `active`, it says so from the day it is told; new dates that it
brings itself (our extensions) stand as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from registries.care import place, systems, worker
from registries.care.elements import codes, dated, filled, others, period, period_of, periods, referred
from registries.care.listing import pair
from registries.care.spells import ALWAYS, NEVER, Period, Status, closed_from, covers, status, told_on
from registries.care.store import Kept, Key, standing

Resource = dict[str, Any]
_ENDING = ("PractitionerRole", "HealthcareService")
_Dates = tuple[tuple[Period, ...], tuple[Period, ...]]

_STATUS: Mapping[str, Status] = {"active": "operational", "suspended": "suspended", "inactive": "closed"}


def aligned(connection: Connection, wanted: Mapping[Key, Resource], day: str) -> dict[Key, Resource]:
    """What is to be written when these are: themselves with their dates, and the other half of each facility."""
    found = dict(wanted)
    told = {_owner(one): one for (kind, _), one in wanted.items() if kind == "Location" and place.is_facility(one)}
    ids = ({name for kind, name in wanted if kind == "Organization"} | told.keys()) - {""}
    people = [key for key in wanted if key[0] == "Practitioner"]
    inactive = [key for key, one in wanted.items() if key[0] in _ENDING and one.get("active") is False]
    stood = standing(connection, [*people, *inactive, *(("Organization", name) for name in ids)])
    pairs = pair(connection, ids)
    for name in sorted(ids):
        new, former = wanted.get(("Organization", name)), _alive(stood.get(("Organization", name)))
        organization = new or former
        if organization is None or place.is_jurisdiction(organization):
            continue
        location = told.get(name) or (pairs[name].resource if name in pairs else None)
        dates = _dates(organization, former, _said(new, told.get(name), former, day), day)
        found["Organization", name] = _organization(organization, dates, day)
        if location is not None:
            found["Location", location["id"]] = _location(location, dates, day)
    for key in people:
        found[key] = _practitioner(wanted[key], _alive(stood.get(key)), day)
    for key in inactive:
        found[key] = _ended(wanted[key], _alive(stood.get(key)), day)
    return found


def _said(new: Resource | None, location: Resource | None, former: Resource | None, day: str) -> Status | None:
    """How it stands, as the change tells it: Location.status, else Organization.active."""
    if location is not None:
        return _STATUS.get(str(location.get("status")))
    if new is None or not isinstance(new.get("active"), bool):
        return None
    now = status(*_of(former), day) if former else "operational"
    if new["active"]:  # what is suspended or planned is in use too
        return "operational" if now == "closed" else now
    return "closed"


def _dates(resource: Resource, former: Resource | None, said: Status | None, day: str) -> _Dates:
    brought, had = _of(resource), _of(former) if former else ((), ())
    if any(brought) and brought != had:
        return brought
    return told_on(*had, said, day) if said else had


def _of(resource: Resource) -> _Dates:
    return periods(resource, systems.OPERATING), periods(resource, systems.SUSPENDED)


def _organization(resource: Resource, dates: _Dates, day: str) -> Resource:
    return _typed(_with(resource, dates) | {"active": status(*dates, day) != "closed"})


def _location(resource: Resource, dates: _Dates, day: str) -> Resource:
    return _typed(resource | {"status": place.LOCATION_STATUS[status(*dates, day)]})


def _practitioner(resource: Resource, former: Resource | None, day: str) -> Resource:
    active = resource.get("active")
    said: Status | None = None if not isinstance(active, bool) else "operational" if active else "closed"
    dates = _dates(resource, former, said, day)
    made = _with(resource, dates)
    return made | {"active": worker.is_active(worker.worker_of(made), day)} if any(dates) else made


def _ended(resource: Resource, former: Resource | None, day: str) -> Resource:
    """A role or service told inactive while its dates go on ends the day before. Told so again, it ended then; and one
    that was inactive already while its dates went on is so for its worker or facility, and not by itself."""
    own, had = _spells(resource), _spells(former) if former else ()
    if not covers(own, day) or (former and former.get("active") is False and covers(had, day)):
        return resource
    again = had and not covers(had, day) and (had == (NEVER,) or had[0][0] == own[0][0])
    ends = had if again else closed_from(own, day)
    if resource["resourceType"] == "PractitionerRole":
        return resource | {"period": period(ends[0])}
    return resource | {"extension": [*others(resource, systems.OPERATING), *dated(systems.OPERATING, ends)]}


def _spells(resource: Resource) -> tuple[Period, ...]:
    if resource["resourceType"] == "PractitionerRole":
        return (period_of(resource.get("period")),)
    return periods(resource, systems.OPERATING) or ALWAYS


def _with(resource: Resource, dates: _Dates) -> Resource:
    registered, suspended = dates
    said = [*others(resource, systems.OPERATING, systems.SUSPENDED), *dated(systems.OPERATING, registered)]
    return filled(resource | {"extension": [*said, *dated(systems.SUSPENDED, suspended)]})


def _typed(resource: Resource) -> Resource:
    """With mCSD's code of today beside the URN of 2019."""
    kinds = resource.get("type", ())
    if not place.is_facility(resource) or systems.FACILITY in codes(kinds, systems.MCSD_TYPES):
        return resource
    code = {"coding": [{"system": systems.MCSD_TYPES, "code": systems.FACILITY, "display": "Facility"}]}
    return resource | {"type": [code, *kinds]}


def _owner(location: Resource) -> str:
    return referred(location.get("managingOrganization"), "Organization")


def _alive(kept: Kept | None) -> Resource | None:
    return None if kept is None or kept.deleted else kept.resource
