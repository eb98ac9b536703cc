"""A rich order, referral and problem, invented: everything that their segments can hold."""

from __future__ import annotations

from typing import Any

from tests.schemas.fhir.samples import HIND, KARIM, OMAR, envelope, identifier, laboratory, person, result, unit

GLUCOSE = {
    "text": "Glycémie",
    "codings": [{"system": "http://loinc.org", "code": "2345-7", "display": "Glucose"}, {"code": "GLY"}],
}
DIAGNOSIS = {"code": {"codings": [{"system": "http://hl7.org/fhir/sid/icd-10", "code": "E11"}]}, "type": "W"}
INSURANCE = {"plan": {"text": "AMO"}, "company": {"name": "CNSS"}, "policy": "123456789"}
CONTACT = {
    "names": [{"family": "Ziani", "given": ["Nora"]}],
    "role": {"codings": [{"code": "CP", "system": "http://terminology.hl7.org/CodeSystem/v2-0131"}]},
    "telecoms": [{"system": "phone", "value": "0537111111"}],
    "details": [{"name": "preferred-method-of-contact", "place": "CTD-6", "code": {"text": "téléphone"}}],
}


def asked(**more: Any) -> dict[str, Any]:
    """The part `order`."""
    return {
        "placer": identifier("urn:id:CHU", "P-9"),
        "filler": identifier("urn:id:LABO", "F-9"),
        "group": identifier("urn:id:CHU", "G-1"),
        "alternate": identifier("urn:id:CHU", "A-1"),
        "parent": identifier("urn:id:CHU", "P-1"),
        "replaces": [identifier("urn:id:CHU", "P-8")],
        "control": "NW",
        "status": "SC",
        "priority": "T",
        "ordered": "2024-03-11T09:00+01:00",
        "requested": "2024-03-12T08:00+01:00",
        "scheduled": "2024-03-12T08:30+01:00",
        "effective": "2024-03-11",
        "available": "2024-03-13",
        "requesters": [OMAR, HIND],
        "organization": {**laboratory(), "name": "CHU Salé"},
        "entered_by": [KARIM],
        "verified_by": [HIND],
        "acted_by": [OMAR],
        "collectors": [person("Tahiri", "Meryem")],
        "entered_at": {"point_of_care": "MED", "room": "12"},
        "entering_organization": {"name": "Médecine"},
        "entering_device": {"text": "Poste 4"},
        "control_reason": {"text": "Contrôle annuel"},
        "modifier": {"text": "à jeun"},
        "confidentiality": {"codings": [{"code": "R"}]},
        "kind": {"codings": [{"code": "O"}]},
        "action": "G",
        "danger": {"text": "Risque infectieux"},
        "reasons": [{"text": "Polyurie"}],
        "clinical_information": "Diabète connu",
        "procedures": [{"text": "Prélèvement veineux"}],
        "supplements": [{"text": "tube gris"}],
        "timings": [
            {
                "quantity": "2",
                "interval": {"codings": [{"code": "BID"}]},
                "duration": "5",
                "duration_unit": {"codings": [{"code": "d"}]},
                "start": "2024-03-12T08:00+01:00",
                "priority": "T",
                "urgency": {"text": "avant midi"},
                "condition": "si fièvre",
                "text": "matin et soir",
                "occurrences": "10",
                "details": [{"name": "conjunction", "place": "TQ1-12", "text": "S"}],
            },
            {"interval": {"text": "PRN"}, "times": ["08:00"]},
        ],
        "details": [{"name": "response-flag", "place": "ORC-6", "text": "E"}],
        **more,
    }


def ordered(**more: Any) -> dict[str, Any]:
    return envelope(
        "OrderRecorded",
        code=GLUCOSE,
        order=asked(),
        encounter={"identifiers": [identifier("urn:id:CHU", "V-77")], "class_code": "O"},
        section="CH",
        started="2024-03-12T08:00+01:00",
        specimens=[{"identifiers": [identifier("urn:id:CHU", "S-1")], "type": {"text": "Sang"}}],
        results=[
            result("8302-2", {"type": "NM", "raw": "171", "number": "171"}, unit=unit("cm"), status="O"),
            result("49541-6", {"type": "ST", "raw": "oui", "text": "oui"}),
        ],
        diagnoses=[DIAGNOSIS],
        insurances=[INSURANCE],
        copies_to=[HIND],
        laboratory=laboratory(),
        performers=[KARIM, {"role": "PP", "organization": {"name": "Centre de prélèvement"}}],
        notes=[{"text": "Urgent"}],
        accession=identifier("urn:id:CHU", "ACC-1", type="ACSN"),
        study_uid="1.2.840.99999.1.9",
        modality="CT",
        contacts=[CONTACT, {**CONTACT, "role": {"codings": [{"code": "C"}]}}, {"role": {"text": "personne"}}],
        allergies=[{"code": {"text": "Latex"}, "type": "MA"}],
        **more,
    )


def referred(**more: Any) -> dict[str, Any]:
    return envelope(
        "ReferralRecorded",
        number=identifier("urn:id:CHU", "R-1"),
        external_number=identifier("urn:id:CLINIQUE", "X-1"),
        status="P",
        state={"codings": [{"code": "P", "display": "Pending"}]},
        priority={"codings": [{"code": "S"}]},
        kind={"text": "Cardiologie"},
        disposition=[{"text": "Avis"}],
        category={"codings": [{"code": "O"}]},
        reasons=[{"text": "Souffle"}],
        reason_text="Souffle systolique",
        effective="2024-03-12",
        expires="2024-06-12",
        processed="2024-03-12T09:00+01:00",
        stops="2024-07-01",
        comment="Dossier joint",
        action="A",
        documentation={"text": "complet"},
        authorization=identifier("urn:id:CNSS", "PEC-9"),
        referring=[{**OMAR, "organization": {"name": "Cabinet Alaoui"}, "location": {"point_of_care": "CAB"}}, HIND],
        referred_to=[{**KARIM, "organization": {"name": "Clinique du Cœur"}}],
        referring_organization={"name": "CHU Salé"},
        providers=[person("Sefrioui", "Nadia", role="PP")],
        contacts=[CONTACT],
        procedures=[{"code": {"text": "Échocardiographie"}, "by": [KARIM]}],
        diagnoses=[DIAGNOSIS],
        observations=[result("8867-4", {"type": "NM", "raw": "90", "number": "90"}, unit=unit("/min"))],
        encounter={"class_code": "O"},
        insurances=[INSURANCE],
        notes=[{"text": "Merci de le voir rapidement"}],
        **more,
    )


def problem(**more: Any) -> dict[str, Any]:
    return envelope(
        "ProblemRecorded",
        code={"codings": [{"system": "http://hl7.org/fhir/sid/icd-10", "code": "I10"}], "text": "HTA"},
        number=identifier("urn:id:CHU", "PB-1"),
        action="AD",
        acted="2024-03-12T09:00+01:00",
        category=[{"text": "chronique"}],
        disciplines=[{"text": "cardiologie"}],
        status={"codings": [{"code": "ACTIVE"}]},
        state="active",
        state_at="2024-03-12",
        confirmation={"codings": [{"code": "C", "display": "Confirmed"}]},
        certainty={"text": "certain"},
        persistence={"text": "permanent"},
        prognosis={"text": "bon"},
        established="2024-03-01",
        expected_resolution="2025-03-01",
        onset="2023",
        onset_text="après le ramadan",
        priority="1",
        ranking="2",
        probability="0.9",
        severity={"text": "modérée"},
        security={"codings": [{"code": "R"}]},
        episode=identifier("urn:id:CHU", "E-1"),
        performers=[OMAR, HIND],
        observations=[result("8480-6", {"type": "NM", "raw": "160", "number": "160"}, unit=unit("mm[Hg]"))],
        goals=[
            {
                "code": {"text": "TA < 14/9"},
                "number": identifier("urn:id:CHU", "GO-1"),
                "action": "AD",
                "established": "2024-03-12",
                "due": "2024-06-12",
                "category": {"text": "clinique"},
                "review": {"text": "en cours"},
                "reviewed": "2024-04-12",
                "evaluation": {"text": "progrès"},
                "comment": "régime sans sel",
                "status": {"text": "Active"},
                "status_at": "2024-03-12",
                "performers": [KARIM],
                "observations": [result("8462-4", {"type": "NM", "raw": "100", "number": "100"})],
                "notes": [{"text": "Revoir"}],
                "details": [{"name": "goal-target-name", "place": "GOL-21", "text": "patiente"}],
            },
            {"action": "DE"},
        ],
        encounter={"class_code": "O"},
        notes=[{"text": "Suivi"}],
        **more,
    )
