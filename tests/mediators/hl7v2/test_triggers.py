"""Every trigger event of ADT: what it makes of the stay, and what a cancelling one takes back."""

from __future__ import annotations

from typing import Any

import pytest

from mediators.hl7v2.triggers import LINKS, MERGES, TRIGGERS
from tests.mediators.hl7v2.messages import PID, body, events, left, read, told

STAY = {2: "I", 3: "MED^12^B^CHU", 6: "URG^1^A^CHU", 7: "1^ALAMI", 19: "V-88^^^CHU", 44: "202403120800"}
MRG = "MRG|0033^^^HOP^PI||ACC-1^^^CHU||V-1^^^CHU|ALT-1^^^CHU|BENNANI^SALMA"
OTHER = "PID|2||0050^^^HOP^PI||ALAOUI^OMAR||19800101|M"


def pv1(**fields: str) -> str:
    told = STAY | {int(name[1:]): value for name, value in fields.items()}
    return "PV1|1|" + "|".join(told.get(number, "") for number in range(2, max(told) + 1))


def stay(trigger: str, *more: str, **fields: str) -> dict[str, Any]:
    found = [event for event in told(trigger, PID, pv1(**fields), *more) if event["type"] == "EncounterRecorded"]
    return found[0]


@pytest.mark.parametrize(
    ("trigger", "status", "undone"),
    [
        ("A01", "in-progress", None), ("A02", "in-progress", None), ("A03", "finished", None),
        ("A04", "in-progress", None), ("A05", "planned", None), ("A06", "in-progress", None),
        ("A07", "in-progress", None), ("A08", None, None), ("A09", None, None), ("A10", "in-progress", None),
        ("A11", "cancelled", "admission"), ("A12", "in-progress", "transfer"), ("A13", "in-progress", "discharge"),
        ("A14", "planned", None), ("A15", "in-progress", None), ("A16", "in-progress", None),
        ("A17", "in-progress", None), ("A21", "onleave", None), ("A22", "in-progress", None),
        ("A23", "entered-in-error", "stay"), ("A25", "in-progress", "pending discharge"),
        ("A26", "in-progress", "pending transfer"), ("A27", "cancelled", "pending admission"), ("A28", None, None),
        ("A29", None, None), ("A31", None, None), ("A32", None, "arrival"), ("A33", None, "departure"),
        ("A38", "cancelled", "pre-admission"), ("A52", "in-progress", "leave"), ("A53", "onleave", "return"),
        ("A54", None, None), ("A55", None, "attending doctor"), ("A60", None, None), ("A61", None, None),
        ("A62", None, "consulting doctor"),
    ],
)  # fmt: skip
def test_what_each_trigger_makes_of_the_stay(trigger: str, status: str | None, undone: str | None) -> None:
    found = stay(trigger)
    assert (found["encounter"].get("status"), found["undone"]) == (status, undone)
    assert found["about"] == "encounter|urn:id:CHU|V-88"
    assert found["origin"]["trigger"] == trigger


@pytest.mark.parametrize("trigger", sorted(TRIGGERS))
def test_every_trigger_tells_something_of_the_patient(trigger: str) -> None:
    found = read(body(f"ADT^{trigger}", f"EVN|{trigger}|20240312102900", PID + "|" * 10 + "ACC-2", MRG, pv1(), OTHER))
    kinds = {event["type"] for event in found.events}
    assert "EncounterRecorded" in kinds
    assert ("PatientMerged" in kinds) == (trigger in MERGES)
    assert ("PatientLinked" in kinds) == (trigger in LINKS)
    assert not [event for event in found.events if event.get("unmapped")]


@pytest.mark.parametrize("trigger", ["A01", "A04", "A05", "A14", "A28"])
def test_who_is_met_is_registered(trigger: str) -> None:
    assert told(trigger, PID, pv1())[0]["type"] == "PatientRegistered"


def test_a_cancelled_discharge_empties_the_discharge_whatever_the_message_repeats() -> None:
    found = stay("A13", f36="01^Domicile", f37="SSR", f45="202403150900")["encounter"]
    assert found["cleared"] == ["discharged", "discharge_disposition", "discharged_to"]
    assert not found.keys() & set(found["cleared"])
    assert {one["place"].partition(".")[0] for one in found["details"]} == {"PV1-45", "PV1-36", "PV1-37"}


def test_a_cancelled_transfer_is_back_where_the_message_says() -> None:
    found = stay("A12")["encounter"]
    assert found["place"]["room"] == "12"
    assert "prior_place" not in found
    assert found["cleared"] == ["prior_place"]
    assert stay("A12", f3="")["encounter"]["cleared"] == ["prior_place", "place"]


def test_cancelled_plans_are_taken_back() -> None:
    assert stay("A26", f42="CHIR^1")["encounter"]["cleared"] == ["pending_place"]
    pending = stay("A25", "PV2|||||||||202403160900", f45="202403160900")["encounter"]
    assert pending["status"] == "in-progress"
    assert {"expected_discharge", "discharged"} <= set(pending["cleared"])
    assert not pending.keys() & {"expected_discharge", "discharged"}
    away = "PV2" + "|" * 47 + "202403140800"
    assert stay("A21", away)["encounter"]["expected_return"] == "2024-03-14T08:00+00:00"
    assert stay("A22", away)["encounter"]["cleared"] == ["expected_return"]
    assert stay("A52")["encounter"]["cleared"] == ["expected_return"]


def test_a_doctor_taken_back_is_replaced_or_removed() -> None:
    assert "cleared" not in stay("A55")["encounter"]
    assert stay("A55", f7="")["encounter"]["cleared"] == ["participants:AT"]
    assert stay("A62")["encounter"]["cleared"] == ["participants:CP"]


def test_a_pending_discharge_is_no_discharge() -> None:
    assert stay("A16", f45="202403160900")["encounter"]["status"] == "in-progress"


@pytest.mark.parametrize("trigger", ["A11", "A13", "A23", "A38"])
def test_what_is_taken_back_must_be_told(trigger: str) -> None:
    found = read(body(f"ADT^{trigger}", PID))
    assert [event["type"] for event in found.events] == ["PatientUpdated"]
    (part,) = found.refused
    assert (part.place, part.issues[0].at) == ("PID 1, stay", "PV1-19")


def test_a_swap_tells_both_stays() -> None:
    found = told("A17", PID, pv1(), OTHER, pv1(f3="MED^14^A^CHU", f19="V-90^^^CHU"))
    stays = [event for event in found if event["type"] == "EncounterRecorded"]
    assert [(one["patient"]["identifiers"][0]["value"], one["encounter"]["place"]["room"]) for one in stays] == [
        ("0044", "12"), ("0050", "14"),
    ]  # fmt: skip


def test_a_newborns_stay_is_part_of_the_mothers() -> None:
    pid = "PID|1||0099^^^HOP^PI||BENNANI^BEBE||20240312|F" + "|" * 13 + "0044^^^HOP^PI~V-88^^^CHU^VN"
    newborn = "PV2" + "|" * 36 + "Y"
    child, stay = told("A01", pid, "PV1|1|I|MAT|N||||||||||||||||V-91^^^CHU", newborn)
    assert [one["value"] for one in child["patient"]["mother_identifiers"]] == ["0044", "V-88"]
    assert (stay["encounter"]["part_of"]["value"], stay["encounter"]["newborn"]) == ("V-88", True)


def test_a_person_is_deleted_and_added_and_nothing_is_destroyed() -> None:
    (gone,) = told("A29", PID)
    assert (gone["type"], gone["patient"]["active"]) == ("PatientUpdated", False)
    assert gone["patient"]["names"][0]["family"] == "BENNANI"
    assert "cleared" not in gone["patient"]
    assert told("A28", PID)[0]["patient"]["active"] is True


def test_when_the_patient_came_to_a_place() -> None:
    evn = "EVN|A02|202403131000+0100||||202403130930+0100"
    assert events(body("ADT^A02", evn, PID, pv1()))[1]["encounter"]["moved"] == "2024-03-13T09:30+01:00"
    assert "moved" not in events(body("ADT^A08", evn, PID, pv1()))[1]["encounter"]


def test_what_comes_with_a_stay_belongs_to_it_in_any_order() -> None:
    parts = [
        "PR1|1||36.0^Angioplastie||20240312",
        "DRG|0470^^DRG",
        "ACC|20240311|TR",
        "UB2|1|2",
        "PDA|I21^^I10",
        "ZBE|7",
    ]
    patient, found = told("A08", PID, "NTE|1||du patient", pv1(), *parts, "AL1|1||P", "DG1|1||I21^^I10")
    assert {one["place"].partition("-")[0] for one in found["encounter"]["details"]} == {"DRG", "ACC", "UB2", "PDA"}
    assert {"diagnoses", "procedures"} <= found["encounter"].keys()
    assert "allergies" in patient
    assert left(patient) == {"ZBE-1": "7"}


def test_what_comes_without_a_stay_stays_with_the_patient() -> None:
    (event,) = told("A08", PID, "ACC|20240311|TR")
    assert {one["place"] for one in event["details"]} == {"ACC-1", "ACC-2"}


def test_the_message_head_is_kept_whole() -> None:
    head = (
        r"MSH|^~\&|HIS^1.2.3^ISO|CHU^1.2.4^ISO|WASL^wasl.ma^DNS|HIE^1.2.5^ISO|20240312103000+0100||{type}|C-17|P|{version}"
        + "|" * 9
        + "PAM^IHE^1.3.6^ISO"
    )
    evn = "EVN|A01|202403121029+0100|20240313|02^Ordre^L|77^SABRI|202403120900+0100|CHU-EST^1.2.6^ISO"
    (event,) = events(body("ADT^A08", evn, PID, head=head))
    origin = event["origin"]
    assert (origin["application"], origin["facility"]) == ("HIS", "CHU")
    assert [(origin[f"{one}_id"]["value"], origin[f"{one}_id"]["type"]) for one in
            ("application", "facility", "receiving_application", "receiving_facility")] == [
        ("urn:oid:1.2.3", "ISO"), ("urn:oid:1.2.4", "ISO"), ("urn:id:wasl.ma", "DNS"), ("urn:oid:1.2.5", "ISO"),
    ]  # fmt: skip
    assert [one["value"] for one in origin["profiles"]] == ["PAM"]
    assert (origin["planned"], origin["reason"]["text"], origin["place"]["name"]) == ("2024-03-13", "Ordre", "CHU-EST")
    assert [(one["place"], one.get("text")) for one in event["details"]] == [("EVN-1", "A01")]
