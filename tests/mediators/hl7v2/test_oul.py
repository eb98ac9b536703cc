"""OUL, ORU^R30 to R40, and results that come from other results."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.events import plain
from schemas.fhir import bundle
from tests.mediators.hl7v2.messages import OBR, PID, body, events, left, read

OBX = "OBX|{0}|NM|{1}^Analyse^L||{0}|mmol/L|||||F"
SPM = "SPM|{0}|S-{0}&SIH^L-{0}&LABO||SER^Sérum^HL70487"


def told(type_: str, *segments: str, version: str = "2.8") -> list[dict[str, Any]]:
    return events(body(type_, PID, *segments, version=version))


def obr(number: int, name: str, **fields: str) -> str:
    """An OBR with these fields beside its numbers and name ("f26")."""
    told = {
        1: str(number),
        2: f"P-{number}^SIH",
        3: f"F-{number}^LABO",
        4: name,
        **{int(key[1:]): one for key, one in fields.items()},
    }
    return "OBR|" + "|".join(told.get(at, "") for at in range(1, max(told) + 1))


def results(part: dict[str, Any]) -> list[str]:
    return [one["place"] for one in part.get("results") or ()]


@pytest.mark.parametrize("trigger", ["R22", "R23"])
def test_by_specimen_each_order_keeps_the_specimen_it_was_made_on(trigger: str) -> None:
    first, second, third = told(
        f"OUL^{trigger}",
        SPM.format(1), OBX.format(1, "HEM"), "SAC||A-1^LABO|T-1^LABO", "INV|R-5^Réactif",
        "OBR|1|P-1|F-1|GLU", "ORC|RE|P-1|F-1||CM", OBX.format(2, "GLU"), "TCD|GLU^^L|^1^:^2", "NTE|1||dilué",
        "OBR|2|P-2|F-2|K", "ORC|RE|P-2|F-2||IP", OBX.format(3, "K"),
        SPM.format(2), "OBR|3|P-3|F-3|NA", OBX.format(4, "NA"),
    )  # fmt: skip
    assert [one["specimens"][0]["identifiers"][0]["value"] for one in (first, second, third)] == ["S-1", "S-1", "S-2"]
    assert [results(one) for one in (first, second, third)] == [["OBX 2"], ["OBX 3"], ["OBX 4"]]
    assert [one["order"].get("status") for one in (first, second, third)] == ["CM", "IP", None]
    specimen = first["specimens"][0]
    assert results(specimen) == ["OBX 1"], "an observation of the specimen is none of its orders"
    assert specimen["containers"][0]["identifiers"][0]["value"] == "T-1"
    assert "INV-1" in {one["place"] for one in specimen["containers"][0]["details"]}
    (glucose,) = first["results"]
    assert glucose["notes"] == [{"text": "dilué"}]
    assert "TCD-1" in {one["place"] for one in glucose["details"]}


def test_by_order_each_specimen_belongs_to_the_order_before_it() -> None:
    first, second = told(
        "OUL^R24",
        "OBR|1|P-1|F-1|GLU", "ORC|RE|P-1|F-1||CM", OBX.format(1, "GLU"), SPM.format(1), OBX.format(2, "HEM"),
        "SAC|||T-1",
        "OBR|2|P-2|F-2|K", "ORC|RE|P-2|F-2||IP", SPM.format(2), OBX.format(3, "HEM"),
    )  # fmt: skip
    assert (results(first), results(first["specimens"][0])) == (["OBX 1"], ["OBX 2"])
    assert (results(second), results(second["specimens"][0])) == ([], ["OBX 3"])
    assert (first["order"]["status"], second["order"]["status"]) == ("CM", "IP")


def test_by_container_an_order_knows_what_it_was_made_on() -> None:
    first, second = told(
        "OUL^R21",
        "SAC||A-1^LABO|T-1^LABO|||SER&Sérum&HL70487", "ORC|RE|P-1|F-1", "OBR|1|P-1|F-1|GLU", OBX.format(1, "GLU"),
        "SAC||A-2^LABO|T-2^LABO", "ORC|RE|P-2|F-2", "OBR|2|P-2|F-2|K", OBX.format(2, "K"), "SID|M-1^Méthode|LOT-7",
        "CTI|ETUDE-1",
    )  # fmt: skip
    specimen = first["specimens"][0]
    assert (specimen["accession"]["value"], specimen["type"]["text"]) == ("A-1", "Sérum")
    assert second["specimens"][0]["containers"][0]["identifiers"][0]["value"] == "T-2"
    assert {one["place"] for one in second["results"][0]["details"]} == {"SID-1", "SID-2"}
    assert [one["place"] for one in second["details"]] == ["CTI-1"]


@pytest.mark.parametrize("trigger", ["R30", "R31", "R32", "R40"])
def test_point_of_care_results_and_alerts_are_reports(trigger: str) -> None:
    (event,) = told(f"ORU^{trigger}^ORU_R30", "PV1|1|I", "ORC|NW|P-9", OBR, "NTE|1||au lit", OBX.format(1, "GLU"))
    assert (event["type"], results(event)) == ("LabReportIssued", ["OBX 1"])
    assert (event["order"]["control"], event["notes"][0]["text"]) == ("NW", "au lit")


def test_a_specimen_straight_after_its_order_takes_no_result_from_it() -> None:
    (event,) = told("ORU^R01", OBR, SPM.format(1), OBX.format(1, "GLU"), version="2.5.1")
    assert results(event) == ["OBX 1"]
    (event,) = told("ORU^R01", OBR, OBX.format(1, "GLU"), SPM.format(1), OBX.format(2, "HEM"), version="2.5.1")
    assert (results(event), results(event["specimens"][0])) == (["OBX 1"], ["OBX 2"])


def test_a_specimen_of_no_order_is_a_report_of_what_was_observed_of_it() -> None:
    (event,) = told("OUL^R22", SPM.format(1), OBX.format(1, "HEM"))
    assert (event["place"], results(event)) == ("OBX 1", ["OBX 1"])
    assert event["specimens"][0]["identifiers"][0]["value"] == "S-1"


def test_a_specimen_before_the_first_order_is_of_that_order() -> None:
    (event,) = told("ORU^R01", SPM.format(1), OBR, OBX.format(1, "GLU"), version="2.5.1")
    assert (event["specimens"][0]["identifiers"][0]["value"], results(event)) == ("S-1", ["OBX 1"])


def test_observations_of_the_patient_are_no_report() -> None:
    height, report = told("ORU^R01", OBX.format(1, "TAILLE"), "PV1|1|I", "ORC|RE", OBR, OBX.format(2, "GLU"))
    assert height["bare"]
    assert "bare" not in report
    kinds = {one["resourceType"] for one in bundle.resources(height)}  # type: ignore[arg-type]
    assert "Observation" in kinds
    assert "DiagnosticReport" not in kinds


def test_results_out_of_their_place_stay_a_report() -> None:
    found = told("ORU^R01", OBX.format(1, "GLU"), OBR, version="2.5.1")
    assert [results(one) for one in found] == [["OBX 1"], []]
    assert not any(one.get("bare") for one in found)


def test_everything_a_specimen_says() -> None:
    spm = (
        "SPM|1|S-1&SIH^L-1&LABO|S-0&SIH|SER^Sérum^HL70487||EDTA^EDTA^HL70371|||||P^Patient^HL70369|2^mL|||FRZ^Congelé|"
        "BIO^Risque|202403120800|202403120900||N|EX^Périmé^HL70490|||HEM^Hémolysé^HL70493||||||24-88^^^LABO|X-9^^^BANQUE"
    )
    (event,) = told("ORU^R01", OBR, OBX.format(1, "GLU"), spm)
    (specimen,) = event["specimens"]
    assert [one["value"] for one in specimen["identifiers"]] == ["S-1", "L-1", "X-9"]
    assert specimen["parents"][0]["value"] == "S-0"
    assert specimen["accession"]["value"] == "24-88"
    shown = [specimen[key][0]["text"] for key in ("additives", "rejected", "conditions")]
    assert shown == ["EDTA", "Périmé", "Hémolysé"]
    assert {one["place"] for one in specimen["details"]} == {"SPM-15", "SPM-16"}
    made = next(one for one in bundle.resources(event) if one["resourceType"] == "Specimen")  # type: ignore[arg-type]
    assert (made["status"], made["accessionIdentifier"]["value"]) == ("unsatisfactory", "24-88")
    assert made["parent"][0]["identifier"]["value"] == "S-0"
    assert made["container"][0]["additiveCodeableConcept"]["text"] == "EDTA"


GERM = "OBX|{0}|CE|600-7^Germe^LN|{0}|{1}||||||F"
CULTURE = (
    obr(9, "6463-4^Culture^LN", f7="20240312", f25="F"),
    GERM.format(1, "112283007^Escherichia coli^SCT"), GERM.format(2, "3092008^Staphylocoque doré^SCT"),
)  # fmt: skip
AMOXICILLIN = "OBX|1|ST|18864-9^Amoxicilline^LN|1|S||||||F"


@pytest.mark.parametrize(
    ("parent", "germ"),
    [
        ("600-7&Germe&LN^2^", 1),
        ("600-7&Germe&LN^1^Escherichia coli", 0),
        ("600-7&Germe&LN^^Staphylocoque doré", 1),
    ],
)
def test_susceptibilities_come_from_their_organism(parent: str, germ: int) -> None:
    child = obr(10, "50545-3^Antibiogramme^LN", f25="F", f26=parent, f29="P-9&SIH^F-9&LABO")
    culture, susceptibilities = told("ORU^R01", *CULTURE, child, AMOXICILLIN, version="2.5.1")
    assert susceptibilities["parent_about"] == culture["about"]
    assert susceptibilities["parent_id"] == culture["results"][germ]["id"]
    assert [(one["type"], one["value"]) for one in susceptibilities["parents"]] == [("PLAC", "P-9"), ("FILL", "F-9")]
    observed = [one for one in bundle.resources(culture) if one["resourceType"] == "Observation"]  # type: ignore[arg-type]
    amoxicillin, organism = (
        one for one in bundle.resources(susceptibilities) if one["resourceType"] == "Observation"  # type: ignore[arg-type]
    )  # fmt: skip
    if "18864-9" not in str(amoxicillin["code"]):
        amoxicillin, organism = organism, amoxicillin
    assert amoxicillin["derivedFrom"] == [{"reference": f"Observation/{observed[germ]['id']}"}]
    assert organism["id"] == observed[germ]["id"]


def test_an_organism_told_in_passing_takes_nothing_from_the_organism() -> None:
    child = obr(10, "50545-3^Antibiogramme^LN", f25="F", f26="600-7&Germe&LN^1", f29="P-9^F-9")
    found = told("ORU^R01", *CULTURE, child, AMOXICILLIN, version="2.5.1")
    entries = bundle.collection(found)["entry"]  # type: ignore[arg-type]
    germs = [one["resource"] for one in entries if "Escherichia" in str(one["resource"].get("valueCodeableConcept"))]
    assert [one["status"] for one in germs] == ["final"]


def test_a_parent_of_another_message_is_told_by_its_number() -> None:
    child = obr(10, "50545-3^Antibiogramme^LN", f25="F", f26="600-7&Germe&LN^2", f29="P-9^F-9")
    (event,) = told("ORU^R01", child, AMOXICILLIN, version="2.5.1")
    assert "parent_id" not in event
    made = next(one for one in bundle.resources(event) if one["resourceType"] == "Observation")  # type: ignore[arg-type]
    assert made["derivedFrom"][0]["identifier"]["value"] == "F-9"


def test_a_parent_order_is_no_parent_result() -> None:
    child = obr(10, "50545-3^Antibiogramme^LN", f25="F", f29="P-9&SIH^F-9&LABO")
    _, event = told("ORU^R01", obr(9, "6463-4^Culture^LN"), GERM.format(1, "X"), child, AMOXICILLIN, version="2.5.1")
    assert "parent_id" not in event
    made = [one for one in bundle.resources(event) if one["resourceType"] == "Observation"]  # type: ignore[arg-type]
    assert not any("derivedFrom" in one for one in made)


@pytest.mark.parametrize("status", ["Y", "Z"])
def test_a_report_of_no_order_or_no_patient_is_refused_alone(status: str) -> None:
    translation = read(
        body(
            "ORU^R01", PID, f"OBR|1|P-8|F-8|B|||||||||||||||||||||{status}", OBX.format(1, "B"), OBR, OBX.format(2, "A")
        )
    )
    assert [event["place"] for event in translation.events] == ["OBR 2"]
    assert [(part.place, part.issues[0].at) for part in translation.refused] == [("OBR 1", "OBR-25")]


def test_who_read_a_report_when_and_where() -> None:
    obr = OBR + "|||||||7&FASSI&Ali^20240312100000^20240312101500^RADIO^12^A^CHU||8&LAHLOU&Sara|9&KADIRI"
    (event,) = told("ORU^R01", obr, OBX.format(1, "GLU"))
    (reader,) = event["interpreters"]
    assert (reader["start"], reader["end"]) == ("2024-03-12T10:00:00+00:00", "2024-03-12T10:15:00+00:00")
    assert (reader["location"]["point_of_care"], reader["location"]["facility"]["name"]) == ("RADIO", "CHU")
    assert event["technicians"][0]["names"][0]["family"] == "LAHLOU"
    assert event["transcriptionists"][0]["names"][0]["family"] == "KADIRI"
    assert left(event) == {}


SEGMENTS = st.sampled_from(
    [PID, OBR, OBX.format(1, "GLU"), "ORC|RE|P-9|F-9", "NTE|1||n", SPM.format(1), "SAC|||T", "INV|R", "TCD|x", "SID|m",
     "CTI|e", "PV1|1|I", "PRT|1|AD||OP|1^X", "ZZZ|a"]
)  # fmt: skip


@given(st.sampled_from(["R21", "R22", "R23", "R24"]), st.lists(SEGMENTS, max_size=12))
@settings(max_examples=150, deadline=None)
def test_segments_in_any_order_are_read_and_no_result_is_lost(trigger: str, segments: list[str]) -> None:
    translation = read(body(f"OUL^{trigger}", *segments))
    parts = [plain(event) for event in translation.events]
    parts += [specimen for event in parts for specimen in event.get("specimens") or ()]
    found = {int(place[4:]) for part in parts for place in results(part)}
    sent = set(range(1, sum(one[:3] == "OBX" for one in segments) + 1))
    assert found == sent or translation.refused
