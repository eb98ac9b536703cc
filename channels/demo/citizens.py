"""The invented people of the demonstration as the population register knows them: those whom it gave a number."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from random import Random
from typing import Any, Final

from channels.demo import SEED
from channels.population.people import CITIES, TODAY, Person, people

MANY: Final = 120  # of whom some have no papers


@dataclass(frozen=True, slots=True)
class Citizen:
    """What the register records (law 72-18). Biometrics are templates by kind: "" in `phone`: none is known.

    Fingerprints are those of who holds an identity card, an iris is taken from the fifth year on.
    """

    idcs: str
    family: str
    given: str
    sex: str
    birth_date: str
    birth_place: str
    address: str
    nationality: str
    phone: str
    email: str
    biometrics: Mapping[str, str] = field(repr=False)

    def shown(self) -> dict[str, Any]:
        """What mode B gives away: no biometrics, and nothing that a secret could be sent to."""
        kept = asdict(self)
        return {name: kept[name] for name in kept if name not in ("biometrics", "phone", "email")}


def citizens(seed: int = SEED) -> list[Citizen]:
    """Sixty or so; the same seed gives the same."""
    return [_citizen(person, Random(f"{seed} {person.idcs}")) for person in people(MANY, seed) if person.idcs]


def _citizen(person: Person, random: Random) -> Citizen:
    kinds = ["face"]
    if person.cin:
        kinds.append("fingerprint")
    if (TODAY - person.born).days >= 5 * 366:
        kinds.append("iris")
    city, _ = CITIES[person.home.city]
    return Citizen(
        idcs=person.idcs,
        family=person.family.latin,
        given=person.given.latin,
        sex=person.sex,
        birth_date=person.born.replace(month=1, day=1).isoformat() if person.year_only else person.born.isoformat(),
        birth_place=random.choice(CITIES)[0],
        address=f"{person.home.line}, {city}",
        nationality="MA",
        phone=f"+212{person.phone[1:]}" if random.random() < 0.9 else "",
        email=f"p{person.number}@example.ma" if random.random() < 0.4 else "",
        biometrics={kind: hashlib.sha256(f"{kind} {person.idcs}".encode()).hexdigest() for kind in kinds},
    )
