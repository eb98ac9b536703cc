"""A person as the registry knows them, found without a number or a name in any address, and what a steward decides."""

from __future__ import annotations

import re

import pytest

from channels.identities import Identities
from tests.console.identities import CIN, certain, doubtful
from tests.console.place import NAME, Browser, Place
from tests.console.test_transactions import words

CNIE = "https://hie.sante.gov.ma/id/cnie"
LOCAL = "urn:id:130310623"


@pytest.fixture
def identities(place: Place) -> Identities:
    doubtful(place)
    certain(place)
    return Identities.of(place.house)


def of(identities: Identities, control_id: str, laboratory: str) -> str:
    (person,) = identities.records.persons_with(f"urn:id:{laboratory}", f"N-{control_id}")
    return person


def test_a_person_is_found_by_a_number_that_stands_in_no_address(
    identities: Identities, admin: Browser, place: Place
) -> None:
    khadija = of(identities, "R1", "130310623")
    for said in ({"system": CNIE, "number": CIN}, {"number": f"{LOCAL}|N-R1"}, {"number": khadija}):
        answer = admin.submit("/people", **said)
        assert answer.headers["location"] == f"/people/{khadija}"
    page = admin.get(f"/people/{khadija}")
    assert "Khadija BENNANI" in words(page)
    assert CIN not in page.text
    assert (NAME, "read", f"Patient/{khadija}") in place.audited()
    assert admin.post("/people", {"number": khadija}).status_code == 403


def test_a_person_is_found_by_name_and_birth_date(identities: Identities, admin: Browser) -> None:
    answer = admin.submit("/people", family="tazi", birth="1991")
    assert answer.headers["location"].removeprefix("/people/") in identities.links.following(
        of(identities, "R5", "130310623")
    )
    several = words(admin.submit("/people", family="B", birth="1984-03-17"))
    assert "2 persons found" in several
    assert "Nobody was found" in words(admin.submit("/people", family="Nobody"))


def test_what_is_believed_says_who_says_so(identities: Identities, admin: Browser) -> None:
    page = words(admin.get(f"/people/{of(identities, 'R5', '130310623')}"))
    assert "Salma TAZI 130310623 130310624" in page
    assert "joined by the rules" in page
    assert "the birth dates are the same" in page


def test_whole_numbers_are_noted_before_they_are_shown(identities: Identities, admin: Browser, place: Place) -> None:
    khadija = of(identities, "R1", "130310623")
    assert CIN in admin.submit(f"/people/{khadija}").text
    assert (NAME, "show numbers", f"Patient/{khadija}") in place.audited()


def test_a_link_of_the_rules_is_broken_for_good_and_taken_back(
    identities: Identities, admin: Browser, place: Place
) -> None:
    one, other = of(identities, "R5", "130310623"), of(identities, "R6", "130310624")
    answer = admin.submit(f"/people/{one}/unlink", one=one, other=other, why="two cousins")
    assert answer.headers["location"].startswith(f"/people/{one}?done=")
    assert other not in identities.links.following(one)
    assert other in identities.links.kept_apart(one)
    page = admin.get(answer.headers["location"])
    assert "Done." in words(page)
    assert "two cousins" in words(page)
    assert (NAME, "unlink", f"Patient/{one}") in place.audited()
    entry = re.search(r'name="entry" value="(\d+)"', page.text)
    assert entry
    admin.submit(f"/people/{one}/undo", entry=entry[1], why="they are one")
    assert other in identities.links.following(one)


@pytest.mark.parametrize("act", ["link", "merge"])
def test_two_laid_side_by_side_become_one(identities: Identities, admin: Browser, act: str) -> None:
    one, other = of(identities, "R1", "130310623"), of(identities, "R2", "130310624")
    answer = admin.submit(f"/people/{one}/beside", number="urn:id:130310624|N-R2")
    assert answer.headers["location"] == f"/people/{one}/beside/{other}"
    page = words(admin.get(answer.headers["location"]))
    assert "the phone numbers differ by one sign" in page
    admin.submit(f"/people/{one}/{act}", other=other, why="both cards seen")
    assert identities.links.following(one) >= {one, other}
    if act == "merge":
        assert identities.links.survivor(one) == other
        assert "Another one stands for it" in words(admin.get(f"/people/{one}"))


def test_a_field_is_believed_of_the_record_chosen(identities: Identities, admin: Browser) -> None:
    one, other = of(identities, "R3", "130310625"), of(identities, "R4", "130310626")
    admin.submit(f"/people/{one}/link", other=other, why="seen")
    (record,) = identities.records.of_persons([one])
    admin.submit(f"/people/{one}/choose", field="birth_date", record=str(record.id), why="his card says so")
    page = words(admin.get(f"/people/{one}"))
    assert "Birth date chosen by a steward 1970-01-01" in page
    admin.submit(f"/people/{one}/choose", field="birth_date", record="", why="a slip")
    assert "Birth date 1970-06-12" in words(admin.get(f"/people/{one}"))


def test_what_is_declined_says_why(identities: Identities, admin: Browser) -> None:
    one, other = of(identities, "R1", "130310623"), of(identities, "R2", "130310624")
    admin.submit(f"/people/{one}/apart", other=other, why="two cards")
    answer = admin.submit(f"/people/{one}/link", other=other, why="one card")
    assert answer.status_code == 409
    assert "keeps them apart" in answer.text
    assert admin.submit(f"/people/{one}/apart", other=other, why="").status_code == 409


@pytest.mark.parametrize("path", ["nobody", "8d0ee6a8-7a9e-4f8e-9f55-9e3f4d5c1b2a"])
def test_nobody_is_told_as_such(admin: Browser, path: str) -> None:
    assert admin.get(f"/people/{path}").status_code == 404
    assert admin.submit(f"/people/{path}").status_code == 404
    assert admin.submit(f"/people/{path}/link", other="x", why="y").status_code == 404
    assert admin.get(f"/people/{path}/beside/{path}").status_code == 404


def test_a_value_that_no_source_says_is_typed_and_taken_back(
    identities: Identities, admin: Browser, place: Place
) -> None:
    person = of(identities, "R3", "130310625")
    answer = admin.submit(
        f"/people/{person}/choose",
        field="names",
        record="own",
        family="El Alaoui",
        given="Mohamed Amine",
        why="his card",
    )
    assert answer.status_code == 303
    page = admin.get(f"/people/{person}")
    assert "Names chosen by a steward Mohamed Amine El Alaoui" in words(page)
    assert (NAME, "choose", f"Patient/{person}") in place.audited()
    (entry,) = {one.id for one in identities.steward.history(person) if one.action == "chosen"}
    admin.submit(f"/people/{person}/undo", entry=str(entry), why="the wrong card")
    assert "Names Mohamed EL ALAOUI" in words(admin.get(f"/people/{person}"))


@pytest.mark.parametrize(
    ("field", "told"),
    [
        ("names", {"family": "ALAOUI"}),
        ("names", {"family": "X", "given": "INCONNU"}),
        ("birth_date", {"birth_date": "1984-02-31"}),
        ("birth_date", {"birth_date": "2199-01-01"}),
        ("sex", {"sex": "F"}),
        ("telecoms", {"phone": "call the neighbour"}),
        ("addresses", {"line": "12 rue Atlas"}),
        ("marital_status", {"text": "married"}),
    ],
)
def test_what_no_door_would_take_is_declined(
    identities: Identities, admin: Browser, field: str, told: dict[str, str]
) -> None:
    person = of(identities, "R3", "130310625")
    answer = admin.submit(f"/people/{person}/choose", field=field, record="own", why="said so", **told)
    assert answer.status_code == 409
    assert "Nothing was changed." in words(answer)
    assert identities.choices([person]) == []


def test_each_field_is_typed_in_its_own_form(identities: Identities, admin: Browser) -> None:
    person = of(identities, "R3", "130310625")
    said = {
        "birth_date": {"birth_date": "1970-06"},
        "sex": {"sex": "other"},
        "telecoms": {"phone": "+33 6 12 34 56 78"},
        "addresses": {"line": "3 rue du Port", "postal_code": "90000", "city": "Tanger"},
    }
    for field, told in said.items():
        assert admin.submit(f"/people/{person}/choose", field=field, record="own", why="x", **told).status_code == 303
    page = words(admin.get(f"/people/{person}"))
    assert "Birth date chosen by a steward 1970-06" in page
    assert "Phones and mail chosen by a steward +33612345678" in page
    assert "Addresses chosen by a steward 3 rue du Port, 90000 Tanger" in page
