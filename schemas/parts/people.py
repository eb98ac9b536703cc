"""Codes, numbers, names, places: who and where, and what a field says that only the standard has a word for."""

from __future__ import annotations

from typing import Required, TypedDict


class Coding(TypedDict, total=False):
    """One code. `mapped` says where a translation came from (file and row); absent for codes as sent.

    `equivalence` is what a translation means beside the code as sent, where that is not the same: wider, narrower,
    inexact.
    `oid` is the code system's own where it was named by both (CWE.14), `value_set` the OID of what it was chosen from.
    """

    system: str | None
    code: str | None
    display: str | None
    version: str | None
    mapped: str | None
    oid: str | None
    value_set: str | None
    value_set_version: str | None
    equivalence: str | None


class Code(TypedDict, total=False):
    """A concept: every coding as sent, then translations; `loinc` repeats the LOINC code when there is one."""

    text: str | None
    loinc: str | None
    codings: list[Coding]


class Identifier(TypedDict, total=False):
    """A number somebody gave. `system` is a URI; `type` a code of HL7 table 0203; `authority` its name as sent.

    `facility` is the place that gave it (CX.6); `check_digit` by `check_scheme` (table 0061). `authority_id` and
    `facility_id` are their universal ids as URIs, where `system` does not tell.
    """

    system: Required[str]
    value: Required[str]
    type: str | None
    authority: str | None
    use: str | None
    start: str | None
    end: str | None
    facility: str | None
    check_digit: str | None
    check_scheme: str | None
    authority_id: str | None
    facility_id: str | None
    source_table: str | None
    jurisdiction: Code | None
    agency: Code | None


class HumanName(TypedDict, total=False):
    """`use` in FHIR's words: official, usual, maiden, nickname, temp, old, anonymous; `type` as sent (table 0200) where
    they tell less. `family` is the whole surname; its parts, one's own and the partner's, stand beside it.

    `representation` is of table 0465 (A, I, P), `order` of 0444 (G given name first, F family name first).
    """

    family: str | None
    given: list[str]
    prefix: str | None
    suffix: str | None
    use: str | None
    text: str | None
    start: str | None
    end: str | None
    type: str | None
    degree: str | None
    professional_suffix: str | None
    own_prefix: str | None
    own_family: str | None
    partner_prefix: str | None
    partner_family: str | None
    representation: str | None
    order: str | None
    called_by: str | None


class Address(TypedDict, total=False):
    """`use` and `type` in FHIR's words; `type_code` as sent (table 0190) where they tell less. `county` is the
    district's code, if it has one."""

    lines: list[str]
    city: str | None
    district: str | None
    state: str | None
    postal_code: str | None
    country: str | None
    use: str | None
    type: str | None
    start: str | None
    end: str | None
    type_code: str | None
    street_name: str | None
    house_number: str | None
    other_geographic: str | None
    county: Code | None
    census_tract: str | None


class Telecom(TypedDict, total=False):
    """`system` and `use` in FHIR's words: phone, fax, email, pager, url, sms, other; home, work, mobile, temp, old.

    `use_code` and `equipment` as sent (tables 0201, 0202) where those tell less. `country` to `extension`: the parts of
    a number that was told in parts.
    """

    value: str | None
    system: str | None
    use: str | None
    rank: int | None
    start: str | None
    end: str | None
    use_code: str | None
    equipment: str | None
    country: str | None
    area: str | None
    local: str | None
    extension: str | None
    comment: str | None


class Organization(TypedDict, total=False):
    """`active` and `known` are the facility registry's answer; None before it was asked. `name_type`: table 0204."""

    identifiers: list[Identifier]
    name: str | None
    addresses: list[Address]
    telecoms: list[Telecom]
    name_type: str | None
    contacts: list[HumanName]
    known: bool | None
    entry: str | None


class Practitioner(TypedDict, total=False):
    """`role` is a code of HL7 table 0443 (AT, RP, CP, ...) or the place it was named in; `entry` the registry's id.

    `duty` is the role as sent where it is more than a code (ROL-3, PRT-4), `kinds` what sort of professional it is.
    """

    identifiers: list[Identifier]
    names: list[HumanName]
    role: str | None
    telecoms: list[Telecom]
    addresses: list[Address]
    organization: Organization | None
    known: bool | None
    entry: str | None
    specialty: Code | None
    location: Place | None
    start: str | None
    end: str | None
    duty: Code | None
    kinds: list[Code]


class Place(TypedDict, total=False):
    """A location (HL7 PL), every level of it.

    `systems`: the universal id, as URI, under which a level's name was given ("room"). `authority` named them all.
    """

    point_of_care: str | None
    room: str | None
    bed: str | None
    building: str | None
    floor: str | None
    facility: Organization | None
    status: str | None
    type: str | None
    text: str | None
    address: Address | None
    identifiers: list[Identifier]
    systems: dict[str, str]
    authority: Organization | None


class Detail(TypedDict, total=False):
    """A field that only the standard has a name for ("PV2-7", "visit-user-code"), as its data type says it.

    One of the values is there. `place` tells segment, field, repetition and component: "PID[2]-3[2].9".
    """

    name: Required[str]
    place: Required[str]
    text: str | None
    code: Code | None
    time: str | None
    identifier: Identifier | None
    human: HumanName | None
    address: Address | None
    telecom: Telecom | None
    practitioner: Practitioner | None
    organization: Organization | None
    location: Place | None


class Note(TypedDict, total=False):
    text: Required[str]
    source: str | None
    type: str | None
    kind: Code | None
    by: Practitioner | None
    recorded: str | None
    start: str | None
    end: str | None


class Contact(TypedDict, total=False):
    """Next of kin, contact person or body (NK1). `contact_…`: whom to ask for there (NK1-30 to -32)."""

    names: list[HumanName]
    relationship: Code | None
    role: Code | None
    addresses: list[Address]
    telecoms: list[Telecom]
    identifiers: list[Identifier]
    sex: str | None
    birth_date: str | None
    start: str | None
    end: str | None
    organization: Organization | None
    language: Code | None
    marital_status: Code | None
    details: list[Detail]
    job_title: str | None
    reasons: list[Code]
    contact_names: list[HumanName]
    contact_telecoms: list[Telecom]
    contact_addresses: list[Address]


class Patient(TypedDict, total=False):
    """`sex`: male, female, other, unknown. `cleared` names fields of this record the sender asked to delete.

    `participants`: who cares for the patient in another role than general practitioner (ROL). `restrictions`: what must
    not be seen by everybody (ARV); `protected`: nothing may be given away without asking (PD1-12).
    """

    identifiers: list[Identifier]
    names: list[HumanName]
    birth_date: str | None
    sex: str | None
    sex_code: str | None
    addresses: list[Address]
    telecoms: list[Telecom]
    language: Code | None
    marital_status: Code | None
    religion: Code | None
    nationality: Code | None
    mother_name: HumanName | None
    mother_identifiers: list[Identifier]
    birth_place: str | None
    multiple_birth: bool | None
    birth_order: int | None
    deceased: bool | None
    deceased_at: str | None
    account: Identifier | None
    general_practitioners: list[Practitioner]
    managing_organization: Organization | None
    contacts: list[Contact]
    active: bool | None
    notes: list[Note]
    cleared: list[str]
    race: list[Code]
    ethnicity: list[Code]
    citizenships: list[Code]
    veteran_status: Code | None
    confidentiality: Code | None
    county: str | None
    identity_unknown: bool | None
    identity_reliability: list[Code]
    updated: str | None
    updated_by: Organization | None
    participants: list[Practitioner]
    other_facilities: list[Organization]
    protected: bool | None
    restrictions: list[Code]
    disabilities: list[Code]
    details: list[Detail]
