"""What was asked for and what is planned: orders, times, doses, bookings."""

from __future__ import annotations

from typing import Required, TypedDict

from schemas.parts.people import Code, Detail, Identifier, Note, Organization, Place, Practitioner


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
