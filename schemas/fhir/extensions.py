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
# A Coding that is a translation: valueCode, in ConceptMap's words, where it does not mean the same as what was sent.
MAPPED_EQUIVALENCE = OURS + "mapped-equivalence"
# An Observation calculated from another (derivedFrom): valueString, the table and row it was calculated by.
CALCULATED_BY = OURS + "calculated-by"
# Observation: valueString, OBX-4.
SUB_ID = OURS + "observation-sub-id"
# Observation: valueDateTime, OBX-19. From the HL7 V2-to-FHIR guide.
ANALYSED = STANDARD + "observation-analysis-date-time"
# Observation: valueAttachment without its data, which stands in DiagnosticReport.presentedForm.
VALUE_ATTACHMENT = OURS + "observation-value-attachment"
# DiagnosticReport: valueAnnotation, NTE after OBR (R4 has no DiagnosticReport.note).
REPORT_NOTE = OURS + "report-note"
# Observation: valueString, OBX-5 as sent where its number is only a part of it ("85^^Hexokinase").
VALUE_AS_SENT = OURS + "observation-value-as-sent"
# Specimen: valueCodeableConcept, SPM-11 and SPM-21; valueReference(Practitioner), further repetitions of OBR-10.
SPECIMEN_ROLE = OURS + "specimen-role"
SPECIMEN_REJECTED = OURS + "specimen-reject-reason"
OTHER_COLLECTOR = OURS + "specimen-other-collector"
# Specimen.container: valueCodeableConcept, SAC-8; valueDateTime, SAC-7.
CONTAINER_STATUS = OURS + "container-status"
CONTAINER_REGISTERED = OURS + "container-registered"
# Attachment: valueString, the application that made it (ED-1, RP-2).
ATTACHMENT_SOURCE = OURS + "attachment-source"
# DiagnosticReport, DocumentReference: valueReference(Practitioner), OBR-35, TXA-11.
TRANSCRIPTIONIST = OURS + "transcriptionist"
# DocumentReference: valueReference(Practitioner), TXA-23 and further TXA-10, -22; TXA-5.
DOCUMENT_COPY_TO = OURS + "document-copy-to"
OTHER_AUTHENTICATOR = OURS + "document-other-authenticator"
DOCUMENT_ACTED = OURS + "document-activity-by"
# DocumentReference: valueDateTime, TXA-4, TXA-7, TXA-8, when it was authenticated (TXA-22); valueCodeableConcept,
# TXA-17 and TXA-19 as sent, TXA-20, TXA-3; valueAnnotation, NTE.
DOCUMENT_ACTIVITY = OURS + "document-activity"
DOCUMENT_TRANSCRIBED = OURS + "document-transcribed"
DOCUMENT_EDITED = OURS + "document-edited"
DOCUMENT_AUTHENTICATED = OURS + "document-authenticated"
DOCUMENT_COMPLETION = OURS + "document-completion-status"
DOCUMENT_AVAILABILITY = OURS + "document-availability-status"
DOCUMENT_STORAGE = OURS + "document-storage-status"
DOCUMENT_NOTE = OURS + "document-note"
DOCUMENT_PRESENTATION = OURS + "document-content-presentation"
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
# Appointment: valueCodeableConcept, SCH-25 as sent, SCH-6 where nothing was called off, SCH-5; valueString, SCH-3;
# valueIdentifier, SCH-4; valueIdentifier, SCH-23 and -24; valueReference(Practitioner), SCH-12, SCH-20; valueTiming and
# valueString, SCH-11 and TQ1.
APPOINTMENT_STATUS = OURS + "appointment-status"
APPOINTMENT_EVENT = OURS + "appointment-event-reason"
APPOINTMENT_SCHEDULE = OURS + "appointment-schedule"
APPOINTMENT_OCCURRENCE = OURS + "appointment-occurrence"
APPOINTMENT_GROUP = OURS + "appointment-group"
APPOINTMENT_PARENT = OURS + "appointment-parent"
APPOINTMENT_PLACER = OURS + "appointment-placer"
APPOINTMENT_ENTERER = OURS + "appointment-entered-by"
APPOINTMENT_TIMING = OURS + "appointment-timing"
APPOINTMENT_PRIORITY = OURS + "appointment-priority"
# Appointment.participant and .serviceType: valueCodeableConcept, the resource's own status, its group (RGS-3);
# valueString, its action (table 0206); valueAnnotation, NTE after it; valuePeriod, valueQuantity: when a service is
# needed, and for how long.
RESOURCE_STATUS = OURS + "appointment-resource-status"
RESOURCE_GROUP = OURS + "appointment-resource-group"
RESOURCE_ACTION = OURS + "appointment-resource-action"
RESOURCE_NOTE = OURS + "appointment-resource-note"
RESOURCE_PERIOD = OURS + "appointment-resource-period"
RESOURCE_DURATION = OURS + "appointment-resource-duration"


def extension(url: str, kind: str, value: Any) -> dict[str, Any] | None:
    """One extension; None when there is nothing to say. `kind` is the FHIR type in its name: "String"."""
    return {"url": url, f"value{kind}": value} if value else None


def extensions(*ones: dict[str, Any] | None) -> list[dict[str, Any]]:
    return [one for one in ones if one]


def absent() -> dict[str, Any]:
    """What stands where FHIR requires an element and the sender gave none."""
    return {"extension": [{"url": ABSENT, "valueCode": "unknown"}]}
