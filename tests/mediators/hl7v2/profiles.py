"""The shipped profiles, for tests of what is told at the door."""

from __future__ import annotations

from functools import cache

from channels.profiles import read_profile
from channels.settings import default_config
from mediators.hl7v2.profile import Profile


@cache
def shipped(name: str = "base", *, strict: bool = False) -> Profile:
    return read_profile(name, default_config().parent, strict=strict)
