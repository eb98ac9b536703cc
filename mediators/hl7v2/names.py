"""Names of people (XPN, PN and the names within XCN, CNN and PPN) → HumanName.

Uses follow the HL7 V2-to-FHIR guide, STU 1 (table 0200); what the guide leaves open and we decide is marked "ours".
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC
from typing import Final, cast

from mediators.hl7v2 import times
from mediators.hl7v2.reader import Field
from mediators.hl7v2.scope import Scope
from mediators.hl7v2.texts import part, said
from schemas.events import HumanName

# Table 0200. Guide; A (alias) and R (registered) are ours, and the words are as met.
NAME_USE: Final = {
    "L": "official", "D": "usual", "M": "maiden", "N": "nickname", "S": "anonymous", "TEMP": "temp", "BAD": "old",
    "NOUSE": "old", "R": "official", "A": "nickname", "CURRENT": "usual", "PREVIOUS": "old",
}  # fmt: skip
# Codes that their use says whole
_TOLD: Final = frozenset({"L", "D", "M", "N", "S", "TEMP"})

# Where each type keeps what goes with a name; those of XCN and PPN lie one apart
XPN: Final[Mapping[str, int]] = {
    "representation": 8, "range": 10, "order": 11, "start": 12, "end": 13, "professional_suffix": 14, "called_by": 15,
}  # fmt: skip
XCN: Final[Mapping[str, int]] = {
    "representation": 15, "range": 17, "order": 18, "start": 19, "end": 20, "professional_suffix": 21,
}  # fmt: skip
_TEXTS: Final = ("representation", "order", "professional_suffix", "called_by")


def xpn(field: Field, scope: Scope | None = None) -> HumanName | None:
    """XPN and PN. Without a scope, whose zone times are told in, its validity is told in days."""
    return human_name(field, 1, 7, XPN, scope)


def human_name(
    field: Field, first: int, kind: int, more: Mapping[str, int] | None = None, scope: Scope | None = None
) -> HumanName | None:
    """Family name (FN) at component `first`, then given, further given, suffix, prefix, degree; its type at `kind`,
    the rest at `more`."""
    name: HumanName = {}
    if family := said(field.text(first)):
        name["family"] = family
    if given := [text for number in (first + 1, first + 2) if (text := part(field, number))]:
        name["given"] = given
    if prefix := part(field, first + 4):
        name["prefix"] = prefix
    if suffix := part(field, first + 3):
        name["suffix"] = suffix
    if degree := part(field, first + 5):
        name["degree"] = degree
    if (surnames := field.component(first)) and surnames.components > 1:
        _surnames(surnames, name)
    if not name:
        return None
    _kind(field.text(kind).strip(), name)
    if more and field.components > 7:
        _more(field, more, scope, name)
    return name


def _surnames(surnames: Field, name: HumanName) -> None:
    """FN.2 to .5. Where only they were sent they are the family name."""
    keys = ("own_prefix", "own_family", "partner_prefix", "partner_family")
    found = {key: text for number, key in enumerate(keys, 2) if (text := said(surnames.text(number)))}
    if found and "family" not in name:
        name["family"] = " ".join(found.values())
    name.update(cast(HumanName, found))


def _kind(sent: str, name: HumanName) -> None:
    code = sent.upper()
    if use := NAME_USE.get(code):
        name["use"] = use
    if sent and sent != '""' and code not in _TOLD:
        name["type"] = sent


def _more(field: Field, places: Mapping[str, int], scope: Scope | None, name: HumanName) -> None:
    texts = {key: text for key in _TEXTS if (at := places.get(key)) and (text := part(field, at))}
    name.update(cast(HumanName, texts))
    valid = field.component(places["range"])
    if start := moment(field.text(places["start"]) or valid.text(1), scope):
        name["start"] = start
    if end := moment(field.text(places["end"]) or valid.text(2), scope):
        name["end"] = end


def moment(text: str, scope: Scope | None) -> str | None:
    """A time within a data type; one that can't be read is passed over. Without a scope it is a day."""
    found = said(text)
    if not found:
        return None
    return times.time(found, scope.zone) if scope else times.time(found[:8], UTC)
