"""The people around a patient: NK1. Guide: NK1[RelatedPerson]."""

from __future__ import annotations

from typing import Any, Final, cast

from mediators.hl7v2 import rows
from mediators.hl7v2.numbers import social
from mediators.hl7v2.reader import Segment
from mediators.hl7v2.scope import Scope
from schemas.events import Contact

_NK1: Final[rows.Table] = {
    2: ("names", rows.names),
    3: ("relationship", rows.coded),
    4: ("addresses", rows.addresses),
    5: ("telecoms", rows.phones()),
    6: ("telecoms", rows.phones("work")),
    7: ("role", rows.coded),
    8: ("start", rows.moment),
    9: ("end", rows.moment),
    10: ("job_title", rows.text),
    12: ("identifiers", rows.numbers("EI")),
    13: ("organization", rows.body),
    14: ("marital_status", rows.coded),
    15: ("sex", rows.sex),
    16: ("birth_date", rows.born),
    20: ("language", rows.coded),
    29: ("reasons", rows.codes),
    30: ("contact_names", rows.names),
    31: ("contact_telecoms", rows.phones()),
    32: ("contact_addresses", rows.addresses),
    33: ("identifiers", rows.numbers()),
    40: ("telecoms", rows.phones()),
    41: ("contact_telecoms", rows.phones()),
}


def contact(nk1: Segment, scope: Scope) -> Contact | None:
    """NK1; None when nothing tells who it is. The social number (NK1-37) is of whom the channel says."""
    own = scope.part()
    told: dict[str, Any] = rows.read(nk1, _NK1, own)
    if number := social(nk1, 37, own):
        told["identifiers"] = [*told.get("identifiers", ()), number]
    if reached := told.get("telecoms"):
        told["telecoms"] = [one for place, one in enumerate(reached) if one not in reached[:place]]
    own.rest(nk1, {1, 37, *_NK1})
    rows.beside(told, own, scope)
    return cast(Contact, told) if told else None
