"""Every text of the pages can be said in every language; a new language is one file."""

from __future__ import annotations

import gettext
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import read_po
from jinja2.ext import babel_extract

import channels.console
from channels.console import language
from channels.console.language import Languages
from tests.console.place import Place, result

HOME = Path(channels.console.__file__ or "").parent
TEMPLATES = {"trimmed": "false", "silent": "false", "trim_blocks": "true", "lstrip_blocks": "true"}
FILLED = re.compile(r"%\(\w+\)s")
Message = str | tuple[str, ...]


def texts() -> Iterator[Message]:
    """Whatever the pages say, as the catalogues should hold it."""
    for path in sorted(HOME.glob("*.py")):
        with path.open("rb") as file:
            for _, message, _, _ in extract("python", file, {"N_": None}):
                yield message
    for path in sorted(HOME.glob("templates/*.html")):
        with path.open("rb") as file:
            for _, function, found, _ in babel_extract(file, ("_", "gettext", "ngettext"), (), TEMPLATES):
                said = [one for one in (found if isinstance(found, tuple) else (found,)) if one]
                yield tuple(said[:2]) if function == "ngettext" else said[0]


def catalogue(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=path.stem, abort_invalid=True)


@pytest.fixture(scope="module")
def said() -> set[Message]:
    return set(texts())


def test_every_text_has_its_translation_and_no_translation_is_stale(said: set[Message]) -> None:
    known = {one.id if isinstance(one.id, str) else tuple(one.id) for one in catalogue(HOME / "locale/fr.po") if one.id}
    assert said - known == set()
    assert known - said == set()


def test_a_translation_is_whole_and_keeps_what_is_filled_in() -> None:
    for one in catalogue(HOME / "locale/fr.po"):
        if one.id:
            assert all(strings(one.string)), one.id
            filled = {tuple(sorted(FILLED.findall(form))) for form in strings(one.id)}
            assert {tuple(sorted(FILLED.findall(form))) for form in strings(one.string)} <= filled, one.id


def strings(said: object) -> list[str]:
    """The forms of a message, one or several."""
    return [said] if isinstance(said, str) else [str(form) for form in said] if isinstance(said, tuple | list) else []


def test_the_browsers_wish_the_cookie_and_the_link_choose_the_language(place: Place) -> None:
    browser = place.browser()
    assert 'lang="fr" dir="ltr"' in browser.get("/login").text
    assert 'lang="en"' in browser.get("/login", **{"Accept-Language": "de, en-GB;q=0.7, fr;q=0.3"}).text
    assert 'lang="fr"' in browser.get("/login", **{"Accept-Language": "xx;q=much, ,"}).text
    assert '<a href="?lang=en" lang="en" hreflang="en">English</a>' in browser.get("/login").text
    assert "Log in" in browser.get("/login?lang=en").text
    assert "Log in" in browser.get("/login", **{"Accept-Language": "fr"}).text
    assert 'lang="en"' in browser.get("/login?lang=xx").text


def test_the_link_keeps_the_search(place: Place) -> None:
    page = place.logged_in().get("/transactions?channel=fhir&status=failed").text
    assert 'href="?channel=fhir&amp;status=failed&amp;lang=en"' in page


def test_a_language_written_from_right_to_left_needs_a_catalogue_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(language, "catalogues", lambda: {"ar": gettext.NullTranslations()})
    place = Place(tmp_path)
    browser = place.logged_in(**{"Accept-Language": "ar-MA"})
    (made,) = place.send("lab-hl7v2", result("A"))
    for path in ("/", "/transactions", f"/transactions/{made}", "/failures", "/care-sheets"):
        assert '<html lang="ar" dir="rtl">' in browser.get(path).text, path
    story = browser.get(f"/transactions/{made}").text
    assert '<div dir="ltr" class="hl7">' in story
    assert f'<bdi class="code" dir="ltr">{made}</bdi>' in story
    place.close()


def test_times_are_of_the_houses_zone_and_say_the_day_when_it_is_not_today() -> None:
    french, english = (Languages("fr", "Asia/Tokyo").known[code] for code in ("fr", "en"))
    assert "12 mars 2026 19:30:00" in french.when("2026-03-12T10:30:00.000Z")
    assert "Mar 12, 2026 19:30:00" in english.when("2026-03-12T10:30:00.000Z")
    now = datetime.now(UTC)
    assert f">{now.astimezone(french.zone):%H:%M:%S}</time>" in french.when(now.isoformat())
    assert french.when(None) == "–"
    assert "il y a" in french.ago("2020-01-01T00:00:00Z")
    assert french.number(1240) == "1\u202f240"
