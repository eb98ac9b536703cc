"""The people around a patient (NK1, PID-21, GT1, the insured of IN1) as RelatedPerson.

Guide: NK1[RelatedPerson], GT1[RelatedPerson], IN1[RelatedPerson]. What R4 has no element for is an extension.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from schemas.events import Contact, Guarantor, HumanName, Patient
from schemas.fhir import details, elements, extensions, people, terms, times
from schemas.fhir.draft import Draft, Reference, key_of


def related_person(draft: Draft, source: Contact) -> Reference | None:
    """NK1, as a RelatedPerson of the patient; None when nothing tells who it is."""
    relations = elements.concepts(one for one in (source.get("relationship"), source.get("role")) if one)
    return _person(
        draft,
        {**source},
        relations,
        {
            "communication": elements.communication(source.get("language")),
            "extension": [
                *_contact(draft, source),
                *details.written(draft, source.get("details")),
            ],
        },
    )


def guarantor(draft: Draft, source: Guarantor) -> Reference | None:
    """GT1: a person, else a body."""
    relation = elements.concept(source.get("relationship"))
    body, work = people.organization(draft, source.get("organization")), source.get("employer")
    if not source.get("names") and body:
        return body
    # R4 has no priority of a guarantor on the Account
    told = [
        *extensions.texts((extensions.GUARANTOR_PRIORITY, source.get("priority"))),
        *extensions.extensions(
            extensions.extension(extensions.KIN_ORGANIZATION, "Reference", body),
            extensions.extension(extensions.EMPLOYER, "Reference", people.organization(draft, work)),
            *(
                extensions.extension(url, "CodeableConcept", elements.concept(code))
                for url, code in (
                    (extensions.GUARANTOR_TYPE, source.get("type")),
                    (extensions.EMPLOYMENT_STATUS, source.get("employment_status")),
                    (extensions.KIN_MARITAL_STATUS, source.get("marital_status")),
                )
            ),
            *(
                extensions.extension(extensions.GUARANTOR_SPOUSE, "HumanName", one)
                for one in elements.human_names([one for one in (source.get("spouse"),) if one])
            ),
            *_death(source),
        ),
        *details.written(draft, source.get("details")),
    ]
    return _person(draft, {**source}, [relation] if relation else [], {"extension": told})


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


def _person(
    draft: Draft, source: dict[str, Any], relations: list[dict[str, Any]], more: dict[str, Any]
) -> Reference | None:
    """What all of them have. One person is told by a number, else by relation and name, else by a telephone."""
    names = elements.human_names(source.get("names"))
    identifiers = elements.identifiers(source.get("identifiers"))
    telecoms, addresses = elements.telecoms(source.get("telecoms")), elements.addresses(source.get("addresses"))
    if not (names or identifiers or relations or telecoms or addresses or more.get("extension")):
        return None
    at = (source.get("organization") or {}).get("name") or ""
    contact = "" if names else (telecoms[0]["value"] if telecoms else at)
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
            "period": times.period(source.get("start"), source.get("end")),
            **more,
        },
    )


def _contact(draft: Draft, source: Contact) -> list[dict[str, Any]]:
    """What of an NK1 R4 has no element for, and whom to ask for there."""
    marital = elements.translated(source.get("marital_status"), terms.MARITAL_SYSTEM, terms.MARITAL_STATUS, "0002")
    where = people.organization(draft, source.get("organization"))
    return [
        *extensions.extensions(
            extensions.extension(extensions.KIN_ORGANIZATION, "Reference", where),
            extensions.extension(extensions.KIN_MARITAL_STATUS, "CodeableConcept", marital),
        ),
        *_each(extensions.KIN_REASON, "CodeableConcept", elements.concepts(source.get("reasons"))),
        *extensions.texts((extensions.KIN_JOB, source.get("job_title"))),
        *_each(extensions.KIN_CONTACT_NAME, "HumanName", elements.human_names(source.get("contact_names"))),
        *_each(extensions.KIN_CONTACT_TELECOM, "ContactPoint", elements.telecoms(source.get("contact_telecoms"))),
        *_each(extensions.KIN_CONTACT_ADDRESS, "Address", elements.addresses(source.get("contact_addresses"))),
    ]


def _death(source: Guarantor) -> list[dict[str, Any]]:
    died, dead = times.date_time(source.get("deceased_at")), source.get("deceased")
    if died:
        return [{"url": extensions.KIN_DECEASED, "valueDateTime": died}]
    return [] if dead is None else [{"url": extensions.KIN_DECEASED, "valueBoolean": dead}]


def _each(url: str, kind: str, values: Iterable[Any]) -> list[dict[str, Any]]:
    return [{"url": url, f"value{kind}": one} for one in values]


def insured(name: HumanName | None, source: dict[str, Any]) -> Contact:
    """The insured of an IN1 as a person around the patient: the same keys with "subscriber_" before them."""
    made: dict[str, Any] = {"names": [name] if name else []}
    for key in ("identifiers", "birth_date", "sex", "addresses", "telecoms"):
        made[key] = source.get(f"subscriber_{key}")
    return made  # type: ignore[return-value]  # the keys of Contact
