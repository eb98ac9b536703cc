"""The people around a patient (NK1, PID-21) as RelatedPerson. Guide: NK1[RelatedPerson]."""

from __future__ import annotations

from schemas.events import Contact, Patient
from schemas.fhir import elements, terms, times
from schemas.fhir.draft import Draft, Reference, key_of


def related_person(draft: Draft, source: Contact) -> Reference | None:
    """NK1, as a RelatedPerson of the patient; None when nothing tells who it is."""
    names = elements.human_names(source.get("names"))
    identifiers = elements.identifiers(source.get("identifiers"))
    relations = elements.concepts(one for one in (source.get("relationship"), source.get("role")) if one)
    telecoms, addresses = elements.telecoms(source.get("telecoms")), elements.addresses(source.get("addresses"))
    if not (names or identifiers or relations or telecoms or addresses):
        return None
    contact = "" if names else (telecoms[0]["value"] if telecoms else "")
    relation = elements.key(relations[0]) if relations else ""
    key = key_of(source.get("identifiers")) or (relation, elements.spelled(names), contact)
    return draft.add(
        "RelatedPerson",
        draft.of_person("RelatedPerson", *key),
        {
            "identifier": identifiers,
            "patient": draft.subject,
            "relationship": relations,
            "name": names,
            "telecom": telecoms,
            **elements.gender(source.get("sex")),
            "birthDate": times.day(source.get("birth_date")),
            "address": addresses,
            "period": times.period(source.get("start"), source.get("end"), draft.zone),
        },
    )


def mother(draft: Draft, source: Patient) -> None:
    """PID-21: the mother's own numbers, by which a newborn is found."""
    if key := key_of(source.get("mother_identifiers")):
        name = source.get("mother_name")
        draft.add(
            "RelatedPerson",
            draft.of_person("RelatedPerson", *key),
            {
                "identifier": elements.identifiers(source.get("mother_identifiers")),
                "patient": draft.subject,
                "relationship": [elements.coded(terms.ROLE_CODE, "MTH")],
                "name": elements.human_names([name] if name else None),
            },
        )
