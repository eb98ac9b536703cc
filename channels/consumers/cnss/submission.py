"""Submits what is due to the payer, one claim a sheet at a time."""

from __future__ import annotations

import asyncio

from channels.consumers.cnss.outbox import Outbox
from channels.consumers.cnss.payer import Payer
from schemas.fhir.care_sheet import Answer
from schemas.message import Unavailable

AT_ONCE = 256


class Submission:
    """The loop that calls it decides when to come again; nothing is lost in between.

    A claim is written down before it is sent and keeps its number until it is answered: after a crash, wherever it
    was, the payer is asked the same again.
    """

    def __init__(self, outbox: Outbox, payer: Payer, *, at_once: int = AT_ONCE) -> None:
        self._outbox = outbox
        self._payer = payer
        self._at_once = at_once
        self._turn = asyncio.Lock()

    async def submit_due(self, now: int) -> int:
        """Submits at most `at_once` of the sheets due at `now` (µs): how many the payer answered. 0: nothing is due.

        Raises Unavailable when an answer is missing, once those that came are written down, or when the ledger can't
        be written.
        """
        async with self._turn:
            sent = await asyncio.to_thread(self._outbox.take, now, self._at_once)
            if not sent:
                return 0
            answers = list(zip(sent, await self._payer.submit(sent), strict=True))
            answered = [(claim, answer) for claim, answer in answers if isinstance(answer, Answer)]
            unanswered = [(claim, missing) for claim, missing in answers if isinstance(missing, Unavailable)]
            await asyncio.to_thread(self._outbox.settle, answered, [claim for claim, _ in unanswered], now)
            if unanswered:
                raise unanswered[0][1]
            return len(answered)

    async def close(self) -> None:
        await self._payer.close()
