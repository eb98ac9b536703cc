"""Check digits of the numbers that are met in Morocco. Pure arithmetic: a right digit proves nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

# The dihedral group D5 and its permutation (Verhoeff 1969)
_D: Final = tuple(
    tuple((i + j) % 5 if i < 5 and j < 5 else
          5 + (i + j) % 5 if i < 5 else
          5 + (i - j) % 5 if j < 5 else (i - j) % 5
          for j in range(10)) for i in range(10)
)  # fmt: skip
_P: Final = (
    "0123456789", "1576283094", "5803796142", "8916043527", "9453126870", "4286573901", "2793806415", "7046913258",
)  # fmt: skip


def verhoeff(number: str) -> bool:
    """The key of the social identifier (IDCS), after MOSIP's rule for its UIN: the decree names no algorithm."""
    check = 0
    for place, digit in enumerate(reversed(number)):
        check = _D[check][int(_P[place % 8][int(digit)])]
    return check == 0


def mod97(number: str) -> bool:
    """The company identifier (ICE): a whole multiple of 97."""
    return int(number) % 97 == 0


def gs1(number: str) -> bool:
    """GS1's check digit of EAN-8, EAN-13 and GTIN-14."""
    return sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(reversed(number))) % 10 == 0


CHECKS: Final[Mapping[str, Callable[[str], bool]]] = {"verhoeff": verhoeff, "mod97": mod97, "gs1": gs1}


def right(check: str, number: str) -> bool:
    """Whether these digits end in the one they must; what is no number of digits has none."""
    return number.isascii() and number.isdigit() and CHECKS[check](number)
