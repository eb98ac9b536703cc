"""The OpenHIE client registry tests for FHIR feeds (CR-FHIR-01 to 05, 08, 09), from their descriptions, against the
program. `north` and `south` are two hospitals, each with a domain of its own."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from channels.settings import default_config
from schemas.fhir.reading_xml import of_xml
from schemas.fhir.writing_xml import to_xml
from tests.e2e.program import PASSWORD, Program, until
from tests.endpoint import Endpoint
from tests.surroundings import Servers

NORTH, SOUTH = "https://north.example/ipp", "https://south.example/ipp"
IDCS = "https://hie.sante.gov.ma/id/idcs"
DOMAINS = f"""
north: {{names: NORTH, oid: 2.25.901, uri: "{NORTH}", senders: north}}
south: {{names: SOUTH, oid: 2.25.902, uri: "{SOUTH}", senders: south}}
"""
FHIR_JSON = {"Content-Type": "application/fhir+json"}


class Hospital:
    """A client that feeds Patients."""

    def __init__(self, program: Program, name: str) -> None:
        self.program, self.system = program, {"north": NORTH, "south": SOUTH}[name]
        self.client = program.client(name, "client-registry-fhir")

    def send(self, method: str, path: str, content: Any = None, **query: str) -> httpx.Response:
        address = f"http://127.0.0.1:{self.program.http_port}/fhir/{path}"
        asked: dict[str, Any] = {"params": query, "json": content, "headers": FHIR_JSON, "auth": self.client}
        return httpx.request(method, address, **asked, timeout=60, trust_env=False)

    def put(self, value: str, patient: dict[str, Any], system: str | None = None) -> httpx.Response:
        number = f"{self.system if system is None else system}|{value}"
        return self.send("PUT", "Patient", patient, identifier=number)

    def patient(self, value: str, family: str = "TAZI", **more: Any) -> dict[str, Any]:
        numbers = [{"system": self.system, "value": value}]
        told = {"name": [{"family": family, "given": ["Ilham"]}], "gender": "female", "birthDate": "1988-02-11"}
        return {"resourceType": "Patient", "identifier": numbers, **told, **more}

    def merge(self, gone: str, stays: str, system: str = "") -> httpx.Response:
        other = {"identifier": {"system": system or self.system, "value": stays}}
        link = [{"type": "replaced-by", "other": other}]
        return self.put(gone, {**self.patient(gone), "active": False, "link": link})


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory, surroundings: Servers | None) -> Iterator[Program]:
    folder = tmp_path_factory.mktemp("feed")
    config = configured(folder / "config")
    with Program(folder / "data", "--config", str(config)) as started:
        yield started


def configured(folder: Path) -> Path:
    shipped = default_config().parent
    (folder / "channels").mkdir(parents=True)
    for name in ("wasl.yaml", "channels/fhir.yaml", "channels/client-registry-fhir.yaml"):
        shutil.copy(shipped / name, folder / name)
    table = (shipped / "domains.yaml").read_text(encoding="utf-8")
    (folder / "domains.yaml").write_text(table + DOMAINS, encoding="utf-8")
    return folder / "wasl.yaml"


@pytest.fixture(scope="module")
def north(registry: Program) -> Hospital:
    return Hospital(registry, "north")


@pytest.fixture(scope="module")
def south(registry: Program) -> Hospital:
    return Hospital(registry, "south")


def person(answer: httpx.Response) -> str:
    assert answer.status_code in (200, 201), answer.text
    return answer.headers["Location"].rpartition("/fhir/Patient/")[2]


def reasons(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 422, answer.text
    return [one["details"]["text"] for one in answer.json()["issue"] if one["severity"] == "error"]


def test_a_new_number_is_201_a_known_one_200_and_the_address_tells_no_number(north: Hospital) -> None:
    first = north.put("F001", north.patient("F001"))
    again = north.put("F001", north.patient("F001", "TAZI ALAOUI"))
    assert (first.status_code, again.status_code) == (201, 200)
    assert person(first) == person(again)
    assert "F001" not in first.headers["Location"]
    assert first.json()["resourceType"] == "OperationOutcome"


def test_many_who_register_one_patient_at_once_are_told_the_same(north: Hospital) -> None:
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: north.put("F002", north.patient("F002")), range(32)))
    assert len({person(one) for one in answers}) == 1


def test_cr_fhir_01_an_identifier_without_system_is_refused(north: Hospital) -> None:
    bare = {**north.patient("F011"), "identifier": [{"value": "F011"}]}
    assert "required" in reasons(north.put("F011", bare, system=""))
    assert "required" in reasons(north.send("PUT", "Patient", bare, identifier="F011"))


def test_cr_fhir_02_url_and_oid_mean_one_domain(north: Hospital) -> None:
    by_oid = {**north.patient("F021"), "identifier": [{"system": "urn:oid:2.25.901", "value": "F021"}]}
    first = north.put("F021", by_oid, system="urn:oid:2.25.901")
    second = north.put("F021", north.patient("F021"))
    assert (first.status_code, second.status_code) == (201, 200)
    assert person(first) == person(second)


def test_cr_fhir_03_an_unknown_domain_is_refused(north: Hospital) -> None:
    stranger = {**north.patient("F031"), "identifier": [{"system": "https://nowhere.example/ipp", "value": "F031"}]}
    assert set(reasons(north.put("F031", stranger, system="https://nowhere.example/ipp"))) == {"unknown-authority"}


def test_cr_fhir_04_nobody_assigns_in_the_domain_of_another(north: Hospital, south: Hospital) -> None:
    assert set(reasons(south.put("F041", north.patient("F041"), system=NORTH))) == {"foreign-authority"}
    assert north.put("F041", north.patient("F041")).status_code == 201


def test_a_patient_is_written_under_a_number_of_its_own(north: Hospital) -> None:
    assert reasons(north.put("F051", north.patient("F052"))) == ["other-number"]


def test_cr_fhir_05_a_newborn_is_taken_by_the_mothers_identifier(registry: Program, north: Hospital) -> None:
    newborn = {"resourceType": "Patient", "identifier": [{"system": NORTH, "value": "F061"}]}
    assert reasons(north.put("F061", newborn)) == ["required"]
    mother = {
        "resourceType": "RelatedPerson", "id": "mother", "patient": {"reference": "#"},
        "relationship": [{"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v3-RoleCode", "code": "MTH"}]}],
        "identifier": [{"system": IDCS, "value": "7986120439"}], "name": [{"family": "TAZI", "given": ["Ilham"]}],
    }  # fmt: skip
    who = person(north.put("F061", {**newborn, "contained": [mother]}))

    def landed() -> Any:
        found = registry.admin.get("/fhir/RelatedPerson", params={"patient": f"Patient/{who}"}).json()
        return [one["resource"] for one in found.get("entry", ())] or None

    (related,) = until(landed, what="the mother")
    assert related["identifier"][0]["value"] == "7986120439"


def test_cr_fhir_08_the_number_that_was_replaced_means_the_survivor(registry: Program, north: Hospital) -> None:
    gone = person(north.put("F081", north.patient("F081", "MERNISSI", birthDate="1961-01-05")))
    stays = person(north.put("F082", north.patient("F082", "KETTANI", birthDate="1975-09-30")))
    assert gone != stays
    assert person(north.merge("F081", "F082")) == stays
    assert person(north.merge("F081", "F082")) == stays
    shown = until(lambda: registry.admin.get(f"/fhir/Patient/{gone}").json(), what="the old identity")
    assert shown["id"] == stays
    asked = registry.admin.get("/fhir/Patient", params={"identifier": f"{NORTH}|F081"}).json()
    assert [one["resource"]["id"] for one in asked["entry"]] == [stays]


def test_of_identities_that_the_rules_joined_every_answer_names_the_same_person(
    registry: Program, north: Hospital, south: Hospital
) -> None:
    told: dict[str, Any] = {"name": [{"family": "BELHOUARI", "given": ["Rimane"]}], "birthDate": "1984-02-29"}
    north.put("F086", north.patient("F086", **told))
    south.put("F087", south.patient("F087", **told))

    def joined() -> Any:
        shown = registry.admin.get("/fhir/Patient", params={"identifier": f"{NORTH}|F086"}).json()["entry"]
        (patient,) = [one["resource"] for one in shown]
        return {one["value"] for one in patient["identifier"]} >= {"F086", "F087"} and patient["id"]

    who = until(joined, what="one person of the two")
    assert person(north.put("F086", north.patient("F086", **told))) == who
    assert person(south.put("F087", south.patient("F087", **told))) == who
    for number in (f"{NORTH}|F086", f"{SOUTH}|F087"):
        crossed = registry.get("/fhir/Patient/$ihe-pix", sourceIdentifier=number)["parameter"]
        assert crossed[-1]["valueReference"] == {"reference": f"Patient/{who}"}
    assert registry.get(f"/fhir/Patient/{who}")["id"] == who


def test_cr_fhir_09_only_the_owner_merges_and_only_within_a_domain(north: Hospital, south: Hospital) -> None:
    gone = person(north.put("F091", north.patient("F091", "SLAOUI", birthDate="1955-03-02")))
    north.put("F092", north.patient("F092", "BERRADA", birthDate="1992-07-19"))
    south.put("F093", south.patient("F093", "IDRISSI", birthDate="1947-12-24"))
    other = {"identifier": {"system": NORTH, "value": "F092"}}
    foreign = {**north.patient("F091"), "active": False, "link": [{"type": "replaced-by", "other": other}]}
    assert set(reasons(south.put("F091", foreign, system=NORTH))) == {"foreign-authority"}
    assert "across-domains" in reasons(north.merge("F091", "F093", SOUTH))
    assert person(north.put("F091", north.patient("F091", "SLAOUI", birthDate="1955-03-02"))) == gone


def test_cr_fhir_09_nobody_merges_by_national_numbers(north: Hospital, south: Hospital) -> None:
    told = {"F094": ("4821937561", {"birthDate": "1949-08-08"}), "F095": ("9182736457", {"birthDate": "1999-04-30"})}
    for value, (idcs, born) in told.items():
        numbers = [{"system": NORTH, "value": value}, {"system": IDCS, "value": idcs}]
        north.put(value, {**north.patient(value, f"{value}X", **born), "identifier": numbers})
    gone, stays = (idcs for idcs, _ in told.values())
    other = {"identifier": {"system": IDCS, "value": stays}}
    merging = {**south.patient("F096"), "active": False, "link": [{"type": "replaced-by", "other": other}]}
    merging["identifier"] = [{"system": IDCS, "value": gone}]
    assert set(reasons(south.put(gone, merging, system=IDCS))) == {"foreign-authority"}
    who = [person(north.put(value, north.patient(value, f"{value}X", **born))) for value, (_, born) in told.items()]
    assert who[0] != who[1]


def test_a_feed_as_a_message_is_answered_entry_by_entry_and_takes_no_merge_back(north: Hospital) -> None:
    def changed(method: str, patient: dict[str, Any]) -> dict[str, Any]:
        return {"fullUrl": "urn:x", "resource": patient, "request": {"method": method, "url": "Patient/x"}}

    def sent(*changes: dict[str, Any]) -> list[str]:
        header: dict[str, Any] = {"resourceType": "MessageHeader", "id": "m", "source": {"endpoint": "urn:x"}}
        header["eventUri"] = "urn:ihe:iti:pmir:2019:patient-feed"
        history = {"resourceType": "Bundle", "type": "history", "entry": list(changes)}
        entries = [{"resource": header}, {"resource": history}]
        bundle = {"resourceType": "Bundle", "type": "message", "entry": entries}
        answer = north.send("POST", "$process-message", bundle)
        assert answer.status_code == 200, answer.text
        assert answer.json()["entry"][0]["resource"]["response"]["code"] == "ok"
        return [one["response"]["status"] for one in answer.json()["entry"][1]["resource"]["entry"]]

    first = north.patient("F101", "OUAZZANI", birthDate="1950-10-10")
    second = north.patient("F102", "SEBTI", birthDate="1991-11-11")
    assert sent(changed("POST", first), changed("POST", second)) == ["201", "201"]
    other = {"identifier": second["identifier"][0]}
    gone = {**first, "active": False, "link": [{"type": "replaced-by", "other": other}]}
    assert sent(changed("PUT", gone)) == ["200"]
    stays = person(north.put("F102", second))
    assert person(north.put("F101", first)) == stays
    assert sent(changed("PUT", {**first, "active": True}), changed("PUT", second)) == ["405", "200"]
    assert person(north.put("F101", first)) == stays


def test_the_same_feed_and_the_same_questions_in_xml(registry: Program, north: Hospital) -> None:
    def asked(method: str, path: str, content: Any, auth: Any, **query: str) -> tuple[httpx.Response, Any]:
        answer = httpx.request(
            method, f"http://127.0.0.1:{registry.http_port}/fhir/{path}", params=query, timeout=60, trust_env=False,
            content=to_xml(orjson.dumps(content)), headers={"Content-Type": "application/fhir+xml"}, auth=auth,
        )  # fmt: skip
        assert answer.headers["Content-Type"] == "application/fhir+xml"
        return answer, orjson.loads(of_xml(answer.content))

    patient = north.patient("F106", "BENJELLOUN", birthDate="1963-03-21")
    answer, _ = asked("PUT", "Patient", patient, north.client, identifier=f"{NORTH}|F106", _format="xml")
    who = person(answer)
    assert (answer.status_code, person(north.put("F106", patient))) == (201, who)
    header = {"resourceType": "MessageHeader", "id": "m", "source": {"endpoint": "urn:x"}}
    header["eventUri"] = "urn:ihe:iti:pmir:2019:patient-feed"
    change = {"fullUrl": "urn:x", "resource": patient, "request": {"method": "PUT", "url": "Patient/x"}}
    history = {"resourceType": "Bundle", "type": "history", "entry": [change]}
    bundle = {"resourceType": "Bundle", "type": "message", "entry": [{"resource": header}, {"resource": history}]}
    _, told = asked("POST", "$process-message", bundle, north.client)
    assert told["entry"][0]["resource"]["response"]["code"] == "ok"
    admin = ("admin", PASSWORD)
    _, told = asked("POST", "Patient/$match", patient, admin)
    assert [one["resource"]["id"] for one in told["entry"]] == [who]
    number = {"name": "sourceIdentifier", "valueIdentifier": {"system": NORTH, "value": "F106"}}
    _, told = asked("POST", "Patient/$ihe-pix", {"resourceType": "Parameters", "parameter": [number]}, admin)
    assert told["parameter"][-1]["valueReference"] == {"reference": f"Patient/{who}"}


def test_who_follows_the_registry_is_told(registry: Program, north: Hospital) -> None:
    asked = registry.get("/fhir/Patient/_history", _count=500)
    (onward,) = [one["url"] for one in asked["link"] if one["relation"] == "monitor"]
    who = person(north.put("F111", north.patient("F111", "GUESSOUS", birthDate="1969-06-06")))
    news = registry.get(onward.partition(str(registry.http_port))[2])
    assert [(one["resource"]["id"], one["request"]["method"]) for one in news["entry"]] == [(who, "POST")]


def test_an_administrator_lets_somebody_be_told(registry: Program, north: Hospital) -> None:
    endpoint = Endpoint()
    wanted: dict[str, Any] = {"resourceType": "Subscription", "status": "requested", "criteria": "Patient"}
    wanted["reason"] = "a portal"
    wanted["channel"] = {"type": "rest-hook", "endpoint": endpoint.address, "payload": "application/fhir+json"}
    made = registry.admin.post("/fhir/Subscription", json=wanted)
    assert made.status_code == 201, made.text
    try:
        until(lambda: endpoint.taken, what="the ping")
        who = person(north.put("F121", north.patient("F121", "CHERKAOUI", birthDate="1971-07-07")))
        until(lambda: who in endpoint.persons, what="the change")
    finally:
        assert registry.admin.delete(f"/fhir/Subscription/{made.json()['id']}").status_code == 204
        endpoint.close()


def test_the_capability_statement_says_that_patients_are_fed(registry: Program) -> None:
    served = {one["type"]: one for one in registry.get("/fhir/metadata")["rest"][0]["resource"]}
    assert served["Patient"]["conditionalUpdate"] is True
    assert {"update", "history-type", "read"} <= {one["code"] for one in served["Patient"]["interaction"]}
    assert {"code": "create"} in served["Subscription"]["interaction"]


def test_removal_is_refused_with_what_to_do_instead(north: Hospital) -> None:
    answer = north.send("DELETE", "Patient", identifier=f"{NORTH}|F001")
    assert answer.status_code == 405
    assert "replaced-by" in answer.json()["issue"][0]["diagnostics"]


def test_who_may_not_send_there_is_told(registry: Program, north: Hospital) -> None:
    address = f"http://127.0.0.1:{registry.http_port}/fhir/Patient"
    asked: dict[str, Any] = {
        "params": {"identifier": f"{NORTH}|F001"},
        "json": north.patient("F001"),
        "headers": FHIR_JSON,
    }
    assert httpx.put(address, **asked, trust_env=False).status_code == 401
    elsewhere = registry.client("elsewhere", "fhir")
    assert httpx.put(address, **asked, auth=elsewhere, trust_env=False).status_code == 403
