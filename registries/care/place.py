"""A facility, and how it is written: an Organization and a Location of one id, joined by managingOrganization (IHE
mCSD), and a HealthcareService for each service.

Its province is what Organization and Location are part of; every hierarchy with its dates stands in extensions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from registries.care import systems
from registries.care.areas import areas
from registries.care.elements import (
    Element,
    Number,
    codes,
    concept,
    dated,
    extensions,
    filled,
    identifiers,
    numbers,
    others,
    period_of,
    periods,
    reference,
    referred,
    without,
)
from registries.care.spells import ALWAYS, Period, covers, status
from schemas import facts

Resource = dict[str, Any]

OWNER = "owner"
LOCATION_STATUS = {"operational": "active", "suspended": "suspended", "closed": "inactive", "planned": "inactive"}
_OF_THE_TIME = (systems.OPERATING, systems.SUSPENDED)


@dataclass(frozen=True, slots=True)
class Parent:
    """One hierarchy it belongs to over a period. `organization` is an id, "" when the parent is known by name only."""

    hierarchy: str
    organization: str
    name: str
    period: Period


@dataclass(frozen=True, slots=True)
class Service:
    code: str
    periods: tuple[Period, ...]


@dataclass(frozen=True, slots=True)
class Facility:
    """`numbers` are its identifiers, INPE-ES first; `periods` when it operates, () for always; `type` a code."""

    id: str
    name: str = ""
    type: str = ""
    region: str = ""
    province: str = ""
    numbers: tuple[Number, ...] = ()
    aliases: tuple[str, ...] = ()
    periods: tuple[Period, ...] = ()
    suspended: tuple[Period, ...] = ()
    latitude: float | None = None
    longitude: float | None = None
    parents: tuple[Parent, ...] = ()

    @property
    def inpe(self) -> str:
        return next((value for system, value in self.numbers if system == systems.INPE_ES), "")

    @property
    def owner(self) -> str:
        """As it is called now, or was last."""
        return next((one.name for one in reversed(self.parents) if one.hierarchy == OWNER), "")

    def location_status(self, day: str) -> str:
        return LOCATION_STATUS[status(self.periods, self.suspended, day)]


def facility_of(organization: Resource, location: Resource | None) -> Facility:
    """What the two resources say; the Location is optional."""
    there = location or {}
    area = referred(there.get("partOf"), "Location") or referred(organization.get("partOf"), "Organization")
    within = areas().get(area.upper())
    position = there.get("position") or {}
    return Facility(
        id=organization["id"],
        name=organization.get("name") or there.get("name") or "",
        type=next(iter(codes(organization.get("type", ()), systems.FACILITY_TYPE)), ""),
        region=(within.within or within.code) if within else "",
        province=within.code if within and within.within else "",
        numbers=tuple(sorted(numbers(organization), key=lambda one: one[0] != systems.INPE_ES)),
        aliases=tuple(organization.get("alias", ())),
        periods=periods(organization, systems.OPERATING),
        suspended=periods(organization, systems.SUSPENDED),
        latitude=position.get("latitude"),
        longitude=position.get("longitude"),
        parents=tuple(_parents(organization)),
    )


def written(place: Facility, day: str, organization: Resource | None, location: Resource | None) -> list[Resource]:
    """The two resources as they read on this day. What else they said before stays."""
    return [_organization(place, day, organization or {}), _location(place, day, location or {})]


def is_active(place: Facility, day: str) -> bool:
    """Whether its record is in use: suspended or planned, it still is."""
    return status(place.periods, place.suspended, day) != "closed"


def is_facility(resource: Resource) -> bool:
    """Whether an Organization or Location is typed as a facility, by today's code or the URN of 2019."""
    return _is(resource, systems.FACILITY)


def is_jurisdiction(resource: Resource) -> bool:
    return _is(resource, systems.JURISDICTION)


def is_offered(place: Facility, one: Service, day: str) -> bool:
    """Whether the facility operates then, and offers it."""
    return covers(one.periods or ALWAYS, day) and status(place.periods, place.suspended, day) == "operational"


def services(place: Facility, of: Sequence[Service], day: str, before: Mapping[str, Resource]) -> list[Resource]:
    """A HealthcareService for each. What those of `before`, by id, said else stays."""
    return [_service(place, one, day, before.get(service_id(place.id, one.code), {})) for one in of]


def service_id(place: str, code: str) -> str:
    return facts.name("care service", place, code)


def _is(resource: Resource, code: str) -> bool:
    kinds = resource.get("type", ())
    return code in codes(kinds, systems.MCSD_TYPES) or systems.URN + code in codes(kinds, systems.URIS)


def _organization(place: Facility, day: str, before: Resource) -> Resource:
    area = (place.province or place.region).lower()
    told = {
        **before,
        "resourceType": "Organization",
        "id": place.id,
        "extension": [
            *others(before, *_OF_THE_TIME, systems.HIERARCHY),
            *dated(systems.OPERATING, place.periods),
            *dated(systems.SUSPENDED, place.suspended),
            *(_hierarchy(one) for one in place.parents),
        ],
        "identifier": identifiers(place.numbers, before.get("identifier", ())),
        "active": is_active(place, day),
        "type": _types(place, before),
        "name": place.name,
        "alias": list(place.aliases),
        "partOf": reference("Organization", area) if area else before.get("partOf"),
    }
    return filled(told)


def _location(place: Facility, day: str, before: Resource) -> Resource:
    area = areas().get(place.province or place.region)
    building = {"coding": [{"system": systems.PHYSICAL_TYPE, "code": "bu", "display": "Building"}]}
    there = place.latitude is not None and place.longitude is not None
    told = {
        **before,
        "resourceType": "Location",
        "id": before.get("id") or place.id,
        "identifier": identifiers(place.numbers, before.get("identifier", ())),
        "status": place.location_status(day),
        "mode": before.get("mode", "instance"),
        "name": place.name,
        "alias": list(place.aliases),
        "type": _types(place, before),
        "physicalType": before.get("physicalType") or building,
        "position": {"longitude": place.longitude, "latitude": place.latitude} if there else before.get("position"),
        "managingOrganization": reference("Organization", place.id),
        "partOf": reference("Location", area.id) if area else before.get("partOf"),
    }
    return filled(told)


def _types(place: Facility, before: Resource) -> list[Element]:
    rest = without(before.get("type", ()), systems.MCSD_TYPES, systems.FACILITY_TYPE, systems.URIS)
    mcsd = {"coding": [{"system": systems.MCSD_TYPES, "code": systems.FACILITY, "display": "Facility"}]}
    return [mcsd, *([concept(systems.FACILITY_TYPE, place.type)] if place.type else ()), *rest]


def _hierarchy(parent: Parent) -> Element:
    above: Element = reference("Organization", parent.organization) if parent.organization else {}
    inner = [
        {"url": "hierarchy-type", "valueCodeableConcept": concept(systems.HIERARCHY_TYPE, parent.hierarchy)},
        {"url": "part-of", "valueReference": above | ({"display": parent.name} if parent.name else {})},
        *dated(systems.HIERARCHY_PERIOD, [parent.period]),
    ]
    return {"url": systems.HIERARCHY, "extension": inner}


def _parents(organization: Resource) -> Iterable[Parent]:
    for one in extensions(organization, systems.HIERARCHY):
        kinds = [each.get("valueCodeableConcept") or {} for each in extensions(one, "hierarchy-type")]
        above: Element = next((each.get("valueReference") or {} for each in extensions(one, "part-of")), {})
        when = next(
            (period_of(each.get("valuePeriod")) for each in extensions(one, systems.HIERARCHY_PERIOD)), ("", "")
        )
        said = [each.get("code", "") for kind in kinds for each in kind.get("coding", ())]
        yield Parent(
            next(iter([*said, *(kind.get("text", "") for kind in kinds)]), ""),
            referred(above, "Organization"),
            above.get("display") or "",
            when,
        )


def _service(place: Facility, one: Service, day: str, before: Resource) -> Resource:
    told = {
        "type": [concept(systems.SERVICE_TYPE, one.code)],
        "location": [reference("Location", place.id)],
        "name": one.code,
        **before,
        "resourceType": "HealthcareService",
        "id": service_id(place.id, one.code),
        "extension": [*others(before, systems.OPERATING), *dated(systems.OPERATING, one.periods)],
        "active": is_offered(place, one, day),
        "providedBy": reference("Organization", place.id),
    }
    return filled(told)


def service_of(resource: Resource) -> Service | None:
    """The service this resource stands for, if it was written by `services`."""
    code = next(iter(codes(resource.get("type", ()), systems.SERVICE_TYPE)), "")
    place = referred(resource.get("providedBy"), "Organization")
    ours = code and resource["id"] == service_id(place, code)
    return Service(code, periods(resource, systems.OPERATING)) if ours else None
