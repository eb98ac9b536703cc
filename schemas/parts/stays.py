"""Stays, and what is known and done during them; who pays."""

from __future__ import annotations

from typing import TypedDict

from schemas.parts.people import (
    Address,
    Code,
    Detail,
    HumanName,
    Identifier,
    Note,
    Organization,
    Place,
    Practitioner,
    Telecom,
)
from schemas.parts.results import Result


class Goal(TypedDict, total=False):
    """What is to be reached (GOL). `action` is GOL-1 (table 0287), `due` the day it is expected to be achieved."""

    code: Code | None
    number: Identifier | None
    action: str | None
    acted: str | None
    priority: str | None
    established: str | None
    due: str | None
    category: Code | None
    disciplines: list[Code]
    review: Code | None
    reviewed: str | None
    evaluation: Code | None
    comment: str | None
    status: Code | None
    status_at: str | None
    performers: list[Practitioner]
    observations: list[Result]
    notes: list[Note]
    details: list[Detail]


class Diagnosis(TypedDict, total=False):
    """DG1. `action` is a code of table 0206 (A, D, U); `description` DG1-4 where the code says it in other words."""

    code: Code | None
    type: str | None
    recorded: str | None
    priority: str | None
    by: list[Practitioner]
    identifier: Identifier | None
    action: str | None
    onset: str | None
    details: list[Detail]
    description: str | None
    attested: str | None
    parent: Identifier | None
    present_on_admission: Code | None
    classification: Code | None
    kind: Code | None


class Allergy(TypedDict, total=False):
    """AL1 or IAM. `type` is a code of table 0127, `severity` of 0128, `action` of 0206 (A, D, U, X), `status` 0438;
    `…_code` the same with its texts, where more than a code was sent. `sensitivity`: table 0436."""

    code: Code | None
    type: str | None
    severity: str | None
    reactions: list[str]
    identified: str | None
    identifier: Identifier | None
    action: str | None
    status: str | None
    onset: str | None
    reported: str | None
    reported_by: HumanName | None
    notes: list[Note]
    type_code: Code | None
    severity_code: Code | None
    manifestations: list[Code]
    sensitivity: Code | None
    group: Code | None
    relationship: Code | None
    onset_text: str | None
    status_code: Code | None
    recorded: str | None
    recorded_by: list[Practitioner]
    details: list[Detail]


class Procedure(TypedDict, total=False):
    """PR1. `type` is PR1-6 (table 0230), `kind` the same whole where more than a code was sent; `action` table 0206."""

    code: Code | None
    performed: str | None
    type: str | None
    by: list[Practitioner]
    identifier: Identifier | None
    minutes: str | None
    status: str | None
    details: list[Detail]
    description: str | None
    kind: Code | None
    action: str | None
    anesthesia: Code | None
    anesthesia_minutes: str | None
    consent: Code | None
    priority: str | None
    reasons: list[Code]
    modifiers: list[Code]
    places: list[Place]
    parent: Identifier | None


class Guarantor(TypedDict, total=False):
    """Who answers for the bill (GT1): a person or a body."""

    identifiers: list[Identifier]
    names: list[HumanName]
    organization: Organization | None
    addresses: list[Address]
    telecoms: list[Telecom]
    relationship: Code | None
    sex: str | None
    birth_date: str | None
    start: str | None
    end: str | None
    priority: str | None
    type: Code | None
    spouse: HumanName | None
    employer: Organization | None
    employment_status: Code | None
    marital_status: Code | None
    hold: bool | None
    deceased: bool | None
    deceased_at: str | None
    details: list[Detail]


class Insurance(TypedDict, total=False):
    """IN1 with its IN2 and IN3.

    `members`: the patient's own numbers with the payer; `authorizations`: its agreements, with whom and until when.
    """

    plan: Code | None
    company: Organization | None
    policy: str | None
    group: str | None
    start: str | None
    end: str | None
    relationship: Code | None
    subscriber: HumanName | None
    subscriber_identifiers: list[Identifier]
    type: Code | None
    group_name: str | None
    subscriber_birth_date: str | None
    subscriber_sex: str | None
    subscriber_addresses: list[Address]
    subscriber_telecoms: list[Telecom]
    priority: str | None
    employer: Organization | None
    members: list[Identifier]
    authorizations: list[Identifier]
    coordination: Code | None
    patient_relationship: Code | None
    subscriber_organization: Organization | None
    action: str | None
    details: list[Detail]


class Encounter(TypedDict, total=False):
    """PV1/PV2. `class_code` is PV1-2 as sent; `status` in FHIR's words (planned, in-progress, finished, ...).

    `patient_class`, `admission`, `source` and `service` are PV1-2, -4, -14 and -10 whole, where more than a code was
    sent. `part_of` is the stay of the mother (PID-21 of type VN), `moved` when the patient came to `place`. `cleared`
    names fields; "participants:AT" is those of one role.
    """

    identifiers: list[Identifier]
    class_code: str | None
    status: str | None
    type: Code | None
    place: Place | None
    prior_place: Place | None
    participants: list[Practitioner]
    admitted: str | None
    discharged: str | None
    admission_type: str | None
    admit_source: str | None
    discharge_disposition: Code | None
    hospital_service: str | None
    reason: Code | None
    account: Identifier | None
    diagnoses: list[Diagnosis]
    procedures: list[Procedure]
    cleared: list[str]
    pending_place: Place | None
    temporary_place: Place | None
    prior_temporary_place: Place | None
    expected_admission: str | None
    expected_discharge: str | None
    discharged_to: Code | None
    readmission: Code | None
    diet: Code | None
    vip: Code | None
    ambulatory_statuses: list[Code]
    courtesies: list[Code]
    length_days: str | None
    priority: Code | None
    part_of: Identifier | None
    patient_class: Code | None
    admission: Code | None
    source: Code | None
    service: Code | None
    preadmission: Identifier | None
    episode: Identifier | None
    prior_pending_place: Place | None
    expected_length_days: str | None
    expected_surgery: str | None
    expected_return: str | None
    expected_disposition: Code | None
    accommodation: Code | None
    transfer_reason: Code | None
    description: str | None
    patient_status: Code | None
    level_of_care: Code | None
    arrival: Code | None
    precautions: list[Code]
    condition: Code | None
    newborn: bool | None
    account_status: Code | None
    moved: str | None
    details: list[Detail]
