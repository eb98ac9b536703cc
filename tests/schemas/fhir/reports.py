"""Rich reports, invented: a blood count with everything an OBX can hold, and a chest X-ray."""

from __future__ import annotations

from typing import Any

from tests.schemas.fhir.samples import HIND, KARIM, OMAR, envelope, identifier, laboratory, person, result, unit


def lab_report(**more: Any) -> dict[str, Any]:
    pdf = {"content_type": "application/pdf", "data": b"%PDF-1.4 compte rendu", "title": "Compte rendu"}
    return envelope(
        "LabReportIssued",
        code={"text": "Bilan", "codings": [{"system": "urn:id:L", "code": "BIL", "display": "Bilan sanguin"}]},
        status="F",
        section="LAB",
        started="2024-03-12T08:05+00:00",
        ended="2024-03-12T08:10+00:00",
        issued="2024-03-12T09:30:00+00:00",
        order={
            "placer": identifier("urn:id:CHU-SALE", "P-9"),
            "filler": identifier("urn:id:ATLAS", "L-2024-88"),
            "group": identifier("urn:id:CHU-SALE", "G-1"),
            "control": "RE",
            "status": "CM",
            "priority": "S",
            "ordered": "2024-03-11",
            "requesters": [OMAR, HIND],
            "organization": {"name": "CHU Salé"},
            "reasons": [{"text": "Fièvre"}],
            "clinical_information": "Grossesse",
        },
        encounter={
            "identifiers": [identifier("urn:id:CHU-SALE", "V-77")],
            "class_code": "I",
            "place": {"point_of_care": "MED", "room": "12", "bed": "B", "facility": {"name": "CHU Salé"}},
        },
        results=[
            result(
                "718-7",
                {"type": "NM", "raw": "7.40", "number": "7.40"},
                unit=unit("g/dL"),
                range_text="12.0-16.0",
                range_low="12.0",
                range_high="16.0",
                flags=[{"codings": [{"code": "LL"}]}],
                observed="2024-03-12T08:05+00:00",
                analysed="2024-03-12T09:10+00:00",
                methods=[{"text": "Impédance"}],
                performers=[person("Berrada", "Ilham", inpe="102003344")],
                laboratory=laboratory(),
                director=KARIM,
                equipment=[identifier("urn:id:ATLAS", "XN-1000")],
                notes=[{"text": "Contrôlé", "source": "L"}, {"text": "Appelé au service"}],
            ),
            result("777-3", {"type": "NM", "raw": "210", "number": "210"}, unit=unit("G/L")),
            result(
                "2160-0",
                {"type": "SN", "raw": "<^5", "number": "5", "comparator": "<"},
                unit=unit("mg/L", "http://unitsofmeasure.org"),
            ),
            result(
                "5196-1",
                {
                    "type": "CWE",
                    "raw": "NEG",
                    "code": {
                        "codings": [{"code": "260385009", "system": "http://snomed.info/sct", "display": "Negative"}]
                    },
                },
            ),
            result("5778-6", {"type": "ST", "raw": "Jaune paille", "text": "Jaune paille"}, unit=unit("aspect")),
            result(
                "600-7",
                {"type": "TX", "raw": "ligne 1", "text": "ligne 1"},
                {"type": "TX", "raw": "ligne 2", "text": "ligne 2"},
            ),
            result("5334-8", {"type": "SN", "raw": "^1^:^128", "number": "1", "separator": ":", "high": "128"}),
            result(
                "5767-9",
                {"type": "SN", "raw": "^5^-^10", "number": "5", "separator": "-", "high": "10"},
                unit=unit("/[HPF]"),
            ),
            result(
                "8251-1", {"type": "CE", "code": {"text": "A"}}, {"type": "CE", "code": {"text": "B"}}, sub_id="1.2"
            ),
            result("882-1", {"type": "DT", "time": "2024-03"}, status="C"),
            result("883-9", {"type": "TM", "time": "08:15"}, status="P"),
            result("2345-7", status="N"),
            result("11502-2", {"type": "ED", "attachment": pdf}, status="F"),
            result(
                "11503-0",
                {"type": "RP", "attachment": {"url": "https://pacs.example.ma/1", "content_type": "image/jpeg"}},
            ),
        ],
        specimens=[
            {
                "identifiers": [identifier("urn:id:ATLAS", "S-1")],
                "type": {"codings": [{"code": "BLD", "system": "http://terminology.hl7.org/CodeSystem/v2-0487"}]},
                "site": {"text": "Bras gauche"},
                "method": {"text": "Ponction"},
                "collected": "2024-03-12T08:05+00:00",
                "collected_end": "2024-03-12T08:06+00:00",
                "received": "2024-03-12T08:50+00:00",
                "conditions": [{"text": "Hémolysé"}],
                "quantity": "5.0",
                "quantity_unit": unit("mL"),
                "notes": [{"text": "Tube 2"}],
            }
        ],
        interpreters=[KARIM],
        copies_to=[HIND],
        laboratory=laboratory(),
        notes=[{"text": "À jeun"}],
        conclusion="Anémie sévère",
        documents=[],
        **more,
    )


def imaging_report(**more: Any) -> dict[str, Any]:
    return envelope(
        "ImagingReportIssued",
        code={"text": "Radio du thorax"},
        status="C",
        section="RAD",
        started="2024-03-12T08:05+00:00",
        issued="2024-03-12",
        accession=identifier("urn:id:RIS", "A-5"),
        study_uid="1.2.840.99999.1.7",
        modality="CR",
        results=[result("36643-5", {"type": "FT", "text": "Pas de lésion", "raw": "Pas de lésion"}, status="C")],
        order={"filler": identifier("urn:id:RIS", "R-5")},
        specimens=[],
        **more,
    )


def culture_report(**more: Any) -> dict[str, Any]:
    """The susceptibilities of an organism, with every type of value, and a specimen with all that is told of one."""
    return envelope(
        "LabReportIssued",
        code={"text": "Antibiogramme"},
        status="F",
        order={"filler": identifier("urn:id:ATLAS", "L-2024-89"), "collectors": [OMAR]},
        results=[
            result("884-7", {"type": "DR", "raw": "a", "time": "2024-03-12", "end": "2024-03-13"}),
            result("885-4", {"type": "MO", "raw": "125.50^DH", "number": "125.50", "currency": "DH"}),
            result(
                "11524-6",
                {"type": "MA", "raw": "1^2~3^4", "samples": "1 2 3 E", "dimensions": 2},
                identifier=identifier("urn:id:ECG", "O-1"),
            ),
            result("886-2", {"type": "NM", "raw": "85^^Hexokinase", "number": "85"}, absent={"text": "non lu"}),
            result(
                "887-0",
                {
                    "type": "XPN",
                    "raw": "ALAMI^Driss",
                    "text": "ALAMI Driss",
                    "details": [{"name": "observation-value", "place": "OBX-5", "human": {"family": "Alami"}}],
                },
            ),
        ],
        specimens=[
            {
                "identifiers": [identifier("urn:id:ATLAS", "S-1")],
                "received": "2024-03-12T08:50+00:00",
                "parents": [identifier("urn:id:ATLAS", "S-0")],
                "accession": identifier("urn:id:ATLAS", "24-0088", type="ACSN"),
                "additives": [{"text": "EDTA"}],
                "collectors": [HIND, KARIM],
                "role": {"codings": [{"code": "P"}]},
                "available": "Y",
                "rejected": [{"text": "Coagulé"}],
                "containers": [
                    {
                        "identifiers": [identifier("urn:id:ATLAS", "T-1")],
                        "type": {"text": "Tube"},
                        "status": {"codings": [{"code": "I"}]},
                        "capacity": "5",
                        "amount": "4.5",
                        "unit": unit("mL"),
                        "registered": "2024-03-12T08:51+00:00",
                        "details": [{"name": "carrier-identifier", "place": "SAC-10", "text": "R-7"}],
                    }
                ],
                "results": [result("33051-0", {"type": "ST", "raw": "trouble", "text": "trouble"})],
                "details": [{"name": "specimen-risk-code", "place": "SPM-16", "code": {"text": "BIO"}}],
            }
        ],
        specimen_received="2024-03-12T08:55+00:00",
        parent_result={"text": "Germe"},
        parent_sub_id="1",
        parent_value="E. coli",
        parent_code={"text": "Culture"},
        parents=[identifier("urn:id:ATLAS", "L-2024-80", type="FILL")],
        parent_about="report|urn:id:ATLAS|L-2024-80|600-7",
        parent_id="result-germ",
        technicians=[person("Kadiri", "Nour", start="2024-03-12T08:00+00:00")],
        transcriptionists=[HIND],
        diagnoses=[{"code": {"text": "Infection urinaire"}}],
        insurances=[{"policy": "AMO-1", "company": {"name": "CNSS"}}],
        **more,
    )
