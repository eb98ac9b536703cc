"""`wasl clients` and `wasl audit`: who may send over HTTP, and whether the audit trail is whole."""

from __future__ import annotations

import json
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from channels.commands.options import DATA, Config, Data, house
from channels.security.clients import BadClient

app = typer.Typer(help="Who may send over HTTP.", no_args_is_help=True)
audit = typer.Typer(help="The audit trail.", no_args_is_help=True)


@app.command()
def add(
    name: str,
    channels: Annotated[str, typer.Option("--channels", help="names, joined by commas")],
    as_json: Annotated[bool, typer.Option("--json")] = False,
    config: Config = None,
    data: Data = DATA,
) -> None:
    """Makes a client and prints its secret, this once."""
    parts = house(config, data)
    wanted = [channel.strip() for channel in channels.split(",") if channel.strip()]
    known = {channel.name for channel in parts.channels}
    if unknown := [one for one in wanted if one not in known]:
        raise typer.BadParameter(
            f"no channel {', '.join(unknown)}; there are: {', '.join(sorted(known))}", param_hint="--channels"
        )
    try:
        secret = parts.clients.add(name, wanted)
    except BadClient as error:
        raise typer.BadParameter(str(error)) from error
    parts.audit.write("terminal", "add client", "Client", detail=name)
    if as_json:
        typer.echo(json.dumps({"name": name, "secret": secret}))
    else:
        typer.echo(f"{name} may send on {', '.join(wanted)}. Its secret, shown this once: {secret}")


@app.command("list")
def list_(config: Config = None, data: Data = DATA) -> None:
    """Every client and its channels."""
    table = Table("name", "channels", "state")
    for client in house(config, data).clients.list():
        table.add_row(client["name"], ", ".join(client["channels"]), "revoked" if client.get("revoked") else "active")
    Console().print(table)


@app.command()
def revoke(name: str, config: Config = None, data: Data = DATA) -> None:
    """The next request of this client is refused."""
    parts = house(config, data)
    try:
        parts.clients.revoke(name)
    except BadClient as error:
        raise typer.BadParameter(str(error)) from error
    parts.audit.write("terminal", "revoke client", "Client", detail=name)
    typer.echo(f"{name} is revoked")


@audit.callback()
def _audit() -> None:
    """Keeps `verify` a subcommand."""


@audit.command()
def verify(config: Config = None, data: Data = DATA) -> None:
    """Checks the hash chain. Exit code 1 names the first row that was changed, removed or put in."""
    parts = house(config, data)
    broken = parts.audit.verify()
    if broken:
        typer.echo(f"row {broken.number}: {broken.why}", err=True)
        raise typer.Exit(1)
    number, digest = parts.audit.head()
    typer.echo(f"{number} rows, all as they were written; the last one's hash is {digest}")
