"""A segment as a table: which field becomes which key, and how it is read.

A row reads one field of a segment; None, "" and an empty list mean that it was not said. What a field holds beyond
what its row keeps (repetitions of a single value, components of a bare code) becomes a detail.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from mediators.hl7v2.addresses import telecoms, xad
from mediators.hl7v2.coded import code
from mediators.hl7v2.details import details
from mediators.hl7v2.names import xpn
from mediators.hl7v2.numbers import cx, ei, identifiers
from mediators.hl7v2.parties import people, xon
from mediators.hl7v2.reader import Segment
from mediators.hl7v2.scope import NULL, Scope
from mediators.hl7v2.texts import bare, listed, only, repeats

Row = Callable[[Segment, int, Scope], Any]
Table = Mapping[int, tuple[str, Row]]

# Table 0001, and the guide's AdministrativeSex: A (ambiguous) and N (not applicable) have no nearer word. C and X
# came later, for who is neither.
SEX: Final = {
    "M": "male", "F": "female", "O": "other", "U": "unknown", "A": "other", "N": "other", "C": "other", "X": "other",
}  # fmt: skip
# Table 0136, and the words as met
YES_NO: Final = {"Y": True, "YES": True, "OUI": True, "N": False, "NO": False, "NON": False}


def read(segment: Segment, table: Table, scope: Scope) -> dict[str, Any]:
    """What the fields of a table say; those that say nothing are left out. Rows of the same key add up."""
    told: dict[str, Any] = {}
    for number, (key, row) in table.items():
        if not segment.raw_field(number):
            continue
        value = row(segment, number, scope)
        if value is None or value == [] or value == "":
            continue
        told[key] = [*told[key], *value] if key in told and isinstance(value, list) else told.get(key, value)
    return told


def beside(told: Any, own: Scope, scope: Scope) -> None:
    """What of its segments a part has no key for becomes its `details`; what no one has a name for is left over."""
    if own.others:
        told["details"] = [*told.get("details", ()), *details(own.others, own)]
        own.others = []
    scope.left += own.left
    own.left = []


def text(segment: Segment, number: int, scope: Scope) -> str | None:
    """ST, TX, FT: repetitions are lines."""
    return repeats(segment, number)


def plain(segment: Segment, number: int, scope: Scope) -> str | None:
    """ID, IS, NM: the bare code or number."""
    return bare(segment, number, scope)


def coded(segment: Segment, number: int, scope: Scope) -> Any:
    return only(segment, number, code, scope)


def codes(segment: Segment, number: int, scope: Scope) -> Any:
    return listed(segment, number, code)


def name(segment: Segment, number: int, scope: Scope) -> Any:
    return only(segment, number, lambda field: xpn(field, scope), scope)


def names(segment: Segment, number: int, scope: Scope) -> Any:
    return listed(segment, number, lambda field: xpn(field, scope))


def addresses(segment: Segment, number: int, scope: Scope) -> Any:
    return listed(segment, number, lambda field: xad(field, scope))


def bodies(segment: Segment, number: int, scope: Scope) -> Any:
    return listed(segment, number, lambda field: xon(field, scope))


def body(segment: Segment, number: int, scope: Scope) -> Any:
    return only(segment, number, lambda field: xon(field, scope), scope)


def number(segment: Segment, number: int, scope: Scope) -> Any:
    """CX."""
    return only(segment, number, lambda field: cx(field, scope), scope)


def entity(segment: Segment, number: int, scope: Scope) -> Any:
    """EI."""
    return only(segment, number, lambda field: ei(field, scope), scope)


def numbers(kind: str | None = None) -> Row:
    """CX, of this type (table 0203) where the field says none."""
    return lambda segment, number, scope: identifiers(segment, number, scope, kind)


def phones(use: str | None = None) -> Row:
    """XTN, for this use where the field says none."""
    return lambda segment, number, scope: telecoms(segment, number, use, scope)


def persons(role: str | None = None) -> Row:
    """XCN, in this role."""
    return lambda segment, number, scope: people(segment, number, scope, role)


def moment(segment: Segment, number: int, scope: Scope) -> str | None:
    return scope.time(segment, number)


def born(segment: Segment, number: int, scope: Scope) -> str | None:
    return scope.birth_date(segment, number)


def sex(segment: Segment, number: int, scope: Scope) -> str | None:
    """A word of FHIR's, else the code as sent."""
    sent = bare(segment, number, scope)
    return SEX.get(sent.upper(), sent) if sent else None


def flag(segment: Segment, number: int, scope: Scope) -> bool | None:
    """Y or N; another text is a detail."""
    sent = segment.text(number).strip()
    found = YES_NO.get(sent.upper())
    if found is None and sent and sent != NULL:
        scope.others.append((segment, number, 0))
    return found
