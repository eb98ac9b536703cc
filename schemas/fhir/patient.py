"""The person of an event: Patient, with everything that hangs on it, and two of them after a merge.

Sources: HL7 V2-to-FHIR guide, maps PID[Patient] and PD1[Patient]. It has none for ADT^A40: survivor and prior
identity are tied by Patient.link.
"""

from __future__ import annotations

from typing import Any

from schemas import facts
from schemas.events import Patient, Practitioner
from schemas.fhir import (
    allergy,
    coverage,
    details,
    elements,
    extensions,
    kin,
    observation,
    people,
    tables,
    terms,
    times,
)
from schemas.fhir.draft import Draft, resource_id

# Which elements of the Patient an event's `cleared` field empties ("" in HL7). Those said as an extension are in
# CLEARED_EXTENSIONS, by their url. An account or a mother's numbers are resources of their own: nothing to empty.
CLEARS: dict[str, tuple[str, ...]] = {
    "identifiers": ("identifier",),
    "names": ("name",),
    "birth_date": ("birthDate", "_birthDate"),
    "sex": ("gender", "_gender"),
    "sex_code": ("gender", "_gender"),
    "addresses": ("address",),
    "telecoms": ("telecom",),
    "language": ("communication",),
    "marital_status": ("maritalStatus",),
    "multiple_birth": ("multipleBirthBoolean", "multipleBirthInteger"),
    "birth_order": ("multipleBirthBoolean", "multipleBirthInteger"),
    "deceased": ("deceasedBoolean", "deceasedDateTime"),
    "deceased_at": ("deceasedBoolean", "deceasedDateTime"),
    "general_practitioners": ("generalPractitioner",),
    "managing_organization": ("managingOrganization",),
    "active": ("active",),
}
CLEARED_EXTENSIONS: dict[str, str] = {
    "religion": extensions.RELIGION,
    "nationality": extensions.NATIONALITY,
    "mother_name": extensions.MOTHERS_NAME,
    "birth_place": extensions.BIRTH_PLACE,
    "citizenships": extensions.CITIZENSHIP,
    "race": extensions.RACE,
    "ethnicity": extensions.ETHNICITY,
    "veteran_status": extensions.VETERAN,
    "county": extensions.COUNTY_CODE,
    "identity_unknown": extensions.IDENTITY_UNKNOWN,
    "identity_reliability": extensions.IDENTITY_RELIABILITY,
    "disabilities": extensions.DISABILITY,
}


def write(draft: Draft) -> None:
    """The Patient of the event and everything that hangs on it."""
    source: Patient = draft.event["patient"]
    draft.add("Patient", draft.person, demographics(draft, source))
    if labels := _labels(source):
        draft.resources[f"Patient/{draft.person}"]["meta"]["security"] = labels
    for contact in source.get("contacts") or ():
        kin.related_person(draft, contact)
    kin.mother(draft, source)
    coverage.account(draft, source.get("account"), draft.event.get("guarantors") or ())
    for reaction in draft.event.get("allergies") or ():
        allergy.write(draft, reaction)
    for insurance in draft.event.get("insurances") or ():
        coverage.write(draft, insurance)
    for result in draft.event.get("observations") or ():
        observation.write(draft, result, within=None)


def merged(draft: Draft) -> None:
    """PatientMerged: the survivor replaces the prior identity, which is no longer active."""
    prior: Patient | None = draft.event.get("prior")
    if not prior:
        return
    id = resource_id(draft.event.get("prior_person")) or facts.provisional_person(prior)
    survivor = draft.resources[f"Patient/{draft.person}"]
    if id == draft.person:
        old = [{**one, "use": "old"} for one in elements.identifiers(prior.get("identifiers"))]
        known = {(one.get("system"), one["value"]) for one in survivor.get("identifier", ())}
        added = [one for one in old if (one.get("system"), one["value"]) not in known]
        if added:
            survivor["identifier"] = [*survivor.get("identifier", ()), *added]
        return
    survivor["link"] = [{"other": {"reference": f"Patient/{id}"}, "type": "replaces"}]
    elements_of_prior = demographics(draft, prior)
    elements_of_prior["active"] = False
    elements_of_prior["link"] = [{"other": draft.subject, "type": "replaced-by"}]
    draft.add("Patient", id, elements_of_prior)
    coverage.account(draft, prior.get("account"), person=id)


def demographics(draft: Draft, source: Patient) -> dict[str, Any]:
    """The elements of a Patient (PID, PD1)."""
    born, died = source.get("birth_date"), times.date_time(source.get("deceased_at"))
    order = source.get("birth_order")
    order = order if order and 0 < order < 2**31 else None
    return {
        "extension": [
            *_extensions(draft, source),
            *_more(draft, source),
            *details.written(draft, source.get("details")),
        ],
        "identifier": elements.identifiers(source.get("identifiers")),
        "active": source.get("active"),
        "name": elements.human_names(source.get("names")),
        "telecom": elements.telecoms(source.get("telecoms")),
        **elements.gender(source.get("sex"), source.get("sex_code")),
        "birthDate": times.day(born),
        "_birthDate": _birth_time(born),
        "deceasedDateTime": died,
        "deceasedBoolean": None if died else source.get("deceased"),
        "address": elements.addresses(source.get("addresses")),
        "maritalStatus": elements.translated(
            source.get("marital_status"), terms.MARITAL_SYSTEM, terms.MARITAL_STATUS, "0002"
        ),
        "multipleBirthInteger": order,
        "multipleBirthBoolean": source.get("multiple_birth") if order is None else None,
        "communication": elements.communication(source.get("language")),
        "generalPractitioner": people.practitioners(draft, source.get("general_practitioners")),
        "managingOrganization": people.organization(draft, source.get("managing_organization")),
    }


def _birth_time(born: str | None) -> dict[str, Any] | None:
    stamp = times.instant(born)
    return {"extension": [{"url": extensions.BIRTH_TIME, "valueDateTime": stamp}]} if stamp else None


def _extensions(draft: Draft, source: Patient) -> list[dict[str, Any]]:
    mother_name = source.get("mother_name")
    spelled = elements.human_name(mother_name) if mother_name else {}
    maiden = spelled.get("text") or " ".join([*spelled.get("given", ()), *elements.texts([spelled.get("family")])])
    nationality = elements.concept(source.get("nationality"))
    place = elements.text(source.get("birth_place"))
    notes = people.notes(draft, source.get("notes"))
    return extensions.extensions(
        *(extensions.extension(extensions.PATIENT_NOTE, "Annotation", one) for one in notes),
        extensions.extension(extensions.MOTHERS_NAME, "String", maiden),
        extensions.extension(extensions.BIRTH_PLACE, "Address", {"text": place} if place else None),
        extensions.extension(extensions.RELIGION, "CodeableConcept", elements.concept(source.get("religion"))),
        {"url": extensions.NATIONALITY, "extension": [{"url": "code", "valueCodeableConcept": nationality}]}
        if nationality
        else None,
    )


def _more(draft: Draft, source: Patient) -> list[dict[str, Any]]:
    """What of PID and PD1 R4 has no element for, and who else takes part. A false is said where it was."""
    coded = (
        (extensions.RACE, source.get("race")),
        (extensions.ETHNICITY, source.get("ethnicity")),
        (extensions.DISABILITY, source.get("disabilities")),
        (extensions.IDENTITY_RELIABILITY, source.get("identity_reliability")),
        (extensions.VETERAN, [one for one in (source.get("veteran_status"),) if one]),
    )
    unknown = source.get("identity_unknown")
    updated_by = people.organization(draft, source.get("updated_by"))
    others = [people.organization(draft, one) for one in source.get("other_facilities") or ()]
    return [
        *({"url": url, "valueCodeableConcept": one} for url, codes in coded for one in elements.concepts(codes)),
        *(
            {"url": extensions.CITIZENSHIP, "extension": [{"url": "code", "valueCodeableConcept": one}]}
            for one in elements.concepts(source.get("citizenships"))
        ),
        *extensions.texts((extensions.COUNTY_CODE, source.get("county"))),
        *([] if unknown is None else [{"url": extensions.IDENTITY_UNKNOWN, "valueBoolean": unknown}]),
        *extensions.extensions(
            extensions.extension(extensions.LAST_UPDATE, "DateTime", times.date_time(source.get("updated"))),
            extensions.extension(extensions.LAST_UPDATE_FACILITY, "Reference", updated_by),
            *(extensions.extension(extensions.OTHER_FACILITY, "Reference", one) for one in others),
            *(_participant(draft, one) for one in source.get("participants") or ()),
        ),
    ]


def _participant(draft: Draft, source: Practitioner) -> dict[str, Any] | None:
    """Who takes part in another role than general practitioner: a person, else a body."""
    actor = people.practitioner(draft, source) or people.organization(draft, source.get("organization"))
    if actor is None:
        return None
    role = elements.concept(source.get("duty")) or elements.tabled(source.get("role"), "0443", tables.codes("0443"))
    told = extensions.extensions(
        extensions.extension("actor", "Reference", actor),
        extensions.extension("role", "CodeableConcept", role),
        extensions.extension("period", "Period", times.period(source.get("start"), source.get("end"))),
    )
    return {"url": extensions.PARTICIPANT, "extension": told}


def _labels(source: Patient) -> list[dict[str, Any]]:
    """meta.security: what must not be seen by everybody (ARV-3), and R (restricted) for PD1-12 or ARV."""
    told = [one for code in elements.concepts(source.get("restrictions")) for one in _as_label(code)]
    told += [one for code in elements.concepts([one for one in (source.get("confidentiality"),) if one])
             for one in _as_label(code)]  # fmt: skip
    if told or source.get("protected"):
        told.insert(0, elements.coding(terms.CONFIDENTIALITY, "R"))
    return list({(one.get("system"), one.get("code") or one.get("display")): one for one in told}.values())


def _as_label(code: dict[str, Any]) -> list[dict[str, Any]]:
    return code.get("coding") or [{"display": code["text"]}]
