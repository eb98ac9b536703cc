"""Organisation units of a DHIS2 followed by `lastUpdated`: those without children are facilities.

DHIS2 forgets units that are deleted, so all ids are asked for each time: one that is gone is closed, and one that came
back is told as it is, whenever it was changed last.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

import httpx

from registries.care import place
from registries.care.systems import INPE_ES
from registries.clock import today
from registries.database import in_parts
from registries.upstream_mcsd import answered
from registries.upstream_told import OVERLAP, Read, Told
from schemas import facts
from schemas.message import Unavailable

Unit = dict[str, Any]

_FIELDS = "id,name,shortName,code,openingDate,closedDate,lastUpdated,leaf,geometry"
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
        since, _, before = mark.partition(" ")
        stood = set(before.split(",")) - {""}
        changed, pages = self._changed(since)
        ids = {str(one["id"]) for one in self._asked("fields=id&paging=false")[0]}
        if stood and not ids:
            raise Unavailable("the upstream registry shows no organisation unit any more: may its user still see them?")
        newest = max([since, *(str(one.get("lastUpdated") or "") for one in changed.values())])
        units = [*self._named(sorted(ids - stood - changed.keys())), *reversed(changed.values())]
        gone = sorted(stood - ids)
        # a unit deleted while the pages were read moves others up, past us: then they are asked for again
        since = since if gone and pages > 1 else newest
        leaves = [one for one in units if one["id"] in ids and one.get("leaf", True)]
        told = [one for unit in leaves for one in self._unit(unit)]
        told += [Told("Organization", self._name(one), None, today()) for one in gone]
        return Read(told, f"{since} {','.join(sorted(ids))}")

    def _changed(self, since: str) -> tuple[dict[str, Unit], int]:
        """By id, the newest first; of how many pages. What is edited meanwhile moves to the first page, and what that
        moves down is met twice, not missed."""
        found: dict[str, Unit] = {}
        asked = f"&filter=lastUpdated:ge:{_earlier(since)}" if since else ""
        number = 0
        while True:
            number += 1
            order = f"order=lastUpdated:desc,id:asc&page={number}&pageSize={_SIZE}"
            units, pages = self._asked(f"fields={quote(_FIELDS)}{asked}&{order}")
            for one in units:
                found.setdefault(str(one["id"]), one)
            if number >= pages:
                return found, number

    def _named(self, ids: list[str]) -> Iterable[Unit]:
        for part in in_parts(ids, _SIZE // 2):
            some = quote(f"id:in:[{','.join(part)}]")
            yield from self._asked(f"fields={quote(_FIELDS)}&filter={some}&paging=false")[0]

    def _asked(self, query: str) -> tuple[list[Unit], int]:
        """The units of a page, and how many pages there are."""
        page = answered(self._http, f"{self.url}/api/organisationUnits.json?{query}")
        units, pager = page.get("organisationUnits"), page.get("pager") or {}
        if not isinstance(units, list):
            raise Unavailable("the upstream registry answered without organisation units: is its address a DHIS2's?")
        return [one for one in units if isinstance(one, dict) and one.get("id")], int(pager.get("pageCount") or 0)

    def _name(self, unit: str) -> str:
        return facts.name("dhis2 organisation unit", self.url, unit)

    def _unit(self, unit: Unit) -> list[Told]:
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
    """GeoJSON: longitude first. One that can't be read is none."""
    if not isinstance(geometry, dict) or geometry.get("type") != "Point":
        return None, None
    try:
        longitude, latitude, *_ = geometry["coordinates"]
        return float(longitude), float(latitude)
    except (KeyError, TypeError, ValueError):
        return None, None


def _earlier(since: str) -> str:
    try:
        return (datetime.fromisoformat(since[:23]) - timedelta(seconds=OVERLAP)).isoformat(timespec="milliseconds")
    except ValueError:
        return since
