"""What an event says is still said after it was written as FHIR and read again."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mediators.fhir.mediator import Fhir
from mediators.mediator import Context
from schemas.fhir import bundle
from schemas.message import Message
from tests.mediators.fhir.messages import GTIN, HIE, LOINC
from tests.schemas.fhir import samples

UCUM = "http://unitsofmeasure.org"
PATIENT: dict[str, Any] = {
    "identifiers": [
        {"system": HIE + "cnss", "value": "009988776", "type": "SS"},
        {"system": "urn:id:CHU", "value": "IPP-3", "type": "PI", "authority": "CHU"},
    ],
    "names": [{"family": "AÏT TALEB", "given": ["Idir", "Amnay"], "use": "official"}],
    "birth_date": "1991-06",
    "sex": "male",
    "addresses": [
        {"lines": ["3 av. des FAR"], "city": "Agadir", "postal_code": "80000", "country": "MA", "use": "home"}
    ],
    "telecoms": [{"value": "0611223344", "system": "phone", "use": "mobile"}],
    "nationality": {"text": "Marocaine"},
    "birth_place": "Taroudant",
    "deceased": False,
}
ENVELOPE: dict[str, Any] = {
    "id": "6f1c6ad6-0000-5000-8000-000000000001",
    "about": "x",
    "fact": "6f1c6ad6-0000-5000-8000-000000000002",
    "person": "6f1c6ad6-0000-5000-8000-000000000003",
    "channel": "lab",
    "sender": "LIS|CHU",
    "transaction": "t-1",
    "control_id": "M1",
    "place": "OBR 1",
    "received": 1_763_985_600_000_000,
    "version": 1_763_985_600_000_000,
    "patient": PATIENT,
}
DOCTOR = {"identifiers": [{"system": HIE + "inpe-ps", "value": "091000111"}], "names": [{"family": "SQALLI"}]}
SHOP = {"identifiers": [{"system": HIE + "inpe-es", "value": "100200300"}], "name": "Pharmacie Ennour"}
VISIT = {
    "identifiers": [{"system": "urn:id:CHU", "value": "V-1", "type": "VN"}],
    "class_code": "I",
    "status": "finished",
    "admitted": "2025-11-18T09:00:00+01:00",
    "discharged": "2025-11-20T09:00:00+01:00",
    "place": {"point_of_care": "Cardiologie", "room": "4", "bed": "B"},
    "participants": [{**DOCTOR, "role": "AT"}],
    "reason": {"text": "Dyspnée"},
}


def result(number: str, **more: Any) -> dict[str, Any]:
    return {
        "id": number,
        "code": {"text": "Glycémie", "loinc": "2345-7", "codings": [{"system": LOINC, "code": "2345-7"}]},
        "values": [{"type": "NM", "raw": number, "number": number}],
        "unit": {"text": "g/L", "codings": [{"system": UCUM, "code": "g/L"}]},
        "range_low": "0.70",
        "range_high": "1.10",
        "status": "F",
        "observed": "2025-11-20T08:15:00+01:00",
        **more,
    }


def report(**more: Any) -> dict[str, Any]:
    return ENVELOPE | {
        "type": "LabReportIssued",
        "code": {"text": "Biochimie", "codings": [{"system": "urn:id:LIS", "code": "BIO"}]},
        "status": "C",
        "section": "CH",
        "order": {
            "placer": {"system": "urn:id:CHU", "value": "D-1", "type": "PLAC"},
            "filler": {"system": "urn:id:LIS", "value": "A-1", "type": "FILL"},
            "requesters": [DOCTOR],
            "clinical_information": "À jeun",
        },
        "started": "2025-11-20T08:15:00+01:00",
        "issued": "2025-11-20T11:00:00+01:00",
        "results": [result("5.0"), result("1.20", sub_id="2", notes=[{"text": "Contrôlé"}])],
        "specimens": [{"type": {"text": "Sang"}, "collected": "2025-11-20T08:15:00+01:00"}],
        "laboratory": SHOP,
        "notes": [{"text": "Prélèvement tardif"}],
        "conclusion": "Diabète connu",
        **more,
    }


DISPENSED = ENVELOPE | {
    "type": "MedicationDispensed",
    "medication": {"text": "VERTALGINE", "codings": [{"system": GTIN, "code": "6111000000014"}]},
    "dispensed": "2025-11-20",
    "pharmacy": SHOP,
    "prescriber": DOCTOR,
    "quantity": "2",
    "unit_price": "19.45",
    "amount": "38.90",
    "currency": "MAD",
    "prescription": {"system": "urn:id:ordonnance", "value": "ORD-9"},
    "ticket": "T-100",
    "status": "completed",
}
PRESCRIBED = ENVELOPE | {
    "type": "MedicationPrescribed",
    "medication": {"text": "VERTALGINE"},
    "prescribed": "2025-11-19",
    "prescriber": DOCTOR,
    "prescription": {"system": "urn:id:ordonnance", "value": "ORD-9"},
    "quantity": "2",
    "status": "active",
    "intent": "order",
    "instructions": "1 cp matin et soir",
    "days_supply": "10",
    "substitution": False,
}


def again(event: dict[str, Any]) -> Any:
    written: Any = bundle.collection([event])  # type: ignore[list-item]  # an event
    message = Message("t-2", "fhir", "x", orjson.dumps(written), "application/fhir+json", 1)
    Fhir().check(message, Context())
    [read] = Fhir().mediate(message, Context()).events
    return read


def kept(before: Any, after: Any, path: str = "") -> list[str]:
    """The paths of what was said before and is not after. Ids and places are each message's own."""
    if isinstance(before, dict) and isinstance(after, dict):
        names = before.keys() - {"id", "place", "placers"}
        return [lost for name in names for lost in kept(before[name], after.get(name), f"{path}.{name}")]
    if isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        return [lost for index, one in enumerate(before) for lost in kept(one, after[index], f"{path}[{index}]")]
    return [] if before == after else [f"{path}: {before!r} became {after!r}"]


@pytest.mark.parametrize(
    "event",
    [
        report(),
        report(encounter=VISIT),
        DISPENSED,
        PRESCRIBED,
        ENVELOPE | {"type": "PatientRegistered"},
        ENVELOPE | {"type": "EncounterRecorded", "encounter": VISIT},
    ],
    ids=["report", "report of a visit", "dispensation", "prescription", "patient", "visit"],
)
def test_the_facts_are_kept(event: dict[str, Any]) -> None:
    facts = {name: value for name, value in event.items() if name not in ENVELOPE or name == "patient"}
    assert kept(facts, again(event)) == []


def test_what_a_patient_is_told_by_is_kept_to_its_parts() -> None:
    told = samples.surrounded()["patient"]
    after = again(ENVELOPE | {"type": "PatientUpdated", "patient": told})
    parts = ("identifiers", "addresses", "telecoms", "race", "ethnicity", "citizenships", "disabilities", "county",
             "veteran_status", "identity_reliability")  # fmt: skip
    assert kept({name: told[name] for name in parts}, after["patient"]) == []
    (name,) = told["names"]
    # R4 has one place for a suffix, a degree and a professional suffix
    assert after["patient"]["names"][0].pop("suffix") == "Jr PhD Pr"
    assert kept({key: one for key, one in name.items() if key not in ("suffix", "degree", "professional_suffix")},
                after["patient"]["names"][0]) == []  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.decimals(allow_nan=False, allow_infinity=False, places=3), st.sampled_from(["0.70", "7", "007", "1.10"]))
def test_every_digit_of_a_number_is_kept(value: Any, low: str) -> None:
    number = f"{value:f}"
    before = result(number, range_low=low)
    [after] = again(report(results=[before]))["results"]
    assert (after["values"], after["range_low"]) == (before["values"], low)
