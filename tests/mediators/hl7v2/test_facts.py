"""The facts that must survive, each by its number: from the message to the event and to its place in the FHIR.

A path names a type of resource and its elements; `[word]` keeps the items that hold the word, `>` follows a reference.
Decided otherwise than the list, on purpose: R12 of an ED is an extension of the Observation and the report's
presentedForm (R4 has no valueAttachment); O9, the requester is the Practitioner, whose establishment is in the
PractitionerRole; R5's instant gets the zone of the channel where none was sent; O6 is TQ1-7,
and OBR-7 beside it is when something was observed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any, Final, NamedTuple

import pytest

from mediators.hl7v2.mediator import Hl7v2
from mediators.mediator import Context
from schemas import codec
from schemas.events import plain
from schemas.fhir import bundle
from schemas.message import Message
from tests.mediators.hl7v2 import sayings
from tests.mediators.hl7v2.messages import RECEIVED, fields
from tests.mediators.hl7v2.sayings import saying

V2: Final = "http://terminology.hl7.org/CodeSystem/v2-"
MESSAGES: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    "ADT": ("ADT^A08^ADT_A01", sayings.ADMISSION),
    "A31": ("ADT^A31^ADT_A05", sayings.CLEARED),
    "A40": ("ADT^A40^ADT_A39", sayings.MERGED),
    "ORU": ("ORU^R01^ORU_R01", sayings.RESULTS),
    "OML": ("OML^O21^OML_O21", sayings.ORDER),
    "VXU": ("VXU^V04^VXU_V04", sayings.VACCINE),
    "VXU-RE": ("VXU^V04^VXU_V04", sayings.REFUSED),
    "VXU-D": ("VXU^V04^VXU_V04", tuple(one.replace("|CP|A", "|CP|D") for one in sayings.VACCINE)),
    "MDM": ("MDM^T02^MDM_T02", sayings.DOCUMENT),
    "MDM-T10": ("MDM^T10^MDM_T02", sayings.DOCUMENT),
    "MDM-T11": ("MDM^T11^MDM_T01", sayings.DOCUMENT[:4]),
    "SIU": ("SIU^S12^SIU_S12", sayings.APPOINTMENT),
    "SIU-S15": ("SIU^S15^SIU_S12", tuple(one.replace("Booked^Reserve^HL70278", "") for one in sayings.APPOINTMENT)),
    "SIU-S17": ("SIU^S17^SIU_S12", tuple(one.replace("Booked^Reserve^HL70278", "") for one in sayings.APPOINTMENT)),
    "SIU-S26": ("SIU^S26^SIU_S12", tuple(one.replace("Booked^Reserve^HL70278", "") for one in sayings.APPOINTMENT)),
    "RDE": ("RDE^O11^RDE_O11", sayings.PRESCRIPTION),
    "OMP": ("OMP^O09^OMP_O09", sayings.REQUESTED),
    "RDS": ("RDS^O13^RDS_O13", sayings.DISPENSED),
    "DFT": ("DFT^P03^DFT_P03", sayings.CHARGED),
}


class Fact(NamedTuple):
    """`told`: what of it stands in the event, where that is another word than in the FHIR."""

    name: str
    message: str
    path: str
    value: Any
    told: str | None = None


def at(day: str, clock: str) -> str:
    """A moment of March 2024, in Ramadan or (before the 10th) not."""
    return f"2024-03-{day}T{clock}:00+0{1 if int(day) < 10 else 0}:00"


FACTS: Final = (
    Fact("C1", "ADT", "Bundle.identifier.value", "C-17"),
    Fact("C2", "ADT", "Bundle.timestamp", "2024-03-12T10:30:00+01:00"),
    Fact("C3", "ADT", "MessageHeader.eventCoding.code", "A08"),
    Fact("C3", "ADT", "MessageHeader.eventCoding.system", V2 + "0003", "A08"),
    Fact("C4", "ADT", "MessageHeader.source.name", "LABO"),
    Fact("C4", "ADT", "MessageHeader.sender>name", "CHU"),
    Fact("C5", "ADT", "Patient.identifier.value", "0044"),
    Fact("C5", "ADT", "Patient.identifier.value", "AB123456"),
    Fact("C6", "ADT", "Patient.identifier[0044].system", "urn:oid:2.16.504.1"),
    Fact("C6", "ADT", "Patient.identifier[0044].assigner.display", "HOP"),
    Fact("C7", "ADT", "Patient.identifier[AB123456].type.coding.code", "NI"),
    Fact("C8", "ADT", "Patient.name[official].family", "BENNANI"),
    Fact("C9", "ADT", "Patient.name[official].given", "SALMA"),
    Fact("C9", "ADT", "Patient.name[official].given", "LINA"),
    Fact("C10", "ADT", "Patient.name[IDRISSI].use", "maiden", "M"),
    Fact("C11", "ADT", "Patient.extension[mothersMaidenName].valueString", "RACHIDA TAZI", "TAZI"),
    Fact("C12", "ADT", "Patient.birthDate", "1987-06-04"),
    Fact("C12", "ADT", "Patient._birthDate.extension.valueDateTime", "1987-06-04T15:30:00+00:00", "1987-06-04T15:30"),
    Fact("C13", "ADT", "Patient.gender", "female"),
    Fact("C14", "ADT", "Patient.address.line", "12 rue Atlas"),
    Fact("C14", "ADT", "Patient.address.city", "Fes"),
    Fact("C14", "ADT", "Patient.address.state", "FM"),
    Fact("C14", "ADT", "Patient.address.postalCode", "30000"),
    Fact("C14", "ADT", "Patient.address.country", "MAR"),
    Fact("C14", "ADT", "Patient.address.use", "home"),
    Fact("C15", "ADT", "Patient.telecom[home].value", "+212535000111"),
    Fact("C15", "ADT", "Patient.telecom[email].value", "salma@exemple.ma"),
    Fact("C15", "ADT", "Patient.telecom[work].value", "+212 535 000222", "000222"),
    Fact("C16", "ADT", "Patient.communication.language.coding.code", "ar"),
    Fact("C17", "ADT", "Patient.maritalStatus.coding.code", "M"),
    Fact("C18", "ADT", "Account.identifier.value", "ACC-7"),
    Fact("C19", "ADT", "Patient.multipleBirthInteger", 2, "2"),
    Fact("C20", "ADT", "Patient.deceasedDateTime", "2024-04-01"),
    Fact("C21", "ADT", "Encounter.class.code", "IMP", "I"),
    Fact("C21", "ADT", "Encounter.status", "finished", "I"),
    Fact("C22", "ADT", "Encounter.location.location>name", "2"),
    Fact("C22", "ADT", "Encounter.location.location>partOf>partOf>name", "CARDIO"),
    *(
        Fact("C23", "ADT", f"Encounter.participant[{role}].individual>{path}", value)
        for role, number, family in (
            ("ATND", "D-7", "ALAMI"), ("REF", "D-8", "BERRADA"), ("CON", "D-9", "CHRAIBI"), ("ADM", "D-17", "DAOUDI")
        )
        for path, value in (("identifier.value", number), ("name.family", family))
    ),
    Fact("C24", "ADT", "Encounter.identifier[VN].value", "V-55"),
    Fact("C25", "ADT", "Encounter.period.start", at("10", "08:00")),
    Fact("C25", "ADT", "Encounter.period.end", at("14", "12:00")),
    Fact("C26", "ADT", "Patient.extension[patient-note].valueAnnotation.text", "Patiente sourde"),
    Fact("C26", "ORU", "Observation[718-7].note.text", "Controle fait"),
    Fact("C26", "ORU", "DiagnosticReport.extension[report-note].valueAnnotation.text", "Rapport relu"),
    Fact("R1", "ORU", "DiagnosticReport.identifier[PLAC].value", "P-9"),
    Fact("R1", "ORU", "ServiceRequest.identifier[PLAC].value", "P-9"),
    Fact("R2", "ORU", "DiagnosticReport.identifier[FILL].value", "F-9"),
    Fact("R2", "ORU", "ServiceRequest.identifier[FILL].value", "F-9"),
    Fact("R3", "ORU", "DiagnosticReport.code.coding.code", "58410-2"),
    Fact("R4", "ORU", "DiagnosticReport.effectivePeriod.start", at("12", "08:15"), "2024-03-12T08:15:00+00:00"),
    Fact("R4", "ORU", "DiagnosticReport.effectivePeriod.end", at("12", "08:20"), "2024-03-12T08:20:00+00:00"),
    Fact("R5", "ORU", "DiagnosticReport.issued", "2024-03-12T10:20:00+01:00"),
    Fact("R6", "ORU", "DiagnosticReport.category.coding.code", "HM"),
    Fact("R7", "ORU", "DiagnosticReport.status", "final", "F"),
    Fact("R8", "ORU", "ServiceRequest.requester>name.family", "FILALI"),
    Fact("R9", "ORU", "DiagnosticReport.resultsInterpreter>name.family", "GHALI"),
    Fact("R10", "ORU", "Observation[718-7].code.coding[loinc].code", "718-7"),
    Fact("R11", "ORU", "Observation[718-7].code.coding.code", "HB"),
    Fact("R12-NM", "ORU", "Observation[718-7].valueQuantity.value", 11.2),
    Fact("R12-CWE", "ORU", "Observation[X-2].valueCodeableConcept.coding.code", "POS"),
    Fact("R12-ST", "ORU", "Observation[X-3].valueString", "jaune"),
    Fact("R12-SN", "ORU", "Observation[X-4].valueQuantity.comparator", ">"),
    Fact("R12-SN", "ORU", "Observation[X-5].valueRatio.denominator.value", 128),
    Fact("R12-SN", "ORU", "Observation[X-6].valueRange.high.value", 5),
    Fact("R12-DT", "ORU", "Observation[X-7].valueDateTime", "2024-03-01"),
    Fact("R12-TM", "ORU", "Observation[X-8].valueTime", "10:15:00", "10:15"),
    Fact("R12-NR", "ORU", "Observation[X-9].valueRange.low.value", 2),
    Fact("R12-ED", "ORU", "Observation[X-10].extension.valueAttachment.contentType", "application/pdf"),
    Fact("R12-ED", "ORU", "DiagnosticReport.presentedForm.data", "JVBERi0xLjQ=", "application/pdf"),
    Fact("R12-repeats", "ORU", "Observation[X-11].component.valueQuantity.value", 60),
    Fact("R12-repeats", "ORU", "Observation[X-11].component.valueQuantity.value", 120),
    Fact("R12-TS", "ORU", "Observation[X-12].valueDateTime", at("01", "08:15"), "2024-03-01T08:15+01:00"),
    Fact("R13", "ORU", "Observation[718-7].valueQuantity.unit", "g/dL"),
    Fact("R13", "ORU", "Observation[718-7].valueQuantity.code", "g/dL"),
    Fact("R14", "ORU", "Observation[718-7].referenceRange.text", "12.0-16.0"),
    Fact("R14", "ORU", "Observation[718-7].referenceRange.low.value", 12.0, "12.0"),
    Fact("R14", "ORU", "Observation[718-7].referenceRange.high.value", 16.0, "16.0"),
    Fact("R15", "ORU", "Observation[718-7].interpretation.coding.code", "L"),
    Fact("R16", "ORU", "Observation[718-7].status", "final", "F"),
    Fact("R17", "ORU", "Observation[718-7].effectiveDateTime", at("12", "08:16")),
    Fact("R18", "ORU", "Observation[718-7].method.coding.code", "SLS"),
    Fact("R19", "ORU", "Observation[718-7].performer>name.family", "HARTI"),
    Fact("R20", "ORU", "Observation[718-7].extension[analysis].valueDateTime", at("12", "10:10")),
    Fact("R21", "ORU", "Observation[718-7].performer>name", "Laboratoire Central"),
    Fact("R21", "ORU", "Observation[718-7].performer>name.family", "IRAQI"),
    Fact("R22", "ORU", "Specimen.identifier.value", "S-1"),
    Fact("R22", "ORU", "Specimen.identifier.value", "S-2"),
    Fact("R22", "ORU", "Specimen.type.coding.code", "BLD"),
    Fact("R22", "ORU", "Specimen.collection.bodySite.coding.code", "LA"),
    Fact("R22", "ORU", "Specimen.collection.collectedPeriod.start", at("12", "08:15")),
    Fact("R22", "ORU", "Specimen.receivedTime", at("12", "09:00")),
    Fact("R22", "ORU", "Specimen.condition.coding.code", "HEM"),
    Fact("O1", "OML", "ServiceRequest.status", "active", "NW"),
    Fact("O2", "OML", "ServiceRequest.intent", "order", "NW"),
    Fact("O3", "OML", "ServiceRequest.identifier[PLAC].value", "P-9"),
    Fact("O3", "OML", "ServiceRequest.identifier[FILL].value", "F-9"),
    Fact("O3", "OML", "ServiceRequest.requisition.value", "G-9"),
    Fact("O4", "OML", "ServiceRequest.code.coding.code", "58410-2"),
    Fact("O5", "OML", "ServiceRequest.priority", "stat", "S"),
    Fact("O6", "OML", "ServiceRequest.occurrence", at("13", "08:00")),
    Fact("O7", "OML", "ServiceRequest.authoredOn", at("12", "07:00")),
    Fact("O8", "OML", "ServiceRequest.requester>name.family", "FILALI"),
    Fact("O9", "OML", "PractitionerRole.organization>name", "Clinique Atlas"),
    Fact("O9", "OML", "PractitionerRole.organization>address.line", "5 av. Hassan"),
    Fact("O9", "OML", "PractitionerRole.organization>telecom.value", "+212537000444"),
    Fact("O9", "OML", "ServiceRequest.requester>address.line", "9 av. Anfa"),
    Fact("O10", "OML", "ServiceRequest.supportingInfo>valueString", "Sous traitement"),
    Fact("O11", "OML", "ServiceRequest.reasonCode.coding.code", "R50"),
    Fact("O12", "OML", "Condition.code.coding.code", "D64.9"),
    Fact("O13", "OML", "ServiceRequest.specimen>type.coding.code", "BLD"),
    Fact("O14", "OML", "ServiceRequest.supportingInfo>code.coding.code", "8310-5"),
    Fact("O15", "OML", "ServiceRequest.insurance>identifier.value", "POL-9"),
    Fact("A1", "ADT", "Provenance.recorded", at("12", "09:00"), "2024-03-12T09:00+00:00"),
    Fact("A1", "ADT", "Provenance.occurredDateTime", at("12", "08:45"), "2024-03-12T08:45+00:00"),
    Fact("A2", "ADT", "Patient.generalPractitioner>name.family", "FASSI"),
    Fact("A3", "ADT", "RelatedPerson.name.given", "KARIM"),
    Fact("A3", "ADT", "RelatedPerson.relationship.coding.code", "SPO"),
    Fact("A3", "ADT", "RelatedPerson.telecom.value", "+212600000333"),
    Fact("A4", "ADT", "AllergyIntolerance.code.coding.code", "7980"),
    Fact("A4", "ADT", "AllergyIntolerance.category", "medication", "DA"),
    Fact("A4", "ADT", "AllergyIntolerance.criticality", "high", "SV"),
    Fact("A4", "ADT", "AllergyIntolerance.reaction.manifestation.text", "Urticaire"),
    Fact("A5", "ADT", "Condition.code.coding.code", "I10"),
    Fact("A5", "ADT", "Condition.recordedDate", "2024-03-10"),
    Fact("A5", "ADT", "Condition.asserter>name.family", "ELALAOUI"),
    Fact("A6", "ADT", "Procedure.code.coding.code", "0DTJ4ZZ"),
    Fact("A6", "ADT", "Procedure.performedDateTime", at("11", "09:30")),
    Fact("A7", "ADT", "Coverage.payor>name", "CNSS Maroc"),
    Fact("A7", "ADT", "Coverage.period.start", "2024-01-01"),
    Fact("A7", "ADT", "Coverage.period.end", "2024-12-31"),
    Fact("A7", "ADT", "Coverage.identifier.value", "POL-9"),
    Fact("A8", "ADT", "Observation[29463-7].valueQuantity.value", 62),
    Fact("A40", "A40", "Patient[0043].active", False, "0043"),
    Fact("A40", "A40", "Patient[0043].link[replaced-by].other>identifier.value", "0044"),
    Fact("A40", "A40", "Patient[0044].link.type", "replaces", "0044"),
    Fact("VXU-RXA-3", "VXU", "Immunization.occurrenceDateTime", at("12", "08:45")),
    Fact("VXU-RXA-5", "VXU", "Immunization.vaccineCode.coding.code", "08"),
    Fact("VXU-RXA-6", "VXU", "Immunization.doseQuantity.value", 0.5),
    Fact("VXU-RXA-7", "VXU", "Immunization.doseQuantity.unit", "mL"),
    Fact("VXU-RXA-9", "VXU", "Immunization.primarySource", True, "00"),
    Fact("VXU-RXA-10", "VXU", "Immunization.performer[AP].actor>name.family", "JABRI"),
    Fact("VXU-RXA-11", "VXU", "Immunization.location>name", "SALLE1"),
    Fact("VXU-RXA-15", "VXU", "Immunization.lotNumber", "LOT-77"),
    Fact("VXU-RXA-16", "VXU", "Immunization.expirationDate", "2025-12-31"),
    Fact("VXU-RXA-17", "VXU", "Immunization.manufacturer>name", "Merck"),
    Fact("VXU-RXA-20", "VXU", "Immunization.status", "completed", "CP"),
    Fact("VXU-RXA-20", "VXU-RE", "Immunization.status", "not-done", "RE"),
    Fact("VXU-RXA-18", "VXU-RE", "Immunization.statusReason.coding.code", "00"),
    Fact("VXU-RXA-21", "VXU-D", "Immunization.status", "entered-in-error", "D"),
    Fact("VXU-RXR-1", "VXU", "Immunization.route.coding.code", "IM"),
    Fact("VXU-RXR-2", "VXU", "Immunization.site.coding.code", "LD"),
    Fact("VXU-ORC-3", "VXU", "Immunization.identifier.value", "F-3"),
    Fact("VXU-ORC-9", "VXU", "Immunization.recorded", at("12", "09:00")),
    Fact("VXU-OBX-64994-7", "VXU", "Immunization.programEligibility.coding.code", "V02"),
    Fact("VXU-OBX-29769-7", "VXU", "Immunization.education.presentationDate", "2024-03-12"),
    Fact("VXU-OBX-30973-2", "VXU", "Immunization.protocolApplied.doseNumberPositiveInt", 2),
    Fact("MDM-TXA-2", "MDM", "DocumentReference[DOC-2].type.coding.code", "DS"),
    Fact("MDM-TXA-3", "MDM", "DocumentReference[DOC-2].content.attachment[UGF0].contentType",
         "text/plain; charset=utf-8", "TX"),
    Fact("MDM-TXA-6", "MDM", "DocumentReference[DOC-2].date", at("12", "09:15")),
    Fact("MDM-TXA-7", "MDM", "DocumentReference[DOC-2].extension[transcribed].valueDateTime", at("12", "09:30")),
    Fact("MDM-TXA-9", "MDM", "DocumentReference[DOC-2].author>name.family", "KADIRI"),
    Fact("MDM-TXA-10", "MDM", "DocumentReference[DOC-2].authenticator>name.family", "LAHLOU"),
    Fact("MDM-TXA-12", "MDM", "DocumentReference[DOC-2].masterIdentifier.value", "DOC-2"),
    Fact("MDM-TXA-13", "MDM", "DocumentReference[DOC-2].relatesTo.target>masterIdentifier.value", "DOC-1"),
    Fact("MDM-TXA-16", "MDM", "DocumentReference[DOC-2].identifier.value", "sortie.txt"),
    Fact("MDM-TXA-17", "MDM", "DocumentReference[DOC-2].docStatus", "final", "LA"),
    Fact("MDM-TXA-18", "MDM", "DocumentReference[DOC-2].securityLabel.coding.code", "R"),
    Fact("MDM-TXA-19", "MDM", "DocumentReference[DOC-2].status", "current", "AV"),
    Fact("MDM-TXA-25", "MDM", "DocumentReference[DOC-2].description", "Resume"),
    Fact("MDM-OBX-5-ED", "MDM", "DocumentReference[DOC-2].content.attachment.data", "JVBERi0xLjQ=", "application/pdf"),
    Fact("MDM-OBX-5-TX", "MDM", "DocumentReference[DOC-2].content.attachment.data",
         "UGF0aWVudGUgc29ydGllCmVuIGJvbiBldGF0", "text/plain"),
    Fact("MDM-T10", "MDM-T10", "DocumentReference[DOC-2].relatesTo.code", "replaces", "DOC-1"),
    Fact("MDM-T10", "MDM-T10", "DocumentReference[superseded].masterIdentifier.value", "DOC-1"),
    Fact("MDM-T11", "MDM-T11", "DocumentReference[DOC-2].status", "entered-in-error", "T11"),
    Fact("SIU-SCH-1", "SIU", "Appointment.identifier[PLAC].value", "RV-1"),
    Fact("SIU-SCH-2", "SIU", "Appointment.identifier[FILL].value", "RV-2"),
    Fact("SIU-SCH-6", "SIU", "Appointment.extension[event-reason].valueCodeableConcept.coding.code", "ROUTINE"),
    Fact("SIU-SCH-7", "SIU", "Appointment.reasonCode.coding.code", "CONTROLE"),
    Fact("SIU-SCH-8", "SIU", "Appointment.appointmentType.coding.code", "NORMAL"),
    Fact("SIU-SCH-9", "SIU", "Appointment.minutesDuration", 60),
    Fact("SIU-SCH-11", "SIU", "Appointment.start", at("20", "09:00")),
    Fact("SIU-SCH-11", "SIU", "Appointment.end", at("20", "10:00")),
    Fact("SIU-SCH-16", "SIU", "Appointment.participant.actor>name.family", "MANSOURI"),
    Fact("SIU-SCH-25", "SIU", "Appointment.status", "booked", "Booked"),
    Fact("SIU-SCH-26", "SIU", "Appointment.basedOn>identifier.value", "P-9"),
    Fact("SIU-SCH-27", "SIU", "Appointment.basedOn>identifier.value", "F-9"),
    Fact("SIU-AIS-3", "SIU", "Appointment.serviceType.coding.code", "CONS"),
    Fact("SIU-AIP-3", "SIU", "Appointment.participant.actor>name.family", "NACIRI"),
    Fact("SIU-AIL-3", "SIU", "Appointment.participant.actor>name", "SALLE4"),
    Fact("SIU-AIG-3", "SIU", "Appointment.participant.actor>deviceName.name", "Echographe"),
    Fact("SIU-PID", "SIU", "Appointment.participant.actor>identifier.value", "0044"),
    Fact("SIU-S15", "SIU-S15", "Appointment.status", "cancelled", "S15"),
    Fact("SIU-S17", "SIU-S17", "Appointment.status", "entered-in-error", "S17"),
    Fact("SIU-S26", "SIU-S26", "Appointment.status", "noshow", "S26"),
    Fact("RDE-ORC-1", "RDE", "MedicationRequest.status", "active", "NW"),
    Fact("RDE-ORC-2", "RDE", "MedicationRequest.identifier[PLAC].value", "P-5"),
    Fact("RDE-ORC-3", "RDE", "MedicationRequest.identifier[FILL].value", "F-5"),
    Fact("RDE-RXE-2", "RDE", "MedicationRequest.medicationReference>code.coding.code", "J01CA04"),
    Fact("RDE-RXO-1", "OMP", "MedicationRequest.medicationCodeableConcept.coding.code", "J01CA04"),
    Fact("RDE-RXO-2", "OMP", "MedicationRequest.dosageInstruction.doseAndRate.doseQuantity.value", 500),
    Fact("RDE-RXO-4", "OMP", "MedicationRequest.dosageInstruction.doseAndRate.doseQuantity.unit", "mg"),
    Fact("RDE-RXO-11", "OMP", "MedicationRequest.dispenseRequest.quantity.value", 14),
    Fact("RDE-RXE-3", "RDE", "MedicationRequest.dosageInstruction.doseAndRate.doseQuantity.value", 500),
    Fact("RDE-RXE-5", "RDE", "MedicationRequest.dosageInstruction.doseAndRate.doseQuantity.unit", "mg"),
    Fact("RDE-RXE-6", "RDE", "MedicationRequest.medicationReference>form.coding.code", "CAP"),
    Fact("RDE-RXE-7", "RDE", "MedicationRequest.dosageInstruction.text", "Apres le repas"),
    Fact("RDE-RXE-10", "RDE", "MedicationRequest.dispenseRequest.quantity.value", 21),
    Fact("RDE-RXE-12", "RDE", "MedicationRequest.dispenseRequest.numberOfRepeatsAllowed", 2),
    Fact("RDE-RXE-15", "RDE", "MedicationRequest.identifier.value", "RX-15"),
    Fact("RDE-RXE-21", "RDE", "MedicationRequest.extension[instruction].valueCodeableConcept.text", "Finir la boite"),
    Fact("RDE-RXR-1", "RDE", "MedicationRequest.dosageInstruction.route.coding.code", "PO"),
    Fact("RDE-RXR-2", "RDE", "MedicationRequest.dosageInstruction.site.coding.code", "MTH"),
    Fact("RDE-RXC", "RDE", "MedicationRequest.medicationReference>ingredient.itemCodeableConcept.coding.code", "LACT"),
    Fact("RDE-TQ1-3", "RDE", "MedicationRequest.dosageInstruction.timing.code.coding.code", "TID"),
    Fact("RDE-TQ1-7", "RDE", "MedicationRequest.dosageInstruction.timing.repeat.boundsPeriod.start", "2024-03-12"),
    Fact("RDE-TQ1-8", "RDE", "MedicationRequest.dosageInstruction.timing.repeat.boundsPeriod.end", "2024-03-19"),
    Fact("RDS-RXD-2", "RDS", "MedicationDispense.medicationCodeableConcept.coding.code", "J01CA04"),
    Fact("RDS-RXD-3", "RDS", "MedicationDispense.whenHandedOver", at("12", "11:30")),
    Fact("RDS-RXD-4", "RDS", "MedicationDispense.quantity.value", 21),
    Fact("RDS-RXD-7", "RDS", "MedicationDispense.authorizingPrescription>identifier.value", "RX-15"),
    Fact("RDS-RXD-10", "RDS", "MedicationDispense.performer.actor>name.family", "OUAZZANI"),
    Fact("RDS-RXR-1", "RDS", "MedicationDispense.dosageInstruction.route.coding.code", "PO"),
    Fact("RDS-ORC-2", "RDS", "MedicationDispense.authorizingPrescription>identifier.value", "P-5"),
    Fact("DFT-FT1-4", "DFT", "ChargeItem.occurrenceDateTime", at("12", "10:00")),
    Fact("DFT-FT1-7", "DFT", "ChargeItem.code.coding.code", "B40"),
    Fact("DFT-FT1-10", "DFT", "ChargeItem.quantity.value", 3),
    Fact("DFT-FT1-11", "DFT", "ChargeItem.priceOverride.value", 120),
    Fact("DFT-FT1-12", "DFT", "ChargeItem.extension[unit-price].valueMoney.value", 40),
    Fact("DFT-FT1-19", "DFT", "ChargeItem.reason.coding.code", "I10"),
    Fact("DFT-FT1-20", "DFT", "ChargeItem.performer.actor>name.family", "QADIRI"),
    Fact("DFT-FT1-25", "DFT", "ChargeItem.service>code.coding.code", "0DTJ4ZZ"),
    Fact("DFT-PID-18", "DFT", "ChargeItem.account>identifier.value", "ACC-7"),
)  # fmt: skip


@cache
def became(message: str) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The events of a message, as they are on the bus, and what they say in FHIR."""
    body = saying(*MESSAGES[message])
    one = Message("t-1", "lab-hl7v2", "LABO|CHU", body, "x-application/hl7-v2+er7", RECEIVED, "C-17")
    translation = Hl7v2().mediate(one, Context())
    assert not translation.refused
    events = [codec.decode(codec.encode(event["type"], event)) for event in translation.events]
    return [plain(event) for event in events], bundle.collection(translation.events)


_STEP: Final = re.compile(r"([.>]?)([A-Za-z_]+)(?:\[([^\]]+)\])?")


def reached(found: dict[str, Any], path: str) -> Iterator[Any]:
    """Every value at a path of a Bundle."""
    resources = {
        f"{one['resource']['resourceType']}/{one['resource']['id']}": one["resource"] for one in found["entry"]
    }
    first, *steps = _STEP.findall(path)
    nodes: list[Any] = (
        [found] if first[1] == "Bundle" else [one for one in resources.values() if one["resourceType"] == first[1]]
    )
    nodes = _holding(nodes, first[2])
    for link, name, word in steps:
        if link == ">":
            nodes = [resources[one["reference"]] for one in nodes if one.get("reference") in resources]
        nodes = _holding([item for one in nodes if isinstance(one, dict) for item in _items(one, name)], word)
    yield from nodes


def _items(node: dict[str, Any], name: str) -> list[Any]:
    """An element, whatever type it has been given where FHIR has a choice ("occurrence")."""
    value = node.get(name)
    if value is None:
        value = next(
            (one for key, one in node.items() if key.startswith(name) and key[len(name) :][:1].isupper()), None
        )
    return value if isinstance(value, list) else [] if value is None else [value]


def _holding(nodes: list[Any], word: str) -> list[Any]:
    return [one for one in nodes if word in json.dumps(one, ensure_ascii=False)] if word else nodes


def said(node: Any) -> Iterator[str]:
    """Every text of an event outside `unmapped`."""
    if isinstance(node, dict):
        for key, one in node.items():
            yield from said(one) if key != "unmapped" else ()
    elif isinstance(node, list):
        for one in node:
            yield from said(one)
    elif node is not None:
        yield str(node)


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: f"{fact.name}-{fact.path}")
def test_a_fact_is_in_the_event_and_has_its_place_in_the_fhir(fact: Fact) -> None:
    events, found = became(fact.message)
    assert fact.value in list(reached(found, fact.path))
    told = str(fact.value) if fact.told is None else fact.told
    assert any(told == text or (len(told) > 8 and told in text) for text in said(events))


def test_r22_every_result_of_a_report_is_listed_once() -> None:
    _, found = became("ORU")
    listed = [one["reference"] for one in reached(found, "DiagnosticReport.result")]
    assert len(listed) == len(set(listed)) == 12


def test_a9_a_null_removes_and_is_no_text() -> None:
    events, found = became("A31")
    assert events[0]["patient"]["cleared"] == ["birth_date", "addresses"]
    assert '""' not in list(said(events))
    assert not list(reached(found, "Patient.birthDate")) + list(reached(found, "Patient.address"))


def test_a10_segments_of_a_sites_own_travel_on_in_the_event() -> None:
    events, _ = became("ADT")
    left = {one["place"]: one["value"] for event in events for one in event["unmapped"]}
    assert left == {"ZBE-1": "MVT-1^PAM", "ZBE-2": "20240312", "ZBE-4": "INSERT"}


@pytest.mark.parametrize("message", MESSAGES)
def test_nothing_else_of_these_messages_is_left_without_a_place(message: str) -> None:
    events, _ = became(message)
    assert not [one for event in events for one in event["unmapped"] if not one["place"].startswith("Z")]


@pytest.mark.parametrize(
    ("sent", "minutes"),
    [({9: "90", 10: "min"}, 90), ({9: "90"}, 90), ({9: "1", 10: "h"}, 60), ({9: "5400", 10: "s"}, 90)],
)
def test_sch_9_is_counted_in_its_unit(sent: dict[int, str], minutes: int) -> None:
    sch = fields("SCH", {1: "RV-1", 2: "RV-2", 11: "^^^20240320090000", **sent})
    body = saying("SIU^S12", (sch, sayings.PID, "RGS|1", "AIS|1||CONS"))
    one = Message("t-1", "lab-hl7v2", "LABO|CHU", body, "x-application/hl7-v2+er7", RECEIVED, "C-17")
    found = bundle.collection(Hl7v2().mediate(one, Context()).events)
    assert list(reached(found, "Appointment.minutesDuration")) == [minutes]
