"""What a system is called: names of assigning authorities and coding systems → URIs.

Identifier systems are those of the health information exchange (`https://hie.sante.gov.ma/id/…`); coding systems
follow HL7 table 0396 and FHIR's terminology systems.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from unicodedata import normalize
from urllib.parse import quote

IDENTIFIERS = "https://hie.sante.gov.ma/id/"
GTIN = "https://www.gs1.org/gtin"

_KNOWN = {
    "ins": "ins",
    "idcs": "idcs",
    "rnp": "idcs",
    "cnss": "cnss",
    "cin": "cnie",
    "cnie": "cnie",
    "nnmar": "cnie",
    "cnops": "cnops",
    "ppn": "passport",
    "passport": "passport",
    "sejour": "sejour",
    "ice": "ice",
    "inpe-ps": "inpe-ps",
    "inpe-es": "inpe-es",
}
_CODES = {
    "ln": "http://loinc.org",
    "loinc": "http://loinc.org",
    "sct": "http://snomed.info/sct",
    "snm3": "http://snomed.info/sct",
    "snomed": "http://snomed.info/sct",
    "ucum": "http://unitsofmeasure.org",
    "i10": "http://hl7.org/fhir/sid/icd-10",
    "icd10": "http://hl7.org/fhir/sid/icd-10",
    "atc": "http://www.whocc.no/atc",
    "wc": "http://www.whocc.no/atc",
    "whoatc": "http://www.whocc.no/atc",
    "dci": "https://hie.sante.gov.ma/fhir/CodeSystem/dci",
    "cvx": "http://hl7.org/fhir/sid/cvx",
    "mvx": "http://hl7.org/fhir/sid/mvx",
    "ndc": "http://hl7.org/fhir/sid/ndc",
    "rxnorm": "http://www.nlm.nih.gov/research/umls/rxnorm",
    "ncit": "http://ncicb.nci.nih.gov/xml/owl/EVS/Thesaurus.owl",
    "ean": GTIN,
    "ean-13": GTIN,
    "ean13": GTIN,
    "gtin": GTIN,
    "ngap": "https://hie.sante.gov.ma/fhir/CodeSystem/ngap",
}
_OID = re.compile(r"[0-2](\.(0|[1-9][0-9]*)){2,}")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_URI = re.compile(r"(https?://|urn:)\S+", re.IGNORECASE)
_TABLE = re.compile(r"HL7([0-9]{4})", re.IGNORECASE)

STANDARD = frozenset(_CODES.values())
# The same by their OIDs (FHIR R4, "Using Codes in Resources")
_OIDS = {
    "2.16.840.1.113883.6.1": "http://loinc.org",
    "2.16.840.1.113883.6.96": "http://snomed.info/sct",
    "2.16.840.1.113883.6.8": "http://unitsofmeasure.org",
    "2.16.840.1.113883.6.3": "http://hl7.org/fhir/sid/icd-10",
    "2.16.840.1.113883.6.73": "http://www.whocc.no/atc",
    "2.16.840.1.113883.12.292": "http://hl7.org/fhir/sid/cvx",
    "1.3.160": GTIN,
}
_STANDARDS = (
    "http://terminology.hl7.org/",
    "http://hl7.org/fhir/",
    "http://dicom.nema.org/",
    "http://www.nlm.nih.gov/",
    "urn:iso:std:",
    "urn:ietf:",
)


# Who pays in Morocco, as messages name it; the number of each is of IDENTIFIERS + "payer". The CNSS runs AMO Tadamon,
# which is a scheme of its own.
_PAYERS = {
    "cnss": "cnss",
    "amo": "cnss",
    "amo cnss": "cnss",
    "cnss amo": "cnss",
    "caisse nationale de securite sociale": "cnss",
    "cnops": "cnops",
    "amo cnops": "cnops",
    "caisse nationale des organismes de prevoyance sociale": "cnops",
    "tadamon": "amo-tadamon",
    "tadamoun": "amo-tadamon",
    "amo tadamon": "amo-tadamon",
    "amo tadamoun": "amo-tadamon",
    "amot": "amo-tadamon",
}


def payer(name: str) -> str | None:
    """The national payer that goes by this name, without regard to case, accents and signs; None for another."""
    plain = normalize("NFKD", name).encode("ascii", "ignore").decode().casefold()
    return _PAYERS.get(" ".join(re.findall("[a-z0-9]+", plain)))


def local_system(name: str) -> str:
    """An OID, UUID or URI as a URI; any other name as `urn:id:<name>`, percent-encoded."""
    if _URI.fullmatch(name):
        return name
    if _OID.fullmatch(name):
        return f"urn:oid:{name}"
    if _UUID.fullmatch(name):
        return f"urn:uuid:{name.lower()}"
    return f"urn:id:{quote(name, safe='').replace('~', '%7E')}"


def coding_system(name: str) -> str | None:
    """The URI of a coding system from its name as sent (HL7 table 0396, an OID, a URI). None when there is no name."""
    name = name.strip()
    if not name:
        return None
    if table := _TABLE.fullmatch(name):
        return f"http://terminology.hl7.org/CodeSystem/v2-{table[1]}"
    return _CODES.get(name.casefold()) or _OIDS.get(name.removeprefix("urn:oid:")) or local_system(name)


def is_standard(system: str) -> bool:
    """Whether the codes of a system mean the same to everybody, so that none of them waits for a translation."""
    return system in STANDARD or system.startswith(_STANDARDS)


def authority(authorities: Mapping[str, str], sent: str) -> str | None:
    """The system of an assigning authority as sent, or in any case where the table has it casefolded."""
    return authorities.get(sent) or authorities.get(sent.casefold())


def identifier_system(
    name: str,
    type: str = "",
    *,
    authorities: Mapping[str, str] | None = None,
    establishment: bool = False,
    otherwise: str = "",
) -> str:
    """The URI of an identifier system: the assigning authority's `name`, else a known `type` (HL7 table 0203).

    The channel's own `authorities` go first. An INPE is a person's unless `establishment`. `otherwise` names the
    sender, for a number whose authority is not said.
    """
    name = name.strip()
    if authorities and (own := authority(authorities, name)):
        return own
    for word in (name.casefold(), type.strip().casefold()):
        if word == "inpe":
            return IDENTIFIERS + ("inpe-es" if establishment else "inpe-ps")
        if word in _KNOWN:
            return IDENTIFIERS + _KNOWN[word]
    return local_system(name or otherwise or "unknown")
