"""What the HTTP side of the program stands on."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from channels.desk import Desk
from channels.gateway.bounds import Bytes
from channels.receive import Door
from channels.runtime import House
from channels.watch.health import Health


async def unheard(_entries: Sequence[str]) -> None:
    """Nobody waits."""


@dataclass(frozen=True, slots=True)
class Parts:
    """`waiting`: channel → messages received and not yet mediated; it may block, and is empty where nobody knows.
    `learned`: tells everybody what a registry learned ("facility|123456789"), after its commit.
    """

    house: House
    door: Door
    desk: Desk
    health: Health
    held: Bytes
    waiting: Callable[[], Mapping[str, int]] = dict
    learned: Callable[[Sequence[str]], Awaitable[None]] = unheard
