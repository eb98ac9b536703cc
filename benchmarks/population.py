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
from random import Random
from typing import Final, TextIO

from channels.population import noise
from channels.population.noise import Noise
from channels.population.people import CITIES, people
from channels.population.writing import CARRIED, Source, written
from registries.client.keys import SYSTEM
from schemas.events import Address, Patient

COLUMNS: Final = (
    *("ins", "idcs", "cnss", "cin", "ipp", "authority", "family", "given", "birth_date", "sex"),
    *("phone", "city", "postcode", "address", "mother", "truth"),
)
WIDTH: Final = 20_000  # records that come in no order
_HOW_MANY: Final = (1, 1, 1, 1, 2, 2, 2, 3, 3, 4, 5)
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


def row(truth: str, patient: Patient) -> dict[str, str]:
    """The record as a row of the list that `wasl registry load clients` takes."""
    carried = {one["system"]: one["value"] for one in patient["identifiers"]}
    said = {paper: carried.get(f"{SYSTEM}{name}", "") for paper, name in CARRIED.items()}
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
