"""An upstream registry followed: what changed there since the last time is told to the directory.

Where each part was read up to is kept beside it and moved on only when all of the part is committed, and the next
question goes back a little (OVERLAP): what was cut short is read again, and reading again changes nothing. What is gone
upstream is closed here, never deleted. What senders call an entry here stays.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Protocol

from sqlalchemy import Connection, Engine, select

from registries.care import areas, systems
from registries.care.closing import prepared, tell
from registries.care.elements import dated, filled, numbers, others, periods, referred
from registries.care.feed import Change, Refused, feed
from registries.care.listing import FACILITY, HEALTH_WORKER, number_of, pair
from registries.care.lists import today
from registries.care.place import is_facility
from registries.care.spells import before, closed_from
from registries.care.store import named_by, standing
from registries.care.tables import care_upstreams
from registries.database import reading, writing
from registries.tables import facilities, health_workers
from schemas.message import Issue, Unavailable

Resource = dict[str, Any]
OVERLAP = 60
_AT_ONCE = 500
_ENTRIES = {"Organization": (FACILITY, facilities), "Practitioner": (HEALTH_WORKER, health_workers)}
_POINTS = ("managingOrganization", "organization", "providedBy", "practitioner")
_BROKEN = (KeyError, TypeError, AttributeError, ValueError)


@dataclass(frozen=True, slots=True)
class Told:
    """One change upstream; `resource` None: gone since `day`. `partial`: what it does not say stays as it is."""

    type: str
    id: str
    resource: Resource | None
    day: str
    partial: bool = False


@dataclass(frozen=True, slots=True)
class Read:
    """All that changed in a part, one a resource, and what to ask next time."""

    told: Sequence[Told]
    mark: str


class Upstream(Protocol):
    """A registry of another's. `parts` are read one after the other. Raises Unavailable."""

    url: str

    @property
    def parts(self) -> tuple[str, ...]: ...

    def read(self, part: str, mark: str) -> Read:
        """What changed since `mark` ("": everything)."""
        ...


@dataclass(slots=True)
class Pulled:
    """`learned` is what parked messages may wait for; `issues` what could not be taken over."""

    changed: int = 0
    learned: list[str] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)


def pull(engine: Engine, upstream: Upstream) -> Iterator[Pulled]:
    """After each commit, what it did. Raises Unavailable when the upstream or the database is away: then what stands
    is the last good state, and `state` says how old it is."""
    for part in upstream.parts:
        try:
            found = upstream.read(part, _mark(engine, upstream.url, part))
        except Unavailable:
            _note(engine, upstream.url, part, failed=_now())
            raise
        for kind in dict.fromkeys(one.type for one in found.told):  # what others refer to is committed before them
            told = [one for one in found.told if one.type == kind]
            for start in range(0, len(told), _AT_ONCE):
                yield _taken(engine, upstream.url, told[start : start + _AT_ONCE])
        _note(engine, upstream.url, part, mark=found.mark, at=_now())


def state(engine: Engine, url: str) -> tuple[int, int]:
    """When all of it was last read, and when it last failed (µs); 0 for never."""
    with reading(engine) as connection:
        rows = connection.execute(select(care_upstreams).where(care_upstreams.c.url == url)).mappings().all()
    return min((one["at"] for one in rows), default=0), max((one["failed"] for one in rows), default=0)


def _taken(engine: Engine, url: str, told: Sequence[Told]) -> Pulled:
    """In one commit; where one cannot be taken, each by itself."""
    report = Pulled()
    with writing(engine) as connection:
        for kind in (FACILITY, HEALTH_WORKER):
            prepared(connection, kind)
        if not _tried(connection, url, told, report):
            report = Pulled()
            for one in told:
                _tried(connection, url, [one], report)
    return report


def _tried(connection: Connection, url: str, told: Sequence[Told], report: Pulled) -> bool:
    with connection.begin_nested() as part:
        try:
            changes = [one for each in told for one in _change(connection, url, each)]
            done, learned = feed(connection, changes, by="upstream", why=url, day=today())
            report.changed += sum(one.changed for one in done)
            report.learned += learned
            for each in told:
                if each.resource is None and each.type in _ENTRIES:
                    report.learned += _closed(connection, url, each)
        except (Refused, *_BROKEN) as error:
            part.rollback()
            text = error.text if isinstance(error, Refused) else "it does not read as FHIR R4"
            if len(told) == 1:
                at = f"{told[0].type}/{told[0].id}"
                report.issues.append(Issue(at, "not-taken", text, "mend it upstream; it is asked for when it changes"))
            return False
    return True


def _closed(connection: Connection, url: str, one: Told) -> list[str]:
    kind = _ENTRIES[one.type][0]
    found = tell(connection, kind, _ours(connection, url, one.type, one.id), "closed", one.day, by="upstream", why=url)
    return [f"{kind}|{name}" for name in found]


def _change(connection: Connection, url: str, one: Told) -> list[Change]:
    if (one.type, one.id) in _seeds():
        return []  # every directory has them by itself
    if one.resource is None:
        return _ended(connection, one)
    resource = _pointed(connection, url, one.resource)
    name = one.id
    if one.type in _ENTRIES:
        name = _entry_id(connection, url, one.type, resource)
        if name != one.id:
            said = {"system": f"{url}/{one.type}", "value": one.id}
            resource = resource | {"identifier": [*resource.get("identifier", ()), said]}
    elif one.type == "Location" and is_facility(resource):
        owner = referred(resource.get("managingOrganization"), "Organization")
        paired = pair(connection, [owner]).get(owner)
        name = paired.id if paired else one.id
    stood = standing(connection, [(one.type, name)]).get((one.type, name))
    known = stood.resource if stood and not stood.deleted else None
    return [Change(one.type, name, _with(known, resource | {"id": name}, one.partial) if known else resource)]


def _with(known: Resource, resource: Resource, partial: bool) -> Resource:
    """What upstream says, with what senders call it here."""
    made = resource
    if partial:
        dates = (systems.OPERATING,)
        extension = [*others(known, *dates), *dated(systems.OPERATING, periods(resource, systems.OPERATING))]
        made = filled(
            known | {name: one for name, one in resource.items() if name != "type"} | {"extension": extension}
        )
    if known["resourceType"] in ("Organization", "Location", "Practitioner"):
        told = {(one.get("system"), one.get("value")) for one in resource.get("identifier", ())}
        own = {systems.INPE_ES, systems.INPE_PS} & {one.get("system") for one in resource.get("identifier", ())}
        rest = [
            one
            for one in known.get("identifier", ())
            if (one.get("system"), one.get("value")) not in told and one.get("system") not in own
        ]
        made = made | {"identifier": [*resource.get("identifier", ()), *rest]}
    if known["resourceType"] in ("Organization", "Location") and known.get("alias"):
        made = made | {"alias": list(dict.fromkeys([*resource.get("alias", ()), *known["alias"]]))}
    return made


@cache
def _seeds() -> frozenset[tuple[str, str]]:
    return frozenset((one["resourceType"], one["id"]) for one in areas.resources())


def _ended(connection: Connection, one: Told) -> list[Change]:
    """A role or service that is gone ends; of a facility, its Organization says when it closed."""
    kept = standing(connection, [(one.type, one.id)]).get((one.type, one.id))
    if kept is None or kept.deleted or one.type not in ("PractitionerRole", "HealthcareService"):
        return []
    resource = kept.resource
    if one.type == "PractitionerRole":
        when = resource.get("period") or {}
        last = min(str(when.get("end") or "9999"), before(one.day))
        return [Change(one.type, one.id, resource | {"active": False, "period": when | {"end": last}})]
    ends = closed_from(periods(resource, systems.OPERATING), one.day)
    extension = [*others(resource, systems.OPERATING), *dated(systems.OPERATING, ends)]
    return [Change(one.type, one.id, resource | {"active": False, "extension": extension})]


def _pointed(connection: Connection, url: str, resource: Resource) -> Resource:
    """With references to the entries as they are called here."""
    made = dict(resource)
    for name in _POINTS:
        for kind in _ENTRIES:
            if other := referred(resource.get(name), kind):
                made[name] = resource[name] | {"reference": f"{kind}/{_ours(connection, url, kind, other)}"}
    return made


def _entry_id(connection: Connection, url: str, kind: str, resource: Resource) -> str:
    """The id of the entry that has its INPE here, if another has; else its own."""
    registry, table = _ENTRIES[kind]
    number = number_of(registry, numbers(resource), "")
    wanted = select(table.c.resource).where(table.c.number == number, ~table.c.provisional)
    own = str(resource["id"])
    found = "" if number.startswith("id:") else connection.scalar(wanted) or ""
    return found or _ours(connection, url, kind, own)


def _ours(connection: Connection, url: str, kind: str, name: str) -> str:
    """The id here of an entry that upstream calls so."""
    for one in named_by(connection, kind, "identifier", [name]):
        if (f"{url}/{kind}", name) in numbers(one.resource):
            return one.id
    return name


def _mark(engine: Engine, url: str, part: str) -> str:
    with reading(engine) as connection:
        wanted = care_upstreams.c.url == url, care_upstreams.c.part == part
        return connection.scalar(select(care_upstreams.c.mark).where(*wanted)) or ""


def _note(engine: Engine, url: str, part: str, **said: Any) -> None:
    with writing(engine) as connection:
        wanted = care_upstreams.c.url == url, care_upstreams.c.part == part
        changed = connection.execute(care_upstreams.update().where(*wanted).values(**said)).rowcount
        if not changed:
            blank = {"url": url, "part": part, "mark": "", "at": 0, "failed": 0}
            connection.execute(care_upstreams.insert(), [blank | said])


def _now() -> int:
    return time.time_ns() // 1000
