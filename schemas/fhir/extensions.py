"""The extensions this program writes: FHIR's own, and ours where R4 has no place for what was sent.

Ours are under https://hie.sante.gov.ma/fhir/StructureDefinition/; each says on what it stands and what it holds.
"""

from __future__ import annotations

from typing import Any

STANDARD = "http://hl7.org/fhir/StructureDefinition/"
BIRTH_TIME = STANDARD + "patient-birthTime"
BIRTH_PLACE = STANDARD + "patient-birthPlace"
MOTHERS_NAME = STANDARD + "patient-mothersMaidenName"
NATIONALITY = STANDARD + "patient-nationality"
RELIGION = STANDARD + "patient-religion"
ABSENT = STANDARD + "data-absent-reason"

OURS = "https://hie.sante.gov.ma/fhir/StructureDefinition/"
# Any resource: valueString, the sender's own time of this saying in µs since the epoch.
VERSION = OURS + "source-version"
# Provenance: valueString, SHA-256 of everything its event said, by which a repeat is known.
SAID = OURS + "said"
# A Quantity, Money or date: valueString, the text as sent where a JSON number or FHIR type can't hold it ("7.40").
AS_SENT = OURS + "value-as-sent"
# A Quantity or Observation: valueCodeableConcept, the unit as sent where Quantity.unit and .code don't tell it all.
UNIT_AS_SENT = OURS + "unit-as-sent"
# Patient.gender: valueString, PID-8 as sent where it is none of M, F, O, U.
SEX_AS_SENT = OURS + "sex-as-sent"
# Patient: valueAnnotation, NTE after PID (R4 has no Patient.note).
PATIENT_NOTE = OURS + "patient-note"
# A Coding: valueString, the file and row its translation came from. Codings as sent have none.
MAPPED_FROM = OURS + "mapped-from"
# Observation: valueString, OBX-4.
SUB_ID = OURS + "observation-sub-id"
# Observation: valueDateTime, OBX-19. From the HL7 V2-to-FHIR guide.
ANALYSED = STANDARD + "observation-analysis-date-time"
# Observation: valueAttachment without its data, which stands in DiagnosticReport.presentedForm.
VALUE_ATTACHMENT = OURS + "observation-value-attachment"
# DiagnosticReport: valueAnnotation, NTE after OBR (R4 has no DiagnosticReport.note).
REPORT_NOTE = OURS + "report-note"
# DiagnosticReport: valueReference(Practitioner), OBR-28.
COPY_TO = OURS + "result-copy-to"
# ServiceRequest: valueReference(Practitioner), further repetitions of OBR-16 and ORC-12.
OTHER_REQUESTER = OURS + "other-requester"
# MedicationDispense: valueReference(Practitioner), where there is no prescription to carry its requester.
PRESCRIBER = OURS + "prescriber"
# Timing: valueQuantity or valueString, how long, where its bounds are a start or an end; valueString, on which condition
# (TQ1-10), and the instruction in words (TQ1-11).
TIMING_DURATION = OURS + "timing-duration"
TIMING_CONDITION = OURS + "timing-condition"
TIMING_TEXT = OURS + "timing-text"
# MedicationDispense: valueMoney, the price of one unit, and what was billed.
UNIT_PRICE = OURS + "unit-price"
AMOUNT = OURS + "amount"


def extension(url: str, kind: str, value: Any) -> dict[str, Any] | None:
    """One extension; None when there is nothing to say. `kind` is the FHIR type in its name: "String"."""
    return {"url": url, f"value{kind}": value} if value else None


def extensions(*ones: dict[str, Any] | None) -> list[dict[str, Any]]:
    return [one for one in ones if one]


def absent() -> dict[str, Any]:
    """What stands where FHIR requires an element and the sender gave none."""
    return {"extension": [{"url": ABSENT, "valueCode": "unknown"}]}
