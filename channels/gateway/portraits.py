"""The Patient resource of a person: what landed in the shared record, with what the registry believes in its place.

Landed resources have more than the registry keeps (who told it, notes); the registry has every number of all sources,
what stewards chose, and persons of whom nothing landed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from channels.consumers.reading import Reading
from registries.client.links import Links
from registries.client.queries import Believed
from registries.client.records import Records, SourceRecord
from schemas import temporary
from schemas.domains import Domains
from schemas.events import Identifier, Patient
from schemas.fhir import believed

Resource = dict[str, Any]
Group = frozenset[str]

# What the registry's word replaces, where it has one; and what goes with it
_BELIEVED = ("name", "telecom", "gender", "birthDate", "address", "maritalStatus")
_BESIDE = {"gender": "_gender", "birthDate": "_birthDate"}


@dataclass(frozen=True, slots=True)
class Portraits:
    """Blocks on the databases. Of any thread. `landed`: the built-in record."""

    records: Records
    links: Links
    believed: Believed
    landed: Reading
    table: Callable[[], Domains]

    @property
    def domains(self) -> Domains:
        return self.table()

    def group(self, person: str) -> Group:
        """Every identity of this person."""
        return self.links.following(person)

    def groups(self, persons: Collection[str]) -> set[Group]:
        links = self.links.look(persons)
        return {links.following(person) for person in persons}

    def ordered(self, groups: Collection[Group]) -> list[tuple[str, Group]]:
        """Under the identity that stands for each, in an order that lasts."""
        links = self.links.look({person for group in groups for person in group})
        return sorted(((links.standing(group), group) for group in groups), key=lambda one: one[0])

    def of(self, people: Sequence[tuple[str, Group]], systems: Collection[str] = ()) -> list[Resource | None]:
        """The resource of each; None for whom nobody knows. `systems`: of the identifiers shown; none is all."""
        if not people:
            return []
        records = self._records({person for _, group in people for person in group})
        landed = self._landed({person for person, _ in people})
        said = [[one for person in sorted(group) for one in records.get(person, ())] for _, group in people]
        patients = self.believed.each([(group, told) for (_, group), told in zip(people, said, strict=True)])
        return [
            self._of(name, patient if told else None, landed.get(name), systems)
            for (name, _), patient, told in zip(people, patients, said, strict=True)
        ]

    def young(self, persons: Collection[str], seconds: float) -> set[str]:
        """Those who are not in the record, and of whom something came within these seconds."""
        missing = set(persons) - self.landed.having("Patient", persons)
        since = (time.time() - seconds) * 1e6
        return {one.person for one in self.records.of_persons(missing) if one.at > since} if missing else set()

    def retired(self, person: str, survivor: str) -> Resource:
        """A merged identity as it was left: no longer active, replaced by another."""
        landed = self._landed({person}).get(person)
        if landed is None:
            records = self.records.of_persons({person})
            landed = believed.made(person, self.believed({person}, records)) if records else _bare(person)
        link = {"other": {"reference": f"Patient/{survivor}"}, "type": "replaced-by"}
        return {**landed, "active": False, "link": [link]}

    def _of(
        self, name: str, patient: Patient | None, known: Resource | None, systems: Collection[str]
    ) -> Resource | None:
        if patient is None:
            return _within(known, systems) if known else None
        own = self.domains.own
        if own and own.uri in systems:
            number = Identifier(system=own.uri, value=name, authority=own.name)
            patient = {**patient, "identifiers": [*(patient.get("identifiers") or ()), number]}
        told = believed.made(name, patient)
        return _within(_over(known, told) if known else told, systems)

    def _records(self, persons: Collection[str]) -> Mapping[str, list[SourceRecord]]:
        found: dict[str, list[SourceRecord]] = {}
        for record in self.records.of_persons(persons):
            found.setdefault(record.person, []).append(record)
        return found

    def _landed(self, persons: Collection[str]) -> Mapping[str, Resource]:
        return {one.id: orjson.loads(one.body) for one in self.landed.of("Patient", persons)}


def _over(landed: Resource, told: Resource) -> Resource:
    """What landed, with what is believed over it, and every identifier of both."""
    names = [name for name in _BELIEVED if name in told]
    dropped = {_BESIDE[name] for name in names if name in _BESIDE}
    taken_back = landed.get("active") is False
    if taken_back:  # whether of the person, or of one source only, the registry knows
        dropped |= {"active"}
    kept = {name: value for name, value in landed.items() if name not in (*dropped, "identifier")}
    found = {name: told[name] for name in (*names, *dropped) if name in told}
    landed_numbers = [one for one in landed.get("identifier", ()) if not (taken_back and one.get("use") == "old")]
    numbers = _each([*landed_numbers, *told.get("identifier", ())])
    return {**kept, **found, **({"identifier": numbers} if numbers else {})}


def _each(numbers: Sequence[Resource]) -> list[Resource]:
    found: dict[tuple[Any, Any], Resource] = {}
    for one in numbers:
        known = found.setdefault((one.get("system"), one.get("value")), one)
        if one.get("system") == temporary.SYSTEM:  # whether it is old by now only the registry knows
            found[one["system"], one.get("value")] = {**known, **one}
    return list(found.values())


def _within(patient: Resource, systems: Collection[str]) -> Resource | None:
    """With the identifiers of these systems only; None without one."""
    if not systems:
        return patient
    numbers = [one for one in patient.get("identifier", ()) if one.get("system") in systems]
    return {**patient, "identifier": numbers} if numbers else None


def _bare(person: str) -> Resource:
    return {"resourceType": "Patient", "id": person}
