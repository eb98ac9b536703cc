"""What a person registry is asked, and what it answers, whatever the format: IHE PIX (ITI-9, ITI-83), PDQ (ITI-21)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, Protocol

from schemas.events import Patient


@dataclass(frozen=True, slots=True)
class Criteria:
    """What a person must have; "" is not asked. Texts are compared without case and accents; one that ends in `*` asks
    for what begins so. `birth` is a date as exact as it is known (1984, 1984-01, 1984-01-25), `sex` in FHIR's words.
    A system without its number asks for anybody with a number there; a number without a system for one of any."""

    system: str = ""
    number: str = ""
    family: str = ""
    given: str = ""
    mother_family: str = ""
    mother_given: str = ""
    mother_system: str = ""
    mother_number: str = ""
    birth: str = ""
    sex: str = ""
    street: str = ""
    city: str = ""
    state: str = ""
    postal_code: str = ""
    country: str = ""
    phone: str = ""
    account: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """`of`: whose other numbers are wanted (system, number), else `criteria`. `domains`: systems of the numbers wanted;
    none: all. At most `most` answers, of those that come after `after`."""

    of: tuple[str, str] | None = None
    criteria: Criteria = Criteria()
    domains: tuple[str, ...] = ()
    most: int = 0
    after: str = ""

    @property
    def number(self) -> tuple[str, str] | None:
        """The number that is all it asks by: system and value."""
        if self.of:
            return self.of
        system, value = self.criteria.system, self.criteria.number
        whole = bool(system and value) and not value.endswith("*")
        return (system, value) if whole and not self.after and self.criteria == Criteria(system, value) else None


@dataclass(frozen=True, slots=True)
class Found:
    """A person: the identity that stands for all that are linked, "" for whom only a registry elsewhere knows; and what
    is believed of them."""

    person: str
    patient: Patient


# Nobody reads more persons than these
MOST_FOUND: Final = 1000

# Why nobody can be told: a system nobody knows, a number nobody has, one that several have, more than anybody reads; a
# number nobody here has, while the registry that may know it does not answer
Missing = Literal["", "domain", "number", "several", "many", "silent"]


@dataclass(frozen=True, slots=True)
class Queried:
    """`unknown`: systems asked for that nobody knows. `total` counts all that were found, `left` those still to come;
    `after` is where a further question goes on. `age`: how many seconds ago a registry elsewhere said it, None where it
    is known here."""

    found: tuple[Found, ...] = ()
    missing: Missing = ""
    unknown: tuple[str, ...] = ()
    total: int = 0
    left: int = 0
    after: str = ""
    age: float | None = None


class Search(Protocol):
    """Whom the criteria fit: identities, each of them once, linked ones too; where more than `most` fit, any so many of
    them. May block. Raises Unavailable."""

    def __call__(self, wanted: Criteria, most: int) -> Sequence[str]: ...
