"""What events are made of: codes, identifiers, people, places, orders, results. All in `avro/*.avsc` too."""

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


class Note(TypedDict, total=False):
    text: Required[str]
    source: str | None
    type: str | None
    kind: Code | None
    by: Practitioner | None
    recorded: str | None
    start: str | None
    end: str | None


class Attachment(TypedDict, total=False):
    """An embedded document (OBX-2 = ED) or a pointer (RP). `data` holds the bytes themselves, `hash` their SHA-256.

    `source` is the application that made it (ED-1, RP-2).
    """

    content_type: str | None
    data: bytes | None
    url: str | None
    title: str | None
    size: int | None
    hash: str | None
    source: str | None
    created: str | None


class Value(TypedDict, total=False):
    """One OBX-5 repetition. `type` is OBX-2; `raw` the text as sent, always there; the rest as the type allows.

    number/comparator: NM and SN; number..high with `separator` "-": a range; with ":" or "/": a ratio.
    time..end: DR. `currency`: what `number` counts (MO, CP). `samples` of `dimensions` channels: NA and MA, parted by
    spaces, "E" for none. `details`: what a person, place, number or body (XPN, PL, CX, XON, ...) is.
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
    end: str | None
    currency: str | None
    samples: str | None
    dimensions: int | None
    details: list[Detail]


class Result(TypedDict, total=False):
    """One observation (OBX). `status` is OBX-11 (HL7 table 0085); `id` its stable resource id; `absent` OBX-32."""

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
    identifier: Identifier | None
    absent: Code | None


class Calculated(TypedDict, total=False):
    """A value that was not sent but calculated from one that was: another unit, with the code that goes with it.

    `by` says from what and how it was made (table and row). `unit` is UCUM.
    """

    code: Code | None
    number: Required[str]
    unit: Required[str]
    by: Required[str]
    comparator: str | None
    range_low: str | None
    range_high: str | None


class Container(TypedDict, total=False):
    """What a specimen is in (SAC): its numbers first, then what it holds; `capacity` and `amount` in `unit`."""

    identifiers: list[Identifier]
    type: Code | None
    status: Code | None
    capacity: str | None
    amount: str | None
    unit: Code | None
    additives: list[Code]
    registered: str | None
    details: list[Detail]


class Specimen(TypedDict, total=False):
    """SPM, or OBR-15 before 2.5. `results` are observations of the specimen itself (OBX after SPM).

    `available` is SPM-20 (Y, N); `rejected` says why it can't be used (SPM-21).
    """

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
    additives: list[Code]
    containers: list[Container]
    accession: Identifier | None
    collectors: list[Practitioner]
    role: Code | None
    available: str | None
    rejected: list[Code]
    results: list[Result]
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
    """What was asked for (ORC with OBR). `control` is ORC-1 (table 0119), `status` ORC-5 (table 0038).

    `key`: what the order is known by where its number alone does not tell it from others; else that is its placer's
    number, else its filler's. `replaces`: numbers of the orders that it stands in for. `ordered` is the time of this
    transaction (ORC-9), `requested` when it is wanted (OBR-6). `information` is OBR-13 where it is coded. `code` is
    what was asked for where the event itself is about something else (a document).
    """

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
    key: str | None
    replaces: list[Identifier]
    filler_group: Identifier | None
    parent_filler: Identifier | None
    alternate: Identifier | None
    acted_by: list[Practitioner]
    entered_at: Place | None
    entering_organization: Organization | None
    entering_device: Code | None
    modifier: Code | None
    available: str | None
    kind: Code | None
    action: str | None
    danger: Code | None
    requested: str | None
    scheduled: str | None
    collectors: list[Practitioner]
    information: list[Code]
    procedures: list[Code]
    supplements: list[Code]
    code: Code | None


class Goal(TypedDict, total=False):
    """What is to be reached (GOL). `action` is GOL-1 (table 0287), `due` the day it is expected to be achieved."""

    code: Code | None
    number: Identifier | None
    action: str | None
    acted: str | None
    priority: str | None
    established: str | None
    due: str | None
    category: Code | None
    disciplines: list[Code]
    review: Code | None
    reviewed: str | None
    evaluation: Code | None
    comment: str | None
    status: Code | None
    status_at: str | None
    performers: list[Practitioner]
    observations: list[Result]
    notes: list[Note]
    details: list[Detail]


class Diagnosis(TypedDict, total=False):
    """DG1. `action` is a code of table 0206 (A, D, U); `description` DG1-4 where the code says it in other words."""

    code: Code | None
    type: str | None
    recorded: str | None
    priority: str | None
    by: list[Practitioner]
    identifier: Identifier | None
    action: str | None
    onset: str | None
    details: list[Detail]
    description: str | None
    attested: str | None
    parent: Identifier | None
    present_on_admission: Code | None
    classification: Code | None
    kind: Code | None


class Allergy(TypedDict, total=False):
    """AL1 or IAM. `type` is a code of table 0127, `severity` of 0128, `action` of 0206 (A, D, U, X), `status` 0438;
    `…_code` the same with its texts, where more than a code was sent. `sensitivity`: table 0436."""

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
    type_code: Code | None
    severity_code: Code | None
    manifestations: list[Code]
    sensitivity: Code | None
    group: Code | None
    relationship: Code | None
    onset_text: str | None
    status_code: Code | None
    recorded: str | None
    recorded_by: list[Practitioner]
    details: list[Detail]


class Procedure(TypedDict, total=False):
    """PR1. `type` is PR1-6 (table 0230), `kind` the same whole where more than a code was sent; `action` table 0206."""

    code: Code | None
    performed: str | None
    type: str | None
    by: list[Practitioner]
    identifier: Identifier | None
    minutes: str | None
    status: str | None
    details: list[Detail]
    description: str | None
    kind: Code | None
    action: str | None
    anesthesia: Code | None
    anesthesia_minutes: str | None
    consent: Code | None
    priority: str | None
    reasons: list[Code]
    modifiers: list[Code]
    places: list[Place]
    parent: Identifier | None


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
    type: Code | None
    spouse: HumanName | None
    employer: Organization | None
    employment_status: Code | None
    marital_status: Code | None
    hold: bool | None
    deceased: bool | None
    deceased_at: str | None
    details: list[Detail]


class Insurance(TypedDict, total=False):
    """IN1 with its IN2 and IN3.

    `members`: the patient's own numbers with the payer; `authorizations`: its agreements, with whom and until when.
    """

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
    employer: Organization | None
    members: list[Identifier]
    authorizations: list[Identifier]
    coordination: Code | None
    patient_relationship: Code | None
    subscriber_organization: Organization | None
    action: str | None
    details: list[Detail]


class Dosage(TypedDict, total=False):
    """How a medicine is to be taken, or was: dose from `low` to `high`, route, site, device, method, and when.

    `per` is the time in which the dose is given ("H6", "S30"); an alternative route or site is a Dosage without a dose.
    """

    low: str | None
    high: str | None
    unit: Code | None
    per: str | None
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
    details: list[Detail]


class Education(TypedDict, total=False):
    """What was given to read about a vaccine (OBX 69764-9), when it was published (29768-9) and presented (29769-7)."""

    document: Code | None
    published: str | None
    presented: str | None


class Protocol(TypedDict, total=False):
    """Which dose of which series a vaccination was (OBX 30973-2, 59780-7, 59782-3), by which schedule (59779-9)."""

    series: str | None
    dose_number: str | None
    doses: str | None
    schedule: Code | None


class Booked(TypedDict, total=False):
    """What an appointment needs: a service, a thing, a place or a person. `kind` is the segment: AIS, AIG, AIL, AIP.

    `role` is its type (AIG-4, AIL-4, AIP-4), `action` the segment's action code (table 0206), `status` FHIR's word for
    a participant, `sent_status` as sent (table 0278), `group` RGS-3.
    """

    kind: Required[str]
    code: Code | None
    place: Place | None
    person: Practitioner | None
    role: Code | None
    start: str | None
    minutes: str | None
    status: str | None
    details: list[Detail]
    end: str | None
    action: str | None
    sent_status: Code | None
    group: Code | None
    notes: list[Note]


class Encounter(TypedDict, total=False):
    """PV1/PV2. `class_code` is PV1-2 as sent; `status` in FHIR's words (planned, in-progress, finished, ...).

    `patient_class`, `admission`, `source` and `service` are PV1-2, -4, -14 and -10 whole, where more than a code was
    sent. `part_of` is the stay of the mother (PID-21 of type VN), `moved` when the patient came to `place`. `cleared`
    names fields; "participants:AT" is those of one role.
    """

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
    readmission: Code | None
    diet: Code | None
    vip: Code | None
    ambulatory_statuses: list[Code]
    courtesies: list[Code]
    length_days: str | None
    priority: Code | None
    part_of: Identifier | None
    patient_class: Code | None
    admission: Code | None
    source: Code | None
    service: Code | None
    preadmission: Identifier | None
    episode: Identifier | None
    prior_pending_place: Place | None
    expected_length_days: str | None
    expected_surgery: str | None
    expected_return: str | None
    expected_disposition: Code | None
    accommodation: Code | None
    transfer_reason: Code | None
    description: str | None
    patient_status: Code | None
    level_of_care: Code | None
    arrival: Code | None
    precautions: list[Code]
    condition: Code | None
    newborn: bool | None
    account_status: Code | None
    moved: str | None
    details: list[Detail]


class Origin(TypedDict, total=False):
    """The message the event came in, as its header tells it (MSH, EVN; Bundle).

    `application_id` and its like are universal ids (HD.2), as URIs; `type` tells which kind. `place` is EVN-7.
    """

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
    application_id: Identifier | None
    facility_id: Identifier | None
    receiving_application_id: Identifier | None
    receiving_facility_id: Identifier | None
    place: Organization | None


class Left(TypedDict):
    """A value without a place in the event, with where it stood. It travels on; it does not count as kept."""

    place: str
    value: str
