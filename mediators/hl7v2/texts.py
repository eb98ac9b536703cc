"""What a field says as plain text, and how its repetitions are gone through; all readers of data types rest on it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from mediators.hl7v2.reader import Field, Segment
from mediators.hl7v2.scope import NULL, Scope

Shape = TypeVar("Shape")


def said(text: str) -> str | None:
    """A text that says something: without blanks around it; None for nothing and for HL7's null."""
    text = text.strip()
    return text if text and text != NULL else None


def part(field: Field, number: int) -> str | None:
    """A component as text, an unescaped `&` in it kept as a character."""
    return said(field.component(number).whole)


def each(read: Callable[[Field], Shape | None], fields: Iterable[Field]) -> list[Shape]:
    """What every repetition says, without those that say nothing."""
    return [one for field in fields if field.raw and (one := read(field)) is not None]


def listed(segment: Segment, number: int, read: Callable[[Field], Shape | None]) -> list[Shape]:
    """Every repetition of a field."""
    fields = segment.repetitions(number)
    return each(read, fields) if fields else []


def one(segment: Segment, number: int, read: Callable[[Field], Shape | None]) -> Shape | None:
    """The first repetition of a field that says something."""
    found = listed(segment, number, read)
    return found[0] if found else None


def only(segment: Segment, number: int, read: Callable[[Field], Shape | None], scope: Scope) -> Shape | None:
    """As `one`, for a field that should not repeat: where it does and says several things, all become details."""
    found = listed(segment, number, read)
    if len(found) > 1 and any(other != found[0] for other in found):
        scope.others.append((segment, number, 0))
    return found[0] if found else None


def bare(segment: Segment, number: int, scope: Scope) -> str | None:
    """A code (IS, ID) where only the code has a place: what else was sent with it makes the field a detail."""
    raw = segment.raw_field(number)
    if not raw:
        return None
    field = segment.field(number)
    found = said(field.text(1))
    if (found is None and said(field.whole)) or field.components > 1 or len(segment.repetitions(number)) > 1:
        scope.others.append((segment, number, 0))
    return found


def repeats(segment: Segment, number: int) -> str | None:
    """A free text (ST, TX, FT) with its repetitions as lines."""
    raw = segment.raw_field(number)
    if not raw or raw == NULL:
        return None
    text = "\n".join(field.whole for field in segment.repetitions(number)).rstrip()
    return text if said(text) else None


def emptied(segment: Segment, number: int) -> bool:
    """Whether the sender asks to delete a field: HL7's null alone, or in every component that was sent."""
    raw = segment.raw_field(number)
    if not raw.startswith(NULL):
        return False
    parts = (
        field.component(place) for field in segment.repetitions(number) for place in range(1, field.components + 1)
    )
    return raw == NULL or not any(said(part.text(one)) for part in parts for one in range(1, part.components + 1))
