"""The crash test, embedded and on the real servers."""

from __future__ import annotations

from tests.surroundings import surroundings

__all__ = ["surroundings"]
