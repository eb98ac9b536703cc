"""Fills the registries from CSV files; facilities and health workers from FHIR too (a Bundle, or NDJSON). Loading a
file again changes nothing.

Clients: ins, idcs, cnss, cin, ipp with its authority, family, given, birth_date, sex, phone, city, postcode, address,
mother.
Facilities: inpe, name, type, region, province, owner, periods, latitude, longitude, aliases, and where there are such
columns suspended, ice, services, hierarchies. Health workers: inpe, family, given, profession, periods, roles, aliases,
and suspended, specialties, qualifications.

Periods are ISO 8601 intervals joined by a space ("2008-03-01/2021-12-31 2023-01-01/"). Joined by commas: aliases, roles
("611000011 biologist 2015-01-01/"), services ("dialyse 2015-01-01/"), hierarchies ("gst MA-04 2025-10-01/").
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal, get_args

from sqlalchemy import Connection, Engine

from registries import facility, health_worker
from registries.care.bundles import is_fhir, load_resources
from registries.care.lists import PLACE_COLUMNS, WORKER_COLUMNS, Outcome, load_places, load_workers
from registries.client.keys import PERSONAL
from registries.client.load import NO_DOMAINS, Hands, Told, load_clients
from registries.database import writing
from registries.rows import Row, rows
from schemas.domains import Domains
from schemas.message import Issue

Kind = Literal["clients", "facilities", "health-workers"]
KINDS: tuple[Kind, ...] = get_args(Kind)

Progress = Callable[[int], None]
_Fill = Callable[[Connection, Sequence[Row], str], list[Outcome]]


@dataclass(slots=True)
class Report:
    """What a load did. `issues` are of rows that were not taken, `warnings` of what looks mistyped. `learned` is what
    parked messages may wait for ("facility|123456789"), whether it was new or not: a load that was cut short is simply
    done again."""

    loaded: int = 0
    updated: int = 0
    unchanged: int = 0
    issues: list[Issue] = field(default_factory=list)
    warnings: list[Issue] = field(default_factory=list)
    learned: list[str] = field(default_factory=list)


def load(
    kind: Kind,
    body: bytes,
    engine: Engine,
    secret: bytes = b"",
    *,
    by: str = "terminal",
    progress: Progress = lambda _: None,
    hands: Hands | None = None,
    personal: Collection[str] = PERSONAL,
    domains: Domains = NO_DOMAINS,
) -> Report:
    """Loads every row that is right and reports the others by line and column. `secret` is that of the client
    registry, and only clients need it; `by` is kept beside every change of an entry; `progress` hears, of clients, how
    many rows are done, and `hands` load them; `personal` is as in `Clients`, and `domains` the table by which
    authorities are known and numbers look mistyped (`hands` have their own of both). Raises ValueError for an unknown
    kind or no secret, Unavailable."""
    if kind == "clients":
        if not secret:
            raise ValueError("loading clients needs the secret of the client registry")
        found = rows(body, ("birth_date",))
        return _clients(load_clients(found, engine, secret, hands, personal, domains), progress)
    if kind == "facilities":
        return _directory(facility.KIND, body, engine, PLACE_COLUMNS, load_places, by)
    if kind == "health-workers":
        return _directory(health_worker.KIND, body, engine, WORKER_COLUMNS, load_workers, by)
    raise ValueError(f"no registry {kind!r}; there are: {', '.join(KINDS)}")


def _clients(told: Iterable[Told], progress: Progress) -> Report:
    report = Report()
    for done, (row, change, learned) in enumerate(told, 1):
        report.issues += row.issues
        report.warnings += row.warnings
        report.loaded += change == "made"
        report.updated += change == "grown"
        report.unchanged += not change and not row.issues
        report.learned += learned
        progress(done)
    return report


def _directory(kind: str, body: bytes, engine: Engine, required: Sequence[str], fill: _Fill, by: str) -> Report:
    if is_fhir(body):
        return _resources(kind, body, engine, by)
    report = Report()
    found = list(rows(body, required))
    with writing(engine) as connection:
        outcomes = fill(connection, found, by)
    for row, (change, names) in zip(found, outcomes, strict=True):
        if change:
            setattr(report, change, getattr(report, change) + 1)
        report.learned += [f"{kind}|{name}" for name in names]
        report.issues += row.issues
    return report


def _resources(kind: str, body: bytes, engine: Engine, by: str) -> Report:
    with writing(engine) as connection:
        done, learned, issues = load_resources(connection, kind, body, by)
    report = Report(issues=issues, learned=learned)
    report.loaded = sum(one.made for one in done)
    report.updated = sum(one.changed and not one.made for one in done)
    report.unchanged = len(done) - report.loaded - report.updated
    return report
