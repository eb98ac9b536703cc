"""What the HTTP side of the program stands on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from channels.desk import Desk
from channels.gateway.bounds import Bytes
from channels.receive import Door
from channels.runtime import House
from channels.watch.health import Health


@dataclass(frozen=True, slots=True)
class Parts:
    """`waiting`: channel → messages received and not yet mediated; it may block, and is empty where nobody knows."""

    house: House
    door: Door
    desk: Desk
    health: Health
    held: Bytes
    waiting: Callable[[], Mapping[str, int]] = dict
