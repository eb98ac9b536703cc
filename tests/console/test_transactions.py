"""Finding a message, reading its story, running it again; what is looked at is noted, what identifies stays unsaid."""

from __future__ import annotations

import base64
import html
import re

import httpx
import pytest

from channels.receive import now, transaction_id
from tests.console.place import NAME, PASSWORD, SALES, Browser, Place, nameless, result

CNSS = "https://hie.sante.gov.ma/id/cnss|900000017"


def found(answer: httpx.Response) -> list[str]:
    """The control IDs listed."""
    assert answer.status_code == 200
    return re.findall(r'data-label="Control ID"><bdi[^>]*>([^<]*)<', answer.text)


def words(answer: httpx.Response) -> str:
    """The page as it is read, without its marks."""
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", answer.text)).split())


def cell(answer: httpx.Response, path: str) -> str:
    """What the message's table says of a field."""
    match = re.search(rf'<th scope="row" class="code">{re.escape(path)}</th>(.*?)</tr>', answer.text, re.S)
    assert match
    return html.unescape(re.sub(r"<[^>]*>", " ", match[1]))


def test_the_newest_stand_first_and_a_search_narrows_them(place: Place, admin: Browser) -> None:
    place.send("lab-hl7v2", result("A"), result("B"), nameless("C"))
    place.send("pharmacy-csv", SALES, content_type="text/csv")
    assert found(admin.get("/transactions")) == ["–", "C", "B", "A"]
    assert found(admin.get("/transactions?channel=lab-hl7v2&status=refused")) == ["C"]
    assert found(admin.get("/transactions?control_id=A")) == ["A"]
    assert found(admin.get("/transactions?reason=PID-3")) == ["C"]
    assert found(admin.get("/transactions?until=2020-01-01T00:00")) == []
    assert found(admin.get("/transactions?since=2020-01-01")) == ["–", "C", "B", "A"]


def test_a_search_without_an_identifier_gets_an_address_of_its_own(place: Place, admin: Browser) -> None:
    answer = admin.post("/transactions", {"channel": "lab-hl7v2", "status": "refused", "person": " "})
    assert answer.headers["location"] == "/transactions?channel=lab-hl7v2&status=refused"
    assert admin.post("/transactions", {}).headers["location"] == "/transactions"


@pytest.mark.parametrize("person", ["900000017", CNSS, "A-4711"])
def test_a_patient_is_found_by_a_number_that_stands_in_no_address(place: Place, admin: Browser, person: str) -> None:
    place.send("lab-hl7v2", result("MINE"), nameless("N"))
    place.send("hospital-adt", result("OTHER", ipp="Z-1", given="Salma").replace(b"~900000017^^^CNSS^SS", b""))
    answer = admin.post("/transactions", {"person": person})
    assert found(answer) == ["MINE"]
    assert "location" not in answer.headers
    assert not re.search(rf'(href|action|hx-get)="[^"]*{re.escape(person.split("|")[-1])}', answer.text)
    assert (NAME, "search by patient", "Transaction") in place.audited()


def test_older_pages_follow_until_the_end(place: Place, admin: Browser) -> None:
    place.send("lab-hl7v2", *[result(f"C{number}") for number in range(60)])
    first = admin.get("/transactions?channel=lab-hl7v2")
    older = re.search(r'rel="next" href="([^"]*)"', first.text)
    assert older
    second = admin.get(html.unescape(older[1]))
    assert sorted(found(first) + found(second)) == sorted(f"C{number}" for number in range(60))
    assert 'rel="next"' not in second.text


def test_older_pages_of_a_patient_are_asked_for_by_a_form(place: Place, admin: Browser) -> None:
    place.send("lab-hl7v2", *[result(f"C{number}") for number in range(60)])
    first = admin.post("/transactions", {"person": "A-4711"})
    cursor = re.search(r'name="cursor" value="([^"]*)"', first.text)
    assert cursor
    second = admin.post("/transactions", {"person": "A-4711", "cursor": cursor[1]})
    assert len({*found(first), *found(second)}) == 60


def test_what_cannot_be_read_is_told_with_what_to_do(place: Place, admin: Browser) -> None:
    assert "Write it as" in words(admin.get("/transactions?since=yesterday"))
    assert admin.get("/transactions?since=yesterday").status_code == 400
    assert admin.get("/transactions?cursor=bogus").status_code == 400
    assert admin.get("/transactions?status=bogus").status_code == 200
    assert admin.get("/transactions/nobody").status_code == 404


def test_a_story_tells_the_way_from_the_door_to_every_consumer(place: Place, admin: Browser) -> None:
    (made,) = place.send("lab-hl7v2", result("A"))
    page = words(admin.get(f"/transactions/{made}"))
    for said in ("ORU^R01", "delivered", "answered AA", "translated · Translation", "Laboratory report", "OBR 1"):
        assert said in page
    assert re.search(r"Shared record landed", page)
    assert re.search(r"Care sheets landed", page)
    assert "facility unknown" in page


def test_the_message_is_shown_field_by_field_and_looking_at_it_is_noted(place: Place, admin: Browser) -> None:
    (made,) = place.send("lab-hl7v2", result("A"))
    page = admin.get(f"/transactions/{made}")
    assert "Patient Name" in cell(page, "PID-5")
    assert "BENNANI^Khadija" in cell(page, "PID-5")
    assert "Given Name" in cell(page, "PID-5.2")
    assert "CNSS" in cell(page, "PID-3[2]")
    assert r"<mark>\T\</mark>" in page.text
    assert "local segment" in page.text
    assert "MSH-18 says UNICODE UTF-8" in words(page)
    assert (NAME, "view body", f"Transaction/{made}") in place.audited()


def test_an_issue_is_pinned_on_its_field_with_its_remedy(place: Place, admin: Browser) -> None:
    (made,) = place.send("lab-hl7v2", nameless("A"))
    page = admin.get(f"/transactions/{made}")
    assert "Refused · PID-3" in words(page)
    assert "What to do: send" in words(page)
    assert "no identifier of the patient" in cell(page, "PID-3")


def test_a_message_runs_again_as_a_new_transaction(place: Place, admin: Browser) -> None:
    (made,) = place.send("lab-hl7v2", result("A"))
    answer = admin.submit(f"/transactions/{made}/rerun")
    new = answer.headers["location"].rpartition("/")[2]
    assert answer.status_code == 303
    assert new != made
    waiting = admin.get(answer.headers["location"])
    assert waiting.status_code == 202
    assert "On its way" in waiting.text
    place.flow()
    assert f'href="/transactions/{made}"' in admin.get(f"/transactions/{new}").text
    assert f'href="/transactions/{new}"' in admin.get(f"/transactions/{made}").text
    assert (NAME, "rerun", f"Transaction/{made}") in place.audited()


def test_only_the_refused_part_runs_again(place: Place, admin: Browser) -> None:
    (made,) = place.send("pharmacy-csv", SALES, content_type="text/csv")
    page = admin.get(f"/transactions/{made}")
    assert "delivered in part" in page.text
    assert "Run only the refused part again" in words(page)
    assert "AUGMENTIN" in page.text
    new = admin.submit(f"/transactions/{made}/rerun", place="line 3").headers["location"]
    place.flow()
    assert "Only the parts line 3" in words(admin.get(new))


def test_a_forged_form_does_nothing(place: Place, admin: Browser) -> None:
    (made,) = place.send("lab-hl7v2", result("A"))
    for token in ("", "0" * 64):
        answer = admin.post(f"/transactions/{made}/rerun", {"token": token})
        assert answer.status_code == 403
        assert "Nothing was done" in words(answer)
    assert admin.post(f"/transactions/{made}/rerun", {}, Origin="http://evil.test").status_code in (401, 403)
    place.flow()
    assert found(admin.get("/transactions")) == ["A"]


def test_with_basic_credentials_forms_work_but_not_those_of_another_site(place: Place) -> None:
    (made,) = place.send("lab-hl7v2", result("A"))
    secret = base64.b64encode(f"{NAME}:{PASSWORD}".encode()).decode()
    browser = place.browser(Authorization=f"Basic {secret}")
    assert browser.post(f"/transactions/{made}/rerun", {}).status_code == 303
    assert browser.post(f"/transactions/{made}/rerun", {}, Origin="http://evil.test").status_code == 403


def test_a_body_that_is_gone_is_said_to_be_gone(place: Place, admin: Browser) -> None:
    (made,) = place.send("lab-hl7v2", result("A"))
    place.house.keys.destroy_before("lab-hl7v2", now() // 86_400_000_000 + 1)
    page = admin.get(f"/transactions/{made}")
    assert page.status_code == 200
    assert "The body is no longer kept" in page.text
    assert "90d" in page.text
    assert (NAME, "view body", f"Transaction/{made}") not in place.audited()
    answer = admin.submit(f"/transactions/{made}/rerun")
    assert answer.status_code == 409
    assert "Ask the sender" in answer.text


def test_a_story_on_its_way_looks_for_news_and_a_settled_one_does_not(place: Place, admin: Browser) -> None:
    (made,) = place.receive("lab-hl7v2", result("A"))
    place.write_down()
    assert 'hx-trigger="every 2s"' in admin.get(f"/transactions/{made}/story").text
    place.flow()
    settled = admin.get(f"/transactions/{made}/story")
    assert "hx-trigger" not in settled.text
    assert "BENNANI" not in settled.text


def test_an_id_that_was_made_long_ago_and_is_not_known_is_not_on_its_way(place: Place, admin: Browser) -> None:
    assert admin.get(f"/transactions/{transaction_id(now())}").status_code == 202
    assert admin.get(f"/transactions/{transaction_id(now() - 3600 * 1_000_000)}").status_code == 404
    assert admin.get("/transactions/00000000-0000-4000-8000-000000000000/story").status_code == 404


def test_what_breaks_is_told_without_a_trace_and_without_what_was_asked(
    place: Place, admin: Browser, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("Khadija 900000017")

    monkeypatch.setattr(place.desk, "search", broken)
    answer = admin.post("/transactions", {"person": "900000017"})
    assert answer.status_code == 500
    assert "This page could not be made" in answer.text
    assert "Traceback" not in answer.text
    assert "900000017" not in answer.text + caplog.text
    assert "RuntimeError" in caplog.text
