"""Which resources of a message become events, and whom each is about."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from mediators.fhir import kin
from mediators.fhir.bundle import Resources
from mediators.fhir.document import Entry
from schemas.events import Patient
from schemas.fhir.reading import elements, patient
from schemas.fhir.reading.elements import Json, part, parts, take
from schemas.fhir.terms import words
from schemas.message import Issue

CLINICAL = ("DiagnosticReport", "Observation", "Encounter", "MedicationDispense", "MedicationRequest")
# Resources that say something about an event, and none by themselves
BESIDE = words(
    "Account Condition ImagingStudy Location Medication MessageHeader Organization Practitioner PractitionerRole"
    " Provenance RelatedPerson ServiceRequest Specimen"
)
SUPPORTED = BESIDE | {"Patient", *CLINICAL}
_BELONGING = (
    ("result", "Observation"),
    ("hasMember", "Observation"),
    ("encounter", "Encounter"),
    ("context", "Encounter"),
    ("specimen", "Specimen"),
    ("basedOn", "ServiceRequest"),
    ("imagingStudy", "ImagingStudy"),
    ("authorizingPrescription", "MedicationRequest"),
)
WRITTEN = ("", "POST", "PUT")


class Whom(NamedTuple):
    """The patient of a resource, or the issue that tells why there is none."""

    patient: Patient | None
    issue: Issue | None


def chosen(resources: Resources) -> list[Entry]:
    """The entries that become an event each, in the order of the message.

    Observations of a report and members of a panel go with it. A Patient or Encounter that others only refer to is
    part of what they say; one that the message asks to be written (POST, PUT) is an event of its own.
    """
    entries = [entry for entry in resources.entries if entry.method in WRITTEN]
    referred = set(_referred(resources, entries))
    return [entry for entry in entries if _is_event(entry, id(entry.resource) in referred)]


def _is_event(entry: Entry, referred: bool) -> bool:
    if entry.kind in ("Patient", "Encounter"):
        return bool(entry.method) or not referred
    if entry.kind == "MedicationRequest":
        # A dispensation may name a prescription without telling what was prescribed
        return not referred or bool(_medication_told(entry.resource))
    return entry.kind in CLINICAL and not (entry.kind == "Observation" and referred)


def _referred(resources: Resources, entries: Sequence[Entry]) -> Iterator[int]:
    """Those that clinical resources refer to as their subject, or as part of them."""
    for entry in entries:
        if entry.kind in CLINICAL:
            one = entry.resource
            for link, kind in ((part(one, "subject"), "Patient"), *_links(one)):
                if (found := resources.peek(link, kind)) is not None and found is not one:
                    yield id(found)


def _medication_told(resource: Json) -> bool:
    concept = part(resource, "medicationCodeableConcept")
    return bool(concept.get("text") or concept.get("coding") or part(resource, "medicationReference"))


def whom(resources: Resources, entry: Entry) -> Whom:
    """The patient this entry is about: in the message, or known by an identifier in the reference."""
    if entry.kind == "Patient":
        return Whom(kin.told(resources, entry.resource), None)
    reference = part(entry.resource, "subject")
    if _names_another(resources, entry.resource):
        text = "a resource that this one refers to is about another patient"
        return Whom(None, _subject_issue(entry, "other-patient", text))
    found = resources.follow(reference, "Patient")
    if found is not None:
        return Whom(kin.told(resources, found), None)
    if not reference:
        return Whom(None, _subject_issue(entry, "required", "this resource does not say which patient it is about"))
    kind = reference.get("type") or str(reference.get("reference") or "").rpartition("/")[0].rpartition("/")[2]
    if kind and kind != "Patient":
        return Whom(None, _subject_issue(entry, "not-a-patient", "the subject is not a Patient"))
    number = elements.identifier(resources, part(reference, "identifier"))
    if number is None:
        text = "the Patient that this refers to is not in the message"
        return Whom(None, _subject_issue(entry, "unresolved-reference", text))
    return Whom(patient.by_identifier(number, take(reference, "display")), None)


def _names_another(resources: Resources, resource: Json) -> bool:
    """Whether what belongs to a resource (results, visit, specimen, order) is said of anyone else than it is."""
    own = _subject_of(resources, resource)
    waiting, seen = [resource], {id(resource)}
    while waiting:
        for link, kind in _links(waiting.pop()):
            found = resources.peek(link, kind)
            if found is None or id(found) in seen:
                continue
            seen.add(id(found))
            if (other := _subject_of(resources, found)) is not None and other != own:
                return True
            if kind == "Observation":
                waiting.append(found)
    return False


def _links(resource: Json) -> Iterator[tuple[Json, str]]:
    """The references to what is part of a resource, and so about the same patient, with the type they must be of."""
    for name, kind in _BELONGING:
        value = resource.get(name)
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, dict):
                yield one, kind


def _subject_of(resources: Resources, resource: Json) -> object:
    """Something equal for equal patients: the Patient in the message, else the reference as it stands."""
    reference = part(resource, "subject")
    found = resources.peek(reference, "Patient")
    if found is not None:
        return id(found)
    number = part(reference, "identifier")
    return (number.get("system"), number.get("value")) if number else reference.get("reference")


def nameless(entry: Entry) -> Issue | None:
    """The issue of a Patient that carries no identifier; nothing that is said of it could be kept with anyone."""
    numbers = parts(entry.resource, "identifier")
    if entry.kind != "Patient" or any(one.get("value") for one in numbers):
        return None
    return Issue(
        at=f"{entry.path}.identifier",
        reason="required",
        text="this Patient has no identifier",
        remedy="send at least one: INS, IDCS, CNSS, CNIE, or the file number with its system",
        code="101",
    )


def _subject_issue(entry: Entry, reason: str, text: str) -> Issue:
    return Issue(
        at=f"{entry.path}.subject",
        reason=reason,
        text=text,
        remedy="put the Patient in the Bundle and refer to its fullUrl, or give subject.identifier",
        code="101",
    )
