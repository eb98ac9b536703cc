"""Events about care: reports, orders, documents, vaccinations, referrals, problems."""

from __future__ import annotations

from typing import Required

from schemas.kinds.envelope import Envelope
from schemas.parts.orders import Education, Order, Protocol
from schemas.parts.people import Code, Contact, Identifier, Note, Organization, Place, Practitioner
from schemas.parts.results import Attachment, Result, Specimen
from schemas.parts.stays import Allergy, Diagnosis, Encounter, Goal, Guarantor, Insurance, Procedure


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
