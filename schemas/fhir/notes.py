"""Notes (NTE) as Annotations whose author is somebody: `elements.notes` where a person who wrote it (NTE-5) is told."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from schemas.events import Note
from schemas.fhir import elements, people
from schemas.fhir.draft import Draft


def written(draft: Draft, notes: Iterable[Note] | None) -> list[dict[str, Any]]:
    """Each note; its author a Practitioner where one is named, else a text."""
    return [made for one in notes or () for made in _note(draft, one)]


def _note(draft: Draft, source: Note) -> list[dict[str, Any]]:
    found = elements.notes([source])
    who = people.practitioner(draft, source.get("by")) if found else None
    if who:
        found[0].pop("authorString", None)
        found[0]["authorReference"] = who
    return found
