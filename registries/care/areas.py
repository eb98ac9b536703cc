"""The 12 regions and 75 provinces and prefectures (ISO 3166-2:MA), and the territorial health group of each region.

Each area is an mCSD jurisdiction: an Organization and a Location of the same id. The groups are those of law 08-22.
"""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

from registries.care import systems
from registries.care.names import alias

Resource = dict[str, Any]


class Area(NamedTuple):
    """`within`: the region's code, "" for a region."""

    code: str
    name: str
    level: str
    within: str

    @property
    def id(self) -> str:
        return self.code.lower()


@cache
def areas() -> dict[str, Area]:
    """All of them by code ("MA-04", "MA-RAB"), regions first."""
    text = files("registries.care").joinpath("areas.csv").read_text(encoding="utf-8")
    return {row["code"]: Area(**row) for row in csv.DictReader(text.splitlines())}


def group_id(region: str) -> str:
    """The id of the territorial health group (GST) of a region."""
    return f"gst-{region.lower()}"


def province(said: str) -> str:
    """The code of a province said by its name, or of an area said by its code; "" for anything else."""
    code = said.strip().upper()
    return code if code in areas() else _provinces().get(alias(said), "")


@cache
def _provinces() -> dict[str, str]:
    return {alias(one.name): one.code for one in reversed(areas().values()) if one.within}


@cache
def resources() -> tuple[Resource, ...]:
    """Every area as its two resources, and every group."""
    found: list[Resource] = []
    for area in areas().values():
        found += [_organization(area), _location(area)]
        if area.level == "region":
            found.append(_group(area))
    return tuple(found)


def _organization(area: Area) -> Resource:
    made = {"resourceType": "Organization", "id": area.id, "active": True, **_said(area)}
    return made | ({"partOf": {"reference": f"Organization/{area.within.lower()}"}} if area.within else {})


def _location(area: Area) -> Resource:
    made = {"resourceType": "Location", "id": area.id, "status": "active", "mode": "instance", **_said(area)}
    made["physicalType"] = {"coding": [{"system": systems.PHYSICAL_TYPE, "code": "jdn", "display": "Jurisdiction"}]}
    made["managingOrganization"] = {"reference": f"Organization/{area.id}"}
    return made | ({"partOf": {"reference": f"Location/{area.within.lower()}"}} if area.within else {})


def _said(area: Area) -> Resource:
    kind = {"coding": [{"system": systems.MCSD_TYPES, "code": systems.JURISDICTION}]}
    level = {"coding": [{"system": systems.FACILITY_TYPE, "code": area.level}], "text": area.level}
    return {"identifier": [{"system": systems.AREA, "value": area.code}], "name": area.name, "type": [kind, level]}


def _group(region: Area) -> Resource:
    return {
        "resourceType": "Organization",
        "id": group_id(region.code),
        "active": True,
        "type": [{"coding": [{"system": systems.FACILITY_TYPE, "code": "GST"}]}],
        "name": f"Groupement sanitaire territorial {region.name}",
    }
