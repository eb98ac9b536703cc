"""Rich events, invented: every field that a message of their type may fill."""

from __future__ import annotations

from typing import Any

from schemas.fhir import bundle

V2 = "http://terminology.hl7.org/CodeSystem/v2-"
NATIONAL = "https://hie.sante.gov.ma/id/"
LOINC = "http://loinc.org"
NGAP = "https://hie.sante.gov.ma/fhir/CodeSystem/ngap"


def identifier(system: str, value: str, **more: Any) -> dict[str, Any]:
    return {"system": system, "value": value, **more}


def person(family: str, *given: str, inpe: str | None = None, **more: Any) -> dict[str, Any]:
    numbers = [identifier(NATIONAL + "inpe-ps", inpe, type="DN")] if inpe else []
    return {"identifiers": numbers, "names": [{"family": family, "given": list(given), "prefix": "Dr"}], **more}


OMAR = person("Alaoui", "Omar", inpe="101002233")
HIND = person("Naciri", "Hind")
KARIM = person("Bennis", "Karim")


def laboratory() -> dict[str, Any]:
    return {
        "identifiers": [identifier(NATIONAL + "inpe-es", "104000321")],
        "name": "Laboratoire Atlas",
        "addresses": [{"lines": ["12, rue Ibn Sina"], "city": "Salé", "country": "MA"}],
        "telecoms": [{"system": "phone", "value": "+212537000000", "use": "work"}],
    }


def patient() -> dict[str, Any]:
    return {
        "identifiers": [
            identifier(NATIONAL + "cnie", "BE123456", type="NNMAR", authority="DGSN"),
            identifier("urn:id:CHU-SALE", "0007712", type="PI", authority="CHU Salé", use="usual", start="2019-02-01"),
        ],
        "names": [
            {"family": "Benchekroun", "given": ["Aïcha", "Zoé"], "use": "official", "prefix": "Mme"},
            {"family": "El Idrissi", "given": ["Aïcha"], "use": "maiden"},
            {"text": "عائشة بنشقرون", "use": "usual"},
        ],
        "birth_date": "1984-06-09T04:30+00:00",
        "sex": "female",
        "sex_code": "F",
        "addresses": [
            {
                "lines": ["Lot 7", "Hay Riad"],
                "city": "Rabat",
                "district": "Agdal",
                "state": "Rabat-Salé-Kénitra",
                "postal_code": "10100",
                "country": "MA",
                "use": "home",
                "type": "physical",
            },
        ],
        "telecoms": [
            {"system": "phone", "value": "0661000000", "use": "mobile"},
            {"system": "email", "value": "aicha@example.ma", "use": "home"},
            {"value": "0537000000"},
        ],
        "language": {"codings": [{"code": "FRA", "system": "urn:id:ISO639"}]},
        "marital_status": {"codings": [{"code": "M", "display": "Marié(e)", "system": "urn:id:HOSIX"}]},
        "religion": {"text": "non précisée"},
        "nationality": {"codings": [{"code": "MAR", "system": "urn:iso:std:iso:3166"}]},
        "mother_name": {"family": "Tazi", "given": ["Khadija"]},
        "mother_identifiers": [identifier("urn:id:CHU-SALE", "0003301")],
        "birth_place": "Fès",
        "multiple_birth": True,
        "birth_order": 2,
        "deceased": False,
        "account": identifier("urn:id:CHU-SALE", "C-55", type="AN"),
        "general_practitioners": [
            person("Alaoui", "Omar", inpe="101002233", organization={"name": "Cabinet Alaoui"}),
        ],
        "managing_organization": {"name": "CHU Salé", "identifiers": [identifier(NATIONAL + "inpe-es", "100000111")]},
        "contacts": [
            {
                "names": [{"family": "Benchekroun", "given": ["Saïd"]}],
                "relationship": {"codings": [{"code": "SPO"}]},
                "telecoms": [{"system": "phone", "value": "0661222222"}],
                "sex": "male",
                "start": "2020",
            },
        ],
        "active": True,
    }


def envelope(kind: str, /, **more: Any) -> dict[str, Any]:
    return {
        "type": kind,
        "id": "0b5e2c0e-0000-5000-8000-000000000001",
        "about": "atlas|L-2024-88",
        "fact": "3d3c9a52-0000-5000-8000-000000000002",
        "channel": "lab-hl7v2",
        "sender": "LIS|ATLAS",
        "transaction": "018e0000-0000-7000-8000-000000000003",
        "control_id": "MSG00042",
        "place": "OBR 1",
        "received": 1_710_236_000_123_456,
        "version": 1_710_235_990_000_000,
        "occurred": "2024-03-12T10:12:50+00:00",
        "person": "5f1d7a34-0000-5000-8000-000000000004",
        "origin": {
            "application": "LIS",
            "facility": "ATLAS",
            "receiving_application": "HIE",
            "receiving_facility": "MSPS",
            "message_type": "ORU",
            "trigger": "R01",
            "version": "2.5.1",
            "created": "2024-03-12T09:33:10+00:00",
            "recorded": "2024-03-12T09:33:00+00:00",
            "operators": [person("Sefrioui", "Nadia")],
        },
        "facility": laboratory(),
        "patient": patient(),
        "flags": [],
        "unmapped": [],
        **more,
    }


def result(code: str, *values: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "id": f"result-{code}-{more.get('sub_id', '')}",
        "code": {"loinc": code, "codings": [{"system": LOINC, "code": code}, {"system": "urn:id:L", "code": "x"}]},
        "values": list(values),
        "status": "F",
        **more,
    }


def unit(text: str, system: str | None = None) -> dict[str, Any]:
    return {"codings": [{"code": text, "system": system}]}


def registered(kind: str = "PatientRegistered", **more: Any) -> dict[str, Any]:
    return envelope(
        kind,
        about="",
        fact=None,
        allergies=[
            {
                "code": {"text": "Pénicilline"},
                "type": "DA",
                "severity": "SV",
                "reactions": ["Urticaire"],
                "identified": "2015",
            },
            {"code": {"text": "Arachide"}, "type": "FA"},
        ],
        insurances=[
            {
                "plan": {"codings": [{"code": "AMO", "system": "urn:id:CNSS"}]},
                "company": {"name": "CNSS"},
                "policy": "123456789",
                "group": "G7",
                "start": "2021-01-01",
                "end": "2025-12-31",
                "relationship": {"text": "assurée"},
                "subscriber": {"family": "Benchekroun", "given": ["Saïd"]},
                "subscriber_identifiers": [identifier(NATIONAL + "cnss", "123456789")],
            },
            {"policy": "X"},
        ],
        observations=[
            result("8302-2", {"type": "NM", "number": "171", "raw": "171"}, unit=unit("cm"), category="vital-signs"),
            result("1-8", {"type": "ED", "attachment": {"data": b"abc"}}),
        ],
        **more,
    )


def coded(code: str, text: str, system: str = "urn:id:L") -> dict[str, Any]:
    return {"text": text, "codings": [{"system": system, "code": code, "display": text}]}


def surrounded(**more: Any) -> dict[str, Any]:
    """A patient with everything that can be told of the people, covers and allergies around it."""
    number = identifier(
        "urn:oid:1.2.504.1", "0044", type="MR", authority="CHU Salé", authority_id="urn:id:DNS:chu.ma",
        facility="Site 2", facility_id="urn:oid:1.2.504.9", check_digit="7", check_scheme="M11",
        source_table="TAB",
        jurisdiction=coded("MA", "Maroc"), agency=coded("MED", "Médecine"),
    )  # fmt: skip
    name = {
        "family": "El Fassi Tazi", "given": ["Salma"], "own_prefix": "El", "own_family": "Fassi",
        "partner_prefix": "de", "partner_family": "Tazi",
        "suffix": "Jr", "degree": "PhD", "professional_suffix": "Pr", "type": "C",
        "representation": "A", "order": "F", "called_by": "Lila", "start": "2020", "end": "2030",
    }  # fmt: skip
    address = {
        "lines": ["12 Rue Tarik", "Apt 3"], "city": "Fès", "district": "Fès", "use": "home", "type_code": "N",
        "street_name": "Rue Tarik", "house_number": "12", "other_geographic": "Médina", "census_tract": "12.04",
        "county": coded("33", "Fès"), "start": "2020", "end": "2024",
    }  # fmt: skip
    telecom = {
        "value": "+212 537 001122", "system": "phone", "use": "home", "use_code": "VHN", "equipment": "CP",
        "country": "212", "area": "537", "local": "001122", "extension": "12", "comment": "le soir", "rank": 2,
        "start": "2024",
    }  # fmt: skip
    office = {"name": "Etude Tazi", "name_type": "D", "contacts": [name], "telecoms": [telecom], "addresses": [address]}
    detail = {"place": "NK1-19", "name": "citizenship", "code": coded("MA", "Maroc")}
    kin = {
        "names": [name], "relationship": coded("FTH", "Père"), "role": coded("EC", "Urgence"), "addresses": [address],
        "telecoms": [telecom], "identifiers": [number], "sex": "male", "birth_date": "1960", "organization": office,
        "language": coded("fr", "Français"), "marital_status": coded("M", "Marié"), "job_title": "Notaire",
        "reasons": [coded("LEG", "Juridique")], "contact_names": [name], "contact_telecoms": [telecom],
        "contact_addresses": [address], "details": [detail],
    }  # fmt: skip
    answering = {
        "identifiers": [identifier("urn:id:CHU", "G-1")], "names": [name], "employer": office, "spouse": name,
        "relationship": coded("FTH", "Père"), "type": coded("P", "Personne"), "priority": "1", "hold": True,
        "employment_status": coded("F", "Plein temps"), "deceased": False, "start": "2024", "end": "2025",
        "marital_status": coded("M", "Marié"), "details": [detail],
    }  # fmt: skip
    doctor = person(
        "Naciri", "Hind", inpe="101009999", role="CP", duty=coded("CP", "Consultant"),
        kinds=[coded("GEN", "Généraliste")],
        start="2024-03-01", end="2024-04-01", organization={"name": "Cabinet Naciri"},
        specialty=coded("CAR", "Cardiologie"),
        location={"point_of_care": "CARDIO", "systems": {"point_of_care": "urn:oid:1.2.504.21"},
                  "identifiers": [identifier("urn:id:CHU", "LOC-7")], "authority": {"name": "REG"}},
    )  # fmt: skip
    told = {
        "identifiers": [number], "names": [name], "addresses": [address], "telecoms": [telecom], "contacts": [kin],
        "participants": [doctor, {"role": "AT", "organization": {"name": "Cabinet Alami"}}], "county": "33",
        "race": [coded("B", "Brun")], "ethnicity": [coded("AR", "Arabe")], "veteran_status": coded("Y", "Ancien"),
        "citizenships": [coded("MA", "Maroc"), coded("FR", "France")], "disabilities": [coded("DEAF", "Surdité")],
        "identity_unknown": False, "identity_reliability": [coded("UA", "Inconnue")],
        "updated": "2024-03-01T10:30+01:00",
        "updated_by": laboratory(), "other_facilities": [{"name": "Centre Hay Riad"}], "protected": True,
        "restrictions": [coded("HIV", "VIH", "http://terminology.hl7.org/CodeSystem/v2-0717")],
        "notes": [{"text": "Allergique", "source": "P", "kind": coded("RE", "Remarque"), "by": OMAR, "recorded": "2024",
                   "start": "2024-03-01"}],
        "language": coded("FRA", "Français"), "details": [{"place": "PID-37", "name": "strain", "text": "Berger"}],
    }  # fmt: skip
    allergy = {
        "code": coded("PEN", "Pénicilline"), "type": "DA", "type_code": coded("DA", "Médicament"), "severity": "MO",
        "severity_code": coded("MO", "Modéré"), "manifestations": [coded("URT", "Urticaire")], "action": "U",
        "identifier": identifier("urn:id:CHU", "ALG-7"), "status": "C", "onset": "2019-03-04",
        "onset_text": "à la cantine",
        "identified": "2019", "reported": "2024-03-01", "reported_by": name, "relationship": coded("MTH", "Mère"),
        "sensitivity": coded("AL", "Allergie"), "group": coded("BLM", "Bêta-lactamines"), "recorded": "2024-03-02",
        "recorded_by": [OMAR, HIND], "notes": [{"text": "Vu aux urgences"}], "details": [detail],
        "status_code": coded("C", "Confirmée"),
    }  # fmt: skip
    cover = {
        "plan": coded("AMO", "Assurance maladie obligatoire"), "type": coded("HMO", "Réseau"), "policy": "123456789",
        "company": {**office, "identifiers": [identifier(NATIONAL + "payer", "cnss")], "name": "CNSS"}, "group": "G-7",
        "group_name": "Groupe Atlas", "priority": "1", "relationship": coded("SPO", "Conjoint"), "subscriber": name,
        "subscriber_identifiers": [number], "subscriber_birth_date": "1980", "subscriber_sex": "male",
        "subscriber_addresses": [address], "subscriber_telecoms": [telecom], "employer": office, "members": [number],
        "authorizations": [identifier("urn:id:CNSS", "PEC-88", authority="CNSS", start="2024")],
        "coordination": coded("CO", "Coordonné"), "patient_relationship": coded("SPO", "Conjoint", f"{V2}0063"),
        "subscriber_organization": {"name": "Office des Ports"}, "action": "U", "details": [detail],
    }  # fmt: skip
    return envelope(
        "PatientUpdated",
        about="",
        fact=None,
        **{"patient": told, "allergies": [allergy], "insurances": [cover], "guarantors": [answering], **more},
    )


def merged(**more: Any) -> dict[str, Any]:
    prior = {"identifiers": [identifier("urn:id:CHU-SALE", "0000001")], "names": [{"family": "Benchekroun"}]}
    return envelope("PatientMerged", prior=prior, prior_person="6a1d7a34-0000-5000-8000-000000000009", **more)


def linked(**more: Any) -> dict[str, Any]:
    other = {"identifiers": [identifier("urn:id:LABO", "L-1")], "names": [{"family": "Benchekrun", "given": ["Aïcha"]}]}
    told = {"linked": True, "other": other, "other_person": "6a1d7a34-0000-5000-8000-000000000009"}
    return envelope("PatientLinked", **{**told, **more})


def changed(of: str = "visit", change: str = "merged", **more: Any) -> dict[str, Any]:
    numbers = {"number": identifier("urn:id:CHU-SALE", "N-2"), "prior": identifier("urn:id:CHU-SALE", "N-1")}
    before = {"identifiers": [identifier("urn:id:CHU-SALE", "0000001")]}
    told = {**numbers, "prior_patient": before, "prior_person": "6a1d7a34-0000-5000-8000-000000000009"}
    return envelope("NumberChanged", of=of, change=change, **{**told, **more})


def encounter(**more: Any) -> dict[str, Any]:
    return envelope(
        "EncounterRecorded",
        encounter={
            "identifiers": [identifier("urn:id:CHU-SALE", "V-77", authority="CHU Salé")],
            "class_code": "I",
            "status": "in-progress",
            "type": {"text": "Hospitalisation"},
            "place": {
                "building": "A",
                "floor": "2",
                "point_of_care": "MED",
                "room": "12",
                "bed": "B",
                "status": "O",
                "type": "N",
                "text": "Médecine",
                "facility": {"name": "CHU Salé"},
            },
            "prior_place": {"point_of_care": "URG"},
            "temporary_place": {"point_of_care": "RADIO"},
            "pending_place": {"point_of_care": "CHIR", "room": "4"},
            "prior_temporary_place": {"text": "Bloc"},
            "prior_pending_place": {"point_of_care": "REA"},
            "moved": "2024-03-12T08:30+00:00",
            "expected_admission": "2024-03-12",
            "expected_discharge": "2024-03-16T09:00+00:00",
            "expected_length_days": "4",
            "expected_surgery": "2024-03-13",
            "expected_return": "2024-03-14",
            "expected_disposition": {"text": "Domicile"},
            "length_days": "3",
            "priority": {"codings": [{"code": "1"}]},
            "readmission": {"codings": [{"code": "R"}]},
            "vip": {"text": "VIP"},
            "courtesies": [{"text": "Personnel"}],
            "ambulatory_statuses": [{"codings": [{"code": "A1"}]}],
            "diet": {"text": "Sans sel"},
            "discharged_to": {"codings": [{"code": "SSR", "display": "Soins de suite"}]},
            "patient_class": {"codings": [{"code": "I", "display": "Hospitalisé"}]},
            "accommodation": {"text": "Chambre seule"},
            "transfer_reason": {"text": "Avis"},
            "description": "Séjour programmé",
            "patient_status": {"codings": [{"code": "AI"}]},
            "level_of_care": {"codings": [{"code": "AC"}]},
            "arrival": {"codings": [{"code": "A"}]},
            "precautions": [{"codings": [{"code": "B"}]}, {"text": "Contact"}],
            "condition": {"codings": [{"code": "S"}]},
            "newborn": False,
            "account_status": {"text": "Ouvert"},
            "preadmission": identifier("urn:id:CHU-SALE", "PRE-1", type="PRE"),
            "episode": identifier("urn:id:CHU-SALE", "EP-1"),
            "part_of": identifier("urn:id:CHU-SALE", "V-70", type="VN"),
            "details": [{"name": "accident-date-time", "place": "ACC-1", "time": "2024-03-11"}],
            "participants": [
                person("Alaoui", "Omar", inpe="101002233", role="AT"),
                person("Naciri", "Hind", role="RP"),
                person("Bennis", "Karim", role="CP"),
                person("Berrada", "Ilham", role="AD"),
                person("X", role="ZZ"),
            ],
            "admitted": "2024-03-12T07:00+00:00",
            "admission_type": "E",
            "admit_source": "1",
            "hospital_service": "MED",
            "discharge_disposition": {"text": "Domicile"},
            "reason": {"text": "Fièvre"},
            "account": identifier("urn:id:CHU-SALE", "C-56"),
            "diagnoses": [
                {
                    "code": {
                        "codings": [
                            {"code": "A09", "system": "http://hl7.org/fhir/sid/icd-10", "display": "Gastro-entérite"}
                        ]
                    },
                    "type": "A",
                    "recorded": "2024-03-12",
                    "priority": "1",
                    "by": [OMAR, HIND],
                    "identifier": identifier("urn:id:CHU-SALE", "DG-1"),
                    "parent": identifier("urn:id:CHU-SALE", "DG-0"),
                    "attested": "2024-03-12T10:00+00:00",
                    "onset": "2024-03-11",
                    "present_on_admission": {"text": "Oui"},
                    "classification": {"text": "Médical"},
                    "description": "Gastro-entérite aiguë",
                },
                {"code": {"text": "Déshydratation"}, "type": "F", "priority": "0"},
                {"code": {"text": "Erreur"}, "type": "W", "action": "D"},
            ],
            "procedures": [
                {
                    "code": {"text": "Perfusion"},
                    "performed": "2024-03-12T09:00+00:00",
                    "type": "D",
                    "by": [{**HIND, "role": "PR1-11"}, {**OMAR, "role": "PR1-8"}],
                    "minutes": "90",
                    "identifier": identifier("urn:id:CHU-SALE", "PR-1"),
                    "parent": identifier("urn:id:CHU-SALE", "PR-0"),
                    "anesthesia": {"text": "Locale"},
                    "anesthesia_minutes": "20",
                    "consent": {"text": "Écrit"},
                    "priority": "1",
                    "reasons": [{"text": "Déshydratation"}],
                    "modifiers": [{"text": "Droite"}],
                    "places": [{"point_of_care": "BLOC"}, {"point_of_care": "REVEIL"}],
                    "description": "Perfusion de sérum",
                },
                {"code": {"text": "Ponction"}, "performed": "2024-03-12", "minutes": "5", "action": "D"},
            ],
        },
        **more,
    )


def dispensed(**more: Any) -> dict[str, Any]:
    return envelope(
        "MedicationDispensed",
        medication={
            "text": "DOLIPRANE 1 g",
            "codings": [{"system": "https://www.gs1.org/gtin", "code": "6118000040123"}],
        },
        dispensed="2024-03-12",
        pharmacy={"identifiers": [identifier(NATIONAL + "inpe-es", "103009988")], "name": "Pharmacie Al Amal"},
        prescriber=OMAR,
        dispenser=person("Tahiri", "Meryem"),
        quantity="2",
        unit_price="14.50",
        amount="29.00",
        currency="MAD",
        prescription=identifier("urn:id:103009988", "ORD-9"),
        ticket="T-001",
        occurrence=1,
        days_supply="10",
        instructions="1 comprimé matin et soir",
        notes=[{"text": "Sans substitution"}],
        extra={"caisse": "2"},
        **more,
    )


def prescribed(**more: Any) -> dict[str, Any]:
    return envelope(
        "MedicationPrescribed",
        medication={"text": "Amoxicilline 1 g"},
        prescribed="2024-03-12T11:00+00:00",
        prescriber=OMAR,
        prescription=identifier("urn:id:CAB", "ORD-9"),
        quantity="12",
        quantity_unit=unit("cp"),
        status="active",
        intent="order",
        instructions="1 x 2 / j",
        days_supply="6",
        substitution=False,
        reasons=[{"text": "Angine"}],
        encounter={"class_code": "O"},
        notes=[{"text": "Revoir à J7"}],
        **more,
    )


def appointment(**more: Any) -> dict[str, Any]:
    start, end = "2024-06-10T10:00+01:00", "2024-06-10T10:30+01:00"
    booked = {"text": "Booked", "codings": [{"code": "Booked"}]}
    return {"kind": {"text": "Normal"}} | envelope(
        "AppointmentRecorded",
        numbers=[identifier("urn:id:RDV", "F-1", type="FILL"), identifier("urn:id:AGENDA", "P-1", type="PLAC")],
        status="booked",
        sent_status=booked,
        event_reason={"text": "Modifié"},
        reasons=[{"text": "Contrôle", "codings": [{"code": "FOLLOWUP", "display": "Contrôle"}]}],
        services=[{"text": "Consultation"}],
        start=start,
        end=end,
        minutes="30",
        occurrence="2",
        groups=[identifier("urn:id:AGENDA", "G-1", type="PLAC")],
        parents=[identifier("urn:id:AGENDA", "P-0")],
        schedule={"text": "Consultations du lundi"},
        timings=[{"start": start, "end": end, "priority": "R", "interval": {"text": "M20"}}],
        placers=[{**HIND, "telecoms": [{"system": "phone", "value": "0537000000"}]}],
        fillers=[person("Rami", "Nora", location={"point_of_care": "CONS"})],
        entered_by=[person("Sabri", "Leila")],
        orders=[identifier("urn:id:CHU", "O-7", type="PLAC")],
        resources=[
            {
                "kind": "AIS", "code": {"text": "Consultation"}, "start": start, "minutes": "30", "action": "A",
                "sent_status": booked, "notes": [{"text": "A jeun"}],
                "details": [{"name": "allow-substitution-code", "place": "AIS-9", "text": "Y"}],
            },
            {"kind": "AIG", "code": {"codings": [{"code": "E-4", "display": "Echo"}]}, "role": {"text": "Appareil"}},
            {"kind": "AIG", "code": {"codings": [{"code": "77", "display": "Dr Sabri"}]}, "role": {"text": "P"}},
            {"kind": "AIL", "place": {"point_of_care": "RADIO", "room": "12"}, "status": "tentative"},
            {"kind": "AIP", "person": OMAR, "role": {"text": "Cardiologue"}, "status": "accepted", "end": end},
        ],
        encounter={"class_code": "O"},
        diagnoses=[{"code": {"text": "HTA"}}],
        observations=[{"id": "r-1", "code": {"text": "Poids"}, "values": [{"type": "NM", "number": "72"}]}],
        notes=[{"text": "Venir à jeun", "source": "L"}, {"text": "Apporter les examens"}],
        **more,
    )  # fmt: skip


def charge(**more: Any) -> dict[str, Any]:
    return {"kind": "CG"} | envelope(
        "ChargeRecorded",
        code={"text": "Consultation spécialisée", "codings": [{"system": NGAP, "code": "CS"}]},
        number=identifier("urn:id:FACT", "T-1"),
        sent_kind={"text": "Charge", "codings": [{"code": "CG"}]},
        performed="2024-03-12T10:00+01:00",
        performed_end="2024-03-12T10:20+01:00",
        posted="2024-03-13",
        quantity="1",
        unit_price="150.00",
        amount="150.00",
        insured_amount="105.00",
        unit_cost="90",
        currency="MAD",
        batch="LOT-3",
        account=identifier("urn:id:CHU", "A-1", type="AN"),
        performers=[OMAR],
        ordered_by=[HIND],
        entered_by=[KARIM],
        location={"point_of_care": "CARDIO"},
        department={"text": "Cardiologie", "codings": [{"code": "CARD"}]},
        plan={"text": "AMO"},
        fee_schedule={"text": "TNR"},
        patient_type={"text": "Externe"},
        procedure={"text": "ECG", "codings": [{"code": "DEQP003"}]},
        modifiers=[{"text": "Nuit"}],
        product={"text": "DOLIPRANE 1 g"},
        procedures=[{"code": {"text": "ECG", "codings": [{"code": "DEQP003"}]}, "performed": "2024-03-12"}],
        diagnoses=[{"code": {"text": "HTA"}}],
        order={"placer": identifier("urn:id:CHU", "P-9"), "filler": identifier("urn:id:LABO", "F-9")},
        performing_organization=laboratory(),
        ordering_organization={"name": "Cabinet du centre"},
        authorization=identifier("urn:id:AMO", "PEC-7"),
        prescription=identifier("urn:id:CAB", "ORD-9"),
        observations=[{"id": "r-1", "code": {"text": "Poids"}, "values": [{"type": "NM", "number": "72"}]}],
        encounter={"class_code": "O", "identifiers": [identifier("urn:id:CHU", "V-5", type="VN")]},
        insurances=[{"plan": {"text": "AMO"}, "policy": "123"}],
        notes=[{"text": "Tarif de convention"}],
        **more,
    )


def document(**more: Any) -> dict[str, Any]:
    pdf = {"content_type": "application/pdf", "data": b"%PDF-1.4 lettre", "title": "Lettre", "source": "DPI"}
    text = {"content_type": "text/plain; charset=utf-8", "data": "Sortie à domicile".encode(), "title": "Résumé"}
    return envelope(
        "DocumentIssued",
        about="document|urn:id:DPI|D-2",
        fact=None,
        code={"codings": [{"code": "DS"}], "text": "Compte rendu d'hospitalisation"},
        document=identifier("urn:id:DPI", "D-2", authority="DPI"),
        replaces=identifier("urn:id:DPI", "D-1"),
        relation="replaces",
        content_type="AP",
        activity="2024-03-12T08:00+00:00",
        originated="2024-03-12T09:00:00+00:00",
        transcribed="2024-03-12T09:30+00:00",
        edited=["2024-03-12T10:00+00:00"],
        authors=[OMAR],
        acted_by=[HIND],
        authenticators=[KARIM, HIND],
        authenticated="2024-03-12T10:05+00:00",
        transcriptionists=[HIND],
        orders=[
            {"placer": identifier("urn:id:CHU-SALE", "P-9"), "code": {"text": "Échographie"}, "collectors": [HIND]}
        ],
        file_name="CRH_D-2.rtf",
        status="AU",
        confidentiality="R",
        availability="AV",
        storage="AC",
        title="Compte rendu",
        contents=[text, pdf],
        results=[result("8302-2", {"type": "NM", "raw": "172", "number": "172"}, unit=unit("cm"))],
        encounter={"identifiers": [identifier("urn:id:CHU-SALE", "V-77")], "class_code": "I"},
        copies_to=[OMAR],
        notes=[{"text": "Relu"}],
        custodian=laboratory(),
        **more,
    )


def _order(**more: Any) -> dict[str, Any]:
    return {
        "placer": identifier("urn:id:CAB", "P-77"),
        "filler": identifier("urn:id:PHARM", "F-9"),
        "group": identifier("urn:id:CAB", "G-3"),
        "control": "NW",
        "status": "IP",
        "priority": "S",
        "ordered": "2024-03-12T09:00+00:00",
        "requesters": [OMAR],
        "entered_by": [HIND],
        "organization": laboratory(),
        "control_reason": {"text": "Fièvre"},
        **more,
    }


def _dosages() -> list[dict[str, Any]]:
    return [
        {
            "low": "1",
            "high": "2",
            "unit": unit("CP", "urn:id:L"),
            "rate": "100",
            "rate_unit": unit("mL/h"),
            "route": {"codings": [{"code": "PO", "system": "http://terminology.hl7.org/CodeSystem/v2-0162"}]},
            "site": {"text": "bouche"},
            "device": {"text": "cuillère"},
            "method": {"text": "mâcher"},
            "instructions": [{"text": "Le soir", "codings": [{"code": "SOIR", "system": "urn:id:L"}]}],
            "timings": [
                {"interval": {"codings": [{"code": "BID"}]}, "start": "2024-03-12T09:00+00:00", "priority": "S"},
                {"interval": {"codings": [{"code": "PRN"}]}, "text": "si fièvre", "quantity": "1"},
            ],
        },
        {"route": {"text": "rectale"}},
    ]


def compound(**more: Any) -> dict[str, Any]:
    """A prescription by order number, of a product that is made up."""
    return envelope(
        "MedicationPrescribed",
        about="medication-order|urn:id:CAB|P-77",
        fact=None,
        medication={"text": "Perfusion"},
        requested={"text": "Glucose 5 %"},
        dispense={"text": "Poche 1 L"},
        order=_order(),
        prescribed="2024-03-12T09:00+00:00",
        prescriber=OMAR,
        prescription=identifier("urn:id:PHARM", "RX-555"),
        replaces=identifier("urn:id:CAB", "P-70"),
        status="active",
        quantity="2",
        quantity_unit=unit("BT"),
        initial_quantity="1",
        refills="3",
        refills_left="2",
        substitution_code="1",
        substitution=False,
        dosages=_dosages(),
        instructions="Le soir",
        dispense_instructions=[{"text": "Ne pas fractionner"}],
        form={"text": "solution"},
        strength="1000",
        strength_unit=unit("mg"),
        ingredients=[
            {"type": "B", "code": {"text": "Dextrose"}, "amount": "1", "unit": unit("L")},
            {"type": "A", "code": {"text": "KCl"}, "strength": "2", "strength_unit": unit("mmol/mL")},
        ],
        verified_by=[KARIM],
        to_pharmacy={"name": "Pharmacie Al Amal"},
        deliver_to={"point_of_care": "CHIR", "address": {"city": "Rabat"}},
        doses_dispensed="1",
        last_dispensed="2024-03-10",
        indications=[{"text": "Fièvre"}],
        reasons=[{"text": "Angine"}],
        diagnoses=[{"code": {"text": "Angine"}}],
        insurances=[{"plan": {"text": "AMO"}, "policy": "123"}],
        observations=[result("29463-7", {"type": "NM", "number": "72", "raw": "72"}, unit=unit("kg"))],
        encounter={"class_code": "O"},
        notes=[{"text": "Revoir à J7"}],
        **more,
    )


def handed_over(**more: Any) -> dict[str, Any]:
    """A dispensation of an order (RDS): another product than the one prescribed."""
    return envelope(
        "MedicationDispensed",
        about="dispensing|urn:id:CAB|P-77|1|2024-03-12",
        fact=None,
        request="medication-order|urn:id:CAB|P-77",
        order=_order(control="RE", status="CM"),
        medication={
            "text": "GENERIQUE 1 g",
            "codings": [{"system": "https://www.gs1.org/gtin", "code": "6118000040130"}],
        },
        prescribed={"text": "DOLIPRANE", "codings": [{"system": "https://www.gs1.org/gtin", "code": "6118000040123"}]},
        substitution="G",
        status="completed",
        dispensed="2024-03-12T10:15+00:00",
        dispenser=person("Tahiri", "Meryem"),
        dispensers=[KARIM],
        verified_by=[HIND],
        prescriber=OMAR,
        quantity="2",
        quantity_unit=unit("BT"),
        refills_left="1",
        lots=["L-77", "L-78"],
        lot="L-77",
        expires="2025-06-01",
        manufacturer={"name": "Sanofi"},
        form={"text": "comprimé"},
        strength="1000",
        strength_unit=unit("mg"),
        location={"point_of_care": "CHIR"},
        kind={"text": "Nouveau"},
        number=identifier("urn:id:PHARM", "T-1"),
        dosages=_dosages(),
        dispense_instructions=[{"text": "Entier"}],
        encounter={"class_code": "O"},
        **more,
    )


def administered(**more: Any) -> dict[str, Any]:
    return envelope(
        "MedicationAdministered",
        about="administration|urn:id:CAB|P-77|0|1|2024-03-12T09:00",
        fact=None,
        request="medication-order|urn:id:CAB|P-77",
        order=_order(control="RE"),
        medication={"text": "Paracétamol"},
        given="2024-03-12T09:00+00:00",
        given_end="2024-03-12T09:30+00:00",
        status="CP",
        action="A",
        dosages=_dosages(),
        reasons=[{"text": "Refus"}],
        indications=[{"text": "Fièvre"}],
        performers=[person("Infirmier", "Ali", role="AP"), person("Autre", role="ZZ")],
        location={"point_of_care": "CHIR", "bed": "B"},
        lots=["L-1"],
        expires="2025-01-01",
        manufacturer={"name": "Sanofi"},
        recorded="2024-03-12T10:00+00:00",
        observations=[result("8310-5", {"type": "NM", "number": "38.2", "raw": "38.2"}, unit=unit("Cel"))],
        encounter={"class_code": "I"},
        notes=[{"text": "Bien toléré"}],
        **more,
    )


def vaccinated(**more: Any) -> dict[str, Any]:
    return envelope(
        "ImmunizationRecorded",
        about="vaccination|urn:id:REG|IZ-9",
        fact=None,
        vaccine={"codings": [{"system": "http://hl7.org/fhir/sid/cvx", "code": "03", "display": "ROR"}]},
        order=_order(reasons=[{"text": "PNI"}], timings=[{"interval": {"text": "BID"}}]),
        given="2024-03-12T09:00+00:00",
        dose="0.5",
        dose_unit=unit("mL"),
        lot="LOT-7",
        lots=["LOT-7", "LOT-8"],
        expires="2025-01-01",
        manufacturer={"name": "Sanofi Pasteur", "identifiers": [identifier("http://hl7.org/fhir/sid/mvx", "PMC")]},
        status="PA",
        action="A",
        source={"codings": [{"code": "02", "system": "urn:id:NIP001"}]},
        performers=[person("Infirmier", "Ali", role="AP")],
        location={"point_of_care": "Centre Agdal", "address": {"city": "Rabat"}},
        route={"text": "IM"},
        site={"text": "bras gauche"},
        recorded="2024-03-12T10:00+00:00",
        eligibilities=[{"text": "Éligible"}],
        funding={"text": "Privé"},
        educations=[
            {"document": {"codings": [{"code": "DOC1", "system": "urn:id:L"}]}, "presented": "2024-03-12"},
            {"published": "2023-01-01"},
        ],
        protocols=[
            {"dose_number": "2", "series": "PNI", "doses": "trois", "schedule": {"text": "2024"}},
            {"series": "PNI"},
        ],
        reactions=[{"text": "Fièvre"}],
        observations=[
            result("31044-1", {"type": "CE", "code": {"text": "Fièvre"}}, observed="2024-03-13"),
            result("64994-7", {"type": "CE", "code": {"text": "Éligible"}}),
        ],
        indications=[{"text": "PNI"}],
        encounter={"class_code": "O"},
        notes=[{"text": "à surveiller"}],
        **more,
    )


ALL = (
    document, registered, merged, linked, changed, encounter, dispensed, prescribed, appointment, charge, surrounded,
    compound, handed_over, administered, vaccinated,
)  # fmt: skip


def said(event: Any) -> dict[str, list[dict[str, Any]]]:
    """The resources of an event by type."""
    found: dict[str, list[dict[str, Any]]] = {}
    for one in bundle.resources(event):
        found.setdefault(one["resourceType"], []).append(one)
    return found
