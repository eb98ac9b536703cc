"""The people around a Patient: RelatedPerson, beside it in the Bundle or contained in it. The mother's numbers find a
newborn (OHIE-CR-FHIR-05); whoever else is told is a contact."""

from __future__ import annotations

from typing import Final, cast

from mediators.fhir.bundle import Resources
from schemas.events import Contact, Patient
from schemas.fhir.reading import elements, patient
from schemas.fhir.reading.elements import Json, Source, part, parts, said, take

# HL7 v3 RoleCode, and table 0063
_MOTHERS: Final = frozenset({"MTH", "NMTH", "NMTHF", "GESTM", "ADOPTM"})


def is_mother(related: Json) -> bool:
    codes = {coding.get("code") for kind in parts(related, "relationship") for coding in parts(kind, "coding")}
    return bool(codes & _MOTHERS)


def told(resources: Resources, resource: Json) -> Patient:
    """All that a Patient resource and its RelatedPersons say of a person."""
    found = resources.once(resource, patient.patient)
    for one in resources.related(resource):
        mother = is_mother(one)
        contact = resources.once(one, _contact)
        if mother and (numbers := contact.get("identifiers")):
            found["mother_identifiers"] = [*(found.get("mother_identifiers") or ()), *numbers]
            if (names := contact.get("names")) and not found.get("mother_name"):
                found["mother_name"] = names[0]
        else:
            found["contacts"] = [*(found.get("contacts") or ()), contact]
    return found


def _contact(source: Source, related: Json) -> Contact:
    start, end = elements.period(related, "period")
    relations = elements.codes(related, "relationship")
    take(part(related, "patient"), "reference")
    return cast(
        Contact,
        said(
            names=elements.human_names(related),
            relationship=relations[0] if relations else None,
            role=relations[1] if len(relations) > 1 else None,
            addresses=elements.addresses(related),
            telecoms=elements.telecoms(related),
            identifiers=elements.identifiers(source, related),
            sex=take(related, "gender"),
            birth_date=take(related, "birthDate"),
            start=start,
            end=end,
        ),
    )
