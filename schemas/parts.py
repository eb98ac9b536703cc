"""What events are made of: codes, identifiers, people, places, orders, results. All in `avro/*.avsc` too."""

from __future__ import annotations

from typing import Required, TypedDict


class Coding(TypedDict, total=False):
    """One code. `mapped` says where a translation came from (file and row); absent for codes as sent."""

    system: str | None
    code: str | None
    display: str | None
    version: str | None
    mapped: str | None


class Code(TypedDict, total=False):
    """A concept: every coding as sent, then translations; `loinc` repeats the LOINC code when there is one."""

    text: str | None
    loinc: str | None
    codings: list[Coding]


class Identifier(TypedDict, total=False):
    """A number somebody gave. `system` is a URI; `type` a code of HL7 table 0203; `authority` its name as sent.

    `facility` is the place that gave it (CX.6); `check_digit` by `check_scheme` (table 0061).
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


class HumanName(TypedDict, total=False):
    """`use` in FHIR's words: official, usual, maiden, nickname, temp, old, anonymous."""

    family: str | None
    given: list[str]
    prefix: str | None
    suffix: str | None
    use: str | None
    text: str | None
    start: str | None
    end: str | None


class Address(TypedDict, total=False):
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


class Telecom(TypedDict, total=False):
    """`system` and `use` in FHIR's words: phone, fax, email, pager, url, sms, other; home, work, mobile, temp, old."""

    value: str | None
    system: str | None
    use: str | None
    rank: int | None
    start: str | None
    end: str | None


class Organization(TypedDict, total=False):
    """`active` and `known` are the facility registry's answer; None before it was asked."""

    identifiers: list[Identifier]
    name: str | None
    addresses: list[Address]
    telecoms: list[Telecom]
    known: bool | None
    entry: str | None


class Practitioner(TypedDict, total=False):
    """`role` is a code of HL7 table 0443 (AT, RP, CP, ...) or the place it was named in; `entry` the registry's id."""

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


class Place(TypedDict, total=False):
    """A location (HL7 PL), every level of it."""

    point_of_care: str | None
    room: str | None
    bed: str | None
    building: str | None
    floor: str | None
    facility: Organization | None
    status: str | None
    type: str | None
    text: str | None
    identifiers: list[Identifier]


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


class Contact(TypedDict, total=False):
    """Next of kin or contact person (NK1)."""

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


class Patient(TypedDict, total=False):
    """`sex`: male, female, other, unknown. `cleared` names fields of this record the sender asked to delete."""

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
    details: list[Detail]


class Note(TypedDict, total=False):
    text: Required[str]
    source: str | None
    type: str | None


class Attachment(TypedDict, total=False):
    """An embedded document (OBX-2 = ED) or a pointer (RP). `data` holds the bytes themselves."""

    content_type: str | None
    data: bytes | None
    url: str | None
    title: str | None
    size: int | None
    hash: str | None


class Value(TypedDict, total=False):
    """One OBX-5 repetition. `type` is OBX-2; `raw` the text as sent, always there; the rest as the type allows.

    number/comparator: NM and SN; number..high with `separator` "-": a range; with ":" or "/": a ratio.
    """

    type: Required[str]
    raw: str | None
    number: str | None
    comparator: str | None
    separator: str | None
    high: str | None
    text: str | None
    code: Code | None
    time: str | None
    attachment: Attachment | None


class Result(TypedDict, total=False):
    """One observation (OBX). `status` is OBX-11 (HL7 table 0085); `id` its stable resource id."""

    id: Required[str]
    code: Required[Code]
    place: str | None
    set_id: str | None
    sub_id: str | None
    values: list[Value]
    unit: Code | None
    range_text: str | None
    range_low: str | None
    range_high: str | None
    flags: list[Code]
    status: str | None
    observed: str | None
    analysed: str | None
    methods: list[Code]
    site: Code | None
    performers: list[Practitioner]
    laboratory: Organization | None
    director: Practitioner | None
    equipment: list[Identifier]
    notes: list[Note]
    category: str | None
    cleared: list[str]
    calculated: list[Calculated]
    details: list[Detail]


class Calculated(TypedDict, total=False):
    """A value that was not sent but calculated from one that was: another unit, with the code that goes with it.

    `by` says from what and how it was made (table and row).
    """

    code: Code | None
    number: Required[str]
    unit: Required[str]
    by: Required[str]


class Specimen(TypedDict, total=False):
    """SPM, or OBR-15 before 2.5."""

    identifiers: list[Identifier]
    type: Code | None
    site: Code | None
    method: Code | None
    collected: str | None
    collected_end: str | None
    received: str | None
    conditions: list[Code]
    quantity: str | None
    quantity_unit: Code | None
    notes: list[Note]
    parents: list[Identifier]
    containers: list[Identifier]
    additives: list[Code]
    details: list[Detail]


class Timing(TypedDict, total=False):
    """When and how often (TQ1, or the components of TQ): `interval` as sent ("BID", "Q6H").

    `period` is the time from one to the next where it is told as a number. `urgency` holds what more than its code
    was said of the priority.
    """

    quantity: str | None
    quantity_unit: Code | None
    interval: Code | None
    times: list[str]
    duration: str | None
    duration_unit: Code | None
    start: str | None
    end: str | None
    priority: str | None
    condition: str | None
    text: str | None
    occurrences: str | None
    details: list[Detail]
    period: str | None
    period_unit: Code | None
    urgency: Code | None


class Order(TypedDict, total=False):
    """What was asked for (ORC with OBR)."""

    placer: Identifier | None
    filler: Identifier | None
    group: Identifier | None
    control: str | None
    status: str | None
    priority: str | None
    ordered: str | None
    requesters: list[Practitioner]
    organization: Organization | None
    reasons: list[Code]
    clinical_information: str | None
    parent: Identifier | None
    timings: list[Timing]
    entered_by: list[Practitioner]
    verified_by: list[Practitioner]
    control_reason: Code | None
    effective: str | None
    confidentiality: Code | None
    details: list[Detail]


class Diagnosis(TypedDict, total=False):
    code: Code | None
    type: str | None
    recorded: str | None
    priority: str | None
    by: list[Practitioner]
    identifier: Identifier | None
    action: str | None
    onset: str | None
    details: list[Detail]


class Allergy(TypedDict, total=False):
    """AL1 or IAM. `type` is a code of table 0127, `severity` of 0128, `action` of 0206 (A, D, U, X), `status` 0438."""

    code: Code | None
    type: str | None
    severity: str | None
    reactions: list[str]
    identified: str | None
    identifier: Identifier | None
    action: str | None
    status: str | None
    onset: str | None
    reported: str | None
    reported_by: HumanName | None
    notes: list[Note]
    details: list[Detail]


class Procedure(TypedDict, total=False):
    code: Code | None
    performed: str | None
    type: str | None
    by: list[Practitioner]
    identifier: Identifier | None
    minutes: str | None
    status: str | None
    details: list[Detail]


class Guarantor(TypedDict, total=False):
    """Who answers for the bill (GT1): a person or a body."""

    identifiers: list[Identifier]
    names: list[HumanName]
    organization: Organization | None
    addresses: list[Address]
    telecoms: list[Telecom]
    relationship: Code | None
    sex: str | None
    birth_date: str | None
    start: str | None
    end: str | None
    priority: str | None
    details: list[Detail]


class Insurance(TypedDict, total=False):
    """IN1 with its IN2 and IN3."""

    plan: Code | None
    company: Organization | None
    policy: str | None
    group: str | None
    start: str | None
    end: str | None
    relationship: Code | None
    subscriber: HumanName | None
    subscriber_identifiers: list[Identifier]
    type: Code | None
    group_name: str | None
    subscriber_birth_date: str | None
    subscriber_sex: str | None
    subscriber_addresses: list[Address]
    subscriber_telecoms: list[Telecom]
    priority: str | None
    details: list[Detail]


class Dosage(TypedDict, total=False):
    """How a medicine is to be taken, or was: dose from `low` to `high`, route, site, device, method, and when."""

    low: str | None
    high: str | None
    unit: Code | None
    rate: str | None
    rate_unit: Code | None
    route: Code | None
    site: Code | None
    device: Code | None
    method: Code | None
    timings: list[Timing]
    as_needed: bool | None
    instructions: list[Code]
    details: list[Detail]


class Ingredient(TypedDict, total=False):
    """A component of a compound (RXC). `type` is RXC-1: B base, A additive."""

    code: Code | None
    type: str | None
    amount: str | None
    unit: Code | None
    strength: str | None
    strength_unit: Code | None


class Booked(TypedDict, total=False):
    """What an appointment needs: a service, a thing, a place or a person. `kind` is the segment: AIS, AIG, AIL, AIP."""

    kind: Required[str]
    code: Code | None
    place: Place | None
    person: Practitioner | None
    role: Code | None
    start: str | None
    minutes: str | None
    status: str | None
    details: list[Detail]


class Encounter(TypedDict, total=False):
    """PV1/PV2. `class_code` is PV1-2 as sent; `status` in FHIR's words (planned, in-progress, finished, ...)."""

    identifiers: list[Identifier]
    class_code: str | None
    status: str | None
    type: Code | None
    place: Place | None
    prior_place: Place | None
    participants: list[Practitioner]
    admitted: str | None
    discharged: str | None
    admission_type: str | None
    admit_source: str | None
    discharge_disposition: Code | None
    hospital_service: str | None
    reason: Code | None
    account: Identifier | None
    diagnoses: list[Diagnosis]
    procedures: list[Procedure]
    cleared: list[str]
    pending_place: Place | None
    temporary_place: Place | None
    prior_temporary_place: Place | None
    expected_admission: str | None
    expected_discharge: str | None
    discharged_to: Code | None
    readmission: str | None
    diet: Code | None
    vip: str | None
    ambulatory_statuses: list[Code]
    courtesies: list[Code]
    length_days: str | None
    priority: Code | None
    part_of: Identifier | None
    details: list[Detail]


class Origin(TypedDict, total=False):
    """The message the event came in, as its header tells it (MSH, EVN; Bundle)."""

    application: str | None
    facility: str | None
    receiving_application: str | None
    receiving_facility: str | None
    message_type: str | None
    trigger: str | None
    version: str | None
    created: str | None
    recorded: str | None
    operators: list[Practitioner]
    reason: Code | None
    planned: str | None
    profiles: list[Identifier]


class Left(TypedDict):
    """A value without a place in the event, with where it stood. It travels on; it does not count as kept."""

    place: str
    value: str
