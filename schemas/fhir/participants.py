"""Who takes part in something that R4 gives no participants: an extension that says who, as what, and from when on."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from schemas.events import Practitioner
from schemas.fhir import elements, extensions, people, times
from schemas.fhir.draft import Draft, Reference


def reference(draft: Draft, source: Practitioner) -> Reference | None:
    """The person, else the body where nobody of it is named."""
    return people.practitioner(draft, source) or people.organization(draft, source.get("organization"))


def written(draft: Draft, url: str, sources: Iterable[Practitioner] | None) -> list[dict[str, Any]]:
    """One extension each, in order."""
    return [made for one in sources or () if (made := _participant(draft, url, one))]


def _participant(draft: Draft, url: str, source: Practitioner) -> dict[str, Any] | None:
    who = reference(draft, source)
    if who is None:
        return None
    role = elements.text(source.get("role"))
    duty = elements.concept(source.get("duty")) or ({"text": role} if role else None)
    period = times.period(source.get("start"), source.get("end"))
    where = people.location(draft, source.get("location"))
    told = extensions.extensions(
        extensions.extension("who", "Reference", who),
        extensions.extension("role", "CodeableConcept", duty),
        extensions.extension("period", "Period", period),
        extensions.extension("location", "Reference", where),
    )
    return {"url": url, "extension": told}
