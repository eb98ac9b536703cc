"""The client registry as lines of canonical JSON: identities, numbers, links in force, golden records, source records.

Two exports are byte-equal where the registry says the same of everybody. What only counts or only grows is left out:
history, reviews, versions. An identity that holds neither a number nor a record is left out with its links: it is what
a split left behind when it was taken back. Holds patients' data in clear.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

import orjson
from sqlalchemy import Connection, Engine, select

from registries.client.choices import chosen
from registries.client.clusters import reason
from registries.client.golden import Choice, golden
from registries.client.links import APART
from registries.client.records import SourceRecord, opened
from registries.client.survivorship import Trust
from registries.database import among, in_parts, reading
from registries.sealing import Seal
from registries.tables import keys, links, persons, records

_AT_ONCE = 500
_KNOWN = ("ins", "idcs", "cnss", "cin", "birth_year", "birth_month", "birth_day", "sex")


def lines(engine: Engine, seal: Seal, trust: Trust | None = None) -> Iterator[bytes]:
    """Raises Unavailable and Unsealable."""
    with reading(engine) as connection:
        somebody = _somebody(connection)
        joined = [link for link in _links(connection, seal) if {link["from"], link["to"]} <= somebody]
        for told in (_identities(connection, somebody), _numbers(connection), joined):
            yield from map(_line, told)
        groups = sorted(_groups(somebody, joined))
        for some in in_parts(groups, _AT_ONCE):
            yield from _records(connection, seal, trust, some)


def _somebody(connection: Connection) -> set[str]:
    """The identities that hold a number or a record."""
    return {*connection.scalars(select(keys.c.person)), *connection.scalars(select(records.c.person))}


def _identities(connection: Connection, somebody: set[str]) -> Iterator[dict[str, Any]]:
    for row in connection.execute(select(persons).order_by(persons.c.id)).mappings():
        if row["id"] in somebody:
            yield {"identity": row["id"], "created": row["created"], **{name: row[name] for name in _KNOWN}}


def _numbers(connection: Connection) -> Iterator[dict[str, Any]]:
    rows = connection.execute(select(keys).order_by(keys.c.key, keys.c.turn))
    for key, owners in groupby(rows, lambda row: row.key):
        yield {"number": key, "identities": list(dict.fromkeys(row.person for row in owners))}


def _links(connection: Connection, seal: Seal) -> list[dict[str, Any]]:
    rows = connection.execute(select(links).where(links.c.ended.is_(None)))
    told = ("kind", "event", "at", "by", "score", "rules")
    found = [
        {"link": row.kind, "from": row.from_person, "to": row.to_person, "why": reason(seal, row)}
        | {name: getattr(row, name) for name in told}
        for row in rows
    ]
    return sorted(found, key=lambda link: (link["from"], link["to"], link["link"]))


def _groups(somebody: Iterable[str], joined: Sequence[Mapping[str, Any]]) -> list[list[str]]:
    """Who is joined with whom, each group and all of them in order."""
    first: dict[str, str] = {person: person for person in somebody}

    def root(person: str) -> str:
        while first[person] != person:
            first[person] = first[first[person]]
            person = first[person]
        return person

    for link in joined:
        if link["link"] != APART:
            one, other = sorted((root(link["from"]), root(link["to"])))
            first[other] = one
    grouped: dict[str, list[str]] = {}
    for person in sorted(first):
        grouped.setdefault(root(person), []).append(person)
    return list(grouped.values())


def _records(connection: Connection, seal: Seal, trust: Trust | None, groups: Sequence[list[str]]) -> Iterator[bytes]:
    everybody = [person for group in groups for person in group]
    rows = connection.execute(select(records).where(among(connection, records.c.person, everybody)))
    said: dict[str, list[SourceRecord]] = {}
    for row in rows:
        said.setdefault(row.person, []).append(opened(row, seal))
    for group in groups:
        ours = sorted((one for person in group for one in said.get(person, ())), key=lambda one: one.id)
        yield _golden(ours, group, trust, chosen(connection, seal, group))
        yield from map(_record, ours)


def _golden(
    ours: Sequence[SourceRecord], group: Sequence[str], trust: Trust | None, choices: Sequence[Choice]
) -> bytes:
    believed = golden(ours, trust, choices)
    return _line({"golden": group, "patient": believed.patient, "sources": believed.sources})


def _record(one: SourceRecord) -> bytes:
    told = {"source": one.source, "channel": one.channel, "at": one.at, "version": one.version}
    return _line({"record": one.id, "identity": one.person, "patient": one.patient} | told)


def _line(told: Mapping[str, Any]) -> bytes:
    return orjson.dumps(told, option=orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE)
