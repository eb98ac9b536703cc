"""What the registries ask of a memory shared by all processes: to be asked before the database, and never believed more
than a stale copy deserves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol


class Cache(Protocol):
    """May forget anything at any time, may be down (then it knows nothing), and raises nothing."""

    def read(self, kind: str, names: Sequence[str]) -> Sequence[bytes | None]:
        """What is known under each name; one round trip."""

    def write(self, kind: str, entries: Mapping[str, bytes], seconds: int) -> bool:
        """Keeps each value for so many seconds. Whether it did."""

    def forget(self, kind: str, names: Sequence[str]) -> None:
        """If it can."""
