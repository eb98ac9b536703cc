"""Orders as hospitals and laboratories send them: what is asked for, of whom, and how it stands."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mediators.hl7v2.mediator import Hl7v2
from mediators.mediator import Context
from schemas.events import plain
from schemas.message import Message
from tests.mediators.hl7v2.messages import PID, RECEIVED, body, events, fields, left, read

OBR = "OBR|1|P-9^CHU||2345-7^Glucose^LN"


def orders(*segments: str, type: str = "ORM^O01", **context: Any) -> list[dict[str, Any]]:
    return events(body(type, *segments), Context(**context))


def order(*segments: str, type: str = "ORM^O01", **context: Any) -> dict[str, Any]:
    (found,) = orders(*segments, type=type, **context)
    return found


def names(people: list[dict[str, Any]]) -> list[str]:
    return [one["names"][0]["family"] for one in people]


def test_an_order_is_known_by_its_placers_number_and_ordered_by_its_own_time() -> None:
    told = order(PID, "ORC|NW|P-9^CHU|F-9^LABO|G-1^CHU|||||20240311090000+0100", OBR)
    assert told["type"] == "OrderRecorded"
    assert told["about"] == "order|urn:id:CHU|P-9"
    assert told["place"] == "ORC 1"
    assert told["order"]["placer"]["value"] == "P-9"
    assert told["order"]["filler"]["value"] == "F-9"
    assert told["order"]["group"]["value"] == "G-1"
    assert told["order"]["ordered"] == "2024-03-11T09:00:00+01:00"
    assert told["version"] == 1_710_144_000_000_000
    assert told["code"]["codings"][0]["code"] == "2345-7"
    assert not left(told)


def test_without_a_placers_number_it_is_known_by_the_fillers_and_without_both_by_its_message() -> None:
    assert order(PID, "ORC|SN||F-9^LABO", "OBR|1|||GLY")["about"] == "order|urn:id:LABO|F-9"
    first, second = orders(PID, "ORC|NW", "OBR|1|||GLY", "ORC|NW", "OBR|2|||UREE")
    assert first["about"] != second["about"]
    assert first["about"].startswith("order|LABO|CHU|")


def test_everyone_and_everything_that_orc_names() -> None:
    orc = {
        1: "NW", 2: "P-9^CHU", 5: "SC", 6: "E", 8: "P-1&CHU^F-1&LABO", 9: "20240311090000+0100", 10: "11^Alami^Sara",
        11: "12^Benali^Omar", 12: "13^Chraibi^Ali", 13: "MED^12^A^CHU", 14: "0537000000", 15: "20240312",
        16: "R1^Contrôle^L", 17: "MED1^Médecine^L", 18: "POSTE4^Poste 4^L", 19: "14^Daoudi^Lina", 21: "CHU Rabat^L",
        22: "Avenue Ibn Sina^^Rabat^^10000^MA", 23: "0537111111", 24: "12 rue Agdal^^Rabat^^^MA", 25: "M1^à jeun^L",
        27: "20240313", 28: "R^Restreint^L", 29: "O", 33: "A-1^^^CHU",
    }  # fmt: skip
    told = order(PID, fields("ORC", orc), OBR)
    found = told["order"]
    assert (found["control"], found["status"]) == ("NW", "SC")
    assert names(found["entered_by"] + found["verified_by"] + found["requesters"] + found["acted_by"]) == [
        "Alami", "Benali", "Chraibi", "Daoudi",
    ]  # fmt: skip
    assert (found["parent"]["value"], found["parent_filler"]["value"]) == ("P-1", "F-1")
    assert found["requesters"][0]["telecoms"][0]["value"] == "0537000000"
    assert found["requesters"][0]["addresses"][0]["lines"] == ["12 rue Agdal"]
    assert (found["entered_at"]["room"], found["entered_at"]["bed"]) == ("12", "A")
    assert found["effective"] == "2024-03-12"
    assert found["control_reason"]["text"] == "Contrôle"
    assert found["entering_organization"]["name"] == "Médecine"
    assert found["entering_device"]["text"] == "Poste 4"
    assert found["organization"]["name"] == "CHU Rabat"
    assert found["organization"]["addresses"][0]["postal_code"] == "10000"
    assert found["organization"]["telecoms"][0]["value"] == "0537111111"
    assert found["modifier"]["text"] == "à jeun"
    assert found["available"] == "2024-03-13"
    assert found["confidentiality"]["codings"][0]["code"] == "R"
    assert found["kind"]["codings"][0]["code"] == "O"
    assert found["alternate"]["value"] == "A-1"
    assert [one["name"] for one in told["details"]] == ["response-flag"]
    assert not left(told)


def test_what_obr_asks_for() -> None:
    obr = {
        2: "P-9^CHU", 4: "2345-7^Glucose^LN", 5: "S", 6: "20240312080000+0100", 7: "20240312081000+0100", 9: "2^mL",
        10: "11^Alami^Sara", 11: "G", 12: "D^Contagieux^L", 13: "Diabète connu", 14: "20240312090000+0100",
        15: "BLD^Sang", 17: "0537000000", 24: "CH", 28: "12^Benali^Omar", 32: "13&Chraibi&Ali^20240312",
        35: "15^Filali^Nour", 36: "20240312083000+0100", 44: "P1^Ponction^L", 45: "M1^Gauche^L", 46: "S1^tube gris^L",
    }  # fmt: skip
    told = order(PID, "ORC|NW|P-9^CHU", fields("OBR", obr))
    found = told["order"]
    assert (found["priority"], found["requested"], found["action"]) == ("S", "2024-03-12T08:00:00+01:00", "G")
    assert found["danger"]["text"] == "Contagieux"
    assert found["clinical_information"] == "Diabète connu"
    assert names(found["collectors"]) == ["Alami"]
    assert (told["section"], told["started"]) == ("CH", "2024-03-12T08:10:00+01:00")
    assert names(told["copies_to"]) == ["Benali"]
    assert {one["role"]: one["names"][0]["family"] for one in told["performers"]} == {"PI": "Chraibi", "TR": "Filali"}
    assert found["scheduled"] == "2024-03-12T08:30:00+01:00"
    assert [one["text"] for one in found["procedures"]] == ["Ponction", "Gauche"]
    assert [one["text"] for one in found["supplements"]] == ["tube gris"]
    (specimen,) = told["specimens"]
    assert (specimen["type"]["codings"][0]["code"], specimen["quantity"]) == ("BLD", "2")
    assert specimen["received"] == "2024-03-12T09:00:00+01:00"
    # a call-back number that belongs to nobody is kept under the standard's name
    assert "order-callback-phone-number" in {one["name"] for one in told["details"]}
    assert not left(told)


def test_clinical_information_is_a_text_and_from_2_7_on_a_code_too() -> None:
    told = order(PID, "OBR|1|P-9^CHU||GLY|||||||||E11^Diabète^I10~Fièvre & toux")
    assert told["order"]["clinical_information"] == "E11^Diabète^I10\nFièvre & toux"
    assert [one["text"] for one in told["order"]["information"]] == ["Diabète"]


def test_what_stands_with_an_order_is_the_orders() -> None:
    told = order(
        PID, fields("PV1", {1: "1", 2: "O", 19: "V-7^^^CHU"}), fields("IN1", {2: "AMO", 4: "CNSS", 36: "123"}),
        "GT1|1|7^^^CHU|BENNANI^KARIM", "AL1|1|DA|PEN^Pénicilline^L|SV", "ORC|NW|P-9^CHU",
        fields("TQ1", {3: "BID", 9: "S"}), OBR, "NTE|1||Urgent", "CTD|CP|Ziani^Nora|||0537222222",
        "DG1|1||E11^Diabète^I10|||W",
        "OBX|1|NM|8302-2^Taille^LN||171|cm|||||O", "NTE|1||mesurée couchée", "SPM|1|S-1||BLD",
        "OBX|1|ST|1-1^Aspect^LN||clair", "FT1|1|||20240312||CG|GLY",
    )  # fmt: skip
    assert told["encounter"]["identifiers"][0]["value"] == "V-7"
    assert told["insurances"][0]["policy"] == "123"
    assert told["guarantors"][0]["names"][0]["given"] == ["KARIM"]
    assert told["allergies"][0]["code"]["text"] == "Pénicilline"
    assert told["order"]["timings"][0]["interval"]["codings"][0]["code"] == "BID"
    assert told["order"]["priority"] == "S"
    assert told["notes"] == [{"text": "Urgent"}]
    assert told["contacts"][0]["telecoms"][0]["value"] == "0537222222"
    assert told["diagnoses"][0]["code"]["text"] == "Diabète"
    assert told["results"][0]["notes"] == [{"text": "mesurée couchée"}]
    assert told["specimens"][0]["results"][0]["values"][0]["text"] == "clair"
    assert any(one["name"] == "transaction-code" for one in told["details"])
    assert not left(told)


def test_a_participant_is_what_his_role_says() -> None:
    roles = ("OP", "EP", "VP", "RCT", "SP")
    prts = [f"PRT|{n}|AD||{role}|{n}^Nom{n}^P" for n, role in enumerate(roles)]
    told = order(PID, "ORC|NW|P-9^CHU", OBR, *prts)
    found = told["order"]
    assert names(found["requesters"] + found["entered_by"] + found["verified_by"]) == ["Nom0", "Nom1", "Nom2"]
    assert names(told["copies_to"] + told["performers"]) == ["Nom3", "Nom4"]


def test_several_orders_and_a_visit_for_all_or_for_one() -> None:
    first, second, third = orders(
        PID, "PV1|1|O|||||||||||||||||V-1^^^CHU", "ORC|NW|P-1^CHU", "OBR|1|||GLY", "ORC|NW|P-2^CHU", "OBR|2|||UREE",
        "PV1|2|I|||||||||||||||||V-2^^^CHU", "ORC|NW|P-3^CHU", "OBR|3|||CREA",
    )  # fmt: skip
    numbers = [one["encounter"]["identifiers"][0]["value"] for one in (first, second, third)]
    assert numbers == ["V-1", "V-2", "V-1"]
    assert [one["place"] for one in (first, second, third)] == ["ORC 1", "ORC 2", "ORC 3"]


def test_one_orc_for_several_obr_and_an_obr_without_an_orc() -> None:
    first, second = orders(PID, "ORC|NW|||G-1^CHU", "OBR|1|P-1^CHU||GLY", "OBR|2|P-2^CHU||UREE")
    assert [one["order"]["group"]["value"] for one in (first, second)] == ["G-1", "G-1"]
    assert [one["place"] for one in (first, second)] == ["ORC 1", "OBR 2"]
    assert order(PID, "OBR|1|P-1^CHU||GLY")["place"] == "OBR 1"


def test_a_number_that_stands_for_several_things_is_told_apart_by_them() -> None:
    first, second, third = orders(
        PID, "ORC|NW|P-1^CHU", "OBR|1|||GLY", "ORC|NW|P-1^CHU", "OBR|2|||UREE", "ORC|NW|P-2^CHU", "OBR|3|||CREA"
    )
    assert (first["about"], first["order"]["key"]) == ("order|urn:id:CHU|P-1|GLY", "order|urn:id:CHU|P-1|GLY")
    assert second["about"] == "order|urn:id:CHU|P-1|UREE"
    assert third["about"] == "order|urn:id:CHU|P-2"
    assert "key" not in third["order"]


def test_results_of_two_orders_of_one_number_are_not_the_same() -> None:
    obx = "OBX|1|TX|||clair"
    first, second = orders(PID, "ORC|NW|P-1^CHU", "OBR|1|||GLY", obx, "ORC|SC|P-1^CHU", "OBR|2|||GLY", obx)
    assert first["about"] == second["about"]
    assert first["results"][0]["id"] != second["results"][0]["id"]


def test_a_cancellation_without_an_obr_is_of_the_same_order() -> None:
    asked, cancelled = order(PID, "ORC|NW|P-9^CHU", OBR), order(PID, "ORC|CA|P-9^CHU||||||||||||||R1^Erreur^L")
    assert asked["about"] == cancelled["about"]
    assert cancelled["code"] == {}
    assert cancelled["order"]["control_reason"]["text"] == "Erreur"


def test_a_replacement_names_what_it_replaces() -> None:
    old, new = orders(PID, "ORC|RP|P-1^CHU", "OBR|1|||GLY", "ORC|RO|P-2^CHU", "OBR|2|||HBA1C")
    assert "replaces" not in old["order"]
    assert [one["value"] for one in new["order"]["replaces"]] == ["P-1"]
    old, new = orders(PID, "ORC|RP|P-1^CHU", "OBR|1|||GLY", "ORC|RO|P-1^CHU", "OBR|2|||HBA1C")
    assert old["about"] == new["about"] == "order|urn:id:CHU|P-1"
    assert "replaces" not in new["order"]


def test_a_number_that_a_placer_gives_replaces_the_fillers_own() -> None:
    told = order(PID, "ORC|NA|P-1^CHU|F-1^LABO", type="ORR^O02")
    assert told["about"] == "order|urn:id:CHU|P-1"
    assert [one["value"] for one in told["order"]["replaces"]] == ["F-1"]


def test_children_are_of_the_parent_before_them_unless_they_name_another() -> None:
    parent, first, second = orders(
        PID, "ORC|PA|P-1^CHU", "OBR|1|||HEMO", "ORC|CH|P-2^CHU", "OBR|2|||HEMO2", "ORC|CH|P-3^CHU||||||P-0&CHU",
        "OBR|3|||HEMO3",
    )  # fmt: skip
    assert "parent" not in parent["order"]
    assert first["order"]["parent"]["value"] == "P-1"
    assert second["order"]["parent"]["value"] == "P-0"


@pytest.mark.parametrize("type", ["OML^O33", "OML^O35"])
def test_a_specimen_before_its_orders_is_that_of_all_of_them(type: str) -> None:
    first, second, third = orders(
        PID, "SPM|1|S-1||BLD", "OBX|1|ST|1-1||clair", "SAC|||C-1", "ORC|NW|P-1^CHU", "OBR|1|||GLY", "ORC|NW|P-2^CHU",
        "OBR|2|||UREE", "SPM|2|S-2||UR", "ORC|NW|P-3^CHU", "OBR|3|||ECBU", type=type,
    )  # fmt: skip
    numbers = [one["specimens"][0]["identifiers"][0]["value"] for one in (first, second, third)]
    assert numbers == ["S-1", "S-1", "S-2"]
    assert first["specimens"][0]["containers"][0]["identifiers"][0]["value"] == "C-1"
    assert first["specimens"][0]["results"]
    assert all(len(one["specimens"]) == 1 for one in (first, second, third))


def test_a_specimen_after_its_order_is_only_that_ones() -> None:
    first, second = orders(
        PID, "ORC|NW|P-1^CHU", "OBR|1|||GLY", "SPM|1|S-1||BLD", "ORC|NW|P-2^CHU", "OBR|2|||UREE", type="OML^O21"
    )
    assert first["specimens"][0]["identifiers"][0]["value"] == "S-1"
    assert "specimens" not in second


def test_an_imaging_order_has_its_accession_number_and_study() -> None:
    told = order(
        PID, "ORC|NW|P-1^CHU", "OBR|1|||CT^Scanner^L||||||||||||||||||||RAD",
        "IPC|A-1^CHU|RP-1^CHU|1.2.840.99999.4|SPS-1^CHU|CT^Scanner^DCM", type="OMI^O23",
    )  # fmt: skip
    assert told["accession"]["value"] == "A-1"
    assert told["study_uid"] == "1.2.840.99999.4"
    assert told["modality"] == "CT"
    assert {one["name"] for one in told["details"]} >= {"requested-procedure-id", "scheduled-procedure-step-id"}


PRIOR = (
    "PID|2||0044^^^HOP^PI",
    "ORC|PR|P-0^CHU",
    "OBR|1|P-0^CHU||GLY|||20240101080000+0100",
    "OBX|1|NM|2345-7^Glucose^LN||1.1|g/L",
)


def test_earlier_results_support_the_order_and_are_no_orders() -> None:
    first, second = orders(
        PID, "ORC|NW|P-1^CHU", "OBR|1|||GLY", *PRIOR, "ORC|NW|P-2^CHU", "OBR|2|||UREE", type="OML^O21"
    )
    (result,) = first["results"]
    assert result["observed"] == "2024-01-01T08:00:00+01:00"
    assert {one["place"].partition("-")[0] for one in result["details"]} >= {"ORC[2]", "OBR[2]"}
    assert "results" not in second
    assert second["about"] == "order|urn:id:CHU|P-2"


def test_earlier_results_of_another_number_are_given_to_nobody() -> None:
    told = order(PID, "ORC|NW|P-1^CHU", "OBR|1|||GLY", "PID|2||9999^^^HOP^PI||AUTRE^NOM", *PRIOR[1:], type="OML^O21")
    assert "results" not in told
    assert left(told)["PID[2]-5"] == "AUTRE^NOM"
    assert left(told)["OBX-5"] == "1.1"
    assert len(told["patient"]["identifiers"]) == 1


def test_two_patients_of_an_orm_have_their_own_orders() -> None:
    first, second = orders(
        PID, "ORC|NW|P-1^CHU", "OBR|1|||GLY", "PID|2||0055^^^HOP^PI||X", "ORC|NW|P-2^CHU", "OBR|2|||UREE"
    )
    assert [one["patient"]["identifiers"][0]["value"] for one in (first, second)] == ["0044", "0055"]


def test_supply_and_diet_are_orders_too() -> None:
    assert (
        order(PID, "ORC|NW|P-1^CHU", "RQD|1|INT^Compresse^L|EXT^Compresse stérile^L||10")["code"]["text"]
        == "Compresse stérile"
    )
    told = order(PID, "ORC|NW|P-1^CHU", "ODS|D||SANSSEL^Sans sel^L")
    assert told["code"]["text"] == "Sans sel"
    assert any(one["place"] == "ODS-1" for one in told["details"])


def test_an_order_of_medicines_is_a_prescription() -> None:
    told = order(PID, "ORC|NW|P-1^CHU", "RXO|AMOX^Amoxicilline^L|1||g")
    assert told["type"] == "MedicationPrescribed"


def test_segments_out_of_the_grammars_order_are_the_orders_they_follow() -> None:
    told = order(
        "NTE|1||avant tout",
        PID,
        "ORC|NW|P-1^CHU",
        "DG1|1||E11",
        "OBX|1|NM|8302-2||171",
        "OBR|1|||GLY",
        "NK1|1|BENNANI^KARIM",
        "TQ1|1||BID",
    )
    assert told["diagnoses"][0]["code"]["codings"][0]["code"] == "E11"
    assert told["results"][0]["values"][0]["number"] == "171"
    assert told["order"]["timings"]


def test_a_reply_that_names_no_order_is_only_an_acknowledgement() -> None:
    told = read(body("ORR^O02", "MSA|AA|C-16", PID))
    assert not told.events
    assert not told.refused


def test_the_door_takes_an_answer_without_a_patient_and_never_answers_it() -> None:
    data = body("ORR^O02", "MSA|AA|C-16", "ERR|||0")
    message = Message("t-1", "lab-hl7v2", "LABO|CHU", data, "x-application/hl7-v2+er7", RECEIVED, "C-17")
    assert Hl7v2().check(message, Context()) == []
    assert Hl7v2().accept(message, []).body == b""
    assert not Hl7v2().mediate(message, Context()).events


def test_a_reply_tells_how_the_order_stands() -> None:
    told = order("MSA|AA|C-16", PID, "ORC|OK|P-9^CHU|F-9^LABO||IP", type="ORL^O22")
    assert told["about"] == "order|urn:id:CHU|P-9"
    assert (told["order"]["control"], told["order"]["status"]) == ("OK", "IP")


@pytest.mark.parametrize(
    ("segments", "at"),
    [(("ORC|OK|P-9^CHU", OBR), "PID"), ((PID,), "PID 1"), ((), "PID")],
)
def test_an_order_of_nobody_and_a_patient_without_an_order_are_refused(segments: tuple[str, ...], at: str) -> None:
    told = read(body("ORM^O01", *segments))
    assert not told.events
    (part,) = told.refused
    assert part.issues[0].at == at
    assert part.issues[0].remedy


def test_a_part_can_be_run_again_alone() -> None:
    segments = (PID, "ORC|NW|P-1^CHU", "OBR|1|||GLY", "ORC|NW|P-1^CHU", "OBR|2|||UREE")
    whole = orders(*segments)
    (again,) = events(body("ORM^O01", *segments), places=("ORC 2",))
    assert again["id"] == whole[1]["id"]
    assert again["about"] == whole[1]["about"]


def test_what_is_told_of_one_patient_never_goes_to_the_next() -> None:
    segments = (PID, "UB1|1|3", "ZZZ|first", "PID|2||0045^^^HOP", "ORC|NW|P-1^CHU", OBR)
    told = read(body("OML^O21", *segments))
    (event,) = told.events
    assert [part.place for part in told.refused] == ["PID 1"]
    assert "UB1" not in str(event)
    assert "first" not in str(event)
    assert {(one.place, one.value) for one in told.unmapped} >= {("UB1-2", "3"), ("ZZZ-1", "first")}
    (again,) = events(body("OML^O21", *segments), places=("ORC 1",))
    assert again == event


def test_two_numbers_of_one_order_that_differ_are_both_kept() -> None:
    told = order(PID, "ORC|NW|P-8^CHU", OBR)
    assert told["order"]["placer"]["value"] == "P-9"
    assert [one["identifier"]["value"] for one in told["details"] if one["place"] == "ORC-2"] == ["P-8"]


@settings(max_examples=60)
@given(
    st.lists(
        st.sampled_from(
            ["ORC|NW|P-1^CHU", "ORC|CH|P-2^CHU", "ORC|PR|P-0", "ORC", "OBR|1|||GLY", "OBR|2|||UREE", "SPM|1|S-1",
             "SAC|||C-1", "OBX|1|NM|2345-7||1", "NTE|1||note", "PV1|1|O", "PV2||", "DG1|1||E11", "PID|2||0044^^^HOP",
             "PID|2||77^^^HOP", "TQ1|1||BID", "PRT|1|AD||OP|1^N", "AL1|1|DA|PEN", "RXO|AMOX", "RQD|1|X", "ZZZ|a",
             "IPC|A-1", "FT1|1"]
        ),
        max_size=14,
    ),
    st.sampled_from(["ORM^O01", "OML^O21", "OML^O33", "OMG^O19", "ORL^O22"]),
)  # fmt: skip
def test_whatever_order_the_segments_have_every_order_and_result_is_somewhere(segments: list[str], type: str) -> None:
    told = read(body(type, PID, *segments))
    numbers = [plain(one).get("order", {}).get("placer", {}).get("value") for one in told.events]
    if "RXO|AMOX" not in segments and not any(one.startswith("PID") for one in segments):
        asked = {"ORC|NW|P-1^CHU": "P-1", "ORC|CH|P-2^CHU": "P-2"}
        assert {number for text, number in asked.items() if text in segments} <= set(numbers)
