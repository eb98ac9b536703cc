"""Keyed digests of 63 bits: what records are found by, without being told. At ten million, two of one are unlikely."""

from __future__ import annotations

import hmac
from collections.abc import Sequence

from registries.client.keys import known_number, known_numbers
from registries.client.matching.blocking import blocks
from registries.client.matching.profile import Profile
from registries.client.matching.rules import Rules
from registries.client.saying import withdrawn
from schemas.events import Patient


def number_digest(system: str, value: str, secret: bytes) -> int | None:
    """Of an identifier; None for a filler."""
    number = known_number({"system": system, "value": value})
    return _short(secret, "number", number.system, number.value) if number else None


def number_digests(patient: Patient, secret: bytes) -> Sequence[int]:
    """None of a record that its source took back: nobody is found by it."""
    told = () if withdrawn(patient) else known_numbers(patient)
    return list(dict.fromkeys(_short(secret, "number", one.system, one.value) for one in told))


def block_digests(profile: Profile, rules: Rules, secret: bytes) -> Sequence[int]:
    return list(dict.fromkeys([_short(secret, "block", one) for one in blocks(profile, rules)]))


def _short(secret: bytes, *parts: str) -> int:
    told = "\x1f".join(parts).encode("utf-8", "surrogatepass")
    return int.from_bytes(hmac.digest(secret, told, "sha256")[:8]) >> 1
