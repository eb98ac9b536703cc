"""A vaccination."""

from __future__ import annotations

from typing import Any

import pytest

from schemas.fhir import extensions
from tests.schemas.fhir import samples
from tests.schemas.fhir.samples import said


def made(**more: Any) -> dict[str, Any]:
    (found,) = said({**samples.vaccinated(), **more})["Immunization"]
    return found


def test_what_was_given_when_where_and_by_whom() -> None:
    told = made()
    assert told["vaccineCode"]["coding"][0] == {"system": "http://hl7.org/fhir/sid/cvx", "code": "03", "display": "ROR"}
    assert told["occurrenceDateTime"].startswith("2024-03-12T09:00")
    assert told["recorded"].startswith("2024-03-12T10:00")
    assert (told["lotNumber"], told["expirationDate"]) == ("LOT-7", "2025-01-01")
    assert told["doseQuantity"]["value"] == 0.5
    assert [one["value"] for one in told["identifier"]] == ["F-9", "P-77"]
    assert [one["function"]["coding"][0]["code"] for one in told["performer"]] == ["AP", "OP", "EP"]
    assert (told["route"]["text"], told["site"]["text"]) == ("IM", "bras gauche")
    assert told["location"]["reference"].startswith("Location/")
    assert told["manufacturer"]["reference"].startswith("Organization/")
    assert told["programEligibility"][0]["text"] == "Éligible"
    assert told["fundingSource"]["text"] == "Privé"
    assert told["note"][0]["text"] == "à surveiller"


def test_where_it_was_given_has_its_address() -> None:
    places = said(samples.vaccinated())["Location"]
    assert any(place.get("address", {}).get("city") == "Rabat" for place in places)


def test_where_its_record_comes_from() -> None:
    assert made()["reportOrigin"]["coding"][0]["code"] == "provider"
    assert made()["primarySource"] is False
    assert made(source={"codings": [{"code": "00"}]})["primarySource"] is True
    assert "primarySource" not in made(source=None)


@pytest.mark.parametrize(
    ("told", "status"),
    [
        ({"status": "CP"}, "completed"), ({"status": "PA"}, "completed"), ({"status": None}, "completed"),
        ({"status": "RE"}, "not-done"), ({"status": "NA"}, "not-done"), ({"action": "D"}, "entered-in-error"),
    ],
)  # fmt: skip
def test_its_state(told: dict[str, Any], status: str) -> None:
    assert made(**told)["status"] == status


def test_what_was_given_in_part_is_a_lesser_dose() -> None:
    assert made(status="PA")["isSubpotent"] is True
    assert "isSubpotent" not in made(status="CP")


def test_a_refusal_says_why_or_that_the_patient_objects() -> None:
    assert made(status="RE", refusals=[{"text": "Parents"}])["statusReason"]["text"] == "Parents"
    assert made(status="RE")["statusReason"]["coding"][0]["code"] == "PATOBJ"
    assert "statusReason" not in made(status="CP")


def test_what_was_given_to_read() -> None:
    first, second = made()["education"]
    assert (first["documentType"], first["presentationDate"]) == ("DOC1", "2024-03-12")
    assert (second["documentType"], second["publicationDate"]) == ("Vaccine Information Statement", "2023-01-01")


def test_which_dose_of_which_series() -> None:
    first, second = made()["protocolApplied"]
    assert (first["doseNumberPositiveInt"], first["series"], first["seriesDosesString"]) == (2, "PNI", "trois")
    assert second["doseNumberString"] == "unknown"


def test_what_was_observed_is_part_of_it() -> None:
    found = said(samples.vaccinated())
    own = {"reference": f"Immunization/{found['Immunization'][0]['id']}"}
    assert all(one["partOf"] == [own] for one in found["Observation"])
    reaction = found["Immunization"][0]["reaction"][0]
    assert reaction["date"] == "2024-03-13"
    assert reaction["detail"]["reference"] == f"Observation/{found['Observation'][0]['id']}"


def test_that_nothing_was_given_is_no_vaccination() -> None:
    found = said({**samples.vaccinated(), "vaccine": {"codings": [{"code": "998"}]}})
    assert "Immunization" not in found
    assert len(found["Observation"]) == 2
    assert "partOf" not in found["Observation"][0]


def test_an_unknown_dose_is_no_number() -> None:
    assert "doseQuantity" not in made(dose="999")


def test_further_lots_stand_beside_the_first() -> None:
    assert [one["valueString"] for one in made()["extension"] if one["url"] == extensions.OTHER_LOT] == ["LOT-8"]
