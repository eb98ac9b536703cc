"""The invented people of the demonstration: families who share an insured's number, and a few without papers."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from random import Random

FAMILIES = (
    "El Amrani", "Benjelloun", "Chraibi", "Tazi", "Ouazzani", "Alaoui", "Idrissi", "Berrada", "Fassi Fihri", "Lahlou",
    "Bennani", "Cherkaoui", "Naciri", "Ait Lahcen", "Oubella", "Saidi", "Mansouri", "Kettani", "Zerouali", "Filali",
)  # fmt: skip
PREFIXES = ("A", "BE", "AB", "D", "JK")
WOMEN = ("Khadija", "Fatima Zahra", "Aïcha", "Zineb", "Salma", "Naïma", "Latifa", "Hanane", "Meryem", "Soukaina")
MEN = ("Mohamed", "Youssef", "Abdellah", "Rachid", "Hamza", "Driss", "Saïd", "Karim", "Omar", "Ismaïl")


@dataclass(frozen=True, slots=True)
class Person:
    family: str
    given: str
    sex: str
    born: datetime.date
    ipp: str
    cnss: str
    cin: str


def people(random: Random, today: datetime.date) -> list[Person]:
    """Sixty or so: each family has one insured, whose number all its members carry."""
    found: list[Person] = []
    for family in FAMILIES:
        cnss = f"{random.randrange(10**8, 10**9)}" if random.random() < 0.9 else ""
        for _ in range(random.randint(2, 4)):
            sex = random.choice("FM")
            born = today - datetime.timedelta(days=random.randrange(200, 30_000))
            adult = (today - born).days > 18 * 366
            found.append(
                Person(
                    family=family.upper(),
                    given=random.choice(WOMEN if sex == "F" else MEN),
                    sex=sex,
                    born=born,
                    ipp=f"{len(found) + 1:06}",
                    cnss=cnss,
                    cin=f"{random.choice(['A', 'BE', 'AB', 'D', 'JK'])}{random.randrange(10**5, 10**6)}"
                    if adult
                    else "",
                )
            )
    return found
