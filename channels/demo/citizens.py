"""The invented people of the demonstration as the population register knows them."""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from random import Random
from typing import Any, Final

from channels.demo.people import Person, people
from schemas.digits import verhoeff

TODAY: Final = datetime.date(2026, 1, 1)
PLACES: Final = ("Rabat", "Fès", "Taza", "Safi", "Agadir", "Nador", "Tiznit", "Azrou")


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


def citizens(seed: int = 1) -> list[Citizen]:
    """Sixty or so; the same seed gives the same."""
    random = Random(seed)
    return [_citizen(person, random) for person in people(random, TODAY)]


def _citizen(person: Person, random: Random) -> Citizen:
    digits = f"{random.randrange(2 * 10**8, 10**9)}"
    idcs = next(told for key in range(10) if verhoeff(told := f"{digits}{key}"))
    kinds = ["face"]
    if person.cin:
        kinds.append("fingerprint")
    if (TODAY - person.born).days >= 5 * 366:
        kinds.append("iris")
    place = random.choice(PLACES)
    return Citizen(
        idcs=idcs,
        family=person.family,
        given=person.given,
        sex={"F": "female", "M": "male"}[person.sex],
        birth_date=person.born.isoformat(),
        birth_place=random.choice(PLACES),
        address=f"{random.randint(1, 180)} rue des Orangers, {place}",
        nationality="MA",
        phone=f"+2126{random.randrange(10**8):08}" if random.random() < 0.9 else "",
        email=f"p{person.ipp}@example.ma" if random.random() < 0.4 else "",
        biometrics={kind: hashlib.sha256(f"{kind} {idcs}".encode()).hexdigest() for kind in kinds},
    )
