"""The facts of admissions that must survive, from the message to FHIR: header, event, stay, diagnoses, merge."""

from __future__ import annotations

from typing import Any

import pytest

from mediators.hl7v2 import adt
from mediators.hl7v2.reader import Hl7
from mediators.mediator import Context
from schemas import codec
from schemas.fhir import bundle, terms
from schemas.message import Message

HEAD = r"MSH|^~\&|SIH^1.2.504.1.7^ISO|CHU|WASL|HIE|20240312103000+0100||ADT^{}|C-17|P|2.5"
PID = "PID|1||0044^^^CHU^PI||BENNANI^SALMA||19870604|F" + "|" * 10 + "ACC-2^^^CHU"
STAY = {
    2: "I", 3: "MED^12^B^CHU", 4: "E", 7: "1^ALAMI^DRISS", 8: "2^FASSI", 9: "3^RAMI", 14: "7", 17: "4^NACIRI",
    19: "V-88^^^CHU", 36: "01", 44: "202403120800+0100",
}  # fmt: skip


def resources(trigger: str, *segments: str) -> dict[str, list[dict[str, Any]]]:
    evn = f"EVN|{trigger}|202403121029+0100|20240313|02^Ordre^L|77^SABRI|202403120900+0100|CHU-EST"
    body = "\r".join([HEAD.format(trigger), evn, *segments]).encode()
    hl7 = Hl7.read(body)
    message = Message("t", "hospital-adt", "SIH|CHU", body, "x-application/hl7-v2+er7", 1_741_700_000_000_000, "C-17")
    events = adt.mediate(hl7, message, Context()).events
    found: dict[str, list[dict[str, Any]]] = {}
    # through the contract, as on the bus
    decoded: list[Any] = [codec.decode(codec.encode(event["type"], event)) for event in events]
    for entry in bundle.collection(decoded)["entry"]:
        found.setdefault(entry["resource"]["resourceType"], []).append(entry["resource"])
    return found


def pv1(**fields: str) -> str:
    told = STAY | {int(name[1:]): value for name, value in fields.items()}
    return "PV1|1|" + "|".join(told.get(number, "") for number in range(2, max(told) + 1))


@pytest.mark.parametrize(("code", "said"), [("E", "EMER"), ("I", "IMP"), ("O", "AMB"), ("P", "PRENC"), ("R", "R")])
def test_the_class_of_the_stay(code: str, said: str) -> None:
    (visit,) = resources("A08", PID, pv1(f2=code))["Encounter"]
    assert visit["class"]["code"] == said
    assert visit["status"] == ("planned" if code == "P" else "in-progress")


def test_where_with_whom_under_what_number_and_since_when() -> None:
    found = resources("A01", PID, pv1())
    (visit,) = found["Encounter"]
    bed = next(one for one in found["Location"] if one["name"] == "B")
    assert visit["location"][0]["location"] == {"reference": f"Location/{bed['id']}"}
    people = {f"Practitioner/{one['id']}": one for one in found["Practitioner"]}
    doctors = {
        one["type"][0]["coding"][0]["code"]: people[one["individual"]["reference"]] for one in visit["participant"]
    }
    assert {code: (one["identifier"][0]["value"], one["name"][0]["family"]) for code, one in doctors.items()} == {
        "ATND": ("1", "ALAMI"), "REF": ("2", "FASSI"), "CON": ("3", "RAMI"), "ADM": ("4", "NACIRI"),
    }  # fmt: skip
    number = visit["identifier"][0]
    assert (number["value"], number["type"]["coding"][0]["code"]) == ("V-88", "VN")
    assert visit["period"] == {"start": "2024-03-12T08:00:00+01:00"}
    assert visit["account"][0]["reference"] == f"Account/{found['Account'][0]['id']}"


def test_a_discharge_ends_the_stay() -> None:
    (visit,) = resources("A03", PID, pv1(f45="202403150900+0100", f37="SSR^20240315"))["Encounter"]
    assert (visit["status"], visit["period"]["end"]) == ("finished", "2024-03-15T09:00:00+01:00")
    assert visit["hospitalization"]["destination"]["reference"].startswith("Location/")


def test_when_why_and_where_it_happened() -> None:
    found = resources("A01", PID, pv1())
    for one in found["Provenance"]:
        assert one["recorded"] == "2024-03-12T10:29:00+01:00"
        assert one["occurredDateTime"] == "2024-03-12T09:00:00+01:00"
        assert one["reason"][0]["text"] == "Ordre"
        assert one["activity"]["coding"] == [{"system": terms.table("0003"), "code": "A01"}]
        assert one["extension"][0]["valueDateTime"] == "2024-03-13"
        assert "CHU-EST" in [
            place["name"] for place in found["Location"] if one["location"]["reference"].endswith(place["id"])
        ]
    (head,) = found["MessageHeader"]
    assert (head["source"]["name"], head["source"]["endpoint"]) == ("SIH", "urn:oid:1.2.504.1.7")


def test_diagnoses_and_procedures() -> None:
    found = resources("A01", PID, pv1(), "DG1|1||I21^Infarctus^I10||20240312|A|||||||||1|5^DOC", "PR1|1||36.0^Angio")
    (illness,), (act,) = found["Condition"], found["Procedure"]
    assert illness["code"]["coding"][0]["system"] == "http://hl7.org/fhir/sid/icd-10"
    assert illness["recordedDate"] == "2024-03-12"
    assert found["Encounter"][0]["diagnosis"][0]["rank"] == 1
    assert act["code"]["coding"][0]["code"] == "36.0"


def test_observations_of_an_admission() -> None:
    (height,) = resources("A01", PID, pv1(), "OBX|1|NM|8302-2^Taille^LN||172|cm|||||F")["Observation"]
    assert height["valueQuantity"]["value"] == 172


def test_null_removes_and_is_never_a_text() -> None:
    found = resources("A08", PID.replace("19870604", '""'), pv1(f36='""'))
    assert "birthDate" not in found["Patient"][0]
    assert '""' not in repr(found)


def test_a_merge_ties_both_and_the_old_one_is_not_active() -> None:
    here, old = resources("A40", PID, "MRG|0033^^^CHU^PI")["Patient"]
    assert here["link"] == [{"other": {"reference": f"Patient/{old['id']}"}, "type": "replaces"}]
    assert old["link"] == [{"other": {"reference": f"Patient/{here['id']}"}, "type": "replaced-by"}]
    assert old["active"] is False
    assert old["identifier"][0]["value"] == "0033"


def test_the_software_that_sent_it_stands_with_the_origin_not_with_the_patient() -> None:
    found = resources("A08", PID, pv1(), "SFT|Editeur|4.2|SIH")
    assert "4.2" in repr(found["Provenance"][0]["extension"])
    assert "4.2" not in repr(found["Patient"])


def test_what_one_event_says_beside_another_is_not_lost_in_the_bundle() -> None:
    found = resources("A08", PID, pv1(), "FAC|CLINIQUE-7")
    assert "CLINIQUE-7" in repr(found["Patient"][0]["extension"])
    assert len(found["Encounter"]) == 1
