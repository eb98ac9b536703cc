"""Entries of the directory looked up by people: by name, number, type, region, and whether active on a day."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Engine, RowMapping, Select, and_, or_, select, tuple_

from registries.care.areas import areas
from registries.care.listing import FACILITY, TABLES
from registries.care.names import alias, inpe
from registries.care.spells import read_periods, status
from registries.care.tables import care_terms
from registries.care.terms import folded
from registries.clock import today
from registries.database import reading
from registries.tables import aliases, facilities, roles

RESOURCE = {FACILITY: "Organization"}
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for; "" is any. `number`: an INPE or what a sender calls it. `day`: active on this ISO date."""

    name: str = ""
    number: str = ""
    type: str = ""
    region: str = ""
    day: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One entry: `id` of its resource, `type` its type or professions, `status` on the day asked, else today."""

    id: str
    number: str
    name: str
    type: str
    place: str
    status: str


def look_up(engine: Engine, kind: str, wanted: Wanted, *, after: str = "", most: int = 50) -> tuple[list[Line], str]:
    """A page in the order of names, and the number after which the next one begins ("": there is none). Raises
    Unavailable."""
    found: list[Line] = []
    with reading(engine) as connection:
        while True:
            rows = connection.execute(_page(kind, wanted, after)).mappings().all()
            for row in rows:
                line = _line(kind, row, wanted.day)
                if wanted.day and line.status != "operational":
                    continue
                if len(found) == most:
                    return found, found[-1].number
                found.append(line)
            if len(rows) < _AT_ONCE:
                return found, ""
            after = rows[-1]["number"]


def types(engine: Engine, kind: str) -> list[str]:
    """Every type of facility, or profession, that an entry has."""
    told = TABLES[kind].c
    column = told.type if kind == FACILITY else told.profession
    with reading(engine) as connection:
        said = connection.scalars(select(column).where(~told.provisional).distinct())
        return sorted({one.strip() for text in said for one in text.split(",") if one.strip()})


def id_of(engine: Engine, kind: str, number: str) -> str:
    """The id of the entry with this INPE, or with this row's number; "" for none."""
    told = TABLES[kind].c
    with reading(engine) as connection:
        wanted = select(told.resource).where(told.number.in_({number, inpe(number)}), ~told.provisional)
        return connection.scalar(wanted) or ""


def _page(kind: str, wanted: Wanted, after: str) -> Select[Any]:
    table = TABLES[kind]
    order = [table.c.name] if kind == FACILITY else [table.c.family, table.c.given]
    query = select(table).where(~table.c.provisional, *_criteria(kind, wanted))
    if after:
        last = table.alias("last")
        there = select(*(last.c[one.name] for one in order), last.c.number).where(last.c.number == after)
        query = query.where(tuple_(*order, table.c.number) > there.scalar_subquery())
    return query.order_by(*order, table.c.number).limit(_AT_ONCE)


def _criteria(kind: str, wanted: Wanted) -> list[ColumnElement[bool]]:
    told = TABLES[kind].c
    found: list[ColumnElement[bool]] = [told.resource.in_(_named(kind, one)) for one in folded(wanted.name).split()]
    if wanted.number:
        local = select(aliases.c.number).where(aliases.c.kind == kind, aliases.c.alias == alias(wanted.number))
        found.append(or_(told.number.in_({inpe(wanted.number), wanted.number}), told.number.in_(local)))
    if wanted.type:
        column = told.type if kind == FACILITY else told.profession
        found.append(column == wanted.type if kind == FACILITY else _listed(column, wanted.type))
    if wanted.region:
        found.append(_within(kind, wanted.region))
    return found


def _named(kind: str, word: str) -> Select[tuple[str]]:
    """The resources of which some name has this in it."""
    named = care_terms.c.type == RESOURCE.get(kind, "Practitioner"), care_terms.c.parameter == "name"
    return select(care_terms.c.id).where(and_(*named), care_terms.c.value.contains(word, autoescape=True))


def _listed(column: Any, word: str) -> ColumnElement[bool]:
    found: ColumnElement[bool] = (", " + column + ",").contains(f", {word},", autoescape=True)
    return found


def _within(kind: str, region: str) -> ColumnElement[bool]:
    """In the region; a health worker, by the places where they have a role."""
    if kind == FACILITY:
        return facilities.c.region == region
    there = select(roles.c.worker).join(facilities, facilities.c.number == roles.c.facility)
    return TABLES[kind].c.number.in_(there.where(facilities.c.region == region))


def _line(kind: str, row: RowMapping, day: str) -> Line:
    now = status(read_periods(row["periods"]), read_periods(row["suspended"]), day or today())
    if kind != FACILITY:
        name = f"{row['family']} {row['given']}".strip()
        return Line(row["resource"], row["number"], name, row["profession"], "", now)
    area = areas().get(row["province"] or row["region"])
    return Line(row["resource"], row["number"], row["name"], row["type"], area.name if area else "", now)
