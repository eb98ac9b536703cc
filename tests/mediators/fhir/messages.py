"""Messages to test with: invented patients, numbers and results."""

from __future__ import annotations

import json
from typing import Any

HIE = "https://hie.sante.gov.ma/id/"
LOINC = "http://loinc.org"
GTIN = "https://www.gs1.org/gtin"

PATIENT = {
    "resourceType": "Patient",
    "id": "p1",
    "identifier": [
        {"system": HIE + "cnss", "value": "204060801", "type": {"coding": [{"code": "SS"}]}},
        {"value": "IPP-77", "assigner": {"display": "CHU IBN ROCHD"}},
    ],
    "name": [{"use": "official", "family": "BENCHEKROUN", "given": ["Kaoutar"], "prefix": ["Mme"]}],
    "gender": "female",
    "birthDate": "1979-04-23",
    "telecom": [{"system": "phone", "value": "0600000001", "use": "mobile"}],
    "address": [{"line": ["12 rue des Orangers"], "city": "Fès", "country": "MA"}],
}
LABORATORY = {
    "resourceType": "Organization",
    "id": "labo",
    "identifier": [{"system": HIE + "inpe-es", "value": "100200300"}],
    "name": "Laboratoire Atlas",
}
PRESCRIBER = {
    "resourceType": "Practitioner",
    "id": "dr",
    "identifier": [{"system": HIE + "inpe-ps", "value": "091000111"}],
    "name": [{"family": "SQALLI", "given": ["Nabil"]}],
}
GLUCOSE = {
    "resourceType": "Observation",
    "id": "glu",
    "status": "final",
    "code": {"coding": [{"system": LOINC, "code": "2345-7"}], "text": "Glycémie à jeun"},
    "subject": {"reference": "urn:uuid:00000000-0000-4000-8000-000000000001"},
    "effectiveDateTime": "2025-11-20T08:15:00+01:00",
    "valueQuantity": {"value": 5.0, "unit": "mmol/L", "system": "http://unitsofmeasure.org", "code": "mmol/L"},
    "referenceRange": [{"low": {"value": 3.9}, "high": {"value": 6.10}, "text": "3,9 - 6,10"}],
    "interpretation": [{"coding": [{"code": "N"}]}],
}
REPORT = {
    "resourceType": "DiagnosticReport",
    "id": "r1",
    "identifier": [
        {"type": {"coding": [{"code": "PLAC"}]}, "system": "urn:id:CHU", "value": "DEM-5"},
        {"type": {"coding": [{"code": "FILL"}]}, "system": "urn:id:ATLAS", "value": "A-9001"},
    ],
    "status": "final",
    "category": [{"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0074", "code": "CH"}]}],
    "code": {"coding": [{"system": "urn:id:ATLAS", "code": "BIO"}], "text": "Biochimie"},
    "subject": {"reference": "urn:uuid:00000000-0000-4000-8000-000000000001"},
    "effectiveDateTime": "2025-11-20T08:15:00+01:00",
    "issued": "2025-11-20T11:00:00+01:00",
    "performer": [{"reference": "Organization/labo"}],
    "result": [{"reference": "Observation/glu"}],
    "conclusion": "Bilan normal",
}


def entry(resource: dict[str, Any], url: str = "", method: str = "") -> dict[str, Any]:
    made: dict[str, Any] = {"resource": resource}
    if url:
        made["fullUrl"] = url
    if method:
        made["request"] = {"method": method, "url": resource["resourceType"]}
    return made


def patient(method: str = "", **changes: Any) -> dict[str, Any]:
    return entry({**PATIENT, **changes}, "urn:uuid:00000000-0000-4000-8000-000000000001", method)


def bundle(*entries: dict[str, Any], kind: str = "collection", **more: Any) -> dict[str, Any]:
    return {"resourceType": "Bundle", "type": kind, **more, "entry": list(entries)}


def laboratory_bundle(**report: Any) -> dict[str, Any]:
    return bundle(patient(), entry(LABORATORY), entry(GLUCOSE), entry({**REPORT, **report}))


def body(resource: Any) -> bytes:
    return json.dumps(resource, ensure_ascii=False).replace('"value": 6.1}', '"value": 6.10}').encode()
