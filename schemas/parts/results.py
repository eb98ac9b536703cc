"""What was found: results with their values, documents, specimens."""

from __future__ import annotations

from typing import Required, TypedDict

from schemas.parts.people import Code, Detail, Identifier, Note, Organization, Practitioner


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
