"""A channel as it is configured, what came through it, and the line that a person stops and starts."""

from __future__ import annotations

from tests.console.place import NAME, Browser, Place, nameless, result

PAGE = "/console/channels/lab-hl7v2"


def test_a_channel_shows_its_file_and_its_figures(place: Place, admin: Browser) -> None:
    place.send("lab-hl7v2", result("A"), nameless("B"))
    page = admin.get(PAGE).text
    assert "mediator: hl7v2" in page
    assert "View as table" in page
    assert '<td class="figure">2</td>' in page
    assert admin.get("/console/channels/nobody").status_code == 404


def test_the_series_of_the_chart_is_what_the_table_says(place: Place, admin: Browser) -> None:
    place.send("lab-hl7v2", result("A"), nameless("B"))
    drawn = admin.get("/console/series?channel=lab-hl7v2&hours=6").json()
    assert {len(points) for points in drawn.values()} == {361}
    assert (sum(drawn["received"]), sum(drawn["refused"])) == (2, 1)
    assert all(later - earlier == 60 for earlier, later in zip(drawn["at"], drawn["at"][1:], strict=False))
    assert len(admin.get("/console/series?hours=bogus").json()["at"]) == 61


def test_a_person_stops_and_starts_the_line_and_both_are_noted(place: Place, admin: Browser) -> None:
    answer = admin.submit(f"{PAGE}/pause", reason="the laboratory changes its <system>")
    assert answer.headers["location"] == PAGE
    page = admin.get(PAGE).text
    assert "The line is stopped" in page
    assert "changes its &lt;system&gt;" in page
    assert place.desk.line.all()[0].by == NAME
    admin.submit(f"{PAGE}/resume")
    assert "The line is stopped" not in admin.get(PAGE).text
    assert place.audited()[:2] == [(NAME, "resume", "channel/lab-hl7v2"), (NAME, "pause", "channel/lab-hl7v2")]


def test_the_line_is_not_stopped_by_a_forged_form(place: Place, admin: Browser) -> None:
    assert admin.post(f"{PAGE}/pause", {"reason": "x"}).status_code == 403
    assert admin.submit("/console/channels/nobody/pause", reason="x").status_code == 404
    assert place.desk.line.all() == []
