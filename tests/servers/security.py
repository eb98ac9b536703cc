"""The ways into Kafka: what the brokers need for each, and what a client needs to get in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


def _nothing() -> None:
    pass


@dataclass(frozen=True)
class Access:
    """`login` is what channels.settings.Security takes; the rest is for the brokers."""

    protocol: str = "PLAINTEXT"
    login: Mapping[str, Any] = field(default_factory=dict)
    properties: Mapping[str, str] = field(default_factory=dict)
    jvm: Sequence[str] = ()
    format: Sequence[str] = ()
    close: Callable[[], None] = _nothing


def access(name: str, folder: Path) -> Access:
    return Access()
