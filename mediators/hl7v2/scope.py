"""What is known while one message is read: the channel's context, who sent it, and what has found no place yet."""

from __future__ import annotations

from collections.abc import Collection
from datetime import tzinfo
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from mediators.hl7v2 import changes, standard, times
from mediators.hl7v2.reader import Hl7, Segment
from mediators.mediator import Context
from schemas.events import Code, Left

NULL = '""'
AS_SENT: Final = -1


# The components of each type that its reader in `datatypes` keeps; what else was sent is a detail of the field
KEPT: Final[dict[str, frozenset[int]]] = {
    "CX": frozenset(range(1, 11)),
    "EI": frozenset((1, 2, 3, 4)),
    "HD": frozenset((1, 2, 3)),
    "XPN": frozenset((*range(1, 9), *range(11, 16))),
    "XAD": frozenset((*range(1, 10), 13, 14)),
    "XTN": frozenset((*range(1, 10), 12, 13, 14)),
    "XCN": frozenset((*range(1, 16), *range(18, 24))),
    "XON": frozenset((*range(1, 9), 10)),
    "PL": frozenset(range(1, 12)),
    "CE": frozenset(range(1, 23)),
    "CWE": frozenset(range(1, 23)),
    "CNE": frozenset(range(1, 23)),
}
# How many components from the first on are kept without a gap: most fields have no more
_FIRST: Final = {kind: next(number for number in range(1, 99) if number not in kept) - 1 for kind, kept in KEPT.items()}

# Where a type has its number, and the components that only describe it
_NUMBERED: Final[dict[str, tuple[tuple[int, ...], tuple[int, ...]]]] = {
    "CX": ((1,), (*range(2, 11),)),
    "EI": ((1,), (2, 3, 4)),
    "XCN": ((1,), (8, 9, *range(11, 15), 22, 23)),
    "XON": ((3, 10), (*range(4, 9),)),
}

# Fields that the standard lets repeat, and an event has one place for
_ONCE: Final[dict[str, frozenset[int]]] = {
    "CTD": frozenset((1,)),
    "OBR": frozenset((53,)),
    "OBX": frozenset((20, 23)),
    "ORC": frozenset((21, 33)),
    "PRD": frozenset((1,)),
    "RF1": frozenset((13,)),
    "RXA": frozenset((16, 17)),
    "RXD": frozenset((19, 20, 35)),
    "RXG": frozenset((20, 21, 31)),
    "SPM": frozenset((11, 30)),
    "TQ1": frozenset((9,)),
    "TXA": frozenset((25,)),
}


class Scope:
    """One message, or one part of it with what has found no place in its event so far.

    `sender` names the authority of numbers that come without one: MSH-4, else MSH-3, else the channel.
    `unknown` gathers the codes without translation; it is shared by all parts.
    `left`: values without a place. `others`: fields that only the standard (or the channel's mapping) has a name for,
    which become details of the event; a component's number in place of 0 means that component of every repetition,
    AS_SENT the field as it was before the mapping changed its code.
    """

    __slots__ = ("context", "left", "names", "others", "sender", "unknown", "zone")

    def __init__(self, context: Context, sender: str, zone: tzinfo, unknown: dict[str, None]) -> None:
        self.context = context
        self.sender = sender
        self.zone = zone
        self.unknown = unknown
        self.names = changes.read(context.mapping).named if context.mapping else {}
        self.left: list[Left] = []
        self.others: list[tuple[Segment, int, int]] = []

    @staticmethod
    def of(hl7: Hl7, context: Context, channel: str) -> Scope:
        names = (hl7.msh.text(number, part).strip() for number in (4, 3) for part in (1, 2))
        sender = next((name for name in names if name and name != NULL), channel)
        return Scope(context, sender, _zone(context.zone), {})

    def part(self) -> Scope:
        """The same for a part of the message, with nothing left over yet."""
        return Scope(self.context, self.sender, self.zone, self.unknown)

    def adopt(self, other: Scope) -> None:
        """Takes over what has found no place in another part."""
        self.left = [*other.left, *self.left]
        self.others = [*other.others, *self.others]

    def time(self, segment: Segment, number: int, repetition: int = 1) -> str | None:
        """A time of a field; one that can't be read is left over as it was sent."""
        text = segment.text(number, repetition=repetition).strip() if segment.raw_field(number) else ""
        return self._kept(segment, number, text, times.time(text, self.zone) if text else None)

    def time_of(self, segment: Segment, number: int, text: str) -> str | None:
        """A time that is a part of a field."""
        text = text.strip()
        return self._kept(segment, number, text, times.time(text, self.zone) if text else None)

    def birth_date(self, segment: Segment, number: int) -> str | None:
        """A date of birth; of several the first."""
        text = segment.text(number).strip()
        return self._kept(segment, number, text, times.birth_date(text, self.zone) if text else None)

    def _kept(self, segment: Segment, number: int, text: str, found: str | None) -> str | None:
        if text and found is None and text != NULL:
            self.leave(segment, number)
        return found

    def coded(self, code: Code) -> Code:
        """The code with its translation beside it; without one it goes to the work list."""
        missing: list[str] = []
        self.context.codes.translate(code, missing)
        for one in missing:
            self.unknown[one] = None
        return code

    def leave(self, segment: Segment, number: int) -> None:
        """Keeps a field that has no place, as sent."""
        raw = segment.raw_field(number)
        if raw and raw != NULL and not raw.isspace():
            self.left.append({"place": place(segment, number), "value": raw})

    def rest(self, segment: Segment, mapped: Collection[int] = ()) -> None:
        """Keeps every field of a segment that holds something and is not among the mapped ones. Of those, too, what
        readers leave out: components, and what is repeated against the standard."""
        self.others += self.beside(segment, mapped)

    def beside(self, segment: Segment, mapped: Collection[int] = ()) -> list[tuple[Segment, int, int]]:
        """As `rest`, for a part of the event that carries its own details; what the standard doesn't know is left."""
        found: list[tuple[Segment, int, int]] = []
        plan = _plan(segment.name, frozenset(mapped))
        repeats = segment.has_repetitions
        for number, raw in segment.filled():
            if raw == NULL or raw.isspace():
                continue
            if number in segment.sent:
                found.append((segment, number, AS_SENT))
            whole, once, kind = plan.get(number, (False, False, None))
            if whole:
                found.append((segment, number, 0))
            elif once and repeats and segment.says_several(number):
                if (segment, number, 0) not in self.others:
                    found.append((segment, number, 0))
            elif kind and (most := segment.most_components(number)) > 1:
                if most > _FIRST[kind]:
                    found += self._components(segment, number, kind)
                if kind in _NUMBERED:
                    found += self._numberless(segment, number, kind)
            elif number not in plan:
                found += self._own(segment, number)
        return found

    def _own(self, segment: Segment, number: int) -> list[tuple[Segment, int, int]]:
        """A field that the standard has no name for: the channel's mapping may name it, or components of it."""
        parts = {at[2] for at in self.names if at[:2] == (segment.name, number)} if self.names else ()
        if 0 in parts:
            return [(segment, number, 0)]
        most = segment.most_components(number)
        if not parts or any(field.component(one) for field in segment.repetitions(number) for one in range(1, most + 1)
                            if one not in parts):  # fmt: skip
            self.leave(segment, number)
        return [(segment, number, one) for one in sorted(parts)]

    @staticmethod
    def _numberless(segment: Segment, number: int, kind: str) -> list[tuple[Segment, int, int]]:
        """What describes a number that was not sent."""
        places, about = _NUMBERED[kind]
        fields = [field for field in segment.repetitions(number) if not any(field.text(place) for place in places)]
        return (
            [(segment, number, one) for one in about if any(field.component(one) for field in fields)] if fields else []
        )

    @staticmethod
    def _components(segment: Segment, number: int, kind: str) -> list[tuple[Segment, int, int]]:
        most = segment.most_components(number)
        return [(segment, number, one) for one in range(_FIRST[kind] + 1, most + 1) if one not in KEPT[kind]]


def place(segment: Segment, number: int) -> str:
    """ "PV1-10", of a second segment of that name "PV1[2]-10"."""
    name = segment.name if segment.index == 1 else f"{segment.name}[{segment.index}]"
    return f"{name}-{number}"


@lru_cache(maxsize=1024)
def _plan(name: str, mapped: frozenset[int]) -> dict[int, tuple[bool, bool, str | None]]:
    """What becomes of each field that the standard or a reader knows: whether all of it is a detail, whether it is
    where it says several things, else the type whose further components are."""
    plan: dict[int, tuple[bool, bool, str | None]] = dict.fromkeys(mapped, (False, False, None))
    several = standard.repeating(name) - _ONCE.get(name, frozenset())
    for number, named in enumerate(standard.fields(name), 1):
        if named:
            plan[number] = (number not in mapped, number not in several, named.type if named.type in _FIRST else None)
    return plan


@lru_cache(maxsize=16)
def _zone(name: str) -> tzinfo:
    return ZoneInfo(name)
