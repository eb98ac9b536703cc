"""The program, started once for the tests of a module."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.program import Mllp, Program
from tests.surroundings import Servers, surroundings

__all__ = ["surroundings"]


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory, surroundings: Servers | None) -> Iterator[Program]:
    with Program(tmp_path_factory.mktemp("program") / "data") as started:
        yield started


@pytest.fixture
def line(program: Program) -> Iterator[Mllp]:
    with Mllp(program.mllp_port) as line:
        yield line
