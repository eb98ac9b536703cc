"""Fills the registries from CSV files. Loading a file again changes nothing.

Clients: ins, idcs, cnss, cin, ipp with its authority, family, given, birth_date, sex.
Facilities: inpe, name, type, region, province, owner, periods, latitude, longitude, aliases.
Health workers: inpe, family, given, profession, periods, roles, aliases.

Periods are ISO 8601 intervals joined by a space ("2008-03-01/2021-12-31 2023-01-01/"), aliases are joined by commas,
and so are roles, each "facility role period" ("611000011 biologist 2015-01-01/").
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from sqlalchemy import Connection, Engine, Table, delete, insert, select, update

from registries import facility, health_worker
from registries.client.load import load_clients
from registries.database import writing
from registries.directory import alias, inpe, read_periods
from registries.rows import Row, rows
from registries.tables import aliases, facilities, health_workers, next_version, roles
from schemas.message import Issue

Kind = Literal["clients", "facilities", "health-workers"]
KINDS: tuple[Kind, ...] = get_args(Kind)

REGION = re.compile(r"MA-(0[1-9]|1[0-2])")
PROVINCE = re.compile(r"MA-[A-Z]{3}")

_PLACE = ("name", "type", "region", "province", "owner", "periods", "latitude", "longitude")
_WORKER = ("family", "given", "profession", "periods")


@dataclass(slots=True)
class Report:
    """What a load did. `learned` is what parked messages may wait for ("facility|123456789"), whether it was new or
    not: a load that was cut short is simply done again."""

    loaded: int = 0
    updated: int = 0
    unchanged: int = 0
    issues: list[Issue] = field(default_factory=list)
    learned: list[str] = field(default_factory=list)


def load(kind: Kind, body: bytes, engine: Engine, secret: bytes = b"") -> Report:
    """Loads every row that is right and reports the others by line and column. `secret` is that of the client
    registry, and only clients need it. Raises ValueError for an unknown kind or a missing secret, Unavailable."""
    if kind == "clients":
        return _clients(body, engine, secret)
    if kind == "facilities":
        return _directory(facility.KIND, facilities, _PLACE, body, engine)
    if kind == "health-workers":
        return _directory(health_worker.KIND, health_workers, _WORKER, body, engine)
    raise ValueError(f"no registry {kind!r}; there are: {', '.join(KINDS)}")


def _clients(body: bytes, engine: Engine, secret: bytes) -> Report:
    if not secret:
        raise ValueError("loading clients needs the secret of the client registry")
    report = Report()
    found = list(rows(body, ("birth_date",)))
    for row, (change, learned) in zip(found, load_clients(found, engine, secret), strict=True):
        report.issues += row.issues
        report.loaded += change == "made"
        report.updated += change == "grown"
        report.unchanged += not change and not row.issues
        report.learned += learned
    return report


def _directory(kind: str, table: Table, columns: Sequence[str], body: bytes, engine: Engine) -> Report:
    report = Report()
    with writing(engine) as connection:
        next_version(connection, kind)
        shelf = _Shelf(connection, kind, table)
        for row in rows(body, ("inpe", *columns)):
            if change := _entry(row, shelf, columns):
                setattr(report, change, getattr(report, change) + 1)
                number = inpe(row["inpe"])
                report.learned += [f"{kind}|{name}" for name in (number, *sorted(shelf.names.get(number, ())))]
            report.issues += row.issues
    return report


class _Shelf:
    """What stands in one registry, while rows are laid beside it."""

    def __init__(self, connection: Connection, kind: str, table: Table) -> None:
        self.connection, self.kind, self.table = connection, kind, table
        self.known = {row["number"]: dict(row) for row in connection.execute(select(table)).mappings()}
        named = select(aliases.c.alias, aliases.c.number).where(aliases.c.kind == kind)
        self.aliases = {row.alias: row.number for row in connection.execute(named)}
        self.names: dict[str, set[str]] = {}
        for name, number in self.aliases.items():
            self.names.setdefault(number, set()).add(name)
        self.roles: dict[str, set[tuple[str, str, str]]] = {}
        for worker, *role in connection.execute(select(roles)):
            self.roles.setdefault(worker, set()).add((role[0], role[1], role[2]))

    def put(self, values: dict[str, Any]) -> bool:
        """Whether the entry is other than it was."""
        number = values["number"]
        if self.known.get(number) == values:
            return False
        if number in self.known:
            self.connection.execute(update(self.table).where(self.table.c.number == number).values(values))
        else:
            self.connection.execute(insert(self.table).values(values))
        self.known[number] = values
        return True

    def name(self, number: str, names: set[str]) -> bool:
        """Makes these the entry's aliases. Those of a provisional entry go over to the one that was loaded."""
        before = self.names.get(number, set())
        if before == names:
            return False
        mine = aliases.c.kind == self.kind
        self.connection.execute(delete(aliases).where(mine, aliases.c.alias.in_([*before, *names])))
        if names:
            rows = [{"kind": self.kind, "alias": name, "number": number} for name in sorted(names)]
            self.connection.execute(insert(aliases), rows)
        for name in before:
            del self.aliases[name]
        self.aliases.update(dict.fromkeys(names, number))
        self.names[number] = names
        return True

    def appoint(self, worker: str, posts: set[tuple[str, str, str]]) -> bool:
        if self.roles.get(worker, set()) == posts:
            return False
        self.connection.execute(delete(roles).where(roles.c.worker == worker))
        if posts:
            rows = [
                {"worker": worker, "facility": at, "role": role, "periods": when} for at, role, when in sorted(posts)
            ]
            self.connection.execute(insert(roles), rows)
        self.roles[worker] = posts
        return True

    def taken(self, name: str, number: str) -> bool:
        """Whether this alias is that of another entry that was loaded."""
        owner = self.aliases.get(name, number)
        return owner != number and not self.known[owner]["provisional"]


def _entry(row: Row, shelf: _Shelf, columns: Sequence[str]) -> str:
    """ "loaded", "updated" or "unchanged"; "" for a row that is wrong."""
    number = inpe(row["inpe"])
    _check(row, number)
    names = {alias(name) for name in row["aliases"].split(",") if name.strip()}
    for name in sorted(name for name in names if shelf.taken(name, number)):
        row.wrong("aliases", "taken", f"{name!r} is the name of another entry", "give each alias to one entry only")
    posts = _posts(row) if shelf.table is health_workers else set()
    if row.issues:
        return ""
    is_new = number not in shelf.known or shelf.known[number]["provisional"]
    values = {column: row[column] for column in columns} | {"number": number, "provisional": False}
    changed = [shelf.put(values), shelf.name(number, names), shelf.appoint(number, posts)]
    return "loaded" if is_new else "updated" if any(changed) else "unchanged"


def _check(row: Row, number: str) -> None:
    if row.line == 1:
        return
    if not re.fullmatch(r"\d{9}", number):
        row.wrong("inpe", "not-an-inpe", "an INPE has nine digits", "write the INPE printed beside the barcode")
    if row["region"] and not REGION.fullmatch(row["region"]):
        row.wrong("region", "unknown-code", "no region of ISO 3166-2:MA", "write MA-01 to MA-12")
    if row["province"] and not PROVINCE.fullmatch(row["province"]):
        row.wrong("province", "unknown-code", "no province of ISO 3166-2:MA", "write MA- and three letters (MA-RAB)")
    try:
        read_periods(row["periods"])
    except ValueError:
        row.wrong("periods", "not-a-period", "no ISO 8601 intervals", "write 2008-03-01/2021-12-31, an end open as /")


def _posts(row: Row) -> set[tuple[str, str, str]]:
    posts = set()
    for text in filter(str.strip, row["roles"].split(",")):
        at, _, rest = text.strip().partition(" ")
        role, _, when = rest.partition(" ")
        try:
            read_periods(when)
            posts.add((inpe(at), role, when))
        except ValueError:
            row.wrong("roles", "not-a-role", "a role without its facility or period", "write: INPE role 2015-01-01/")
    return posts
