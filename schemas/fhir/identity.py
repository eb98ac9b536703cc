"""Who is linked with whom (PatientLinked), and which number is another now (NumberChanged). Merges: see `patient`.

The HL7 V2-to-FHIR guide has only MRG[Account], whose status it leaves open. Ours:
- A24: Patient.link seealso on both, which A37 takes away again.
- a number that is no longer one: Patient.identifier with use old; an Account is inactive, an Encounter was entered in
  error, both with their identifier of use old and an extension `replaced-by` that names what goes on in their place.
- what moved belongs to the other patient: Encounter.subject; an Account, whose id is its patient's, is made anew.
"""

from __future__ import annotations

from typing import Any, cast

from schemas import facts
from schemas.events import Event, Identifier, Patient
from schemas.fhir import coverage, elements, extensions, terms
from schemas.fhir.draft import Draft, Reference, key_of, resource_id
from schemas.fhir.patient import demographics

SEE_ALSO = "seealso"


def linked(draft: Draft) -> None:
    """PatientLinked: both patients; the links only where they are linked."""
    other = cast(Patient, draft.event.get("other") or {})
    id = other_of(draft)
    if id == draft.person:
        return
    reference = draft.add("Patient", id, demographics(draft, other))
    if draft.event.get("linked"):
        draft.resources[f"Patient/{draft.person}"]["link"] = [{"other": reference, "type": SEE_ALSO}]
        draft.resources[f"Patient/{id}"]["link"] = [{"other": draft.subject, "type": SEE_ALSO}]


def other_of(draft: Draft) -> str:
    """The identity of the other record of a PatientLinked."""
    return resource_id(draft.event.get("other_person")) or facts.provisional_person(
        cast(Patient, draft.event.get("other") or {})
    )


def both(event: Event) -> list[tuple[str, str]]:
    """The two identities of a PatientLinked, each with the other."""
    draft = Draft(event)
    one, other = draft.person, other_of(draft)
    return [(one, other), (other, one)]


def changed(draft: Draft) -> None:
    """NumberChanged."""
    prior: Identifier | None = draft.event.get("prior")
    if prior and elements.identifier(prior):
        writer = {"patient": _patient, "account": _account, "visit": _visit}.get(draft.event.get("of") or "")
        if writer:
            writer(draft, prior, _owner(draft))


def before(draft: Draft) -> list[dict[str, Any]]:
    """Whose a number was said to be (MRG-1, -2, -4 and -7), as extensions of the event's Provenance: which identity
    that is, the registry decides."""
    told = cast(Patient, draft.event.get("prior_patient") or {})
    numbers = elements.identifiers(told.get("identifiers"))
    names = elements.human_names(told.get("names"))
    return [
        *(_said("MRG-1-prior-patient-identifier-list", "Identifier", one) for one in numbers),
        *(_said("MRG-7-prior-patient-name", "HumanName", one) for one in names),
    ]


def _said(field: str, kind: str, value: dict[str, Any]) -> dict[str, Any]:
    return {"url": extensions.OURS + field, f"value{kind}": value}


def _owner(draft: Draft) -> str:
    """Whose the number was: as the registry says; without one, the patient's own unless it moved."""
    before: Patient | None = draft.event.get("prior_patient")
    if told := resource_id(draft.event.get("prior_person")):
        return told
    moved = draft.event.get("change") == "moved" and before and before.get("identifiers")
    return facts.provisional_person(before) if moved and before else draft.person


def _patient(draft: Draft, prior: Identifier, owner: str) -> None:
    here = draft.resources[f"Patient/{draft.person}"]
    if draft.event.get("change") == "moved":
        _number(here, elements.identifier(prior))
        if owner != draft.person:
            draft.add("Patient", owner, {"identifier": [_old(prior)]})
    elif owner == draft.person:
        _number(here, _old(prior))


def _number(patient: dict[str, Any], number: dict[str, Any] | None) -> None:
    """The patient with this number too."""
    known = {(one.get("system"), one["value"]) for one in patient.get("identifier", ())}
    if number and (number.get("system"), number["value"]) not in known:
        patient["identifier"] = [*patient.get("identifier", ()), number]


def _account(draft: Draft, prior: Identifier, owner: str) -> None:
    now = coverage.account(draft, draft.event.get("number"))
    id = facts.name("Account", owner, prior.get("system") or "", prior["value"])
    gone = f"Account/{id}"
    if now == {"reference": gone}:
        return
    body = {"status": "inactive", "subject": [_of(draft, owner)]}
    _replaced(draft, "Account", id, prior, now, body)


def _visit(draft: Draft, prior: Identifier, owner: str) -> None:
    number: Identifier | None = draft.event.get("number")
    key = key_of([number] if number else [])
    unknown = {"class": elements.coding(terms.NULL_FLAVOR, "UNK")}
    now = None
    if key:
        told = {"identifier": [elements.identifier(number, "VN")], "status": "unknown", "subject": draft.subject}
        now = draft.add("Encounter", facts.name("Encounter", *key), {**told, **unknown})
    before = key_of([prior])
    if before and before != key:
        body = {"status": "entered-in-error", "subject": _of(draft, owner), **unknown}
        _replaced(draft, "Encounter", facts.name("Encounter", *before), prior, now, body)


def _replaced(draft: Draft, kind: str, id: str, prior: Identifier, now: Reference | None, body: dict[str, Any]) -> None:
    told = extensions.extensions(extensions.extension(extensions.REPLACED_BY, "Reference", now))
    draft.add(kind, id, {"extension": told, "identifier": [_old(prior)], **body})


def _of(draft: Draft, owner: str) -> Reference:
    """The patient whose it was, with what the message tells of them."""
    if owner == draft.person:
        return draft.subject
    before = cast(Patient, draft.event.get("prior_patient") or {})
    return draft.add("Patient", owner, {"identifier": elements.identifiers(before.get("identifiers"))})


def _old(number: Identifier) -> dict[str, Any]:
    return {**(elements.identifier(number) or {}), "use": "old"}
