from __future__ import annotations

from typing import Any

import pytest

from schemas.fhir import bundle
from tests.mediators.hl7v2.messages import PID, report

UID = "1.2.504.1.77"
OBR = "OBR|1|P-9^SIH|F-9^RIS|24627-2^Scanner thorax^LN||||||||||||||{accession}||||||{section}|F"
TEXT = "OBX|1|TX|18782-3^Compte rendu^LN||Pas de lésion||||||F"


def told(section: str, *segments: str, accession: str = "") -> dict[str, Any]:
    return report(PID, OBR.format(section=section, accession=accession), *segments)


def resource(event: Any, kind: str) -> list[dict[str, Any]]:
    return [one for one in bundle.resources(event) if one["resourceType"] == kind]


@pytest.mark.parametrize(
    "obx",
    [
        f"OBX|2|ST|110180^Study Instance UID^DCM||{UID}",
        f"OBX|2|HD|113014^DICOM Study^DCM||^{UID}^ISO",
        f"OBX|2|ST|STUDY_UID||{UID}",
        f"OBX|2|ST|X1^Study Instance UID^L||urn:oid:{UID}",
        f"OBX|2|ST|0020,000D^Study UID^DCM||{UID}",
        f"OBX|2|EI|(0020,000D)||{UID}^PACS",
    ],
)
def test_a_result_that_tells_the_study_makes_a_report_one_of_images(obx: str) -> None:
    event = told("", TEXT, obx)
    assert (event["type"], event["study_uid"]) == ("ImagingReportIssued", UID)


def test_a_study_that_is_no_uid_is_none() -> None:
    assert told("", TEXT, "OBX|2|ST|110180^Study Instance UID^DCM||en attente")["type"] == "LabReportIssued"


@pytest.mark.parametrize(
    ("section", "kind"), [("RAD", "Imaging"), ("US", "Imaging"), ("HM", "Lab"), ("EC", "Lab"), ("", "Lab")]
)
def test_the_section_tells_what_a_report_is_of(section: str, kind: str) -> None:
    assert told(section, TEXT)["type"] == f"{kind}ReportIssued"


def test_accession_study_and_device_of_a_procedure_step() -> None:
    event = told(
        "CT",
        f"IPC|ACC-7^RIS|RP-1^RIS|{UID}^PACS|SPS-1^RIS|MR^IRM^DCM|PROT^Protocole|STATION^SALLE|LOC^Salle 2|AET1",
        TEXT,
    )
    assert (event["accession"]["value"], event["study_uid"], event["modality"]) == ("ACC-7", UID, "MR")
    assert {one["place"] for one in event["details"]} >= {"IPC-2", "IPC-4", "IPC-6", "IPC-7", "IPC-8", "IPC-9"}


@pytest.mark.parametrize(
    ("segments", "sent", "expected"),
    [
        ([f"ZDS|{UID}^PACS^Application^DICOM"], "ACC-7", "ACC-7"),
        ([f"ZDS|{UID}^PACS", "OBX|2|ST|121022^Accession Number^DCM||ACC-8"], "", "ACC-8"),
        ([f"ZDS|{UID}^PACS"], "", "F-9"),
    ],
)
def test_the_accession_number_from_where_it_is_told(segments: list[str], sent: str, expected: str) -> None:
    accession = told("CT", TEXT, *segments, accession=sent)["accession"]
    assert (accession["value"], accession["type"]) == (expected, "ACSN")


def test_no_accession_number_is_made_up_where_no_images_are_told_of() -> None:
    assert "accession" not in told("CT", TEXT)


@pytest.mark.parametrize(
    ("url", "connection"),
    [
        (f"https://pacs.ma/wado?requestType=WADO&studyUID={UID}", "dicom-wado-uri"),
        (f"https://pacs.ma/dicomweb/studies/{UID}", "dicom-wado-rs"),
    ],
)
def test_the_study_has_its_address(url: str, connection: str) -> None:
    escaped = url.replace("&", "\\T\\")
    event = told("CT", f"ZDS|{UID}^PACS", TEXT, f"OBX|2|RP|IMG^Images^L||{escaped}^PACS^Application^DICOM")
    (study,), (endpoint,) = resource(event, "ImagingStudy"), resource(event, "Endpoint")
    assert study["endpoint"] == [{"reference": f"Endpoint/{endpoint['id']}"}]
    assert (endpoint["address"], endpoint["connectionType"]["code"]) == (url, connection)


def test_a_document_elsewhere_is_no_address_of_the_study() -> None:
    event = told("CT", f"ZDS|{UID}^PACS", "OBX|2|RP|CR^Compte rendu^L||https://ris.ma/cr.pdf^RIS^Application^PDF")
    assert not resource(event, "Endpoint")
    assert resource(event, "DiagnosticReport")[0]["presentedForm"][0]["url"] == "https://ris.ma/cr.pdf"
