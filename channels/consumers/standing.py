"""What a resource becomes beside the one that stands. Pure, shared by the built-in record and the FHIR server.

A late older saying never overwrites a newer one, whatever the order of arrival: what comes in parts (patients,
encounters, organizations …) is compared element by element, what is said whole (observations …) as a whole.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from typing import Any

import orjson

from channels.consumers.consumer import Outcome
from schemas.fhir import appointment, encounter
from schemas.fhir.bundle import SHARED
from schemas.fhir.document import NO_CONTENT
from schemas.fhir.extensions import SAID, VERSION, absent
from schemas.fhir.terms import NULL_FLAVOR

Resource = dict[str, Any]
Key = tuple[str, str]

PARTIAL = SHARED | {
    "Account", "Appointment", "DocumentReference", "Encounter", "MedicationRequest", "Patient", "RelatedPerson",
    "ServiceRequest",
}  # fmt: skip
# Lists that only grow, by what makes two entries the same.
UNITED = {"identifier": ("system", "value")}
# Lists whose entries are told apart, each a part of its own: who tells of the attending doctor leaves the others.
APART = frozenset({"link", "location", "participant"})
# Elements whose children are told apart: a discharge alone must not lose the admission.
NESTED = frozenset({"period", "hospitalization"})
CHOICES = ("deceased", "medication", "multipleBirth", "occurrence", "asNeeded", "quantity")
NEVER = -(2**63)
NOTHING = absent()


@dataclass(frozen=True, slots=True)
class Saying:
    """What one event says: its resources, and what its sender asked to delete (resource → elements).

    version: µs of the sender's own time. person: whose it is, unless a resource names another. aside: told only in
    passing, so that it never stands against what was told for its own sake (a late result's view of the visit).
    weak: elements that only stand where nothing else was ever said of them.
    """

    resources: Sequence[Resource]
    version: int
    person: str
    transaction: str
    cleared: Mapping[Key, Collection[str]] = field(default_factory=dict)
    aside: Collection[Key] = ()
    weak: Mapping[Key, Collection[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Standing:
    """A resource as it stands. said: for what comes in parts, the version each element has, deleted ones included."""

    resource: Resource
    version: int
    said: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Change:
    """One step of one resource. content: more than its source version changed, so it is a new version."""

    before: Standing | None
    after: Standing
    content: bool

    @property
    def renewed(self) -> bool:
        """The same was said again, later: an older saying that is still on its way must know."""
        before = self.before
        return before is not None and (before.version, before.said) != (self.after.version, self.after.said)


def key_of(resource: Resource) -> Key:
    return resource["resourceType"], resource["id"]


def person_of(resource: Resource, person: str) -> str | None:
    """The identity a resource belongs to: its own subject, else `person`; None for what persons share."""
    if resource["resourceType"] == "Patient":
        return str(resource["id"])
    if resource["resourceType"] in SHARED:
        return None
    for element in ("subject", "patient", "beneficiary"):
        named = resource.get(element)
        if isinstance(named, dict) and str(named.get("reference", "")).startswith("Patient/"):
            return str(named["reference"]).removeprefix("Patient/")
    return person


def settle(standing: dict[Key, Standing], sayings: Iterable[Saying]) -> list[list[Change]]:
    """What changes because of each saying, in order. `standing` moves along, so a later saying sees the earlier."""
    return [_settled(standing, saying) for saying in sayings]


def _settled(standing: dict[Key, Standing], saying: Saying) -> list[Change]:
    said = [one for one in saying.resources if one["resourceType"] != "Provenance"]
    provenance = [_signed(one, said) for one in saying.resources if one["resourceType"] == "Provenance"]
    told = [standing[key_of(one)] for one in provenance if key_of(one) in standing]
    if told and _signature(told[0].resource) == _signature(provenance[0]):
        return []  # it landed before, from whatever transaction: what was said since, even in the same second, stays
    changes: list[Change] = []
    for resource in [*said, *provenance]:
        key = key_of(resource)
        before = standing.get(key)
        # the same event in a rerun: its Provenance stands as long as nothing else changes
        if told and resource is provenance[0] and not any(one.content for one in changes):
            continue
        version = NEVER if key in saying.aside else saying.version
        change = beside(before, resource, version, saying.cleared.get(key, ()), saying.weak.get(key, ()))
        if change.content or change.renewed:
            changes.append(change)
        standing[key] = change.after
    return changes


def _signed(provenance: Resource, said: Sequence[Resource]) -> Resource:
    """The Provenance with a digest of all that its event says: a repeat is known by it, in any transaction."""
    digest = sha256(orjson.dumps(said, option=orjson.OPT_SORT_KEYS)).hexdigest()
    kept = [one for one in provenance.get("extension", ()) if one.get("url") != SAID]
    return {**provenance, "extension": [*kept, {"url": SAID, "valueString": digest}]}


def _signature(provenance: Resource) -> str | None:
    found = [one for one in provenance.get("extension", ()) if one.get("url") == SAID]
    return found[0].get("valueString") if found else None


def outcome(changes: Sequence[Change]) -> Outcome:
    """What became of one saying."""
    landed = sum(change.content for change in changes)
    if not landed:
        return Outcome("unchanged")
    return Outcome("landed", detail=f"{landed} resource{'s' if landed > 1 else ''}")


def beside(
    before: Standing | None,
    new: Resource,
    version: int,
    cleared: Collection[str] = (),
    weak: Collection[str] = (),
) -> Change:
    """The new saying beside what stands. Of two with one version the later arrival is the newer."""
    stood = before or Standing({}, NEVER)
    partial = new["resourceType"] in PARTIAL
    after = _in_parts(stood, new, version, cleared, weak) if partial else _whole(stood, new, version)
    return Change(before, after, before is None or _content(after.resource) != _content(before.resource))


def elements(resource: Resource) -> dict[str, Resource]:
    """The resource by element; each with the JSON keys that make it (value, primitive extension, choice)."""
    found: dict[str, Resource] = {}
    for key, value in resource.items():
        if key in ("resourceType", "id", "meta"):
            continue
        if key == "extension":
            for one in value:
                if one.get("url") == VERSION:
                    continue
                found.setdefault(f"extension:{one.get('url')}", {"extension": []})["extension"].append(one)
        elif key in NESTED:
            found |= {f"{key}.{child}": {key: {child: one}} for child, one in value.items()}
        elif key in APART:
            for one in value:
                found.setdefault(f"{key}:{_apart(one)}", {key: []})[key].append(one)
        else:
            found.setdefault(element_of(key), {})[key] = value
    return found


def link_of(other: str) -> str:
    """The part of a Patient that is its link to another one it may be the same as."""
    return f"link:seealso Patient/{other}"


def _apart(entry: Resource) -> str:
    """What tells an entry from the others: a link by type and target, else what its id says before a number."""
    if "other" in entry:
        return f"{entry.get('type')} {entry['other'].get('reference')}"
    return str(entry.get("id", "")).partition(".")[0]


@lru_cache(maxsize=1024)
def element_of(key: str) -> str:
    """The element a JSON key belongs to: _birthDate → birthDate, deceasedDateTime → deceased."""
    plain = key.removeprefix("_")
    return next((choice for choice in CHOICES if plain.startswith(choice)), plain)


def _in_parts(
    before: Standing, new: Resource, version: int, cleared: Collection[str], weak: Collection[str]
) -> Standing:
    parts, said = elements(before.resource), dict(before.said)
    coming = elements(new)
    for name in _cleared(cleared, parts):
        if name not in coming and name not in UNITED and version >= said.get(name, NEVER):
            parts.pop(name, None)
            said[name] = version
    for name, value in coming.items():
        newer = version >= said.get(name, NEVER)
        if name in weak or not _tells(value):
            if name not in parts or (_tells(value) and not _tells(parts[name])):
                parts[name] = value
            continue
        if name in UNITED:
            parts[name] = {name: _united(parts.get(name, {}).get(name), value[name], UNITED[name], newer)}
        elif newer:
            parts[name] = value
        if newer:
            said[name] = version
    if version >= before.version:
        for unnamed in _written_before(parts, coming):
            del parts[unnamed]
    latest = new if version >= before.version else before.resource
    return Standing(_consistent(_joined(latest, parts)), max(version, before.version), said)


def _written_before(parts: Mapping[str, Resource], coming: Mapping[str, Resource]) -> list[str]:
    """Entries from before they were told apart, where entries that are come in their place."""
    unnamed = [f"{one}:" for one in APART if f"{one}:" in parts and f"{one}:" not in coming]
    return [one for one in unnamed if any(name.startswith(one) for name in coming)]


def _cleared(named: Collection[str], parts: Mapping[str, Resource]) -> list[str]:
    """The parts that are emptied: of a list whose entries are told apart every one, or one."""
    found = [element_of(one) for one in named]
    return [*found, *(part for one in found if one in APART for part in parts if part.startswith(f"{one}:"))]


def telling(resource: Resource) -> list[str]:
    """The elements of a partial resource that tell something."""
    return [name for name, part in elements(resource).items() if _tells(part)]


def _tells(part: Resource) -> bool:
    """A status, class, time or content that FHIR requires and nobody knows tells nothing."""
    if part.get("content") == NO_CONTENT or all(value == NOTHING for value in part.values()):
        return False
    return part.get("status") != "unknown" and (part.get("class") or {}).get("system") != NULL_FLAVOR


def _whole(before: Standing, new: Resource, version: int) -> Standing:
    newer = version >= before.version
    resource = new if newer else before.resource
    if new["resourceType"] == "DiagnosticReport":
        # a correction may repeat only the results it corrects: the others stay in the report
        resource = {**resource, "result": _united(before.resource.get("result"), new.get("result"), ("reference",))}
        if not resource["result"]:
            del resource["result"]
    return Standing(resource, max(version, before.version))


def _united(old: list[Resource] | None, new: list[Resource] | None, same: tuple[str, ...], newer: bool = True) -> Any:
    """Both lists; of what is in both, as the newer has it."""
    united, coming = _grouped(old, same), _grouped(new, same)
    united |= coming if newer else {name: ones for name, ones in coming.items() if name not in united}
    return [one for ones in united.values() for one in ones]


def _grouped(ones: list[Resource] | None, same: tuple[str, ...]) -> dict[str, list[Resource]]:
    groups: dict[str, list[Resource]] = {}
    for one in ones or ():
        groups.setdefault(repr([one.get(key) for key in same]), []).append(one)
    return groups


def _joined(head: Resource, parts: Mapping[str, Resource]) -> Resource:
    resource: Resource = {key: head[key] for key in ("resourceType", "id", "meta") if key in head}
    if version := [one for one in head.get("extension", ()) if one.get("url") == VERSION]:
        resource["extension"] = version
    for part in parts.values():
        for key, value in part.items():
            if key == "extension":
                resource[key] = [*resource.get(key, ()), *value]
            elif key in NESTED:
                resource[key] = {**resource.get(key, {}), **value}
            elif key in APART:
                resource[key] = [*resource.get(key, ()), *value]
            else:
                resource[key] = value
    return resource


def _consistent(resource: Resource) -> Resource:
    """A replaced patient is not active, whenever its messages and the merge arrive; nobody lies in the bed of a visit
    that is over; an appointment that is kept after all has no reason of cancelling."""
    if resource["resourceType"] == "Encounter":
        return encounter.consistent(resource)
    if resource["resourceType"] == "Appointment":
        return appointment.consistent(resource)
    replaced = any(link.get("type") == "replaced-by" for link in resource.get("link") or ())
    if replaced and resource["resourceType"] == "Patient":
        return {**resource, "active": False}
    return resource


def _content(resource: Resource) -> Resource:
    """What a reader would notice: all but the time of saying and what the server notes."""
    content = {key: value for key, value in resource.items() if key not in ("meta", "extension")}
    told = [one for one in resource.get("extension", ()) if one.get("url") != VERSION]
    return {**content, "extension": told} if told else content
