"""Fields that the events have no name of their own for: kept under the standard's name, as their data type says it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from mediators.hl7v2 import standard, times
from mediators.hl7v2.datatypes import code, cx, ei, hd, pl, said, xad, xcn, xon, xpn, xtn
from mediators.hl7v2.reader import Field, Segment
from mediators.hl7v2.scope import AS_SENT, KEPT, Scope, place
from schemas.events import Detail

# How a value of a type is read, and under which key of Detail it stands
_READ: Final[dict[str, tuple[str, Callable[[Field, Scope], Any]]]] = {
    **dict.fromkeys(("CE", "CWE", "CNE", "CF"), ("code", lambda field, scope: code(field))),
    **dict.fromkeys(("DT", "TS", "DTM"), ("time", lambda field, scope: times.time(field.text(1).strip(), scope.zone))),
    "CX": ("identifier", cx),
    "EI": ("identifier", ei),
    "XPN": ("human", xpn),
    "XAD": ("address", xad),
    "XCN": ("practitioner", xcn),
    "XON": ("organization", xon),
    "HD": ("organization", lambda field, scope: hd(field)),
    "PL": ("location", pl),
}

_FIRST: Final = frozenset((1,))


def details(others: Iterable[tuple[Segment, int, int]], scope: Scope) -> list[Detail]:
    """Each field, repetition and component that holds something, in order."""
    return [one for segment, number, component in others for one in _field(segment, number, component, scope)]


def beside(segment: Segment, scope: Scope, mapped: Iterable[int] = ()) -> list[Detail]:
    """The details of a segment whose `mapped` fields have a place of their own; what the standard has no name for is
    left over."""
    return details(scope.beside(segment, frozenset(mapped)), scope)


def valued(field: Field, at: str, name: str, kind: str, scope: Scope) -> list[Detail]:
    """One value of a data type that another field tells (OBX-5 by OBX-2)."""
    return list(_value(field, at, name, kind, scope))


def _field(segment: Segment, number: int, component: int, scope: Scope) -> Iterator[Detail]:
    named = standard.field(segment.name, number) or scope.names.get((segment.name, number, 0))
    if component == AS_SENT and named:
        name = f"{named.name}.as-sent"
        yield {"place": place(segment, number), "name": name, "text": segment.sent[number]}
        return
    own = scope.names.get((segment.name, number, component))
    if named is None and own is None:
        return
    for repetition, field in enumerate(segment.repetitions(number), 1):
        at = place(segment, number) + (f"[{repetition}]" if repetition > 1 else "")
        if own and component:
            yield from _value(field.component(component), f"{at}.{component}", own.name, own.type, scope)
        elif named and not component:
            yield from _value(field, at, named.name, named.type, scope)
        elif named and (part := field.component(component)):
            yield from _component(part, at, named, component, scope)


def _component(field: Field, at: str, of: standard.Named, number: int, scope: Scope) -> Iterator[Detail]:
    known = standard.components(of.type)
    one = known[number - 1] if number <= len(known) else None
    name, kind = (one.name, one.type) if one else (str(number), "ST")
    yield from _value(field, f"{at}.{number}", f"{of.name}.{name}", kind, scope)


def _value(field: Field, at: str, name: str, kind: str, scope: Scope) -> Iterator[Detail]:
    text = said(field.whole)
    if text is None:
        return
    kept = KEPT.get(kind, _FIRST)
    values = list(_read(field, kind, scope))
    for key, value in values:
        yield {"place": at, "name": name, key: value}  # type: ignore[misc]  # key is one of Detail's
    if field.components > 1 and (values or standard.components(kind)):
        for number in range(1, field.components + 1):
            if not (values and number in kept) and (part := field.component(number)):
                yield from _component(part, at, standard.Named(name, kind), number, scope)
    elif not values:
        yield {"place": at, "name": name, "text": text}


def _read(field: Field, kind: str, scope: Scope) -> Iterator[tuple[str, Any]]:
    """What the reader of a type makes of it; a telephone field may hold a number and a mail address."""
    if kind == "XTN":
        yield from (("telecom", one) for one in xtn(field, None, scope))
    elif kind in _READ:
        key, read = _READ[kind]
        if (value := read(field, scope)) is not None:
            yield key, value
