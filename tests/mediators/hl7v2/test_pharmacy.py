"""Pharmacy messages as a whole: which events they become, in what order, under which names."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mediators.hl7v2.pharmacy import TYPES
from schemas import facts
from tests.mediators.hl7v2.medicines import ORC, made, one, rxa, rxd, rxe, rxg, rxo, translated
from tests.mediators.hl7v2.messages import PID, body, events, read


@pytest.mark.parametrize(
    ("type_", "segment", "kind"),
    [
        ("OMP^O09^OMP_O09", rxo(), "MedicationPrescribed"), ("RDE^O11^RDE_O11", rxe(), "MedicationPrescribed"),
        ("RDE^O25^RDE_O11", rxe(), "MedicationPrescribed"), ("RDE^O01", rxe(), "MedicationPrescribed"),
        ("RDS^O13^RDS_O13", rxd(), "MedicationDispensed"), ("RGV^O15^RGV_O15", rxg(), "MedicationPrescribed"),
        ("RAS^O17^RAS_O17", rxa(), "MedicationAdministered"), ("RRE^O12^RRE_O12", rxe(), "MedicationPrescribed"),
        ("VXU^V04^VXU_V04", rxa(), "ImmunizationRecorded"),
    ],
)  # fmt: skip
def test_what_each_message_becomes(type_: str, segment: str, kind: str) -> None:
    event = one(type_, ORC, segment)
    assert event["type"] == kind
    assert event["place"] == f"{segment[:3]} 1"
    assert event["order"]["placer"] == {"system": "urn:id:CAB", "value": "P-77", "authority": "CAB"}


def test_an_order_and_what_the_pharmacy_makes_of_it_are_one_prescription() -> None:
    asked = one("OMP^O09", "ORC|NW|P-77^CAB", rxo())
    encoded = one("RDE^O11", ORC, rxe())
    answered = one("RRE^O12", "MSA|AA|7", ORC.replace("NW", "OK"))
    assert asked["about"] == encoded["about"] == answered["about"]


def test_an_answer_that_tells_only_the_state_changes_only_that() -> None:
    event = one(
        "ORP^O10", "MSA|AE|7|stupéfiant", "ERR|||207^Erreur^HL70357|E|||||Stock épuisé", "ORC|UA|P-77^CAB|F-9^PHARM"
    )
    assert (event["status"], event["medication"], event["place"]) == ("cancelled", {}, "ORC 1")
    assert {detail["place"]: detail.get("text") for detail in event["details"]}["MSA-3"] == "stupéfiant"


def test_an_answer_that_names_no_order_becomes_nothing() -> None:
    translation = translated("RRD^O14", "MSA|AA|7")
    assert (translation.events, translation.refused) == ([], [])


def test_a_patient_without_an_order_is_a_refused_part() -> None:
    translation = translated("RDE^O11", PID)
    (part,) = translation.refused
    assert (part.place, part.issues[0].reason) == ("PID 1", "segment-sequence")


def test_one_number_for_several_products_tells_them_apart() -> None:
    first, second = made("OMP^O09", ORC, rxo(), ORC, rxo(f1="6118000012344^AUTRE^L"))
    alone = one("OMP^O09", ORC, rxo(f1="6118000012344^AUTRE^L"))
    assert len({first["about"], second["about"], alone["about"]}) == 3


def test_the_same_number_of_another_person_is_another_prescription() -> None:
    event = one("OMP^O09", ORC, rxo())
    ids = {facts.fact({**event, "person": person}) for person in ("a", "b")}
    assert len(ids) == 2
    assert "0044" not in event["about"]


def test_without_a_number_an_order_is_known_by_its_message() -> None:
    first = events(body("OMP^O09", PID, rxo()))[0]["about"]
    other = events(body("OMP^O09", PID, rxo(f2="2")))[0]["about"]
    assert first.startswith("medication-order|")
    assert first != other


def test_two_products_under_one_order_segment_are_two_prescriptions() -> None:
    first, second = made("RDE^O11", ORC, rxo(), rxe(), rxe(f2="6118000012344^AUTRE^L"))
    assert [event["place"] for event in (first, second)] == ["RXE 1", "RXE 2"]
    assert first["order"]["placer"] == second["order"]["placer"]


def test_when_the_order_was_made_decides_which_saying_is_newer() -> None:
    event = one("RDE^O11", ORC + "||||||202403120900+0100", rxe())
    assert event["version"] == 1_710_230_400_000_000
    assert event["prescribed"] == "2024-03-12T09:00+01:00"
    stopped = one("RDE^O11", "ORC|DC|P-77^CAB||||||||202403130900+0100", rxe())
    assert "prescribed" not in stopped


def test_what_stands_around_a_prescription() -> None:
    found = made(
        "RDE^O11", "NTE|1||du patient", "PV1|1|I|CHIR||||||||||||||||V-88^^^CHU", "AL1|1|DA|P^Pénicilline^L",
        "IN1|1|AMO^AMO",
        ORC, "NTE|1||de l'ordre", rxe(), "NTE|1||du produit", "OBX|1|NM|29463-7^Poids^LN||72|kg|||||F",
        "DG1|1||J03^Angine^I10",
    )  # fmt: skip
    patient, event = found
    assert patient["allergies"][0]["code"]["text"] == "Pénicilline"
    assert event["patient"]["notes"] == [{"text": "du patient"}]
    assert [note["text"] for note in event["notes"]] == ["de l'ordre", "du produit"]
    assert event["encounter"]["identifiers"][0]["value"] == "V-88"
    assert event["insurances"][0]["plan"]["text"] == "AMO"
    assert event["observations"][0]["values"][0]["number"] == "72"
    assert event["diagnoses"][0]["code"]["text"] == "Angine"


def test_unknown_segments_travel_on_with_their_order() -> None:
    event = one("RDE^O11", ORC, rxe(), "ZRX|1|remarque", "CTI|ETUDE-1")
    assert {one["place"]: one["value"] for one in event["unmapped"]}["ZRX-2"] == "remarque"
    assert event["details"][0]["place"] == "CTI-1"


def test_a_rerun_of_one_place() -> None:
    data = body("RDS^O13", PID, ORC, rxd(), ORC.replace("77", "78"), rxd())
    (again,) = events(data, places=("RXD 2",))
    assert again["id"] == events(data)[1]["id"]


PARTS = st.sampled_from(
    [PID, ORC, "ORC|CA|P-1", "ORC", rxo(), rxe(), rxd(), rxg(), rxa(), "RXO", "RXA|0", "RXR|PO", "RXC|B|x", "RXV|1",
    "TQ1|1||BID",
     "NTE|1||n", "OBX|1|NM|a||1", "PV1|1|I", "AL1|1|DA|P", "IN1|1|A", "PRT|1|AD||AP|1^X", "DG1|1||I21", "FT1|1|t",
     "MSA|AA|1", "ZXX|1"]
)  # fmt: skip


@given(st.sampled_from(TYPES), st.lists(PARTS, max_size=12))
@settings(max_examples=200, deadline=None)
def test_segments_in_any_order_are_read(type_: str, segments: list[str]) -> None:
    translation = read(body(type_, *segments))
    ids = [event["id"] for event in translation.events]
    assert len(set(ids)) == len(ids)
    keys = [(event["type"], event["about"], event["place"]) for event in translation.events]
    assert len(set(keys)) == len(keys)
