"""The two options every subcommand has, and how errors of configuration are told."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy.exc import DBAPIError

from channels.bus.bus import Bus
from channels.processes import MISCONFIGURED, Occupied
from channels.runtime import House
from channels.security.encryption import KeyFile
from channels.settings import Misconfigured
from registries.outage import is_away
from schemas.message import Unavailable

Config = Annotated[
    Path | None, typer.Option("--config", help="wasl.yaml; default ./config/wasl.yaml, else the shipped one")
]
Data = Annotated[Path, typer.Option("--data", help="the data folder")]
DATA = Path("data")
UNAVAILABLE = 69
PATIENCE = 15.0


@contextmanager
def told() -> Iterator[None]:
    """Turns errors a person can mend into a line on stderr and exit code 78; 69 when the database is away."""
    try:
        yield
    except (Misconfigured, KeyFile, Occupied) as error:
        typer.echo(f"wasl: {error}", err=True)
        raise typer.Exit(MISCONFIGURED) from error
    except Unavailable as error:
        typer.echo(f"wasl: {error.reason}; try again later", err=True)
        raise typer.Exit(UNAVAILABLE) from error
    except DBAPIError as error:
        if not is_away(error):
            raise
        reason = str(error.orig).strip().splitlines()[0]
        typer.echo(f"wasl: database (WASL_DATABASE): {reason}; start it, or mend the address", err=True)
        raise typer.Exit(UNAVAILABLE) from error


def house(config: Path | None, data: Path) -> House:
    with told():
        return House.open(config, data)


def reached(parts: House) -> Bus:
    """The bus, once it takes records; exit code 69 when it does not within a few seconds."""
    with told():
        bus = parts.bus("received")
    until = time.monotonic() + PATIENCE
    while True:
        with suppress(Unavailable):
            if bus.ready():
                return bus
        if time.monotonic() > until:
            bus.close()
            typer.echo(
                f"wasl: bus (WASL_BUS): {parts.settings.bus.url} does not answer; start it, or mend the address",
                err=True,
            )
            raise typer.Exit(UNAVAILABLE)
        time.sleep(0.05)
