"""Codes (CE, CWE, CNE, CF, IS, ID) → Code: every coding as sent, with its version, OID and value set."""

from __future__ import annotations

from functools import lru_cache

from mediators import systems
from mediators.hl7v2.reader import Field, Syntax
from mediators.hl7v2.texts import part
from schemas.events import Code, Coding

coding_system = lru_cache(maxsize=4096)(systems.coding_system)
# Where CWE tells of the coding that begins at 1, 4 or 10: its version, OID, value set and that one's version
_MORE = {1: (7, 14, 15, 16), 4: (8, 17, 18, 19), 10: (13, 20, 21, 22)}


def code(field: Field) -> Code | None:
    """Every coding as sent. `text` is the original text, else the first display, else what stands in place of a code
    without system and display. A display without a code is a coding only when the text is another."""
    if field.mapped:
        return _read(field)
    if (known := _known(field.key)) is None:
        return None
    told = known.copy()
    if "codings" in told:  # translations are added to it
        told["codings"] = [coding.copy() for coding in told["codings"]]
    return told


@lru_cache(maxsize=16384)
def _known(key: tuple[str, Syntax, bool]) -> Code | None:
    """Remembered: a laboratory sends the same few hundred codes and units all day. Copied by the caller."""
    return _read(Field(*key))


def _read(field: Field) -> Code | None:
    count = field.components
    codings = [coding for first in _MORE if first <= count and (coding := _coding(field, first, count))]
    if field.mapped and codings:
        return _translated(field, codings.pop(), codings)
    return _told(field, codings, count)


def _translated(field: Field, added: Coding, codings: list[Coding]) -> Code:
    """What was sent, with the coding that the channel's mapping added after it."""
    added["mapped"] = field.mapped
    told = _told(field, codings, field.components) or {}
    told["codings"] = [*told.get("codings", ()), added]
    return told


def _told(field: Field, codings: list[Coding], count: int) -> Code | None:
    text = part(field, 9) if count > 8 else None
    text = text or next((shown for coding in codings if (shown := coding.get("display"))), None)
    codings = [coding for coding in codings if "code" in coding or coding.get("display") != text]
    if not codings:
        return {"text": text} if text else None
    if not text and len(codings) == 1 and not codings[0].get("system"):
        text = codings[0].get("code")
    return {"text": text, "codings": codings} if text else {"codings": codings}


def _coding(field: Field, first: int, count: int) -> Coding | None:
    value = part(field, first)
    display = part(field, first + 1) if count > first else None
    if not value and not display:
        return None
    coding: Coding = {}
    if value:
        coding["code"] = value
        if count > first + 1 and (system := part(field, first + 2)):
            coding["system"] = coding_system(system)
        if count > 6:
            _described(coding, field, first, count)
    if display:
        coding["display"] = display
    return coding


def _described(coding: Coding, field: Field, first: int, count: int) -> None:
    """CWE.7, .8 and .13 to .22. An OID stands in for a name that is missing."""
    version, oid, chosen, of = (part(field, at) if at <= count else None for at in _MORE[first])
    if version:
        coding["version"] = version
    if oid and "system" not in coding:
        coding["system"] = coding_system(oid)
    elif oid:
        coding["oid"] = oid
    if chosen:
        coding["value_set"] = chosen
    if of:
        coding["value_set_version"] = of
