"""What a resource becomes beside the one that stands. Pure, shared by the built-in record and the FHIR server.

A late older saying never overwrites a newer one, whatever the order of arrival: what comes in parts (patients,
encounters, organizations …) is compared element by element, what is said whole (observations …) as a whole.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Resource = dict[str, Any]
Key = tuple[str, str]

SHARED = frozenset({"Organization", "Practitioner", "PractitionerRole", "Location", "Medication", "Device"})
PARTIAL = SHARED | {"Patient", "Encounter", "RelatedPerson"}
# Lists that only grow, by what makes two entries the same.
UNITED = {"identifier": ("system", "value"), "link": ("type", "other")}
# Elements whose children are told apart: a discharge alone must not lose the admission.
NESTED = frozenset({"period", "hospitalization"})
CHOICES = ("deceased", "multipleBirth")
NEVER = -(2**63)


@dataclass(frozen=True, slots=True)
class Saying:
    """What one event says: its resources, and what its sender asked to delete (resource type → elements).

    version: µs of the sender's own time. person: whose it is, unless a resource names another.
    """

    resources: Sequence[Resource]
    version: int
    person: str
    transaction: str
    cleared: Mapping[Key, Collection[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Standing:
    """A resource as it stands. said: for what comes in parts, the version each element has, deleted ones included."""

    resource: Resource
    version: int
    said: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Change:
    """One step of one resource. content: something but its source version changed, so it is a new version."""

    before: Standing | None
    after: Standing
    content: bool


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
    settled = []
    for saying in sayings:
        changes = []
        provenance = [one for one in saying.resources if one["resourceType"] == "Provenance"]
        for resource in (*(one for one in saying.resources if one["resourceType"] != "Provenance"), *provenance):
            key = key_of(resource)
            before = standing.get(key)
            # the same event in a rerun: its Provenance stands as long as nothing else changes
            if before and resource["resourceType"] == "Provenance" and not any(one.content for one in changes):
                continue
            change = beside(before, resource, saying.version, saying.cleared.get(key, ()))
            if change.content or (before and change.after.version > before.version) or _said_more(change):
                changes.append(change)
            standing[key] = change.after
        settled.append(changes)
    return settled


def beside(before: Standing | None, new: Resource, version: int, cleared: Collection[str] = ()) -> Change:
    """The new saying beside what stands. Of two with one version the later arrival is the newer."""
    partial = new["resourceType"] in PARTIAL
    if before is None:
        said = dict.fromkeys((*elements(new), *map(element_of, cleared)), version) if partial else {}
        return Change(None, Standing(_consistent(new), version, said), True)
    after = _in_parts(before, new, version, cleared) if partial else _whole(before, new, version)
    return Change(before, after, _content(after.resource) != _content(before.resource))


def elements(resource: Resource) -> dict[str, Resource]:
    """The resource by element; each with the JSON keys that make it (value, primitive extension, choice)."""
    found: dict[str, Resource] = {}
    for key, value in resource.items():
        if key in ("resourceType", "id", "meta"):
            continue
        if key == "extension":
            for one in value:
                found.setdefault(f"extension:{one.get('url')}", {"extension": []})["extension"].append(one)
        elif key in NESTED:
            found |= {f"{key}.{child}": {key: {child: one}} for child, one in value.items()}
        else:
            found.setdefault(element_of(key), {})[key] = value
    return found


def element_of(key: str) -> str:
    """The element a JSON key belongs to: _birthDate → birthDate, deceasedDateTime → deceased."""
    plain = key.removeprefix("_")
    return next((choice for choice in CHOICES if plain.startswith(choice)), plain)


def _in_parts(before: Standing, new: Resource, version: int, cleared: Collection[str]) -> Standing:
    parts, coming, said = elements(before.resource), elements(new), dict(before.said)
    if coming.get("status") == {"status": "unknown"}:
        del coming["status"]
    for name in map(element_of, cleared):
        for cleared_name in [one for one in (*parts, name) if one == name or one.startswith((f"{name}.", f"{name}:"))]:
            if cleared_name not in coming and version >= said.get(cleared_name, NEVER) and name not in UNITED:
                parts.pop(cleared_name, None)
                said[cleared_name] = version
    for name, value in coming.items():
        newer = version >= said.get(name, NEVER)
        if name in UNITED and name in parts:
            parts[name] = {name: _united(parts[name][name], value[name], UNITED[name], newer)}
        elif newer:
            parts[name] = value
        if newer:
            said[name] = version
    latest = new if version >= before.version else before.resource
    return Standing(_consistent(_joined(latest, parts)), max(version, before.version), said)


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
    united = {repr([one.get(key) for key in same]): one for one in old or ()}
    for one in new or ():
        name = repr([one.get(key) for key in same])
        united[name] = one if newer else united.get(name, one)
    return list(united.values())


def _joined(head: Resource, parts: Mapping[str, Resource]) -> Resource:
    resource = {key: head[key] for key in ("resourceType", "id", "meta") if key in head}
    for part in parts.values():
        for key, value in part.items():
            if key == "extension":
                resource[key] = [*resource.get(key, ()), *value]
            elif key in NESTED:
                resource[key] = {**resource.get(key, {}), **value}
            else:
                resource[key] = value
    return resource


def _consistent(resource: Resource) -> Resource:
    """A replaced patient is not active, whenever its messages and the merge arrive."""
    replaced = any(link.get("type") == "replaced-by" for link in resource.get("link") or ())
    if replaced and resource["resourceType"] == "Patient":
        return {**resource, "active": False}
    return resource


def _content(resource: Resource) -> Resource:
    return {key: value for key, value in resource.items() if key != "meta"}


def _said_more(change: Change) -> bool:
    return change.before is not None and change.after.said != change.before.said
