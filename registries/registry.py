"""The Registry contract: the question is an event, the answer is written into a Resolution."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from schemas.events import Event

Verdict = Literal["found", "new", "ambiguous", "unknown"]
Policy = Literal["require", "create", "flag"]


@dataclass(slots=True)
class Resolution:
    """What a registry knows of one event.

    entry: the registry's own id ("" when unknown). review: why a person must look at it, in words without
    patient data. waiting_for: what to wait for when the policy is `require` ("facility|123456789"). candidates: known
    entries that may be meant instead, in words a person can compare.
    """

    verdict: Verdict
    entry: str = ""
    flags: list[str] = field(default_factory=list)
    waiting_for: list[str] = field(default_factory=list)
    review: str = ""
    candidates: list[str] = field(default_factory=list)


class Registry(Protocol):
    """Answers about events in one round trip a batch, in order within it: an event may depend on the one before.

    What a registry learns is committed when `resolve` returns, so that a record read again resolves alike.
    It writes its answer into the events: `person`, `entry` and `known`. Raises Unavailable.
    """

    def resolve(self, events: Sequence[Event], policies: Sequence[Policy]) -> Sequence[Resolution]: ...
