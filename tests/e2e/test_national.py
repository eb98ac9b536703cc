"""The program in front of a national registry, which goes down meanwhile."""

from __future__ import annotations

from pathlib import Path

from tests.e2e.hl7 import AUTHORITY, code, glucose, header, message, order, person
from tests.e2e.program import Mllp, Program
from tests.registries.service import Service
from tests.serving import served
from tests.stores import house_of, rows

OTHER = "PID|1||X9^^^LABO_ESSAI^PI||TAZI^Hind^^^^^L||19800203|F"


def test_two_numbers_are_one_person_when_the_country_says_so_and_stay_it_when_it_is_down(tmp_path: Path) -> None:
    service = Service(people=[[f"{AUTHORITY}|N1", "urn:id:LABO_ESSAI|X9"]])
    sent = {
        "C1": glucose("C1", "N1", "F-1"),
        "C2": message(header("C2"), OTHER, order("F-2", "2345-7|1.10|g/L")),
        "C3": message(header("C3"), person("N1"), order("F-3", "2345-7|1.20|g/L")),
    }
    with served(service.app) as address:
        environment = {"WASL_REGISTRIES_CLIENT": f"{address}/fhir", "WASL_REGISTRIES_CLIENT_FRESH": "0"}
        with Program(tmp_path / "data", **environment) as program, Mllp(program.mllp_port) as line:
            for control_id, text in sent.items():
                service.down = 503 if control_id == "C3" else 0
                assert code(line.send(text)) == "AA"
                program.transaction(control_id, "delivered")
            asked = len(service.asked)
            persons = rows(house_of(program), "registries", "SELECT count(*) FROM persons")
    assert persons == [(1,)]
    assert asked == 3
