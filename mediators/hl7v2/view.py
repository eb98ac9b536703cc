"""A segment as a channel's mapping changed it. The bytes of the message stay as they came."""

from __future__ import annotations

from mediators.hl7v2.delimiters import Delimiters
from mediators.hl7v2.reader import Field, Hl7, Segment


class Translated(Field):
    """A field to which a coding was added, after those that were sent; `mapped` says where it came from."""

    __slots__ = ("mapped",)

    def __init__(self, field: Field, mapped: str) -> None:
        super().__init__(field.raw, field._syntax)
        self.mapped = mapped


class View(Segment):
    """`sent` holds fields as they were sent where another code took their place."""

    __slots__ = ("_mapped", "sent")

    def __init__(self, segment: Segment) -> None:
        super().__init__(segment.name, segment.index, segment.raw, segment._syntax)
        self._fields = list(segment._fields or segment._split())
        self._mapped: dict[int, dict[int, str]] = {}
        self.sent: dict[int, str] = {}

    def put(self, number: int, parts: list[str]) -> None:
        """Gives a field these repetitions."""
        fields = self._fields or self._split()
        fields += [""] * (number + 1 - len(fields))
        fields[number] = self._syntax.delimiters.repetition.join(parts)
        told = [fields[0], *fields[2:]] if self.name == "MSH" else fields
        self.raw = self._syntax.delimiters.field.join(told)

    def keep(self, number: int) -> None:
        """Keeps a field as it is now, for its code will be another."""
        self.sent.setdefault(number, self.raw_field(number))

    def note(self, number: int, repetition: int, mapped: str) -> None:
        """Says where the last coding of a repetition (from 1) came from."""
        self._mapped.setdefault(number, {})[repetition] = mapped

    def repetitions(self, number: int) -> list[Field]:
        found = super().repetitions(number)
        for repetition, mapped in self._mapped.get(number, {}).items():
            if repetition <= len(found):
                found[repetition - 1] = Translated(found[repetition - 1], mapped)
        return found

    def field(self, number: int) -> Field:
        mapped = self._mapped.get(number, {}).get(1)
        found = super().field(number)
        return Translated(found, mapped) if mapped else found


def view(hl7: Hl7, position: int) -> View:
    """The segment at this position (from 0) as one that can be changed."""
    segment = hl7.segments[position]
    if not isinstance(segment, View):
        segment = hl7.segments[position] = View(segment)
    return segment


def parts(segment: Segment, number: int) -> list[str]:
    """The repetitions of a field as sent; one that is empty when there are none."""
    return segment.raw_field(number).split(segment._syntax.delimiters.repetition)


def put(hl7: Hl7, position: int, number: int, given: list[str]) -> None:
    """Gives a field of the segment at this position these repetitions."""
    if given != parts(hl7.segments[position], number):
        view(hl7, position).put(number, given)


def delimiters_of(segment: Segment) -> Delimiters:
    return segment._syntax.delimiters


def decoded(segment: Segment, raw: str) -> str:
    """A part of a field as text."""
    return segment._syntax.text(raw)
