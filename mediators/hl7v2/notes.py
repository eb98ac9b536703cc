"""Notes: NTE, wherever it stands."""

from __future__ import annotations

from collections.abc import Iterable

from mediators.hl7v2.coded import code
from mediators.hl7v2.parties import people
from mediators.hl7v2.reader import Segment
from mediators.hl7v2.scope import Scope
from mediators.hl7v2.texts import only, part, repeats, said
from schemas.events import Note


def notes(segments: Iterable[Segment], scope: Scope) -> list[Note]:
    """The notes in these segments, one each; blank ones, sent to space a printout, are none."""
    found: list[Note] = []
    for nte in segments:
        if text := repeats(nte, 3):
            note: Note = {"text": text}
            if source := said(nte.text(2)):
                note["source"] = source
            if nte.count() > 3:
                _described(nte, note, scope)
            found.append(note)
            scope.rest(nte, range(1, 9))
        else:
            # a source is one letter (table 0105): what is longer is a text that slipped there
            scope.rest(nte, (1, 2, 3, 4) if len(nte.text(2).strip()) < 3 else (1, 3, 4))
    return found


def _described(nte: Segment, note: Note, scope: Scope) -> None:
    """Its type (table 0364), who wrote it and when, and how long it holds."""
    if kind := part(nte.field(4), 1):
        note["type"] = kind
    if (told := only(nte, 4, code, scope)) and (told.get("codings") or [{}])[0].keys() != {"code"}:
        note["kind"] = told
    writers = people(nte, 5, scope)
    if writers:
        note["by"] = writers[0]
    if writers[1:]:
        scope.others.append((nte, 5, 0))
    for key, number in (("recorded", 6), ("start", 7), ("end", 8)):
        if moment := scope.time(nte, number):
            note[key] = moment  # type: ignore[literal-required]  # three keys of Note
