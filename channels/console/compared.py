"""Two identities as a page lays them side by side: rows, what speaks for and against, and who says what."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from channels.console.beside import rows
from channels.console.masks import Masks
from channels.console.portrait import plain
from channels.identities import Identities, Side
from channels.journal.times import iso
from registries.client.matching.phrases import PHRASES
from registries.client.matching.rules import Part
from registries.client.matching.scoring import Score


def compared(of: Identities, one: Side, other: Side, masks: Masks, unscored: Sequence[str] = ()) -> dict[str, Any]:
    """What the template shows; `read`: whose data that is. `unscored`: words where the two can't be compared."""
    score = of.compared(one, other)
    return {
        "one": side(one),
        "other": side(other),
        "rows": rows(one, other, score, masks),
        "sources": sources(one, other),
        "score": score,
        "explained": score.explained() if score else unscored,
        "evidence": evidence(score),
        "read": sorted(one.joined | other.joined),
    }


def evidence(score: Score | None) -> list[tuple[Part, str]]:
    """What was compared, with its phrase, the weightiest first."""
    found = [(part, PHRASES[part.field, part.level]) for part in score.parts] if score else []
    return sorted(found, key=lambda one: -abs(one[0].weight))


def side(one: Side) -> dict[str, Any]:
    return {
        "person": one.person,
        "joined": sorted(one.joined - {one.person}),
        "records": [told(r) for r in one.records],
    }


def told(record: Any) -> dict[str, Any]:
    return {
        "id": record.id,
        "person": record.person,
        "source": record.source,
        "channel": record.channel,
        "at": iso(record.at),
        "version": iso(record.version),
    }


def sources(*sides: Side) -> dict[int, str]:
    """Record → who says so, short."""
    return {record.id: plain(record.source) for side in sides for record in side.records}
