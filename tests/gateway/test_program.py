"""The whole HTTP side: formats in their own terms, what stands open, and what is said when something fails."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy.exc import OperationalError

from channels.security import passwords
from tests.console.place import NAME, PASSWORD, SALES, Place, nameless, result
from tests.gateway.asking import ask

HL7 = {"Content-Type": "x-application/hl7-v2+er7"}
NUMBER = "900000017"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    before, passwords.COST = passwords.COST, 4
    place = Place(tmp_path_factory.mktemp("house"))
    yield place
    place.close()
    passwords.COST = before


@pytest.fixture(scope="module")
def sender(place: Place) -> tuple[str, str]:
    return "lis", place.house.clients.add("lis", [channel.name for channel in place.house.channels])


def post(place: Place, sender: Any, name: str, body: bytes, headers: dict[str, str] = HL7) -> httpx.Response:
    return ask(place.app, "POST", name, content=body, auth=sender, headers=headers)


def admin(place: Place, path: str, method: str = "GET", **more: Any) -> httpx.Response:
    return ask(place.app, method, path, auth=(NAME, PASSWORD), **more)


def test_hl7_is_answered_in_hl7(place: Place, sender: Any) -> None:
    taken = post(place, sender, "/channels/lab-hl7v2", result("H1"))
    assert (taken.status_code, taken.headers["Content-Type"]) == (200, "x-application/hl7-v2+er7")
    assert "\rMSA|AA|H1\r" in taken.text
    refused = post(place, sender, "/channels/lab-hl7v2", nameless("H2"))
    assert refused.status_code == 422
    assert "\rMSA|AE|H2\r" in refused.text
    assert "|PID^1^3|101^" in refused.text


def test_messages_of_another_kind_do_not_stop_those_of_the_channel(place: Place, sender: Any) -> None:
    stay = result("H4").replace(b"ORU^R01^ORU_R01", b"ADT^A08^ADT_A01")
    answer = post(place, sender, "/channels/lab-hl7v2", result("H3") + stay + result("H5", ipp="B-1"))
    verdicts = [line[:9] for line in answer.text.split("\r") if line.startswith("MSA")]
    assert (answer.status_code, verdicts) == (200, ["MSA|AA|H3", "MSA|AR|H4", "MSA|AA|H5"])
    assert "|MSH^1^9|200^Unsupported message type^" in answer.text
    assert len(answer.headers["X-Wasl-Transaction"].split(",")) == 3


def test_rows_are_answered_row_by_row(place: Place, sender: Any) -> None:
    answer = post(place, sender, "/channels/pharmacy-csv", SALES, {"Content-Type": "text/csv"})
    said = answer.json()
    assert (answer.status_code, said["accepted"]) == (200, 1)
    assert [(issue["line"], issue["column"]) for issue in said["issues"]] == [(3, "quantite")]
    assert post(place, sender, "/channels/pharmacy-csv", b"", {"Content-Type": "text/csv"}).status_code == 422


@pytest.mark.parametrize("path", ["/fhir", "/fhir/", "/channels/fhir"])
def test_bundles_are_answered_with_an_outcome(place: Place, sender: Any, path: str) -> None:
    answer = post(place, sender, path, b'{"resourceType": "Bundle"', {"Content-Type": "application/fhir+json"})
    assert answer.status_code in {400, 422}
    assert answer.json()["resourceType"] == "OperationOutcome"
    assert post(place, None, path, b"{}", {"Content-Type": "application/fhir+json"}).status_code == 401


def test_the_administrator_is_no_sender_and_a_sender_no_reader(place: Place, sender: Any) -> None:
    assert post(place, (NAME, PASSWORD), "/channels/lab-hl7v2", result()).status_code == 401
    assert ask(place.app, "GET", "/api/channels", auth=sender).status_code == 401


def test_a_bundle_of_the_administrator_changes_the_directory_and_that_of_a_sender_is_a_message(
    place: Place, sender: Any
) -> None:
    clinic = {"resourceType": "Organization", "id": "sunrise", "name": "Clinique du Levant"}
    entry = {"resource": clinic, "request": {"method": "PUT", "url": "Organization/sunrise"}}
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": [entry]}
    assert "X-Wasl-Transaction" in ask(place.app, "POST", "/fhir", json=bundle, auth=sender).headers
    assert admin(place, "/fhir/Organization/sunrise").status_code == 404
    assert ask(place.app, "POST", "/fhir", json=bundle, auth=(NAME, "wrong")).status_code == 401
    done = admin(place, "/fhir", "POST", json=bundle)
    assert [one["response"]["status"] for one in done.json()["entry"]] == ["201"]
    assert admin(place, "/fhir/Organization/sunrise").json()["name"] == "Clinique du Levant"
    last = next(one for one in place.house.audit.entries() if one["action"] == "feed")
    assert (last["actor"], last["target"]) == (NAME, "Organization")
    assert ask(place.app, "PUT", "/fhir/Organization/sunrise", json=clinic).status_code == 401


def test_a_method_that_fhir_does_not_take_is_told_as_an_outcome(place: Place) -> None:
    told = admin(place, "/fhir/Patient/$match", "PUT", json={})
    assert (told.status_code, told.headers["Content-Type"]) == (405, "application/fhir+json")
    assert told.headers["Allow"] == "POST"
    (issue,) = told.json()["issue"]
    assert (issue["code"], issue["diagnostics"]) == ("not-supported", "PUT is not taken at this address; it takes POST")
    assert admin(place, "/metrics", "PUT").headers["Content-Type"].startswith("text/plain")


@pytest.mark.parametrize(
    ("method", "path", "takes"),
    [
        ("POST", "/fhir/Patient", "GET, HEAD, PUT"),
        ("PATCH", "/fhir/Patient", "GET, HEAD, PUT"),
        ("PUT", "/fhir/Patient/7", "GET, HEAD"),
        ("PATCH", "/fhir/Patient/7", "GET, HEAD"),
    ],
)
def test_whoever_writes_a_patient_as_nobody_may_is_told_how_it_is_done(
    place: Place, sender: Any, method: str, path: str, takes: str
) -> None:
    for who in (sender, (NAME, PASSWORD), None):
        told = ask(place.app, method, path, json={"resourceType": "Patient"}, **({"auth": who} if who else {}))
        assert (told.status_code, told.headers["Allow"]) == (405, takes)
        assert told.headers["Content-Type"] == "application/fhir+json"
        (issue,) = told.json()["issue"]
        assert (issue["severity"], issue["code"]) == ("error", "not-supported")
        assert "PUT Patient?identifier=system|value" in issue["diagnostics"]


def test_whoever_removes_a_patient_is_told_that_nobody_may(place: Place, sender: Any) -> None:
    for path in ("/fhir/Patient?identifier=urn:id:CHU|7", "/fhir/Patient/7"):
        told = ask(place.app, "DELETE", path, auth=sender)
        assert (told.status_code, "DELETE" in told.headers["Allow"]) == (405, False)
        assert "replaced-by" in told.json()["issue"][0]["diagnostics"]


def test_a_sender_who_reads_over_fhir_is_told_in_its_terms_that_senders_do_not(place: Place, sender: Any) -> None:
    told = ask(place.app, "GET", "/fhir/Patient", auth=sender)
    assert (told.status_code, told.headers["WWW-Authenticate"]) == (401, 'Basic realm="Wasl"')
    assert (told.json()["resourceType"], told.json()["issue"][0]["code"]) == ("OperationOutcome", "login")
    assert "client that sends" in told.json()["issue"][0]["diagnostics"]


@pytest.mark.parametrize(
    "path",
    ["/", "/api", "/api/", "/api/docs", "/api/openapi.json", "/api/transactions", "//api/transactions", "/API/channels",
     "/fhir/Patient", "/fhir/metadata", "/transactions", "/healthz/../api/channels", "/metricsfoo", "/login/x"],
)  # fmt: skip
def test_nothing_is_shown_to_a_stranger(place: Place, path: str) -> None:
    answer = ask(place.app, "GET", f"http://wasl.test{path}")
    assert answer.status_code in {303, 401}, answer.text


@pytest.mark.parametrize(
    "path",
    ["/channels/../api/transactions", "/channels/%2e%2e/api/transactions", "/static/../api/transactions",
     "/static/..%2f..%2fsite.py", "/channels/x/../../api/channels"],
)  # fmt: skip
def test_a_path_that_begins_open_leads_nowhere_else(place: Place, path: str) -> None:
    scope = httpx.URL("http://wasl.test", raw_path=path.encode())
    answer = ask(place.app, "GET", str(scope))
    assert answer.status_code in {303, 401, 404, 405}
    assert "items" not in answer.text


def test_health_is_open_to_all(place: Place) -> None:
    for path in ("/healthz", "/readyz", "/metrics"):
        assert ask(place.app, "GET", path).status_code == 200


@pytest.mark.parametrize("path", ["/login", "/api/failures/rerun"])
def test_other_bodies_are_short(place: Place, path: str) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    long = b"name=" + b"x" * (1024 * 1024)
    answer = admin(place, path, "POST", content=long, headers=form)
    assert answer.status_code >= 400
    assert len(answer.content) < 100_000


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (KeyError(f"BENNANI {NUMBER}"), 500),
        (OperationalError("SELECT", {"value": NUMBER}, Exception("disk I/O error"), hide_parameters=True), 503),
    ],
)
@pytest.mark.parametrize("path", ["/api/failures", f"/api/care-sheets?person=x|{NUMBER}", "/fhir/Patient?_id=1"])
def test_a_fault_of_ours_says_nothing_of_anybody(
    place: Place, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, error: Exception, status: int,
    path: str,
) -> None:  # fmt: skip
    def fail(*_: object, **__: object) -> Any:
        raise error

    monkeypatch.setattr("channels.journal.failures.groups", fail)
    monkeypatch.setattr("channels.gateway.app.care_sheets", fail)
    monkeypatch.setattr("channels.consumers.reading.Reading.of", fail)
    with caplog.at_level(logging.DEBUG):
        answer = admin(place, path)
    assert (answer.status_code, set(answer.json())) == (status, {"error", "remedy"})
    logged = "\n".join(record.getMessage() for record in caplog.records if record.name != "httpx")
    assert type(error).__name__ in logged
    for said in (answer.text, logged):
        assert NUMBER not in said
        assert "BENNANI" not in said
        assert "SELECT" not in said


def test_a_fault_while_asking_who_is_there_is_contained_too(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> Any:
        raise OperationalError("SELECT", {}, Exception("unable to open database file"), hide_parameters=True)

    monkeypatch.setattr(place.house.users, "recent", lambda *_: None)
    monkeypatch.setattr(place.house.users, "verify", fail)
    answer = admin(place, "/api/channels")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")


def test_the_journal_holds_what_came_by_every_way(place: Place, tmp_path: Path) -> None:
    place.flow()
    items = admin(place, "/api/transactions").json()["items"]
    assert {one["channel"] for one in items} == {"lab-hl7v2", "pharmacy-csv", "fhir"}
    unfit = next(one for one in items if one["control_id"] == "H4")
    assert (unfit["status"], unfit["reason"]) == ("refused", "MSH-9: not for this channel")


def test_a_type_that_is_not_served_is_told_every_type_that_is(place: Place) -> None:
    told = admin(place, "/fhir/Nothing").json()["issue"][0]["diagnostics"]
    served = {one["type"] for one in admin(place, "/fhir/metadata").json()["rest"][0]["resource"]}
    assert {"HealthcareService", "Organization", "Patient", "Subscription"} <= served
    assert set(told.rpartition(": ")[2].split(", ")) == served
