"""`GET /api/care-sheets`: the sheets of everyone carrying an identifier."""

from __future__ import annotations

import pytest

from channels.gateway.care_sheets import BadQuery, care_sheets
from tests.consumers.cnss.house import House
from tests.consumers.cnss.said import CNSS, LOCAL, event, person, report, sale


def nobody(_person: str) -> tuple[str, ...]:
    return ()


def test_a_family_shares_the_insureds_number(house: House) -> None:
    house.deliver(sale(who="amina"), sale(who="youssef", ticket="T-2"), sale(who="hind", ticket="T-3", insured="1"))
    found = care_sheets(house.ledger, f"{CNSS}|271828182", nobody)
    assert {item["person"] for item in found["items"]} == {person("amina"), person("youssef")}
    assert found["next"] is None


def test_one_of_them_is_found_by_a_number_of_their_own(house: House) -> None:
    house.deliver(sale(who="amina"), sale(who="youssef", ticket="T-2"))
    (item,) = care_sheets(house.ledger, f"{LOCAL}|IPP-youssef", nobody)["items"]
    assert item["person"] == person("youssef")


def test_a_number_learned_later_finds_the_earlier_sheets(house: House) -> None:
    house.deliver(sale(insured=None))
    assert house.shown() == []
    house.deliver(event("PatientUpdated", "amina", ""))
    assert len(house.shown()) == 1


def test_links_are_followed_and_no_sheet_moves(house: House) -> None:
    house.deliver(sale(who="amina"), sale(who="double", ticket="T-2", insured=None))
    linked = {person("amina"): (person("double"),)}
    found = care_sheets(house.ledger, f"{CNSS}|271828182", lambda one: linked.get(one, ()))["items"]
    assert {item["person"] for item in found} == {person("amina"), person("double")}
    assert len(house.shown()) == 1


def test_newest_first_lines_by_date(house: House) -> None:
    house.deliver(sale(ticket="T-1"))
    house.later(5)
    prescription = {"system": LOCAL, "value": "ORD"}
    house.deliver(
        sale(ticket="T-2", prescription=prescription, dispensed="2025-06-13"),
        sale(ticket="T-3", prescription=prescription, dispensed="2025-06-11"),
    )
    items = care_sheets(house.ledger, f"{CNSS}|271828182", nobody)["items"]
    assert [[line["date"] for line in item["lines"]] for item in items] == [
        ["2025-06-11", "2025-06-13"],
        ["2025-06-14"],
    ]
    assert [item["opened"] for item in items] == ["2025-06-14T12:00:05.000Z", "2025-06-14T12:00:00.000Z"]
    assert len(care_sheets(house.ledger, f"{CNSS}|271828182", nobody, limit=1)["items"]) == 1


def test_a_total_is_what_is_done_and_unknown_without_any_price(house: House) -> None:
    house.deliver(sale(article="1"), sale(article="2", amount="10"), report())
    assert {item["total"] for item in house.shown()} == {"37.30", None}


@pytest.mark.parametrize("text", ["", "271828182", "|271828182", f"{CNSS}|"])
def test_a_query_that_names_no_identifier_says_what_was_expected(house: House, text: str) -> None:
    with pytest.raises(BadQuery, match=r"system\|value"):
        care_sheets(house.ledger, text, nobody)


@pytest.mark.parametrize("limit", [0, -1, 100_000])
def test_a_limit_is_bounded(house: House, limit: int) -> None:
    with pytest.raises(BadQuery, match="limit"):
        care_sheets(house.ledger, f"{CNSS}|1", nobody, limit=limit)


def test_an_unknown_number_finds_nothing(house: House) -> None:
    assert care_sheets(house.ledger, f"{CNSS}|000000000", nobody) == {"items": [], "next": None}
