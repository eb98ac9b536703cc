"""What a simulated other side does badly, and how often: always the same for the same words."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, fields
from typing import Self


@dataclass(frozen=True, slots=True)
class Shares:
    """Each field of a subclass is the share, from 0 to 1, of what is treated badly in the way it names."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """From "down=0.1,lost=0.2". Raises ValueError that says what was expected."""
        names = [field.name for field in fields(cls)]
        shares: dict[str, float] = {}
        for part in filter(None, (part.strip() for part in text.split(","))):
            name, _, share = part.partition("=")
            if name not in names or not re.fullmatch(r"0(\.[0-9]+)?|1(\.0+)?", share):
                raise ValueError(f"fault {part!r}: expected one of {', '.join(names)}, '=' and a share from 0 to 1")
            shares[name] = float(share)
        return cls(**shares)

    def befalls(self, fault: str, *words: object) -> bool:
        """Whether this fault befalls what the words name."""
        share: float = getattr(self, fault)
        if not share:
            return False
        seed = hashlib.sha256("|".join([fault, *map(str, words)]).encode()).digest()
        return int.from_bytes(seed[:8]) < share * 2**64
