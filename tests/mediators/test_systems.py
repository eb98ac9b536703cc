"""Names of authorities and coding systems become URIs."""

from __future__ import annotations

import pytest

from mediators.systems import coding_system, identifier_system, payer

HIE = "https://hie.sante.gov.ma/id/"


@pytest.mark.parametrize(
    ("name", "type", "system"),
    [
        ("CNSS", "", HIE + "cnss"),
        ("cin", "", HIE + "cnie"),
        ("", "NNMAR", HIE + "cnie"),
        ("", "PPN", HIE + "passport"),
        ("RNP", "", HIE + "idcs"),
        ("INPE", "", HIE + "inpe-ps"),
        ("CHU RABAT", "PI", "urn:id:CHU%20RABAT"),
        ("labo~é", "", "urn:id:labo%7E%C3%A9"),
        ("1.3.6.1.4.1.9", "", "urn:oid:1.3.6.1.4.1.9"),
        ("3F2504E0-4F89-41D3-9A0C-0305E82C3301", "", "urn:uuid:3f2504e0-4f89-41d3-9a0c-0305e82c3301"),
        ("https://labo.ma/patients", "", "https://labo.ma/patients"),
        ("", "PI", "urn:id:LIS"),
    ],
)
def test_identifier_systems(name: str, type: str, system: str) -> None:
    assert identifier_system(name, type, otherwise="LIS") == system


def test_establishments_and_the_channels_own_authorities() -> None:
    assert identifier_system("INPE", establishment=True) == HIE + "inpe-es"
    assert identifier_system("CNSS", authorities={"CNSS": "urn:x"}) == "urn:x"


@pytest.mark.parametrize(
    ("name", "system"),
    [
        ("LN", "http://loinc.org"),
        ("sct", "http://snomed.info/sct"),
        ("UCUM", "http://unitsofmeasure.org"),
        ("I10", "http://hl7.org/fhir/sid/icd-10"),
        ("HL70078", "http://terminology.hl7.org/CodeSystem/v2-0078"),
        ("ATC", "http://www.whocc.no/atc"),
        ("2.16.840.1.113883.6.1", "http://loinc.org"),
        ("2.16.840.1.113883.9.9", "urn:oid:2.16.840.1.113883.9.9"),
        ("L", "urn:id:L"),
        (" ", None),
    ],
)
def test_coding_systems(name: str, system: str | None) -> None:
    assert coding_system(name) == system


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("CNSS", "cnss"), ("Caisse Nationale de Sécurité Sociale", "cnss"), ("amo-cnss", "cnss"), ("CNOPS", "cnops"),
        ("AMO TADAMON", "amo-tadamon"), ("Mutuelle des Ports", None), ("", None),
    ],
)  # fmt: skip
def test_the_national_payers_by_any_of_their_names(name: str, code: str | None) -> None:
    assert payer(name) == code
