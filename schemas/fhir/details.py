"""Details (fields that only the standard has a name for) as extensions of the resource they belong to.

The url is ours with the field and its name: …/StructureDefinition/PV2-7-visit-user-code; the value as FHIR's own type.
A field of a sender's own (Z segments) has the name its channel's mapping gives it: …/StructureDefinition/carte-ramed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from schemas.events import Detail
from schemas.fhir import elements, extensions, people, times
from schemas.fhir.draft import Draft

# A segment's own index and repetitions are told by order
_INDEX = re.compile(r"\[\d+\]")
_UNSAFE = re.compile(r"[^A-Za-z0-9.-]")


def written(draft: Draft, details: Iterable[Detail] | None) -> list[dict[str, Any]]:
    """One extension a detail, in order; those that say nothing in FHIR's terms are left out."""
    return [made for one in details or () if (made := _extension(draft, one))]


def url(one: Detail) -> str:
    if one["place"].startswith("Z"):
        return extensions.OURS + _UNSAFE.sub("-", one["name"])
    return extensions.OURS + _UNSAFE.sub("-", f"{_INDEX.sub('', one['place'])}-{one['name']}")


def _extension(draft: Draft, one: Detail) -> dict[str, Any] | None:
    for kind, value in _values(draft, one):
        if value:
            return {"url": url(one), f"value{kind}": value}
    return None


def _values(draft: Draft, one: Detail) -> Iterable[tuple[str, Any]]:
    yield "String", elements.text(one.get("text"))
    yield "CodeableConcept", elements.concept(one.get("code"))
    yield "DateTime", times.date_time(one.get("time"))
    yield "Identifier", elements.identifier(one.get("identifier"))
    human, address, telecom = one.get("human"), one.get("address"), one.get("telecom")
    yield "HumanName", next(iter(elements.human_names([human])), None) if human else None
    yield "Address", next(iter(elements.addresses([address])), None) if address else None
    yield "ContactPoint", next(iter(elements.telecoms([telecom])), None) if telecom else None
    yield "Reference", people.practitioner(draft, one.get("practitioner"))
    yield "Reference", people.organization(draft, one.get("organization"))
    yield "Reference", people.location(draft, one.get("location"))
