"""Trying a message on a page: what is said of it, and that nothing of it stays anywhere."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from tests.console.place import NAME, SALES, Browser, Place, nameless, result
from tests.console.test_transactions import words


def check(admin: Browser, body: bytes, channel: str = "") -> str:
    return words(admin.submit("/check", message=body.decode(), channel=channel))


def test_the_page_is_in_the_navigation_and_offers_every_channel(admin: Browser) -> None:
    page = admin.get("/check").text
    assert '<a href="/check" aria-current="page">Check a message</a>' in page
    assert '<option value="lab-hl7v2">' in page
    assert "Vérifier un message" in admin.get("/check", **{"Accept-Language": "fr"}).text


def test_a_sound_message_tells_what_it_becomes_what_lands_and_what_is_billed(admin: Browser) -> None:
    page = check(admin, result("C1"))
    for text in ("Nothing is to be mended", "Laboratory report", "1 DiagnosticReport", "would be answered AA"):
        assert text in page
    assert "15074-8 Glucose Quantity 1 · 2026-03-12 · Executor 130310623" in page


def test_every_issue_stands_beside_the_message_with_its_rule(admin: Browser) -> None:
    page = admin.submit("/check", message=nameless("C2").decode(), channel="").text
    assert "1 thing to mend" in page
    assert "HL7 2.5.1, 3.4.2.3" in page
    assert '<tr class="wrong">' in page
    assert "Nothing, until it is mended." in page


def test_the_repetition_and_the_component_that_are_wrong_are_marked(admin: Browser) -> None:
    page = admin.submit(
        "/check", message=result("C3").decode().replace("900000017^^^CNSS", "9^^^CNSS"), channel=""
    ).text
    row = page[page.index("PID-3[2]") :]
    assert '<tr class="here"><th scope="row" class="code">PID-3[2].1</th>' in row
    assert '<tr class="here">' not in page[: page.index("PID-3[2]")]


def test_other_formats_go_by_their_own_mediators(admin: Browser) -> None:
    page = check(admin, SALES)
    assert "Medication dispensed" in page
    assert "write digits with a comma or a point" in page
    assert "not FHIR" not in check(admin, b'{"resourceType": "Patient", "identifier": [{"value": "1"}]}')
    assert "pharmacy-csv" in check(admin, result("C4"), "pharmacy-csv")


def test_several_messages_are_shown_one_after_the_other(admin: Browser) -> None:
    page = check(admin, b"".join(result(f"M{number}") for number in range(12)))
    assert "M0" in page
    assert "M9" in page
    assert "2 more messages were not checked" in page


def test_a_file_goes_over_what_was_pasted_and_is_judged_byte_by_byte(place: Place, admin: Browser) -> None:
    body = result("F1").replace(b"UNICODE UTF-8", b"ASCII")
    assert "character set" not in check(admin, body)
    told = words(admin.upload("/check", "a.hl7", body, message="not this", channel=""))
    assert "the bytes of the message are not in the character set declared" in told
    assert "not this" not in told


def test_nothing_is_no_message(admin: Browser) -> None:
    answer = admin.submit("/check", message=" ", channel="")
    assert answer.status_code == 400
    assert "Paste a message or choose a file" in answer.text


@pytest.mark.parametrize("body", ["garbage", "MSH|", "MSH|^~\\&|", "{", "[]", "a;b\n1;2", "\x00\x0b", "PID|1"])
def test_whatever_is_pasted_a_page_comes_back(admin: Browser, body: str) -> None:
    answer = admin.submit("/check", message=body, channel="")
    assert answer.status_code == 200
    assert "to mend" in answer.text


def test_a_message_too_long_is_turned_away(admin: Browser) -> None:
    assert admin.submit("/check", message="x" * (1024 * 1024), channel="").status_code == 413


def test_a_form_of_another_page_or_another_person_is_turned_away(place: Place, admin: Browser) -> None:
    assert admin.post("/check", {"message": result("C5").decode(), "token": "forged"}).status_code == 403
    assert admin.post("/check", {"message": "x"}, Origin="https://elsewhere.test").status_code == 403
    assert place.browser().get("/check").headers["location"].startswith("/login")


def test_what_is_checked_is_audited_and_neither_stored_nor_logged(
    place: Place, admin: Browser, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    check(admin, result("C6", ipp="CANARY-4711", given="Canarie"))
    assert (NAME, "check message", "Channel/lab-hl7v2") in place.audited()
    place.write_down()
    assert admin.get("/transactions").text.count("C6") == 0
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert files
    for path in files:
        assert b"CANARY" not in path.read_bytes(), path
    assert "CANARY" not in caplog.text
