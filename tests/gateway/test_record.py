"""`/fhir` as its readers meet it: searches, versions, pages, everything about a person, and what is refused."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request

from channels.consumers.reading import Reading
from channels.consumers.record import Record, metadata
from channels.consumers.smr import said
from channels.gateway.record import LARGEST_FORM, routes
from channels.gateway.search import PARAMETERS
from registries.database import open_database
from schemas.events import Event
from tests.contract.record import CNIE, HOUR, IPP, MONDAY, merge, person, registered, report, visit

SECRET = b"a secret of the tests, 32 bytes."


class Reader:
    """A client of `/fhir` with a record of its own, and what the audit was told."""

    def __init__(self, folder: Path) -> None:
        self.engine = open_database(f"sqlite:///{folder}/record.db", metadata)
        self.record = Record(self.engine, SECRET)
        self.linked: list[frozenset[str]] = []
        self.audited: list[tuple[str, str]] = []
        self.app = Starlette(routes=routes(Reading(self.engine, SECRET), self.following, self.audit))

    def following(self, name: str) -> Collection[str]:
        return next((group for group in self.linked if name in group), frozenset({name}))

    def audit(self, request: Request, action: str, what: str) -> None:
        self.audited.append((action, what))

    def land(self, *events: Event) -> None:
        for event in events:
            self.record.write([said(event)])

    def ask(self, method: str, url: str, **more: Any) -> httpx.Response:
        async def asked() -> httpx.Response:
            async with httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url="http://wasl") as client:
                return await client.request(method, url, **more)

        return asyncio.run(asked())

    def get(self, path: str, status: int = 200, **parameters: Any) -> Any:
        answer = self.ask("GET", f"/fhir/{path}", params=parameters)
        assert answer.status_code == status, answer.text
        assert answer.headers["Content-Type"] == "application/fhir+json"
        return answer.json()

    def ids(self, path: str, **parameters: str | list[str]) -> set[str]:
        bundle = self.get(path, 200, **parameters)
        assert (bundle["resourceType"], bundle["type"]) == ("Bundle", "searchset")
        entries = bundle.get("entry", [])
        assert bundle["total"] == len(entries)
        assert {entry["search"]["mode"] for entry in entries} <= {"match"}
        return {entry["resource"]["id"] for entry in entries}

    def refused(self, path: str, status: int, **parameters: str) -> str:
        outcome = self.get(path, status, **parameters)
        assert outcome["resourceType"] == "OperationOutcome"
        return str(outcome["issue"][0]["diagnostics"])


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Reader]:
    reader = Reader(tmp_path)
    yield reader
    reader.engine.dispose()


def test_a_resource_is_read_with_its_version_and_time(reader: Reader) -> None:
    reader.land(registered())
    answer = reader.ask("GET", f"/fhir/Patient/{person(1)}")
    assert answer.json()["name"][0] == {"use": "official", "family": "El Fassi", "given": ["Aïcha"]}
    assert answer.headers["ETag"] == 'W/"1"'
    assert answer.headers["Last-Modified"].endswith("GMT")
    assert answer.json()["meta"]["versionId"] == "1"
    assert reader.audited == [("read", f"Patient/{person(1)}")]


def test_versions_are_kept_and_read(reader: Reader) -> None:
    reader.land(report(glucose="1.05"), report(version=MONDAY + HOUR, status="C", glucose="1.50 C"))
    (name,) = reader.ids("Observation")
    history = reader.get(f"Observation/{name}/_history")
    assert history["type"] == "history"
    assert [one["response"]["etag"] for one in history["entry"]] == ['W/"2"', 'W/"1"']
    assert [one["request"]["method"] for one in history["entry"]] == ["PUT", "PUT"]
    assert reader.get(f"Observation/{name}/_history/1")["valueQuantity"]["value"] == 1.05
    assert reader.get(f"Observation/{name}/_history/2")["status"] == "corrected"
    assert reader.audited[1:] == [(one, f"Patient/{person(1)}") for one in ("history", "vread", "vread")]
    reader.refused(f"Observation/{name}/_history/3", 404)


@pytest.mark.parametrize(
    ("token", "found"),
    [
        ("TT00001", {1}), (f"{CNIE}|TT00001", {1}), (f"{IPP}|TT00001", set()), ("|TT00001", set()),
        (f"{IPP}|", {2}), ("TT00001,77", {1, 2}), (f"{CNIE}|TT00001,{IPP}|77", {1, 2}), ("tt00001", set()),
        ("a\\,b", {3}), ("a,b", set()),
    ],
)  # fmt: skip
def test_identifiers_are_found_by_the_token_rules(reader: Reader, token: str, found: set[int]) -> None:
    reader.land(
        registered(1),
        registered(2, identifiers=[{"system": IPP, "value": "77"}]),
        registered(3, identifiers=[{"system": IPP + ":x", "value": "a,b"}]),
    )
    assert reader.ids("Patient", identifier=token) == {person(one) for one in found}


def test_an_identifier_asked_twice_must_fit_twice(reader: Reader) -> None:
    reader.land(registered(1), registered(1, MONDAY + 1, identifiers=[{"system": IPP, "value": "77"}]), registered(2))
    assert reader.ids("Patient", identifier=["TT00001", "77"]) == {person(1)}
    assert reader.ids("Patient", identifier=["TT00001", "TT00002"]) == set()


def test_patients_are_found_by_name_birth_date_and_gender(reader: Reader) -> None:
    reader.land(registered(1), registered(2, names=[{"family": "Ouazzani", "given": ["Driss"]}], sex="male"))
    assert reader.ids("Patient", name="aicha") == reader.ids("Patient", family="EL FAS") == {person(1)}
    assert reader.ids("Patient", given="Driss", gender="male") == {person(2)}
    assert reader.ids("Patient", birthdate="1981-07") == {person(1), person(2)}
    assert (
        reader.ids("Patient", birthdate="1981-07-05") == reader.ids("Patient", family="Fassi", gender="male") == set()
    )


def test_a_search_may_be_posted(reader: Reader) -> None:
    reader.land(registered(1), registered(2))
    answer = reader.ask("POST", "/fhir/Patient/_search", data={"identifier": "TT00002"})
    assert [one["resource"]["id"] for one in answer.json()["entry"]] == [person(2)]
    assert reader.ask("POST", "/fhir/Patient/_search", content=b"{}").status_code == 415
    assert reader.ask("POST", "/fhir/Patient/_search", data={"nickname": "x"}).status_code == 400
    assert reader.ask("POST", "/fhir/Patient/_search", data={"name": "x" * LARGEST_FORM}).status_code == 413


def test_what_is_about_a_patient_is_found_however_the_patient_is_named(reader: Reader) -> None:
    reader.land(report(1, glucose="1.05"), report(2, about="F2", glucose="1.10"))
    (mine,) = reader.ids("Observation", patient=person(1))
    assert reader.ids("Observation", patient=f"Patient/{person(1)}") == {mine}
    assert reader.ids("Observation", subject=f"https://smr.example/fhir/Patient/{person(1)}") == {mine}
    assert reader.ids("Observation", patient=person(1), _id=mine) == {mine}
    assert reader.ids("Observation", patient=[person(1), person(2)]) == set()
    assert len(reader.ids("Observation", patient=f"{person(1)},{person(2)}")) == 2
    assert reader.audited[0] == ("search", f"Patient/{person(1)}")


def test_linked_identities_are_read_as_one_person(reader: Reader) -> None:
    reader.land(report(1, glucose="1.05"), report(2, about="F2", glucose="1.10"), merge(1, 2))
    reader.linked = [frozenset({person(1), person(2)})]
    for name in (person(1), person(2)):
        assert len(reader.ids("Observation", patient=name)) == 2
        assert {person(1), person(2)} < reader.ids(f"Patient/{name}/$everything")
    reader.linked = []
    assert len(reader.ids("Observation", patient=person(1))) == 1


def test_everything_is_one_bundle_closed_in_itself(reader: Reader) -> None:
    reader.land(*(report(1, MONDAY + n, about=f"F{n}", glucose="1.05") for n in range(300)), visit(1))
    reader.land(report(2, about="other", glucose="1.10"))
    bundle = reader.get(f"Patient/{person(1)}/$everything")
    held = {f"{one['resource']['resourceType']}/{one['resource']['id']}" for one in bundle["entry"]}
    assert bundle["total"] == len(bundle["entry"]) == len(held) > 900
    assert held >= set(references(bundle))
    assert f"Patient/{person(2)}" not in held
    assert {"Patient", "Provenance", "Organization", "Encounter"} < {one.partition("/")[0] for one in held}
    assert bundle["entry"][0]["resource"]["resourceType"] == "Patient"
    assert reader.audited == [("everything", f"Patient/{person(1)}")]


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("reference"), str):
            yield node["reference"]
        for one in node.values():
            yield from references(one)
    elif isinstance(node, list):
        for one in node:
            yield from references(one)


@pytest.mark.parametrize("path", ["Patient", "Patient/{}/$everything"])
def test_pages_lead_from_one_to_the_next(reader: Reader, path: str) -> None:
    reader.land(*(registered(n) for n in range(7)), *(report(1, about=f"F{n}", glucose="1") for n in range(3)))
    path = path.format(person(1))
    whole = reader.ids(path)
    seen: list[str] = []
    url: str | None = f"/fhir/{path}?_count=3"
    while url:
        bundle = reader.ask("GET", url).json()
        assert bundle["total"] == len(whole)
        assert len(bundle["entry"]) <= 3
        seen += [one["resource"]["id"] for one in bundle["entry"]]
        url = next((one["url"] for one in bundle["link"] if one["relation"] == "next"), None)
    assert len(seen) == len(whole)
    assert set(seen) == whole


def test_a_count_of_nothing_is_only_the_total(reader: Reader) -> None:
    reader.land(registered(1), registered(2))
    bundle = reader.get("Patient", _count="0")
    assert bundle["total"] == 2
    assert "entry" not in bundle
    assert [one["relation"] for one in bundle["link"]] == ["self"]


@pytest.mark.parametrize(
    ("path", "parameters", "status"),
    [
        ("Patient", {"nickname": "x"}, 400), ("Patient", {"name:exact": "x"}, 400), ("Patient", {"name": ""}, 400),
        ("Patient", {"identifier": "a|b|c"}, 400), ("Patient", {"identifier": "|"}, 400),
        ("Patient", {"identifier": "\0"}, 400), ("Patient", {"identifier": ",".join("a" * 101)}, 400),
        ("Patient", {"birthdate": "ge1980"}, 400), ("Patient", {"_count": "-1"}, 400),
        ("Patient", {"patient": "1"}, 400), ("Patient", {"_after": "garbage"}, 400),
        ("Patient/{}/$everything", {"_after": "Patient/garbage"}, 400),
        ("Observation", {"patient": "Practitioner/1"}, 400), ("Observation", {"code": "1"}, 400),
        ("Coverage", {"subject": "1"}, 400), ("Patient", {"_format": "ttl"}, 406),
        ("metadata", {"_format": "ttl"}, 406),
        ("Patient/{}/$everything", {"start": "2025"}, 400), ("Patient/unknown/$everything", {}, 404),
        ("Patient/unknown", {}, 404), ("Patient/not an id", {}, 404), ("Patient/unknown/_history", {}, 404),
        ("Nothing", {}, 404), ("Nothing/1", {}, 404), ("Patient/$match", {}, 404),
    ],
)  # fmt: skip
def test_what_cannot_be_answered_is_refused(reader: Reader, path: str, parameters: dict[str, str], status: int) -> None:
    reader.land(registered(1))
    reader.refused(path.format(person(1)), status, **parameters)
    assert reader.audited == []


def test_a_refusal_names_what_is_supported(reader: Reader) -> None:
    told = reader.refused("Patient", 400, nickname="x")
    assert "nickname" in told
    assert "birthdate" in told
    assert "AB1234" not in reader.refused("Patient", 400, AB1234="x"), "what is no name of a parameter may be a number"
    assert "DiagnosticReport" in reader.refused("Nothing", 404)


def test_the_capability_statement_is_true(reader: Reader) -> None:
    statement = reader.get("metadata")
    assert (statement["resourceType"], statement["fhirVersion"]) == ("CapabilityStatement", "4.0.1")
    served = statement["rest"][0]["resource"]
    assert {one["type"] for one in served} == set(PARAMETERS)
    for one in served:
        for parameter in one["searchParam"]:
            value = "1981" if parameter["type"] == "date" else "x"
            assert reader.get(one["type"], 200, **{parameter["name"]: value})["total"] == 0


def test_every_type_that_lands_is_served(reader: Reader) -> None:
    reader.land(report(glucose="1.05"), visit(), merge(1, 2))
    landed = {one.type for one in Reading(reader.engine, SECRET).everything([person(1), person(2)])}
    assert landed <= set(PARAMETERS)
