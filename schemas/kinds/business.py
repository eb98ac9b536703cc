"""Events about appointments and bills."""

from __future__ import annotations

from typing import Required

from schemas.kinds.envelope import Envelope
from schemas.parts.orders import Booked, Order, Timing
from schemas.parts.people import Code, Identifier, Note, Organization, Place, Practitioner
from schemas.parts.results import Result
from schemas.parts.stays import Diagnosis, Encounter, Guarantor, Insurance, Procedure


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
