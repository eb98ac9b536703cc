"""What an upstream registry tells, as changes of what stands here; for many at once, in few statements.

An entry that has another's INPE here is that one, and keeps what senders call it here. A number or alias that upstream
said before and says no more is gone: it may be another's by now.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, select

from registries.care import systems
from registries.care.elements import dated, filled, numbers, others, period_of, periods, referred
from registries.care.feed import Change
from registries.care.listing import FACILITY, HEALTH_WORKER, number_of, pair
from registries.care.place import is_facility
from registries.care.spells import NEVER, before, closed_from
from registries.care.store import Kept, Key, histories, named_by, standing
from registries.database import among
from registries.tables import facilities, health_workers
from registries.upstream_told import Resource, Told

ENTRIES = {"Organization": (FACILITY, facilities), "Practitioner": (HEALTH_WORKER, health_workers)}
BY = "upstream"
_NAMED = ("Organization", "Location", "Practitioner")
_POINTS = ("managingOrganization", "organization", "providedBy", "practitioner")


class Changes:
    """Of changes of one type, told at once: `ids` are those of the entries here, by the ids upstream."""

    def __init__(self, connection: Connection, url: str, told: Sequence[Told]) -> None:
        self._connection, self._url, self._told = connection, url, told
        self._called = {kind: _called(connection, url, kind, self._named(kind)) for kind in ENTRIES}
        made = [self._pointed(one.resource) for one in self._told if one.resource is not None]
        self._resources = {(one["resourceType"], str(one["id"])): one for one in made}
        self._numbered = {kind: self._by_number(kind) for kind in ENTRIES}
        owners = {_owner(one) for one in made if one["resourceType"] == "Location" and is_facility(one)}
        self._pairs = pair(connection, owners - {""})
        self._stood = standing(connection, [(one.type, self._id(one)) for one in self._told])
        self._ours = self._given()

    def made(self) -> list[Change]:
        """What is to be fed. Entries that are gone are not among it: they are closed."""
        return [made for one in self._told for made in self._change(one)]

    def entry(self, kind: str, name: str) -> str:
        """The id here of an entry that upstream calls so."""
        return self._called[kind].get(name, name)

    def _named(self, kind: str) -> set[str]:
        """The ids of entries that upstream names."""
        pointed = (one.resource.get(name) for one in self._told if one.resource is not None for name in _POINTS)
        return {one.id for one in self._told if one.type == kind} | {referred(one, kind) for one in pointed} - {""}

    def _pointed(self, resource: Resource) -> Resource:
        """With references to the entries as they are called here."""
        made = dict(resource)
        for name in _POINTS:
            for kind in ENTRIES if name in resource else ():
                if other := referred(resource[name], kind):
                    made[name] = resource[name] | {"reference": f"{kind}/{self.entry(kind, other)}"}
        return made

    def _by_number(self, kind: str) -> dict[str, str]:
        """The ids of the entries that have one of these INPE."""
        registry, table = ENTRIES[kind]
        told = [number_of(registry, numbers(one), "") for (of, _), one in self._resources.items() if of == kind]
        wanted = [one for one in told if not one.startswith("id:")]
        mine = among(self._connection, table.c.number, wanted), ~table.c.provisional
        rows = self._connection.execute(select(table.c.number, table.c.resource).where(*mine)) if wanted else ()
        return {row.number: row.resource for row in rows if row.resource}

    def _id(self, one: Told) -> str:
        resource = self._resources.get((one.type, one.id))
        if resource is not None and one.type in ENTRIES:
            number = number_of(ENTRIES[one.type][0], numbers(resource), "")
            return self._numbered[one.type].get(number) or self.entry(one.type, one.id)
        if resource is not None and one.type == "Location" and is_facility(resource):
            paired = self._pairs.get(_owner(resource))
            return paired.id if paired else one.id
        return one.id

    def _given(self) -> dict[Key, frozenset[Any]]:
        """The identifiers and aliases that others gave what stands."""
        found: dict[Key, frozenset[Any]] = {}
        for kind in _NAMED:
            names = [name for of, name in self._stood if of == kind]
            for name, versions in histories(self._connection, kind, names).items() if names else ():
                found[kind, name] = _others(versions, self._url)
        return found

    def _change(self, one: Told) -> Iterator[Change]:
        name = self._id(one)
        stood = self._stood.get((one.type, name))
        known = stood.resource if stood and not stood.deleted else None
        if one.resource is None:
            yield from _ended(one, known)
            return
        resource = self._resources[one.type, one.id]
        if one.type in ENTRIES and name != one.id:
            said = {"system": f"{self._url}/{one.type}", "value": one.id}
            resource = resource | {"identifier": [*resource.get("identifier", ()), said]}
        made, ours = resource | {"id": name}, self._ours.get((one.type, name), frozenset())
        yield Change(one.type, name, _with(known, made, one.partial, ours) if known else made)


def _called(connection: Connection, url: str, kind: str, names: set[str]) -> dict[str, str]:
    """Upstream's id → the one here, of those that are called otherwise here."""
    system = f"{url}/{kind}"
    found: dict[str, str] = {}
    for one in named_by(connection, kind, "identifier", names, system):
        for said, value in numbers(one.resource):
            if said == system and value in names:
                found.setdefault(value, one.id)
    return found


def _owner(location: Resource) -> str:
    return referred(location.get("managingOrganization"), "Organization")


def _others(versions: Iterable[Kept], url: str) -> frozenset[Any]:
    """Of one resource, the first version first: what came with a version that is not of this upstream, and stayed."""
    ours, before = frozenset[Any](), frozenset[Any]()
    for one in versions:
        has = frozenset[Any]() if one.deleted else _names(one.resource)
        came = frozenset[Any]() if one.by == BY and one.why == url else has - before
        ours, before = (ours | came) & has, has
    return ours


def _names(resource: Resource) -> frozenset[Any]:
    """Identifiers as (system, value), aliases as text."""
    told = ((one.get("system"), one.get("value")) for one in resource.get("identifier", ()))
    return frozenset([*told, *resource.get("alias", ())])


def _with(known: Resource, resource: Resource, partial: bool, ours: frozenset[Any]) -> Resource:
    """What upstream says, with what senders call it here."""
    made = resource
    if partial:
        extension = [
            *others(known, systems.OPERATING), *dated(systems.OPERATING, periods(resource, systems.OPERATING))
        ]  # fmt: skip
        told = {name: one for name, one in resource.items() if name != "type"}
        made = filled(known | told | {"extension": extension})
    if known["resourceType"] in _NAMED:
        made = made | {"identifier": _identifiers(known, resource, ours)}
    if known["resourceType"] in _NAMED and known.get("alias"):
        kept = [one for one in known["alias"] if one in ours or partial]
        made = made | {"alias": list(dict.fromkeys([*resource.get("alias", ()), *kept]))}
    return filled(made)


def _identifiers(known: Resource, resource: Resource, ours: frozenset[Any]) -> list[Any]:
    """Upstream's first, and of ours those it does not say, but for an INPE that it says otherwise."""
    said = resource.get("identifier", ())
    told = {(one.get("system"), one.get("value")) for one in said}
    own = {systems.INPE_ES, systems.INPE_PS} & {one.get("system") for one in said}
    mine = [(one.get("system"), one.get("value")) for one in known.get("identifier", ())]
    rest = zip(mine, known.get("identifier", ()), strict=True)
    return [*said, *(one for key, one in rest if key in ours - told and key[0] not in own)]


def _ended(one: Told, known: Resource | None) -> Iterator[Change]:
    """A role or service that is gone ends; of a facility, its Organization says when it closed."""
    if known is None:
        return
    if one.type == "PractitionerRole":
        when = period_of(known.get("period"))
        last = min(when[1] or one.day, before(one.day))
        ended = known | {"active": False, "period": (known.get("period") or {}) | {"end": last}}
        was = when != NEVER and when[0] <= last
        yield Change(one.type, one.id, ended if was else None)
    elif one.type == "HealthcareService":
        ends = closed_from(periods(known, systems.OPERATING), one.day)
        extension = [*others(known, systems.OPERATING), *dated(systems.OPERATING, ends)]
        yield Change(one.type, one.id, known | {"active": False, "extension": extension})
