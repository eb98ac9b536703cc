"""Events about who a patient is and where: registered, updated, merged, linked, renumbered, staying."""

from __future__ import annotations

from typing import Required

from schemas.kinds.envelope import Envelope
from schemas.parts.people import Identifier, Patient
from schemas.parts.results import Result
from schemas.parts.stays import Allergy, Encounter, Guarantor, Insurance


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
