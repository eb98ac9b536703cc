"""A patient as a sender's record has them → PID, a row of sales, a FHIR Patient."""

from __future__ import annotations

from typing import Any, Final

from registries.client.keys import SYSTEM
from schemas.events import Address, HumanName, Identifier, Patient
from schemas.fhir import elements

_SEX: Final = {"male": "M", "female": "F"}
_CNSS: Final = f"{SYSTEM}cnss"
_NUMBERS: Final = {f"{SYSTEM}cnie": ("CIN", "NI"), f"{SYSTEM}idcs": ("IDCS", "NI"), _CNSS: ("CNSS", "SS")}


def pid(patient: Patient) -> str:
    """PID, up to the last field that says something."""
    mother, several = patient["mother_name"], patient.get("multiple_birth")
    fields = {
        1: "1",
        3: "~".join(map(_cx, patient["identifiers"])),
        5: f"{_xpn(patient['names'][0])}^^^^^L",
        6: _xpn(mother) if mother else "",
        7: (patient["birth_date"] or "").replace("-", ""),
        8: _SEX.get(patient["sex"] or "", ""),
        11: "~".join(map(_xad, patient["addresses"])),
        13: "~".join(one["value"] or "" for one in patient["telecoms"]),
        24: "Y" if several else "",
        25: str(patient["birth_order"]) if several else "",
    }
    return "|".join(["PID", *(fields.get(number, "") for number in range(1, 26))]).rstrip("|")


def _cx(one: Identifier) -> str:
    authority, kind = _NUMBERS.get(one["system"], (one.get("authority") or "", "PI"))
    return f"{one['value']}^^^{authority}^{kind}"


def _xpn(name: HumanName) -> str:
    return f"{name['family']}^{name['given'][0]}"


def _xad(address: Address) -> str:
    return f"{', '.join(address['lines'])}^^{address['city']}^^{address.get('postal_code') or ''}^MA"


def buyer(patient: Patient) -> str:
    """CNSS number, family and given name, birth date and sex: all that a pharmacy's export says of people."""
    cnss = next((one["value"] for one in patient["identifiers"] if one["system"] == _CNSS), "")
    name, born = patient["names"][0], "/".join(reversed((patient["birth_date"] or "").split("-")))
    return f"{cnss};{name['family']};{name['given'][0]};{born};{_SEX.get(patient['sex'] or '', '')}"


def resource(patient: Patient) -> dict[str, Any]:
    """A FHIR Patient, without what was not said."""
    told = {
        "resourceType": "Patient",
        "identifier": elements.identifiers(patient["identifiers"]),
        "name": elements.human_names(patient["names"]),
        "telecom": elements.telecoms(patient["telecoms"]),
        "address": elements.addresses(patient["addresses"]),
        "gender": patient["sex"],
        "birthDate": patient["birth_date"],
        "multipleBirthInteger": patient.get("birth_order"),
    }
    return {name: value for name, value in told.items() if value}
