"""The directory changed over `/fhir` (ITI-130), and followed by others (ITI-91): who, when, and from which day on."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from channels.security.users import User
from registries.care.store import Care
from registries.facility import Facilities
from registries.health_worker import HealthWorkers
from registries.registry import Resolution
from schemas import facts
from tests.gateway.directory import FACILITY, INPE_ES, INPE_PS, Reader
from tests.home import Place, every_store, home
from tests.registries.care.lists import places
from tests.registries.people import about, organization, patient

__all__ = ["every_store", "home"]

KIND = {"coding": [{"system": FACILITY, "code": "facility"}]}


@pytest.fixture
def reader(home: Place) -> Reader:
    return Reader(home)


def body(id: str = "sunrise", inpe: str = "150000001", **more: Any) -> dict[str, Any]:
    numbers = [{"system": INPE_ES, "value": inpe}] if inpe else []
    made = {"resourceType": "Organization", "id": id, "name": "Clinique du Levant", "type": [KIND], "active": True}
    return made | {"identifier": numbers} | more


def place(name: str = "sunrise", owner: str = "sunrise", status: str = "active") -> dict[str, Any]:
    made = {"resourceType": "Location", "id": name, "status": status, "name": "Clinique du Levant", "type": [KIND]}
    return made | {"managingOrganization": {"reference": f"Organization/{owner}"}}


def entry(resource: dict[str, Any], method: str = "PUT", full: str = "", **said: str) -> dict[str, Any]:
    url = resource["resourceType"] if method == "POST" else f"{resource['resourceType']}/{resource['id']}"
    shown = {} if method == "DELETE" else {"resource": resource}
    return {**({"fullUrl": full} if full else {}), **shown, "request": {"method": method, "url": url, **said}}


def bundle(*entries: dict[str, Any], kind: str = "transaction") -> dict[str, Any]:
    return {"resourceType": "Bundle", "type": kind, "entry": list(entries)}


def verdict(reader: Reader, day: str, place: Any = None) -> Resolution:
    place = place or organization("150000001")
    event: Any = about(patient(), type="MedicationDispensed", pharmacy=place, dispensed=day)
    return Facilities(reader.engine).resolve([event], ["flag"])[0]


def test_what_was_put_is_read_searched_and_found_by_events(reader: Reader) -> None:
    answer = reader.ask("PUT", "Organization/sunrise", json=body(alias=["LEVANT"], contact=[{"name": {"text": "A."}}]))
    assert answer.status_code == 201
    assert answer.headers["Location"] == "http://wasl.test/fhir/Organization/sunrise/_history/1"
    assert reader.send("PUT", "Organization/sunrise", body(alias=["LEVANT"]))["meta"]["versionId"] == "2"
    assert reader.names("Organization", identifier="150000001") == ["Clinique du Levant"]
    for called in (organization("150000001"), organization(name="levant")):
        found = verdict(reader, "2020-01-01", called)
        assert (found.verdict, found.entry) == ("found", "sunrise")
    assert reader.learned[:2] == ["facility|150000001", "facility|levant"]
    assert ("feed", "Organization") in reader.audited


def test_a_repeat_changes_nothing_and_tells_those_who_wait_again(reader: Reader) -> None:
    reader.send("PUT", "Organization/sunrise", body(), 201)
    reader.learned.clear()
    assert reader.send("PUT", "Organization/sunrise", body())["meta"]["versionId"] == "1"
    assert reader.learned == ["facility|150000001"]


def test_closed_today_is_closed_from_today_and_known_as_open_before(reader: Reader) -> None:
    reader.send("POST", "", bundle(entry(body()), entry(place())))
    reader.day = "2026-12-01"
    reader.send("PUT", "Location/sunrise", place(status="inactive"))
    assert reader.get("Organization/sunrise")["active"] is False
    assert verdict(reader, "2026-12-01").flags == ["facility closed at the time"]
    assert verdict(reader, "2026-11-30").flags == []
    reader.day = "2026-12-15"
    assert reader.send("PUT", "Organization/sunrise", body())["active"] is True, "in use again"
    assert reader.get("Location/sunrise")["status"] == "active"
    days = {day: verdict(reader, day).flags for day in ("2026-11-30", "2026-12-10", "2026-12-15", "2027-05-01")}
    assert [day for day, flags in days.items() if flags] == ["2026-12-10"]


def test_suspended_and_taken_up_again(reader: Reader) -> None:
    reader.send("POST", "", bundle(entry(body()), entry(place())))
    reader.day = "2026-12-01"
    reader.send("PUT", "Location/sunrise", place(status="suspended"))
    assert reader.get("Organization/sunrise")["active"] is True
    assert verdict(reader, "2026-12-02").flags == ["facility suspended at the time"]
    reader.day = "2026-12-10"
    reader.send("PUT", "Location/sunrise", place())
    assert verdict(reader, "2026-12-05").flags == ["facility suspended at the time"]
    assert verdict(reader, "2026-12-10").flags == verdict(reader, "2026-11-30").flags == []


def test_what_was_known_when_is_still_known(reader: Reader) -> None:
    reader.send("PUT", "Organization/sunrise", body(name="Clinique du Couchant"), 201)
    care = Care(reader.engine)
    first = care.read("Organization", "sunrise")
    assert first is not None
    reader.user = User("brahim", "admin")
    reader.send("PUT", "Organization/sunrise", body())
    then = care.read("Organization", "sunrise", at=first.at)
    now = care.read("Organization", "sunrise")
    assert then is not None
    assert now is not None
    assert (then.resource["name"], then.by, then.why) == ("Clinique du Couchant", "amina", "mCSD feed")
    assert (now.resource["name"], now.by) == ("Clinique du Levant", "brahim")
    assert care.read("Organization", "sunrise", at=first.at - 1) is None


def test_a_transaction_is_all_or_nothing_and_joins_what_it_names(reader: Reader) -> None:
    new = {one: value for one, value in body().items() if one != "id"}
    there = place(owner="x") | {"managingOrganization": {"reference": "urn:uuid:1"}}
    del there["id"]
    answer = reader.send(
        "POST", "", bundle(entry(new, "POST", "urn:uuid:1"), entry(there, "POST", "urn:uuid:2"))
    )  # fmt: skip
    assert [one["response"]["status"] for one in answer["entry"]] == ["201", "201"]
    made = answer["entry"][0]["response"]["location"].split("/")[-3]
    assert reader.names("Location", organization=made) == ["Clinique du Levant"]
    twin = body("other")  # its INPE is taken
    refused = reader.send("POST", "", bundle(entry(place("third", "other")), entry(twin)), 409)
    assert refused["issue"][0]["code"] == "duplicate"
    reader.get("Location/third", 404)


def test_a_batch_takes_each_by_itself(reader: Reader) -> None:
    bad = {"resourceType": "Organization", "id": "empty"}
    answer = reader.send("POST", "", bundle(entry(body()), entry(bad), entry(body("twin")), kind="batch"))
    assert [one["response"]["status"] for one in answer["entry"]] == ["201", "422", "409"]
    assert "org-1" in answer["entry"][1]["response"]["outcome"]["issue"][0]["diagnostics"]


@pytest.mark.parametrize(
    ("method", "path", "content", "status"),
    [
        ("PUT", "Organization/other", body(), 400),
        ("PUT", "Organization/sunrise", body(active="perhaps"), 422),
        ("PUT", "Organization/sunrise", body(nonsense=1), 422),
        ("PUT", "Organization/sunrise", body(alias=[None]), 422),
        ("PUT", "Organization/a b", body(), 400),
        ("PUT", "Location/sunrise", body(), 400),
        ("DELETE", "Organization/nobody", None, 404),
        ("POST", "", {"resourceType": "Bundle", "type": "collection"}, 400),
        ("POST", "", bundle({"request": {"method": "PATCH", "url": "Organization/1"}}), 400),
        ("POST", "", bundle({"request": {"method": "PUT", "url": "Organization?identifier=1"}}), 400),
        ("POST", "", bundle(entry({"resourceType": "Patient", "id": "1"})), 404),
        ("POST", "", bundle(entry(body()), entry(body())), 400),
        ("POST", "", [], 400),
    ],
)
def test_what_cannot_be_taken_is_refused(reader: Reader, method: str, path: str, content: Any, status: int) -> None:
    assert reader.send(method, path, content, status)["resourceType"] == "OperationOutcome"
    reader.get("Organization/sunrise", 404)


def test_only_an_administrator_changes_the_directory(reader: Reader) -> None:
    reader.user = User("karim", "steward")
    for method, path, content in (("PUT", "Organization/sunrise", body()), ("POST", "", bundle(entry(body()))),
                                  ("DELETE", "Organization/ma-04", None)):  # fmt: skip
        reader.send(method, path, content, 403)
    reader.get("Organization/sunrise", 404)


def test_who_changes_another_version_than_stands_is_told(reader: Reader) -> None:
    reader.send("PUT", "Organization/sunrise", body(), 201)
    reader.send("PUT", "Organization/sunrise", body(name="One"), 200, If_Match='W/"1"')
    reader.send("PUT", "Organization/sunrise", body(name="Two"), 412, If_Match='W/"1"')
    reader.send("POST", "", bundle(entry(body(name="Two"), ifMatch='W/"1"')), 412)
    assert reader.get("Organization/sunrise")["name"] == "One"


def test_a_deletion_is_told_to_who_follows_and_events_find_it_no_more(reader: Reader) -> None:
    reader.send("PUT", "Organization/sunrise", body(), 201)
    reader.send("DELETE", "Organization/sunrise", None, 204)
    reader.get("Organization/sunrise", 410)
    assert reader.names("Organization", identifier="150000001") == []
    assert verdict(reader, "2026-01-01").verdict == "unknown"
    assert reader.get("Organization/sunrise/_history/1")["name"] == "Clinique du Levant"
    gone, made = reader.get("Organization/sunrise/_history")["entry"]
    assert (gone["request"]["method"], made["request"]["method"]) == ("DELETE", "PUT")
    assert "resource" not in gone
    newest = reader.get("Organization/_history", 200, _count="1")["entry"][0]
    assert newest["request"] == {"method": "DELETE", "url": "Organization/sunrise"}
    assert reader.send("PUT", "Organization/sunrise", body(), 201)["meta"]["versionId"] == "3"


def followed(reader: Reader, kind: str, since: str = "", count: int = 7) -> tuple[list[tuple[str, str]], str]:
    """Every version of a history, page by page; and what to ask next time."""
    path = f"{kind}/_history?_count={count}" + (f"&_since={since}" if since else "")
    seen: list[tuple[str, str]] = []
    newest = ""
    while path:
        bundle = reader.ask("GET", path).json()
        newest = newest or bundle.get("meta", {}).get("lastUpdated", since)
        seen += [(one["request"]["url"], one["response"]["etag"]) for one in bundle.get("entry", ())]
        address = next((one["url"] for one in bundle["link"] if one["relation"] == "next"), "")
        path = address.removeprefix("http://wasl.test/fhir/")
    return seen, newest


def test_whoever_follows_gets_every_change_once(reader: Reader) -> None:
    """Pages read while others write: together they hold every version, none of them twice."""
    reader.get("Organization")
    before, since = followed(reader, "Organization")
    assert len(before) == len(set(before)) == 99

    def write(who: int) -> None:
        for number in range(12):
            named = f"{who}-{number % 6}"
            places(reader.engine, f"{150_000_000 + 10 * who + number % 6};Lieu {named} {number};HPS;;;;;;;;;;;")

    writers = [threading.Thread(target=write, args=(who,)) for who in range(3)]
    for writer in writers:
        writer.start()
    seen: list[tuple[str, str]] = []
    while any(writer.is_alive() for writer in writers) or not seen:
        found, after = followed(reader, "Organization", since, count=2)
        assert len(found) == len(set(found))
        seen += found
        since = after
    for writer in writers:
        writer.join()
    found, _ = followed(reader, "Organization", since)
    every, _ = followed(reader, "Organization")
    assert {*seen, *found, *before} == set(every)
    assert len(every) == len(set(every)) == 99 + 36


def test_a_later_page_does_not_say_that_what_came_meanwhile_was_told(reader: Reader) -> None:
    reader.get("Organization")
    first = reader.get("Organization/_history", _count="50")
    for number in ("150000001", "150000002"):
        places(reader.engine, f"{number};Clinique du Levant;;;;;;;;;;;;")
    (following,) = (one["url"] for one in first["link"] if one["relation"] == "next")
    second = reader.ask("GET", following.removeprefix("http://wasl.test/fhir/")).json()
    told, _ = followed(reader, "Organization", second["meta"]["lastUpdated"])
    assert f"Organization/{facts.name('facility', '150000001')}" in {url for url, _ in told}


def test_a_new_day_ends_what_ended_and_tells_it(reader: Reader) -> None:
    places(reader.engine, "150000001;Clinique;CLINIQUE;;;;2020-01-01/2026-11-30;;;;;;dialyse;")
    reader.get("Location")
    _, since = followed(reader, "Location")
    reader.day = "2026-12-01"
    (name,) = (one["resource"]["id"] for one in reader.get("Location", 200, status="inactive")["entry"])
    told, _ = followed(reader, "Location", since)
    assert (f"Location/{name}", 'W/"2"') in told
    assert reader.names("HealthcareService", active="false") == ["dialyse"]
    kept = Care(reader.engine).read("Location", name)
    assert kept is not None
    assert (kept.by, kept.why) == ("wasl", "a day began")


def test_a_health_worker_and_a_role_come_by_fhir_too(reader: Reader) -> None:
    who = {
        "resourceType": "Practitioner",
        "id": "hind",
        "active": True,
        "identifier": [{"system": INPE_PS, "value": "121000011"}, {"system": "urn:id:CHU", "value": "M7"}],
        "name": [{"family": "TAZROUT", "given": ["Hind"]}],
    }
    role = {
        "resourceType": "PractitionerRole",
        "id": "hind-1",
        "practitioner": {"reference": "Practitioner/hind"},
        "organization": {"reference": "Organization/sunrise"},
        "code": [{"text": "praticien"}],
    }
    reader.send("POST", "", bundle(entry(body()), entry(who), entry(role)))
    local: Any = {"identifiers": [{"system": "urn:id:CHU", "value": "M7"}]}
    event = about(patient(), type="MedicationPrescribed", prescriber=local, prescribed="2026-12-05")
    found = HealthWorkers(reader.engine).resolve([event], ["flag"])[0]
    assert (found.entry, found.flags) == ("hind", [])
    reader.day = "2026-12-01"
    reader.send("PUT", "Practitioner/hind", who | {"active": False})
    assert HealthWorkers(reader.engine).resolve([event], ["flag"])[0].flags == ["health worker closed at the time"]
    assert reader.names("PractitionerRole", **{"organization.identifier": "150000001"}) == ["praticien"]
