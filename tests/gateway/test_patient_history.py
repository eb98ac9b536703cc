"""The client registry followed over `/fhir/Patient/_history`."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.applications import Starlette

from channels.bulletins import Bulletins
from channels.gateway import patient_history
from registries.client.links import Links
from registries.client.queries import Believed
from registries.client.records import Records
from tests.gateway.asking import ADDRESS, ask
from tests.home import Place, every_store, home
from tests.registries.people import SECRET, Registry, about, merged, patient

__all__ = ["every_store", "home"]


class Reader:
    """A registry, and a client that follows it."""

    def __init__(self, home: Place) -> None:
        engine = home.open("registries")
        self.registry, self.audited = Registry(engine), list[str]()
        bulletins = Bulletins(Records(engine, SECRET), Links(engine), Believed(engine, SECRET))
        following = patient_history.Following(engine, bulletins, self._audit)
        self.app = Starlette(routes=patient_history.routes(following))

    def _audit(self, _request: Any, action: str, target: str) -> None:
        self.audited.append(f"{action} {target}")

    def get(self, query: str = "", status: int = 200) -> Any:
        answer = ask(self.app, "GET", query.removeprefix(ADDRESS) or "/fhir/Patient/_history")
        assert answer.status_code == status, answer.text
        return answer.json()

    def onward(self, page: Any) -> str:
        (found,) = [one["url"] for one in page["link"] if one["relation"] in ("next", "monitor")]
        return str(found)


@pytest.fixture
def reader(home: Place) -> Reader:
    return Reader(home)


def two(reader: Reader) -> tuple[str, str]:
    one = reader.registry.person(ipp="6", family="KADIRI", given="Sara", birth="1980-01-02")
    return one, reader.registry.person(ipp="7", family="TAZI", given="Omar", birth="1991-01-02")


def kinds(page: Any) -> dict[str, list[str]]:
    found = [one["resource"] for one in page.get("entry", ())]
    return {one["id"]: [tag["code"] for tag in one["meta"]["tag"]] for one in found}


def test_a_reader_goes_on_where_it_stopped(reader: Reader) -> None:
    one, other = two(reader)
    page = reader.get()
    assert (page["type"], kinds(page)) == ("history", {one: ["made"], other: ["made"]})
    assert page["entry"][0]["request"]["method"] == "POST"
    assert page["entry"][0]["resource"]["name"][0]["family"] == "KADIRI"
    assert reader.audited == [f"history Patient/{one}", f"history Patient/{other}"]
    onward = reader.onward(page)
    assert kinds(reader.get(onward)) == {}
    reader.registry.person(ipp="7", family="TAZI", given="Omar Ali", birth="1991-01-02")
    again = reader.get(onward)
    assert kinds(again) == {other: ["changed"]}
    assert again["entry"][0]["request"] == {"method": "PUT", "url": f"Patient/{other}"}


def test_a_merge_tells_the_survivor_and_who_it_replaced(reader: Reader) -> None:
    one, other = two(reader)
    onward = reader.onward(reader.get())
    reader.registry.answer(merged(patient(ipp="6"), patient(ipp="7")))
    told = {entry["resource"]["id"]: entry["resource"] for entry in reader.get(onward)["entry"]}
    assert told[one]["active"] is False
    assert told[one]["link"] == [{"other": {"reference": f"Patient/{other}"}, "type": "replaced-by"}]
    assert told[other]["link"] == [{"other": {"reference": f"Patient/{one}"}, "type": "replaces"}]
    assert {number["value"] for number in told[other]["identifier"]} == {"6", "7"}
    assert {number["value"] for number in told[one]["identifier"]} == {"6"}


def test_pages_hold_everybody_once(reader: Reader) -> None:
    made = [reader.registry.person(ipp=f"{n}", family=f"N{n}", given="X", birth=f"19{n}-01-02") for n in range(40, 50)]
    page, seen = reader.get("/fhir/Patient/_history?_count=3"), []
    assert "total" not in page  # of a page it would pass for that of all
    assert reader.get("/fhir/Patient/_history")["total"] == len(made)
    while page.get("entry"):
        seen += list(kinds(page))
        page = reader.get(reader.onward(page))
    assert seen == made


@pytest.mark.parametrize("count", [1, 3])
def test_no_page_holds_more_than_asked_however_many_were_told_and_linked_at_once(reader: Reader, count: int) -> None:
    told = {"family": "Kadiri", "given": "Rim"}
    numbers: list[tuple[Any, str]] = [
        ({"system": f"urn:id:{ward}", "value": f"{n}"}, f"19{n}-01-02") for n in range(40, 45) for ward in ("A", "B")
    ]
    reader.registry.answers([about(patient(number, birth=birth, **told)) for number, birth in numbers])
    whole = {(id, kind) for id, found in kinds(reader.get()).items() for kind in found}
    assert {kind for _, kind in whole} == {"made", "linked"}
    page, seen = reader.get(f"/fhir/Patient/_history?_count={count}"), list[tuple[str, str]]()
    while page.get("entry"):
        assert len(page["entry"]) <= count
        seen += [(id, kind) for id, found in kinds(page).items() for kind in found]
        page = reader.get(reader.onward(page))
    assert sorted(seen) == sorted(whole)


def test_a_page_of_none_tells_that_there_are_some(reader: Reader) -> None:
    two(reader)
    page = reader.get("/fhir/Patient/_history?_count=0")
    assert ("entry" in page, [one["relation"] for one in page["link"]]) == (False, ["self", "next"])


def test_a_time_is_where_one_may_begin(reader: Reader) -> None:
    two(reader)
    assert len(kinds(reader.get("/fhir/Patient/_history?_since=2020-01-01T00:00:00Z"))) == 2
    assert kinds(reader.get("/fhir/Patient/_history?_since=2999-01-01T00:00:00%2B01:00")) == {}
    beyond = f"_after=1.1.r{2**63}"
    for wrong in ("_since=yesterday", "_after=x", beyond, "_after=1.1.r1.a_b_linked_2", "name=KADIRI"):
        assert reader.get(f"/fhir/Patient/_history?{wrong}", 400)["resourceType"] == "OperationOutcome"
