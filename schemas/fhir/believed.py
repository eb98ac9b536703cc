"""What is believed of a person → Patient, of no message in particular."""

from __future__ import annotations

from typing import Any

from schemas.events import Patient, PatientRegistered
from schemas.fhir import extensions
from schemas.fhir.draft import Draft
from schemas.fhir.patient import demographics

SOURCE = "client-registry"


def made(person: str, patient: Patient) -> dict[str, Any]:
    """The Patient as schemas.fhir writes it."""
    event: PatientRegistered = {
        "type": "PatientRegistered", "id": person, "fact": person, "person": person, "about": "patient",
        "channel": SOURCE, "sender": "", "version": 0, "patient": patient,
    }  # type: ignore[typeddict-item]  # fmt: skip
    draft = Draft(event)
    draft.add("Patient", person, demographics(draft, patient))
    told: dict[str, Any] = draft.resources[f"Patient/{person}"]
    said = [one for one in told.pop("extension", ()) if one["url"] != extensions.VERSION]
    return {**told, "extension": said} if said else told
