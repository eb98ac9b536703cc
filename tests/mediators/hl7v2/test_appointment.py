from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediators.hl7v2 import booked
from schemas import facts
from schemas.events import plain
from tests.mediators.hl7v2.messages import PID, body, read

SCH = (
    "SCH|P-1^AGENDA|F-1^RDV|||AGENDA-2^Consultations|MOD^Modifié|FOLLOWUP^Contrôle^HL70276|Normal^^HL70277|1800|s|"
    "^^M20^202406101000+0100^202406101030+0100^R|77^SABRI^Leila|^WPN^PH^^^^0537000000|Bd Ibn Sina^^Salé|SEC^B1|"
    "78^ALAMI^Omar|^WPN^PH^^^^0537000001||CONS^2|79^RAMI^Nora|||||Booked^^HL70278|O-7^CHU|R-7^LABO"
)
RGS = "RGS|1||GR-1^Consultation"
AIS = "AIS|1|A|CS-CARD^Consultation de cardiologie^L|202406101000+0100|||30|min|||"
AIP = "AIP|1|A|101002233^NACIRI^Hind^^^Dr|CARD^Cardiologue|||||||Y|Booked^^HL70278"


def told(trigger: str, *segments: str) -> list[dict[str, Any]]:
    translation = read(body(f"SIU^{trigger}^SIU_S12", *segments))
    assert not translation.refused
    return [plain(event) for event in translation.events]


def appointment(trigger: str, *segments: str) -> dict[str, Any]:
    (event,) = told(trigger, *segments)
    assert event["type"] == "AppointmentRecorded"
    return event


def codes(code: dict[str, Any]) -> list[str]:
    return [coding["code"] for coding in code["codings"]]


def test_an_appointment_with_all_that_its_header_tells() -> None:
    event = appointment("S12", SCH, PID, RGS, AIS, AIP)
    assert [(one["value"], one["system"], one["type"]) for one in event["numbers"]] == [
        ("F-1", "urn:id:RDV", "FILL"),
        ("P-1", "urn:id:AGENDA", "PLAC"),
    ]
    assert (event["about"], event["place"]) == ("appointment|urn:id:RDV|F-1", "PID 1")
    assert codes(event["schedule"]) == ["AGENDA-2"]
    assert (codes(event["event_reason"]), codes(event["reasons"][0])) == (["MOD"], ["FOLLOWUP"])
    assert codes(event["kind"]) == ["Normal"]
    assert (event["status"], codes(event["sent_status"])) == ("booked", ["Booked"])
    assert (event["start"], event["end"]) == ("2024-06-10T10:00+01:00", "2024-06-10T10:30+01:00")
    assert event["minutes"] == "30"
    (placer,) = event["placers"]
    assert placer["telecoms"][0]["value"] == "0537000000"
    assert (placer["addresses"][0]["city"], placer["location"]["room"]) == ("Salé", "B1")
    assert event["fillers"][0]["names"][0]["family"] == "ALAMI"
    assert event["fillers"][0]["location"]["point_of_care"] == "CONS"
    assert event["entered_by"][0]["names"][0]["family"] == "RAMI"
    assert [(one["value"], one["type"]) for one in event["orders"]] == [("O-7", "PLAC"), ("R-7", "FILL")]
    assert event["unmapped"] == []


@pytest.mark.parametrize(
    ("trigger", "sent", "status"),
    [
        ("S12", "", "booked"),
        ("S13", "Booked", "booked"),
        ("S14", "Pending", "pending"),
        ("S14", "Waitlist", "waitlist"),
        ("S14", "Complete", "fulfilled"),
        ("S14", "Started", "arrived"),
        ("S14", "Overbook", "booked"),
        ("S14", "Confirmé par SMS", "booked"),
        ("S15", "Booked", "cancelled"),
        ("S16", "Booked", "cancelled"),
        ("S16", "Complete", "fulfilled"),
        ("S17", "Booked", "entered-in-error"),
        ("S18", "", "booked"),
        ("S19", "", "booked"),
        ("S23", "", "pending"),
        ("S24", "Blocked", "cancelled"),
        ("S26", "Booked", "noshow"),
        ("S14", "Noshow", "noshow"),
        ("S14", "Deleted", "entered-in-error"),
        ("S14", "Dc", "cancelled"),
    ],
)
def test_what_each_trigger_and_status_makes_of_it(trigger: str, sent: str, status: str) -> None:
    event = appointment(trigger, f"SCH|P-1|F-1{'|' * 23}{sent}", PID)
    assert event["status"] == status
    assert event.get("sent_status", {}).get("text", "") == sent


def test_every_trigger_is_about_the_same_appointment() -> None:
    found = [appointment(trigger, SCH, PID) for trigger in ("S12", "S13", "S14", "S15", "S17", "S26")]
    assert len({event["about"] for event in found}) == 1
    assert len({event["id"] for event in found}) == 6


def test_without_a_fillers_number_the_placers_is_the_key() -> None:
    assert appointment("S12", "SCH|P-1^AGENDA", PID)["about"] == "appointment|urn:id:AGENDA|P-1"


def test_occurrences_of_a_series_are_appointments_of_their_own() -> None:
    first, second = (appointment("S12", f"SCH|P-1|F-1|{number}", PID) for number in (1, 2))
    assert first["about"] != second["about"]
    assert (first["occurrence"], second["occurrence"]) == ("1", "2")


@pytest.mark.parametrize(
    ("length", "unit", "minutes"),
    [
        ("1800", "s", "30"), ("30", "min^minutes^UCUM", "30"), ("30", "", "30"), ("1", "H", "60"), ("1.5", "h", "90"),
        ("45", "Minutes", "45"), ("15", "m^Minutes", "15"), ("2", "jours", "2880"), ("90", "sec", "1.5"),
        ("20", "MIN", "20"), ("1", "^heures", "60"),
    ],
)  # fmt: skip
def test_how_long_it_lasts_in_whatever_unit(length: str, unit: str, minutes: str) -> None:
    assert appointment("S12", f"SCH|P-1|F-1|||||||{length}|{unit}", PID)["minutes"] == minutes


@pytest.mark.parametrize(("length", "unit"), [("deux", "h"), ("3", "séances"), ("NaN", "min")])
def test_a_length_that_means_nothing_is_kept_as_sent(length: str, unit: str) -> None:
    event = appointment("S12", f"SCH|P-1|F-1|||||||{length}|{unit}", PID)
    assert "minutes" not in event
    assert [one["place"] for one in event["details"]] == ["SCH-9", "SCH-10"]


@pytest.mark.parametrize(
    ("segments", "start", "end"),
    [
        (["SCH|P-1|F-1|||||||||^^^202406101000+0100"], "2024-06-10T10:00+01:00", None),
        (["SCH|P-1|F-1|||||||20|min|^^^202406101000+0100"], "2024-06-10T10:00+01:00", "2024-06-10T10:20+01:00"),
        (["SCH|P-1|F-1|||||||||^^M40^202406101000+0100"], "2024-06-10T10:00+01:00", "2024-06-10T10:40+01:00"),
        (
            ["SCH|P-1|F-1", "TQ1|1||||||202406101000+0100|202406101100+0100"],
            "2024-06-10T10:00+01:00", "2024-06-10T11:00+01:00",
        ),
        (
            ["SCH|P-1|F-1|||||||||^^^202406101000+0100", "TQ1|1||||||202406111000+0100"],
            "2024-06-10T10:00+01:00", None,
        ),
        (["SCH|P-1|F-1", PID, AIS], "2024-06-10T10:00+01:00", "2024-06-10T10:30+01:00"),
        (["SCH|P-1|F-1", PID, "AIL|1|A|SCAN^1||||||45|min"], None, None),
        (
            ["SCH|P-1|F-1", PID, "AIP|1|A|1^A|||20240610120000+0100|||1|h", "AIG|1|A|E^Echo|||||20240610113000+0100"],
            "2024-06-10T11:30:00+01:00", "2024-06-10T12:30:00+01:00",
        ),
        (["SCH|P-1|F-1|||||||20|min|^^^20240610"], "2024-06-10", None),
    ],
)  # fmt: skip
def test_when_it_is(segments: list[str], start: str | None, end: str | None) -> None:
    event = appointment("S12", *segments, *([] if PID in segments else [PID]))
    assert (event.get("start"), event.get("end")) == (start, end)


def test_what_the_appointment_needs() -> None:
    ail = "AIL|1|U|RADIO^12^^CHU|ROOM^Salle||202406101015+0100|||15|min||Pending^^HL70278"
    aig = "AIG|1|A|E-4^Echographe|EQ^Equipement|G-1^Appareils|2|u||10|min|20|min||Booked"
    segments = (SCH, PID, RGS, AIS, "NTE|1||A jeun", aig, ail, "NTE|1||Désinfecter", "RGS|2", AIP)
    service, thing, place, person = appointment("S12", *segments)["resources"]
    assert [one["kind"] for one in (service, thing, place, person)] == ["AIS", "AIG", "AIL", "AIP"]
    assert (service["code"]["text"], service["minutes"], service["end"]) == (
        "Consultation de cardiologie", "30", "2024-06-10T10:30+01:00",
    )  # fmt: skip
    assert service["notes"] == [{"text": "A jeun"}]
    assert (thing["code"]["text"], thing["role"]["text"]) == ("Echographe", "Equipement")
    # ten minutes after the appointment begins
    assert (thing["start"], thing["end"]) == ("2024-06-10T10:10+01:00", "2024-06-10T10:30+01:00")
    assert [one["name"] for one in thing["details"]] == [
        "resource-group",
        "resource-quantity",
        "resource-quantity-units",
    ]
    assert (place["place"]["point_of_care"], place["place"]["room"], place["status"]) == ("RADIO", "12", "tentative")
    assert codes(place["sent_status"]) == ["Pending"]
    assert place["notes"] == [{"text": "Désinfecter"}]
    assert (person["person"]["identifiers"][0]["value"], person["status"]) == ("101002233", "accepted")
    assert person["person"]["identifiers"][0]["system"].endswith("inpe-ps")
    assert codes(service["group"]) == ["GR-1"]
    assert "group" not in person


def test_services_are_listed_and_unknown_ones_go_to_the_work_list() -> None:
    translation = read(body("SIU^S12", SCH, PID, AIS))
    assert [code["text"] for code in plain(translation.events[0])["services"]] == ["Consultation de cardiologie"]
    assert translation.unknown_codes == ["urn:id:L|CS-CARD"]


@pytest.mark.parametrize(
    ("trigger", "first", "second", "statuses"),
    [
        ("S20", "", "", ["declined", "declined"]),
        ("S22", "D", "U", ["declined", None]),
        ("S21", "", "D", [None, "declined"]),
        ("S14", "D", "A", ["declined", None]),
        ("S18", "A", "", [None, None]),
    ],
)
def test_resources_that_are_taken_away_stay_as_declined(
    trigger: str, first: str, second: str, statuses: list[str | None]
) -> None:
    event = appointment(trigger, SCH, PID, f"AIP|1|{first}|1^A", f"AIP|2|{second}|2^B")
    assert [one.get("status") for one in event["resources"]] == statuses


def test_several_people_of_one_field_are_people_of_their_own() -> None:
    event = appointment("S12", SCH, PID, "AIP|1|A|1^ALAMI~2^RAMI")
    assert [one["person"]["names"][0]["family"] for one in event["resources"]] == ["ALAMI", "RAMI"]


def test_each_of_several_patients_has_an_appointment() -> None:
    other = "PID|2||0055^^^HOP^PI||IDRISSI^Hamza"
    first, second = told("S12", SCH, PID, "PV1|1|O|CONS", other, RGS, AIP)
    assert [event["patient"]["names"][0]["family"] for event in (first, second)] == ["BENNANI", "IDRISSI"]
    assert [event["place"] for event in (first, second)] == ["PID 1", "PID 2"]
    assert facts.fact({**first, "person": "a"}) != facts.fact({**second, "person": "b"})
    assert first["resources"] == second["resources"]
    assert "encounter" in first
    assert "encounter" not in second


def test_what_stands_with_the_patient() -> None:
    event = appointment(
        "S14", SCH, "NTE|1|L|Venir à jeun", PID, "PV1|1|O|CONS||||||||||||||||V-9^^^CHU", "PV2|||DOUL^Douleur",
        "OBX|1|NM|8867-4^Heart rate^LN||72|/min|||||F", "DG1|1||I10^HTA^I10", RGS, AIP,
    )  # fmt: skip
    assert event["notes"] == [{"text": "Venir à jeun", "source": "L"}]
    assert event["encounter"]["identifiers"][0]["value"] == "V-9"
    assert event["diagnoses"][0]["code"]["text"] == "HTA"
    assert event["observations"][0]["values"][0]["number"] == "72"


@pytest.mark.parametrize("trigger", ["S23", "S24", "S12"])
def test_time_of_no_patient_is_refused_with_what_to_do(trigger: str) -> None:
    translation = read(body(f"SIU^{trigger}", SCH, RGS, AIP))
    assert not translation.events
    (part,) = translation.refused
    assert part.place == "SCH 1"
    assert part.issues[0].at == "PID"
    assert ("blocked" in part.issues[0].text) == (trigger != "S12")
    assert part.issues[0].remedy


def test_a_rerun_of_one_patient_gives_only_theirs() -> None:
    data = body("SIU^S12", SCH, PID, "PID|2||0055^^^HOP^PI||IDRISSI^Hamza", AIP)
    (event,) = read(data, places=("PID 2",)).events
    assert event["place"] == "PID 2"


def test_a_note_in_the_place_of_its_source_is_kept() -> None:
    event = appointment("S13", SCH, "NTE||Reporté à la demande du patient", PID)
    assert [(one["place"], one["text"]) for one in event["details"]] == [("NTE-2", "Reporté à la demande du patient")]


def test_no_segment_is_dropped_in_silence() -> None:
    event = appointment("S12", SCH, PID, "ZRV|1|note du site", "RGS|1|A", "AL1|1|DA|PEN^Pénicilline")
    places = {one["place"] for one in event["unmapped"]} | {one["place"] for one in event["details"]}
    assert places >= {"ZRV-2", "RGS-2", "AL1-3"}


@given(st.text("0123456789.-eE", max_size=8), st.sampled_from(["", "s", "min", "h", "d", "w", "x"]))
def test_a_length_is_minutes_or_nothing(text: str, unit: str) -> None:
    found = booked.minutes(text, unit)
    assert found is None or float(found) is not None


@given(st.datetimes().map(lambda when: when.strftime("%Y-%m-%dT%H:%M+01:00")), st.integers(0, 10_000))
def test_so_many_minutes_later_is_a_time_of_the_same_kind(start: str, minutes: int) -> None:
    end = booked.later(start, str(minutes))
    assert end is None or (len(end) == len(start) and end >= start)
