"""Numbers and local names as they are kept and compared."""

from __future__ import annotations


def inpe(value: str) -> str:
    """An INPE as kept: without spaces, dots, hyphens."""
    return "".join(sign for sign in value if sign.isalnum()).upper()


def alias(value: str) -> str:
    """A local name as kept: case and spacing do not count."""
    return " ".join(value.split()).casefold()
