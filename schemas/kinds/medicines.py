"""Events about medicines: prescribed, dispensed, administered."""

from __future__ import annotations

from typing import Required

from schemas.kinds.envelope import Envelope
from schemas.parts.orders import Dosage, Ingredient, Order
from schemas.parts.people import Code, Identifier, Note, Organization, Place, Practitioner
from schemas.parts.results import Result
from schemas.parts.stays import Diagnosis, Encounter, Insurance


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
