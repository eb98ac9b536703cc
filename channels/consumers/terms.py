"""What a resource can be searched by: the built-in record's index terms, and how searched texts are folded."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from channels.consumers.standing import Resource

# type, parameter, value, system ("" for none), id
Term = tuple[str, str, str, str, str]


def folded(text: str) -> str:
    """FHIR's string search: without case, accents and doubled spaces."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    return " ".join("".join(one for one in plain if not unicodedata.combining(one)).split())


def terms_of(resource: Resource) -> set[Term]:
    kind, name = resource["resourceType"], resource["id"]
    return {(kind, parameter, value, system, name) for parameter, value, system in _terms(resource) if value}


def _terms(resource: Resource) -> Iterator[tuple[str, str, str]]:
    identifiers = resource.get("identifier") or []
    for one in [identifiers] if isinstance(identifiers, dict) else identifiers:
        yield "identifier", one.get("value") or "", one.get("system") or ""
    if resource["resourceType"] == "Patient":
        yield "birthdate", resource.get("birthDate") or "", ""
        yield "gender", resource.get("gender") or "", ""
        for human in resource.get("name") or ():
            yield "family", folded(human.get("family") or ""), ""
            yield "name", folded(human.get("text") or ""), ""
            for given in human.get("given") or ():
                yield "given", folded(given or ""), ""
