"""A national service, asked over FHIR: what it answers, and that nothing is ever said in an address."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from registries.remote import National
from schemas.events import Identifier
from schemas.message import Unavailable
from tests.registries.country import Country, identifier
from tests.serving import served

INS = "https://hie.sante.gov.ma/id/ins"
INPE = "https://hie.sante.gov.ma/id/inpe-es"
NUMBER: Identifier = {"system": "urn:id:CHU", "value": "000123"}
PLACE: Identifier = {"system": INPE, "value": "123456789"}


@pytest.fixture
def country() -> Country:
    return Country()


@pytest.fixture
def national(country: Country) -> Iterator[National]:
    with served(country.app) as address:
        asked = National(f"{address}/fhir/")
        yield asked
        asked.close()


def organization(**more: object) -> dict[str, object]:
    return {"resourceType": "Organization", "id": "o1", "identifier": [identifier(f"{INPE}|123456789")], **more}


def location(**more: object) -> dict[str, object]:
    return {"resourceType": "Location", "managingOrganization": {"reference": "Organization/o1"}, **more}


def test_the_other_numbers_of_a_person(national: National, country: Country) -> None:
    country.people = [["urn:id:CHU|000123", f"{INS}|I-9", "urn:id:LABO|77"], ["urn:id:CHU|4"]]
    assert national.cross_references(NUMBER) == [
        {"system": INS, "value": "I-9"},
        {"system": "urn:id:LABO", "value": "77"},
    ]


def test_a_person_without_another_number_is_known(national: National, country: Country) -> None:
    country.people = [["urn:id:CHU|000123"]]
    assert national.cross_references(NUMBER) == []


def test_nobody_has_an_unknown_number_nor_one_of_an_unknown_domain(national: National, country: Country) -> None:
    assert national.cross_references(NUMBER) is None
    country.domains = {"urn:id:other"}
    assert national.cross_references(NUMBER) is None


def test_a_number_that_several_have_is_nobodys_and_no_outage() -> None:
    issue = {"severity": "error", "code": "multiple-matches"}
    answer = httpx.Response(404, json={"resourceType": "OperationOutcome", "issue": [issue]})
    national = National("http://nation.example/fhir", transport=httpx.MockTransport(lambda _: answer))
    assert national.cross_references(NUMBER) is None
    national.close()


def test_patients_are_found_by_what_they_are_called(national: National, country: Country) -> None:
    name = {"family": "Aït Brahim", "given": ["Hafid"]}
    country.resources = [
        {"resourceType": "Patient", "identifier": [identifier(f"{INS}|I-9")], "name": [name], "birthDate": "1980-03-12"}
    ]
    (found,) = national.patients({"family": "aït brahim"})
    assert found["identifiers"][0]["value"] == "I-9"
    assert found["names"][0]["family"] == "Aït Brahim"
    assert found["birth_date"] == "1980-03-12"
    assert national.patients({"family": "Nobody"}) == []


def test_a_facility_that_operates(national: National, country: Country) -> None:
    country.resources = [organization(active=True), location(status="active")]
    assert national.facility(PLACE) == {"number": "123456789", "periods": [("", "")], "several": False}
    assert national.facility({"system": INPE, "value": "9"}) is None


@pytest.mark.parametrize(
    ("resources", "periods"),
    [
        ([organization(active=False, meta={"lastUpdated": "2024-05-01T10:00:00Z"})], [("", "2024-05-01")]),
        ([organization(active=False)], []),
        ([organization(), location(status="inactive", meta={"lastUpdated": "2023-01-31"})], [("", "2023-01-31")]),
        ([organization(), location(status="suspended")], []),
        ([organization(), location(status="inactive"), location(status="active")], [("", "")]),
        (
            [organization(), location(status="inactive", managingOrganization={"reference": "Organization/o2"})],
            [("", "")],
        ),
        ([organization()], [("", "")]),
    ],
)
def test_a_facility_was_active_until_it_was_last_changed(
    national: National, country: Country, resources: list[dict[str, object]], periods: list[tuple[str, str]]
) -> None:
    country.resources = resources
    found = national.facility(PLACE)
    assert found
    assert found["periods"] == periods


def test_a_closed_entry_gives_way_to_the_one_that_is_open_and_two_open_ones_are_told(
    national: National, country: Country
) -> None:
    country.resources = [organization(active=False), organization(id="o2")]
    assert national.facility(PLACE) == {"number": "123456789", "periods": [("", "")], "several": False}
    country.resources = [organization(), organization(id="o2")]
    found = national.facility(PLACE)
    assert found
    assert found["several"]


def test_a_health_worker_is_active_in_the_periods_of_their_roles(national: National, country: Country) -> None:
    worker = {"resourceType": "Practitioner", "id": "p1", "identifier": [identifier("urn:id:INPE|111111111")]}

    def role(**more: object) -> dict[str, object]:
        return {"resourceType": "PractitionerRole", "practitioner": {"reference": "Practitioner/p1"}, **more}

    country.resources = [
        worker,
        role(period={"start": "2010-01-01", "end": "2015-12-31"}),
        role(period={"start": "2020-01-01"}),
        role(period={"start": "2016-01-01"}, active=False, meta={"lastUpdated": "2018-06-30T00:00:00Z"}),
        role(period={"start": "2019-01-01"}, active=False, meta={"lastUpdated": "2018-06-30T00:00:00Z"}),
    ]
    found = national.health_worker({"system": "urn:id:INPE", "value": "111111111"})
    assert found
    assert found["periods"] == [("2010-01-01", "2015-12-31"), ("2020-01-01", ""), ("2016-01-01", "2018-06-30")]


def test_a_year_or_month_ends_with_its_last_day(national: National, country: Country) -> None:
    worker = {"resourceType": "Practitioner", "id": "p1", "identifier": [identifier("urn:id:INPE|111111111")]}
    role = {"resourceType": "PractitionerRole", "practitioner": {"reference": "Practitioner/p1"}}
    country.resources = [worker, *(role | {"period": {"start": "2010", "end": end}} for end in ("2015", "2016-02"))]
    found = national.health_worker({"system": "urn:id:INPE", "value": "111111111"})
    assert found
    assert found["periods"] == [("2010-01-01", "2015-12-31"), ("2010-01-01", "2016-02-29")]
    country.resources[1] |= {"active": False, "meta": {"lastUpdated": "2015-06-30T00:00:00Z"}}
    found = national.health_worker({"system": "urn:id:INPE", "value": "111111111"})
    assert found
    assert found["periods"][0] == ("2010-01-01", "2015-06-30")


def test_no_number_is_in_an_address(national: National, country: Country) -> None:
    national.cross_references(NUMBER)
    national.facility(PLACE)
    national.health_worker(PLACE)
    national.patients({"family": "canary"})
    assert len(country.asked) == 4
    assert all(query == "" for _, query in country.asked)
    assert {path for path, _ in country.asked} == {
        "/fhir/Patient/$ihe-pix",
        "/fhir/Patient/_search",
        "/fhir/Organization/_search",
        "/fhir/Practitioner/_search",
    }


def test_a_number_with_signs_of_the_search_language_is_asked_for_as_it_is() -> None:
    seen: list[bytes] = []

    def reply(request: httpx.Request) -> httpx.Response:
        seen.append(request.content)
        return httpx.Response(200, json={"resourceType": "Bundle"})

    national = National("http://127.0.0.1:9/fhir", transport=httpx.MockTransport(reply))
    assert national.facility({"system": "urn:id:A", "value": "1,2|3$4&x=5"}) is None
    assert seen == [b"identifier=urn%3Aid%3AA%7C1%5C%2C2%5C%7C3%5C%244%26x%3D5&_revinclude=Location%3Aorganization"]


def test_the_token_is_shown_and_a_wrong_one_is_told(country: Country) -> None:
    country.token = "let me in"
    country.people = [["urn:id:CHU|000123"]]
    with served(country.app) as address:
        assert National(f"{address}/fhir", token="let me in").cross_references(NUMBER) == []
        with pytest.raises(Unavailable, match="token"):
            National(f"{address}/fhir").cross_references(NUMBER)


def test_a_service_that_is_down_or_gone_is_unavailable(country: Country) -> None:
    with served(country.app) as address:
        national = National(f"{address}/fhir")
        country.down = 503
        with pytest.raises(Unavailable) as unavailable:
            national.facility(PLACE)
        assert unavailable.value.retry_after == 7
    with pytest.raises(Unavailable):
        national.facility(PLACE)


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(200, content=b"<html>"),
        httpx.Response(200, content=b"[]"),
        httpx.Response(200, json={"resourceType": "Patient"}),
        httpx.Response(404, content=b"no such page"),
        httpx.Response(404, json={"resourceType": "OperationOutcome", "issue": [{"code": "not-supported"}]}),
        httpx.Response(405),
        httpx.Response(400, json={"resourceType": "OperationOutcome", "issue": "?"}),
        httpx.Response(302, headers={"Location": "http://127.0.0.1:9/elsewhere"}),
    ],
)
def test_what_is_no_answer_says_nothing_of_anybody(answer: httpx.Response) -> None:
    """Least of all that nobody has the number."""
    national = National("http://127.0.0.1:9/fhir", transport=httpx.MockTransport(lambda _: answer))
    for ask in (lambda: national.cross_references(NUMBER), lambda: national.facility(PLACE)):
        with pytest.raises(Unavailable) as unavailable:
            ask()
        assert "000123" not in unavailable.value.reason
