"""At three in the morning: what is wrong, and what to do, on the first page."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest

from channels.console import overview
from channels.console.overview import HEIGHT, WIDTH, spark
from channels.watch import metrics
from tests.console.place import NAME, Browser, Place, nameless, result
from tests.servers.redis import Redis


def row(page: str, channel: str) -> str:
    found = re.search(rf'<tr id="channel-{channel}">.*?</tr>', page, re.S)
    assert found
    return found[0]


def figures(text: str) -> list[str]:
    return re.findall(r'class="figure[^>]*>(?:<a[^>]*>)?([^<]*)<', text)


def test_a_calm_night(place: Place, admin: Browser) -> None:
    page = admin.get("/").text
    assert "Everything is flowing" in page
    assert all("silent" in row(page, channel.name) for channel in place.house.channels)
    assert page.count("not known") == 5


def test_each_channel_shows_its_rate_errors_and_last_message(place: Place, admin: Browser) -> None:
    place.send("lab-hl7v2", result("A"), result("B"), nameless("C"))
    page = admin.get("/").text
    lab = row(page, "lab-hl7v2")
    assert "active" in lab
    assert figures(lab) == ["3", "1", "1", "0"]
    assert "3 messages in the last hour" in lab
    assert "ago" in lab
    assert "1 message needs a person" in page
    assert "silent" in row(page, "fhir")


def test_a_stopped_line_stands_on_top_with_its_reason_and_the_button_that_starts_it(place: Place) -> None:
    admin = place.logged_in()
    place.desk.line.pause("lab-hl7v2", "wasl", "54 of the last 60 messages were refused")
    place.receive("lab-hl7v2", result("A"), result("B"))
    place.write_down()
    page = admin.get("/").text
    assert "est arrêtée" in page
    assert "54 of the last 60 messages were refused" in page
    assert figures(row(page, "lab-hl7v2"))[-1] == "2"
    answer = admin.submit("/console/channels/lab-hl7v2/resume", **{"from": "overview"})
    assert answer.headers["location"] == "/"
    assert place.desk.line.all() == []
    assert (NAME, "resume", "channel/lab-hl7v2") in place.audited()


def test_a_consumer_whose_other_side_is_down_is_told_in_plain_words(place: Place, admin: Browser) -> None:
    metrics.circuit.labels("smr").set(1)
    metrics.circuit.labels("payer").set(0)
    metrics.lag.labels("smr").set(1240)
    page = admin.get("/").text
    assert "Shared record: the other side does not answer" in page
    assert "Nothing is lost" in page
    assert "1,240 waiting" in page
    assert "Everything is flowing" not in page


def test_the_part_that_is_refreshed_is_the_page_without_its_frame(place: Place, admin: Browser) -> None:
    part = admin.get("/console/overview").text
    assert "<html" not in part
    assert row(part, "lab-hl7v2")


def test_many_browsers_share_one_look(place: Place, admin: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overview, "FRESH", 600.0)
    first = admin.get("/console/overview").text
    place.send("lab-hl7v2", result("A"))
    assert row(admin.get("/console/overview").text, "lab-hl7v2") == row(first, "lab-hl7v2")


def test_the_spark_line_stays_in_its_box() -> None:
    for points in ([], [0], [0, 0], [5, 0, 9], list(range(60))):
        for pair in spark(points).split():
            across, down = map(float, pair.split(","))
            assert 0 <= across <= WIDTH
            assert 0 <= down <= HEIGHT


def test_with_redis_the_last_minute_of_all_machines_is_shown_and_else_the_journals(
    redis_server: Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WASL_REDIS", redis_server.url)
    monkeypatch.setattr("channels.memory.PATIENCE", 10.0)
    monkeypatch.setattr(overview, "FRESH", 0.0)
    place = Place(tmp_path / "data")
    admin = place.logged_in(**{"Accept-Language": "en"})
    place.send("lab-hl7v2", result("A"), nameless("B"))
    assert figures(row(admin.get("/").text, "lab-hl7v2"))[0] == "2"
    now = [time.time() - 60]
    live = place.house.live
    assert live is not None
    live._clock = lambda: now[0]
    live.tell()
    now[0] += 60
    for channel in ("lab-hl7v2", "lab-hl7v2", "lab-hl7v2"):
        metrics.received.labels(channel, "AA").inc()
    live.tell()
    now[0] += 1
    lab = row(admin.get("/").text, "lab-hl7v2")
    assert figures(lab)[0] == "3"
    assert "0 read, 0 refused; 0 events landed" in lab
    place.close()


def test_files_of_channels_that_are_not_taken_are_told_with_their_mistake(
    place: Place, admin: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(overview, "FRESH", 0)
    mistake = "lab.yaml, line 3: listen: expected mllp"
    place.house.channels.tell("files", mistake)
    page = admin.get("/").text
    assert "The channels’ files have a mistake" in page
    assert mistake in page
    assert "Everything is flowing" not in page
    assert "Les fichiers des canaux ont une erreur" in place.logged_in(**{"Accept-Language": "fr"}).get("/").text
    place.house.channels.tell("files", "")
    assert "have a mistake" not in admin.get("/console/overview").text
