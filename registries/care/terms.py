"""What a directory resource can be searched by (IHE mCSD ITI-90): R4's own parameters, and mCSD's of the hierarchy."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from typing import Any

from registries.care import systems
from registries.care.elements import extensions

Resource = dict[str, Any]
# parameter, value, system ("" for none)
Term = tuple[str, str, str]

# Resource type → search parameter → its R4 type
PARAMETERS: dict[str, dict[str, str]] = {
    "HealthcareService": {
        "active": "token", "identifier": "token", "location": "reference", "name": "string",
        "organization": "reference", "service-type": "token",
    },
    "Location": {
        "identifier": "token", "name": "string", "organization": "reference", "partof": "reference", "status": "token",
        "type": "token",
    },
    "Organization": {
        "active": "token", "identifier": "token", "name": "string", "partof": "reference", "type": "token",
        "ihe-mcsd-hierarchy-type": "token", "ihe-mcsd-hierarchy-partof": "reference",
    },
    "Practitioner": {
        "active": "token", "identifier": "token", "family": "string", "given": "string", "name": "string",
    },
    "PractitionerRole": {
        "active": "token", "identifier": "token", "location": "reference", "organization": "reference",
        "practitioner": "reference", "role": "token", "service": "reference", "specialty": "token",
    },
}  # fmt: skip
TYPES = tuple(PARAMETERS)
# What a reference parameter may refer to
TARGETS = {
    "location": "Location", "organization": "Organization", "practitioner": "Practitioner",
    "service": "HealthcareService", "ihe-mcsd-hierarchy-partof": "Organization",
}  # fmt: skip
EXACT = ":exact"
# No index takes a longer one; what is searched for is cut alike
LONGEST = 400

_REFERENCES = {
    "Location": {"organization": "managingOrganization", "partof": "partOf"},
    "Organization": {"partof": "partOf"},
    "HealthcareService": {"organization": "providedBy", "location": "location"},
    "PractitionerRole": {
        "organization": "organization", "location": "location", "practitioner": "practitioner",
        "service": "healthcareService",
    },
}  # fmt: skip
_CONCEPTS = {
    "Location": {"type": "type"},
    "Organization": {"type": "type"},
    "HealthcareService": {"service-type": "type"},
    "PractitionerRole": {"role": "code", "specialty": "specialty"},
}


def folded(text: str) -> str:
    """FHIR's string search: without case, accents and doubled spaces."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    return " ".join("".join(one for one in plain if not unicodedata.combining(one)).split())[:LONGEST]


def target(kind: str, parameter: str) -> str:
    """The type a reference parameter of this type refers to."""
    return kind if parameter == "partof" else TARGETS[parameter]


def terms_of(resource: Resource) -> set[Term]:
    """Every term of a resource. A text stands folded, and as it is under `name:exact`; a reference as `Type/id`."""
    return {(name, value[:LONGEST], system[:LONGEST]) for name, value, system in _terms(resource) if value}


def _terms(resource: Resource) -> Iterator[Term]:
    kind = resource["resourceType"]
    for one in resource.get("identifier", ()):
        yield "identifier", one.get("value") or "", one.get("system") or ""
    if isinstance(resource.get("active"), bool):
        yield "active", str(resource["active"]).lower(), ""
    if kind == "Location":
        yield "status", resource.get("status") or "", "http://hl7.org/fhir/location-status"
    for parameter, element in _CONCEPTS.get(kind, {}).items():
        yield from _codes(parameter, resource.get(element) or ())
    for parameter, element in _REFERENCES.get(kind, {}).items():
        said = resource.get(element) or ()
        yield from ((parameter, _path(one), "") for one in ([said] if isinstance(said, dict) else said))
    for parameter, text in _texts(resource):
        yield parameter, folded(text), ""
        yield parameter + EXACT, text, ""
    yield from _hierarchies(resource)


def _codes(parameter: str, concepts: Iterable[Any]) -> Iterator[Term]:
    for one in (each for concept in concepts for each in concept.get("coding", ())):
        system, code = one.get("system") or "", one.get("code") or ""
        yield parameter, code, system
        if system == systems.MCSD_TYPES:  # who asks by the URN of 2019 finds it too, and the other way round
            yield parameter, systems.URN + code, systems.URIS
        elif system == systems.URIS and code.startswith(systems.URN):
            yield parameter, code.removeprefix(systems.URN), systems.MCSD_TYPES


def _texts(resource: Resource) -> Iterator[tuple[str, str]]:
    named = resource.get("name")
    for text in [named, *resource.get("alias", ())]:
        if isinstance(text, str):
            yield "name", text
    for human in named if isinstance(named, list) else ():
        family, given = human.get("family") or "", [one for one in human.get("given", ()) if one]
        yield from (("given", one) for one in given)
        yield "family", family
        yield from (("name", one) for one in (human.get("text") or "", family, *given))


def _hierarchies(resource: Resource) -> Iterator[Term]:
    for one in extensions(resource, systems.HIERARCHY):
        for kind in extensions(one, "hierarchy-type"):
            yield from _codes("ihe-mcsd-hierarchy-type", [kind.get("valueCodeableConcept") or {}])
        for above in extensions(one, "part-of"):
            yield "ihe-mcsd-hierarchy-partof", _path(above.get("valueReference") or {}), ""


def _path(reference: Any) -> str:
    """`Type/id` of a reference, whatever address stands before it."""
    parts = str(reference.get("reference") or "").partition("/_history")[0].split("/")
    return "/".join(parts[-2:]) if len(parts) > 1 else ""
