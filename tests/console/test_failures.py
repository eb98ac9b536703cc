"""What is open, by reason; a group runs again after a question that says how many."""

from __future__ import annotations

import html
import re
from pathlib import Path
from shutil import copytree
from urllib.parse import parse_qs, urlsplit

import pytest

from channels.settings import default_config
from tests.console.place import NAME, Browser, Place, nameless, result
from tests.console.test_transactions import words


def group(page: str) -> str:
    """The address of the first group."""
    address = re.search(r'href="(/failures/group\?[^"]*)"', page)
    assert address
    return html.unescape(address[1])


def told(address: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


def test_nothing_open_is_said(admin: Browser) -> None:
    assert "Nothing is open" in admin.get("/failures").text


def test_failures_are_grouped_by_reason(place: Place, admin: Browser) -> None:
    made = place.send("lab-hl7v2", *[nameless(f"N{number}") for number in range(3)], result("A"))
    page = admin.get("/failures")
    assert re.search(r"PID-3\S* required", words(page))
    assert 'class="figure">3<' in page.text
    assert sum(f'href="/transactions/{one}"' in page.text for one in made[:3]) == 1


def test_the_question_says_how_many_and_the_answer_runs_them_all(place: Place, admin: Browser) -> None:
    place.send("lab-hl7v2", *[nameless(f"N{number}") for number in range(3)])
    address = group(admin.get("/failures").text)
    question = admin.get(address)
    assert "Run all 3 messages again?" in question.text
    assert question.text.count('data-label="Transaction"') == 3
    answer = admin.submit("/failures/rerun", **told(address))
    assert answer.headers["location"] == "/failures?again=3&lost=0"
    assert "3 messages were run again" in admin.get(answer.headers["location"]).text
    place.flow()
    assert 'class="figure">3<' in admin.get("/failures").text, "the cause was not mended: they are open again"
    assert len(place.desk.groups()) == 1
    assert (NAME, "rerun group", "Transaction") in place.audited()


def test_a_group_needs_the_form_of_this_session(place: Place, admin: Browser) -> None:
    place.send("lab-hl7v2", nameless())
    said = told(group(admin.get("/failures").text))
    assert admin.post("/failures/rerun", said).status_code == 403
    place.write_down()
    assert not place.desk.story(place.desk.groups()[0]["sample"])["reruns"]  # type: ignore[index]


def test_a_group_that_is_gone_is_told_as_such(admin: Browser) -> None:
    answer = admin.get("/failures/group?kind=refused&channel=lab-hl7v2&reason=x")
    assert answer.status_code == 404
    assert "empty now" in answer.text


@pytest.fixture
def strict(tmp_path: Path) -> Path:
    """A configuration whose laboratory must stand in the registry."""
    folder = copytree(default_config().parent, tmp_path / "config")
    laboratory = folder / "channels" / "lab-hl7v2.yaml"
    text = laboratory.read_text(encoding="utf-8")
    laboratory.write_text(text.replace("facility: flag", "facility: require"), encoding="utf-8")
    return folder / "wasl.yaml"


def test_parked_messages_say_what_they_wait_for(tmp_path: Path, strict: Path) -> None:
    place = Place(tmp_path / "data", strict)
    place.send("lab-hl7v2", result("A"), result("B"))
    admin = place.logged_in(**{"Accept-Language": "en"})
    page = words(admin.get("/failures"))
    assert "What parked messages wait for" in page
    assert "Facility 130310623 2" in page
    assert "wasl registry load" in page
    place.close()
