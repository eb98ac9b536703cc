"""What an upstream registry is asked, and what it tells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

Resource = dict[str, Any]
# Seconds that the next question goes back: what was committed there while it was read
OVERLAP = 60


@dataclass(frozen=True, slots=True)
class Told:
    """One change upstream; `resource` None: gone since `day`. `partial`: what it does not say stays as it is."""

    type: str
    id: str
    resource: Resource | None
    day: str
    partial: bool = False


@dataclass(frozen=True, slots=True)
class Read:
    """All that changed in a part, one a resource, and what to ask next time."""

    told: Sequence[Told]
    mark: str


class Upstream(Protocol):
    """A registry of another's. `parts` are read one after the other. Raises Unavailable."""

    url: str

    @property
    def parts(self) -> tuple[str, ...]: ...

    def read(self, part: str, mark: str) -> Read:
        """What changed since `mark` ("": everything)."""
        ...
