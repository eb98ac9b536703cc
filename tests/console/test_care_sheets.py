"""Care sheets of everybody who carries a number, and what the ledger leaves to a person."""

from __future__ import annotations

from tests.console.place import NAME, SALES, Browser, Place
from tests.console.test_transactions import words

CNSS = "https://hie.sante.gov.ma/id/cnss"


def test_sheets_are_found_by_a_number_that_stands_in_no_address(place: Place, admin: Browser) -> None:
    place.send("pharmacy-csv", SALES, content_type="text/csv")
    for said in ({"system": CNSS, "number": "900000017"}, {"system": "", "number": f"{CNSS}|900000017"}):
        answer = admin.post("/care-sheets", said)
        page = words(answer)
        assert "1 sheet found" in page
        assert "6118000040286" in page
        assert "29.60" in page
        assert "executed" in page
        assert "location" not in answer.headers
    assert (NAME, "read", "CareSheet") in place.audited()


def test_nobody_with_this_number(admin: Browser) -> None:
    assert "Check the number" in admin.post("/care-sheets", {"system": CNSS, "number": "1"}).text
    assert "Check the number" in admin.post("/care-sheets", {}).text


def test_the_same_sale_exported_again_is_left_to_a_person(place: Place, admin: Browser) -> None:
    assert "Nothing waits for a decision" in admin.get("/care-sheets").text
    place.send("pharmacy-csv", SALES, content_type="text/csv")
    (again,) = place.send(
        "pharmacy-csv", SALES.replace(b"DOLIPRANE 1 G;2", b"DOLIPRANE 1 G;3"), content_type="text/csv"
    )
    page = admin.get("/care-sheets")
    assert "the same sale came again" in page.text
    assert f'href="/transactions/{again}"' in page.text
    assert "quantity" in page.text
