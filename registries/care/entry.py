"""One entry as people read it: its fields as in the lists, its roles or staff, and what each version changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, select

from registries.care import place, worker
from registries.care.elements import Number, referred
from registries.care.listing import FACILITY, HEALTH_WORKER, number_of, numbers_of, pair
from registries.care.spells import Period, status, text_of
from registries.care.store import Care, Kept, named_by, standing
from registries.care.systems import ICE, INPE_ES, INPE_PS
from registries.care.worker_row import specialties_of
from registries.clock import today
from registries.database import among, reading
from registries.tables import facilities, health_workers, roles

Resource = dict[str, Any]
Fields = dict[str, str]
_MOST = 200


@dataclass(frozen=True, slots=True)
class Changed:
    """One commit: `at` (µs), by whom and why, and field → what stood before and after."""

    at: int
    by: str
    why: str
    deleted: bool
    fields: dict[str, tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Post:
    """A role of somebody somewhere: `id` and `name` of the other one."""

    id: str
    name: str
    role: str
    periods: str


@dataclass(frozen=True, slots=True)
class Entry:
    """`fields` are columns of the lists, and only those that a form can give back as they are; `beside` is what none
    can. `history` has the newest first."""

    id: str
    number: str
    name: str
    status: str
    deleted: bool
    fields: Fields
    beside: Fields
    posts: tuple[Post, ...]
    history: tuple[Changed, ...]


def entry(engine: Engine, kind: str, name: str) -> Entry | None:
    """None when there never was one. Raises Unavailable."""
    return _facility(engine, name) if kind == FACILITY else _health_worker(engine, name)


def _facility(engine: Engine, name: str) -> Entry | None:
    with reading(engine) as connection:
        kept = standing(connection, [("Organization", name)]).get(("Organization", name))
        if kept is None or place.is_jurisdiction(kept.resource):
            return None
        paired = pair(connection, [name]).get(name)
        offered = named_by(connection, "HealthcareService", "organization", [f"Organization/{name}"])
        staff = _staff(connection, name)
    location = paired.resource if paired else None
    one = place.facility_of(kept.resource, location)
    services = [found for each in offered if (found := place.service_of(each.resource))]
    fields, beside = _place_fields(one), {"hierarchies": _hierarchies(one)}
    said = ", ".join(f"{each.code} {text_of(each.periods)}".strip() for each in services)
    (beside if any(" " in each.code or "," in each.code for each in services) else fields)["services"] = said
    care = Care(engine)
    versions = [*care.versions("Organization", name), *(care.versions("Location", location["id"]) if location else ())]
    now = status(one.periods, one.suspended, today())
    number = number_of(FACILITY, one.numbers, name)
    history = tuple(_changes(versions, "Organization", _place_told))
    return Entry(name, number, one.name, now, kept.deleted, fields, _filled(beside), staff, history)


def _health_worker(engine: Engine, name: str) -> Entry | None:
    with reading(engine) as connection:
        kept = standing(connection, [("Practitioner", name)]).get(("Practitioner", name))
        if kept is None:
            return None
        held = [
            one.resource for one in named_by(connection, "PractitionerRole", "practitioner", [f"Practitioner/{name}"])
        ]
        at = {referred(one.get("organization"), "Organization") for one in held}
        posts = worker.posts_of(held, numbers_of(connection, at))
        there = among(connection, facilities.c.number, {one.facility for one in posts})
        named = {row.number: row for row in connection.execute(select(facilities).where(there))}
    who = worker.worker_of(kept.resource)
    fields, beside = _worker_fields(who) | {"specialties": ", ".join(specialties_of(held))}, _worker_beside(who)
    plain = all(one.facility.isalnum() and " " not in one.role and "," not in one.role for one in posts)
    (fields if plain else beside)["roles"] = ", ".join(
        f"{one.facility} {one.role} {text_of(one.periods)}".strip() for one in posts
    )
    shown = [_post(named.get(one.facility), one) for one in posts]
    now = status(who.periods, who.suspended, today())
    versions = Care(engine).versions("Practitioner", name)
    history = tuple(_changes(versions, "Practitioner", lambda ones: _worker_told(ones["Practitioner"])))
    number, called = number_of(HEALTH_WORKER, who.numbers, name), f"{who.family} {who.given}".strip()
    return Entry(name, number, called, now, kept.deleted, fields, _filled(beside), tuple(shown), history)


def _place_fields(one: place.Facility) -> Fields:
    return {
        "inpe": one.inpe,
        "name": one.name,
        "type": one.type,
        "region": one.region,
        "province": one.province,
        "owner": one.owner,
        "periods": text_of(one.periods),
        "suspended": text_of(one.suspended),
        "latitude": "" if one.latitude is None else str(one.latitude),
        "longitude": "" if one.longitude is None else str(one.longitude),
        "ice": next((value for system, value in one.numbers if system == ICE), ""),
        **_aliases(one.numbers, one.aliases, INPE_ES, ICE),
    }


def _worker_fields(who: worker.HealthWorker) -> Fields:
    return {
        "inpe": next((value for system, value in who.numbers if system == INPE_PS), ""),
        "family": who.family,
        "given": who.given,
        "profession": ", ".join(who.professions),
        "periods": text_of(who.periods),
        "suspended": text_of(who.suspended),
        **_aliases(who.numbers, (), INPE_PS),
    }


def _aliases(numbers: Iterable[Number], names: Iterable[str], *own: str) -> Fields:
    """As the lists have them; none where a comma would part one in two."""
    told = [f"{system}|{value}" if system else value for system, value in numbers if system not in own]
    told += names
    return {} if any("," in one for one in told) else {"aliases": ", ".join(told)}


def _worker_beside(who: worker.HealthWorker) -> Fields:
    said = (f"{one.name} ({one.issuer}) {text_of([one.period])}" for one in who.qualifications)
    return {"qualifications": ", ".join(said)}


def _hierarchies(one: place.Facility) -> str:
    others = [each for each in one.parents if each.hierarchy != place.OWNER or any(each.period)]
    return ", ".join(_hierarchy(each) for each in others)


def _hierarchy(one: place.Parent) -> str:
    return " ".join(filter(None, (one.hierarchy, one.name or one.organization, text_of(_said(one.period)))))


def _said(period: Period) -> Sequence[Period]:
    return [period] if any(period) else []


def _staff(connection: Any, name: str) -> tuple[Post, ...]:
    there = facilities.c.resource == name
    query = (
        select(health_workers, roles.c.role, roles.c.periods.label("held"))
        .join(roles, roles.c.worker == health_workers.c.number)
        .join(facilities, facilities.c.number == roles.c.facility)
        .where(there)
        .order_by(health_workers.c.family, health_workers.c.given)
        .limit(_MOST)
    )
    rows = connection.execute(query).mappings()
    return tuple(Post(one["resource"], f"{one['family']} {one['given']}", one["role"], one["held"]) for one in rows)


def _post(row: Any, one: worker.Post) -> Post:
    periods = "" if ("", "") in one.periods else text_of(one.periods)
    return Post(row.resource if row else "", row.name if row else one.facility, one.role, periods)


def _place_told(ones: dict[str, Resource]) -> Fields:
    one = place.facility_of(ones["Organization"], ones.get("Location"))
    return _place_fields(one) | {"hierarchies": _hierarchies(one)}


def _worker_told(resource: Resource) -> Fields:
    who = worker.worker_of(resource)
    return _worker_fields(who) | _worker_beside(who)


def _changes(versions: Iterable[Kept], main: str, told: Any) -> Iterator[Changed]:
    """Each commit beside the one before, newest first; what changed nothing that is shown is left out."""
    commits: dict[int, list[Kept]] = {}
    for one in versions:
        commits.setdefault(one.at, []).append(one)
    state: dict[str, Resource] = {}
    found: list[Changed] = []
    before: Fields = {}
    for at in sorted(commits):
        state |= {one.type: one.resource for one in commits[at]}
        if main not in state:
            continue
        first, now = commits[at][0], told(state)
        fields = {
            name: (before.get(name, ""), now.get(name, ""))
            for name in (*now, *(one for one in before if one not in now))
            if before.get(name, "") != now.get(name, "")
        }
        deleted = any(one.deleted and one.type == main for one in commits[at])
        if fields or deleted:
            found.append(Changed(at, first.by, first.why, deleted, fields))
        before = now
    return reversed(found)


def _filled(fields: Fields) -> Fields:
    return {name: value for name, value in fields.items() if value}
