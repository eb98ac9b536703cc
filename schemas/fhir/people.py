"""Who and where: Organization, Practitioner with PractitionerRole, Location.

Their ids come from the registry's entry, else from the strongest identifier, so that every message that names the
same INPE means the same resource; a bare name counts only within its sender.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from schemas.events import Identifier, Note, Organization, Place, Practitioner
from schemas.fhir import elements, extensions, terms
from schemas.fhir.draft import Draft, Reference, key_of, resource_id, shared_id

NATIONAL = "https://hie.sante.gov.ma/id/"
_STRONG = (NATIONAL + "inpe-es", NATIONAL + "inpe-ps", NATIONAL + "ice", NATIONAL + "payer")


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
            "extension": extensions.texts((extensions.ORGANIZATION_NAME_TYPE, source.get("name_type"))),
            "identifier": elements.identifiers(source.get("identifiers")),
            "name": name,
            # A body is at home nowhere (org-2, org-3).
            "telecom": [_of_a_body(one) for one in elements.telecoms(source.get("telecoms"))],
            "address": [_of_a_body(one) for one in elements.addresses(source.get("addresses"))],
            "contact": [{"name": one} for one in elements.human_names(source.get("contacts"))],
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
    employed(draft, reference, organization(draft, source.get("organization")), source)
    draft.met.append((source, reference))
    return reference


def practitioners(draft: Draft, sources: Iterable[Practitioner] | None) -> list[Reference]:
    """Everyone named, each once."""
    if not sources:
        return []
    return each_once(practitioner(draft, source) for source in sources)


def each_once(references: Iterable[Reference | None]) -> list[Reference]:
    return list({one["reference"]: one for one in references if one}.values())


def employed(draft: Draft, who: Reference, where: Reference | None, source: Practitioner | None = None) -> None:
    """Writes the PractitionerRole that ties a practitioner to an organisation, or to what it does, and where.

    Guide: PRT[PractitionerRole]. Period and action are of the one case, so whoever names the practitioner tells them.
    """
    source = source or {}
    place = location(draft, source.get("location"))
    codes = elements.concepts([one for one in (source.get("duty"),) if one])
    codes += [one for one in elements.concepts(source.get("kinds")) if one not in codes]
    specialty = elements.concept(source.get("specialty"))
    if not (where or place or codes or specialty):
        return
    told = [one["reference"] for one in (where, place) if one]
    told += [elements.key(one) for one in (*codes, specialty) if one]
    key = (who["reference"], *told) if where or told else (who["reference"],)
    if key in draft.roles:
        return
    draft.roles.add(key)
    draft.add(
        "PractitionerRole",
        shared_id("PractitionerRole", *key),
        {
            "practitioner": who,
            "organization": where,
            "code": codes,
            "specialty": [specialty] if specialty else None,
            "location": [place] if place else None,
        },
    )


def _of_a_body(element: dict[str, Any]) -> dict[str, Any]:
    return {name: one for name, one in element.items() if name != "use" or one != "home"}


def location(draft: Draft, source: Place | None) -> Reference | None:
    """Writes a Location a level (building, floor, ward, room, bed), each part of the one around it.

    Returns the innermost (guide: PV1[Encounter]); None for a place without any level, name or facility.
    """
    if not source:
        return None
    facility = organization(draft, source.get("facility"))
    systems: dict[str, str] = source.get("systems") or {}
    numbers = elements.identifiers(source.get("identifiers"))
    named_by = organization(draft, source.get("authority"))
    within = facility["reference"] if facility else draft.scope
    told: dict[str, Any] = {**source}
    levels = [(kind, told[level], systems.get(level)) for level, kind in terms.LEVELS if elements.text(told.get(level))]
    named, address = elements.text(source.get("text")), source.get("address")
    if not levels and named:
        levels = [("", named, None)]
    elif not levels and (facility or numbers):
        levels = [("", (source.get("facility") or {}).get("name") or "", None)]
    found: Reference | None = None
    for depth, (kind, name, system) in enumerate(levels):
        last = depth == len(levels) - 1
        within = shared_id("Location", within, kind, name)
        found = draft.add(
            "Location",
            within,
            {
                "extension": [{"url": extensions.LOCATION_AUTHORITY, "valueReference": named_by}]
                if last and named_by
                else None,
                "identifier": [*_of_level(name, system), *(numbers if last else ())],
                "name": name,
                "description": named if last and named != name else None,
                "address": next(iter(elements.addresses([address])), None) if last and address else None,
                "physicalType": elements.coded(terms.PHYSICAL_TYPE, kind) if kind else None,
                "type": [{"text": source["type"]}] if last and elements.text(source.get("type")) else None,
                "operationalStatus": _operational(source.get("status")) if last else None,
                "managingOrganization": facility,
                "partOf": found,
            },
        )
    return found


def notes(draft: Draft, ones: Iterable[Note] | None) -> list[dict[str, Any]]:
    """As `elements.notes`, with who wrote it (NTE-5) as a Practitioner."""
    written = [one for one in ones or () if elements.text(one.get("text"))]
    made = elements.notes(written)
    for note, annotation in zip(written, made, strict=True):
        if author := practitioner(draft, note.get("by")):
            annotation.pop("authorString", None)
            told = [one for one in annotation.pop("extension", ()) if one["url"] not in extensions.NOTE_AUTHOR]
            if told:
                annotation["extension"] = told
            annotation["authorReference"] = author
    return made


def _of_level(name: str, system: str | None) -> list[dict[str, Any]]:
    """A level whose name was given under a universal id."""
    value = elements.text(name)
    return [{"system": elements.uri(system), "value": value}] if value and system and not system.isspace() else []


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
