"""Fields that the events have no name of their own for: kept under the standard's name, as their data type says it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from mediators.hl7v2 import standard, times
from mediators.hl7v2.datatypes import code, cx, ei, hd, pl, said, xad, xcn, xon, xpn, xtn
from mediators.hl7v2.reader import Field, Segment
from mediators.hl7v2.scope import Scope, place
from schemas.events import Detail

# How a value of a type is read, and under which key of Detail it stands
_READ: Final[dict[str, tuple[str, Callable[[Field, Scope], Any]]]] = {
    **dict.fromkeys(("CE", "CWE", "CNE", "CF"), ("code", lambda field, scope: code(field))),
    **dict.fromkeys(("DT", "TS", "DTM"), ("time", lambda field, scope: times.time(field.text(1).strip(), scope.zone))),
    "CX": ("identifier", cx),
    "EI": ("identifier", ei),
    "XPN": ("human", lambda field, scope: xpn(field)),
    "XAD": ("address", lambda field, scope: xad(field)),
    "XCN": ("practitioner", xcn),
    "XON": ("organization", xon),
    "HD": ("organization", lambda field, scope: hd(field)),
    "PL": ("location", lambda field, scope: pl(field)),
    "XTN": ("telecom", lambda field, scope: next(iter(xtn(field)), None)),
}


def details(others: Iterable[tuple[Segment, int, int]], scope: Scope) -> list[Detail]:
    """Each field, repetition and component that holds something, in order."""
    return [one for segment, number, component in others for one in _field(segment, number, component, scope)]


def beside(segment: Segment, scope: Scope, mapped: Iterable[int] = ()) -> list[Detail]:
    """The details of a segment whose `mapped` fields have a place of their own; what the standard has no name for is
    left over."""
    return details(scope.beside(segment, frozenset(mapped)), scope)


def _field(segment: Segment, number: int, component: int, scope: Scope) -> Iterator[Detail]:
    named = standard.field(segment.name, number)
    if named is None:
        return
    for repetition, field in enumerate(segment.repetitions(number), 1):
        at = place(segment, number) + (f"[{repetition}]" if repetition > 1 else "")
        if not component:
            yield from _value(field, at, named.name, named.type, scope)
        elif part := field.component(component):
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
    key, read = _READ.get(kind, ("", None))
    value = read(field, scope) if read else None
    parts = standard.components(kind)
    if value is not None:
        yield {"place": at, "name": name, key: value}  # type: ignore[misc]  # key is one of Detail's
    elif parts and field.components > 1:
        for number in range(1, field.components + 1):
            if part := field.component(number):
                yield from _component(part, at, standard.Named(name, kind), number, scope)
    else:
        yield {"place": at, "name": name, "text": text}
