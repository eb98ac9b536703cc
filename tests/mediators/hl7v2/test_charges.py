from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediators.mediator import Translation
from schemas import facts
from schemas.events import plain
from tests.mediators.hl7v2.messages import PID, body, read

PV1 = "PV1|1|O|CONS||||||||||||||||V-5^^^CHU"
FT1 = (
    "FT1|1|T-1^FACT|LOT-3|202403121000+0100^202403121020+0100|20240313|CG|CS^Consultation spécialisée^NGAP|"
    "Consultation|Cardiologie|2|300.00&MAD^UP|150.00&MAD|CARD^Cardiologie|AMO^Maladie|210&MAD|CARDIO^B12^^CHU|"
    "TNR^Tarif national|EXT^Externe|I10^HTA^I10~E11^Diabète^I10|101002233^NACIRI^Hind^^^Dr|101003344^ALAMI^Omar|90&MAD|"
    "F-9^LABO|77^SABRI^Leila|DEQP003^ECG^CCAM|NUIT^Nuit~URG^Urgence|||6118000040123^DOLIPRANE^EAN13|PAY-1^^^CAISSE||"
    "Clinique du Parc^^^^^^^^^104000321|Cabinet du Centre|ART-7^Electrode|MOD-8||||PEC-7^^^AMO|||ORD-9"
)


def told(trigger: str, *segments: str) -> Translation:
    return read(body(f"DFT^{trigger}^DFT_P03", f"EVN|{trigger}|20240312102900", *segments))


def charges(*segments: str, trigger: str = "P03") -> list[dict[str, Any]]:
    translation = told(trigger, *segments)
    assert not translation.refused
    assert {event["type"] for event in translation.events} == {"ChargeRecorded"}
    return [plain(event) for event in translation.events]


def charge(ft1: str, *segments: str, trigger: str = "P03") -> dict[str, Any]:
    (event,) = charges(PID, PV1, ft1, *segments, trigger=trigger)
    return event


def codes(code: dict[str, Any]) -> list[str]:
    return [coding["code"] for coding in code["codings"]]


def test_a_charge_with_all_its_fields() -> None:
    event = charge(FT1)
    assert (event["place"], event["about"]) == ("FT1 1", "charge|urn:id:FACT|T-1|CS")
    assert event["code"]["codings"][0]["system"].endswith("CodeSystem/ngap")
    assert (event["number"]["value"], event["batch"], event["kind"]) == ("T-1", "LOT-3", "CG")
    assert (event["performed"], event["performed_end"]) == ("2024-03-12T10:00+01:00", "2024-03-12T10:20+01:00")
    assert (event["posted"], event["descriptions"]) == ("2024-03-13", ["Consultation", "Cardiologie"])
    assert (event["quantity"], event["amount"], event["unit_price"]) == ("2", "300.00", "150.00")
    assert (event["insured_amount"], event["unit_cost"], event["currency"]) == ("210", "90", "MAD")
    assert [codes(event[name]) for name in ("department", "plan", "fee_schedule", "patient_type")] == [
        ["CARD"], ["AMO"], ["TNR"], ["EXT"],
    ]  # fmt: skip
    assert (event["location"]["point_of_care"], event["location"]["room"]) == ("CARDIO", "B12")
    assert [codes(one) for one in event["reasons"]] == [["I10"], ["E11"]]
    (performer,), (orderer,), (enterer,) = event["performers"], event["ordered_by"], event["entered_by"]
    assert performer["identifiers"][0]["system"].endswith("inpe-ps")
    assert (orderer["names"][0]["family"], enterer["names"][0]["family"]) == ("ALAMI", "SABRI")
    assert event["order"]["filler"] == {"system": "urn:id:LABO", "value": "F-9", "authority": "LABO"}
    assert (codes(event["procedure"]), [codes(one) for one in event["modifiers"]]) == (["DEQP003"], [["NUIT"], ["URG"]])
    assert codes(event["product"]) == ["6118000040123"]
    assert event["performing_organization"]["name"] == "Clinique du Parc"
    assert event["ordering_organization"]["name"] == "Cabinet du Centre"
    assert (event["authorization"]["value"], event["prescription"]["value"]) == ("PEC-7", "ORD-9")
    assert event["unmapped"] == []
    assert {one["name"] for one in event["details"]} == {
        "payment-reference-id", "item-number", "model-number", "transaction-amount-extended.price-type",
    }  # fmt: skip


def test_the_visit_and_the_account_are_the_charges_too() -> None:
    pid = PID + "|" * 10 + "A-7^^^CHU"
    (event,) = charges(pid, PV1, "FT1|1|T-1||20240312||CG|CS")
    assert event["encounter"]["identifiers"][0]["value"] == "V-5"
    assert (event["account"]["value"], event["account"]["type"]) == ("A-7", "AN")


@pytest.mark.parametrize(
    ("amount", "currency", "kept"),
    [("100", None, "100"), ("100.50", None, "100.50"), ("100.50&DH", "DH", "100.50"), ("70&EUR^UP", "EUR", "70")],
)
def test_amounts_are_as_sent(amount: str, currency: str | None, kept: str) -> None:
    event = charge(f"FT1|1|T-1||20240312||CG|CS|||1|{amount}")
    assert (event["amount"], event.get("currency")) == (kept, currency)


def test_an_amount_in_a_second_currency_is_a_detail() -> None:
    event = charge("FT1|1|T-1||20240312||CG|CS|||1|100&MAD|10&EUR")
    assert ("unit_price" in event, event["currency"]) == (False, "MAD")
    assert "10" in str(event["details"])
    assert "EUR" in str(event["details"])


def test_without_a_code_the_act_is_what_else_tells_it() -> None:
    assert codes(charge(f"FT1|1|T-1||20240312||CG{'|' * 19}DEQP003^ECG^CCAM")["code"]) == ["DEQP003"]
    assert charge("FT1|1|T-1||20240312||CG||Pansement")["code"] == {"text": "Pansement"}


def test_a_charge_that_tells_no_act_is_a_charge_still() -> None:
    event = charge("FT1|1|T-1||20240312||CG||||1|150")
    assert (event["code"], event["amount"]) == ({}, "150")


def test_a_credit_has_the_key_of_the_charge_it_takes_back() -> None:
    made = charge("FT1|1|T-1||20240312||CG|CS|||1|150")
    for taken in ("FT1|1|T-1||20240313||CD|CS|||1|150", "FT1|1|T-1||20240313||CG|CS|||-1|-150"):
        assert charge(taken)["about"] == made["about"] + "|CD"


def test_payments_and_adjustments_are_no_charges_of_that_number() -> None:
    found = [charge(f"FT1|1|T-1||20240312||{kind}|CS|||1|150")["about"] for kind in ("CG", "PY", "AJ", "CO")]
    assert len(set(found)) == 4


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("FT1|1|T-1||20240312||CG|CS", "FT1|1|T-1||20240313||CG|CS", True),
        ("FT1|1|T-1||20240312||CG|CS", "FT1|1|T-2||20240312||CG|CS", False),
        ("FT1|1|T-1||20240312||CG|CS", "FT1|1|T-1||20240312||CG|K50", False),
        ("FT1|1|||20240312||CG|CS", "FT1|1|||20240312||CG|CS", True),
        ("FT1|1|||20240312||CG|CS", "FT1|1|||20240313||CG|CS", False),
        ("FT1|1|||20240312||CG|CS", "FT1|1|||20240312||CG|K50", False),
    ],
)
def test_what_makes_two_charges_one(first: str, second: str, same: bool) -> None:
    assert (charge(first)["about"] == charge(second)["about"]) is same


def test_equal_charges_of_one_message_are_counted() -> None:
    first, second = charges(PID, PV1, "FT1|1|||20240312||CG|AMI2", "FT1|2|||20240312||CG|AMI2")
    assert (second["about"], first["about"]) == (first["about"] + "|2", first["about"])


def test_numbers_used_again_for_another_person_are_other_charges() -> None:
    event = charge(FT1)
    assert facts.fact({**event, "person": "a"}) != facts.fact({**event, "person": "b"})


def test_what_follows_a_charge_is_its_own() -> None:
    first, second = charges(
        PID, PV1, FT1, "NTE|1||Tarif de nuit", "PR1|1||DEQP003^ECG^CCAM||20240312", "FT1|2|T-2||20240312||CG|K5",
        "ORC|RE|P-2^CHU|F-2^LABO", "OBR|1|P-2^CHU|F-2^LABO|ECG^Electrocardiogramme", "OBX|1|NM|8867-4^FC^LN||72|||||F",
    )  # fmt: skip
    assert first["notes"] == [{"text": "Tarif de nuit"}]
    assert codes(first["procedures"][0]["code"]) == ["DEQP003"]
    assert "procedures" not in second
    assert (second["order"]["placer"]["value"], second["order"]["filler"]["value"]) == ("P-2", "F-2")
    assert second["observations"][0]["values"][0]["number"] == "72"
    assert "observations" not in first


def test_diagnoses_and_insurances_of_p03_are_of_every_charge() -> None:
    segments = (
        FT1,
        "FT1|2|T-2||20240312||CG|K5",
        "DG1|1||I10^HTA^I10",
        "GT1|1||BENNANI^Omar",
        "IN1|1|AMO|3^^^CNSS|CNSS",
    )
    for event in charges(PID, PV1, *segments):
        assert codes(event["diagnoses"][0]["code"]) == ["I10"]
        assert codes(event["insurances"][0]["plan"]) == ["AMO"]
        assert event["guarantors"][0]["names"][0]["given"] == ["Omar"]


def test_those_of_p11_are_of_the_charge_before_them() -> None:
    segments = (FT1, "DG1|1||I10^HTA^I10", "IN1|1|AMO|3^^^CNSS|CNSS", "FT1|2|T-2||20240312||CG|K5")
    first, second = charges(PID, PV1, "DG1|1||E11^Diabète^I10", *segments, trigger="P11")
    assert [codes(one["code"]) for one in first["diagnoses"]] == [["E11"], ["I10"]]
    assert [codes(one["code"]) for one in second["diagnoses"]] == [["E11"]]
    assert "insurances" in first
    assert "insurances" not in second


@pytest.mark.parametrize(("filler", "placers"), [("F-2", ["P-2"]), ("F-1", ["P-1"]), ("F-3", [])])
def test_orders_before_the_charges_belong_to_those_that_name_them(filler: str, placers: list[str]) -> None:
    orders = ("ORC|RE|P-1|F-1", "OBR|1|P-1|F-1|A", "ORC|RE|P-2|F-2", "OBR|2|P-2|F-2|B")
    (event,) = charges(PID, PV1, *orders, f"FT1|1|T-1||20240312||CG|CS{'|' * 16}{filler}")
    assert [event["order"][name]["value"] for name in ("placer",) if name in event["order"]] == placers
    assert event["order"]["filler"]["value"] == filler


def test_charges_of_several_patients_are_told_apart() -> None:
    other = "PID|2||0055^^^HOP^PI||IDRISSI^Hamza"
    found = charges(PID, PV1, FT1, other, "FT1|2|T-2||20240312||CG|K5")
    assert [event["patient"]["names"][0]["family"] for event in found] == ["BENNANI", "IDRISSI"]
    assert "encounter" not in found[1]


def test_a_patient_without_a_charge_is_a_refused_part() -> None:
    (part,) = told("P03", PID, PV1).refused
    assert (part.place, part.issues[0].at) == ("PID 1", "FT1")


def test_a_rerun_of_one_charge_gives_only_that_one() -> None:
    data = body("DFT^P03", PID, PV1, FT1, "FT1|2|T-2||20240312||CG|K5")
    (event,) = read(data, places=("FT1 2",)).events
    assert event["place"] == "FT1 2"


ACCOUNT = PID + "|" * 10 + "A-7^^^CHU"
PR1 = "PR1|1||DEQP003^ECG^CCAM||202403121000+0100|D|10|||||101002233^NACIRI^Hind"


def accounts(trigger: str, *segments: str) -> list[dict[str, Any]]:
    translation = read(body(f"BAR^{trigger}", f"EVN|{trigger}|20240312102900", *segments))
    assert not translation.refused
    return [plain(event) for event in translation.events]


@pytest.mark.parametrize(
    ("trigger", "status"),
    [
        ("P01", "active"), ("P02", "entered-in-error"), ("P05", None), ("P06", "inactive"), ("P10", None),
        ("P12", None),
    ],
)  # fmt: skip
def test_what_becomes_of_the_account(trigger: str, status: str | None) -> None:
    (event,) = accounts(trigger, ACCOUNT)
    assert (event["type"], event.get("account_status")) == ("PatientUpdated", status)
    assert event["patient"]["account"]["value"] == "A-7"


def test_who_pays_and_the_stay_are_told_with_the_account() -> None:
    gt1, in1 = "GT1|1||BENNANI^Omar", "IN1|1|AMO|3^^^CNSS|CNSS"
    updated, stay = accounts("P01", ACCOUNT, PV1, "DG1|1||I10^HTA^I10", gt1, in1)
    assert (len(updated["guarantors"]), len(updated["insurances"])) == (1, 1)
    assert (stay["type"], stay["about"]) == ("EncounterRecorded", "encounter|urn:id:CHU|V-5")
    assert codes(stay["encounter"]["diagnoses"][0]["code"]) == ["I10"]


def test_procedures_told_to_the_accounts_are_acts_without_a_price() -> None:
    *_, act = accounts("P12", ACCOUNT, PV1, "DG1|1||I10^HTA^I10", PR1)
    assert (act["type"], act["place"], codes(act["code"])) == ("ChargeRecorded", "PR1 1", ["DEQP003"])
    assert act["encounter"]["identifiers"][0]["value"] == "V-5"
    assert (act["performed"], act["occurred"]) == ("2024-03-12T10:00+01:00", "2024-03-12T10:00+01:00")
    assert act["performers"][0]["identifiers"][0]["value"] == "101002233"
    assert not act.keys() & {"kind", "amount", "quantity"}


def test_a_procedure_taken_back_is_the_same_act() -> None:
    done = accounts("P12", ACCOUNT, PV1, PR1 + "|" * 7 + "Q-1^CHU")[-1]
    gone = accounts("P12", ACCOUNT, PV1, PR1 + "|" * 7 + "Q-1^CHU|D")[-1]
    assert (gone["about"], gone["kind"]) == (done["about"], "CD")


@given(st.lists(st.sampled_from([FT1, "FT1|2|T-2||20240312||CD|K5", PV1, PID, "DG1|1||I10", "NTE|1||x", "ORC|RE|P-1"])))
def test_any_order_of_segments_gives_every_charge_once(segments: list[str]) -> None:
    translation = told("P03", *segments)
    assert len(translation.events) == sum(segment.startswith("FT1") for segment in segments)
    assert len({event["id"] for event in translation.events}) == len(translation.events)
