"""FHIR in XML over HTTP: whoever asks for it is answered in it, and may send it; the meaning is that of the JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.gateway.negotiation import FHIR_XML, Negotiated, preferred
from channels.gateway.patient_feed import written
from channels.security import passwords
from schemas.fhir.reading_xml import of_xml
from schemas.fhir.writing_xml import to_xml
from tests.console.place import NAME, PASSWORD
from tests.console.place import Place as House
from tests.gateway.asking import ask
from tests.gateway.clients import CIN, WARD, Reader, lab
from tests.home import Place, every_store, home
from tests.registries.people import patient

__all__ = ["every_store", "home"]

FHIR_JSON = "application/fhir+json"
SENT = {"Content-Type": FHIR_XML}


@pytest.fixture
def reader(home: Place) -> Reader:
    made = Reader(home)
    made.app = Negotiated(made.app)  # type: ignore[assignment]
    return made


@pytest.fixture
def rim(reader: Reader) -> str:
    return reader.register(patient(lab("3"), ipp="7", cin="AB1234", family="Alami", given="Rim", birth="1984-02-29"))


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    before, passwords.COST = passwords.COST, 4
    made = House(tmp_path_factory.mktemp("house"))
    yield made
    made.close()
    passwords.COST = before


@pytest.fixture(scope="module")
def sender(house: House) -> tuple[str, str]:
    return "his", house.house.clients.add("his", ["fhir", "pharmacy-csv"])


def told(answer: httpx.Response, status: int = 200) -> Any:
    """What an answer in XML says."""
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, FHIR_XML), answer.text[:300]
    assert int(answer.headers["Content-Length"]) == len(answer.content)
    return orjson.loads(of_xml(answer.content))


def in_xml(resource: Any) -> bytes:
    return to_xml(orjson.dumps(resource))


def admin(house: House, method: str, path: str, **more: Any) -> httpx.Response:
    return ask(house.app, method, path, auth=(NAME, PASSWORD), **more)


QUESTIONS: list[tuple[str, str, dict[str, Any]]] = [
    ("GET", "Patient/$ihe-pix", {"params": {"sourceIdentifier": f"{WARD}|7"}}),
    ("GET", "Patient", {"params": {"family": "alami"}}),
    ("POST", "Patient/_search", {"data": {"family": "alami"}}),
    ("GET", "Patient", {"params": {"family": "nobody"}}),
    ("GET", "Patient/nobody", {}),
    ("GET", "metadata", {}),
]


@pytest.mark.parametrize(("method", "path", "asked"), QUESTIONS)
def test_every_answer_says_the_same_in_both_formats(
    reader: Reader, rim: str, method: str, path: str, asked: dict[str, Any]
) -> None:
    plain = reader.ask(method, path, **asked)
    answer = reader.ask(method, path, headers={"Accept": FHIR_XML}, **asked)
    assert told(answer, plain.status_code) == plain.json()
    assert reader.ask(method, path, headers={"Accept": "*/*"}, **asked).content == plain.content


def test_pixm_is_asked_and_answered_in_xml(reader: Reader, rim: str) -> None:
    parameter = [
        {"name": "sourceIdentifier", "valueIdentifier": {"system": WARD, "value": "7"}},
        {"name": "targetSystem", "valueUri": CIN},
    ]
    asked = in_xml({"resourceType": "Parameters", "parameter": parameter})
    found = told(reader.ask("POST", "Patient/$ihe-pix", content=asked, headers=SENT))["parameter"]
    assert [one["name"] for one in found] == ["targetIdentifier", "targetId"]
    assert found[0]["valueIdentifier"] == {"system": CIN, "value": "AB1234"}
    assert found[1]["valueReference"] == {"reference": f"Patient/{rim}"}


def test_match_is_asked_and_answered_in_xml(reader: Reader, rim: str) -> None:
    name = [{"family": "Alami", "given": ["Rim"]}]
    who = {"resourceType": "Patient", "identifier": [{"system": WARD, "value": "7"}], "name": name}
    flags = [{"name": "onlyCertainMatches", "valueBoolean": True}, {"name": "count", "valueInteger": 3}]
    parameters = {"resourceType": "Parameters", "parameter": [{"name": "resource", "resource": who}, *flags]}
    for body in ({**who, "birthDate": "1984-02-29"}, parameters):
        answer = reader.ask("POST", "Patient/$match", content=in_xml(body), headers=SENT)
        (entry,) = told(answer)["entry"]
        assert entry["resource"]["id"] == rim
        assert 0.5 < entry["search"]["score"] <= 1


@pytest.mark.parametrize(
    ("accept", "form", "expected"),
    [
        ("application/fhir+json", "xml", FHIR_XML),
        (FHIR_XML, "json", FHIR_JSON),
        (FHIR_XML, "application/fhir+json; charset=utf-8", FHIR_JSON),
        ("text/turtle", "application/fhir xml", FHIR_XML),  # a + that nobody encoded
        (f"{FHIR_JSON};q=0.5, {FHIR_XML}", None, FHIR_XML),
        ("text/xml", None, FHIR_XML),
        ("application/fhir+xml; fhirVersion=4.0", None, FHIR_XML),
        ("", None, FHIR_JSON),
    ],
)
def test_the_format_asked_for_goes_before_what_is_accepted(
    reader: Reader, rim: str, accept: str, form: str | None, expected: str
) -> None:
    params = {"family": "alami", **({"_format": form} if form else {})}
    answer = reader.ask("GET", "Patient", params=params, headers={"Accept": accept})
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, expected)


def test_the_format_may_stand_in_a_form_or_in_parameters(reader: Reader, rim: str) -> None:
    assert told(reader.ask("POST", "Patient/_search", data={"family": "alami", "_format": "xml"}))["total"] == 1
    parameter = [
        {"name": "sourceIdentifier", "valueString": f"{WARD}|7"},
        {"name": "_format", "valueString": "xml"},
    ]
    asked = {"resourceType": "Parameters", "parameter": parameter}
    assert told(reader.ask("POST", "Patient/$ihe-pix", json=asked))["resourceType"] == "Parameters"


def test_pages_lead_to_pages_of_the_same_format(reader: Reader, rim: str) -> None:
    reader.register(patient(ipp="8", family="Alami", given="Driss", birth="1991-07-30"))
    first = told(reader.ask("GET", "Patient", params={"family": "alami", "_count": "1", "_format": "xml"}))
    (following,) = [one["url"] for one in first["link"] if one["relation"] == "next"]
    second = told(reader.ask("GET", following.partition("/fhir/")[2]))
    assert first["entry"][0]["resource"]["id"] != second["entry"][0]["resource"]["id"]


@pytest.mark.parametrize(
    "asked", [{"headers": {"Accept": "text/turtle"}}, {"params": {"_format": "html/form"}}, {"params": {"_format": ""}}]
)
def test_what_is_not_served_is_406_before_anything_is_done(reader: Reader, rim: str, asked: dict[str, Any]) -> None:
    answer = reader.ask("GET", f"Patient/{rim}", **asked)
    assert (answer.status_code, answer.json()["resourceType"]) == (406, "OperationOutcome")
    assert FHIR_XML in answer.json()["issue"][0]["diagnostics"]
    assert reader.audited == []


@pytest.mark.parametrize(
    ("body", "where"),
    [
        (b'<Patient xmlns="http://hl7.org/fhir">\n<name', "line 2, column 6"),
        (b'<Patient xmlns="http://hl7.org/fhir"><name>\n<famille value="SECRET"/></name></Patient>',
         "Patient.name[0].famille: line 2"),
        (b'<!DOCTYPE a [<!ENTITY a "SECRET">]><Patient xmlns="http://hl7.org/fhir"/>', "document type"),
        (b"<ClinicalDocument/>", "no resource"),
        (b'<Patient xmlns="http://hl7.org/fhir"><gender value="SECRET"/></Patient>', "Patient.gender"),
    ],
)  # fmt: skip
def test_what_is_no_fhir_is_400_with_the_place_and_without_the_value(reader: Reader, body: bytes, where: str) -> None:
    answer = reader.ask("POST", "Patient/$match", content=body, headers=SENT)
    (issue,) = told(answer, 400)["issue"]
    assert where in issue["diagnostics"]
    assert "SECRET" not in answer.text


CLINIC = {"resourceType": "Organization", "id": "sunrise", "name": "Clinique du Levant"}


def test_the_directory_is_fed_in_xml_and_read_in_both(house: House) -> None:
    made = admin(house, "PUT", "/fhir/Organization/sunrise", content=in_xml(CLINIC), headers=SENT)
    assert told(made, 201)["name"] == "Clinique du Levant"
    assert made.headers["Location"].endswith("/Organization/sunrise/_history/1")
    entry = {"resource": {**CLINIC, "name": "Clinique"}, "request": {"method": "PUT", "url": "Organization/sunrise"}}
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": [entry]}
    done = admin(house, "POST", "/fhir", content=in_xml(bundle), headers={**SENT, "Accept": FHIR_JSON})
    assert [one["response"]["status"] for one in done.json()["entry"]] == ["200"]
    history = admin(house, "GET", "/fhir/Organization/sunrise/_history", headers={"Accept": FHIR_XML})
    assert [one["resource"]["name"] for one in told(history)["entry"]] == ["Clinique", "Clinique du Levant"]
    unrouted = admin(house, "PUT", "/fhir/Patient/$match", headers={"Accept": FHIR_XML})
    assert (told(unrouted, 405)["issue"][0]["code"], unrouted.headers["Allow"]) == ("not-supported", "POST")


def test_a_message_in_xml_is_taken_as_it_came(house: House, sender: Any) -> None:
    number = {"system": "https://hie.sante.gov.ma/id/ipp", "value": "A-1"}
    who = {"resourceType": "Patient", "identifier": [number], "name": [{"family": "Alami", "given": ["Rim"]}]}
    for path in ("/fhir", "/channels/fhir"):
        taken = ask(house.app, "POST", path, content=in_xml(who), auth=sender, headers=SENT)
        assert told(taken)["issue"][-1]["code"] == "informational"
        assert taken.headers["X-Wasl-Transaction"]
    broken = in_xml(who).replace(b"<family", b"<famille")
    refused = ask(house.app, "POST", "/channels/fhir", content=broken, auth=sender, headers=SENT)
    assert told(refused, 400)["issue"][0]["details"] == {"text": "not-xml"}
    named = {**who, "gender": "woman"}
    answer = ask(house.app, "POST", "/fhir", content=in_xml(named), auth=sender, headers={**SENT, "Accept": FHIR_JSON})
    assert (answer.status_code, answer.json()["issue"][0]["expression"]) == (422, ["Patient.gender"])


def test_what_is_no_fhir_is_answered_as_before(house: House, sender: Any) -> None:
    headers = {"Content-Type": "text/csv", "Accept": FHIR_XML}
    answer = ask(house.app, "POST", "/channels/pharmacy-csv", content=b"", auth=sender, headers=headers)
    assert answer.headers["Content-Type"] == "application/json"
    assert ask(house.app, "GET", "/fhir/Patient", headers={"Accept": FHIR_XML}).status_code == 401
    assert admin(house, "GET", "/healthz", headers={"Accept": "text/turtle"}).status_code == 200


def test_the_capability_statement_says_both(house: House) -> None:
    said = told(admin(house, "GET", "/fhir/metadata", params={"_format": "xml"}))
    assert said["format"] == [FHIR_JSON, FHIR_XML]


def test_a_patient_written_in_xml_is_the_resource_of_the_transaction() -> None:
    who = {"resourceType": "Patient", "active": True}
    made = orjson.loads(written("Patient?identifier=a|b", in_xml(who)))
    assert (made["entry"][0]["resource"], made["type"]) == (who, "transaction")
    assert written("Patient?identifier=a|b", b"<Patient/>") == b"<Patient/>"


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("*/*", "any"),
        ("application/*;q=0.8", "any"),
        ("application/fhir+xml, */*", "xml"),
        ("application/fhir+json, application/fhir+xml", "json"),
        ("application/xml;q=0.2, application/json;q=0.3", "json"),
        ("application/json;q=0, */*", "xml"),
        ("application/json;q=0", ""),
        ("image/png, application/fhir+xml;q=0.1", "xml"),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "any"),  # a browser
        ("application/xml+fhir", "xml"),
        ("text/csv", ""),
    ],
)
def test_the_best_of_what_is_accepted(accept: str, expected: str) -> None:
    assert preferred(accept) == expected


@given(st.text(st.sampled_from("application/fhir+xmljson;q=0.*, "), max_size=60))
def test_any_header_is_understood(accept: str) -> None:
    assert preferred(accept) in ("json", "xml", "any", "")
