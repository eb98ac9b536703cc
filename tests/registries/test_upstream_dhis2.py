"""Organisation units followed: a server that speaks as DHIS2 does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs

import pytest
from sqlalchemy import Engine

from registries.care.entry import entry
from registries.care.lookup import Wanted, look_up
from registries.upstream_dhis2 import Dhis2
from schemas import facts
from schemas.message import Unavailable
from tests.registries.care.lists import HILL, places
from tests.registries.test_upstream import KIND, found, pulled
from tests.serving import in_json, served


class Units:
    """A server of organisation units, in pages of two."""

    def __init__(self) -> None:
        self.units: list[dict[str, Any]] = []
        self.asked: list[dict[str, list[str]]] = []
        self.broken: dict[str, Any] | None = None
        self.meanwhile: Callable[[], None] = lambda: None
        self.address = ""

    def page(self, _path: str, text: str) -> dict[str, Any]:
        query = parse_qs(text)
        self.asked.append(query)
        if self.broken is not None:
            return self.broken
        wanted = query.get("filter", ["lastUpdated:ge:"])[0]
        if wanted.startswith("id:in:"):
            return {"organisationUnits": [one for one in self.units if one["id"] in wanted]}
        if query.get("paging") == ["false"]:
            return {"organisationUnits": [{"id": one["id"]} for one in self.units]}
        since = wanted.removeprefix("lastUpdated:ge:")
        fits = [dict(one) for one in self.units if one["lastUpdated"] >= since]
        fits.sort(key=lambda one: one["lastUpdated"], reverse="lastUpdated:desc" in query["order"][0])
        number = int(query["page"][0])
        self.meanwhile()
        return {"pager": {"pageCount": -(-len(fits) // 2)}, "organisationUnits": fits[number * 2 - 2 : number * 2]}


@pytest.fixture
def units() -> Iterator[Units]:
    one = Units()
    one.units = [
        unit("aaaaaaaaaa1", "CSR Oulad Frej", "150000011", geometry={"type": "Point", "coordinates": [-8.23, 33.0]}),
        unit("aaaaaaaaaa2", "CSR Tizi", openingDate="2001-01-01T00:00:00.000", closedDate="2020-06-30T00:00:00.000"),
        unit("aaaaaaaaaa3", "Hôpital", "120000011", geometry={"type": "Point", "coordinates": [None, "x"]}),
        unit("aaaaaaaaaa4", "Province", leaf=False),
    ]
    with served(in_json(one.page)) as one.address:
        yield one


def unit(name: str, title: str, code: str = "", at: str = "2026-01-01T10:00:00.000", **said: Any) -> dict[str, Any]:
    return {"id": name, "name": title, "code": code, "lastUpdated": at, "leaf": True, **said}


def test_units_without_children_become_facilities(engine: Engine, units: Units) -> None:
    places(engine, HILL)
    upstream = Dhis2(units.address)
    report = pulled(engine, upstream)
    assert not report.issues
    frej = found(engine, "150000011")
    assert (frej.name, frej.fields["latitude"]) == ("CSR Oulad Frej", "33.0")
    tizi = entry(engine, KIND, facts.name("dhis2 organisation unit", units.address, "aaaaaaaaaa2"))
    assert tizi is not None
    assert (tizi.status, tizi.fields["periods"]) == ("closed", "2001-01-01/2020-06-30")
    hill = found(engine, "120000011")
    assert (hill.name, hill.fields["type"], hill.fields["province"]) == ("Hôpital", "CHU", "MA-RAB")
    assert "CHU_COLLINE" in hill.fields["aliases"]
    assert f"{units.address}/organisationUnits|aaaaaaaaaa3" in hill.fields["aliases"]
    assert len(look_up(engine, KIND, Wanted())[0]) == 3
    assert pulled(engine, upstream).changed == 0


def test_only_what_changed_is_asked_for_and_a_unit_that_is_gone_closes(engine: Engine, units: Units) -> None:
    upstream = Dhis2(units.address)
    pulled(engine, upstream)
    units.units[0] |= {"name": "CSR Oulad Frej 2", "lastUpdated": "2026-02-01T10:00:00.000"}
    del units.units[2]
    units.asked.clear()
    pulled(engine, upstream)
    assert units.asked[0]["filter"] == ["lastUpdated:ge:2026-01-01T09:59:00.000"]
    assert found(engine, "150000011").name == "CSR Oulad Frej 2"
    assert found(engine, "120000011").status == "closed"


@pytest.mark.parametrize("answer", [{}, {"organisationUnits": []}, {"organisationUnits": {}}, {"status": "ERROR"}])
def test_an_answer_without_units_closes_no_facility(engine: Engine, units: Units, answer: dict[str, Any]) -> None:
    upstream = Dhis2(units.address)
    pulled(engine, upstream)
    units.broken = answer
    with pytest.raises(Unavailable):
        pulled(engine, upstream)
    assert found(engine, "150000011").status == "operational"
    units.broken = None
    assert pulled(engine, upstream).changed == 0


def test_a_unit_that_comes_back_is_open_again_though_nobody_changed_it(engine: Engine, units: Units) -> None:
    upstream = Dhis2(units.address)
    pulled(engine, upstream)
    lost = units.units.pop(2)
    pulled(engine, upstream)
    assert found(engine, "120000011").status == "closed"
    units.units.append(lost | {"lastUpdated": "2025-01-01T10:00:00.000"})
    pulled(engine, upstream)
    assert found(engine, "120000011").status == "operational"
    assert pulled(engine, upstream).changed == 0


def test_a_unit_edited_or_deleted_while_the_pages_are_read_hides_no_other(engine: Engine, units: Units) -> None:
    units.units = [
        unit(f"aaaaaaaaab{n}", f"CSR {n}", f"15000002{n}", f"2026-01-0{n}T10:00:00.000") for n in range(1, 7)
    ]
    upstream = Dhis2(units.address)

    def edited() -> None:
        units.units[0]["lastUpdated"] = "2026-01-09T10:00:00.000"
        units.meanwhile = lambda: None

    units.meanwhile = edited
    pulled(engine, upstream)
    assert [found(engine, f"15000002{n}").name for n in range(1, 7)] == [f"CSR {n}" for n in range(1, 7)]

    def deleted() -> None:
        units.units.pop()
        units.meanwhile = lambda: None

    for n, one in enumerate(units.units):
        one |= {"name": f"Centre {n}", "lastUpdated": f"2026-03-0{n + 1}T10:00:00.000"}
    units.meanwhile = deleted
    pulled(engine, upstream)
    pulled(engine, upstream)
    assert [found(engine, f"15000002{n}").name for n in range(1, 6)] == [f"Centre {n}" for n in range(5)]
    assert found(engine, "150000026").status == "closed"
