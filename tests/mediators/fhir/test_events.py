"""FHIR messages become the same events as any other format's."""

from __future__ import annotations

from typing import Any

import pytest

from mediators.codes import Codes
from mediators.mediator import Context
from schemas import facts
from tests.mediators.fhir.messages import (
    AROUND,
    DISPENSE,
    GLUCOSE,
    HIE,
    LABORATORY,
    LOINC,
    PATIENT,
    PRESCRIBER,
    RECEIVED,
    REPORT,
    SUBJECT,
    VISIT,
    bundle,
    entry,
    laboratory_bundle,
    mediated,
    only,
    patient,
)


def test_a_report_with_its_results() -> None:
    event = only(laboratory_bundle())
    assert event["type"] == "LabReportIssued"
    assert event["about"] == "report|urn:id:ATLAS|A-9001|BIO"
    assert (event["status"], event["section"], event["conclusion"]) == ("F", "CH", "Bilan normal")
    assert event["order"]["placer"]["value"] == "DEM-5"
    assert event["laboratory"]["identifiers"] == [{"system": HIE + "inpe-es", "value": "100200300"}]
    assert event["patient"]["identifiers"][1]["system"] == "urn:id:CHU%20IBN%20ROCHD"
    [result] = event["results"]
    assert result["code"]["loinc"] == "2345-7"
    assert result["values"] == [{"type": "NM", "raw": "5.0", "number": "5.0"}]
    assert (result["range_low"], result["range_high"], result["status"]) == ("3.9", "6.10", "F")
    assert "unmapped" not in event


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (
            {"valueQuantity": {"value": 7.40, "comparator": "<"}},
            {"type": "SN", "raw": "<7.4", "number": "7.4", "comparator": "<"},
        ),
        ({"valueString": "Négatif"}, {"type": "ST", "raw": "Négatif", "text": "Négatif"}),
        ({"valueInteger": 3}, {"type": "NM", "raw": "3", "number": "3"}),
        ({"valueBoolean": False}, {"type": "ST", "raw": "false", "text": "false"}),
        ({"valueDateTime": "2025-11"}, {"type": "DTM", "raw": "2025-11", "time": "2025-11"}),
        ({"valueTime": "08:15:00"}, {"type": "TM", "raw": "08:15:00", "time": "08:15:00"}),
        (
            {"valueRange": {"low": {"value": 1}, "high": {"value": 2.50}}},
            {"type": "SN", "raw": "1-2.5", "number": "1", "separator": "-", "high": "2.5"},
        ),
        (
            {"valueRatio": {"numerator": {"value": 1}, "denominator": {"value": 128}}},
            {"type": "SN", "raw": "1:128", "number": "1", "separator": ":", "high": "128"},
        ),
        (
            {"valueCodeableConcept": {"coding": [{"system": "urn:x", "code": "POS"}], "text": "Positif"}},
            {
                "type": "CWE",
                "raw": "Positif",
                "code": {"codings": [{"system": "urn:x", "code": "POS"}], "text": "Positif"},
            },
        ),
    ],
)
def test_every_kind_of_value(value: dict[str, Any], expected: dict[str, Any]) -> None:
    observation = {key: one for key, one in GLUCOSE.items() if key != "valueQuantity"} | value
    event = only(bundle(patient(), entry(observation)))
    assert event["results"][0]["values"] == [expected]


def test_components_and_panels_are_results_in_their_order() -> None:
    pressure = {
        "resourceType": "Observation",
        "id": "bp",
        "status": "final",
        "subject": SUBJECT,
        "code": {"coding": [{"system": LOINC, "code": "85354-9"}]},
        "component": [
            {
                "code": {"coding": [{"system": LOINC, "code": "8480-6"}]},
                "valueQuantity": {"value": 120, "unit": "mmHg"},
            },
            {"code": {"coding": [{"system": LOINC, "code": "8462-4"}]}, "valueQuantity": {"value": 80, "unit": "mmHg"}},
        ],
    }
    panel = {
        "resourceType": "Observation",
        "id": "panel",
        "status": "final",
        "subject": SUBJECT,
        "code": {"text": "Bilan"},
        "hasMember": [{"reference": "Observation/bp"}, {"reference": "Observation/glu"}],
    }
    report = {**REPORT, "result": [{"reference": "Observation/panel"}, {"reference": "Observation/glu"}]}
    event = only(bundle(patient(), entry(panel), entry(pressure), entry(GLUCOSE), entry(report)))
    assert [(one["code"]["loinc"], one.get("sub_id")) for one in event["results"]] == [
        ("8480-6", "1"),
        ("8462-4", "2"),
        ("2345-7", None),
    ]
    assert len({one["id"] for one in event["results"]}) == 3


def test_an_observation_without_a_report_is_a_report_of_its_own() -> None:
    lone = {**GLUCOSE, "identifier": [{"system": "urn:id:ATLAS", "value": "G-1"}], "status": "amended"}
    event = only(bundle(patient(), entry(lone)))
    assert event["about"] == "report|urn:id:ATLAS|G-1|2345-7"
    assert (event["status"], event["results"][0]["status"]) == ("C", "A")
    assert event["code"] == event["results"][0]["code"]


def test_without_a_number_the_senders_own_name_of_the_resource_is_the_key() -> None:
    assert only(bundle(patient(), entry(GLUCOSE)))["about"] == "report|labo|Observation/glu|2345-7"
    assert (
        only(bundle(patient(), entry({**GLUCOSE, "id": ""}, "urn:uuid:9")))["about"] == "report|labo|urn:uuid:9|2345-7"
    )


@pytest.mark.parametrize("status", ["corrected", "cancelled", "entered-in-error", "preliminary"])
def test_statuses_are_table_0123s(status: str) -> None:
    expected = {"corrected": "C", "cancelled": "X", "entered-in-error": "X", "preliminary": "P"}
    assert only(laboratory_bundle(status=status))["status"] == expected[status]


def test_an_imaging_report() -> None:
    study = {
        "resourceType": "ImagingStudy",
        "id": "st",
        "status": "available",
        "subject": SUBJECT,
        "modality": [{"code": "CT"}],
        "identifier": [{"system": "urn:dicom:uid", "value": "urn:oid:1.2.3.4"}],
    }
    report = {
        "resourceType": "DiagnosticReport",
        "status": "final",
        "subject": SUBJECT,
        "code": {"text": "Scanner thoracique"},
        "category": [{"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0074", "code": "RAD"}]}],
        "identifier": [{"type": {"coding": [{"code": "ACSN"}]}, "system": "urn:id:PACS", "value": "ACC-7"}],
        "imagingStudy": [{"reference": "ImagingStudy/st"}],
        "presentedForm": [{"contentType": "text/plain", "data": "UmFz", "title": "Compte rendu"}],
    }
    event = only(bundle(patient(), entry(study), entry(report, "urn:uuid:2")))
    assert event["type"] == "ImagingReportIssued"
    assert (event["study_uid"], event["modality"], event["accession"]["value"]) == ("1.2.3.4", "CT", "ACC-7")
    assert event["documents"] == [{"content_type": "text/plain", "data": b"Ras", "title": "Compte rendu"}]


def test_a_patient_to_be_written_is_an_event_and_one_only_referred_to_is_not() -> None:
    alone = only(bundle(patient()))
    assert alone["type"] == "PatientRegistered"
    assert alone["about"] == "patient|" + facts.name("identifier", HIE + "cnss", "204060801")
    assert [event["type"] for event in mediated(laboratory_bundle()).events] == ["LabReportIssued"]
    posted = bundle(patient("POST"), entry(GLUCOSE, method="POST"), kind="transaction")
    assert [event["type"] for event in mediated(posted).events] == ["PatientRegistered", "LabReportIssued"]
    assert only(bundle(patient("PUT"), kind="transaction"))["type"] == "PatientUpdated"
    assert only(PATIENT)["place"] == "Patient"


def test_everything_a_patient_says() -> None:
    said = only(
        {
            **PATIENT,
            "extension": [
                {
                    "url": "http://hl7.org/fhir/StructureDefinition/patient-mothersMaidenName",
                    "valueString": "Zhor FILALI",
                },
                {"url": "http://example.org/blood", "valueCode": "O+"},
            ],
            "deceasedBoolean": False,
            "multipleBirthInteger": 2,
            "maritalStatus": {"coding": [{"code": "M"}]},
            "communication": [{"language": {"coding": [{"system": "urn:ietf:bcp:47", "code": "ar"}]}}],
            "contact": [
                {"relationship": [{"text": "mère"}], "name": {"family": "FILALI"}, "telecom": [{"value": "06"}]}
            ],
            "generalPractitioner": [{"display": "Dr Sqalli"}],
            "managingOrganization": {"display": "Clinique du Parc"},
            "active": True,
        }
    )
    person = said["patient"]
    assert person["mother_name"] == {"text": "Zhor FILALI"}
    assert (person["deceased"], person["multiple_birth"], person["birth_order"]) == (False, True, 2)
    assert person["contacts"][0]["names"] == [{"family": "FILALI"}]
    assert person["general_practitioners"] == [{"names": [{"text": "Dr Sqalli"}]}]
    assert said["facility"] == {"name": "Clinique du Parc"}
    assert said["unmapped"] == [
        {"place": "Patient.extension[1].url", "value": "http://example.org/blood"},
        {"place": "Patient.extension[1].valueCode", "value": "O+"},
    ]


def test_a_visit() -> None:
    event = only(bundle(patient(), *AROUND, entry(VISIT)))
    assert (event["type"], event["about"]) == ("EncounterRecorded", "encounter|urn:id:CHU|V-55")
    visit = event["encounter"]
    assert (visit["class_code"], visit["status"], visit["admitted"]) == (
        "I",
        "in-progress",
        "2025-11-19T21:00:00+01:00",
    )
    assert visit["place"] == {"bed": "12", "point_of_care": "Cardiologie"}
    assert visit["participants"][0]["role"] == "AT"
    assert visit["participants"][0]["identifiers"] == [{"system": HIE + "inpe-ps", "value": "091000111"}]
    assert visit["diagnoses"] == [{"code": {"codings": [{"code": "I20"}]}, "type": "A", "priority": "1"}]
    assert event["facility"]["name"] == "Laboratoire Atlas"


def test_a_visit_that_a_report_refers_to_belongs_to_the_report() -> None:
    report = {**REPORT, "encounter": {"reference": "Encounter/e1"}}
    event = only(bundle(patient(), *AROUND, entry(VISIT), entry(GLUCOSE), entry(report)))
    assert event["type"] == "LabReportIssued"
    assert event["encounter"]["identifiers"] == [{"system": "urn:id:CHU", "value": "V-55"}]
    posted = bundle(patient(), *AROUND, entry(VISIT, method="POST"), entry(GLUCOSE), entry(report), kind="transaction")
    assert [one["type"] for one in mediated(posted).events] == ["EncounterRecorded", "LabReportIssued"]


def test_a_dispensation_has_the_key_that_a_row_of_an_export_would_have() -> None:
    event = only(bundle(patient(), *AROUND[:2], entry(DISPENSE)))
    assert (event["type"], event["about"]) == (
        "MedicationDispensed",
        "dispensation|100200300|T-100|6111000000014|2025-11-20|1",
    )
    assert (event["quantity"], event["ticket"], event["days_supply"]) == ("2", "T-100", "10")
    assert event["prescription"] == {"system": "urn:id:ordonnance", "value": "ORD-9"}
    assert event["dispenser"]["names"][0]["family"] == "SQALLI"
    twice = mediated(bundle(patient(), *AROUND[:2], entry(DISPENSE), entry(DISPENSE))).events
    assert [one["about"].rpartition("|")[2] for one in twice] == ["1", "2"]


def test_a_prescription() -> None:
    request = {
        "resourceType": "MedicationRequest",
        "status": "active",
        "intent": "order",
        "subject": SUBJECT,
        "groupIdentifier": {"system": "urn:id:ordonnance", "value": "ORD-9"},
        "medicationReference": {"reference": "#m"},
        "authoredOn": "2025-11-19",
        "requester": {"reference": "Practitioner/dr"},
        "contained": [{"resourceType": "Medication", "id": "m", "code": {"text": "VERTALGINE 500 mg"}}],
        "dispenseRequest": {
            "quantity": {"value": 2, "unit": "boîte"},
            "expectedSupplyDuration": {"value": 10, "code": "d"},
        },
        "substitution": {"allowedBoolean": False},
        "dosageInstruction": [{"text": "1 cp matin et soir"}],
    }
    event = only(bundle(patient(), entry(PRESCRIBER), entry(request)))
    assert event["about"] == "prescription|urn:id:ordonnance|ORD-9|VERTALGINE 500 mg"
    assert (event["quantity"], event["days_supply"], event["substitution"]) == ("2", "10", False)
    assert event["prescriber"]["identifiers"][0]["value"] == "091000111"


def test_a_medicine_that_is_not_named_is_a_refused_part() -> None:
    nothing = {key: one for key, one in DISPENSE.items() if key != "medicationCodeableConcept"}
    [part] = mediated(bundle(patient(), entry(nothing))).refused
    assert (part.place, part.issues[0].reason) == ("entry[1].resource.medicationCodeableConcept", "required")


def test_whoever_works_for_the_laboratory_names_it() -> None:
    role = {
        "resourceType": "PractitionerRole",
        "id": "role",
        "practitioner": {"reference": "Practitioner/dr"},
        "organization": {"reference": "Organization/labo"},
    }
    report = {**REPORT, "performer": [{"reference": "PractitionerRole/role"}]}
    event = only(bundle(patient(), *AROUND[:2], entry(role), entry(GLUCOSE), entry(report)))
    assert event["laboratory"]["name"] == "Laboratoire Atlas"
    assert event["interpreters"][0]["names"][0]["family"] == "SQALLI"


def test_the_order_and_the_specimen_of_a_report() -> None:
    request = {
        "resourceType": "ServiceRequest",
        "id": "sr",
        "status": "completed",
        "intent": "order",
        "subject": SUBJECT,
        "identifier": [{"system": "urn:id:CHU", "value": "DEM-6"}],
        "priority": "stat",
        "authoredOn": "2025-11-19",
        "requester": {"reference": "Practitioner/dr"},
        "reasonCode": [{"text": "Contrôle"}],
        "note": [{"text": "À jeun"}],
    }
    specimen = {
        "resourceType": "Specimen",
        "id": "sp",
        "type": {"text": "Sang"},
        "subject": SUBJECT,
        "collection": {"collectedDateTime": "2025-11-20T08:15:00+01:00"},
    }
    report = {
        **REPORT,
        "identifier": REPORT["identifier"][1:],  # type: ignore[index]  # a list
        "basedOn": [{"reference": "ServiceRequest/sr"}],
        "specimen": [{"reference": "Specimen/sp"}],
    }
    event = only(
        bundle(
            patient(),
            entry(PRESCRIBER),
            entry(LABORATORY),
            entry(request),
            entry(specimen),
            entry(GLUCOSE),
            entry(report),
        )
    )
    order = event["order"]
    assert (order["placer"]["value"], order["filler"]["value"], order["priority"]) == ("DEM-6", "A-9001", "S")
    assert (order["requesters"][0]["names"][0]["family"], order["clinical_information"]) == ("SQALLI", "À jeun")
    assert event["specimens"] == [{"type": {"text": "Sang"}, "collected": "2025-11-20T08:15:00+01:00"}]


def test_the_version_is_the_senders_own_time() -> None:
    assert only(laboratory_bundle())["version"] == RECEIVED
    stamped = {**laboratory_bundle(), "timestamp": "2025-11-20T10:00:00Z"}
    assert only(stamped)["version"] == 1_763_632_800_000_000
    assert (
        only(laboratory_bundle(meta={"lastUpdated": "2025-11-20T11:00:00.000001+01:00"}))["version"]
        == 1_763_632_800_000_001
    )


def test_a_time_that_is_yet_to_come_is_a_wrong_clock() -> None:
    assert only(laboratory_bundle(meta={"lastUpdated": "2031-01-01T00:00:00Z"}))["version"] == RECEIVED


def test_two_equal_reports_in_a_message_are_two() -> None:
    twice = mediated(bundle(patient(), entry(LABORATORY), entry(GLUCOSE), entry(REPORT), entry(REPORT))).events
    assert [event["about"].rpartition("BIO")[2] for event in twice] == ["", "|2"]


def test_local_codes_are_translated_beside_and_listed_when_unknown() -> None:
    row = {"system": "urn:id:ATLAS", "code": "BIO", "standard_system": "LN", "standard_code": "24323-8"}
    codes, _ = Codes.of([row], "labo.csv")
    [event] = mediated(laboratory_bundle(), context=Context(codes=codes)).events
    said: Any = event
    assert said["code"]["loinc"] == "24323-8"
    assert mediated(laboratory_bundle()).unknown_codes == ["urn:id:ATLAS|BIO"]


def test_the_channels_authorities_name_systems_first() -> None:
    [event] = mediated(laboratory_bundle(), context=Context(authorities={"CHU IBN ROCHD": "urn:oid:1.2.3"})).events
    assert event["patient"]["identifiers"][1]["system"] == "urn:oid:1.2.3"


def test_what_no_event_takes_is_kept_beside_them() -> None:
    allergy = {"resourceType": "AllergyIntolerance", "code": {"text": "Pénicilline"}, "patient": SUBJECT}
    provenance = {"resourceType": "Provenance", "recorded": "2025-11-20T10:00:00Z"}
    translation = mediated(bundle(patient("POST"), entry(allergy), entry(provenance), kind="transaction"))
    assert {one.place: one.value for one in translation.unmapped} == {
        "entry[1].resource.code.text": "Pénicilline",
        "entry[1].resource.patient.reference": SUBJECT["reference"],
    }


def test_a_rerun_of_one_entry_makes_the_same_event_and_no_other() -> None:
    message_ = bundle(
        patient("POST"), entry(DISPENSE), entry(DISPENSE), entry({**GLUCOSE, "subject": {}}), kind="batch"
    )
    whole = mediated(message_)
    assert mediated(message_, ("entry[2]",)).events == [whole.events[2]]
    again = mediated(message_, ("entry[3].resource.subject",))
    assert (again.events, [part.place for part in again.refused]) == ([], ["entry[3].resource.subject"])
