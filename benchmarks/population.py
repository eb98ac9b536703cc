"""What hospitals, laboratories and pharmacies wrote down of people who are not there, with the truth beside.

`python -m benchmarks.population --size 100000 --seed 7 --as csv` writes the list that `wasl registry load clients`
takes, with one more column: `truth` says who each row is. `--as jsonl` writes each record as an event's patient.
Both stream: ten million people need no more memory than a thousand.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from random import Random
from typing import Final, TextIO
from zlib import crc32

from benchmarks import noise
from benchmarks.noise import Noise
from benchmarks.people import CITIES, TODAY, Person, people
from registries.client.keys import SYSTEM
from schemas.events import Address, HumanName, Identifier, Patient

COLUMNS: Final = (
    *("ins", "idcs", "cnss", "cin", "ipp", "authority", "family", "given", "birth_date", "sex"),
    *("phone", "city", "postcode", "address", "mother", "truth"),
)
SOURCE: Final = "urn:id:"
WIDTH: Final = 20_000  # records that come in no order
_STEP, _FILES = 48_271, 10**9
_HOW_MANY: Final = (1, 1, 1, 1, 2, 2, 2, 3, 3, 4, 5)
_CARRIED: Final = {"cin": "cnie", "cnss": "cnss", "idcs": "idcs"}
_NAMELESS: Final = ("BEBE", "NN", "Nouveau-né", "X")
_FILLERS: Final = {"cin": ("INCONNU", "X", "0000000"), "cnss": ("000000000", "999999999"), "idcs": ("0000000000",)}
_PHONES: Final = ("0{}", "+212{}", "00212{}", "+212 {}")


@dataclass(frozen=True, slots=True)
class Source:
    """Who writes. `asks`: how often for each paper; `arabic`: how often it writes names in Arabic letters."""

    authority: str
    asks: dict[str, float]
    arabic: float
    capitals: bool

    @property
    def system(self) -> str:
        return f"{SOURCE}{self.authority}"


_KINDS: Final = (
    ("CHU", 3, {"cin": 0.7, "cnss": 0.5, "idcs": 0.2}, 0.05),
    ("LABO", 4, {"cin": 0.3, "cnss": 0.3, "idcs": 0.05}, 0.02),
    ("OFFICINE", 3, {"cin": 0.1, "cnss": 0.6, "idcs": 0.02}, 0.0),
    ("CSU", 2, {"cin": 0.5, "cnss": 0.2, "idcs": 0.1}, 0.35),
)


def _sources(city: str) -> tuple[Source, ...]:
    place = noise.plain(city).replace(" ", "_")
    return tuple(
        Source(f"{kind}_{place}_{turn}", asks, arabic, turn % 2 == 0)
        for kind, many, asks, arabic in _KINDS
        for turn in range(1, many + 1)
    )


_SOURCES: Final = tuple(_sources(city) for city, _ in CITIES)


def records(n: int, seed: int, how: Noise | None = None, width: int = WIDTH) -> Iterator[tuple[str, Patient]]:
    """(who it truly is, what was written) for one to five records of each of `n` people, mixed among `width`."""
    return _mixed(_of_everybody(n, seed, how or Noise()), Random(f"{seed} order"), width)


def _of_everybody(n: int, seed: int, how: Noise) -> Iterator[tuple[str, Patient]]:
    for person in people(n, seed):
        random = Random(f"{seed} records {person.number}")
        sources = _SOURCES[person.home.city]
        for turn, source in enumerate(random.sample(sources, random.choice(_HOW_MANY))):
            yield person.truth, written(person, source, how, random, first=turn == 0)


def _mixed(said: Iterable[tuple[str, Patient]], random: Random, width: int) -> Iterator[tuple[str, Patient]]:
    held: list[tuple[str, Patient]] = []
    for one in said:
        if len(held) < width:
            held.append(one)
            continue
        place = random.randrange(width)
        held[place], one = one, held[place]
        yield one
    random.shuffle(held)
    yield from held


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
            yield {"system": f"{SYSTEM}{_CARRIED[paper]}", "value": value}


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


def row(truth: str, patient: Patient) -> dict[str, str]:
    """The record as a row of the list that `wasl registry load clients` takes."""
    carried = {one["system"]: one["value"] for one in patient["identifiers"]}
    said = {paper: carried.get(f"{SYSTEM}{name}", "") for paper, name in _CARRIED.items()}
    name, mother = patient["names"][0], patient.get("mother_name")
    nowhere: Address = {}
    address = next(iter(patient["addresses"]), nowhere)
    return {
        **said,
        "ipp": patient["identifiers"][0]["value"],
        "authority": patient["identifiers"][0]["authority"] or "",
        "family": name["family"] or "",
        "given": " ".join(name["given"]),
        "birth_date": patient["birth_date"] or "",
        "sex": {"male": "M", "female": "F"}.get(patient["sex"] or "", ""),
        "phone": next((one["value"] or "" for one in patient["telecoms"]), ""),
        "city": address.get("city") or "",
        "postcode": address.get("postal_code") or "",
        "address": ", ".join(address.get("lines", ())),
        "mother": f"{mother['family']} {mother['given'][0]}" if mother else "",
        "truth": truth,
    }


def write(said: Iterable[tuple[str, Patient]], form: str, out: TextIO) -> None:
    """As `csv` (with `;`) or `jsonl`, one record a line."""
    if form == "jsonl":
        out.writelines(
            json.dumps({"truth": truth, "patient": patient}, ensure_ascii=False) + "\n" for truth, patient in said
        )
        return
    sheet = csv.DictWriter(out, COLUMNS, restval="", delimiter=";", lineterminator="\n")
    sheet.writeheader()
    sheet.writerows(row(truth, patient) for truth, patient in said)


def main() -> None:
    words = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    words.add_argument("--size", type=int, default=1000, help="people, each with one to five records")
    words.add_argument("--seed", type=int, default=1)
    words.add_argument("--as", dest="form", choices=("csv", "jsonl"), default="csv")
    said = words.parse_args()
    write(records(said.size, said.seed), said.form, sys.stdout)


if __name__ == "__main__":
    main()
