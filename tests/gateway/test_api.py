"""`/api` as a program meets it: lists, cursors, reruns, pauses, its own description, and what is audited."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from html.parser import HTMLParser
from typing import Any

import httpx
import pytest

from channels.gateway.api import micros
from channels.security import passwords
from schemas.message import Unavailable
from tests.console.place import NAME, PASSWORD, SALES, Place, nameless, result
from tests.gateway.asking import ask

LAB = "lab-hl7v2"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    before, passwords.COST = passwords.COST, 4
    place = Place(tmp_path_factory.mktemp("house"))
    place.send(LAB, *(result(f"A{n}", ipp=f"A-{n}") for n in range(5)), nameless("A5"))
    place.send("pharmacy-csv", SALES, content_type="text/csv")
    yield place
    place.close()
    passwords.COST = before


def call(place: Place, method: str, path: str, **more: Any) -> httpx.Response:
    return ask(place.app, method, f"/api{path}", auth=(NAME, PASSWORD), **more)


def get(place: Place, path: str, **parameters: Any) -> Any:
    answer = call(place, "GET", path, params=parameters)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_transactions_come_newest_first_page_by_page(place: Place) -> None:
    seen, cursor = [], ""
    while cursor is not None:
        page = get(place, "/transactions", channel=LAB, limit=4, cursor=cursor)
        seen += [one["control_id"] for one in page["items"]]
        cursor = page["next"]
    assert seen == ["A5", "A4", "A3", "A2", "A1", "A0"]


def test_a_transaction_in_a_list(place: Place) -> None:
    (one,) = get(place, "/transactions", control_id="A5")["items"]
    assert {"id", "channel", "sender", "control_id", "type", "received", "status"} <= one.keys()
    assert (one["status"], one["type"], one["reason"]) == ("refused", "ORU^R01", "PID-3: required")


def test_a_persons_transactions_are_found_and_the_search_is_audited(place: Place) -> None:
    found = get(place, "/transactions", person="A-3")["items"]
    assert [one["control_id"] for one in found] == ["A3"]
    assert (NAME, "search by patient", "Transaction") in place.audited()
    assert get(place, "/transactions", person="nobody")["items"] == []


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/transactions?status=lost", "status"),
        ("/transactions?limit=0", "limit"),
        ("/transactions?cursor=made-up", "cursor"),
        ("/transactions?since=yesterday", "since"),
        ("/series?since=2026-03-12T00:00:00Z&until=2026-03-01T00:00:00Z", "since and until"),
        ("/care-sheets?person=x|900000017&limit=many", "limit"),
    ],
)
def test_mistakes_are_named_and_nothing_is_repeated(place: Place, path: str, said: str) -> None:
    answer = call(place, "GET", path)
    assert answer.status_code == 422
    assert said in answer.json()["error"]
    assert "900000017" not in answer.text


def test_a_story_has_no_body(place: Place) -> None:
    (one,) = get(place, "/transactions", control_id="A1")["items"]
    story = get(place, f"/transactions/{one['id']}")
    assert story["id"] == one["id"]
    assert "BENNANI" not in str(story)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/transactions/00000000-0000-7000-8000-000000000000"),
        ("POST", "/transactions/no such/rerun"),
        ("POST", "/channels/nowhere/pause"),
        ("POST", "/channels/nowhere/resume"),
        ("GET", "/nothing"),
    ],
)
def test_what_is_not_there(place: Place, method: str, path: str) -> None:
    answer = call(place, method, path)
    assert (answer.status_code, set(answer.json())) == (404, {"error"})


def test_a_message_goes_through_the_door_again(place: Place) -> None:
    (one,) = get(place, "/transactions", control_id="A2")["items"]
    answer = call(place, "POST", f"/transactions/{one['id']}/rerun")
    assert answer.status_code == 202
    place.flow()
    assert get(place, f"/transactions/{answer.json()['transaction']}")["rerun_of"] == one["id"]
    assert (NAME, "rerun", f"Transaction/{one['id']}") in place.audited()


def test_a_group_goes_again_once_even_if_it_fails_again(place: Place) -> None:
    (group,) = [one for one in get(place, "/failures")["items"] if one["channel"] == LAB]
    assert (group["kind"], group["reason"], group["count"]) == ("refused", "PID-3: required", 1)
    answer = call(place, "POST", "/failures/rerun", json={key: group[key] for key in ("kind", "channel", "reason")})
    assert answer.status_code == 202
    said = answer.json()
    assert (len(said["transactions"]), said["not_kept"]) == (1, 0)
    place.flow()
    (again,) = [one for one in get(place, "/failures")["items"] if one["channel"] == LAB]
    assert again["count"] == 1


def test_one_row_of_a_file_goes_again_alone(place: Place) -> None:
    (one,) = get(place, "/transactions", channel="pharmacy-csv", limit=1)["items"]
    answer = call(place, "POST", f"/transactions/{one['id']}/rerun", json={"places": ["line 3"]})
    place.flow()
    story = get(place, f"/transactions/{answer.json()['transaction']}")
    assert story["status"] == "refused"
    assert (
        len(get(place, "/care-sheets", person="https://hie.sante.gov.ma/id/cnss|900000017")["items"][0]["lines"]) == 1
    )


def test_a_busy_bus_is_a_503_with_a_time_to_come_back(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    async def busy(*_: object) -> Any:
        raise Unavailable("the bus did not confirm in time")

    monkeypatch.setattr(place.desk, "rerun_group", busy)
    monkeypatch.setattr(place.desk, "rerun", busy)
    (one,) = get(place, "/transactions", control_id="A1")["items"]
    for path in ("/failures/rerun", f"/transactions/{one['id']}/rerun"):
        answer = call(place, "POST", path, json={"kind": "refused", "channel": LAB, "reason": "x"})
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")


def test_a_channel_is_paused_by_somebody_and_runs_again(place: Place) -> None:
    assert call(place, "POST", f"/channels/{LAB}/pause").status_code == 204
    assert [(pause.channel, pause.by) for pause in place.house.line.all()] == [(LAB, NAME)]
    listed = {one["name"]: one["paused"] for one in get(place, "/channels")["items"]}
    assert (listed[LAB], listed["fhir"]) == ("paused by an operator", None)
    assert call(place, "POST", f"/channels/{LAB}/resume").status_code == 204
    assert place.house.line.all() == []
    assert {("pause", f"channel/{LAB}"), ("resume", f"channel/{LAB}")} <= {one[1:] for one in place.audited()}


def test_a_minutes_messages(place: Place) -> None:
    now = datetime.now(UTC)
    points = get(
        place, "/series", since=(now - timedelta(hours=1)).isoformat(), until=(now + timedelta(hours=1)).isoformat()
    )
    assert sum(one["received"] for one in points["items"]) >= 7


def test_care_sheets_are_read_by_identifier_and_the_reading_is_audited(place: Place) -> None:
    (sheet,) = get(place, "/care-sheets", person="https://hie.sante.gov.ma/id/cnss|900000017")["items"][:1]
    assert {"number", "state", "lines"} <= sheet.keys()
    assert {"code", "system", "quantity", "amount", "executor", "date", "state"} <= sheet["lines"][0].keys()
    assert (NAME, "read", "CareSheet") in place.audited()
    answer = call(place, "GET", "/care-sheets?person=900000017")
    assert (answer.status_code, "system|value" in answer.json()["error"]) == (400, True)


def test_the_description_lists_every_path_under_its_prefix(place: Place) -> None:
    said = get(place, "/openapi.json")
    assert said["servers"] == [{"url": "/api"}]
    assert {"/transactions", "/transactions/{transaction}/rerun", "/failures", "/channels", "/care-sheets"} <= set(
        said["paths"]
    )


class Assets(HTMLParser):
    """Everything a page would fetch, and its text."""

    def __init__(self) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        if tag in {"script", "img", "iframe"} or (tag == "link" and named.get("rel") == "stylesheet"):
            self.fetched.append(named.get("src") or named.get("href") or "")

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_of_the_description_needs_nothing_from_elsewhere(place: Place) -> None:
    answer = call(place, "GET", "/docs")
    assert answer.headers["Content-Type"].startswith("text/html")
    page = Assets()
    page.feed(answer.text)
    assert all(address.startswith("/static/") for address in page.fetched)
    for expected in ("GET /api/care-sheets", "POST /api/failures/rerun", "places", "list of string", "1 to 500"):
        assert expected in page.text


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (None, None),
        (datetime(1970, 1, 1, 0, 0, 1), 1_000_000),
        (datetime(1970, 1, 1, 1, 0, 0, 1, tzinfo=timezone(timedelta(hours=1))), 1),
        (datetime(2026, 3, 12, 10, 30, 0, 123457, tzinfo=UTC), 1_773_311_400_123_457),
    ],
)
def test_times_are_microseconds(at: datetime | None, expected: int | None) -> None:
    assert micros(at) == expected
