"""What the client registry tells whoever follows it: persons as they stand, with what happened to them.

A person that was merged is told as it was left: not active, replaced by the survivor. Everybody else has the numbers of
all linked identities, and links to them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from registries.client.happenings import Happening
from registries.client.links import Joined, Links
from registries.client.records import Records, SourceRecord
from schemas.events import Patient
from schemas.fhir import believed

Resource = dict[str, Any]
# The golden record of a person out of these records (queries.py)
Believed = Callable[[Collection[str], Iterable[SourceRecord]], Patient]

# What happened, in meta.tag
HAPPENED = "https://hie.sante.gov.ma/fhir/CodeSystem/person-change"


@dataclass(frozen=True, slots=True)
class Bulletin:
    """A person as it stands now. `at`: µs, of the last of what happened."""

    person: str
    kinds: Sequence[str]
    at: int
    patient: Resource

    @property
    def is_new(self) -> bool:
        return "made" in self.kinds


@dataclass(frozen=True, slots=True)
class Bulletins:
    """Blocks. Of any thread. Raises Unavailable."""

    records: Records
    links: Links
    believed: Believed

    def of(self, happenings: Sequence[Happening]) -> list[Bulletin]:
        """One a person, in the order of the last thing that happened to each."""
        kinds: dict[str, dict[str, None]] = {}
        last: dict[str, int] = {}
        for one in happenings:
            for person in filter(None, (one.person, one.other)):
                known = kinds.pop(person, {})  # told last, it goes to the end
                kinds[person] = {**known, one.kind: None}
                last[person] = one.at
        joined = self.links.look(kinds)
        said = self._said({member for person in kinds for member in joined.following(person)})
        return [
            Bulletin(person, list(told), last[person], self._patient(person, joined, said, list(told)))
            for person, told in kinds.items()
        ]

    def _said(self, persons: Collection[str]) -> Mapping[str, list[SourceRecord]]:
        found: dict[str, list[SourceRecord]] = {}
        for record in self.records.of_persons(persons) if persons else ():
            found.setdefault(record.person, []).append(record)
        return found

    def _patient(
        self, person: str, joined: Joined, said: Mapping[str, list[SourceRecord]], kinds: Sequence[str]
    ) -> Resource:
        survivor, group = joined.survivor(person), joined.following(person)
        members = frozenset({person}) if survivor != person else group
        records = [record for member in sorted(members) for record in said.get(member, ())]
        told: Resource = {"resourceType": "Patient", "id": person}
        told = believed.made(person, self.believed(members, records)) if records else told
        told["meta"] = {"tag": [{"system": HAPPENED, "code": kind} for kind in kinds]}
        if survivor != person:
            return told | {"active": False, "link": [_link(survivor, "replaced-by")]}
        others = [(one, "replaces" if joined.survivor(one) == person else "seealso") for one in sorted(group)]
        links = [_link(one, kind) for one, kind in others if one != person]
        return told | ({"link": links} if links else {})


def _link(person: str, kind: str) -> Resource:
    return {"other": {"reference": f"Patient/{person}"}, "type": kind}
