"""Identities of people without papers: how they are joined with who they turn out to be, and shown afterwards.

A message that carries a temporary number and other numbers says that both are of one human being. Of two identities
that are known by them the temporary one is merged into the other, as by A40: links decide, nothing is rewritten, a
steward can take it back, and then no later message joins them again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime
from typing import Protocol

from sqlalchemy import Connection, select

from registries.client import rules
from registries.client.clusters import cluster, joining
from registries.client.golden import Said
from registries.client.keys import TEMPORARY, Key, Subject, identified
from registries.client.linking import Merge
from registries.client.links import APART
from registries.client.store import Person, View
from registries.tables import links
from schemas.events import Identifier, Patient
from schemas.temporary import SYSTEM


class Record(Said, Protocol):
    """What one source says of the patient of one identity (`records.SourceRecord`)."""

    @property
    def person(self) -> str: ...


def join(view: View, about: Subject, person: Person, event: str) -> list[rules.Doubt]:
    """Merges whoever has the subject's temporary number into the person whom a stronger number found. Where that was
    taken back once nothing happens; where the number's owner is joined with somebody else already, a steward looks."""
    doubts = []
    for key in (one for one in about.keys if one.rank == TEMPORARY):
        owner = next((one for one in view.of(key) if not rules.forbids(about, one, key)), person)
        if owner is person or person in view.of(key):
            continue
        if not _between(view.connection, owner.id, person.id):
            doubts += _joined(view, key, owner, person, event)
    return doubts


def _joined(view: View, key: Key, owner: Person, person: Person, event: str) -> list[rules.Doubt]:
    together, _ = cluster(view.connection, owner.id)
    if person.id in together:
        return []
    if len(together) > 1:
        return [rules.claimed(key, owner)]
    view.merges.append(Merge(owner.id, person.id, event))
    return []


def _between(connection: Connection, one: str, other: str) -> bool:
    """Whether the two themselves were ever linked; a link that ended was ended by somebody."""
    pair = links.c.from_person.in_((one, other)) & links.c.to_person.in_((one, other)) & (links.c.kind != APART)
    return connection.execute(select(links.c.kind).where(pair).limit(1)).first() is not None


def shown(connection: Connection, patient: Patient, records: Iterable[Record]) -> Patient:
    """The golden record as it is told: its temporary numbers are old from the moment that told who it is, with that as
    their end, and temporary before."""
    numbers = patient.get("identifiers") or ()
    if not any(one["system"] == SYSTEM for one in numbers):
        return patient
    end = until(connection, list(records))
    told = [_dated(one, end) if one["system"] == SYSTEM else one for one in numbers]
    return Patient(**{**patient, "identifiers": told})


def until(connection: Connection, records: Sequence[Record]) -> int:
    """When it was told who this is, µs: by a record that says it beside the number, or by a link with somebody known.
    0: not yet."""
    carriers = {one.person for one in records if carries(one.patient)}
    own = [one.at for one in records if one.person in carriers and identified(one.patient)]
    linked = [one.at for one in joining(connection, carriers)] if _known_beside(records, carriers) else []
    first = min((one.at for one in records if carries(one.patient)), default=0)
    return max(first, min([*own, *linked])) if own or linked else 0


def _known_beside(records: Iterable[Record], carriers: Collection[str]) -> bool:
    """Whether an identity without a temporary number is among them."""
    return any(one.person not in carriers for one in records)


def carries(patient: Patient) -> bool:
    return any(one["system"] == SYSTEM for one in patient.get("identifiers") or ())


def _dated(number: Identifier, end: int) -> Identifier:
    if not end:
        return Identifier(**{**number, "use": "temp"})
    return Identifier(**{**number, "use": "old", "end": datetime.fromtimestamp(end / 1e6, UTC).isoformat()})
