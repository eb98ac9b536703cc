"""What of a patient may identify, and what says nothing."""

from __future__ import annotations

from datetime import date

import pytest

from registries.client.keys import CIN, CNSS, IDCS, INCOMPLETE, INS, LOCAL, birth_levels, normal, placeholder, subject
from schemas.events import Identifier, Patient
from tests.registries.people import ID, SECRET, patient


def ranks(who: Patient) -> list[int]:
    return [key.rank for key in subject(who, "event", SECRET).keys]


@pytest.mark.parametrize(
    "value",
    ["", " ", "0", "000000000", "999999999", "X", "xxx", "INCONNU", "inconnue", "N/A", "Néant", "-", "?", "A000000",
     "11111111", "non renseigné"],
)  # fmt: skip
def test_a_filler_is_no_number(value: str) -> None:
    assert placeholder(value)
    assert ranks(patient(ins=value or "0", ipp=value or "0")) == []


@pytest.mark.parametrize("value", ["P0", "A00", "KP0", "P000", "A0001", "10000000", "XA1"])
def test_a_short_number_with_zeros_is_a_number(value: str) -> None:
    assert not placeholder(value)


@pytest.mark.parametrize("value", ["7", "100", "11111", "9", "143270581", "AB417205", "X4471", "0012"])
def test_a_number_is_no_filler(value: str) -> None:
    assert not placeholder(value)


def test_keys_come_strongest_first() -> None:
    full = patient(ipp="8", cin="AB1", cnss="143270581", idcs="2345678906", ins="N1", given="Hind", birth="1990-02-01")
    assert ranks(full) == [INS, IDCS, CNSS, CIN, LOCAL]


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({"cnss": "143270581", "given": "Hind", "birth": "1990-02-01"}, [CNSS]),
        ({"cnss": "143270581", "given": "Hind", "birth": "1990"}, [INCOMPLETE]),
        ({"cnss": "143270581", "given": "Hind"}, [INCOMPLETE]),
        ({"cnss": "143270581", "birth": "1990-02-01"}, []),
        ({"cnss": "143270581"}, []),
        ({"cnss": "143270581", "given": "BEBE DE HIND", "birth": "2024-02-01"}, []),
        ({"cin": "AB417205", "birth": "1990-02-01"}, [CIN]),
        ({"cin": "AB417205", "given": "Hind"}, [INCOMPLETE]),
        ({"cin": "AB417205"}, []),
        ({"cin": "AB417205", "ipp": "12"}, [LOCAL]),
    ],
)
def test_what_a_family_shares_identifies_nobody_alone(told: dict[str, str], expected: list[int]) -> None:
    assert ranks(patient(**told)) == expected


@pytest.mark.parametrize(
    "number",
    [
        Identifier(system=f"{ID}cnops", value="771204"),
        Identifier(system="urn:id:MUTUELLE", value="771204", type="MB"),
    ],
)
def test_an_insured_number_of_any_payer_is_shared_too(number: Identifier) -> None:
    hind = patient(number, given="Hind", birth="1990-02-01")
    reda = patient(number, given="Reda", birth="1990-02-01")
    assert ranks(hind) == ranks(reda) == [LOCAL]
    assert subject(hind, "1", SECRET).keys != subject(reda, "2", SECRET).keys


def test_spelling_that_means_nothing_changes_nothing() -> None:
    one = patient(cin="ab 417205", cnss="143 270 581", given="Fatima-Zahrâ", birth="1990-02-01T08:30")
    other = patient(cin="AB417205", cnss="143270581", given="FATIMA ZAHRA", birth="1990-02-01")
    assert subject(one, "1", SECRET).keys == subject(other, "2", SECRET).keys
    assert normal("El-Houssaïne") == "ELHOUSSAINE"
    assert normal("أحمد") == normal("احمد")


def test_second_given_names_tell_twins_apart() -> None:
    amine = patient(cnss="143270581", given="Mohamed Amine", birth="2003-01-19")
    yassine = patient(cnss="143270581", given="Mohamed Yassine", birth="2003-01-19")
    assert subject(amine, "1", SECRET).keys != subject(yassine, "2", SECRET).keys


@pytest.mark.parametrize(
    ("text", "levels"),
    [
        ("1980-03-12", ("1980", "1980-03", "1980-03-12")),
        ("1980-03-12T10:30+01:00", ("1980", "1980-03", "1980-03-12")),
        ("1980-03", ("1980", "1980-03")),
        ("1980", ("1980",)),
        ("1980-02-31", ()),
        ("0000-00-00", ()),
        ("1900-01-01", ()),
        ("inconnue", ()),
        (None, ()),
    ],
)
def test_a_birth_date_has_levels(text: str | None, levels: tuple[str, ...]) -> None:
    assert birth_levels(text) == levels


def test_a_digest_tells_nothing_without_the_secret() -> None:
    who = patient(cin="AB417205", birth="1990-02-01")
    assert subject(who, "1", SECRET).keys != subject(who, "1", b"another secret").keys
    assert all("AB417205" not in key.digest for key in subject(who, "1", SECRET).keys)


def test_a_childs_card_number_is_the_parents_and_names_no_twin() -> None:
    born = f"{date.today().year - 3}-02-01"
    told = {"cin": "AB417205", "birth": born, "family": "Tazi"}
    one, other, again = (subject(patient(**told, given=given), "e", SECRET).keys for given in ("Rim", "Hind", "RIM"))
    assert one == again != other
    grown = {**told, "birth": "1990-02-01"}
    assert subject(patient(**grown, given="Rim"), "e", SECRET).keys == (
        subject(patient(**grown, given="Hind"), "e", SECRET).keys
    )
