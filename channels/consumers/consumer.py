"""The Consumer contract: lands events in one system, once each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from schemas.events import Event


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one event: landed (`detail` says as what), or refused with a reason to group by.

    No patient data in `reason` or `detail`.
    """

    verdict: Literal["landed", "unchanged", "refused"]
    reason: str = ""
    detail: str = ""


class Consumer(Protocol):
    """Lands events. Idempotent by `event.id`, replaceable by `event.fact`: the same event may come again.

    `name` is its group on the bus; `wants` the event types it takes, tested on the record's header before
    decoding; `start` where a newly added consumer begins.
    """

    name: str
    wants: frozenset[str]
    start: Literal["now", "beginning"]

    async def deliver(self, events: Sequence[Event]) -> Sequence[Outcome]:
        """One outcome an event, in order. At most one event a person in a call.

        Raises Unavailable when the system is down: nothing of this call counts, all of it comes again.
        """

    async def close(self) -> None: ...
