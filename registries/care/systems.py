"""The identifier and code systems, and the extensions, that facilities and health workers are written with."""

from __future__ import annotations

_NATIONAL = "https://hie.sante.gov.ma/id/"
INPE_ES = _NATIONAL + "inpe-es"
INPE_PS = _NATIONAL + "inpe-ps"
ICE = _NATIONAL + "ice"

# IHE mCSD 3.8 and later; until then its types were URNs (ITI TF-2: 3.90).
MCSD_TYPES = "https://profiles.ihe.net/ITI/mCSD/CodeSystem/IHE.mCSD.Organization.Location.Types"
URIS = "urn:ietf:rfc:3986"
URN = "urn:ihe:iti:mcsd:2019:"
FACILITY = "facility"
JURISDICTION = "jurisdiction"

_CODES = "https://hie.sante.gov.ma/fhir/CodeSystem/"
FACILITY_TYPE = _CODES + "facility-type"
HIERARCHY_TYPE = _CODES + "hierarchy-type"
SERVICE_TYPE = _CODES + "service-type"
PROFESSION = _CODES + "profession"
ROLE = _CODES + "role"
SPECIALTY = _CODES + "specialty"
AREA = "urn:iso:std:iso:3166:-2"
PHYSICAL_TYPE = "http://terminology.hl7.org/CodeSystem/location-physical-type"

# Organization, since mCSD 3.4: `hierarchy-type` (CodeableConcept) and `part-of` (Reference) of a further hierarchy.
HIERARCHY = "https://profiles.ihe.net/ITI/mCSD/StructureDefinition/IHE.mCSD.OrganizationHierarchy"
_OURS = "https://hie.sante.gov.ma/fhir/StructureDefinition/"
# Organization, Practitioner, HealthcareService: valuePeriod, when it operated or was registered; when it was suspended.
OPERATING = _OURS + "operating-period"
SUSPENDED = _OURS + "suspended-period"
# Within an mCSD hierarchy: valuePeriod, when it was part of it.
HIERARCHY_PERIOD = _OURS + "hierarchy-period"
