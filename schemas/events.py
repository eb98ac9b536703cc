"""The canonical events, typed. `avro/*.avsc` is the contract; a test holds the two together.

Events are plain dicts on the hot path: an absent key, None and an empty list all mean "not said".
Dates are ISO 8601 texts with the precision they came with: "1980", "1980-03", "1980-03-12", "2024-03-12T10",
"2024-03-12T10:30+01:00". Decimal numbers are texts exactly as sent ("5.0" stays "5.0").
What the sender asked to delete (HL7 `""`) is named in `cleared`.
"""

from __future__ import annotations

from typing import Any, Required, TypedDict, cast

from schemas.parts import (
    Address,
    Allergy,
    Attachment,
    Code,
    Coding,
    Contact,
    Diagnosis,
    Encounter,
    HumanName,
    Identifier,
    Insurance,
    Left,
    Note,
    Order,
    Organization,
    Origin,
    Patient,
    Place,
    Practitioner,
    Procedure,
    Result,
    Specimen,
    Telecom,
    Value,
)

__all__ = [
    "EVENTS",
    "REPORTS",
    "Address",
    "Allergy",
    "Attachment",
    "Code",
    "Coding",
    "Contact",
    "Diagnosis",
    "Encounter",
    "EncounterRecorded",
    "Envelope",
    "Event",
    "HumanName",
    "Identifier",
    "ImagingReportIssued",
    "Insurance",
    "LabReportIssued",
    "Left",
    "MedicationDispensed",
    "MedicationPrescribed",
    "Note",
    "Order",
    "Organization",
    "Origin",
    "Patient",
    "PatientMerged",
    "PatientRegistered",
    "PatientUpdated",
    "Place",
    "Practitioner",
    "Procedure",
    "Result",
    "Specimen",
    "Step",
    "StepEvent",
    "StepIssue",
    "Telecom",
    "Value",
    "plain",
]


class Envelope(TypedDict, total=False):
    """What every event carries.

    id: this saying of it (UUID). fact: what it is about (UUID), set once the person is known.
    about: the field's own key of the fact, without the person. place: where in the message ("OBR 2", "line 7").
    received: µs since the epoch. version: µs of the sender's own time; an older one never overwrites a newer.
    person: the identity of the client registry, "" until resolved. flags: what the registries could not tell.
    zone: the time zone in which the sender's local times were read.
    """

    type: Required[str]
    id: Required[str]
    about: Required[str]
    fact: str
    channel: Required[str]
    sender: Required[str]
    transaction: Required[str]
    control_id: Required[str]
    place: Required[str]
    received: Required[int]
    version: Required[int]
    occurred: str | None
    person: str
    origin: Origin | None
    facility: Organization | None
    patient: Required[Patient]
    flags: list[str]
    unmapped: list[Left]


class _Report(Envelope, total=False):
    """One report: an OBR with what belongs to it. `status` is OBR-25 (table 0123), `section` OBR-24 (table 0074).

    `bare`: no report at all, but a result sent on its own (a FHIR Observation that no DiagnosticReport holds).
    """

    code: Required[Code]
    status: str | None
    section: str | None
    order: Order | None
    encounter: Encounter | None
    started: str | None
    ended: str | None
    specimen_received: str | None
    issued: str | None
    results: list[Result]
    specimens: list[Specimen]
    interpreters: list[Practitioner]
    copies_to: list[Practitioner]
    laboratory: Organization | None
    notes: list[Note]
    conclusion: str | None
    documents: list[Attachment]
    bare: bool | None


class LabReportIssued(_Report, total=False):
    pass


class ImagingReportIssued(_Report, total=False):
    accession: Identifier | None
    study_uid: str | None
    modality: str | None


class PatientRegistered(Envelope, total=False):
    allergies: list[Allergy]
    insurances: list[Insurance]
    observations: list[Result]


class PatientUpdated(Envelope, total=False):
    allergies: list[Allergy]
    insurances: list[Insurance]
    observations: list[Result]


class PatientMerged(Envelope, total=False):
    """`patient` survives; `prior` is what it was known by (MRG). `prior_person` is the identity that it replaces."""

    prior: Patient
    prior_person: str


class EncounterRecorded(Envelope, total=False):
    encounter: Encounter


class MedicationDispensed(Envelope, total=False):
    """A sale or hand-over by a pharmacy. `amount` = quantity x unit_price, two decimals, in `currency`.

    `occurrence` counts equal sales (pharmacy, ticket, article, date) within one message, from 1.
    """

    medication: Required[Code]
    dispensed: str | None
    pharmacy: Organization | None
    prescriber: Practitioner | None
    dispenser: Practitioner | None
    quantity: str | None
    quantity_unit: Code | None
    unit_price: str | None
    amount: str | None
    currency: str | None
    prescription: Identifier | None
    ticket: str | None
    occurrence: int
    status: str | None
    days_supply: str | None
    instructions: str | None
    notes: list[Note]
    extra: dict[str, str]


class MedicationPrescribed(Envelope, total=False):
    medication: Required[Code]
    prescribed: str | None
    prescriber: Practitioner | None
    prescription: Identifier | None
    quantity: str | None
    quantity_unit: Code | None
    status: str | None
    intent: str | None
    instructions: str | None
    days_supply: str | None
    substitution: bool | None
    reasons: list[Code]
    encounter: Encounter | None
    notes: list[Note]


Event = (
    LabReportIssued
    | ImagingReportIssued
    | PatientRegistered
    | PatientUpdated
    | PatientMerged
    | EncounterRecorded
    | MedicationDispensed
    | MedicationPrescribed
)

EVENTS: tuple[type[Any], ...] = (
    LabReportIssued,
    ImagingReportIssued,
    PatientRegistered,
    PatientUpdated,
    PatientMerged,
    EncounterRecorded,
    MedicationDispensed,
    MedicationPrescribed,
)

REPORTS = frozenset({"LabReportIssued", "ImagingReportIssued"})


class StepEvent(TypedDict, total=False):
    """One event of a transaction, as the journal lists it. `flags`: what the registries said of it."""

    id: Required[str]
    type: Required[str]
    fact: str | None
    person: str | None
    place: str | None
    flags: list[str]


class StepIssue(TypedDict, total=False):
    """An issue, as the journal keeps it."""

    at: Required[str]
    reason: Required[str]
    text: str | None
    remedy: str | None
    severity: str | None
    line: int | None
    column: str | None


class Step(TypedDict, total=False):
    """What happened to a message, on `wasl.steps`; all that the journal reads beside the received records.

    kind: duplicate, refused, mediated, parked, released, delivered, failed. by: the consumer, or the verb.
    at: µs since the epoch. subjects: keyed digests of patient identifiers, to search by, never the numbers.
    waiting_for: "facility|9 digits", "health-worker|..." for parked parts; places: the
    parts a refusal or a parking is about, as a rerun names them. first: the transaction it repeats.
    """

    transaction: Required[str]
    kind: Required[str]
    at: Required[int]
    channel: str | None
    by: str | None
    reason: str | None
    text: str | None
    events: list[StepEvent]
    issues: list[StepIssue]
    subjects: list[str]
    waiting_for: list[str]
    places: list[str]
    first: str | None
    attempt: int | None


def plain(event: Event) -> dict[str, Any]:
    """The event as an untyped dict, for code that walks it generically."""
    return cast(dict[str, Any], event)
