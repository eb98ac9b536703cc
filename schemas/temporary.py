"""The number of somebody without papers: `TMP-<facility>-<ULID>`, given by the registry and written on a wristband.

The facility is its INPE, or letters and digits of what it is called; the ULID (time and 80 random bits in Crockford's
Base32) makes the number one of its own wherever it is made. It says nothing of the person.
"""

from __future__ import annotations

import re
from typing import Final

SYSTEM: Final = "https://hie.sante.gov.ma/id/tmp"
# Why somebody has such a number
FLAGS: Final = ("newborn", "unconscious", "unknown-sex")
FLAG_SYSTEM: Final = "https://hie.sante.gov.ma/fhir/CodeSystem/temporary-identity"

_SIGNS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_FORM: Final = re.compile(rf"TMP-[A-Z0-9]{{1,24}}-[0-7][{_SIGNS}]{{25}}")
_RANDOM_BITS: Final = 80


def number(facility: str, at: int, chance: int) -> str:
    """`at`: ms since the epoch; `chance`: 80 random bits."""
    bits = at << _RANDOM_BITS | chance & ((1 << _RANDOM_BITS) - 1)
    ulid = "".join(_SIGNS[bits >> place & 31] for place in range(125, -1, -5))
    return f"TMP-{place_word(facility)}-{ulid}"


def place_word(facility: str) -> str:
    """What stands for a facility in a number: its first letters and digits, as any wristband printer has them."""
    return "".join(sign for sign in facility.upper() if sign.isascii() and sign.isalnum())[:24] or "X"


def has_form(value: str) -> bool:
    """Whether a number can be such a one."""
    return _FORM.fullmatch(value.strip().upper()) is not None


def system_of(value: str, otherwise: str) -> str:
    """The system of a number in a format that has one place for all numbers: no other looks like these."""
    return SYSTEM if has_form(value) else otherwise
