"""The two options every subcommand has, and how errors of configuration are told."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from channels.processes import MISCONFIGURED, Occupied
from channels.runtime import House
from channels.security.encryption import KeyFile
from channels.settings import Misconfigured

Config = Annotated[
    Path | None, typer.Option("--config", help="wasl.yaml; default ./config/wasl.yaml, else the shipped one")
]
Data = Annotated[Path, typer.Option("--data", help="the data folder")]
DATA = Path("data")


@contextmanager
def told() -> Iterator[None]:
    """Turns errors a person can mend into a line on stderr and exit code 78."""
    try:
        yield
    except (Misconfigured, KeyFile, Occupied) as error:
        typer.echo(f"wasl: {error}", err=True)
        raise typer.Exit(MISCONFIGURED) from error


def house(config: Path | None, data: Path) -> House:
    with told():
        return House.open(config, data)
