"""`/fhir/Patient` and `$ihe-pix` where the country has a client registry: numbers that nobody here has."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from channels.consumers.smr import said
from registries.national_numbers import NationalNumbers
from registries.remembered import Remembered
from registries.remote import National
from tests.gateway.clients import IDCS, LAB, WARD, Reader, numbers
from tests.gateway.test_pixm import told
from tests.home import Place, every_store, home
from tests.registries.country import Country, identifier
from tests.registries.people import SECRET, about, patient
from tests.serving import served

__all__ = ["every_store", "home"]

HIND: dict[str, Any] = {
    "resourceType": "Patient",
    "id": "national-7",
    "identifier": [identifier(f"{IDCS}|2345678906"), identifier(f"{LAB}|41")],
    "name": [{"family": "Benkirane", "given": ["Hind"]}],
    "birthDate": "1974-08-23",
    "gender": "female",
}
NUMBER = f"{IDCS}|2345678906"


@pytest.fixture
def country() -> Country:
    return Country(people=[[NUMBER, f"{LAB}|41"]], resources=[HIND])


@pytest.fixture
def reader(home: Place, country: Country) -> Iterator[Reader]:
    with served(country.app) as address:
        service, kept = National(f"{address}/fhir"), Remembered(home.open("registries"), SECRET, registry="client")
        reader = Reader(home, elsewhere=NationalNumbers(service, [kept], lambda channel: 60.0))
        reader.register(patient(ipp="7", family="Alami", given="Rim", birth="1984-02-29"))
        yield reader
        kept.close()
        service.close()


def test_the_other_numbers_of_somebody_whom_only_the_country_knows(reader: Reader, country: Country) -> None:
    response = reader.ask("POST", "Patient/$ihe-pix", data={"sourceIdentifier": NUMBER})
    assert (response.status_code, told(response.json())) == (200, ({(LAB, "41")}, []))
    assert int(response.headers["Age"]) >= 0
    assert told(reader.get("Patient/$ihe-pix", sourceIdentifier=NUMBER, targetSystem=WARD)) == (set(), [])
    assert reader.audited == [("query", "Patient")]
    assert country.asked == [("/fhir/Patient/$ihe-pix", "")]


def test_somebody_whom_only_the_country_knows_is_shown_as_the_countrys(reader: Reader, country: Country) -> None:
    response = reader.ask("POST", "Patient/_search", data={"identifier": NUMBER})
    bundle = response.json()
    (entry,) = bundle["entry"]
    hind = entry["resource"]
    assert (bundle["total"], hind["name"][0]["family"], hind["birthDate"]) == (1, "Benkirane", "1974-08-23")
    assert numbers(hind) == {(IDCS, "2345678906"), (LAB, "41")}
    assert (hind["meta"]["source"], entry["fullUrl"]) == ("urn:wasl:national", f"urn:uuid:{hind['id']}")
    assert "Age" in response.headers
    assert reader.audited == [("search", "Patient")]
    reader.get(f"Patient/{hind['id']}", 404)  # nobody was registered by a question
    assert reader.found(family="Benkirane") == []
    assert country.asked == [("/fhir/Patient/_search", "")]


def test_only_the_numbers_of_the_domains_wanted_are_shown(reader: Reader) -> None:
    (entry,) = reader.get("Patient", identifier=[NUMBER, f"{LAB}|"])["entry"]
    assert numbers(entry["resource"]) == {(LAB, "41")}
    assert reader.get("Patient", identifier=[NUMBER, f"{WARD}|"])["total"] == 0


def test_nobody_is_asked_of_whom_is_known_here_nor_for_names(reader: Reader, country: Country) -> None:
    reader.get("Patient/$ihe-pix", sourceIdentifier=f"{WARD}|7")
    assert told(reader.get("Patient/$ihe-pix", sourceIdentifier=f"{WARD}|7", targetSystem=LAB)) == (set(), [])
    assert reader.get("Patient", identifier=f"{WARD}|7")["total"] == 1
    for more in ({"family": "Benkirane"}, {"identifier": NUMBER, "gender": "female"}, {"identifier": "2345678906"}):
        assert reader.get("Patient", **more)["total"] == 0
    assert country.asked == []


def test_what_only_the_record_has_is_found_there(reader: Reader, country: Country) -> None:
    driss = patient(ipp="8", family="Bennis", given="Driss", birth="1990-05-01")
    reader.record.write([said(about(driss, type="PatientRegistered", person="old-1", fact="f"))])
    assert reader.found(identifier=f"{WARD}|8") == ["old-1"]
    assert country.asked == []


def test_nobody_anywhere_is_not_found(reader: Reader) -> None:
    (issue,) = reader.get("Patient/$ihe-pix", 404, sourceIdentifier=f"{WARD}|8")["issue"]
    assert issue["code"] == "not-found"
    (issue,) = reader.get("Patient/$ihe-pix", 400, sourceIdentifier="urn:nobody:knows|8")["issue"]
    assert issue["code"] == "code-invalid"
    (issue,) = reader.get("Patient/$ihe-pix", 403, sourceIdentifier=NUMBER, targetSystem="urn:nobody:knows")["issue"]
    assert issue["diagnostics"] == "targetSystem not found"
    assert reader.get("Patient", identifier=f"{WARD}|8")["total"] == 0


def test_a_domain_that_only_the_country_knows_may_be_wanted(reader: Reader, country: Country) -> None:
    country.people = [[NUMBER, "urn:id:SUD|5"]]
    answer = reader.get("Patient/$ihe-pix", sourceIdentifier=NUMBER, targetSystem="urn:id:SUD")
    assert told(answer) == ({("urn:id:SUD", "5")}, [])


def test_while_the_country_is_down_it_cant_be_known_now(reader: Reader, country: Country) -> None:
    country.down = 503
    for path, asked in (("$ihe-pix", {"sourceIdentifier": NUMBER}), ("_search", {"identifier": NUMBER})):
        response = reader.ask("POST", f"Patient/{path}", data=asked)
        (issue,) = response.json()["issue"]
        assert (response.status_code, response.headers["Retry-After"]) == (503, "5")
        assert issue["code"] == "transient"
        assert issue["diagnostics"].endswith("the national client registry does not answer")
        assert "2345678906" not in response.text
    assert reader.get("Patient", identifier=f"{WARD}|7")["total"] == 1


def test_its_last_good_answer_counts_while_it_is_down(reader: Reader, country: Country) -> None:
    fresh = told(reader.get("Patient/$ihe-pix", sourceIdentifier=NUMBER))
    country.down = 503
    assert told(reader.get("Patient/$ihe-pix", sourceIdentifier=NUMBER)) == fresh
