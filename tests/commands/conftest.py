"""The command `wasl`, run in this process on a data folder of its own."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from channels.cli import app
from channels.security import passwords


class Wasl:
    def __init__(self, data: Path) -> None:
        self.data = data

    def __call__(self, *arguments: str, input: bytes | None = None, code: int = 0) -> Result:
        done = CliRunner().invoke(app, [*arguments, "--data", str(self.data)], input=input)
        assert done.exit_code == code, (done.exit_code, done.output, done.exception)
        return done


@pytest.fixture
def wasl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Wasl:
    monkeypatch.setattr(passwords, "COST", 4)
    monkeypatch.setenv("COLUMNS", "200")
    return Wasl(tmp_path / "data")
