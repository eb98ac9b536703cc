"""A row of a list of facilities, as what it changes of a facility."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from registries.care import place
from registries.care.areas import areas
from registries.care.columns import periods_in
from registries.care.owners import Parents
from registries.care.seeds import degrees, split_names
from registries.care.spells import read_periods
from registries.care.store import Key
from registries.care.systems import ICE, INPE_ES
from registries.rows import Row

Resource = dict[str, Any]


def place_in(row: Row, number: str, known: place.Facility, parents: Parents) -> place.Facility:
    _check_area(row)
    _check_ice(row)
    local, named = split_names(row["aliases"].split(","))
    ice = (
        [("", row["ice"])] if "ice" in row.values else [("", value) for system, value in known.numbers if system == ICE]
    )
    spot = [_degrees(row, column, limit) for column, limit in (("latitude", 90), ("longitude", 180))]
    return replace(
        known,
        name=row["name"],
        type=row["type"],
        region=row["region"],
        province=row["province"],
        numbers=((INPE_ES, number), *((ICE, value) for _, value in ice if value), *local),
        aliases=tuple(named),
        periods=periods_in(row, "periods"),
        suspended=periods_in(row, "suspended") if "suspended" in row.values else known.suspended,
        latitude=spot[0],
        longitude=spot[1],
        parents=_hierarchies(row, known, parents),
    )


def services_in(
    row: Row, one: place.Facility, before: Iterable[Resource], day: str
) -> tuple[list[Resource], list[Key]]:
    """The services of the column "code period, …" (without the column: those known), and those no longer offered."""
    ours = {each["id"]: each for each in before if place.service_of(each)}
    if "services" not in row.values:
        kept = [found for each in ours.values() if (found := place.service_of(each))]
        return place.services(one, kept, day, ours), []
    told = []
    for text in filter(str.strip, row["services"].split(",")):
        code, _, when = text.strip().partition(" ")
        try:
            told.append(place.Service(code, read_periods(when)))
        except ValueError:
            row.wrong("services", "not-a-service", "a service with a wrong period", "write: dialyse 2015-01-01/")
    made = place.services(one, told, day, ours)
    kept_ids = {each["id"] for each in made}
    return made, [("HealthcareService", name) for name in ours if name not in kept_ids]


def _check_area(row: Row) -> None:
    region, province = areas().get(row["region"]), areas().get(row["province"])
    if row["region"] and (region is None or region.within):
        row.wrong("region", "unknown-code", "no region of ISO 3166-2:MA", "write MA-01 to MA-12")
    if row["province"] and (province is None or not province.within):
        row.wrong("province", "unknown-code", "no province of ISO 3166-2:MA", "write MA- and three letters (MA-RAB)")
    elif region and province and province.within != region.code:
        row.wrong("region", "another-region", f"this province is in {province.within}", f"write {province.within}")


def _check_ice(row: Row) -> None:
    number = row["ice"]
    if number and not (re.fullmatch(r"\d{15}", number) and int(number) % 97 == 0):
        text = "an ICE has 15 digits, of which the last two are a check"
        row.wrong("ice", "not-an-ice", text, "write it as the tax office printed it")


def _degrees(row: Row, column: str, limit: int) -> float | None:
    found = degrees(row[column]) if row[column] else None
    if row[column] and (found is None or not abs(found) <= limit):
        row.wrong(column, "not-degrees", f"expected degrees from -{limit} to {limit}", "write decimal degrees: 34.02")
    return found


def _hierarchies(row: Row, known: place.Facility, parents: Parents) -> tuple[place.Parent, ...]:
    """The column's "hierarchy parent period", and the owner of the column beside it unless it is among them."""
    found = [one for one in known.parents if one.hierarchy != place.OWNER]
    if "hierarchies" in row.values:
        found = []
        for text in filter(str.strip, row["hierarchies"].split(",")):
            hierarchy, _, rest = text.strip().partition(" ")
            parent, _, when = rest.strip().rpartition(" ") if "/" in rest.rpartition(" ")[2] else (rest, "", "/")
            try:
                (period,) = read_periods(when)
                above = parents.id(hierarchy, parent)
                if not parent or not (above or hierarchy == place.OWNER):
                    raise ValueError(parent)
                found.append(place.Parent(hierarchy, above, "" if above else parent, period))
            except ValueError:
                remedy = (
                    "write: hierarchy, INPE or name of an entry (for gst its region), period: gst MA-04 2025-10-01/"
                )
                row.wrong("hierarchies", "not-a-hierarchy", "a hierarchy without a known parent or period", remedy)
    if row["owner"] and not any(one.hierarchy == place.OWNER for one in found):
        found.append(place.Parent(place.OWNER, parents.id(place.OWNER, row["owner"]), row["owner"], ("", "")))
    return tuple(found)
