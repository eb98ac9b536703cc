"""The people of the demonstration as each of its senders wrote them down, once for all its messages.

Some come as another person would: spelled otherwise, in Arabic letters, family and given name swapped, without papers
or under a parent's. What a sender sent it sends again, so that only the client registry can tell who is who.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from random import Random
from typing import Final

from channels.demo import SEED
from channels.population.noise import Noise
from channels.population.people import Person, people
from channels.population.writing import Source, written
from schemas.events import Patient

LABORATORY, RADIOLOGY, HOSPITAL, PRACTICE = "130310623", "130342299", "140152243", "CABINET-ZAHIRI"
PHARMACIES: Final = ("130366056", "130373975")
MANY: Final = 70

_SOURCES: Final = (
    Source(LABORATORY, {"cin": 0.5, "cnss": 0.6, "idcs": 0.05}, arabic=0.0, capitals=True),
    Source(RADIOLOGY, {"cin": 0.3, "cnss": 0.5, "idcs": 0.0}, arabic=0.0, capitals=True),
    Source(HOSPITAL, {"cin": 0.7, "cnss": 0.5, "idcs": 0.3}, arabic=0.2, capitals=False),
    Source(PRACTICE, {"cin": 0.0, "cnss": 0.7, "idcs": 0.1}, arabic=0.4, capitals=False),
    *(Source(inpe, {"cin": 0.0, "cnss": 0.95, "idcs": 0.0}, arabic=0.0, capitals=True) for inpe in PHARMACIES),
)
_HOW: Final = Noise(spelling=0.5, swapped_names=0.04, placeholder=0.01)
# A sale without a CNSS number is another person each time: what is wrong there too would be asked about each time
_HOW_SOLD: Final = replace(_HOW, swapped_names=0.0, first_of_january=0.0, no_birth_date=0.0)


def registered(many: int = MANY, seed: int = SEED) -> Mapping[str, Sequence[Patient]]:
    """By sender, the same people in the same order. The same seed gives the same."""
    everybody = list(people(many, seed))
    return {source.authority: [_written(person, source, seed) for person in everybody] for source in _SOURCES}


def _written(person: Person, source: Source, seed: int) -> Patient:
    random = Random(f"{seed} {source.authority} {person.number}")
    return written(person, source, _HOW_SOLD if source.authority in PHARMACIES else _HOW, random, first=False)
