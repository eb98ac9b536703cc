"""The versions of the rules of matching: each is kept, one is in force. The shipped ones are the first."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import orjson
from sqlalchemy import Connection, Engine, insert, select, update

from registries.client import history
from registries.client.decision import Declined
from registries.client.history import Line
from registries.client.matching.rules import Rules, shipped
from registries.database import alone, insert_or_skip, reading, written
from registries.sealing import Seal
from registries.tables import next_version, rule_versions, version
from registries.tables import versions as numbers

NAME = "rules"
_LOCK = 0x52554C45
_HELD = select(numbers.c.number).where(numbers.c.name == NAME).with_for_update(read=True)
_ACTIVE = select(rule_versions.c.version).where(rule_versions.c.active)
_BODIES = select(rule_versions.c.version, rule_versions.c.body).order_by(rule_versions.c.version)


@dataclass(frozen=True, slots=True)
class Version:
    """`at` in µs, 0 for the shipped one."""

    version: int
    at: int
    by: str
    why: str
    active: bool
    rules: Rules


class Versions:
    """Any thread may ask. `active` costs one row as long as nothing changes. Raises Unavailable."""

    def __init__(self, engine: Engine, seal: Seal) -> None:
        self._engine, self._seal = engine, seal
        self._lock = threading.Lock()
        self._known: tuple[int, Rules] | None = None

    def active(self) -> Rules:
        """The rules in force now, in every process: the shipped ones until somebody changes them. Only reads, so it may
        be asked within a transaction."""
        with reading(self._engine) as connection:
            number = version(connection, NAME)
            if (known := self._known) and known[0] == number:
                return known[1]
            with self._lock:
                if self._known is None or self._known[0] < number:
                    found = connection.scalar(select(rule_versions.c.body).where(rule_versions.c.active))
                    self._known = (number, Rules.loads(found) if found else shipped())
                return self._known[1]

    def all(self) -> list[Version]:
        """The newest first."""
        self._begin()
        with reading(self._engine) as connection:
            rows = connection.execute(select(rule_versions).order_by(rule_versions.c.version.desc())).all()
        return [self._opened(row) for row in rows]

    def _opened(self, row: Any) -> Version:
        why = self._seal.open_text(row.why, _about(row.version))
        return Version(row.version, row.at, row.by, why, row.active, Rules.loads(row.body))

    def rules(self, number: int) -> Rules:
        """Of any version. Raises Declined."""
        self._begin()
        with reading(self._engine) as connection:
            return _read(connection, number)

    def propose(self, rules: Rules, by: str, why: str) -> int:
        """Keeps them as a version that is not in force yet; its number. Those that are kept already keep theirs."""
        _said(by, why)
        self._begin()
        before = self.active()

        def kept(connection: Connection) -> int:
            alone(connection, _LOCK)
            number = 0
            for number, body in connection.execute(_BODIES):
                if replace(rules, version=number) == Rules.loads(body):
                    return int(number)
            number += 1
            at = time.time_ns() // 1000
            sealed = self._seal.seal_text(why.strip(), _about(number))
            told = {"version": number, "at": at, "by": by, "why": sealed, "active": False}
            connection.execute(insert(rule_versions).values(**told, body=replace(rules, version=number).dumps()))
            detail = {"against": before.version, "changed": differences(before, rules)}
            line = Line(at, by, "rules-proposed", why=why.strip(), rules=number, detail=detail)
            history.add(connection, self._seal, line)
            return number

        return written(self._engine, kept)

    def activate(self, number: int, by: str, why: str) -> bool:
        """Puts a version in force for whoever is compared from now on; False where it is. See `rematch` for those who
        were compared before, and for a version with other passes. Raises Declined."""
        _said(by, why)
        self._begin()

        def done(connection: Connection) -> bool:
            alone(connection, _LOCK)
            _findable(connection, number)
            return activated(connection, self._seal, number, by, why.strip())

        return written(self._engine, done)

    def _begin(self) -> None:
        """Keeps the shipped rules, as the version that was in force so far."""
        rules = shipped()
        told = {"version": rules.version, "at": 0, "by": "wasl", "why": "as shipped", "active": True}

        def begun(connection: Connection) -> None:
            alone(connection, _LOCK)
            # from now on there is something to hold
            insert_or_skip(connection, numbers, [{"name": NAME, "number": 0}])
            if connection.execute(_BODIES).first() is None:
                insert_or_skip(connection, rule_versions, [told | {"body": rules.dumps()}])

        written(self._engine, begun)


def in_force(connection: Connection) -> int:
    """The number of the version; 0 as long as nobody asked for one."""
    return connection.scalar(_ACTIVE) or 0


def held(connection: Connection) -> int:
    """How often the rules in force changed. Until the commit they do not change: who puts others in force waits."""
    return connection.scalar(_HELD) or 0


def activated(connection: Connection, seal: Seal, number: int, by: str, why: str) -> bool:
    """Puts a version in force in the caller's transaction; False where it is."""
    alone(connection, _LOCK)
    before = in_force(connection)
    if before == number:
        return False
    _read(connection, number)
    next_version(connection, NAME)
    connection.execute(update(rule_versions).values(active=rule_versions.c.version == number))
    line = Line(time.time_ns() // 1000, by, "rules-activated", why=why, rules=number, detail={"before": before})
    history.add(connection, seal, line)
    return True


def differences(one: Rules, other: Rules) -> list[str]:
    """What the other says otherwise, a line each ("certain: 0.93 → 0.95"); of frequencies, how many."""
    before, after = dict(_leaves(_named(one))), dict(_leaves(_named(other)))
    changed = [name for name in {**before, **after} if before.get(name) != after.get(name) and name != "version"]
    told = [f"{name}: {_text(before, name)} → {_text(after, name)}" for name in changed if "frequencies" not in name]
    counted = len(changed) - len(told)
    return told + ([f"frequencies: {counted} values"] if counted else [])


def _named(rules: Rules) -> dict[str, Any]:
    """The deterministic ones by their names."""
    told: dict[str, Any] = orjson.loads(rules.dumps())
    return told | {"deterministic": {one.name: _needed(one.needs) for one in rules.deterministic}}


def _needed(needs: Mapping[str, Sequence[str]]) -> str:
    return "; ".join(f"{field} {' or '.join(levels)}" for field, levels in needs.items())


def _leaves(told: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(told, Mapping):
        for key, value in told.items():
            yield from _leaves(value, f"{name}.{key}" if name else str(key))
    else:
        yield name, told


def _text(told: Mapping[str, Any], name: str) -> str:
    return orjson.dumps(told[name]).decode() if name in told else "nothing"


def _read(connection: Connection, number: int) -> Rules:
    found = connection.scalar(select(rule_versions.c.body).where(rule_versions.c.version == number))
    if found is None:
        raise Declined(f"no version {number} of the rules; propose it first")
    return Rules.loads(found)


def _findable(connection: Connection, number: int) -> None:
    """Raises Declined where nobody who was met before has blocks of this version."""
    before = in_force(connection)
    if not _read(connection, number).finds_as(_read(connection, before)):
        raise Declined(
            f"version {number} has other blocking passes than version {before}, in force: nobody who was met before "
            "would be found by them; put it in force by comparing everybody again"
        )


def _said(by: str, why: str) -> None:
    if not by.strip() or not why.strip():
        raise Declined("say who changes the rules and why: both stay in the history")


def _about(number: int) -> str:
    """What the reason of a version is sealed with."""
    return f"rules|{number}"
