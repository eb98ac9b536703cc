"""Notes: NTE, wherever it stands."""

from __future__ import annotations

from collections.abc import Iterable

from mediators.hl7v2.datatypes import part, repeats, said
from mediators.hl7v2.reader import Segment
from mediators.hl7v2.scope import Scope
from schemas.events import Note


def notes(segments: Iterable[Segment], scope: Scope) -> list[Note]:
    """The notes in these segments, one each; blank ones, sent to space a printout, are none."""
    found: list[Note] = []
    for nte in segments:
        if text := repeats(nte, 3):
            note: Note = {"text": text}
            if source := said(nte.text(2)):
                note["source"] = source
            if kind := part(nte.field(4), 1):
                note["type"] = kind
            found.append(note)
        scope.rest(nte, (1, 2, 3, 4))
    return found
