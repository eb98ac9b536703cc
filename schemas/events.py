"""The canonical events, typed. `avro/*.avsc` is the contract; a test holds the two together.

Events are plain dicts on the hot path: an absent key, None and an empty list all mean "not said".
Dates are ISO 8601 texts with the precision they came with: "1980", "1980-03", "1980-03-12", "2024-03-12T10",
"2024-03-12T10:30+01:00". Decimal numbers are texts exactly as sent ("5.0" stays "5.0").
What the sender asked to delete (HL7 `""`) is named in `cleared`.
"""

from __future__ import annotations

from typing import Any, cast

from schemas.kinds.business import AppointmentRecorded, ChargeRecorded
from schemas.kinds.clinical import (
    DocumentIssued,
    ImagingReportIssued,
    ImmunizationRecorded,
    LabReportIssued,
    OrderRecorded,
    ProblemRecorded,
    ReferralRecorded,
)
from schemas.kinds.envelope import Envelope
from schemas.kinds.medicines import MedicationAdministered, MedicationDispensed, MedicationPrescribed
from schemas.kinds.patients import (
    EncounterRecorded,
    NumberChanged,
    PatientLinked,
    PatientMerged,
    PatientRegistered,
    PatientUpdated,
)
from schemas.kinds.steps import Step, StepCode, StepEvent, StepIssue
from schemas.parts.orders import Booked, Dosage, Education, Ingredient, Order, Protocol, Timing
from schemas.parts.origin import Left, Origin
from schemas.parts.people import (
    Address,
    Code,
    Coding,
    Contact,
    Detail,
    HumanName,
    Identifier,
    Note,
    Organization,
    Patient,
    Place,
    Practitioner,
    Telecom,
)
from schemas.parts.results import Attachment, Calculated, Container, Result, Specimen, Value
from schemas.parts.stays import Allergy, Diagnosis, Encounter, Goal, Guarantor, Insurance, Procedure

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


def plain(event: Event) -> dict[str, Any]:
    """The event as an untyped dict, for code that walks it generically."""
    return cast(dict[str, Any], event)
