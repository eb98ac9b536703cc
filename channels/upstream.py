"""The upstream registry of facilities and health workers, where `registries.upstream` names one: followed in a loop."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING

from channels.bus.bus import Bus
from channels.outputs import learned_records
from channels.settings import UpstreamRegistry
from channels.watch import metrics
from registries.directory import changed
from schemas.message import Unavailable

if TYPE_CHECKING:  # its HTTP client takes a part of a start that most need not pay
    from channels.runtime import House
    from registries.upstream import Pulled
    from registries.upstream_told import Upstream

AGAIN = 10.0

log = logging.getLogger("wasl.upstream")


def upstream(said: UpstreamRegistry) -> Upstream:
    """How it is asked."""
    from registries.upstream_dhis2 import Dhis2
    from registries.upstream_mcsd import Mcsd

    auth = (said.username, said.password or "") if said.username else None
    kind = Dhis2 if said.speaks == "dhis2" else Mcsd
    return kind(said.url, token=said.token, auth=auth, timeout=said.timeout)


def pulled(house: House, bus: Bus, other: Upstream) -> Iterator[Pulled]:
    """Each commit, once everybody was told what was learned. Raises Unavailable."""
    from registries.upstream import pull

    for one in pull(house.registries, other):
        if one.learned:
            changed(house.redis, *{entry.partition("|")[0] for entry in one.learned})
            asyncio.run(bus.publish(learned_records(one.learned)))
        yield one


class Following:
    """A loop in a thread of its own. While the upstream is down, what stands stays, and its age is told."""

    def __init__(self, house: House, bus: Bus, stop: threading.Event) -> None:
        self._house, self._bus, self._stop = house, bus, stop

    def run(self) -> None:
        """Until `stop` is set; at once where no upstream is named."""
        said = self._house.settings.registries.upstream
        if not said.url:
            return
        other = upstream(said)
        while not self._stop.is_set():
            wait = said.every
            try:
                for one in pulled(self._house, self._bus, other):
                    for issue in one.issues:
                        log.warning("%s is not taken over: %s", issue.at, issue.reason)
                    if self._stop.is_set():
                        return
            except Unavailable as error:
                log.warning("the upstream registry waits: %s", error)
                wait = min(AGAIN, said.every)
            self._tell(other.url)
            self._stop.wait(wait)

    def _tell(self, url: str) -> None:
        from registries.upstream import state

        try:
            metrics.upstream_read.set(state(self._house.registries, url)[0] / 1e6)
        except Unavailable:
            return
