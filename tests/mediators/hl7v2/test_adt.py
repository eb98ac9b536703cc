from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.mediators.hl7v2.messages import PID, body, events, left, read, told

PV1 = "PV1|1|I|CARDIO||||||||||||||||V-88^^^CHU"


@pytest.mark.parametrize(
    ("trigger", "kinds", "status"),
    [
        ("A28", ["PatientRegistered", "EncounterRecorded"], None),
        ("A31", ["PatientUpdated", "EncounterRecorded"], None),
        ("A08", ["PatientUpdated", "EncounterRecorded"], None),
        ("A01", ["PatientRegistered", "EncounterRecorded"], "in-progress"),
        ("A04", ["PatientRegistered", "EncounterRecorded"], "in-progress"),
        ("A05", ["PatientRegistered", "EncounterRecorded"], "planned"),
        ("A02", ["PatientUpdated", "EncounterRecorded"], "in-progress"),
        ("A03", ["PatientUpdated", "EncounterRecorded"], "finished"),
        ("A06", ["PatientUpdated", "EncounterRecorded"], "in-progress"),
        ("A07", ["PatientUpdated", "EncounterRecorded"], "in-progress"),
    ],
)
def test_what_each_trigger_tells(trigger: str, kinds: list[str], status: str | None) -> None:
    found = told(trigger, PID, PV1)
    assert [event["type"] for event in found] == kinds
    assert [event["place"] for event in found] == ["PID 1", "PV1 1"]
    assert found[1]["encounter"].get("status") == status
    assert found[0]["origin"]["trigger"] == trigger


@pytest.mark.parametrize("trigger", ["A08", "A28", "A31"])
def test_a_class_alone_is_no_stay_in_messages_about_the_patient(trigger: str) -> None:
    (event,) = told(trigger, PID, "PV1|1|N")
    assert [(one["place"], one["text"] if "text" in one else one["code"]["text"]) for one in event["details"]] == [
        ("PV1-2", "N")
    ]


def test_a_class_alone_is_a_stay_at_admission() -> None:
    assert told("A01", PID, "PV1|1|E")[1]["encounter"] == {"class_code": "E", "status": "in-progress"}


def test_a_message_without_a_visit_is_about_the_patient_only() -> None:
    assert [event["type"] for event in told("A01", PID)] == ["PatientRegistered"]


def test_a_discharge_time_finishes_the_stay_whatever_the_trigger() -> None:
    pv1 = PV1 + "|" * 26 + "202403150900"
    assert told("A08", PID, pv1)[1]["encounter"]["discharged"] == "2024-03-15T09:00+00:00"
    assert told("A01", PID, pv1)[1]["encounter"]["status"] == "finished"


def test_when_and_by_whom_it_was_recorded() -> None:
    data = body("ADT^A08", "EVN|A08|202403120900+0100||01|77^SABRI^Leila|202403120845+0100", PID)
    (event,) = events(data)
    assert event["origin"]["recorded"] == "2024-03-12T09:00+01:00"
    assert event["origin"]["operators"][0]["names"][0]["family"] == "SABRI"
    assert event["occurred"] == "2024-03-12T08:45+01:00"
    assert event["version"] == 1_710_230_400_000_000
    assert event["origin"]["reason"]["codings"] == [{"code": "01"}]
    assert not left(event)


def test_allergies() -> None:
    (event,) = told("A31", PID, "AL1|1|DA|N0000^Pénicilline^L|SV|Urticaire~Œdème|20200101")
    assert event["allergies"] == [
        {
            "type": "DA", "severity": "SV", "reactions": ["Urticaire", "Œdème"], "identified": "2020-01-01",
            "code": {
                "text": "Pénicilline", "codings": [{"system": "urn:id:L", "code": "N0000", "display": "Pénicilline"}],
            },
        }
    ]  # fmt: skip


def test_insurances() -> None:
    in1 = (
        "IN1|1|AMO^Assurance maladie obligatoire|3^^^CNSS|CNSS|Bd Abdelmoumen^^Casablanca||0522000000|GR-1||||20200101|"
        "20251231|||BENNANI^Omar|SPO^Conjoint|" + "|" * 18 + "POL-7" + "|" * 13 + "123456789^^^CNSS"
    )
    (event,) = told("A31", PID, in1)
    (insurance,) = event["insurances"]
    assert insurance["plan"]["text"] == "Assurance maladie obligatoire"
    assert insurance["company"]["name"] == "CNSS"
    assert insurance["company"]["addresses"][0]["city"] == "Casablanca"
    assert (insurance["start"], insurance["end"]) == ("2020-01-01", "2025-12-31")
    assert (insurance["policy"], insurance["group"]) == ("POL-7", "GR-1")
    assert insurance["subscriber"] == {"family": "BENNANI", "given": ["Omar"]}
    assert insurance["relationship"]["text"] == "Conjoint"
    assert insurance["subscriber_identifiers"][0]["system"] == "https://hie.sante.gov.ma/id/cnss"


def test_diagnoses_procedures_and_account_belong_to_the_stay() -> None:
    pid = PID + "|" * 10 + "ACC-7^^^CHU"
    _, stay = told("A01", pid, PV1, "DG1|1||I21^Infarctus^I10||20240312|A", "PR1|1||36.0^Angioplastie||20240312")
    assert stay["encounter"]["diagnoses"][0]["type"] == "A"
    assert stay["encounter"]["procedures"][0]["performed"] == "2024-03-12"
    assert stay["encounter"]["account"]["value"] == "ACC-7"


def test_observations_of_a_patient_with_their_notes() -> None:
    (event,) = told("A08", PID, "NTE|1||du patient", "OBX|1|NM|8302-2^Taille^LN||172|cm", "NTE|1||debout")
    (result,) = event["observations"]
    assert result["values"][0]["number"] == "172"
    assert result["notes"] == [{"text": "debout"}]
    assert event["patient"]["notes"] == [{"text": "du patient"}]


def test_an_observation_of_another_message_is_another() -> None:
    first, second = (told("A08", PID, f"OBX|1|NM|8302-2^Taille^LN||{cm}|cm")[0] for cm in (172, 173))
    assert first["observations"][0]["id"] != second["observations"][0]["id"]


def test_primary_care_and_next_of_kin() -> None:
    (event,) = told("A28", PID, "PD1||||12^ALAMI^Driss", "NK1|1|BENNANI^Omar|FTH^Père||0661000000")
    assert event["patient"]["general_practitioners"][0]["names"][0]["family"] == "ALAMI"
    assert event["patient"]["contacts"][0]["telecoms"] == [{"value": "0661000000", "system": "phone"}]


def test_an_update_deletes_leaves_and_sets() -> None:
    (event,) = told("A08", 'PID|1||0044^^^HOP||BENNANI^SALMA||""|F|||""||0537001122')
    assert event["patient"]["cleared"] == ["birth_date", "addresses"]
    assert {"birth_date", "addresses", "marital_status"}.isdisjoint(event["patient"])
    assert event["patient"]["sex"] == "female"


def test_unknown_segments_travel_on_with_the_patient() -> None:
    found = told("A02", PID, PV1, "ZBE|MVT-1^CHU|202403120900||INSERT", "ZFA|ACTIF")
    assert left(found[0]) == {"ZBE-1": "MVT-1^CHU", "ZBE-2": "202403120900", "ZBE-4": "INSERT", "ZFA-1": "ACTIF"}
    assert "unmapped" not in found[1]


@pytest.mark.parametrize("trigger", ["A01", "A03", "A08"])
def test_a_stay_is_known_by_its_number_whatever_happens_to_it(trigger: str) -> None:
    assert told(trigger, PID, PV1)[1]["about"] == "encounter|urn:id:CHU|V-88"


def test_a_stay_without_a_number_is_known_by_patient_and_day_and_names_nobody() -> None:
    pv1 = "PV1|1|I" + "|" * 42 + "{}"
    about = [told("A01", PID, pv1.format(day))[1]["about"] for day in ("20240312", "202403122300", "20240313")]
    assert about[0] == about[1] != about[2]
    assert about[0].startswith("encounter|CHU|")
    assert "0044" not in about[0]


def test_the_fact_of_a_patient_names_nobody() -> None:
    (event,) = told("A28", PID)
    assert event["about"].startswith("patient|")
    assert "0044" not in event["about"]


def test_a_merge_tells_who_survives_and_who_was_merged() -> None:
    event, stay = told("A40", PID, "MRG|0033^^^HOP^PI|||||V-1", PV1)
    assert event["type"] == "PatientMerged"
    assert event["patient"]["identifiers"][0]["value"] == "0044"
    assert event["prior"] == {
        "identifiers": [{"system": "urn:id:HOP", "value": "0033", "type": "PI", "authority": "HOP"}],
        "active": False,
    }
    assert [(one["place"], one["identifier"]["value"]) for one in event["details"]] == [("MRG-6", "V-1")]
    assert stay["encounter"]["identifiers"][0]["value"] == "V-88"


def test_several_merges_in_one_message() -> None:
    found = told("A40", PID, "MRG|0033^^^HOP", "PID|2||0050^^^HOP", "PD1||||1^X", "MRG|0051^^^HOP")
    assert [(one["place"], one["prior"]["identifiers"][0]["value"]) for one in found] == [
        ("PID 1", "0033"), ("PID 2", "0051"),
    ]  # fmt: skip


def test_a_merge_that_does_not_say_who_is_a_refused_part() -> None:
    translation = read(body("ADT^A40", PID, "MRG|0033^^^HOP", "PID|2||0050^^^HOP", "MRG|"))
    assert len(translation.events) == 1
    (part,) = translation.refused
    assert (part.place, part.issues[0].at, part.issues[0].location) == ("PID 2", "MRG-1", "MRG^2^1")


def test_a_rerun_of_one_place() -> None:
    data = body("ADT^A01", PID, PV1)
    (stay,) = events(data, places=("PV1 1",))
    assert stay["type"] == "EncounterRecorded"
    assert stay["id"] == events(data)[1]["id"]


def test_a_message_without_a_patient_is_read_for_what_it_says() -> None:
    (event,) = told("A01", "IN1|1|AMO")
    assert event["patient"] == {}
    assert event["insurances"][0]["plan"]["text"] == "AMO"


SEGMENTS = st.sampled_from(
    [PID, PV1, "NK1|1|X", "AL1|1|DA|P", "IN1|1|A", "OBX|1|NM|a||1", "NTE|1||n", "DG1|1||I21", "PR1|1||a", "PD1|||X",
     "MRG|1^^^H", "ZBE|1", "PRT|1|AD||AT|1^X", "PID", "PV1", "PV2|||R"]
)  # fmt: skip


@given(st.sampled_from(["A01", "A08", "A31", "A40"]), st.lists(SEGMENTS, max_size=10))
@settings(max_examples=150, deadline=None)
def test_segments_in_any_order_are_read(trigger: str, segments: list[str]) -> None:
    translation = read(body(f"ADT^{trigger}", *segments))
    ids = [event["id"] for event in translation.events]
    assert len(set(ids)) == len(ids)
    assert ids or translation.refused
