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
CITIZENSHIP = STANDARD + "patient-citizenship"
DISABILITY = STANDARD + "patient-disability"
ABSENT = STANDARD + "data-absent-reason"
# Coding: valueUri. HumanName.family, HumanName and ContactPoint: valueString or valueCode.
VALUE_SET = STANDARD + "valueset-reference"
OWN_PREFIX = STANDARD + "humanname-own-prefix"
OWN_NAME = STANDARD + "humanname-own-name"
PARTNER_PREFIX = STANDARD + "humanname-partner-prefix"
PARTNER_NAME = STANDARD + "humanname-partner-name"
NAME_ORDER = STANDARD + "humanname-assembly-order"
NAME_REPRESENTATION = STANDARD + "iso21090-EN-representation"
PHONE_COUNTRY = STANDARD + "contactpoint-country"
PHONE_AREA = STANDARD + "contactpoint-area"
PHONE_LOCAL = STANDARD + "contactpoint-local"
PHONE_EXTENSION = STANDARD + "contactpoint-extension"

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
# Coding: valueUri, the OID of its system where that is known by a name (CWE.14); valueString, the version of the value
# set it was chosen from (CWE.16).
CODING_OID = OURS + "coding-system-oid"
VALUE_SET_VERSION = OURS + "coding-value-set-version"
# Identifier: valueString, check digit (CX.2) and its scheme (CX.3), the table it is of (XCN.8); valueReference
# (Organization), where it was given (CX.6); valueUri, the universal ids of who and where, where .system and .display
# do not tell; valueCodeableConcept, CX.9 and CX.10.
CHECK_DIGIT = OURS + "identifier-check-digit"
CHECK_SCHEME = OURS + "identifier-check-scheme"
SOURCE_TABLE = OURS + "identifier-source-table"
ASSIGNING_FACILITY = OURS + "identifier-assigning-facility"
ASSIGNER_ID = OURS + "identifier-assigner-id"
FACILITY_ID = OURS + "identifier-facility-id"
JURISDICTION = OURS + "identifier-jurisdiction"
AGENCY = OURS + "identifier-agency"
# HumanName: valueString, its type as sent where .use says less (XPN.7); what the person is called (XPN.15); a degree
# and a professional suffix stand in .suffix.
NAME_TYPE = OURS + "name-type"
CALLED_BY = OURS + "name-called-by"
# Address: valueString, its type as sent where .use and .type say less (XAD.7), SAD.2, SAD.3, XAD.8, XAD.10;
# valueCodeableConcept, the county with its code (XAD.9).
ADDRESS_TYPE = OURS + "address-type"
STREET_NAME = OURS + "address-street-name"
HOUSE_NUMBER = OURS + "address-house-number"
OTHER_GEOGRAPHIC = OURS + "address-other-geographic"
CENSUS_TRACT = OURS + "address-census-tract"
COUNTY = OURS + "address-county"
# ContactPoint: valueString, XTN.2 and XTN.3 as sent where .use and .system say less, XTN.9.
PHONE_USE = OURS + "telecom-use"
PHONE_EQUIPMENT = OURS + "telecom-equipment"
PHONE_COMMENT = OURS + "telecom-comment"
# Annotation: valueCodeableConcept, its type (NTE-4); valueString, its source (NTE-2) where somebody is named as author;
# valuePeriod, how long it holds (NTE-7, -8).
NOTE_TYPE = OURS + "note-type"
NOTE_SOURCE = OURS + "note-source"
NOTE_PERIOD = OURS + "note-period"
# Annotation: valueHumanName and valueIdentifier, who wrote it (NTE-5) where .author is no reference.
NOTE_AUTHOR_NAME = OURS + "note-author-name"
NOTE_AUTHOR_NUMBER = OURS + "note-author-identifier"
NOTE_AUTHOR = frozenset({NOTE_AUTHOR_NAME, NOTE_AUTHOR_NUMBER})
# Organization: valueString, XON.2. Location: valueReference(Organization), PL.11.
ORGANIZATION_NAME_TYPE = OURS + "organization-name-type"
LOCATION_AUTHORITY = OURS + "location-authority"
# Patient: valueCodeableConcept, PID-10, PID-22, PID-27, PID-32; valueString, PID-12; valueBoolean, PID-31;
# valueDateTime and valueReference(Organization), PID-33, PID-34; valueReference(Organization), further PD1-3.
RACE = OURS + "patient-race"
ETHNICITY = OURS + "patient-ethnic-group"
VETERAN = OURS + "patient-veteran-status"
COUNTY_CODE = OURS + "patient-county"
IDENTITY_UNKNOWN = OURS + "patient-identity-unknown"
IDENTITY_RELIABILITY = OURS + "patient-identity-reliability"
LAST_UPDATE = OURS + "patient-last-update"
LAST_UPDATE_FACILITY = OURS + "patient-last-update-facility"
OTHER_FACILITY = OURS + "patient-other-facility"
# Patient: complex, who takes part in another role than general practitioner (ROL, PRT): actor, role, period.
PARTICIPANT = OURS + "patient-participant"
# RelatedPerson: valueReference(Organization), NK1-13, an employer; valueCodeableConcept, NK1-14, NK1-29, GT1-10, -20;
# valueString, NK1-10; valueHumanName, valueContactPoint, valueAddress: whom to ask for there (NK1-30 to -32), GT1-4.
KIN_ORGANIZATION = OURS + "related-person-organization"
EMPLOYER = OURS + "employer"
KIN_MARITAL_STATUS = OURS + "related-person-marital-status"
KIN_REASON = OURS + "related-person-contact-reason"
KIN_JOB = OURS + "related-person-job-title"
KIN_CONTACT_NAME = OURS + "related-person-contact-name"
KIN_CONTACT_TELECOM = OURS + "related-person-contact-telecom"
KIN_CONTACT_ADDRESS = OURS + "related-person-contact-address"
GUARANTOR_TYPE = OURS + "guarantor-type"
GUARANTOR_SPOUSE = OURS + "guarantor-spouse"
GUARANTOR_PRIORITY = OURS + "guarantor-priority"
GUARANTOR_RELATIONSHIP = OURS + "guarantor-relationship"
EMPLOYMENT_STATUS = OURS + "employment-status"
KIN_DECEASED = OURS + "related-person-deceased"
# Coverage: valueIdentifier, an agreement of the payer (IN1-14, IN3-2); valueCodeableConcept, IN1-17 where IN2-72 tells
# the patient's side, IN1-21; valueString, what becomes of it (IN1-55).
COVERAGE_AUTHORIZATION = OURS + "coverage-authorization"
COVERAGE_INSURED = OURS + "coverage-insured-relationship"
COVERAGE_COORDINATION = OURS + "coverage-coordination-of-benefits"
COVERAGE_ACTION = OURS + "coverage-action"
# Coverage: valueCodeableConcept, IN1-2 where IN1-15 is the type; valueString, IN1-22 where it is no positive number.
COVERAGE_PLAN = OURS + "coverage-plan"
COVERAGE_PRIORITY = OURS + "coverage-priority"
# Patient.communication: valueCodeableConcept, PID-15 as sent, where its language is told in BCP 47.
LANGUAGE_AS_SENT = OURS + "language-as-sent"
# AllergyIntolerance: valueCodeableConcept, IAM-2, -4, -9, -10, -15, -17 as sent; valueString, IAM-6, IAM-12;
# valueDateTime, IAM-13; valueHumanName, IAM-14.
ALLERGY_TYPE = OURS + "allergy-type"
ALLERGY_SEVERITY = OURS + "allergy-severity"
ALLERGY_SENSITIVITY = OURS + "allergy-sensitivity"
ALLERGY_GROUP = OURS + "allergy-group"
ALLERGY_RELATIONSHIP = OURS + "allergy-reporter-relationship"
ALLERGY_STATUS = OURS + "allergy-clinical-status"
ALLERGY_ACTION = OURS + "allergy-action"
ALLERGY_ONSET = OURS + "allergy-onset-text"
ALLERGY_REPORTED = OURS + "allergy-reported"
ALLERGY_REPORTER = OURS + "allergy-reported-by"
# AllergyIntolerance: valueDateTime, AL1-6 where an onset was told too; valueReference(Practitioner), further IAM-23.
ALLERGY_IDENTIFIED = OURS + "allergy-identified"
ALLERGY_RECORDER = OURS + "allergy-other-recorder"
# A Coding: valueString, the file and row its translation came from. Codings as sent have none.
MAPPED_FROM = OURS + "mapped-from"
# A Coding that is a translation: valueCode, in ConceptMap's words, where it does not mean the same as what was sent.
MAPPED_EQUIVALENCE = OURS + "mapped-equivalence"
# Observation.component: valueString, the table and row by which it was calculated from the Observation's own value.
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
# Observation: valueCodeableConcept, OBX-32 beside a value: R4 takes a dataAbsentReason only without one.
VALUE_ABSENT = OURS + "observation-value-absent"
# Specimen: valueCodeableConcept, SPM-11, SPM-21, and SPM-6 where its container has an additive of its own;
# valueDateTime, OBR-14 where the specimen tells another time; valueReference(Practitioner), repetitions of OBR-10.
SPECIMEN_RECEIVED = OURS + "specimen-received-for-order"
SPECIMEN_ROLE = OURS + "specimen-role"
SPECIMEN_ADDITIVE = OURS + "specimen-additive"
SPECIMEN_REJECTED = OURS + "specimen-reject-reason"
OTHER_COLLECTOR = OURS + "specimen-other-collector"
# Specimen.container: valueCodeableConcept, SAC-8; valueDateTime, SAC-7.
CONTAINER_STATUS = OURS + "container-status"
CONTAINER_REGISTERED = OURS + "container-registered"
# Attachment: valueString, the application that made it (ED-1, RP-2).
ATTACHMENT_SOURCE = OURS + "attachment-source"
# DiagnosticReport: what gave rise to it. valueCodeableConcept, OBR-26 and OBR-50; valueString, OBR-26.2 and .3;
# valueIdentifier, OBR-29.
PARENT_RESULT = OURS + "report-parent-result"
PARENT_SERVICE = OURS + "report-parent-service"
PARENT_SUB_ID = OURS + "report-parent-sub-id"
PARENT_VALUE = OURS + "report-parent-value"
PARENT_NUMBER = OURS + "report-parent-number"
# A Reference to who read or wrote a report: valuePeriod, when (OBR-32 to -35).
READ_PERIOD = OURS + "reading-period"
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
# Account, Encounter: valueReference, what goes on in its place after a merge or under another number.
REPLACED_BY = OURS + "replaced-by"
# MedicationDispense: valueReference(Practitioner), where there is no prescription to carry its requester.
PRESCRIBER = OURS + "prescriber"
# Timing: valueQuantity or valueString, how long, where its bounds are a start or an end; valueString, on which
# condition (TQ1-10), and the instruction in words (TQ1-11); valueQuantity, its period in no unit of time;
# valueCodeableConcept, the priority of one that is not the first.
TIMING_PERIOD = OURS + "timing-period"
TIMING_PRIORITY = OURS + "timing-priority"
TIMING_DURATION = OURS + "timing-duration"
TIMING_CONDITION = OURS + "timing-condition"
TIMING_TEXT = OURS + "timing-text"
# MedicationRequest, MedicationDispense, MedicationAdministration: valueReference(Medication), the form, strength, lot
# and maker of the product that their medicationCodeableConcept names.
PRODUCT = OURS + "product"
# MedicationRequest: valueCodeableConcept, what the prescriber asked for where the pharmacy encoded another product, and
# what is to be handed over (RXO-10); valueReference(Location), where to bring it; valueReference(Practitioner), the
# pharmacist who verified it; valueString, refills or doses handed over so far; valueDateTime, the latest of them.
REQUESTED_PRODUCT = OURS + "requested-product"
DISPENSE_PRODUCT = OURS + "product-to-dispense"
DELIVER_TO = OURS + "deliver-to"
VERIFIED_BY = OURS + "pharmacist-verifier"
DOSES_DISPENSED = OURS + "doses-dispensed"
LAST_DISPENSED = OURS + "last-dispensed"
# MedicationRequest, MedicationDispense: valueCodeableConcept, for who hands it over (RXO-6, RXE-21, RXD-15);
# valueString, refills left (RXE-16, RXD-8).
DISPENSE_INSTRUCTION = OURS + "dispense-instruction"
REFILLS_LEFT = OURS + "refills-left"
# The same: valueString, an amount or a number of refills that is no number.
QUANTITY_AS_SENT = OURS + "quantity-as-sent"
REFILLS_AS_SENT = OURS + "refills-as-sent"
# Dosage, MedicationAdministration.dosage: valueString, a dose or rate that is no number, and the time a dose is given
# in (RXE-22); valueCodeableConcept, the device (RXR-3); valueQuantity, how much at a time as TQ tells it.
DOSE_AS_SENT = OURS + "dose-as-sent"
RATE_AS_SENT = OURS + "rate-as-sent"
DOSE_PER = OURS + "dose-per"
DOSE_DEVICE = OURS + "dose-device"
TIMING_QUANTITY = OURS + "timing-quantity"
# Medication: valueString, further lots. Its ingredients: valueQuantity, how much of it (RXC-3); valueCodeableConcept,
# base or additive (RXC-1).
OTHER_LOT = OURS + "other-lot"
INGREDIENT_AMOUNT = OURS + "ingredient-amount"
INGREDIENT_TYPE = OURS + "ingredient-type"
# MedicationAdministration: valueReference(Location), where it was given; valueDateTime, when that was recorded.
# Immunization and MedicationAdministration: valueCodeableConcept, RXA-20 and RXA-21 as sent.
GIVEN_AT = OURS + "given-at"
RECORDED = OURS + "recorded"
COMPLETION = OURS + "completion-status"
ACTION = OURS + "action"
# Immunization.education and .protocolApplied: valueCodeableConcept, the sheet (OBX 69764-9) and schedule (59779-9).
EDUCATION_DOCUMENT = OURS + "education-document"
VACCINATION_SCHEDULE = OURS + "vaccination-schedule"
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
# Appointment: valueQuantity, TQ1-2; valueAnnotation, a note (its text alone is Appointment.comment).
APPOINTMENT_QUANTITY = OURS + "appointment-quantity"
APPOINTMENT_NOTE = OURS + "appointment-note"
# Appointment.participant and .serviceType: valueCodeableConcept, the resource's own status, its group (RGS-3);
# valueString, its action (table 0206); valueAnnotation, NTE after it; valuePeriod, valueQuantity: when a service is
# needed, and for how long.
RESOURCE_STATUS = OURS + "appointment-resource-status"
RESOURCE_GROUP = OURS + "appointment-resource-group"
RESOURCE_ACTION = OURS + "appointment-resource-action"
RESOURCE_NOTE = OURS + "appointment-resource-note"
RESOURCE_PERIOD = OURS + "appointment-resource-period"
RESOURCE_DURATION = OURS + "appointment-resource-duration"

# ChargeItem: valueCodeableConcept, FT1-6, FT1-14, FT1-17, FT1-18, FT1-26; valueMoney, FT1-15, FT1-22; valueString,
# FT1-3; valueIdentifier, FT1-39, FT1-42; valueReference(Location), FT1-16; valueReference(Practitioner), FT1-20 and
# FT1-21 after the first.
CHARGE_KIND = OURS + "charge-type"
CHARGE_PLAN = OURS + "charge-health-plan"
CHARGE_SCHEDULE = OURS + "charge-fee-schedule"
CHARGE_PATIENT_TYPE = OURS + "charge-patient-type"
CHARGE_MODIFIER = OURS + "charge-procedure-modifier"
CHARGE_INSURED = OURS + "charge-insurance-amount"
CHARGE_COST = OURS + "charge-unit-cost"
CHARGE_BATCH = OURS + "charge-batch"
CHARGE_AUTHORIZATION = OURS + "charge-authorization"
CHARGE_PRESCRIPTION = OURS + "charge-prescription"
CHARGE_LOCATION = OURS + "charge-location"


def extension(url: str, kind: str, value: Any) -> dict[str, Any] | None:
    """One extension; None when there is nothing to say. `kind` is the FHIR type in its name: "String"."""
    return {"url": url, f"value{kind}": value} if value else None


def extensions(*ones: dict[str, Any] | None) -> list[dict[str, Any]]:
    return [one for one in ones if one]


def texts(*pairs: tuple[str, str | None]) -> list[dict[str, Any]]:
    """Extensions of plain texts: those that say something."""
    return [{"url": url, "valueString": one} for url, one in pairs if one and not one.isspace()]


def absent() -> dict[str, Any]:
    """What stands where FHIR requires an element and the sender gave none."""
    return {"extension": [{"url": ABSENT, "valueCode": "unknown"}]}
