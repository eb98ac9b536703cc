"""Allergies: AL1, and IAM, which says all of AL1 and what becomes of it.

The guide maps both (AL1[AllergyIntolerance], IAM[AllergyIntolerance]).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final, cast

from mediators.hl7v2 import rows
from mediators.hl7v2.coded import code
from mediators.hl7v2.notes import notes
from mediators.hl7v2.reader import Segment
from mediators.hl7v2.scope import Scope
from mediators.hl7v2.texts import said
from schemas.events import Allergy, Code

_AL1: Final[rows.Table] = {3: ("code", rows.coded), 6: ("identified", rows.moment)}
_IAM: Final[rows.Table] = {
    3: ("code", rows.coded),
    6: ("action", rows.plain),
    7: ("identifier", rows.entity),
    9: ("sensitivity", rows.coded),
    10: ("group", rows.coded),
    11: ("onset", rows.moment),
    12: ("onset_text", rows.text),
    13: ("reported", rows.moment),
    14: ("reported_by", rows.name),
    15: ("relationship", rows.coded),
    23: ("recorded_by", rows.persons("IAM-23")),
    24: ("recorded", rows.moment),
}


def allergies(segments: Iterable[Segment], scope: Scope) -> list[Allergy]:
    """Every AL1 and IAM, each with the NTE after it."""
    groups: list[list[Segment]] = []
    for segment in segments:
        if segment.name in ("AL1", "IAM"):
            groups.append([segment])
        elif groups:
            groups[-1].append(segment)
        else:
            scope.rest(segment)
    return [found for head, *others in groups if (found := allergy(head, scope, others))]


def allergy(segment: Segment, scope: Scope, others: Sequence[Segment] = ()) -> Allergy | None:
    """AL1 or IAM: what to, type (table 0127), severity (0128), reactions, since when, who says so and with what
    certainty (0438)."""
    own = scope.part()
    told: dict[str, Any] = {}
    table = _IAM if segment.name == "IAM" else _AL1
    bares = {2: "type", 4: "severity", 17: "status"} if segment.name == "IAM" else {2: "type", 4: "severity"}
    for number, key in bares.items():
        _bare(segment, number, key, told)
    told |= rows.read(segment, table, own)
    _reactions(segment, told)
    own.rest(segment, {1, 5, *bares, *table})
    if written := notes([other for other in others if other.name == "NTE"], own):
        told["notes"] = written
    for other in others:
        if other.name != "NTE":
            own.rest(other)
    rows.beside(told, own, scope)
    return cast(Allergy, told) if told else None


def _bare(segment: Segment, number: int, key: str, told: dict[str, Any]) -> None:
    """The code alone, and beside it all that came with it."""
    sent = code(segment.field(number))
    if not sent:
        return
    if value := said(segment.text(number)):
        told[key] = value
    if _says_more(sent):
        told[f"{key}_code"] = sent


def _says_more(sent: Code) -> bool:
    codings = sent.get("codings") or []
    return len(codings) != 1 or codings[0].keys() != {"code"}


def _reactions(segment: Segment, told: dict[str, Any]) -> None:
    """AL1-5 is a text, but met as a code too."""
    sent = [field for field in segment.repetitions(5) if said(field.whole)]
    if texts := [text for field in sent if field.components == 1 and (text := said(field.whole))]:
        told["reactions"] = texts
    if coded := [found for field in sent if field.components > 1 and (found := code(field))]:
        told["manifestations"] = coded
