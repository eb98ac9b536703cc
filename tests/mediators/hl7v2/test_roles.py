"""ROL and PRT: who takes part, as what, since when, of which body and where."""

from __future__ import annotations

from mediators.hl7v2.roles import role
from tests.mediators.hl7v2.messages import scope, segment, told

ROL = (
    "ROL|R-1^HOP|AD|AT^Médecin traitant^HL70443|101020304^ALAMI^Driss|20240301|20240401|||GEN^Généraliste||3 Rue B^^Fès"
    "|0535112233|CARDIO^12|Cabinet Alami"
)
PRT = (
    "PRT|P-1^HOP|AD||AT|101020304^ALAMI^Driss|GEN^Généraliste||Cabinet Alami|CARDIO^12||20240301|20240401||3 Rue B^^Fès"
    "|0535112233"
)
PID = "PID|1||0044^^^HOP||BENNANI^Salma"


def test_a_role_tells_who_where_and_when() -> None:
    (who,) = role(segment(ROL), scope())
    assert who["role"] == "AT"
    assert (who["duty"] or {})["text"] == "Médecin traitant"
    assert who["identifiers"][0]["system"] == "https://hie.sante.gov.ma/id/inpe-ps"
    assert (who["start"], who["end"]) == ("2024-03-01", "2024-04-01")
    assert who["kinds"][0]["text"] == "Généraliste"
    assert who["addresses"][0]["city"] == "Fès"
    assert who["telecoms"][0]["value"] == "0535112233"
    assert who["location"] == {"point_of_care": "CARDIO", "room": "12"}
    assert who["organization"] == {"name": "Cabinet Alami"}


def test_a_participation_says_the_same() -> None:
    (said,) = role(segment(ROL), scope())
    (also,) = role(segment(PRT), scope())
    del said["duty"]
    assert also == said


def test_a_body_may_take_part_without_a_person() -> None:
    assert role(segment("PRT|||| AT|||  |Cabinet Alami"), scope()) == [
        {"role": "AT", "organization": {"name": "Cabinet Alami"}}
    ]


def test_who_is_taken_out_takes_no_part() -> None:
    known = scope()
    assert role(segment(ROL.replace("|AD|", "|DE|")), known) == []
    assert {number for _, number, _ in known.others} >= {2, 3, 4}


def test_several_bodies_and_places_are_all_kept() -> None:
    known = scope()
    role(segment(PRT.replace("Cabinet Alami", "Cabinet Alami~Clinique Atlas")), known)
    assert [number for _, number, _ in known.others] == [1, 2, 8]


def test_the_patients_own_doctor_and_others() -> None:
    (event,) = told("A28", PID, "ROL|1|AD|PP|101020304^ALAMI^Driss", "ROL|2|AD|CP|55^NACIRI^Hind")
    patient = event["patient"]
    assert [one["role"] for one in patient["general_practitioners"]] == ["PP"]
    assert [one["role"] for one in patient["participants"]] == ["CP"]


def test_a_role_after_a_stay_is_of_the_stay() -> None:
    patient, stay = told("A01", PID, "PV1|1|I|CARDIO", "ROL|1|AD|AT|101020304^ALAMI^Driss")
    assert "participants" not in patient["patient"]
    assert [one["role"] for one in stay["encounter"]["participants"]] == ["AT"]
