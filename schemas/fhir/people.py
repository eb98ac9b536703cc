"""Who and where: Organization, Practitioner with PractitionerRole, Location.

Their ids come from the registry's entry, else from the strongest identifier, so that every message that names the
same INPE means the same resource; a bare name counts only within its sender.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from schemas import facts
from schemas.events import Identifier, Organization, Place, Practitioner
from schemas.fhir import elements, terms
from schemas.fhir.draft import Draft, Reference, key_of, resource_id

NATIONAL = "https://hie.sante.gov.ma/id/"
_STRONG = (NATIONAL + "inpe-es", NATIONAL + "inpe-ps", NATIONAL + "ice")


def organization(draft: Draft, source: Organization | None) -> Reference | None:
    """Writes an Organization; None if it has neither an identifier nor a name (org-1)."""
    if not source:
        return None
    if known := _met(draft, source):
        return known
    name = elements.text(source.get("name"))
    key = _key(source.get("identifiers"))
    if not key and not name:
        return None
    id = resource_id(source.get("entry")) or _id(draft, "Organization", key, name or "")
    reference = draft.add(
        "Organization",
        id,
        {
            "identifier": elements.identifiers(source.get("identifiers")),
            "name": name,
            "telecom": elements.telecoms(source.get("telecoms")),
            "address": elements.addresses(source.get("addresses")),
        },
    )
    draft.met.append((source, reference))
    return reference


def practitioner(draft: Draft, source: Practitioner | None) -> Reference | None:
    """Writes a Practitioner, and a PractitionerRole if an organisation is named with it; None for nobody."""
    if not source:
        return None
    if known := _met(draft, source):
        return known
    names = elements.human_names(source.get("names"))
    key = _key(source.get("identifiers"))
    if not key and not names:
        return None
    id = resource_id(source.get("entry")) or _id(draft, "Practitioner", key, elements.spelled(names))
    reference = draft.add(
        "Practitioner",
        id,
        {
            "identifier": elements.identifiers(source.get("identifiers")),
            "name": names,
            "telecom": elements.telecoms(source.get("telecoms")),
            "address": elements.addresses(source.get("addresses")),
        },
    )
    employed(draft, reference, organization(draft, source.get("organization")))
    draft.met.append((source, reference))
    return reference


def practitioners(draft: Draft, sources: Iterable[Practitioner] | None) -> list[Reference]:
    """Everyone named, each once."""
    if not sources:
        return []
    return each_once(practitioner(draft, source) for source in sources)


def each_once(references: Iterable[Reference | None]) -> list[Reference]:
    return list({one["reference"]: one for one in references if one}.values())


def employed(draft: Draft, who: Reference, where: Reference | None) -> None:
    """Writes the PractitionerRole that ties a practitioner to an organisation."""
    pair = (who["reference"], where["reference"]) if where else None
    if pair and pair not in draft.roles:
        draft.roles.add(pair)
        id = shared_id("PractitionerRole", *pair)
        draft.add("PractitionerRole", id, {"practitioner": who, "organization": where})


def location(draft: Draft, source: Place | None) -> Reference | None:
    """Writes a Location a level (building, floor, ward, room, bed), each part of the one around it.

    Returns the innermost (guide: PV1[Encounter]); None for a place without any level, name or facility.
    """
    if not source:
        return None
    facility = organization(draft, source.get("facility"))
    within = facility["reference"] if facility else draft.scope
    told: dict[str, Any] = {**source}
    levels = [(kind, told[level]) for level, kind in terms.LEVELS if elements.text(told.get(level))]
    named = elements.text(source.get("text"))
    if not levels and named:
        levels = [("", named)]
    elif not levels and facility:
        levels = [("", (source.get("facility") or {}).get("name") or "")]
    found: Reference | None = None
    for depth, (kind, name) in enumerate(levels):
        last = depth == len(levels) - 1
        within = shared_id("Location", within, kind, name)
        found = draft.add(
            "Location",
            within,
            {
                "name": name,
                "description": named if last and named != name else None,
                "physicalType": elements.coded(terms.PHYSICAL_TYPE, kind) if kind else None,
                "type": [{"text": source["type"]}] if last and elements.text(source.get("type")) else None,
                "operationalStatus": _operational(source.get("status")) if last else None,
                "managingOrganization": facility,
                "partOf": found,
            },
        )
    return found


def _operational(status: str | None) -> dict[str, Any] | None:
    """PL.5 or PV1-40: a code of table 0116, else only its text."""
    if status in terms.BED_STATUSES:
        return elements.coding(terms.table("0116"), status or "")
    return {"display": status} if elements.text(status) else None


def _met(draft: Draft, source: Any) -> Reference | None:
    """The reference already made from the very same words: most messages name their laboratory in every OBX."""
    for known, reference in draft.met:
        if known == source:
            return {**reference}
    return None


def _key(identifiers: list[Identifier] | None) -> tuple[str, str] | None:
    for system in _STRONG:
        for one in identifiers or ():
            if one.get("system") == system and (value := elements.text(one.get("value"))):
                return system, value
    return key_of(identifiers)


def _id(draft: Draft, kind: str, key: tuple[str, str] | None, name: str) -> str:
    return shared_id(kind, *key) if key else shared_id(kind, draft.scope, name)


@lru_cache(maxsize=8192)
def shared_id(kind: str, *parts: str) -> str:
    """`facts.name`, remembered: the same few establishments and professionals are named all day."""
    return facts.name(kind, *parts)
