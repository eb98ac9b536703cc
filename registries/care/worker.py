"""A health worker, and how one is written: a Practitioner, and a PractitionerRole for each post and period."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from registries.care import systems
from registries.care.elements import (
    Element,
    Number,
    codes,
    concept,
    dated,
    filled,
    identifiers,
    numbers,
    others,
    period,
    period_of,
    periods,
    reference,
    referred,
)
from registries.care.spells import NEVER, Period, covers, status
from schemas import facts

Resource = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Post:
    """What somebody is at a facility (by its number: INPE-ES, else the id of its Organization) over periods."""

    facility: str
    role: str
    periods: tuple[Period, ...]


@dataclass(frozen=True, slots=True)
class Qualification:
    """A diploma or licence, who gave it, and while it holds."""

    name: str
    issuer: str = ""
    period: Period = ("", "")


@dataclass(frozen=True, slots=True)
class HealthWorker:
    """`numbers` are the identifiers, INPE first; `periods` while registered, () for always."""

    id: str
    family: str = ""
    given: str = ""
    professions: tuple[str, ...] = ()
    specialties: tuple[str, ...] = ()
    numbers: tuple[Number, ...] = ()
    periods: tuple[Period, ...] = ()
    suspended: tuple[Period, ...] = ()
    qualifications: tuple[Qualification, ...] = ()

    @property
    def inpe(self) -> str:
        return next((value for system, value in self.numbers if system == systems.INPE_PS), "")


def worker_of(practitioner: Resource) -> HealthWorker:
    """What the resource says. Specialties stand in the roles, so there are none here."""
    name: Element = next(iter(practitioner.get("name", ())), {})
    told = practitioner.get("qualification", ())
    professions = codes((one.get("code") or {} for one in told), systems.PROFESSION)
    return HealthWorker(
        id=practitioner["id"],
        family=name.get("family") or name.get("text") or "",
        given=" ".join(name.get("given", ())),
        professions=tuple(professions),
        numbers=tuple(sorted(numbers(practitioner), key=lambda one: one[0] != systems.INPE_PS)),
        periods=periods(practitioner, systems.OPERATING),
        suspended=periods(practitioner, systems.SUSPENDED),
        qualifications=tuple(
            _qualification(one) for one in told if not codes([one.get("code") or {}], systems.PROFESSION)
        ),
    )


def written(who: HealthWorker, day: str, before: Resource | None) -> Resource:
    """The Practitioner as it reads on this day. What else it said before stays."""
    known = before or {}
    names = known.get("name", ())
    same = names and worker_of(known).family == who.family and worker_of(known).given == who.given
    name = filled({"family": who.family, "given": who.given.split()})
    told = {
        **known,
        "resourceType": "Practitioner",
        "id": who.id,
        "extension": [
            *others(known, systems.OPERATING, systems.SUSPENDED),
            *dated(systems.OPERATING, who.periods),
            *dated(systems.SUSPENDED, who.suspended),
        ],
        "identifier": identifiers(who.numbers, known.get("identifier", ())),
        "active": is_active(who, day),
        "name": list(names) if same else [name, *names[1:]] if name else [],
        "qualification": [
            *({"code": concept(systems.PROFESSION, one)} for one in who.professions),
            *_qualifications(who, known),
        ],
    }
    return filled(told)


def is_active(who: HealthWorker, day: str) -> bool:
    """Whether they may practise, or will."""
    return status(who.periods, who.suspended, day) in ("operational", "planned")


def role_on(role: Resource, day: str, people: Mapping[str, HealthWorker]) -> Resource:
    """The role as it reads on this day, if it has a period and its practitioner is known; `people` by id."""
    who, when = people.get(referred(role.get("practitioner"), "Practitioner")), period_of(role.get("period"))
    return role | {"active": _holds(who, when, day)} if who and (any(when) or who.periods or who.suspended) else role


def _holds(who: HealthWorker, when: Period, day: str) -> bool:
    return covers([when], day) and status(who.periods, who.suspended, day) == "operational"


def roles(
    who: HealthWorker, posts: Iterable[Post], day: str, places: dict[str, str], before: Iterable[Resource] = ()
) -> list[Resource]:
    """A PractitionerRole for each post and period; what it said else `before` stays. `places`: facility number → the id
    of its Organization."""
    known = {one["id"]: one for one in before}
    return [
        _role(who, post, when, day, places.get(post.facility, ""), known)
        for post in posts
        for when in post.periods or (("", ""),)
    ]


def role_id(worker: str, facility: str, role: str, when: Period) -> str:
    return facts.name("care role", worker, facility, role, when[0])


def posts_of(resources: Sequence[Resource], places: dict[str, str]) -> list[Post]:
    """The posts in these roles, those of one place and role together, without what never was. `places`: Organization
    id → number."""
    found: dict[tuple[str, str], list[Period]] = {}
    for one in resources:
        place = _place(one, places)
        named = (
            codes(one.get("code", ()), systems.ROLE) or [each.get("text", "") for each in one.get("code", ())] or [""]
        )
        when = period_of(one.get("period"))
        for role in named if place and when != NEVER else ():
            found.setdefault((place, role), []).append(when)
    return [Post(place, role, tuple(sorted(times))) for (place, role), times in sorted(found.items())]


def _place(role: Resource, places: dict[str, str]) -> str:
    at = role.get("organization") or {}
    if name := referred(at, "Organization"):
        return places.get(name, name)
    number = at.get("identifier") or {}
    return str(number.get("value") or "") if number.get("system") == systems.INPE_ES else ""


def _role(who: HealthWorker, post: Post, when: Period, day: str, place: str, known: Mapping[str, Resource]) -> Resource:
    inpe = {"system": systems.INPE_ES, "value": post.facility}
    at: Element = reference("Organization", place) if place else {"identifier": inpe}
    name = role_id(who.id, post.facility, post.role, when)
    before = known.get(name, {})
    told = {
        "code": [concept(systems.ROLE, post.role)] if post.role else [],
        "location": [reference("Location", place)] if place else [],
        **before,
        "resourceType": "PractitionerRole",
        "id": name,
        "active": _holds(who, when, day),
        "period": period(when),
        "practitioner": reference("Practitioner", who.id),
        "organization": at,
        "specialty": _specialties(who, before),
    }
    return filled(told)


def _specialties(who: HealthWorker, before: Resource) -> list[Element]:
    said = {code: one for one in before.get("specialty", ()) for code in codes([one], systems.SPECIALTY)}
    return [said.get(one) or concept(systems.SPECIALTY, one) for one in who.specialties]


def _qualification(element: Element) -> Qualification:
    code = element.get("code") or {}
    said = [code.get("text"), *(one.get("display") or one.get("code") for one in code.get("coding", ()))]
    return Qualification(
        next((str(one) for one in said if one), ""),
        (element.get("issuer") or {}).get("display") or "",
        period_of(element.get("period")),
    )


def _qualifications(who: HealthWorker, known: Resource) -> list[Element]:
    said = {_qualification(one): one for one in known.get("qualification", ())}
    return [said.get(one) or _qualified(one) for one in who.qualifications]


def _qualified(one: Qualification) -> Element:
    issuer = {"display": one.issuer} if one.issuer else None
    return filled({"code": {"text": one.name}, "period": period(one.period), "issuer": issuer})
