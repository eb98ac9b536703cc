"""Numbers and local names as they are kept and compared."""

from __future__ import annotations

from collections.abc import Sequence

# Before the name of a provisional entry that has no INPE: together they are its row's number
LOCAL = "local:"


def inpe(value: str) -> str:
    """An INPE as kept: without spaces, dots, hyphens."""
    return "".join(sign for sign in value if sign.isalnum()).upper()


def alias(value: str) -> str:
    """A local name as kept: case and spacing do not count."""
    return " ".join(value.split()).casefold()


def sure(names: Sequence[str]) -> Sequence[str]:
    """The names that only one can mean: where a system is said ("urn:id:lab|4"), a number or name without one is any
    sender's."""
    return tuple(one for one in names if one.find("|") > 0) or names
