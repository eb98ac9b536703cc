"""An identity of more records than any human being has: the newest speak for it, so that its size costs nobody time."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from registries.client.candidates import Candidates
from registries.client.links import Links
from registries.client.records import Records
from registries.client.verdicts import NEWEST
from registries.database import reading
from registries.sealing import Seal
from tests.registries.people import SECRET, Registry, about, hind, patient


@pytest.fixture
def registry(engine: Engine) -> Registry:
    return Registry(engine)


def crowd(registry: Registry, count: int, other: int = 0, **told: str) -> str:
    """Hind under so many file numbers, all with her INS; one tells who she is, and one, `other`, something else."""
    said = [about(patient({"system": "urn:id:WARD", "value": f"{n}"}, ins="N7")) for n in range(count)]
    said[other] = about(patient({"system": "urn:id:WARD", "value": f"{other}"}, ins="N7", **told))
    said[count // 2] = about(hind("AZROU", ins="N7"))
    return {answer.entry for answer in registry.answers(said)}.pop()


@pytest.mark.parametrize(
    ("count", "other", "heard"),
    [(NEWEST, 0, True), (NEWEST + 4, NEWEST + 3, True), (NEWEST + 4, 4, True), (NEWEST + 4, 3, False)],
)
def test_the_newest_records_of_an_identity_speak_for_it(
    registry: Registry, count: int, other: int, heard: bool
) -> None:
    many = crowd(registry, count, other, cin="BK61234")
    one = registry.answer(about(hind("IFRANE", cin="CD98765"))).entry
    assert one != many
    assert (Links(registry.engine).following(one) == {one}) == heard
    assert bool(registry.all_reviews()) == heard


def test_of_each_group_the_newest_records_are_read(registry: Registry) -> None:
    many = crowd(registry, 5)
    few = [registry.answer(about(hind("RABAT", birth=birth))).entry for birth in ("1941-01-02", "1962-03-04")]
    ids = {one.id: one.person for one in Records(registry.engine, SECRET).since(0)}
    with reading(registry.engine) as connection:
        found = Candidates(Seal(SECRET)).newest(connection, [frozenset({many}), frozenset(few)], 3)
    assert {one.id: one.person for one in found} == {
        id: ids[id] for id in [*sorted(id for id in ids if ids[id] == many)[-3:], *(id for id in ids if ids[id] in few)]
    }
