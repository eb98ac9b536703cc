"""A directory on a HAPI server followed: its histories have shapes of their own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs

import pytest
from sqlalchemy import Engine

from registries.care.closing import prepared
from registries.care.naming import same
from registries.database import writing
from registries.upstream_mcsd import Mcsd, beside
from schemas.message import Unavailable
from tests.registries.test_upstream import KIND, found, pulled
from tests.serving import in_json, served

INPE = "https://hie.sante.gov.ma/id/inpe-es"
INSIDE = "http://hapi.inside.ma:8080"


class Hapi:
    """Histories in pages of two. `called`: the base address in its links; `absolute`: an older one, whose requests
    are whole addresses. It tells no lastModified, and of a deletion nothing but its address."""

    def __init__(self) -> None:
        self.called, self.absolute, self.answer = f"{INSIDE}/fhir", False, dict[str, Any]()
        self.versions: list[tuple[str, str, dict[str, Any] | None]] = []
        self.address = ""

    def put(self, name: str, *numbers: str, kind: str = "Organization", **said: Any) -> None:
        at = f"2026-01-01T10:00:{len(self.versions):02}.000+00:00"
        told = [dict(zip(("system", "value"), one.split("|"), strict=True)) for one in numbers]
        made = {"resourceType": kind, "id": name, "name": name, "identifier": told, "meta": {"lastUpdated": at}}
        self.versions.append((kind, name, made | said))

    def delete(self, name: str, kind: str = "Organization") -> None:
        self.versions.append((kind, name, None))

    def answered(self, path: str, query: str) -> dict[str, Any]:
        return self.answer or self.page(path, query)

    def page(self, path: str, query: str) -> dict[str, Any]:
        said = {name: one[0] for name, one in parse_qs(query).items()}
        if path == "/fhir" and "_getpages" in said:
            kind, offset = said["_getpages"], int(said["_getpagesoffset"])
        elif path.endswith("/_history"):
            kind, offset = path.split("/")[-2], 0
        else:
            return {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "processing"}]}
        every = [self.entry(n, *one) for n, one in enumerate(self.versions) if one[0] == kind][::-1]
        links = [{"relation": "self", "url": f"{self.called}{path.removeprefix('/fhir')}"}]
        if len(every) > offset + 2:
            more = f"_getpages={kind}&_getpagesoffset={offset + 2}&_count=2&_bundletype=history"
            links.append({"relation": "next", "url": f"{self.called}?{more}"})
        return {"resourceType": "Bundle", "type": "history", "link": links, "entry": every[offset : offset + 2]}

    def entry(self, number: int, kind: str, name: str, resource: dict[str, Any] | None) -> dict[str, Any]:
        address = f"{kind}/{name}/_history/{number + 1}"
        asked = {
            "method": "PUT" if resource else "DELETE",
            "url": f"{self.called}/{address}" if self.absolute else address,
        }
        made = {"fullUrl": f"{self.called}/{kind}/{name}", "request": asked}
        return made | ({"resource": resource} if resource else {}) | {"response": {"status": "200 OK", "etag": 'W/"2"'}}


@pytest.fixture
def hapi() -> Iterator[Hapi]:
    one = Hapi()
    with served(in_json(one.answered)) as one.address:
        yield one


@pytest.mark.parametrize("absolute", [False, True])
def test_what_is_deleted_there_is_closed_here(engine: Engine, hapi: Hapi, absolute: bool) -> None:
    hapi.absolute = absolute
    hapi.put("o1", f"{INPE}|150000031")
    upstream = Mcsd(f"{hapi.address}/fhir")
    pulled(engine, upstream)
    hapi.delete("o1")
    assert not pulled(engine, upstream).issues
    assert found(engine, "150000031").status == "closed"
    assert pulled(engine, upstream).changed == 0


@pytest.mark.parametrize("called", [f"{INSIDE}/fhir", "https://127.0.0.1/hapi/fhir", INSIDE, ""])
def test_every_page_is_read_whatever_the_server_calls_itself(engine: Engine, hapi: Hapi, called: str) -> None:
    hapi.called = called
    for n in range(5):
        hapi.put(f"o{n}", f"{INPE}|15000004{n}")
    pulled(engine, Mcsd(f"{hapi.address}/fhir/"))
    assert [found(engine, f"15000004{n}").name for n in range(5)] == [f"o{n}" for n in range(5)]


@pytest.mark.parametrize(
    "link",
    [
        "http://inside:8080/x/Organization/_history?page=2",
        "https://a.ma/registry/fhir/Organization/_history?page=2",
        "https://a.ma.evil.org/registry/fhir/Organization/_history?page=2",
        "https://a.ma/registry/fhir.evil/fhir/Organization/_history?page=2",
        "Organization/_history?page=2",
    ],
)
def test_no_other_server_is_asked_for_a_page_or_shown_our_token(link: str) -> None:
    ours = "https://a.ma/registry/fhir"
    assert beside(ours, "Organization", link) == f"{ours}/Organization/_history?page=2"


@pytest.mark.parametrize(
    "answer",
    [
        {"resourceType": "CapabilityStatement"},
        {"resourceType": "Bundle", "link": [{"relation": "next", "url": "https://[x/"}]},
        {"resourceType": "Bundle", "entry": [{"resource": "x"}]},
        {"resourceType": "Bundle", "link": [{"relation": "next", "url": "Organization/_history?_count=200"}]},
    ],
)
def test_what_is_no_page_of_a_history_is_told_and_asked_for_again(
    engine: Engine, hapi: Hapi, answer: dict[str, Any]
) -> None:
    hapi.put("o1", f"{INPE}|150000031")
    upstream = Mcsd(f"{hapi.address}/fhir")
    hapi.answer = answer
    with pytest.raises(Unavailable):
        pulled(engine, upstream)
    hapi.answer = {}
    pulled(engine, upstream)
    assert found(engine, "150000031").name == "o1"


def test_a_number_that_moves_upstream_moves_here_and_what_we_call_it_stays(engine: Engine, hapi: Hapi) -> None:
    upstream = Mcsd(f"{hapi.address}/fhir")
    hapi.put("o1", f"{INPE}|150000031", "urn:id:lab|7", alias=["CENTRE"])
    hapi.put("o2", f"{INPE}|150000032")
    pulled(engine, upstream)
    with writing(engine) as connection:
        prepared(connection, KIND)
        same(connection, KIND, "o1", ["urn:id:chu|c9"], by="amina", why="w")
    hapi.put("o1", f"{INPE}|150000031", "urn:id:other|1", alias=["CENTRE"])
    hapi.put("o2", f"{INPE}|150000032", "urn:id:lab|7")
    assert not pulled(engine, upstream).issues
    assert "urn:id:lab|7" in found(engine, "150000032").fields["aliases"]
    hapi.put("o1", f"{INPE}|150000031")
    hapi.put("o2", f"{INPE}|150000032", "urn:id:lab|7", alias=["CENTRE"])
    assert not pulled(engine, upstream).issues
    assert found(engine, "150000031").fields["aliases"] == "urn:id:chu|c9"
    assert "CENTRE" in found(engine, "150000032").fields["aliases"]


def test_an_inpe_that_moves_upstream_moves_here(engine: Engine, hapi: Hapi) -> None:
    upstream = Mcsd(f"{hapi.address}/fhir")
    hapi.put("o1", f"{INPE}|150000031", "urn:id:lab|7")
    hapi.put("o2", f"{INPE}|150000032", "urn:id:lab|8")
    pulled(engine, upstream)
    hapi.put("o1", "urn:id:lab|7")
    hapi.put("o2", f"{INPE}|150000031", "urn:id:lab|8")
    assert not pulled(engine, upstream).issues
    assert found(engine, "150000031").name == "o2"
