"""Organisation units of a DHIS2 followed by `lastUpdated`: those without children are facilities.

DHIS2 forgets units that are deleted, so all ids are asked for each time, and one that is gone is closed.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

import httpx

from registries.care import place
from registries.care.lists import today
from registries.care.systems import INPE_ES
from registries.upstream_mcsd import answered
from registries.upstream_told import OVERLAP, Read, Told
from schemas import facts

_FIELDS = "id,name,shortName,code,openingDate,closedDate,lastUpdated,leaf,geometry,parent[name]"
_SIZE = 200


class Dhis2:
    """Blocks. Raises Unavailable when no whole answer came."""

    parts = ("organisationUnits",)

    def __init__(
        self, url: str, *, token: str | None = None, auth: tuple[str, str] | None = None, timeout: float = 30.0
    ) -> None:
        self.url = url.rstrip("/")
        headers = {"Authorization": f"ApiToken {token}"} if token else {}
        self._http = httpx.Client(timeout=timeout, headers=headers, auth=auth)

    def read(self, part: str, mark: str) -> Read:
        """`mark`: the newest lastUpdated, then the ids that stood, so that what is gone is seen."""
        since, _, stood = mark.partition(" ")
        told, newest, number = list[Told](), since, 1
        asked = f"&filter=lastUpdated:ge:{_earlier(since)}" if since else ""
        while True:
            query = f"fields={quote(_FIELDS)}{asked}&order=lastUpdated:asc&page={number}&pageSize={_SIZE}"
            page = answered(self._http, f"{self.url}/api/organisationUnits.json?{query}")
            units = [one for one in page.get("organisationUnits") or () if isinstance(one, dict) and one.get("id")]
            newest = max([newest, *(str(one.get("lastUpdated") or "") for one in units)])
            told += [one for unit in units if unit.get("leaf", True) for one in self._unit(unit)]
            if number >= int((page.get("pager") or {}).get("pageCount") or 0):
                break
            number += 1
        whole = answered(self._http, f"{self.url}/api/organisationUnits.json?fields=id&paging=false")
        ids = {
            str(one["id"]) for one in whole.get("organisationUnits") or () if isinstance(one, dict) and one.get("id")
        }
        gone = sorted(set(stood.split(",")) - ids - {""})
        told += [Told("Organization", self._name(one), None, today()) for one in gone]
        return Read(told, f"{newest} {','.join(sorted(ids))}")

    def _name(self, unit: str) -> str:
        return facts.name("dhis2 organisation unit", self.url, unit)

    def _unit(self, unit: dict[str, Any]) -> list[Told]:
        code, name = str(unit.get("code") or ""), self._name(str(unit["id"]))
        inpe = [(INPE_ES, code)] if re.fullmatch(r"\d{9}", code) else []
        opened, closed = (str(unit.get(one) or "")[:10] for one in ("openingDate", "closedDate"))
        longitude, latitude = _point(unit.get("geometry"))
        one = place.Facility(
            name,
            name=str(unit.get("name") or unit.get("shortName") or ""),
            numbers=(*inpe, (f"{self.url}/organisationUnits", str(unit["id"]))),
            periods=((opened, closed),) if opened or closed else (),
            latitude=latitude,
            longitude=longitude,
        )
        organization, location = place.written(one, today(), None, None)
        return [
            Told("Organization", name, organization, today(), partial=True),
            Told("Location", name, location, today(), partial=True),
        ]


def _point(geometry: Any) -> tuple[float | None, float | None]:
    """GeoJSON: longitude first."""
    if not isinstance(geometry, dict) or geometry.get("type") != "Point":
        return None, None
    spot: Any = geometry.get("coordinates") or ()
    return (float(spot[0]), float(spot[1])) if len(spot) > 1 else (None, None)


def _earlier(since: str) -> str:
    try:
        return (datetime.fromisoformat(since[:23]) - timedelta(seconds=OVERLAP)).isoformat(timespec="milliseconds")
    except ValueError:
        return since
