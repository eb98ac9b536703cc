"""How a hospital, laboratory or pharmacy writes a person down: in its letters, under its number, with its mistakes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from random import Random
from typing import Final
from zlib import crc32

from channels.population import noise
from channels.population.noise import Noise
from channels.population.people import CITIES, TODAY, Person
from registries.client.keys import SYSTEM
from schemas.events import Address, HumanName, Identifier, Patient

SOURCE: Final = "urn:id:"
CARRIED: Final = {"cin": "cnie", "cnss": "cnss", "idcs": "idcs"}
_STEP, _FILES = 48_271, 10**9
_NAMELESS: Final = ("BEBE", "NN", "Nouveau-né", "X")
_FILLERS: Final = {"cin": ("INCONNU", "X", "0000000"), "cnss": ("000000000", "999999999"), "idcs": ("0000000000",)}
_PHONES: Final = ("0{}", "+212{}", "00212{}", "+212 {}")


@dataclass(frozen=True, slots=True)
class Source:
    """Who writes. `asks`: how often for each paper; `arabic`: how often it writes names in Arabic letters."""

    authority: str
    asks: Mapping[str, float]
    arabic: float
    capitals: bool

    @property
    def system(self) -> str:
        return f"{SOURCE}{self.authority}"


def written(person: Person, source: Source, how: Noise, random: Random, *, first: bool) -> Patient:
    """One record, as this source wrote it down. A newborn's first has no name yet."""
    patient: Patient = {
        "identifiers": list(_numbers(person, source, how, random)),
        "names": [_name(person, source, how, random, nameless=first and person.newborn)],
        "birth_date": _birth(person, how, random),
        "sex": _sex(person, how, random),
        "telecoms": [],
        "addresses": [],
        "mother_name": None,
    }
    if random.random() >= how.no_phone:
        patient["telecoms"] = [{"system": "phone", "value": random.choice(_PHONES).format(person.phone[1:])}]
    if random.random() >= how.no_address:
        patient["addresses"] = [_address(person, how, random)]
    if person.newborn or random.random() < 0.1:
        given, _, family = person.mother.partition(" ")
        patient["mother_name"] = {"family": family, "given": [given]}
    if person.twin and random.random() < 0.3:
        patient |= {"multiple_birth": True, "birth_order": person.twin}
    return patient


def file_number(number: int, authority: str) -> str:
    """The number that a source gives this person. `whose` leads back."""
    return f"{(number * _STEP + crc32(authority.encode())) % _FILES:09}"


def whose(system: str, value: str) -> str:
    """Who truly has this number of a source."""
    salt = crc32(system.removeprefix(SOURCE).encode())
    return f"P{(int(value) - salt) * pow(_STEP, -1, _FILES) % _FILES}"


def _numbers(person: Person, source: Source, how: Noise, random: Random) -> Iterator[Identifier]:
    value = file_number(person.number, source.authority)
    yield {"system": source.system, "value": value, "authority": source.authority}
    own = {"cin": person.cin, "cnss": person.home.cnss, "idcs": person.idcs}
    if not own["cin"] and (TODAY - person.born).days < 18 * 366 and random.random() < how.parents_cin:
        own["cin"] = person.home.cin
    for paper, value in own.items():
        if random.random() > source.asks[paper]:
            continue
        if random.random() < how.placeholder:
            value = random.choice(_FILLERS[paper])
        elif value and random.random() < how.wrong_digit:
            value = _wrong(value, random)
        if value:
            yield {"system": f"{SYSTEM}{CARRIED[paper]}", "value": value}


def _wrong(value: str, random: Random) -> str:
    place = random.randrange(2, len(value))
    return value[:place] + random.choice("0123456789") + value[place + 1 :]


def _name(person: Person, source: Source, how: Noise, random: Random, *, nameless: bool) -> HumanName:
    if random.random() < source.arabic:
        family, given = (noise.folded(name.arabic, random) for name in (person.family, person.given))
    else:
        family, given = (_latin(name.latin, how, random) for name in (person.family, person.given))
        if random.random() < how.honorific:
            given = noise.honoured(given, person.sex, random)
    if nameless:
        return {"family": family, "given": [random.choice(_NAMELESS)]}
    if source.capitals:
        family, given = noise.plain(family), noise.plain(given)
    if random.random() < how.swapped_names:
        family, given = given, family
    return {"family": family, "given": [given]}


def _latin(name: str, how: Noise, random: Random) -> str:
    if random.random() < how.spelling:
        name = noise.spelled(name, random)
    return noise.mistyped(name, random) if random.random() < how.typo else name


def _birth(person: Person, how: Noise, random: Random) -> str | None:
    born = person.born
    if random.random() < how.no_birth_date:
        return None
    if person.year_only or random.random() < how.first_of_january:
        return date(born.year, 1, 1).isoformat()
    if born.day <= 12 and random.random() < how.swapped_day:
        return date(born.year, born.day, born.month).isoformat()
    if random.random() < how.wrong_digit:
        return born.replace(day=random.randint(1, 28)).isoformat()
    return born.isoformat()


def _sex(person: Person, how: Noise, random: Random) -> str | None:
    if random.random() < how.no_sex:
        return None
    return {"male": "female", "female": "male"}[person.sex] if random.random() < how.wrong_sex else person.sex


def _address(person: Person, how: Noise, random: Random) -> Address:
    home = person.home
    if random.random() < how.moved:
        city, code = CITIES[random.randrange(len(CITIES))]
        return {
            "lines": [f"{random.randint(1, 220)} Rue {random.randint(1, 40)}"],
            "city": city,
            "postal_code": f"{code:05}",
        }
    city = CITIES[home.city][0]
    return {
        "lines": [home.line],
        "city": noise.plain(city) if random.random() < 0.5 else city,
        "postal_code": home.postcode if random.random() < 0.6 else None,
    }
