"""The messages of the demonstration, as the senders' own software would write them."""

from __future__ import annotations

import datetime
import json
from collections.abc import Sequence
from random import Random
from typing import Any

from channels.demo.patients import buyer, pid, resource
from channels.demo.people import HOSPITAL, LABORATORY, PRACTICE, RADIOLOGY
from schemas.events import Patient

# the INPE of sample professionals, so that the registry knows them
DOCTORS = ("131300007^BENNOUNA^Salma", "131378098^BOUHLAL^Hatim", "131372091^ROUISSI^Bouchra")

# code, name, unit, low, high, digits after the point
TESTS = {
    "GLY": ("2345-7", "Glycémie à jeun", "g/L", 0.70, 1.10, 2),
    "CREA": ("2160-0", "Créatinine", "mg/L", 6.0, 12.0, 1),
    "CRP": ("1988-5", "Protéine C réactive", "mg/L", 0.0, 6.0, 1),
    "TSH": ("3016-3", "TSH", "mUI/L", 0.4, 4.0, 2),
    "HBA1C": ("4548-4", "Hémoglobine glyquée", "%", 4.0, 6.0, 1),
}
BLOOD_COUNT = (
    ("718-7", "Hémoglobine", "g/dL", 12.0, 16.0, 1),
    ("6690-2", "Leucocytes", "10*3/uL", 4.0, 10.0, 1),
    ("777-3", "Plaquettes", "10*3/uL", 150.0, 400.0, 0),
    ("789-8", "Hématies", "10*6/uL", 4.0, 5.5, 2),
    ("4544-3", "Hématocrite", "%", 37.0, 47.0, 1),
)
EXAMS = {
    "RX-THX": ("RAD", "Radiographie du thorax", "Pas de foyer parenchymateux. Silhouette cardiaque de taille normale."),
    "ECHO-ABD": ("US", "Échographie abdominale", "Foie de taille et d'échostructure normales. Pas de lithiase."),
    "TDM-CER": ("CT", "Scanner cérébral", "Pas d'hémorragie ni d'effet de masse."),
}
MEDICINES = (
    ("6118000160168", "AMOXIL 500 MG", "38,90"),
    ("6118000100058", "DIAMICRON 80 MG", "37,20"),
    ("6118001030019", "TEGRETOL 200 MG", "81,10"),
    ("6118000060451", "LASILIX 20 MG", "7,40"),
)
HEAD = (
    "date_dispensation;inpe_pharmacie;inpe_prescripteur;immatriculation_cnss;nom_beneficiaire;prenom_beneficiaire;"
    "date_naissance;sexe;code_ean13;designation;quantite;ppv_dh;reference_ordonnance;numero_ticket"
)


def stamp(at: datetime.datetime) -> str:
    return at.strftime("%Y%m%d%H%M%S")


def header(application: str, facility: str, kind: str, control_id: str, at: datetime.datetime) -> str:
    sent = f"{stamp(at)}+0100||{kind}|{control_id}|P|2.5.1|||||MAR|UNICODE UTF-8"
    return f"MSH|^~\\&|{application}|{facility}|WASL|HIE|{sent}"


def order(
    head: str, taken: datetime.datetime, doctor: str, issued: datetime.datetime, section: str, status: str
) -> str:
    """OBR; `head` is OBR-2 to OBR-4."""
    return f"OBR|1|{head}|||{stamp(taken)}|||||||||{doctor}||||||{stamp(issued)}||{section}|{status}"


def laboratory(
    random: Random, patient: Patient, number: str, at: datetime.datetime, *, control_id: str, status: str = "F"
) -> str:
    """One order with its results; the same number with status C is its correction."""
    draw = at - datetime.timedelta(minutes=random.randint(40, 180))
    if random.random() < 0.35:
        act, tests = "58410-2^Numération formule sanguine^LN", list(BLOOD_COUNT)
    else:
        chosen = random.choice(list(TESTS.values()))
        act, tests = f"{chosen[0]}^{chosen[1]}^LN", [chosen]
    lines = [
        header("LIS", LABORATORY, "ORU^R01^ORU_R01", control_id, at),
        pid(patient),
        f"PV1|1|O|||||{random.choice(DOCTORS)}",
        f"ORC|RE|P{number}|{number}^{LABORATORY}",
        order(f"P{number}|{number}^{LABORATORY}|{act}", draw, random.choice(DOCTORS), at, "LAB", status),
    ]
    for place, (code, name, unit, low, high, digits) in enumerate(tests, 1):
        value = random.uniform(low * 0.8, high * 1.25) if low else random.uniform(0, high * 2)
        flag = "L" if value < low else "H" if value > high else "N"
        lines.append(
            f"OBX|{place}|NM|{code}^{name}^LN||{value:.{digits}f}|{unit}|{low}-{high}|{flag}|||{status}|||{stamp(draw)}"
        )
    return "\r".join(lines) + "\r"


def corrected(report: str, control_id: str) -> str:
    """The same laboratory report again, as a correction."""
    head, *lines = report.split("\r")
    for place, line in enumerate(lines):
        if line.startswith("OBR|"):
            lines[place] = line.replace("|LAB|F", "|LAB|C")
        elif line.startswith("OBX|"):
            lines[place] = line.replace("|||F|", "|||C|")
    return "\r".join([head.replace(f"|{head.split('|')[9]}|", f"|{control_id}|"), *lines])


def imaging(random: Random, patient: Patient, number: str, at: datetime.datetime, *, control_id: str) -> str:
    code, (section, name, text) = random.choice(list(EXAMS.items()))
    return "\r".join(
        (
            header("RIS", RADIOLOGY, "ORU^R01^ORU_R01", control_id, at),
            pid(patient),
            f"ORC|RE|R{number}|{number}^{RADIOLOGY}",
            order(f"R{number}|{number}^{RADIOLOGY}|{code}^{name}^L", at, random.choice(DOCTORS), at, section, "F"),
            f"OBX|1|TX|{code}^{name}^L||{text}||||||F|||{stamp(at)}",
            "",
        )
    )


def stay(patient: Patient, trigger: str, visit: str, at: datetime.datetime, *, control_id: str, kind: str) -> str:
    """A01, A04, A08 or A03 of one visit; `kind` is PV1-2."""
    discharged = stamp(at) if trigger == "A03" else ""
    lines = [
        header("SIH", HOSPITAL, f"ADT^{trigger}^ADT_A01", control_id, at),
        f"EVN|{trigger}|{stamp(at)}",
        pid(patient),
        f"PV1|1|{kind}|MED^12^A^{HOSPITAL}||||{DOCTORS[0]}||||||||||||{visit}^^^{HOSPITAL}^VN"
        f"{'|' * 25}{stamp(at)}|{discharged}",
    ]
    return "\r".join(lines) + "\r"


def merge(patient: Patient, old: str, at: datetime.datetime, *, control_id: str) -> str:
    """Two numbers of the hospital were one person."""
    lines = [
        header("SIH", HOSPITAL, "ADT^A40^ADT_A39", control_id, at),
        f"EVN|A40|{stamp(at)}",
        pid(patient),
        f"MRG|{old}^^^{HOSPITAL}^PI",
    ]
    return "\r".join(lines) + "\r"


def sales(random: Random, buyers: Sequence[Patient], pharmacy: str, first_ticket: int, day: datetime.date) -> str:
    """A pharmacy's export: one line an article sold."""
    lines = [HEAD]
    for ticket, patient in enumerate(buyers, first_ticket):
        for code, name, price in random.sample(MEDICINES, random.randint(1, 2)):
            what = f"{code};{name};{random.randint(1, 2)};{price};ORD-{ticket};T{ticket}"
            lines.append(f"{day:%d/%m/%Y};{pharmacy};{random.choice(DOCTORS)[:9]};{buyer(patient)};{what}")
    return "\r\n".join(lines) + "\r\n"


def spoiled(export: str) -> str:
    """The same export with a quantity nobody can read in its first line of sales."""
    head, first, *rest = export.split("\r\n")
    cells = first.split(";")
    cells[10] = "deux"
    return "\r\n".join([head, ";".join(cells), *rest])


def consultation(random: Random, patient: Patient, number: str, at: datetime.datetime) -> str:
    """A practice's FHIR bundle: a patient, a visit and a prescription."""
    instant = at.strftime("%Y-%m-%dT%H:%M:%S+01:00")
    code, name, _ = random.choice(MEDICINES)
    resources: list[dict[str, Any]] = [
        resource(patient),
        {
            "resourceType": "Encounter",
            "identifier": [{"system": f"urn:id:{PRACTICE}", "value": number}],
            "status": "finished",
            "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
            "subject": {"reference": "urn:uuid:00000000-0000-4000-8000-000000000001"},
            "period": {"start": instant, "end": instant},
        },
        {
            "resourceType": "MedicationRequest",
            "identifier": [{"system": f"urn:id:{PRACTICE}", "value": f"ORD-{number}"}],
            "status": "active",
            "intent": "order",
            "subject": {"reference": "urn:uuid:00000000-0000-4000-8000-000000000001"},
            "authoredOn": instant,
            "medicationCodeableConcept": {
                "coding": [{"system": "https://www.gs1.org/gtin", "code": code, "display": name}],
                "text": name,
            },
        },
    ]
    entries = [
        {"fullUrl": f"urn:uuid:00000000-0000-4000-8000-{place:012}", "resource": one,
         "request": {"method": "POST", "url": one["resourceType"]}}
        for place, one in enumerate(resources, 1)
    ]  # fmt: skip
    identifier = {"system": f"urn:id:{PRACTICE}", "value": f"B-{number}"}
    return json.dumps({"resourceType": "Bundle", "type": "transaction", "identifier": identifier, "entry": entries})
