"""People who are not there, household by household: the truth that records are judged by.

A household shares an address, a telephone and the insured's CNSS number, children the father's family name. There are
twins, people without papers, and more who know only the year of their birth the older they are.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import islice
from random import Random
from typing import Final

from channels.population import names
from channels.population.names import Name
from schemas.digits import verhoeff

TODAY: Final = date(2026, 1, 1)
CITIES: Final = (
    *(("Casablanca", 20000), ("Rabat", 10000), ("Fès", 30000), ("Marrakech", 40000), ("Tanger", 90000)),
    *(("Agadir", 80000), ("Meknès", 50000), ("Oujda", 60000), ("Kénitra", 14000), ("Tétouan", 93000)),
    *(("Salé", 11000), ("Safi", 46000), ("El Jadida", 24000), ("Béni Mellal", 23000), ("Nador", 62000)),
    *(("Khouribga", 25000), ("Settat", 26000), ("Taza", 35000), ("Larache", 92000), ("Errachidia", 52000)),
    *(("Ouarzazate", 45000), ("Tiznit", 85000), ("Guelmim", 81000), ("Laâyoune", 70000), ("Dakhla", 73000)),
)
_CITY_WEIGHTS: Final = names.zipf(len(CITIES), 0.8)
_STREETS: Final = ("Rue", "Avenue", "Hay", "Lotissement", "Derb", "Douar", "Résidence")
_PREFIXES: Final = (
    "A",
    "B",
    "C",
    "D",
    "E",
    "F",
    "G",
    "J",
    "K",
    "L",
    "M",
    "N",
    "AB",
    "BE",
    "BK",
    "CD",
    "EE",
    "JB",
    "PA",
)
# Of those born before the year, how many know only the year
_YEAR_ONLY: Final = ((1940, 0.6), (1950, 0.45), (1960, 0.3), (1975, 0.08), (2100, 0.005))
_CHILDREN: Final = (0, 1, 1, 2, 2, 2, 3, 3, 4, 5, 7)
_NO_PAPERS: Final = 0.06
_TWINS: Final = 0.015


@dataclass(frozen=True, slots=True)
class Home:
    """What a household shares. `cin` is that of the parent whom children are filed under."""

    number: int
    line: str
    city: int
    postcode: str
    phone: str
    cnss: str
    cin: str


@dataclass(frozen=True, slots=True)
class Person:
    """The truth. `year_only`: born some day of that year, written as 1 January. `twin` is the birth order, else 0."""

    number: int
    family: Name
    given: Name
    sex: str
    born: date
    year_only: bool
    home: Home
    phone: str
    cin: str
    idcs: str
    mother: str
    twin: int = 0

    @property
    def truth(self) -> str:
        return f"P{self.number}"

    @property
    def newborn(self) -> bool:
        return (TODAY - self.born).days < 30


def people(n: int, seed: int) -> Iterator[Person]:
    """So many people, household by household. The same seed gives the same, and a longer list begins like a shorter."""
    return islice(_everybody(seed), n)


def _everybody(seed: int) -> Iterator[Person]:
    number, household = 1, 0
    while True:
        household += 1
        for person in _household(Random(f"{seed} {household}"), household, number):
            yield person
            number += 1


def _household(random: Random, household: int, first: int) -> Iterator[Person]:
    """A couple with its children, or somebody alone."""
    home, age = _home(random, household), random.triangular(19, 92, 38)
    if random.random() < 0.2:
        person = _adult(random, random.choice(("male", "female")), age, home, first)
        yield replace(person, home=replace(home, cin=person.cin))
        return
    father = _adult(random, "male", age, home, first)
    mother = _adult(random, "female", max(19.0, age - random.uniform(-2, 12)), home, first + 1)
    home = replace(home, cin=father.cin or mother.cin)
    yield replace(father, home=home)
    yield replace(mother, home=home)
    mothers_name = f"{mother.given.latin} {mother.family.latin}"
    called: set[Name] = set()
    for number, (born, twin) in enumerate(_births(random, mother.born), first + 2):
        child = _person(random, random.choice(("male", "female")), born, father.family, mothers_name, home, number)
        while child.given in called:
            child = replace(child, given=names.given(random, child.sex))
        called.add(child.given)
        yield replace(child, twin=twin)


def _births(random: Random, mother: date) -> Iterator[tuple[date, int]]:
    """(day, birth order among twins or 0), none in the future."""
    day = mother + timedelta(days=round(random.uniform(19, 32) * 365.25))
    for _ in range(random.choice(_CHILDREN)):
        twins = random.random() < _TWINS
        if day >= TODAY:
            return
        yield from ((day, 1), (day, 2)) if twins else ((day, 0),)
        day += timedelta(days=random.randrange(380, 1900))


def _adult(random: Random, sex: str, age: float, home: Home, number: int) -> Person:
    born = TODAY - timedelta(days=round(age * 365.25) + random.randrange(365))
    mother = f"{names.given(random, 'female').latin} {names.family(random).latin}"
    return _person(random, sex, born, names.family(random), mother, home, number)


def _person(random: Random, sex: str, born: date, family: Name, mother: str, home: Home, number: int) -> Person:
    grown = (TODAY - born).days > 18 * 366
    papers = random.random() > _NO_PAPERS
    chance = next(chance for year, chance in _YEAR_ONLY if born.year < year)
    return Person(
        number=number,
        family=family,
        given=names.given(random, sex),
        sex=sex,
        born=born,
        year_only=random.random() < chance,
        home=home,
        phone=_phone(number) if grown and random.random() < 0.7 else home.phone,
        cin=_cin(number) if grown and papers else "",
        idcs=_idcs(number) if papers and random.random() < 0.6 else "",
        mother=mother,
    )


def _home(random: Random, household: int) -> Home:
    city = names.drawn(random, _CITY_WEIGHTS)
    code = CITIES[city][1] + random.choice((0, 0, 0, 10, 20, 30, 50, 100))
    street = f"{random.randint(1, 220)} {random.choice(_STREETS)} {names.family(random).latin}"
    cnss = f"{_spread(household, 2_000_003, 900_000_000) + 100_000_000}" if random.random() < 0.75 else ""
    return Home(household, street, city, f"{code:05}", _phone(99_999_999 - household), cnss, "")


def _spread(number: int, step: int, size: int) -> int:
    """Another number below `size` for each number below it, in no visible order: the step shares no factor with it."""
    return number * step % size


def _phone(number: int) -> str:
    return f"06{_spread(number, 61_803_399, 10**8):08}"


def _cin(number: int) -> str:
    place, digits = divmod(_spread(number, 7_654_327, len(_PREFIXES) * 10**6), 10**6)
    return f"{_PREFIXES[place]}{digits:06}"


def _idcs(number: int) -> str:
    digits = f"{_spread(number, 314_159_263, 800_000_000) + 200_000_000}"
    return next(told for key in range(10) if verhoeff(told := f"{digits}{key}"))
