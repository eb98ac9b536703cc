"""Nobody looks without a name; a session ends where it should; other sites can do nothing."""

from __future__ import annotations

import re

import httpx

from channels.console.view import HEADERS
from tests.console.place import NAME, PASSWORD, Browser, Place


def enter(browser: Browser, password: str = PASSWORD, **said: str) -> httpx.Response:
    page = browser.get("/login").text
    token = re.search(r'name="token" value="(\w+)"', page)
    assert token
    return browser.post("/login", {"token": token[1], "name": NAME, "password": password} | said)


def test_a_stranger_is_sent_to_the_login_page(place: Place) -> None:
    for path in ("/", "/transactions", "/failures", "/care-sheets", "/console/channels/fhir", "/nowhere"):
        answer = place.browser().get(path)
        assert (answer.status_code, answer.headers["location"]) == (303, "/login"), path


def test_logging_in_opens_a_session_that_scripts_and_other_sites_cannot_use(place: Place) -> None:
    browser = place.browser()
    answer = enter(browser)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    cookie = next(one for one in answer.headers.get_list("set-cookie") if one.startswith("wasl_session="))
    assert "HttpOnly" in cookie
    assert "samesite=strict" in cookie.lower()
    assert browser.get("/").status_code == 200
    assert (NAME, "log in", "console") in place.audited()


def test_the_cookie_stays_on_secure_lines_where_there_is_one(place: Place) -> None:
    browser = place.browser()
    answer = browser.get("https://wasl.test/login")
    assert "Secure" in answer.headers["set-cookie"]


def test_a_wrong_password_is_told_without_saying_which_half_was_wrong(place: Place) -> None:
    answer = enter(place.browser(), "wrong")
    assert answer.status_code == 401
    assert "Ce nom et ce mot de passe ne vont pas ensemble" in answer.text
    assert 'value="admin"' in answer.text
    assert enter(place.browser(), name="nobody").text.count("ne vont pas ensemble") == 1


def test_after_many_wrong_passwords_it_asks_to_wait(place: Place) -> None:
    browser = place.browser()
    answers = [enter(browser, f"wrong {number}") for number in range(7)]
    assert answers[-1].status_code == 429
    assert "Trop de tentatives" in answers[-1].text


def test_the_login_form_of_another_browser_is_not_taken(place: Place) -> None:
    browser = place.browser()
    answer = browser.post("/login", {"token": "f" * 64, "name": NAME, "password": PASSWORD})
    assert answer.status_code == 403
    assert "wasl_session" not in browser.cookies


def test_logging_out_ends_the_session(place: Place, admin: Browser) -> None:
    session = admin.cookies["wasl_session"]
    assert admin.submit("/logout").headers["location"] == "/login"
    assert place.house.users.session(session) is None
    assert admin.get("/").status_code == 303


def test_logging_out_needs_the_form_of_this_session(place: Place, admin: Browser) -> None:
    assert admin.post("/logout", {"token": "0" * 64}).status_code == 403
    assert admin.get("/").status_code == 200


def test_a_part_of_a_page_whose_session_ended_sends_the_whole_page_to_the_login(place: Place) -> None:
    answer = place.browser().get("/login", **{"HX-Request": "true"})
    assert answer.headers["HX-Redirect"] == "/login"
    assert answer.text == ""


def test_a_form_longer_than_anybody_writes_is_not_read(place: Place) -> None:
    assert place.browser().post("/login", {"name": "a" * 70_000}).status_code == 413


def test_every_page_carries_the_headers_and_no_script_or_style_of_its_own(place: Place, admin: Browser) -> None:
    for path in ("/", "/transactions", "/failures", "/care-sheets", "/console/channels/fhir", "/login", "/nowhere"):
        answer = admin.get(path)
        assert {name: answer.headers[name] for name in HEADERS} == HEADERS, path
        assert "default-src 'self'" in answer.headers["content-security-policy"]
        assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*src=)", answer.text), path


def test_the_style_and_the_scripts_are_open_and_may_be_kept(place: Place) -> None:
    for name in ("wasl.css", "wasl.js", "htmx.min.js", "uplot.min.js", "htmx.LICENSE.txt", "uplot.LICENSE.txt"):
        answer = place.browser().get(f"/static/{name}")
        assert answer.status_code == 200
        assert "max-age" in answer.headers["cache-control"]
    assert place.browser().get("/static/../view.py").status_code != 200


def test_machines_are_not_answered_with_pages(place: Place, admin: Browser) -> None:
    assert "<html" not in admin.get("/api/nowhere").text
    assert admin.get("/channels/fhir").status_code == 405
