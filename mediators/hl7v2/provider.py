"""Who refers, and who is referred to: PRD (chapter 11) → Practitioner with its place, organization and numbers."""

from __future__ import annotations

from typing import Any, Final

from mediators.hl7v2.contact import kinds, pln
from mediators.hl7v2.datatypes import code, listed, one, pl, said, telecoms, xad, xon, xpn
from mediators.hl7v2.reader import Segment
from mediators.hl7v2.scope import Scope
from schemas.events import Organization, Practitioner

_PRD: Final = frozenset((1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 13))


def provider(prd: Segment, scope: Scope) -> Practitioner:
    """PRD: role (table 0286), names, addresses, place, telephones, numbers (PLN), and the body it is of."""
    told: dict[str, Any] = {
        "names": listed(prd, 2, lambda field: xpn(field, scope)),
        "addresses": listed(prd, 3, lambda field: xad(field, scope)),
        "location": one(prd, 4, lambda field: pl(field, scope)),
        "telecoms": telecoms(prd, 5, "work", scope),
        "identifiers": listed(prd, 7, lambda field: pln(field, scope)),
        "start": scope.time(prd, 8),
        "end": scope.time(prd, 9),
        "organization": _body(prd, scope),
        "role": said(prd.text(1)),
    }
    duty = one(prd, 1, code)
    if duty and (duty.get("codings") or [{}])[0].keys() != {"code"}:
        told["duty"] = duty
    scope.rest(prd, _PRD)
    scope.others += kinds(prd, 7)
    found: Any = {key: value for key, value in told.items() if value}
    return found  # type: ignore[no-any-return]  # the keys are those of Practitioner


def _body(prd: Segment, scope: Scope) -> Organization | None:
    """PRD-10 with its address (11) and telephone (13); further bodies are details."""
    bodies = listed(prd, 10, lambda field: xon(field, scope))
    told: Organization = {**bodies[0]} if bodies else {}
    if bodies[1:]:
        scope.others.append((prd, 10, 0))
    if addresses := listed(prd, 11, lambda field: xad(field, scope)):
        told["addresses"] = addresses
    if reached := telecoms(prd, 13, "work", scope):
        told["telecoms"] = reached
    return told or None
