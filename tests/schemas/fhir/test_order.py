"""An order in FHIR: what it says, how it stands, and that its report names the same one."""

from __future__ import annotations

from typing import Any

import pytest

from schemas import facts
from schemas.fhir import contacts, extensions, order, terms
from schemas.fhir.bundle import version_of
from tests.schemas.fhir import orders, reports, samples
from tests.schemas.fhir.samples import identifier, said


def request(event: Any) -> dict[str, Any]:
    """The ServiceRequest that the event is about."""
    (found,) = [one for one in said(event)["ServiceRequest"] if one["id"] == event["fact"]]
    return found


def beside(made: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """The extensions …/order-<name>."""
    return [one for one in made["extension"] if one["url"] == f"{extensions.OURS}order-{name}"]


def test_the_order() -> None:
    made = request(orders.ordered())
    assert [(one.get("type", {}).get("coding", [{}])[0].get("code"), one["value"]) for one in made["identifier"]] == [
        ("PLAC", "P-9"), ("FILL", "F-9"), ("ACSN", "ACC-1"), (None, "A-1"),
    ]  # fmt: skip
    assert made["requisition"]["value"] == "G-1"
    assert (made["status"], made["intent"], made["priority"]) == ("active", "reflex-order", "urgent")
    assert made["code"]["coding"][0]["code"] == "2345-7"
    assert made["category"] == [{"coding": [{"system": terms.table("0074"), "code": "CH"}]}]
    assert made["authoredOn"].startswith("2024-03-11T09:00:00")
    assert [one["text"] for one in made["reasonCode"]] == ["Polyurie", "Contrôle annuel"]
    assert [one["text"] for one in made["orderDetail"]] == ["Prélèvement veineux", "tube gris"]
    assert made["quantityQuantity"]["value"] == 2
    assert made["asNeededBoolean"] is True
    assert made["locationCode"][0]["coding"][0]["code"] == "O"
    assert made["patientInstruction"] == "matin et soir"
    assert made["note"] == [{"text": "Urgent"}]


def test_who_asked_who_does_it_and_who_else_had_a_hand_in_it() -> None:
    found = said(orders.ordered())
    made = request(orders.ordered())
    names = {f"Practitioner/{one['id']}": one["name"][0]["family"] for one in found["Practitioner"]}
    bodies = {f"Organization/{one['id']}": one["name"] for one in found["Organization"]}
    assert names[made["requester"]["reference"]] == "Alaoui"
    assert [(names | bodies)[one["reference"]] for one in made["performer"]] == [
        "Bennis", "Centre de prélèvement", "CHU Salé",
    ]  # fmt: skip
    assert {
        name: names[beside(made, name)[0]["valueReference"]["reference"]]
        for name in ("entered-by", "verified-by", "acted-by")
    } == {"entered-by": "Bennis", "verified-by": "Naciri", "acted-by": "Alaoui"}
    assert bodies[beside(made, "entered-for")[0]["valueReference"]["reference"]] == "Médecine"
    assert beside(made, "entered-at")[0]["valueReference"]["reference"].startswith("Location/")
    roles = {(one["practitioner"]["reference"], one["organization"]["reference"]) for one in found["PractitionerRole"]}
    assert (made["requester"]["reference"], made["performer"][-1]["reference"]) in roles


def test_what_r4_has_no_element_for_is_beside_it() -> None:
    made = request(orders.ordered())
    codes = {
        name: beside(made, name)[0]["valueCodeableConcept"] for name in ("danger", "entering-device", "status-modifier")
    }
    assert {name: one["text"] for name, one in codes.items()} == {
        "danger": "Risque infectieux", "entering-device": "Poste 4", "status-modifier": "à jeun",
    }  # fmt: skip
    assert beside(made, "scheduled")[0]["valueDateTime"].startswith("2024-03-12T08:30")
    assert beside(made, "expected-availability")[0]["valueDateTime"] == "2024-03-13"
    assert [one["valueCodeableConcept"] for one in beside(made, "priority")] == [
        {"coding": [{"system": terms.table("0485"), "code": "T"}]}, {"text": "avant midi"},
    ]  # fmt: skip
    assert {"ORC-6-response-flag", "TQ1-12-conjunction"} <= {one["url"].rpartition("/")[2] for one in made["extension"]}


def test_what_supports_it() -> None:
    found = said(orders.ordered())
    made = request(orders.ordered())
    supporting = {one["reference"] for one in made["supportingInfo"]}
    assert {f"Observation/{one['id']}" for one in found["Observation"]} <= supporting
    texts = [one.get("valueString") for one in found["Observation"]]
    assert "Diabète connu" in texts
    assert {one["status"] for one in found["Observation"]} == {"final"}
    assert made["reasonReference"] == [{"reference": f"Condition/{found['Condition'][0]['id']}"}]
    assert made["insurance"] == [{"reference": f"Coverage/{found['Coverage'][0]['id']}"}]
    assert made["specimen"] == [{"reference": f"Specimen/{found['Specimen'][0]['id']}"}]
    assert found["Specimen"][0]["collection"]["collector"]["reference"].startswith("Practitioner/")
    assert found["AllergyIntolerance"][0]["code"]["text"] == "Latex"


def test_whom_to_ask_is_of_the_patient_or_of_a_body() -> None:
    made = request(orders.ordered())
    found = [
        one["extension"][0]["valueReference"]["reference"]
        for one in made["extension"]
        if one["url"] == contacts.CONTACT
    ]
    assert [one.partition("/")[0] for one in found] == ["Practitioner", "RelatedPerson", "RelatedPerson"]


def test_images_that_are_still_to_be_made() -> None:
    (study,) = said(orders.ordered())["ImagingStudy"]
    assert study["status"] == "registered"
    assert study["basedOn"] == [{"reference": f"ServiceRequest/{orders.ordered()['fact']}"}]
    assert version_of(study) == 0


@pytest.mark.parametrize(
    ("timing", "when"),
    [
        ({"start": "2024-03-12T08:00+01:00"}, {"occurrenceDateTime": "2024-03-12T08:00:00+01:00"}),
        (
            {"start": "2024-03-12", "end": "2024-03-14"},
            {"occurrencePeriod": {"start": "2024-03-12", "end": "2024-03-14"}},
        ),
        ({"priority": "S"}, {"occurrenceDateTime": "2024-03-10"}),
        (
            {"interval": {"text": "Q6H"}, "start": "2024-03-12"},
            {
                "occurrenceTiming": {
                    "repeat": {
                        "frequency": 1, "period": 6, "periodUnit": "h", "boundsPeriod": {"start": "2024-03-12"},
                    },
                    "code": {"text": "Q6H"},
                }
            },
        ),
    ],
)  # fmt: skip
def test_when_it_is_wanted(timing: dict[str, Any], when: dict[str, Any]) -> None:
    made = request({**orders.ordered(), "order": {"requested": "2024-03-10", "timings": [timing]}})
    assert {name: one for name, one in made.items() if name.startswith("occurrence")} == when


@pytest.mark.parametrize(
    ("priority", "told"),
    [("S", "stat"), ("A", "asap"), ("R", "routine"), ("P", "urgent"), ("T", "urgent"), ("C", "urgent"),
     ("TM30", "urgent"), ("PRN", "routine"), ("stat", "stat"), ("X", None)],
)  # fmt: skip
def test_the_priority(priority: str, told: str | None) -> None:
    made = request({**orders.ordered(), "order": {"priority": priority}})
    assert made.get("priority") == told
    assert bool(beside(made, "priority")) is (told not in ("stat", "asap", "routine"))


# ORC-1, ORC-5, and how the order stands
STATES = """
    NW - active | NW HD on-hold | OK - active | UA - revoked | CA - revoked | CA IP revoked | CA CM completed |
    OC - revoked | CR CA revoked | UC IP active | UC CM completed | DC - revoked | OD - revoked |
    DR - revoked | UD - active | HD - on-hold | HD IP on-hold | OH - on-hold | HR - on-hold | RL - active |
    RL HD active | OE - active | OR - active | UR - on-hold | XO - active | XO HD on-hold | XX - active |
    UX - active | RP - revoked | RU - revoked | RQ - revoked | RO - active | UM - active | SC IP active |
    SC CM completed | SC HD on-hold | SC A active | SC SC active | SC RP revoked | SC ER entered-in-error |
    SC DC revoked | SC - unknown | SN - active | NA - active | SR IP active | SS - unknown | PA - active |
    CH - active | RE CM completed | - - unknown | nw ip active | ZZ ZZ unknown
"""


@pytest.mark.parametrize("row", [row.strip() for row in STATES.replace("\n", "|").split("|") if row.strip()])
def test_how_it_stands(row: str) -> None:
    control, status, told = (None if word == "-" else word for word in row.split())
    assert request({**orders.ordered(), "order": {"control": control, "status": status}})["status"] == told


def test_only_what_is_new_was_authored_at_the_time_of_its_message() -> None:
    made = request({**orders.ordered(), "order": orders.asked(control="CA", status=None)})
    assert "authoredOn" not in made
    assert beside(made, "changed")[0]["valueDateTime"].startswith("2024-03-11T09:00")
    assert [one["text"] for one in made["reasonCode"]] == ["Polyurie"]
    assert beside(made, "control-reason")[0]["valueCodeableConcept"] == {"text": "Contrôle annuel"}


def test_what_it_replaces_is_revoked_and_what_it_is_a_part_of_is_only_named() -> None:
    found = {one["id"]: one for one in said(orders.ordered())["ServiceRequest"]}
    made = request(orders.ordered())
    old = found[made["replaces"][0]["reference"].partition("/")[2]]
    parent = found[made["basedOn"][0]["reference"].partition("/")[2]]
    assert (old["status"], old["identifier"][0]["value"]) == ("revoked", "P-8")
    assert version_of(old) == orders.ordered()["version"]
    assert (parent["status"], parent["identifier"][0]["value"]) == ("unknown", "P-1")
    assert version_of(parent) == 0


def test_an_order_is_no_part_of_itself() -> None:
    number = identifier("urn:id:CHU", "P-9")
    assert "basedOn" not in request({**orders.ordered(), "order": {"placer": number, "parent": number}})


def report_request(**more: Any) -> dict[str, Any]:
    event = {**reports.lab_report(), **more}
    (made,) = said(event)["ServiceRequest"]
    return made


def test_an_order_and_its_report_name_the_same_one() -> None:
    event = {**orders.ordered(), "about": "order|urn:id:CHU-SALE|P-9", "fact": None}
    event["fact"] = facts.fact(event)
    assert report_request()["id"] == event["fact"]
    filler = {"filler": identifier("urn:id:ATLAS", "L-1")}
    assert report_request(order=filler)["id"] == facts.name("fact", event["person"], "order|urn:id:ATLAS|L-1")


def test_the_same_number_of_another_person_is_another_order() -> None:
    assert report_request()["id"] != report_request(person="5f1d7a34-0000-5000-8000-0000000000ff")["id"]


def test_an_order_told_apart_by_what_is_asked_is_so_in_its_report() -> None:
    key = "order|urn:id:CHU-SALE|P-9|GLY"
    told = {**reports.lab_report()["order"], "key": key}
    assert report_request(order=told)["id"] == facts.name("fact", reports.lab_report()["person"], key)


def test_a_report_tells_of_its_order_in_passing_but_that_it_is_done() -> None:
    running = report_request(status="P", order={"placer": identifier("urn:id:CHU", "P-9")})
    assert (running["status"], version_of(running)) == ("active", 0)
    done = report_request(status="F", order={"placer": identifier("urn:id:CHU", "P-9")})
    assert (done["status"], version_of(done)) == ("completed", reports.lab_report()["version"])


def test_what_came_as_codes_too_is_told_as_codes() -> None:
    told = {"clinical_information": "x^y", "information": [{"text": "Diabète"}, {"text": "Fièvre"}]}
    event = {**orders.ordered(), "order": told, "results": []}
    (made,) = [one for one in said(event)["Observation"] if one["code"]["coding"][0]["code"] == "55752-0"]
    assert [one["valueCodeableConcept"]["text"] for one in made["component"]] == ["Diabète", "Fièvre"]


def test_the_states_of_the_tables_are_fhirs() -> None:
    words = {"active", "on-hold", "revoked", "completed", "entered-in-error"}
    assert set(terms.ORDER_CONTROL.values()) <= words
    assert words >= order.SETTLED
    assert terms.ORDER_CONTROL.keys() >= terms.DECISIVE_CONTROLS | terms.UNDECIDED_CONTROLS
    assert not terms.DECISIVE_CONTROLS & terms.UNDECIDED_CONTROLS
    assert terms.ORDER_CONTROL.keys() <= terms.CONTROLS


def test_an_order_that_says_nothing_is_still_one() -> None:
    bare = {**samples.envelope("OrderRecorded"), "code": {}, "order": {}}
    assert request(bare)["status"] == "unknown"
