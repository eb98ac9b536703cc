"""`wasl registry weigh`: weights of matching estimated on the records that are here."""

from __future__ import annotations

from typing import Annotated

import typer

from channels.commands.options import DATA, Config, Data, house, told
from registries.client import snapshot
from registries.sealing import Seal


def weigh(
    why: Annotated[str, typer.Option("--why", help="stands in the history, with the version")] = "estimated",
    records: Annotated[int, typer.Option(min=snapshot.FEWEST, help="at most so many, drawn by chance")] = snapshot.MOST,
    config: Config = None,
    data: Data = DATA,
) -> None:
    """Writes a version of the rules with weights estimated on these records, without labels. It is not in force: look
    at its differences and its dry run on the page of the rules, and put it in force there."""
    parts = house(config, data)
    with told():
        try:
            number = snapshot.weighed(parts.registries, Seal(parts.registry_secret), "terminal", why, records)
        except ValueError as error:
            typer.echo(str(error), err=True)
            raise typer.Exit(1) from error
    parts.audit.write("terminal", "weigh rules", "Registry", detail=str(number))
    typer.echo(f"version {number}")
