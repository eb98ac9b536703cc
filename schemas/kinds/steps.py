"""What happened to a message, on `wasl.steps`."""

from __future__ import annotations

from typing import Required, TypedDict


class StepEvent(TypedDict, total=False):
    """One event of a transaction, as the journal lists it. `flags`: what the registries said of it."""

    id: Required[str]
    type: Required[str]
    fact: str | None
    person: str | None
    place: str | None
    flags: list[str]


class StepIssue(TypedDict, total=False):
    """An issue, as the journal keeps it."""

    at: Required[str]
    reason: Required[str]
    text: str | None
    remedy: str | None
    severity: str | None
    line: int | None
    column: str | None
    source: str | None


class StepCode(TypedDict, total=False):
    """A code that no table translates, as the sender wrote it; for the work list."""

    system: Required[str]
    code: Required[str]
    display: str | None


class Step(TypedDict, total=False):
    """What happened to a message, on `wasl.steps`; all that the journal reads beside the received records.

    kind: duplicate, refused, mediated, parked, released, delivered, failed. by: the consumer, or the verb.
    at: µs since the epoch. subjects: keyed digests of patient identifiers, to search by, never the numbers.
    waiting_for: "facility|9 digits", "health-worker|..." for parked parts; places: the
    parts a refusal or a parking is about, as a rerun names them. first: the transaction it repeats.
    """

    transaction: Required[str]
    kind: Required[str]
    at: Required[int]
    channel: str | None
    by: str | None
    reason: str | None
    text: str | None
    events: list[StepEvent]
    issues: list[StepIssue]
    subjects: list[str]
    waiting_for: list[str]
    places: list[str]
    first: str | None
    attempt: int | None
    unknown_codes: list[StepCode]
