"""Whom a demographics query (PDQ) means: every criterion must hold of what one source says."""

from __future__ import annotations

import pytest

from registries.client.search import People
from schemas.events import Patient
from schemas.queries import Criteria
from tests.registries.client.test_search import Told

RIM: Patient = {
    "identifiers": [{"system": "urn:x:ward", "value": "A-7"}, {"system": "urn:x:lab", "value": "9"}],
    "names": [
        {"family": "EL ALAMI", "given": ["Rim", "Fatima-Zahra"]},
        {"family": "Tazi", "given": ["Rim"], "use": "maiden"},
    ],
    "mother_name": {"family": "Berrada", "given": ["Hind"]},
    "mother_identifiers": [{"system": "urn:x:ward", "value": "A-1"}],
    "birth_date": "1984-01-25",
    "sex": "female",
    "addresses": [
        {"lines": ["12, rue X"], "city": "Salé", "postal_code": "11000", "country": "MA"},
        {"city": "Rabat", "postal_code": "10000"},
    ],
    "telecoms": [{"value": "+212 600-00.00.01", "system": "phone"}],
    "account": {"system": "urn:x:ward", "value": "C 1"},
}


def meant(patient: Patient, wanted: Criteria) -> bool:
    return bool(People(Told(patient))(wanted, 1))


@pytest.mark.parametrize(
    "wanted",
    [
        Criteria(system="urn:x:ward", number="a7"),
        Criteria(number="9"),
        Criteria(system="urn:x:lab"),
        Criteria(family="el-alami"),
        Criteria(family="EL AL*"),
        Criteria(family="TAZI", given="rim"),
        Criteria(given="Fatima Zahra"),
        Criteria(given="Rim Fatima*"),
        Criteria(mother_family="BERRADA", mother_given="H*"),
        Criteria(mother_system="urn:x:ward", mother_number="A-1"),
        Criteria(birth="1984"),
        Criteria(birth="1984-01"),
        Criteria(birth="1984-01-25", sex="female"),
        Criteria(city="SALE"),
        Criteria(city="rabat", postal_code="10000"),
        Criteria(street="12 rue X", country="MA"),
        Criteria(phone="0600000001"),
        Criteria(account="C1"),
        Criteria(),
    ],
)
def test_who_is_meant(wanted: Criteria) -> None:
    assert meant(RIM, wanted)


@pytest.mark.parametrize(
    "wanted",
    [
        Criteria(system="urn:x:lab", number="A-7"),
        Criteria(system="urn:x:else"),
        Criteria(family="ALAMI"),
        Criteria(family="ALAM*"),
        Criteria(mother_family="ALAMI"),
        Criteria(mother_system="urn:x:lab", mother_number="A-1"),
        Criteria(birth="1984-02"),
        Criteria(birth="1984-01-25", sex="male"),
        Criteria(phone="0600000002"),
        Criteria(account="C2"),
        Criteria(family="*", number="8"),
    ],
)
def test_who_is_not_meant(wanted: Criteria) -> None:
    assert not meant(RIM, wanted)


@pytest.mark.parametrize(
    "wanted", [Criteria(family="A"), Criteria(birth="1984"), Criteria(sex="male"), Criteria(city="x")]
)
def test_what_was_not_told_is_not_met(wanted: Criteria) -> None:
    assert not meant({}, wanted)
