"""A message as it is shown, without the numbers that screens hide, wherever one stands: in its own field, or in a note.

Which these are is asked of the channel's mediator. What it can't read, or refuses in part, may hold some that it did
not find: there, whatever looks like a card's number is hidden too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from channels.channel import Channel
from channels.console.body import Body
from channels.console.hl7_table import Hl7Table
from channels.console.masks import Masks, masked
from channels.receive import taken
from schemas.message import Refused

LARGE: Final = 1024 * 1024
MOST: Final = 500
SHORTEST: Final = 4
_CARD: Final = r"[A-Za-z]{1,2} ?[0-9]{4,7}"
Hide = Callable[[str], str]


def hidden(
    shown: Body, body: bytes, content_type: str, channel: Channel | None, masks: Masks, *, passed: bool = True
) -> tuple[Body, bool]:
    """What may be shown, and whether anything was hidden. `passed`: nothing of it was refused. Blocks."""
    found, whole = _numbers(body, content_type, channel, masks) if len(body) <= LARGE else (set(), False)
    hide = hiding(found, cards=not (passed and whole) or len(found) > MOST)
    told = replace(
        shown,
        hl7=_hl7(shown.hl7, hide) if shown.hl7 else None,
        csv=replace(shown.csv, rows=[replace(row, cells=[*map(hide, row.cells)]) for row in shown.csv.rows])
        if shown.csv
        else None,
        text=hide(shown.text),
    )
    return told, told != shown


def hiding(numbers: Collection[str], *, cards: bool = False) -> Hide:
    """Hides these numbers in a text, however they are spaced there. `cards`: and all that looks like a card's."""
    spaced = [r"[ .\-/]?".join(map(re.escape, _bare(one))) for one in sorted(numbers, key=len, reverse=True)[:MOST]]
    words = [*spaced, *([_CARD] if cards else ())]
    if not words:
        return str
    pattern = re.compile(rf"(?<![A-Za-z0-9])(?:{'|'.join(words)})(?![A-Za-z0-9])", re.IGNORECASE)
    return lambda text: pattern.sub(lambda found: masked(found[0]), text)


def _numbers(body: bytes, content_type: str, channel: Channel | None, masks: Masks) -> tuple[set[str], bool]:
    """Those that the mediator finds and screens hide; and whether it found all."""
    if channel is None:
        return set(), False
    try:
        glance = channel.mediator.describe(body, content_type)
        message = taken(channel, glance, body, content_type=content_type)
        translation = channel.mediator.mediate(message, channel.context)
    except (Refused, ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
        return set(), False  # what a mediator fails on is told where it was received
    found = {number for event in translation.events for system, number in _said(event) if masks.hides(system)}
    return {one for one in found if len(_bare(one)) >= SHORTEST}, not translation.refused


def _said(value: Any) -> Iterator[tuple[str, str]]:
    """(system, number) of whatever has both, at any depth."""
    if isinstance(value, Mapping):
        if isinstance(system := value.get("system"), str) and isinstance(number := value.get("value"), str):
            yield system, number
        for one in value.values():
            yield from _said(one)
    elif isinstance(value, list):
        for one in value:
            yield from _said(one)


def _bare(number: str) -> str:
    return "".join(filter(str.isalnum, number))


def _hl7(table: Hl7Table, hide: Hide) -> Hl7Table:
    return replace(
        table,
        segments=[
            replace(
                segment,
                fields=[
                    replace(
                        field,
                        raw=hide(field.raw),
                        components=[replace(part, raw=hide(part.raw)) for part in field.components],
                    )
                    for field in segment.fields
                ],
            )
            for segment in table.segments
        ],
    )
