"""The consumer that lands billable facts on care sheets. It never calls the payer: see submission.py."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Literal

from channels.consumers.cnss.billing import BILLABLE, Line, NotBillable, billed
from channels.consumers.cnss.ledger import Ledger
from channels.consumers.cnss.recording import Recorded
from channels.consumers.consumer import Outcome
from schemas.events import Event
from schemas.message import Refused


def _clock() -> int:
    return time.time_ns() // 1000


class Cnss:
    """Records the lines of a whole call in one commit.

    It also wants what registration says of a patient: a sheet may be waiting for the CNSS number.
    """

    name = "cnss"
    wants = BILLABLE | {"PatientRegistered", "PatientUpdated"}
    start: Literal["now", "beginning"] = "beginning"

    def __init__(self, ledger: Ledger, *, clock: Callable[[], int] = _clock) -> None:
        self._ledger = ledger
        self._clock = clock

    async def deliver(self, events: Sequence[Event]) -> Sequence[Outcome]:
        """landed: the ledger has a line, or a work item, more. unchanged: said before, or not billable (the reason).

        Raises Unavailable when the ledger can't be written.
        """
        read = [_read(event) for event in events]
        met = [self._ledger.seen(event) for event in events if event.get("person")]
        lines = [one for one in read if isinstance(one, Line)]
        recorded = iter(await asyncio.to_thread(self._ledger.record, lines, met, self._clock()))
        return [_outcome(next(recorded)) if isinstance(one, Line) else one for one in read]

    async def close(self) -> None:
        """Nothing is open between calls."""


def _read(event: Event) -> Line | Outcome:
    try:
        return billed(event)
    except NotBillable as not_billable:
        return Outcome("unchanged", "not billable", not_billable.reason)
    except Refused as refused:
        issue = refused.issues[0]
        return Outcome("refused", f"care sheet: {issue.reason}", f"{issue.at}: {issue.text}; {issue.remedy}")


def _outcome(recorded: Recorded) -> Outcome:
    if not recorded.number:
        return Outcome("unchanged", "not billable", recorded.why)
    return Outcome("landed" if recorded.changed else "unchanged", recorded.why, f"care sheet {recorded.number}")
