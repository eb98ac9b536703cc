"""The stewards' queue over the API."""

from __future__ import annotations

import base64
from pathlib import Path

import httpx
import pytest

from channels.identities import Identities
from tests.console.identities import doubtful
from tests.console.place import ADDRESS, NAME, PASSWORD, Place, ran

BASIC = "Basic " + base64.b64encode(f"{NAME}:{PASSWORD}".encode()).decode()


@pytest.fixture
def place(tmp_path: Path) -> Place:
    place = Place(tmp_path)
    doubtful(place)
    return place


def ask(place: Place, method: str, path: str, said: object = None) -> httpx.Response:
    async def asked() -> httpx.Response:
        transport = httpx.ASGITransport(place.app)
        async with httpx.AsyncClient(transport=transport, base_url=ADDRESS) as client:
            return await client.request(method, path, json=said, headers={"Authorization": BASIC})

    return ran(asked())


def test_the_queue_is_read_page_by_page_without_patient_data(place: Place) -> None:
    first = ask(place, "GET", "/api/reviews?limit=1&order=likeliest").json()
    second = ask(place, "GET", f"/api/reviews?limit=1&order=likeliest&cursor={first['next']}").json()
    assert first["items"][0]["score"] >= second["items"][0]["score"]
    assert second["next"] is None
    assert first["items"][0]["reason"] == "possible-match"
    assert "BENNANI" not in str([first, second])
    assert ask(place, "GET", "/api/reviews?reason=claimed-twice").json() == {"items": [], "next": None}


def test_an_answer_is_made_once_and_audited(place: Place) -> None:
    one, other = (item["id"] for item in ask(place, "GET", "/api/reviews").json()["items"])
    links = Identities.of(place.house).links
    said = ask(place, "POST", f"/api/reviews/{one}/accept", {"why": "both cards seen"}).json()
    assert (said["decision"], said["decided_by"]) == ("accepted", NAME)
    assert said["entry"] > 0
    assert said["other"] in links.following(said["person"])
    assert ask(place, "POST", f"/api/reviews/{one}/accept", {"why": "again"}).json()["entry"] == 0
    assert ask(place, "POST", f"/api/reviews/{one}/reject", {"why": "no"}).status_code == 409
    said = ask(place, "POST", f"/api/reviews/{other}/reject", {"why": "two cards"}).json()
    assert said["other"] in links.kept_apart(said["person"])
    assert (NAME, "accept", f"Review/{one}") in place.audited()


def test_an_answer_needs_a_reason_and_a_review(place: Place) -> None:
    (one, *_) = (item["id"] for item in ask(place, "GET", "/api/reviews").json()["items"])
    assert ask(place, "POST", f"/api/reviews/{one}/accept", {"why": ""}).status_code == 422
    assert ask(place, "POST", "/api/reviews/nothing/accept", {"why": "seen"}).status_code == 404


def test_the_reviews_stand_in_the_description(place: Place) -> None:
    paths = ask(place, "GET", "/api/openapi.json").json()["paths"]
    assert {"/reviews", "/reviews/{review}/accept", "/reviews/{review}/reject"} <= paths.keys()
