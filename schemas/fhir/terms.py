"""Codes of HL7 v2 and of the canonical events in FHIR's words, each table with its source.

"Guide" is the HL7 V2-to-FHIR guide, STU 1; where it has no target although FHIR wants one, the choice is ours
and the table says so. Shared by both directions: `inverse` turns a table round.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from schemas.fhir import tables

TERMINOLOGY = "http://terminology.hl7.org/CodeSystem/"
ACT_CODE = TERMINOLOGY + "v3-ActCode"
ALLERGY_VERIFICATION = TERMINOLOGY + "allergyintolerance-verification"
SUBSCRIBER_RELATIONSHIP = TERMINOLOGY + "subscriber-relationship"
ALLERGY_CLINICAL = TERMINOLOGY + "allergyintolerance-clinical"
CONDITION_CATEGORY = TERMINOLOGY + "condition-category"
CONDITION_VERIFICATION = TERMINOLOGY + "condition-ver-status"
CONFIDENTIALITY = TERMINOLOGY + "v3-Confidentiality"
COVERAGE_CLASS = TERMINOLOGY + "coverage-class"
DATA_ABSENT = TERMINOLOGY + "data-absent-reason"
DIAGNOSIS_ROLE = TERMINOLOGY + "diagnosis-role"
INTERPRETATION_SYSTEM = TERMINOLOGY + "v3-ObservationInterpretation"
MARITAL_SYSTEM = TERMINOLOGY + "v3-MaritalStatus"
NULL_FLAVOR = TERMINOLOGY + "v3-NullFlavor"
OBSERVATION_CATEGORY = TERMINOLOGY + "observation-category"
PARTICIPATION = TERMINOLOGY + "v3-ParticipationType"
PHYSICAL_TYPE = TERMINOLOGY + "location-physical-type"
PROVENANCE_ROLE = TERMINOLOGY + "provenance-participant-type"
ROLE_CODE = TERMINOLOGY + "v3-RoleCode"
LANGUAGE_SYSTEM = "urn:ietf:bcp:47"
MODALITY_SYSTEM = "http://dicom.nema.org/resources/ontology/DCM"
LOINC = "http://loinc.org"
UCUM = "http://unitsofmeasure.org"
SNOMED = "http://snomed.info/sct"


def table(number: str) -> str:
    """The URI of an HL7 v2 table: "0203" → the code system of identifier types."""
    return f"{TERMINOLOGY}v2-{number}"


def inverse(mapping: Mapping[str, str]) -> dict[str, str]:
    """The same table read backwards. Where several codes mean one, the first written wins."""
    turned: dict[str, str] = {}
    for code, meaning in mapping.items():
        turned.setdefault(meaning, code)
    return turned


def words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Words FHIR requires; anything else is left out of the element or said as text.
GENDERS = frozenset({"male", "female", "other", "unknown"})
NAME_USES = frozenset({"usual", "official", "temp", "nickname", "anonymous", "old", "maiden"})
ADDRESS_USES = frozenset({"home", "work", "temp", "old", "billing"})
ADDRESS_TYPES = frozenset({"postal", "physical", "both"})
TELECOM_SYSTEMS = frozenset({"phone", "fax", "email", "pager", "url", "sms", "other"})
TELECOM_USES = frozenset({"home", "work", "temp", "old", "mobile"})
IDENTIFIER_USES = frozenset({"usual", "official", "temp", "secondary", "old"})
COMPARATORS = frozenset({"<", "<=", ">=", ">"})
REPORT_STATUSES = words(
    "registered partial preliminary final amended corrected appended cancelled entered-in-error unknown"
)
OBSERVATION_STATUSES = REPORT_STATUSES - {"partial", "appended"}
ACCOUNT_STATUSES = words("active inactive entered-in-error on-hold unknown")
ENCOUNTER_STATUSES = words("planned arrived triaged in-progress onleave finished cancelled entered-in-error unknown")
PROCEDURE_STATUSES = words("preparation in-progress not-done on-hold stopped completed entered-in-error unknown")
DISPENSE_STATUSES = words(
    "preparation in-progress cancelled on-hold completed entered-in-error stopped declined unknown"
)
PRESCRIPTION_STATUSES = words("active on-hold cancelled completed entered-in-error stopped draft unknown")
PRESCRIPTION_INTENTS = words("proposal plan order original-order reflex-order filler-order instance-order option")
OBSERVATION_CATEGORIES = words("social-history vital-signs imaging laboratory procedure survey exam therapy activity")

# Table 0465, XPN.8, in ISO 21090's words.
NAME_REPRESENTATION = {"A": "ABC", "I": "IDE", "P": "SYL"}

# Table 0001. Guide: AdministrativeSex; A (ambiguous) and N (not applicable) have no nearer word.
GENDER = {"M": "male", "F": "female", "O": "other", "U": "unknown", "A": "other", "N": "other"}

# Table 0123, OBR-25. Guide; A, M and N are ours: some results / no order but results / no order, no results.
REPORT_STATUS = {
    "F": "final",
    "P": "preliminary",
    "C": "corrected",
    "X": "cancelled",
    "O": "registered",
    "I": "registered",
    "S": "registered",
    "R": "partial",
    "A": "partial",
    "M": "preliminary",
    "N": "registered",
}

# Table 0085, OBX-11. Guide; B, I, N, R, S, U and V are ours. O (order detail, no result) makes no Observation.
OBSERVATION_STATUS = {
    "F": "final",
    "P": "preliminary",
    "C": "corrected",
    "A": "amended",
    "X": "cancelled",
    "D": "entered-in-error",
    "W": "entered-in-error",
    "I": "registered",
    "B": "amended",
    "N": "cancelled",
    "R": "preliminary",
    "S": "preliminary",
    "U": "final",
    "V": "final",
}
NO_RESULT = "O"
NOT_ASKED = "N"

# What an OBX without OBX-11 is in a report of this status.
STATUS_WITHIN = {"final": "final", "corrected": "final", "preliminary": "preliminary", "partial": "preliminary"}

# Table 0038, ORC-5. Guide: OrderStatus; A (some results) is ours.
ORDER_STATUS = {
    "CM": "completed",
    "IP": "active",
    "SC": "active",
    "A": "active",
    "HD": "on-hold",
    "CA": "revoked",
    "DC": "revoked",
    "RP": "revoked",
    "ER": "entered-in-error",
}

# Table 0119, ORC-1. Guide: OrderControlCode for NW, OK, PR, RL, RO, OC, CR, DC, DR, OD, OH and HR; the rest is ours.
# CA is revoked, not the guide's active: who asks for it wants it no longer, and a filler that can't cancel says UC.
# UA: it was never taken on. What could not be done (UC, UD, UH, UM, UX) left the order as it was. Codes that are not
# here say nothing of the state (SC, SR, RE ...): ORC-5 does.
ORDER_CONTROL = {
    "NW": "active",
    "OK": "active",
    "PR": "active",
    "RL": "active",
    "RO": "active",
    "OC": "revoked",
    "CR": "revoked",
    "DC": "revoked",
    "DR": "revoked",
    "OD": "revoked",
    "OH": "on-hold",
    "HR": "on-hold",
    "CA": "revoked",
    "UA": "revoked",
    "RP": "revoked",
    "RU": "revoked",
    "RQ": "revoked",
    "HD": "on-hold",
    "UR": "on-hold",
    "SN": "active",
    "NA": "active",
    "PA": "active",
    "CH": "active",
    "OE": "active",
    "OR": "active",
    "UC": "active",
    "UD": "active",
    "UH": "active",
    "UM": "active",
    "UX": "active",
    "UF": "active",
    "XO": "active",
    "XX": "active",
    "XR": "active",
}
# Those that end, hold or release an order, whatever ORC-5 still says of it; ours
DECISIVE_CONTROLS = words("OC CR DC DR OD CA UA RP RU RQ HD OH HR UR RL OE OR")
# Those that leave it as it was: where its state is known already it stays; ours
UNDECIDED_CONTROLS = words("UC UD UH UM UX UF XO XX XR NA PR")
CONTROLS = tables.codes("0119")
ORDER_STATES = tables.codes("0038")

# What the order of a report is when neither ORC-5 nor ORC-1 tells.
ORDER_OF_REPORT = {
    "final": "completed",
    "corrected": "completed",
    "amended": "completed",
    "registered": "active",
    "partial": "active",
    "preliminary": "active",
    "cancelled": "revoked",
}

# Tables 0027 and 0485, OBR-5 and TQ1-9. Guide: Priority; P (before surgery), T (timing critical), C (call back) and PRN
# (as needed) are ours, and the words are as met.
PRIORITY = {
    "R": "routine", "A": "asap", "S": "stat", "T": "urgent", "P": "urgent", "C": "urgent", "PRN": "routine",
    "ROUTINE": "routine", "ASAP": "asap", "STAT": "stat", "URGENT": "urgent", "URGENCE": "urgent", "U": "urgent",
}  # fmt: skip
# TS10, TM5 ...: timing critical within so many seconds, minutes, hours, days, weeks, months
TIMED = re.compile(r"T[SMHDWL][0-9]+")

# Table 0078, OBX-8: the codes that mean the same in v3-ObservationInterpretation. Guide: InterpretationCodes.
INTERPRETATION = {
    code: code
    for code in words(
        "N A AA H HH HU L LL LU < > U D B W S R I SDD NS MS VS NCL SYN-R SYN-S POS NEG IND DET ND E EX EXP UNE"
        " NR RR WR CAR IE"
    )
}

# Table 0004, PV1-2. Guide: PatientClass; the rest of the table keeps its own system.
ENCOUNTER_CLASS = {"I": "IMP", "O": "AMB", "E": "EMER", "P": "PRENC"}
PATIENT_CLASSES = tables.codes("0004")

ACT_CLASSES = words("IMP AMB EMER PRENC FLD HH ACUTE NONAC OBSENC SS VR")

# Table 0217, PV2-25, in v3-ActPriority. Guide: EncounterPriority.
ACT_PRIORITY = TERMINOLOGY + "v3-ActPriority"
ENCOUNTER_PRIORITY = {"1": "EM", "2": "UR", "3": "EL"}

# Table 0004 again, where PV1-45 does not tell. Guide: PatientClass[EncounterStatus].
CLASS_STATUS = dict.fromkeys("EIORBCN", "in-progress") | {"P": "planned", "U": "unknown"}

# Table 0443 (and the field a practitioner was named in). Guide: ProviderRole and PV1[Encounter].
PARTICIPANT = {
    "AT": "ATND",
    "RP": "REF",
    "CP": "CON",
    "AD": "ADM",
    "PP": "PPRF",
    "PV1-7": "ATND",
    "PV1-8": "REF",
    "PV1-9": "CON",
    "PV1-17": "ADM",
    "PV1-52": "PART",
    "PV2-13": "REF",
    "ATND": "ATND",
    "REF": "REF",
    "CON": "CON",
    "ADM": "ADM",
    "PPRF": "PPRF",
    "SPRF": "SPRF",
    "DIS": "DIS",
}

# Table 0002, PID-16. Guide: MaritalStatus.
MARITAL_STATUS = {
    "S": "S",
    "M": "M",
    "D": "D",
    "W": "W",
    "A": "L",
    "E": "L",
    "C": "C",
    "G": "T",
    "P": "T",
    "R": "T",
    "N": "A",
    "I": "I",
    "B": "U",
}

# Table 0127, AL1-2. Guide: AllergenType; MA and MC have no category.
ALLERGY_CATEGORY = {
    "DA": "medication",
    "FA": "food",
    "EA": "environment",
    "AA": "biologic",
    "PA": "environment",
    "LA": "environment",
}

# Table 0128, AL1-4. Guide: AllergySeverity, as severity of the reaction and as criticality.
ALLERGY_SEVERITY = {"SV": "severe", "MO": "moderate", "MI": "mild"}
CRITICALITY = {"SV": "high", "MO": "low", "MI": "low", "U": "unable-to-assess"}

# Table 0436, IAM-9. Guide: SensitivityToCausativeAgent; AD, CT and SE are neither.
SENSITIVITY = {"AL": "allergy", "IN": "intolerance"}

# Table 0438, IAM-17. Guide: AllergyClinicalStatus; D (doubt raised), P and S as unconfirmed are ours.
ALLERGY_CERTAINTY = dict.fromkeys("DPSU", "unconfirmed") | dict.fromkeys("CI", "confirmed")

# Table 0063, IN1-17 and IN2-72: the relationships that are the same from both sides. Ours: the guide takes the
# insured's side for the patient's, which turns parents into children; the others stay as sent.
SUBSCRIBER = {"SEL": "self", "SPO": "spouse", "DOM": "common"}

# Table 0052, DG1-6. Guide: DiagnosisType; F as discharge diagnosis is ours, W has no role.
DIAGNOSIS_USE = {"A": "AD", "F": "DD"}
DIAGNOSIS_CERTAINTY = {"F": "confirmed", "W": "provisional"}

# PL.1 to PL.8: how each level is called in FHIR (location-physical-type), from the outermost in.
LEVELS = (("building", "bu"), ("floor", "lvl"), ("point_of_care", "wa"), ("room", "ro"), ("bed", "bd"))

# Morocco's usual languages as ISO 639, table 0296 and habit write them, in BCP 47. Amazigh (zgh) and Darija (ary)
# are not in the list of languages that R4 accepts: they stay text.
LANGUAGE = {
    "AR": "ar", "ARA": "ar", "ARABE": "ar", "ARABIC": "ar", "FR": "fr", "FRA": "fr", "FRE": "fr", "FRANCAIS": "fr",
    "FRANÇAIS": "fr", "FRENCH": "fr", "EN": "en", "ENG": "en", "ENGLISH": "en", "ANGLAIS": "en", "ES": "es",
    "SPA": "es", "ESPAGNOL": "es", "DE": "de", "DEU": "de", "GER": "de", "IT": "it", "ITA": "it", "PT": "pt",
    "POR": "pt", "NL": "nl", "NLD": "nl", "DUT": "nl",
}  # fmt: skip

# Table 0003, trigger events
EVENTS = tables.codes("0003")

# Tables that FHIR R4 publishes; a code they lack is said as text. PV1-4, PV1-14, PV1-10, PV1-40, CX.5, OBR-24.
ADMISSION_TYPES = tables.codes("0007")
COMPONENT_TYPES = tables.codes("0166")
SUBSTITUTIONS = tables.codes("0167")
PROVIDER_ROLES = tables.codes("0443")
ADMIT_SOURCES = tables.codes("0023")
HOSPITAL_SERVICES = tables.codes("0069")
BED_STATUSES = tables.codes("0116")
IDENTIFIER_TYPES = tables.codes("0203")
NOTE_TYPES = tables.codes("0364")
SECTIONS = tables.codes("0074")

# Modalities of DICOM CID 29 and its retired neighbours; others are said as text.
MODALITIES = words(
    "AR AU BDUS BI BMD CR CT DG DX ECG EPS ES GM HC HD IO IVOCT IVUS KER KO LEN LS MG MR NM OAM OCT OP OPM OPT OPV OT"
    " PR PT PX REG RF RG RTDOSE RTIMAGE RTPLAN RTRECORD RTSTRUCT SEG SM SMR SR TG US VA XA XC"
)

CURRENCIES = "urn:iso:std:iso:4217"
# How Moroccan software writes the dirham.
CURRENCY = {"DH": "MAD", "DHS": "MAD"}
