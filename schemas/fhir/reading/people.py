"""Who and where: a reference to a Practitioner, PractitionerRole, Organization or Location → the event's shapes."""

from __future__ import annotations

from typing import Any, cast

from schemas.events import Organization, Place, Practitioner
from schemas.fhir import terms
from schemas.fhir.reading import elements
from schemas.fhir.reading.elements import Json, Source, said, take


def practitioner(source: Source, reference: Json, role: str | None = None) -> Practitioner | None:
    """Whoever is referred to, in a role (HL7 table 0443). Someone who is not in the message is known by
    Reference.identifier and .display. None for an Organization, and for nobody."""
    word = kind(source, reference)
    if word in ("Organization", "Location"):
        return None
    found = source.follow(reference, "Practitioner", "PractitionerRole")
    made = _logical(source, reference) if found is None else source.once(found, _person)
    if made and role:
        made["role"] = role
    return made or None


def practitioners(source: Source, references: list[Json], role: str | None = None) -> list[Practitioner]:
    return [made for one in references if (made := practitioner(source, one, role))]


def organization(source: Source, reference: Json, *, only: bool = False) -> Organization | None:
    """The Organization referred to, or that of a Location. None for a person, and for none.

    `only`: the element takes nothing but an Organization, so that a reference need not say so.
    """
    word = kind(source, reference)
    if word in ("Practitioner", "Patient", "RelatedPerson", "Device"):
        return None
    kinds = ("Organization",) if only else ("Organization", "Location")
    found = source.follow(reference, *kinds)
    if found is None:
        known = only or word == "Organization"
        return cast(Organization, _logical(source, reference, body=True)) or None if known else None
    if found.get("resourceType") == "Organization":
        return cast(Organization, source.once(found, elements.body))
    return source.once(found, _body)


def kind(source: Source, reference: Json) -> str:
    """The type of resource a Reference means, as far as it tells: of what is here, else as it says."""
    named = reference.get("type")
    if isinstance(named, str) and named:
        return named
    literal = reference.get("reference")
    before = literal.rpartition("/")[0].rpartition("/")[2] if isinstance(literal, str) else ""
    if before:
        return before
    found = source.follow({**reference})
    return str(found.get("resourceType") or "") if found else ""


def _logical(source: Source, reference: Json, *, body: bool = False) -> Any:
    identifier = elements.identifier(source, elements.part(reference, "identifier"))
    display = take(reference, "display")
    names: dict[str, Any] = {"name": display} if body else {"names": [{"text": display}] if display else None}
    return said(identifiers=[identifier] if identifier else None, **names)


def _person(source: Source, resource: Json) -> Practitioner:
    if resource.get("resourceType") == "PractitionerRole":
        return _in_role(source, resource)
    return cast(Practitioner, _named(source, resource))


def _named(source: Source, resource: Json) -> dict[str, Any]:
    return said(
        identifiers=elements.identifiers(source, resource),
        names=elements.human_names(resource),
        telecoms=elements.telecoms(resource),
        addresses=elements.addresses(resource),
    )


def _in_role(source: Source, resource: Json) -> Practitioner:
    reference = elements.part(resource, "practitioner")
    found = source.follow(reference, "Practitioner")
    person: dict[str, Any] = source.once(found, _named) if found else _logical(source, reference)
    own = elements.identifiers(source, resource)
    merged = said(
        identifiers=[*(person.pop("identifiers", None) or ()), *own],
        telecoms=[*(person.pop("telecoms", None) or ()), *elements.telecoms(resource)],
        organization=organization(source, elements.part(resource, "organization"), only=True),
    )
    return cast(Practitioner, person | merged)


def _body(source: Source, resource: Json) -> Organization:
    """The body that a Location belongs to, else the Location itself."""
    if managed := organization(source, elements.part(resource, "managingOrganization"), only=True):
        return managed
    return cast(Organization, said(identifiers=elements.identifiers(source, resource), name=take(resource, "name")))


def performers(source: Source, references: list[Json]) -> tuple[list[Practitioner], Organization | None]:
    """The people among performers, and the organisation: the first that is named, else the first that one works for."""
    bodies = [organization(source, one) for one in references]
    people = practitioners(source, references)
    employers = [one.get("organization") for one in people]
    return people, next((one for one in [*bodies, *employers] if one), None)


def place(source: Source, reference: Json) -> Place | None:
    """The Location referred to with every Location it is part of, as one place. None for nowhere."""
    made: dict[str, Any] = {}
    for _ in range(len(terms.LEVELS) + 1):
        found = source.follow(reference, "Location")
        if found is None:
            break
        above = elements.part(found, "partOf")
        made = source.once(found, _level) | made
        reference = above
    if not made and (display := take(reference, "display")):
        made = {"text": display}
    return cast(Place, made) if made else None


def _level(source: Source, resource: Json) -> dict[str, Any]:
    levels = {code: field for field, code in terms.LEVELS}
    form = elements.plain_code(elements.part(resource, "physicalType"))
    facility = organization(source, elements.part(resource, "managingOrganization"), only=True)
    described = take(resource, "description")
    name = take(resource, "name")
    field = levels.get(form or "")
    return said(
        **({field: name} if field else {}),
        text=described or (None if field else name),
        type=next((kind for one in elements.parts(resource, "type") if (kind := elements.plain_code(one))), None),
        status=take(elements.part(resource, "operationalStatus"), "code"),
        facility=facility,
    )
