"""Another list of facilities beside ours: what is paired by itself, what waits for a person, and what they decide."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from registries.care.entry import entry
from registries.care.likeness import Described, Listed, kilometres, likeness
from registries.care.lookup import Wanted, id_of, look_up
from registries.database import writing
from registries.reconciliation import Decision, counts, decide, reconcile, waiting
from tests.registries.care.lists import places
from tests.registries.client.test_regulars import asked

KIND = "facility"
LIST = "urn:list:delegation"
OURS = (
    "120000011;Centre de santé rural Oulad Frej;CSR2;MA-06;MA-JDI;;/;33.01;-8.23;",
    "120000012;Centre de santé rural Oulad Ghanem;CSR1;MA-06;MA-JDI;;/;32.95;-8.70;",
    "120000013;Laboratoire d'analyses Al Kawtar;LABM;MA-04;MA-RAB;;/;34.01;-6.84;",
    "120000014;Pharmacie Al Kawtar;OFFICINE;MA-04;MA-RAB;;/;34.012;-6.841;",
    "120000015;Pharmacie Atlas;OFFICINE;MA-07;MA-MAR;;/;;;",
    "120000016;Pharmacie Atlas;OFFICINE;MA-05;MA-AZI;;/;;;",
)
HEAD = "number;name;province;latitude;longitude;inpe;type"


def compared(engine: Engine, *lines: str) -> tuple[int, int, int, int]:
    report = reconcile(engine, LIST, "\n".join([HEAD, *lines]).encode(), by="amina")
    return report.paired, report.possible, report.none, report.known


def decided(engine: Engine, number: str, decision: Decision) -> bool:
    with writing(engine) as connection:
        edited = decide(connection, LIST, number, decision, by="amina", why="asked them")
    return edited is not None and not edited.issues


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("C1;CSR Ouled Fraj;El Jadida;;;;", "120000011"),
        ("C1;CSR Ouled Frej;;33.0102;-8.2301;;", "120000011"),
        ("C1;Labo. Alkawtar;Rabat;;;;", "120000013"),
        ("C1;Phie Al Kaoutar;MA-RAB;;;;", "120000014"),
        ("C1;PHARMACIE ATLAS;MA-AZI;;;;", "120000016"),
        ("C1;Another name altogether;;;;120000015;", "120000015"),
    ],
)
def test_the_same_place_under_another_spelling_is_paired(engine: Engine, line: str, expected: str) -> None:
    places(engine, *OURS)
    assert compared(engine, line) == (1, 0, 0, 0)
    found = entry(engine, KIND, id_of(engine, KIND, expected))
    assert found is not None
    assert f"{LIST}|C1" in found.fields["aliases"]
    assert found.history[0].why == f"list compared: {LIST}"


@pytest.mark.parametrize(
    ("line", "possible"),
    [
        ("C1;Pharmacie Atlas;;;;;", True),  # of which town?
        ("C1;Oulad Frej;;;;;", True),  # a name alone is not certain
        ("C1;CSR Oulad Frej;MA-RAB;;;;", True),  # the name speaks for it, the place against
        ("C1;CSR Oulad Frej;MA-JDI;33.17;-8.23;;CSR2", True),  # another of that name in the province, 18 km away
        ("C1;Clinique Les Orangers;MA-RAB;;;;", False),
    ],
)
def test_what_is_not_certain_changes_no_entry(engine: Engine, line: str, possible: bool) -> None:
    places(engine, *OURS)
    assert compared(engine, line) == (0, int(possible), int(not possible), 0)
    (one,) = waiting(engine)
    assert bool(one.entry) == possible
    assert look_up(engine, KIND, Wanted(number=f"{LIST}|C1")) == ([], "")


def test_a_run_again_goes_on_where_it_stopped_and_asks_nothing_twice(engine: Engine) -> None:
    places(engine, *OURS)
    lines = ["C1;CSR Ouled Fraj;El Jadida;;;;", "C2;Pharmacie Atlas;;;;;", "C3;Clinique X;;;;;"]
    assert compared(engine, *lines[:2]) == (1, 1, 0, 0)
    assert compared(engine, *lines) == (0, 1, 1, 1)
    assert decided(engine, "C3", "flag")
    assert compared(engine, *lines) == (0, 1, 0, 2)
    assert counts(engine) == {"paired": 1, "open": 1, "flagged": 1}


def test_what_a_person_decides_stands(engine: Engine) -> None:
    places(engine, *OURS)
    lines = ["C1;Oulad Frej;;;;;", "C2;Pharmacie Atlas;;;;;", "C3;Clinique Les Orangers;MA-RAB;;;;CLINIQUE"]
    compared(engine, *lines)
    assert decided(engine, "C1", "pair")
    assert [one.number for one in look_up(engine, KIND, Wanted(number=f"{LIST}|C1"))[0]] == ["120000011"]
    assert decided(engine, "C3", "add")
    (new,), _ = look_up(engine, KIND, Wanted(number=f"{LIST}|C3"))
    assert (new.name, new.place) == ("Clinique Les Orangers", "Rabat")
    assert not decided(engine, "C3", "add")
    assert not decided(engine, "C9", "pair")
    (rest,) = waiting(engine)
    assert rest.number == "C2"


def test_not_the_same_is_never_proposed_again(engine: Engine) -> None:
    places(engine, *OURS[:1])
    compared(engine, "C1;Oulad Frej;;;;;")
    assert decided(engine, "C1", "apart")
    assert not decided(engine, "C1", "pair")
    assert compared(engine, "C1;CSR Oulad Frej;MA-JDI;33.01;-8.23;;") == (0, 0, 1, 0)


def test_two_rows_of_a_list_are_not_one_entry_by_themselves(engine: Engine) -> None:
    places(engine, *OURS)
    assert compared(engine, "C1;CSR Oulad Frej;MA-JDI;;;;", "C2;CSR Ouled Frej;MA-JDI;;;;") == (1, 1, 0, 0)


def test_many_rows_are_compared_with_as_many_statements_as_few(engine: Engine) -> None:
    names = [
        f"{first}{second}"
        for first in ("Tazar", "Boumal", "Zemam", "Targ", "Mirl")
        for second in ("ine", "ouk", "efte")
    ]
    places(engine, *(f"1300000{n:02};Pharmacie {name};OFFICINE;;MA-RAB;;/;;;" for n, name in enumerate(names)))
    with asked(engine) as few:
        assert compared(engine, *(f"A{n};Phie {name};MA-RAB;;;;" for n, name in enumerate(names[:3]))) == (3, 0, 0, 0)
    with asked(engine) as many:
        assert compared(engine, *(f"B{n};Phie {name};MA-RAB;;;;" for n, name in enumerate(names[3:]))) == (12, 0, 0, 0)
    assert len(many) <= len(few)


def test_one_that_cannot_be_paired_stops_no_other_of_its_commit(engine: Engine) -> None:
    places(engine, *OURS)
    rows = ("c1;CSR Oulad Frej;MA-JDI;;;;", "C1;CSR Oulad Ghanem;MA-JDI;;;;", "C2;Phie Al Kaoutar;MA-RAB;;;;")
    assert compared(engine, *rows) == (2, 1, 0, 0)  # case does not count in numbers
    assert [one.number for one in waiting(engine)] == ["C1"]


def test_a_row_without_number_or_name_is_said_and_stops_no_other(engine: Engine) -> None:
    places(engine, *OURS)
    report = reconcile(engine, LIST, f"{HEAD}\n;X;;;;;\nC1;CSR Oulad Frej;MA-JDI;;;;".encode(), by="amina")
    assert (report.paired, [issue.at for issue in report.issues]) == (1, ["line 2, number"])
    assert reconcile(engine, LIST, b"name\nX", by="amina").issues


def test_a_degree_of_latitude_is_111_kilometres() -> None:
    assert kilometres((33.0, -7.0), (34.0, -7.0)) == pytest.approx(111.2, abs=0.2)


def test_likeness_is_the_same_from_both_sides() -> None:
    one = Described("a", ("CSR Oulad Frej",), "CSR2", "MA-JDI", at=(33.0, -8.2))
    other = Described("b", ("Centre de santé Ouled Fraj", "frej"), "", "MA-SET", at=(33.5, -8.2))
    assert likeness(one, other).score == likeness(other, one).score
    assert Listed([]).best(one) == ("none", [])
