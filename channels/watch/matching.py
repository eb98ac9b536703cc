"""Matching, as metrics: the reviews that wait for a steward, and the blocks that were too big to be looked through."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from channels.watch import metrics
from registries.client.matcher import Matcher
from registries.client.queue import Queue
from schemas.message import Unavailable

if TYPE_CHECKING:
    from channels.runtime import House

EVERY = 60.0


class OpenReviews:
    """Asks the database once a minute, however often it is called. One of all processes measures."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._known: set[str] = set()
        self._next = 0.0

    def measure(self) -> None:
        """Blocks. While the database is away the numbers stay as they were."""
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + EVERY
        try:
            found = Queue(self._house.registries).waiting()
        except Unavailable:
            return
        for reason in self._known - found.keys():
            metrics.reviews.labels(reason).set(0)
            metrics.oldest_review.labels(reason).set(0)
        for reason, waiting in found.items():
            metrics.reviews.labels(reason).set(waiting.number)
            metrics.oldest_review.labels(reason).set(waiting.oldest / 1e6)
        self._known |= found.keys()


def measured(matcher: Matcher) -> Callable[[], None]:
    """What the matcher does meanwhile, with the blocks counted that it left out since."""
    counted = 0

    def meanwhile() -> None:
        nonlocal counted
        matcher.meanwhile()
        counted, before = matcher.skipped, counted
        metrics.skipped.inc(counted - before)

    return meanwhile
