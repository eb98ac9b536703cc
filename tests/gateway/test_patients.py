"""`/fhir/Patient` by demographics and by id (IHE PDQm ITI-78): one Patient a person, whoever told of it."""

from __future__ import annotations

from threading import Timer
from typing import Any

import pytest

from channels.consumers.smr import said
from channels.gateway import patients
from registries.client import search
from registries.client.bearers import bearer
from tests.gateway.clients import CIN, IDCS, LAB, OWN, WARD, Reader, lab, numbers, ward
from tests.home import Place, every_store, home
from tests.registries.people import about, patient

__all__ = ["every_store", "home"]

NUMBER = "2345678906"
RIM: Any = {
    **patient(ipp="7", cin="AB1234", family="El Alaoui", given="Rim", birth="1984-02-29", sex="female"),
    "telecoms": [{"system": "phone", "value": "+212611223344"}, {"system": "email", "value": "rim@a.example"}],
    "addresses": [{"lines": ["12 rue des Orangers"], "city": "Salé", "postal_code": "11000", "country": "MA"}],
    "mother_name": {"family": "Tazi", "given": ["Aïcha"]},
}
DRISS = patient(ipp="8", family="Bennis", given="Driss", birth="1990-05", sex="male")


def rim_with(**more: Any) -> Any:
    return RIM | more


@pytest.fixture
def reader(home: Place) -> Reader:
    return Reader(home)


@pytest.mark.parametrize(
    "asked",
    [
        {"family": "el al"},
        {"family": "ELALAOUI"},
        {"family__exact": "El Alaoui"},
        {"family__contains": "lao"},
        {"given": "rim"},
        {"name": "rim"},
        {"birthdate": "1984-02-29"},
        {"birthdate": "1984"},
        {"birthdate": "lt1990"},
        {"birthdate": ["ge1984-02", "le1984-03"]},
        {"gender": "female"},
        {"telecom": "0611223344"},
        {"telecom": "phone|+212 611 22 33 44"},
        {"telecom": "email|RIM@a.example"},
        {"phone": "00212611223344"},
        {"email": "rim@a.example"},
        {"address": "sale"},
        {"address_in_city": "Sal"},
        {"address_in_postalcode": "110"},
        {"address_in_country": "MA", "family": "el"},
        {"address__contains": "oranger"},
        {"mothersMaidenName": "aicha tazi"},
        {"identifier": f"{WARD}|7"},
        {"identifier": "urn:oid:2.25.901|7"},
        {"identifier": "7"},
        {"identifier": f"{WARD}|99,{CIN}|ab 1234"},
        {"identifier": [f"{WARD}|7", f"{CIN}|AB1234"], "family": "el alaoui"},
        {"family": "nobody,el alaoui", "gender": "female"},
        {"active": "true", "family": "el alaoui", "birthdate": "1984"},
    ],
)
def test_each_parameter_finds_whom_it_fits(reader: Reader, asked: dict[str, Any]) -> None:
    rim = reader.register(RIM)
    reader.register(DRISS)
    assert reader.found(**asked) == [rim]
    assert reader.audited == [("search", f"Patient/{rim}")]


@pytest.mark.parametrize(
    "asked",
    [
        {"family": "alaoui"},
        {"family__exact": "el alaoui"},
        {"birthdate": "1984-02-28"},
        {"gender": "male", "family": "el"},
        {"identifier": f"{WARD}|70"},
        {"identifier": f"{CIN}|7"},
        {"identifier": "|7"},
        {"identifier": "urn:nobody:knows|7"},
        {"identifier": [f"{WARD}|7", f"{WARD}|8"]},
        {"identifier": f"{WARD}|7", "family": "Bennis"},
        {"active": "false"},
        {"_id": "nobody"},
    ],
)
def test_no_hits_are_a_total_of_none(reader: Reader, asked: dict[str, Any]) -> None:
    reader.register(RIM)
    reader.register(DRISS)
    assert reader.found(**asked) == []
    assert reader.audited == [("search", "Patient")]


@pytest.mark.parametrize(
    ("asked", "status", "why"),
    [
        ({"identifier": "urn:nobody:knows|"}, 404, "nobody knows this domain"),
        ({"_format": "text/turtle", "family": "a"}, 406, "_format"),
        ({"shoe": "42"}, 400, "no search parameter shoe here"),
        ({"shoe-size:exact": "42"}, 400, "no search parameter shoe-size here"),
        ({"woman 1984": "42"}, 400, "no such search parameter here"),
        ({"family": "el", "_after": "garbage"}, 400, "_after"),
        ({"family": "el", "_after": "~"}, 400, "_after"),
        ({"_after": "garbage"}, 400, "_after"),
        ({"gender:not": "male"}, 400, "no such modifier"),
        ({"gender": "woman"}, 400, "expected one of"),
        ({"birthdate": "eq84"}, 400, "birthdate"),
        ({"family": ""}, 400, "expected 1 to"),
        ({"_id": "a b"}, 400, "_id"),
        ({"identifier": "a|b|c"}, 400, "identifier"),
    ],
)
def test_what_cannot_be_asked_is_refused_without_repeating_it(
    reader: Reader, asked: dict[str, str], status: int, why: str
) -> None:
    reader.register(RIM)
    outcome = reader.get("Patient", status, **asked)
    assert outcome["resourceType"] == "OperationOutcome"
    assert why in outcome["issue"][0]["diagnostics"]
    assert "woman" not in outcome["issue"][0]["diagnostics"]


def test_a_form_finds_the_same_and_the_self_link_tells_what_was_honoured(reader: Reader) -> None:
    rim = reader.register(RIM)
    bundle = reader.told("POST", "Patient/_search", data={"family": "el", "gender": "female"})
    assert [entry["resource"]["id"] for entry in bundle["entry"]] == [rim]
    assert bundle["link"] == [{"relation": "self", "url": "http://wasl.test/fhir/Patient?family=el&gender=female"}]


def test_linked_identities_are_one_patient_with_every_number(reader: Reader) -> None:
    reader.register(patient(lab("3"), ipp="6", family="Alami", given="Rime"))
    rim = reader.register(RIM, lands=True)
    reader.merge(patient(ipp="6"), patient(ipp="7"))
    for asked in ({"identifier": f"{WARD}|6"}, {"identifier": f"{LAB}|3"}, {"family": "alami"}, {"_id": rim}):
        assert reader.found(**asked) == [rim]
    (entry,) = reader.get("Patient", identifier=f"{WARD}|6", family="el alaoui")["entry"]
    assert numbers(entry["resource"]) == {(WARD, "6"), (WARD, "7"), (CIN, "AB1234"), (LAB, "3")}
    assert entry["resource"]["name"][0]["family"] == "El Alaoui"
    assert entry["search"] == {"mode": "match"}


def test_domains_that_are_asked_for_strip_all_other_numbers(reader: Reader) -> None:
    rim = reader.register(rim_with(identifiers=[*RIM["identifiers"], lab("3")]))
    driss = reader.register(DRISS)

    def shown(*domains: str, **asked: str) -> dict[str, set[tuple[str, str]]]:
        bundle = reader.get("Patient", identifier=",".join(f"{one}|" for one in domains), **asked)
        assert bundle["total"] == len(bundle.get("entry", ()))
        return {entry["resource"]["id"]: numbers(entry["resource"]) for entry in bundle.get("entry", ())}

    assert shown(LAB) == {rim: {(LAB, "3")}}
    assert shown(LAB, CIN, family="el") == {rim: {(LAB, "3"), (CIN, "AB1234")}}
    assert shown(WARD) == {rim: {(WARD, "7")}, driss: {(WARD, "8")}}
    assert shown(OWN, family="bennis") == {driss: {(OWN, driss)}}
    assert shown(IDCS) == shown(LAB, family="bennis") == {}
    assert reader.found(identifier=f"{OWN}|{driss}") == [driss]


def test_pages_follow_each_other_and_are_counted(reader: Reader) -> None:
    registered = sorted(reader.register(patient(ipp=f"1{one}", family="Kadiri", given=f"X{one}")) for one in range(5))
    seen: list[str] = []
    query: dict[str, str] = {"family": "kadiri", "_count": "2"}
    for left in (5, 3, 1):
        bundle = reader.get("Patient", **query)
        assert bundle["total"] == 5
        seen += [entry["resource"]["id"] for entry in bundle["entry"]]
        assert ("next" in {link["relation"] for link in bundle["link"]}) == (left > 2)
        query["_after"] = seen[-1]
    assert seen == registered
    assert reader.get("Patient", family="kadiri", _count="0")["total"] == 5


def test_what_half_the_country_fits_is_refused(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patients, "MOST", 1)
    reader.register(RIM)
    reader.register(DRISS)
    assert "ask for more" in reader.get("Patient", 400, birthdate="gt1900")["issue"][0]["diagnostics"]


def test_while_the_search_is_being_filled_the_asker_is_told_to_come_again(
    reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "PATIENCE", -1.0)
    monkeypatch.setattr(search, "AT_ONCE", 1)
    reader.register(RIM)
    answer = reader.ask("GET", "Patient", params={"family": "el"})
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert answer.json()["issue"][0]["code"] == "transient"


def test_who_only_the_record_knows_is_found_there(reader: Reader) -> None:
    reader.record.write([said(about(RIM, type="PatientRegistered", person="old-1", fact="f"))])
    assert reader.found(identifier=f"{WARD}|7") == reader.found(family="el", gender="female") == ["old-1"]
    assert reader.found(_id="old-1") == ["old-1"]
    assert reader.get("Patient/old-1")["id"] == "old-1"


def test_who_only_the_registry_knows_is_told_as_believed(reader: Reader) -> None:
    rim = reader.register(RIM)
    shown = reader.get(f"Patient/{rim}")
    assert (shown["birthDate"], shown["gender"]) == ("1984-02-29", "female")
    assert shown["name"] == [{"family": "El Alaoui", "given": ["Rim"]}]
    assert numbers(shown) == {(WARD, "7"), (CIN, "AB1234")}
    every = reader.get(f"Patient/{rim}/$everything")
    assert [entry["resource"]["id"] for entry in every["entry"]] == [rim]
    assert reader.audited == [("read", f"Patient/{rim}"), ("everything", f"Patient/{rim}")]
    assert reader.get("Patient/nobody", 404)["issue"][0]["code"] == "not-found"


def test_what_landed_stays_beside_what_is_believed(reader: Reader) -> None:
    rim = reader.register(rim_with(religion={"text": "x"}), lands=True)
    reader.register(rim_with(names=[{"family": "El Alaoui", "given": ["Rim", "Sara"]}]), version=2)
    (entry,) = reader.get("Patient", identifier=f"{WARD}|7")["entry"]
    assert entry["resource"]["name"][0]["given"] == ["Rim", "Sara"]
    assert any("religion" in one["url"] for one in entry["resource"]["extension"])
    assert entry["fullUrl"] == f"http://wasl.test/fhir/Patient/{rim}"


@pytest.mark.parametrize("lands", [True, False])
def test_a_merged_identity_leads_to_the_survivor(reader: Reader, lands: bool) -> None:
    prior = reader.register(DRISS, lands=lands)
    rim = reader.register(RIM, lands=lands)
    reader.merge(patient(ipp="8"), patient(ipp="7"), lands=lands)
    answer = reader.ask("GET", f"Patient/{prior}")
    assert answer.json()["id"] == rim
    assert answer.headers["Content-Location"].endswith(f"/Patient/{rim}")
    assert reader.audited[-1] == ("read", f"Patient/{rim}")


@pytest.mark.parametrize("lands", [True, False])
def test_a_merged_identity_is_inactive_where_that_is_wanted(home: Place, lands: bool) -> None:
    reader = Reader(home, merged="inactive")
    prior = reader.register(DRISS, lands=lands)
    rim = reader.register(RIM, lands=lands)
    reader.merge(patient(ipp="8"), patient(ipp="7"), lands=lands)
    shown = reader.get(f"Patient/{prior}")
    assert (shown["id"], shown["active"]) == (prior, False)
    assert shown["link"] == [{"other": {"reference": f"Patient/{rim}"}, "type": "replaced-by"}]
    assert reader.found(identifier=f"{WARD}|8") == [rim]


@pytest.mark.parametrize("lands", [True, False])
@pytest.mark.parametrize("option", ["survivor", "inactive"])
def test_every_question_names_the_same_person_of_identities_that_the_rules_joined(
    home: Place, option: patients.Merged, lands: bool
) -> None:
    reader, told = Reader(home, option), {"family": "Belhouari", "given": "Rimane", "birth": "1984-02-29"}
    identities = {
        reader.register(patient(number, **told), lands=lands, sender=number["system"])
        for number in (lab("3"), ward("7"))
    }
    assert len(identities) == 2
    person = min(identities)
    for one in identities:
        answer = reader.ask("GET", f"Patient/{one}")
        assert (answer.status_code, answer.json()["id"]) == (200, person)
        assert answer.headers["Content-Location"].endswith(f"/Patient/{person}")
        assert numbers(answer.json()) == {(LAB, "3"), (WARD, "7")}
        assert "active" not in answer.json()
        assert reader.found(_id=one) == [person]
    for number in (f"{LAB}|3", f"{WARD}|7"):
        assert bearer(reader.reads.portraits.records, reader.links, *number.split("|")) == person  # Location of a feed
        assert reader.found(identifier=number) == [person]
        crossed = reader.get("Patient/$ihe-pix", sourceIdentifier=number)["parameter"]
        assert crossed[-1] == {"name": "targetId", "valueReference": {"reference": f"Patient/{person}"}}
    asked = {"resourceType": "Patient", "identifier": [{"system": WARD, "value": "7"}]}
    assert [one["resource"]["id"] for one in reader.told("POST", "Patient/$match", json=asked)["entry"]] == [person]


def test_a_merged_identity_leads_to_the_person_that_the_rules_joined_its_survivor_with(reader: Reader) -> None:
    prior = reader.register(DRISS)
    joined = {
        reader.register(patient(number, family="Belhouari", given="Rimane", birth="1984-02-29"), sender=number["value"])
        for number in (lab("3"), ward("7"))
    }
    reader.merge(patient(ipp="8"), patient(ipp="7"))
    assert reader.get(f"Patient/{prior}")["id"] == reader.found(_id=prior)[0] == min(joined)


def test_the_statement_tells_what_is_served(reader: Reader) -> None:
    served = {one["type"]: one for one in reader.get("metadata")["rest"][0]["resource"]}["Patient"]
    assert {one["name"] for one in served["operation"]} == {"everything", "ihe-pix", "match"}
    told = {one["name"]: one["type"] for one in served["searchParam"]}
    assert told["mothersMaidenName"] == told["address-city"] == "string"
    assert told["birthdate"] == "date"
    for name in told:
        assert reader.ask("GET", "Patient", params={name: "male" if name == "gender" else "1984"}).status_code in (
            200,
            400,
        )


def test_whom_the_registry_met_a_moment_ago_is_shown_when_the_record_has_them(home: Place) -> None:
    reader = Reader(home)
    waiting = patients.Patients(*[getattr(reader.reads, name) for name in ("people", "portraits", "record", "audit")])
    assert waiting.lands
    event: Any = about(RIM, type="PatientRegistered")
    rim = reader.registry.answer(event).entry
    Timer(0.2, lambda: reader.record.write([said(event)])).start()
    assert waiting.portraits.young({rim}, 60) == {rim}
    waiting._await({rim})
    assert waiting.portraits.young({rim}, 60) == set()
