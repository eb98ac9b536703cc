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
    Booked,
    Calculated,
    Code,
    Coding,
    Contact,
    Container,
    Detail,
    Diagnosis,
    Dosage,
    Education,
    Encounter,
    Goal,
    Guarantor,
    HumanName,
    Identifier,
    Ingredient,
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
    Protocol,
    Result,
    Specimen,
    Telecom,
    Timing,
    Value,
)

__all__ = [
    "EVENTS",
    "REPORTS",
    "Address",
    "Allergy",
    "AppointmentRecorded",
    "Attachment",
    "Booked",
    "Calculated",
    "ChargeRecorded",
    "Code",
    "Coding",
    "Contact",
    "Container",
    "Detail",
    "Diagnosis",
    "DocumentIssued",
    "Dosage",
    "Education",
    "Encounter",
    "EncounterRecorded",
    "Envelope",
    "Event",
    "Goal",
    "Guarantor",
    "HumanName",
    "Identifier",
    "ImagingReportIssued",
    "ImmunizationRecorded",
    "Ingredient",
    "Insurance",
    "LabReportIssued",
    "Left",
    "MedicationAdministered",
    "MedicationDispensed",
    "MedicationPrescribed",
    "Note",
    "NumberChanged",
    "Order",
    "OrderRecorded",
    "Organization",
    "Origin",
    "Patient",
    "PatientLinked",
    "PatientMerged",
    "PatientRegistered",
    "PatientUpdated",
    "Place",
    "Practitioner",
    "ProblemRecorded",
    "Procedure",
    "Protocol",
    "ReferralRecorded",
    "Result",
    "Specimen",
    "Step",
    "StepCode",
    "StepEvent",
    "StepIssue",
    "Telecom",
    "Timing",
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
    details: list[Detail]


class _Report(Envelope, total=False):
    """One report: an OBR with what belongs to it. `status` is OBR-25 (table 0123), `section` OBR-24 (table 0074).

    `bare`: no report at all, but a result sent on its own (a FHIR Observation that no DiagnosticReport holds).
    `parent_*`: the result that gave rise to this report (OBR-26, OBR-29, OBR-50), such as the organism of a
    susceptibility; `parent_about` and `parent_id` name its report and result where the message holds them too.
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
    parent_result: Code | None
    parent_sub_id: str | None
    diagnoses: list[Diagnosis]
    insurances: list[Insurance]
    parent_value: str | None
    parent_code: Code | None
    parents: list[Identifier]
    parent_about: str | None
    parent_id: str | None
    technicians: list[Practitioner]
    transcriptionists: list[Practitioner]


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
    guarantors: list[Guarantor]


class PatientUpdated(Envelope, total=False):
    """`account_status`: what becomes of the patient's account (BAR), in FHIR's words."""

    allergies: list[Allergy]
    insurances: list[Insurance]
    observations: list[Result]
    guarantors: list[Guarantor]
    account_status: str | None


class PatientMerged(Envelope, total=False):
    """`patient` survives; `prior` is what it was known by (MRG). `prior_person` is the identity that it replaces."""

    prior: Patient
    prior_person: str


class PatientLinked(Envelope, total=False):
    """Two records may be of one person (A24), or are said not to be (A37: `linked` false). Joins nobody by itself.

    `other` is the second record, `other_person` the identity it has of its own.
    """

    linked: bool
    other: Patient
    other_person: str


class NumberChanged(Envelope, total=False):
    """A number of this patient is another now, or is another's now: what A35, A41 to A51 tell. Joins no persons.

    `of`: patient, account, visit or alternate visit. `change`: merged (two into one), moved (to this patient), changed
    (the same one under a new number). `number` holds now; `prior` is what it was, `prior_patient` whose it was (MRG),
    `prior_person` the identity of that patient.
    """

    of: Required[str]
    change: Required[str]
    number: Identifier | None
    prior: Identifier | None
    prior_patient: Patient | None
    prior_person: str | None


class EncounterRecorded(Envelope, total=False):
    """A stay as it is now. `undone` names what a cancelling trigger took back ("discharge", "transfer", ...)."""

    encounter: Encounter
    undone: str | None


class OrderRecorded(Envelope, total=False):
    """What was asked for, in whatever state it is (ORC-1, ORC-5): new, changed, held, in progress, done, cancelled.

    `results` came with the order and support it; they are none of its own, and `observations` are of the patient.
    `section` as OBR-24. `contacts` are whom to ask about it (CTD). `related`: requested procedure and scheduled steps
    of images (IPC).
    """

    code: Required[Code]
    order: Order
    encounter: Encounter | None
    section: str | None
    started: str | None
    ended: str | None
    specimens: list[Specimen]
    results: list[Result]
    diagnoses: list[Diagnosis]
    insurances: list[Insurance]
    copies_to: list[Practitioner]
    laboratory: Organization | None
    performers: list[Practitioner]
    notes: list[Note]
    documents: list[Attachment]
    accession: Identifier | None
    study_uid: str | None
    modality: str | None
    allergies: list[Allergy]
    guarantors: list[Guarantor]
    contacts: list[Contact]
    observations: list[Result]
    related: list[Identifier]


class DocumentIssued(Envelope, total=False):
    """A document (TXA) with its content. `status` is TXA-17 (table 0271), `availability` TXA-19 (0273).

    `replaces`: the document this one stands in for (T10), adds to (T05, T06) or corrects; `relation` says which, in
    FHIR's words. `cancelled`: taken back (T11). `amended`: edited after it was told of (T07, T08).
    """

    code: Code | None
    document: Identifier | None
    replaces: Identifier | None
    relation: str | None
    content_type: str | None
    activity: str | None
    originated: str | None
    transcribed: str | None
    edited: list[str]
    authors: list[Practitioner]
    authenticators: list[Practitioner]
    transcriptionists: list[Practitioner]
    orders: list[Order]
    file_name: str | None
    status: str | None
    confidentiality: str | None
    availability: str | None
    storage: str | None
    title: str | None
    contents: list[Attachment]
    results: list[Result]
    encounter: Encounter | None
    copies_to: list[Practitioner]
    notes: list[Note]
    custodian: Organization | None
    acted_by: list[Practitioner]
    authenticated: str | None
    cancelled: bool | None
    amended: bool | None
    accession: Identifier | None
    study_uid: str | None
    modality: str | None


class AppointmentRecorded(Envelope, total=False):
    """An appointment of one patient as it is now (SCH with what it needs). `status` in FHIR's words, `sent_status` as
    sent (SCH-25).

    `numbers`: the filler's (type FILL), then the placer's (PLAC). `start`, `end` and `minutes` also where they follow
    from one another, or from what is needed. `event_reason` is why it was told (SCH-6), `reasons` why it is made.
    """

    numbers: list[Identifier]
    status: str | None
    reasons: list[Code]
    kind: Code | None
    services: list[Code]
    start: str | None
    end: str | None
    minutes: str | None
    resources: list[Booked]
    placers: list[Practitioner]
    fillers: list[Practitioner]
    orders: list[Identifier]
    encounter: Encounter | None
    diagnoses: list[Diagnosis]
    observations: list[Result]
    notes: list[Note]
    sent_status: Code | None
    event_reason: Code | None
    occurrence: str | None
    groups: list[Identifier]
    parents: list[Identifier]
    schedule: Code | None
    entered_by: list[Practitioner]
    timings: list[Timing]
    insurances: list[Insurance]
    guarantors: list[Guarantor]


class ImmunizationRecorded(Envelope, total=False):
    """A vaccination given, or not given (RXA). `status` is RXA-20 (table 0322), `action` RXA-21 (table 0323).

    A `vaccine` of CVX 998 says that none was given: what was observed is all there is. `observations` are all OBX;
    what they say of the vaccination itself (by OBX-4 together) stands in `eligibilities`, `funding`, `educations`,
    `protocols` and `reactions` too.
    """

    vaccine: Required[Code]
    order: Order | None
    given: str | None
    given_end: str | None
    dose: str | None
    dose_unit: Code | None
    dose_number: str | None
    lot: str | None
    lots: list[str]
    expires: str | None
    manufacturer: Organization | None
    status: str | None
    action: str | None
    reasons: list[Code]
    refusals: list[Code]
    source: Code | None
    performers: list[Practitioner]
    location: Place | None
    route: Code | None
    site: Code | None
    recorded: str | None
    observations: list[Result]
    encounter: Encounter | None
    notes: list[Note]
    indications: list[Code]
    eligibilities: list[Code]
    funding: Code | None
    educations: list[Education]
    protocols: list[Protocol]
    reactions: list[Code]


class ChargeRecorded(Envelope, total=False):
    """An act billed or credited (FT1), or told to the accounts as done (PR1 of BAR: without `kind`).

    `kind` is FT1-6 (table 0017: CG, CD, PY, AJ, ...); amounts are decimal texts: `amount` of all the quantity (FT1-11),
    `unit_price` of one (FT1-12), `unit_cost` to the department (FT1-22), `insured_amount` the plan's share (FT1-15).
    """

    code: Required[Code]
    number: Identifier | None
    kind: str | None
    performed: str | None
    performed_end: str | None
    posted: str | None
    quantity: str | None
    unit_price: str | None
    amount: str | None
    currency: str | None
    account: Identifier | None
    performers: list[Practitioner]
    ordered_by: list[Practitioner]
    location: Place | None
    department: Code | None
    procedures: list[Procedure]
    diagnoses: list[Diagnosis]
    order: Order | None
    encounter: Encounter | None
    insurances: list[Insurance]
    notes: list[Note]
    batch: str | None
    sent_kind: Code | None
    insured_amount: str | None
    unit_cost: str | None
    plan: Code | None
    fee_schedule: Code | None
    patient_type: Code | None
    entered_by: list[Practitioner]
    procedure: Code | None
    modifiers: list[Code]
    product: Code | None
    performing_organization: Organization | None
    ordering_organization: Organization | None
    authorization: Identifier | None
    reasons: list[Code]
    descriptions: list[str]
    prescription: Identifier | None
    observations: list[Result]
    guarantors: list[Guarantor]


class ReferralRecorded(Envelope, total=False):
    """A patient sent to somebody else (RF1). `status` is RF1-1 (table 0283); `cancelled`: it is taken back (I14).

    `providers` are those of PRD who neither refer nor are referred to; `contacts` whom to ask (CTD). `authorization` is
    the payer's (AUT-6); `documentation` how far the papers are (RF1-12).
    """

    number: Identifier | None
    external_number: Identifier | None
    status: str | None
    priority: Code | None
    kind: Code | None
    disposition: list[Code]
    category: Code | None
    reasons: list[Code]
    effective: str | None
    expires: str | None
    processed: str | None
    referring: list[Practitioner]
    referred_to: list[Practitioner]
    referring_organization: Organization | None
    referred_to_organization: Organization | None
    procedures: list[Procedure]
    diagnoses: list[Diagnosis]
    observations: list[Result]
    encounter: Encounter | None
    insurances: list[Insurance]
    notes: list[Note]
    state: Code | None
    cancelled: bool | None
    reason_text: str | None
    comment: str | None
    action: str | None
    stops: str | None
    documentation: Code | None
    authorization: Identifier | None
    providers: list[Practitioner]
    contacts: list[Contact]
    allergies: list[Allergy]
    guarantors: list[Guarantor]


class ProblemRecorded(Envelope, total=False):
    """A problem of the patient (PRB). `action` is PRB-1 (table 0287: AD, UP, DE, CO, UN, ...).

    `deleted`: it never was one (DE, PC3). `state` in FHIR's words of its clinical status, where PRB-14 or -9 tell it.
    """

    code: Required[Code]
    number: Identifier | None
    action: str | None
    acted: str | None
    category: list[Code]
    status: Code | None
    confirmation: Code | None
    established: str | None
    expected_resolution: str | None
    resolved: str | None
    onset: str | None
    onset_text: str | None
    prognosis: Code | None
    ranking: str | None
    certainty: Code | None
    performers: list[Practitioner]
    goals: list[Goal]
    observations: list[Result]
    encounter: Encounter | None
    notes: list[Note]
    deleted: bool | None
    state: str | None
    state_at: str | None
    episode: Identifier | None
    priority: str | None
    disciplines: list[Code]
    persistence: Code | None
    probability: str | None
    severity: Code | None
    security: Code | None
    allergies: list[Allergy]
    insurances: list[Insurance]
    guarantors: list[Guarantor]


class MedicationAdministered(Envelope, total=False):
    """A medicine given to a patient (RAS, RXA). `status` is RXA-20 (table 0322), `action` RXA-21 (table 0323).

    `request` is the key (`about`) of the prescription that it carries out.
    """

    medication: Required[Code]
    order: Order | None
    given: str | None
    given_end: str | None
    dosage: Dosage | None
    status: str | None
    action: str | None
    reasons: list[Code]
    performers: list[Practitioner]
    location: Place | None
    lot: str | None
    expires: str | None
    manufacturer: Organization | None
    ingredients: list[Ingredient]
    encounter: Encounter | None
    notes: list[Note]
    dosages: list[Dosage]
    request: str | None
    indications: list[Code]
    form: Code | None
    strength: str | None
    strength_unit: Code | None
    lots: list[str]
    recorded: str | None
    observations: list[Result]


class MedicationDispensed(Envelope, total=False):
    """A sale or hand-over by a pharmacy. `amount` = quantity x unit_price, two decimals, in `currency`.

    `occurrence` counts equal sales (pharmacy, ticket, article, date) within one message, from 1.
    `request` is the key (`about`) of the prescription that it carries out, `prescribed` the product it named;
    `substitution` a code of table 0167. `location` is where it went.
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
    order: Order | None
    prescribed: Code | None
    dosages: list[Dosage]
    ingredients: list[Ingredient]
    substitution: str | None
    lot: str | None
    expires: str | None
    manufacturer: Organization | None
    refills_left: str | None
    location: Place | None
    encounter: Encounter | None
    request: str | None
    dispensers: list[Practitioner]
    dispense_instructions: list[Code]
    form: Code | None
    strength: str | None
    strength_unit: Code | None
    lots: list[str]
    indications: list[Code]
    kind: Code | None
    number: Identifier | None
    verified_by: list[Practitioner]
    observations: list[Result]


class MedicationPrescribed(Envelope, total=False):
    """A medicine to be dispensed or given (RXO, RXE, RXG), in whatever state. `status` and `intent` in FHIR's words.

    `requested` is what the prescriber asked for (RXO-1) where the pharmacy made another product of it; `request` the
    key (`about`) of the prescription that an instruction to give (RXG) belongs to. `substitution_code`: RXE-9 (table
    0167), else RXO-9 (0161). `to_pharmacy` is where it is to be filled.
    """

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
    order: Order | None
    dosages: list[Dosage]
    form: Code | None
    strength: str | None
    strength_unit: Code | None
    ingredients: list[Ingredient]
    refills: str | None
    refills_left: str | None
    verified_by: list[Practitioner]
    dispensers: list[Practitioner]
    indications: list[Code]
    deliver_to: Place | None
    diagnoses: list[Diagnosis]
    insurances: list[Insurance]
    observations: list[Result]
    requested: Code | None
    request: str | None
    replaces: Identifier | None
    dispense: Code | None
    dispense_instructions: list[Code]
    substitution_code: str | None
    to_pharmacy: Organization | None
    doses_dispensed: str | None
    last_dispensed: str | None
    initial_quantity: str | None
    lots: list[str]
    expires: str | None
    manufacturer: Organization | None
    number: Identifier | None


Event = (
    LabReportIssued
    | ImagingReportIssued
    | PatientRegistered
    | PatientUpdated
    | PatientMerged
    | EncounterRecorded
    | MedicationDispensed
    | MedicationPrescribed
    | PatientLinked
    | NumberChanged
    | OrderRecorded
    | DocumentIssued
    | AppointmentRecorded
    | ImmunizationRecorded
    | ChargeRecorded
    | ReferralRecorded
    | ProblemRecorded
    | MedicationAdministered
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
    PatientLinked,
    NumberChanged,
    OrderRecorded,
    DocumentIssued,
    AppointmentRecorded,
    ImmunizationRecorded,
    ChargeRecorded,
    ReferralRecorded,
    ProblemRecorded,
    MedicationAdministered,
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
    source: str | None


class StepCode(TypedDict, total=False):
    """A code that no table translates, as the sender wrote it; for the work list."""

    system: Required[str]
    code: Required[str]
    display: str | None


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
    unknown_codes: list[StepCode]


def plain(event: Event) -> dict[str, Any]:
    """The event as an untyped dict, for code that walks it generically."""
    return cast(dict[str, Any], event)
