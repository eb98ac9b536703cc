"""Messages to test with: invented patients, numbers and results."""

from __future__ import annotations

import json
from typing import Any

from mediators.fhir.mediator import Fhir
from mediators.mediator import Context, Mediator, Translation
from schemas import codec
from schemas.message import Message

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


FHIR: Mediator = Fhir()


RECEIVED = 1_763_985_600_000_000


SUBJECT = {"reference": "urn:uuid:00000000-0000-4000-8000-000000000001"}


def message(resource: Any, places: tuple[str, ...] = (), content_type: str = "application/fhir+json") -> Message:
    raw = resource if isinstance(resource, bytes) else body(resource)
    return Message("t-1", "fhir", "labo", raw, content_type, RECEIVED, places=places)


def mediated(resource: Any, places: tuple[str, ...] = (), context: Context | None = None) -> Translation:
    translation = FHIR.mediate(message(resource, places), context or Context())
    for event in translation.events:
        codec.encode(event["type"], event)
    return translation


def only(resource: Any) -> Any:
    [event] = mediated(resource).events
    return event


VISIT = {
    "resourceType": "Encounter",
    "id": "e1",
    "identifier": [{"system": "urn:id:CHU", "value": "V-55"}],
    "status": "in-progress",
    "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "IMP"},
    "subject": SUBJECT,
    "period": {"start": "2025-11-19T21:00:00+01:00"},
    "participant": [{"type": [{"coding": [{"code": "ATND"}]}], "individual": {"reference": "Practitioner/dr"}}],
    "location": [{"location": {"reference": "Location/bed"}}],
    "diagnosis": [{"condition": {"reference": "Condition/c"}, "use": {"coding": [{"code": "AD"}]}, "rank": 1}],
    "reasonCode": [{"text": "Douleur thoracique"}],
    "serviceProvider": {"reference": "Organization/labo"},
}

AROUND = [
    entry(PRESCRIBER),
    entry(LABORATORY),
    entry(
        {"resourceType": "Location", "id": "ward", "name": "Cardiologie", "physicalType": {"coding": [{"code": "wa"}]}}
    ),
    entry(
        {
            "resourceType": "Location",
            "id": "bed",
            "name": "12",
            "physicalType": {"coding": [{"code": "bd"}]},
            "partOf": {"reference": "Location/ward"},
        }
    ),
    entry({"resourceType": "Condition", "id": "c", "subject": SUBJECT, "code": {"coding": [{"code": "I20"}]}}),
]

DISPENSE = {
    "resourceType": "MedicationDispense",
    "status": "completed",
    "identifier": [{"system": "urn:id:OFFICINE", "value": "T-100"}],
    "medicationCodeableConcept": {"coding": [{"system": GTIN, "code": "6111000000014"}], "text": "VERTALGINE"},
    "subject": SUBJECT,
    "performer": [{"actor": {"reference": "Organization/labo"}}, {"actor": {"reference": "Practitioner/dr"}}],
    "quantity": {"value": 2},
    "whenHandedOver": "2025-11-20",
    "authorizingPrescription": [{"identifier": {"system": "urn:id:ordonnance", "value": "ORD-9"}}],
    "daysSupply": {"value": 10, "unit": "d"},
    "dosageInstruction": [{"text": "1 cp matin et soir"}],
}
