"""Facilities and health workers on the pages: looked up, added, corrected, closed, opened, and met in messages."""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from channels.gateway.app import application
from registries.care.entry import entry
from registries.care.lookup import id_of
from schemas import facts
from tests.console.place import NAME, SALES, Browser, Place, ran
from tests.console.test_transactions import words
from tests.registries.care.lists import HILL, HIND, people, places

DUNE = "130000012;Clinique de la Dune;Clinique;MA-06;MA-CAS;;2001-01-01/;;;DUNE"


@pytest.fixture
def told(place: Place) -> Place:
    places(place.house.registries, HILL, DUNE)
    people(place.house.registries, HIND)
    return place


def page_of(place: Place, number: str, kind: str = "facility") -> str:
    home = "places" if kind == "facility" else "professionals"
    return f"/{home}/{id_of(place.house.registries, kind, number)}"


def form(browser: Browser, path: str) -> dict[str, str]:
    """The fields of the form that corrects, as the page gives them."""
    text = browser.get(path).text.partition('id="correct"')[2].partition("</form>")[0]
    found = dict(re.findall(r'<input name="(\w+)" value="([^"]*)"', text))
    area = re.search(r'<option value="([\w-]+)" selected', text)
    return found | ({"area": area[1]} if area else {})


def test_entries_are_found_by_what_is_known_of_them(told: Place, admin: Browser) -> None:
    def found(query: str) -> set[str]:
        page = words(admin.get(f"/places?{query}"))
        return {name for name in ("CHU de la Colline", "Clinique de la Dune") if name in page}

    assert found("") == {"CHU de la Colline", "Clinique de la Dune"}
    assert found("name=colline+chu") == {"CHU de la Colline"}
    assert found("number=130000012") == {"Clinique de la Dune"}
    assert found("number=dune") == {"Clinique de la Dune"}
    assert found("region=MA-04") == {"CHU de la Colline"}
    assert found("type=Clinique") == {"Clinique de la Dune"}
    assert found("day=1995-06-01") == {"CHU de la Colline"}
    assert found("name=oasis") == set()
    assert "A date can't be read" in words(admin.get("/places?day=yesterday"))


def test_health_workers_are_found_by_both_names_and_where_they_work(told: Place, admin: Browser) -> None:
    for query in ("name=hind+tazrout", "number=121000011", "region=MA-04", "type=cardiologue", "day=2010-01-01"):
        assert "TAZROUT Hind" in words(admin.get(f"/professionals?{query}")), query
    for query in ("region=MA-06", "day=2021-01-01", "type=cardio"):
        assert "TAZROUT" not in words(admin.get(f"/professionals?{query}")), query


def test_a_list_longer_than_a_page_goes_on(place: Place, admin: Browser) -> None:
    places(place.house.registries, *(f"1400000{n:02};Centre {n:02};;;;;;;;" for n in range(60)))
    first = admin.get("/places?name=centre")
    assert "Centre 49" in first.text
    assert "Centre 50" not in first.text
    (following,) = re.findall(r'rel="next" href="([^"]+)"', first.text)
    second = admin.get(following.replace("&amp;", "&"))
    assert "Centre 50" in second.text
    assert "Centre 59" in second.text
    assert "Centre 49" not in second.text
    assert 'rel="next"' not in second.text


def test_saving_a_form_as_it_is_changes_nothing(told: Place, admin: Browser) -> None:
    for number, kind in (("120000011", "facility"), ("121000011", "health-worker")):
        path = page_of(told, number, kind)
        before = entry(told.house.registries, kind, path.rpartition("/")[2])
        assert admin.submit(path, **form(admin, path), why="looked at").status_code == 303
        assert entry(told.house.registries, kind, path.rpartition("/")[2]) == before


def test_a_correction_stands_with_its_reason_and_what_it_was(told: Place, admin: Browser) -> None:
    path = page_of(told, "120000011")
    said = form(admin, path)
    answer = admin.submit(path, **said | {"name": "CHU de la Colline Verte", "area": "MA-CAS"}, why="renamed by decree")
    assert answer.status_code == 303
    page = words(admin.get(answer.headers["location"]))
    assert "CHU de la Colline Verte" in page
    assert "renamed by decree" in page
    assert "Name: CHU de la Colline CHU de la Colline Verte" in page
    assert "Province: MA-RAB MA-CAS" in page
    assert (NAME, "correct", "Organization") in told.audited()
    found = entry(told.house.registries, "facility", path.rpartition("/")[2])
    assert found is not None
    assert found.fields["aliases"] == "urn:id:CHU|CLN, CHU_COLLINE"


def test_what_is_wrong_is_said_beside_the_field_and_nothing_changes(told: Place, admin: Browser) -> None:
    path = page_of(told, "120000011")
    said = form(admin, path)
    for wrong, text in (
        ({"inpe": "12"}, "nine digits"),
        ({"inpe": "130000012"}, "another entry has this INPE"),
        ({"aliases": "DUNE"}, "is the name of another entry"),
        ({"periods": "since always"}, "no ISO 8601 intervals"),
        ({"name": ""}, "every entry has a name"),
    ):
        answer = admin.submit(path, **said | wrong, why="tried")
        assert answer.status_code == 409
        assert "Nothing was changed" in words(answer)
        assert text in words(answer)
    assert form(admin, path) == said
    assert "A change needs its reason" in words(admin.submit(path, **said))
    assert admin.post(path, said | {"why": "forged"}).status_code == 403


def test_an_entry_closes_from_a_day_on_and_opens_again(told: Place, admin: Browser) -> None:
    path = page_of(told, "120000011")

    def dates(said: str, day: str, why: str) -> str:
        answer = admin.submit(f"{path}/dates", said=said, day=day, why=why)
        assert answer.status_code == 303
        return form(admin, path)["periods"] + " / " + form(admin, path)["suspended"]

    assert dates("closed", "2024-05-01", "flooded") == "1990-01-01/2024-04-30 / "
    assert dates("operational", "2025-01-01", "dried") == "1990-01-01/2024-04-30 2025-01-01/ / "
    assert dates("suspended", "2025-06-01", "works") == "1990-01-01/2024-04-30 2025-01-01/ / 2025-06-01/"
    assert dates("operational", "2025-07-01", "done").endswith("2025-06-01/2025-06-30")
    again = admin.submit(f"{path}/dates", said="operational", day="2025-03-01", why="again")
    assert "Nothing was changed" in words(admin.get(again.headers["location"]))
    page = words(admin.get(path))
    assert page.index("done") < page.index("works") < page.index("dried") < page.index("flooded")
    actions = [action for _, action, target in told.audited() if target == "Organization"]
    assert actions == ["open", "open", "suspend", "open", "close"]


def test_a_health_worker_closes_and_keeps_the_roles(told: Place, admin: Browser) -> None:
    path = page_of(told, "121000011", "health-worker")
    admin.submit(f"{path}/dates", said="closed", day="2015-01-01", why="retired")
    assert form(admin, path)["periods"] == "2005-01-01/2014-12-31"
    assert "CHU de la Colline" in words(admin.get(path))
    assert "TAZROUT Hind" in words(admin.get(page_of(told, "120000011")))


def test_a_new_entry_is_found_at_once_and_its_number_taken_once(told: Place, admin: Browser) -> None:
    said = {"inpe": "140000013", "name": "Centre de santé El Wifaq", "area": "MA-RAB", "aliases": "urn:id:lab|W"}
    answer = admin.submit("/places/new", **said, why="opened by decision 12")
    assert answer.status_code == 303
    assert "El Wifaq" in words(admin.get(answer.headers["location"]))
    again = admin.submit("/places/new", **said, why="twice")
    assert again.status_code == 409
    assert "another entry has this INPE" in words(again)
    nameless = admin.submit("/places/new", name="Nowhere", why="no number")
    assert "an INPE, or a number of its own" in words(nameless)


def told_with(tmp_path: Path, policy: str) -> Place:
    """A place whose pharmacies' unknown facilities are treated so."""
    config = tmp_path / "config"
    shutil.copytree("config", config)
    channel = config / "channels" / "pharmacy-csv.yaml"
    channel.write_text(channel.read_text().replace("facility: flag", f"facility: {policy}"))
    place = Place(tmp_path / "data", config / "wasl.yaml")
    places(place.house.registries, HILL, "092010026;Pharmacie du Bouregreg;;MA-04;MA-RAB;;/;;;")
    return place


def test_what_a_channel_made_up_becomes_an_entry_of_the_same_id(tmp_path: Path) -> None:
    place = told_with(tmp_path, "create")
    admin = place.logged_in(**{"Accept-Language": "en"})
    place.send("pharmacy-csv", SALES, content_type="text/csv")
    (path,) = re.findall(r'href="(/places/new\?inpe=092010025[^"]*)"', admin.get("/places/unknown").text)
    assert 'value="092010025"' in admin.get(path.replace("&amp;", "&")).text
    answer = admin.submit("/places/new", inpe="092010025", name="Pharmacie", met="092010025", why="met in messages")
    assert answer.headers["location"] == f"/places/{facts.name('facility', '092010025')}?said=added"
    assert "Everything that messages name is known" in words(admin.get("/places/unknown"))
    place.close()


def test_a_parked_sale_goes_on_once_its_pharmacy_is_said_to_be_one_that_is_known(tmp_path: Path) -> None:
    place = told_with(tmp_path, "require")
    learned: list[str] = []

    async def heard(entries: Sequence[str]) -> None:
        learned.extend(entries)

    place.app = application(replace(place.parts, learned=heard))
    admin = place.logged_in(**{"Accept-Language": "en"})
    (parked,) = place.send("pharmacy-csv", SALES, content_type="text/csv")
    page = words(admin.get("/places/unknown"))
    assert "Pharmacie du Bouregreg 092010026" in page  # a digit away
    assert admin.submit("/places/unknown", met="092010025", number="092010026").status_code == 303
    assert "facility|092010025" in learned
    assert place.desk.waiting(learned)[0][0] == parked
    for transaction, rows in place.desk.waiting(learned):
        ran(place.desk.rerun(transaction, rows))
    place.flow()
    assert "Everything that messages name is known" in words(admin.get("/places/unknown"))
    assert "092010025" in form(admin, page_of(place, "092010026"))["aliases"]
    assert (NAME, "alias", "Organization") in place.audited()
    place.close()
