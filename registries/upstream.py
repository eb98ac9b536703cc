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
from typing import Any

from sqlalchemy import Connection, Engine, select

from registries.care import areas
from registries.care.changed import begin
from registries.care.closing import tell
from registries.care.feed import Refused, feed
from registries.care.listing import FACILITY, HEALTH_WORKER
from registries.care.tables import care_upstreams
from registries.clock import today
from registries.database import in_parts, reading, writing
from registries.upstream_changes import BY, ENTRIES, Changes
from registries.upstream_told import Told, Upstream
from schemas.message import Issue, Unavailable

_AT_ONCE = 500
_BROKEN = (KeyError, TypeError, AttributeError, ValueError)


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
        except (Unavailable, *_BROKEN) as error:
            _note(engine, upstream.url, part, failed=_now())
            if isinstance(error, Unavailable):
                raise
            text = "the upstream registry's answer can't be read: is its address right, and what it `speaks`?"
            raise Unavailable(text) from None
        for kind in dict.fromkeys(one.type for one in found.told):  # what others refer to is committed before them
            told = [one for one in found.told if one.type == kind and (one.type, one.id) not in _everywhere()]
            for some in in_parts(told, _AT_ONCE):
                yield _taken(engine, upstream.url, some)
        _note(engine, upstream.url, part, mark=found.mark, at=_now())


def state(engine: Engine, url: str) -> tuple[int, int]:
    """When all of it was last read, and when it last failed (µs); 0 for never."""
    with reading(engine) as connection:
        rows = connection.execute(select(care_upstreams).where(care_upstreams.c.url == url)).mappings().all()
    return min((one["at"] for one in rows), default=0), max((one["failed"] for one in rows), default=0)


@cache
def _everywhere() -> frozenset[tuple[str, str]]:
    """What every directory has by itself."""
    return frozenset((one["resourceType"], one["id"]) for one in areas.resources())


def _taken(engine: Engine, url: str, told: Sequence[Told]) -> Pulled:
    """In one commit; where one cannot be taken, each by itself."""
    report, day = Pulled(), today()
    with writing(engine) as connection:
        for kind in (FACILITY, HEALTH_WORKER):
            begin(connection, kind)  # first, so that who loads a list waits for the commit
        if not _tried(connection, url, told, report, day):
            report = Pulled()
            for one in told:
                _tried(connection, url, [one], report, day)
    return report


def _tried(connection: Connection, url: str, told: Sequence[Told], report: Pulled, day: str) -> bool:
    with connection.begin_nested() as part:
        try:
            changes = Changes(connection, url, told)
            done, learned = feed(connection, changes.made(), by=BY, why=url, day=day)
            report.changed += sum(one.changed for one in done)
            report.learned += learned
            for each in told:
                if each.resource is None and each.type in ENTRIES:
                    report.learned += _closed(connection, url, each, changes.entry(each.type, each.id))
        except (Refused, *_BROKEN) as error:
            part.rollback()
            text = error.text if isinstance(error, Refused) else "it does not read as FHIR R4"
            if len(told) == 1:
                at = f"{told[0].type}/{told[0].id}"
                report.issues.append(Issue(at, "not-taken", text, "mend it upstream; it is asked for when it changes"))
            return False
    return True


def _closed(connection: Connection, url: str, one: Told, name: str) -> list[str]:
    kind = ENTRIES[one.type][0]
    found = tell(connection, kind, name, "closed", one.day, by=BY, why=url)
    return [f"{kind}|{name}" for name in found.found]


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
