"""Carries out what a channel's mapping says, on the view of a message that is about to be read (see mapping.py).

Every change is made to each segment of its name, and to each repetition of the field. Nothing is lost on the way: what
a move finds no room for stays where it was, and a code that another one replaces is kept as a detail.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from mediators.hl7v2 import view
from mediators.hl7v2.delimiters import Delimiters
from mediators.hl7v2.mapping import (
    AUTHORITY,
    Authority,
    Condition,
    Move,
    Remove,
    Set,
    Translate,
    When,
    mapping_of,
)
from mediators.hl7v2.near import near
from mediators.hl7v2.places import Place, put, taken, written
from mediators.hl7v2.reader import Hl7, Segment, nearest_version
from mediators.mapping import Once

_NULL: Final = '""'
_CODED: Final = frozenset({"CE", "CWE", "CNE", "CF"})
# Types of which a field that has one may have another: a number or name beside those that were sent
_LISTED: Final = frozenset({"CX", "EI", "XCN", "XPN", "XAD", "XTN", "XON"})

read = Once(mapping_of)


def apply(hl7: Hl7, mapping: Mapping[str, Any], source: str) -> None:
    """Changes the segments of a message as the mapping says. `source` names the file, for translations.

    Raises BadMapping when it can't be used.
    """
    found = read(mapping)
    for number, change in enumerate(found.changes):
        if change.when.about(hl7, hl7.type):
            _APPLY[type(change)](hl7, change, f"{source or 'mapping'} changes.{number}")
    if found.changes:
        hl7.version = nearest_version(hl7.msh.text(12))


def _set(hl7: Hl7, change: Set, source: str) -> None:
    at, delimiters = change.set, hl7.delimiters
    value = written(change.to, delimiters)

    def given(raw: str) -> str:
        return put(raw, at, value, delimiters) if change.always or not taken(raw, at, delimiters).strip() else raw

    for position in _positions(hl7, at, change.when):
        raw = hl7.segments[position].raw_field(at.field)
        if at.component or change.when.places:
            # an empty repetition among others is no place of its own
            _each(hl7, position, at, change.when, given if not raw else lambda one: given(one) if one else one)
        elif change.always or not raw.strip():
            view.put(hl7, position, at.field, [value])


def _remove(hl7: Hl7, change: Remove, source: str) -> None:
    at, delimiters = change.remove, hl7.delimiters
    for position in _positions(hl7, at, change.when):
        segment = hl7.segments[position]
        if at.component:
            _each(hl7, position, at, change.when, lambda raw: put(raw, at, "", delimiters))
        elif segment.raw_field(at.field):
            kept = [raw for raw in view.parts(segment, at.field) if not _fits(segment, raw, at, change.when)]
            view.put(hl7, position, at.field, kept)


def _move(hl7: Hl7, change: Move, source: str) -> None:
    here, there = change.move, change.to
    for position in _positions(hl7, here, change.when):
        segment = hl7.segments[position]
        goal = position if here.segment == there.segment else near(hl7, position, there.segment)
        if goal is None or not segment.raw_field(here.field):
            continue
        kept = []
        for raw in view.parts(segment, here.field):
            piece = taken(raw, here, hl7.delimiters)
            wanted = piece.strip() and piece != _NULL and _fits(segment, raw, here, change.when)
            if not wanted or not _placed(hl7, goal, there, _suited(piece, change, hl7.delimiters)):
                kept.append(raw)
            elif here.component:
                kept.append(put(raw, here, "", hl7.delimiters))
        if here.whole != there.whole or goal != position:
            view.put(hl7, position, here.field, kept)


def _suited(piece: str, change: Move, delimiters: Delimiters) -> str:
    """What is moved as its new place writes it: within a component, components are subcomponents; and the reverse."""
    if change.to.component and not change.move.component:
        piece = piece.replace(delimiters.component, delimiters.subcomponent)
    elif change.move.component and not change.to.component:
        piece = piece.replace(delimiters.subcomponent, delimiters.component)
    for number, text in change.parts.items():
        piece = put(piece, Place("", 0, number), written(text, delimiters), delimiters)
    return piece


def _placed(hl7: Hl7, position: int, there: Place, piece: str) -> bool:
    """Whether there was room: in an empty place, or beside other numbers and names in a list of them."""
    parts = view.parts(hl7.segments[position], there.field)
    if there.component:
        if taken(parts[0], there, hl7.delimiters):
            return False
        parts[0] = put(parts[0], there, piece, hl7.delimiters)
    elif parts == [""]:
        parts = [piece]
    elif piece in parts:
        return True
    elif there.type in _LISTED:
        parts.append(piece)
    else:
        return False
    view.put(hl7, position, there.field, parts)
    return True


def _authority(hl7: Hl7, change: Authority, source: str) -> None:
    name, delimiters = written(change.authority, hl7.delimiters), hl7.delimiters
    replaced = change.instead_of or ("",)
    for at in change.of:
        number, value = AUTHORITY[at.type]
        authority, holder = Place(at.segment, at.field, number), Place(at.segment, at.field, value)

        def given(raw: str, authority: Place = authority, holder: Place = holder, kind: str = at.type) -> str:
            if not taken(raw, holder, delimiters).strip() or _named(raw, authority, delimiters) not in replaced:
                return raw
            if kind != "EI":
                return put(raw, authority, name, delimiters)
            for part, text in enumerate([*name.split(delimiters.subcomponent), "", ""][:3], 2):
                raw = put(raw, Place("", 0, part), text, delimiters)
            return raw

        for position in _positions(hl7, at, change.when):
            _each(hl7, position, at, change.when, given)


def _named(raw: str, authority: Place, delimiters: Delimiters) -> str:
    """The authority that was sent: its name, else its universal id; "" for none."""
    parts = taken(raw, authority, delimiters).split(delimiters.subcomponent)
    return next((part.strip() for part in parts if part.strip()), "")


def _translate(hl7: Hl7, change: Translate, source: str) -> None:
    at, delimiters = change.translate, hl7.delimiters
    code = at if at.component else Place(at.segment, at.field, 1)
    for position in _positions(hl7, at, change.when):
        segment = hl7.segments[position]
        parts = view.parts(segment, at.field)
        for index, raw in enumerate(parts):
            local = view.decoded(segment, taken(raw, code, delimiters).strip())
            standard = change.codes.get(local)
            if standard is None or not _fits(segment, raw, at, change.when):
                continue
            text = written(standard, delimiters)
            if "^" not in standard:
                view.view(hl7, position).keep(at.field)
                parts[index] = put(raw, code, text, delimiters)
            elif beside := _beside(raw, text, delimiters):
                parts[index] = beside
                view.view(hl7, position).note(at.field, index + 1, f"{source} {local}")
        view.put(hl7, position, at.field, parts)


def _beside(raw: str, coding: str, delimiters: Delimiters) -> str:
    """A coded value with one more coding, in the first alternate of CWE that is free; "" when none is."""
    parts = raw.split(delimiters.component)
    for first in (4, 10):
        if not any(part.strip() for part in parts[first - 1 : first + 2]):
            parts += [""] * (first + 2 - len(parts))
            parts[first - 1 : first + 2] = coding.split(delimiters.component)
            return delimiters.component.join(parts)
    return ""


def _each(hl7: Hl7, position: int, at: Place, when: When, given: Callable[[str], str]) -> None:
    """Gives each repetition that fits its new text."""
    segment = hl7.segments[position]
    parts = [given(raw) if _fits(segment, raw, at, when) else raw for raw in view.parts(segment, at.field)]
    view.put(hl7, position, at.field, parts)


def _positions(hl7: Hl7, at: Place, when: When) -> list[int]:
    """The segments that a change is about; conditions on the same field are asked of each repetition (`_fits`)."""
    found = [position for position, segment in enumerate(hl7.segments) if segment.name == at.segment]
    if not when.places:
        return found
    others = [(place, condition) for place, condition in when.places.items() if place.whole != at.whole]
    return [position for position in found if all(_holds(hl7, position, *other) for other in others)]


def _holds(hl7: Hl7, position: int, place: Place, condition: Condition) -> bool:
    own = hl7.segments[position].name == place.segment
    where = position if own else near(hl7, position, place.segment)
    if where is None:
        return condition.met("")
    segment = hl7.segments[where]
    if condition.empty is not None and not place.component:
        return condition.met(segment.whole(place.field))
    return condition.met(segment.text(place.field, place.component or 1, place.subcomponent or 1))


def _fits(segment: Segment, raw: str, at: Place, when: When) -> bool:
    """Whether one repetition of the field is meant."""
    for place, condition in when.places.items():
        if place.whole != at.whole:
            continue
        part = Place("", 0, place.component or 1, place.subcomponent or 1)
        whole = condition.empty is not None and not place.component
        sent = raw if whole else taken(raw, part, view.delimiters_of(segment))
        if not condition.met(view.decoded(segment, sent)):
            return False
    return True


_APPLY: Final[dict[type, Callable[[Hl7, Any, str], None]]] = {
    Set: _set, Remove: _remove, Move: _move, Authority: _authority, Translate: _translate,
}  # fmt: skip
