"""The program in front of a national registry, which goes down meanwhile."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.e2e.hl7 import AUTHORITY, code, glucose, header, message, order, person
from tests.e2e.program import Mllp, Program, free_port, until
from tests.e2e.registry import Sender, configured
from tests.registries.country import Country, identifier
from tests.serving import served
from tests.stores import house_of, rows

NORTH, IDCS, NUMBER = "https://north.example/ipp", "https://hie.sante.gov.ma/id/idcs", "2345678906"
OTHER = "PID|1||X9^^^LABO_ESSAI^PI||TAZI^Hind^^^^^L||19800203|F"


def test_two_numbers_are_one_person_when_the_country_says_so_and_stay_it_when_it_is_down(tmp_path: Path) -> None:
    country = Country(people=[[f"{AUTHORITY}|N1", "urn:id:LABO_ESSAI|X9"]])
    sent = {
        "C1": glucose("C1", "N1", "F-1"),
        "C2": message(header("C2"), OTHER, order("F-2", "2345-7|1.10|g/L")),
        "C3": message(header("C3"), person("N1"), order("F-3", "2345-7|1.20|g/L")),
    }
    with served(country.app) as address:
        environment = {"WASL_REGISTRIES_CLIENT": f"{address}/fhir", "WASL_REGISTRIES_CLIENT_FRESH": "0"}
        with Program(tmp_path / "data", **environment) as program, Mllp(program.mllp_port) as line:
            for control_id, text in sent.items():
                country.down = 503 if control_id == "C3" else 0
                assert code(line.send(text)) == "AA"
                program.transaction(control_id, "delivered")
            asked = len(country.asked)
            persons = rows(house_of(program), "registries", "SELECT count(*) FROM persons")
    assert persons == [(1,)]
    assert asked == 3


def test_whoever_waits_for_the_country_goes_on_by_itself_and_holds_nobody_else(tmp_path: Path) -> None:
    """The service is down from the start, comes up, and later learns of somebody."""
    shutil.copytree("config", tmp_path / "config")
    channel = tmp_path / "config" / "channels" / "lab-hl7v2.yaml"
    said = channel.read_text(encoding="utf-8")
    channel.write_text(said.replace("{patient: create", "{patient: require"), encoding="utf-8")
    country, port = Country(people=[[f"{AUTHORITY}|N1"]]), free_port()
    environment = {
        "WASL_REGISTRIES_CLIENT": f"http://127.0.0.1:{port}/fhir",
        "WASL_REGISTRIES_CLIENT_FRESH": "0",
        "WASL_REGISTRIES_CLIENT_AGAIN": "1",
    }
    config = ("--config", str(tmp_path / "config" / "wasl.yaml"))
    admission = message(header("W3", "ADT^A04^ADT_A01"), "EVN||20261112081500", person("N9"), "PV1|1|O")
    with Program(tmp_path / "data", *config, **environment) as program, Mllp(program.mllp_port) as line:
        for number, control_id in (("N1", "W1"), ("N2", "W2")):
            assert code(line.send(glucose(control_id, number, control_id))) == "AA"
        assert code(line.send(admission)) == "AA"
        program.transaction("W3", "delivered")
        parked = program.transaction("W1", "parked")
        assert parked["reason"] == "waiting for the national client registry, which does not answer"
        with served(country.app, port):
            program.transaction("W1", "delivered")
            unknown = program.transaction("W2", "parked")
            until(lambda: "does not know" in (program.get(f"/api/transactions/{unknown['id']}")["reason"] or ""))
            country.people.append([f"{AUTHORITY}|N2"])
            program.transaction("W2", "delivered")


def test_who_is_known_to_the_country_alone_is_told_on_every_line_and_registered_nowhere(tmp_path: Path) -> None:
    numbers = [identifier(f"{IDCS}|{NUMBER}"), identifier(f"{NORTH}|N7")]
    told = {"resourceType": "Patient", "identifier": numbers, "name": [{"family": "ZEROUALI", "given": ["Ghizlane"]}]}
    country = Country(people=[[f"{IDCS}|{NUMBER}", f"{NORTH}|N7"]], resources=[told])
    asked, config = {"sourceIdentifier": f"{IDCS}|{NUMBER}"}, configured(tmp_path / "config")
    with served(country.app) as address:
        environment = {"WASL_REGISTRIES_CLIENT": f"{address}/fhir", "WASL_REGISTRIES_CLIENT_FRESH": "0"}
        with Program(tmp_path / "data", "--config", str(config), **environment) as program:
            with Mllp(program.mllp_port) as line:
                sender = Sender(line)
                assert sender.pix(f"{NUMBER}^^^IDCS", "^^^NORTH").numbers == [["NORTH:N7"]]
                whole = sender.pdq(f"3.1^{NUMBER}", "3.4^IDCS")
                assert (whole.status, whole.numbers) == ("OK", [[f"IDCS:{NUMBER}", "NORTH:N7"]])
                country.down = 503
                assert sender.pix(f"{NUMBER}^^^IDCS", "^^^NORTH").numbers == [["NORTH:N7"]]
                assert sender.pix("N8^^^NORTH").errors == ["QPD^1^3^1^1"]
                country.down = 0
            until(lambda: program.admin.post("/fhir/Patient/$ihe-pix", data=asked).status_code == 200)
            (found,) = program.admin.post("/fhir/Patient/$ihe-pix", data=asked).json()["parameter"]
            search = {"identifier": f"{IDCS}|{NUMBER}"}
            (entry,) = program.admin.post("/fhir/Patient/_search", data=search).json()["entry"]
            house, told_whom = house_of(program), ("SIH_N|NORTH", "query", "Patient")
            trail = "SELECT actor, action, target FROM audit"
            until(lambda: told_whom in rows(house, "control", trail), what="the audit")
            persons = rows(house, "registries", "SELECT count(*) FROM persons")
            log = program.log()
    assert found["valueIdentifier"] == {"system": NORTH, "value": "N7"}
    assert entry["resource"]["meta"]["source"] == "urn:wasl:national"
    assert persons == [(0,)]
    assert {query for _, query in country.asked} == {""}
    assert NUMBER not in log
