"""The command `wasl`."""

from __future__ import annotations

import sys

import typer

from channels.commands import bus, channels, clients, codes, database, messages, run, simulate, transactions
from channels.commands import registry as registries
from channels.commands.options import told

app = typer.Typer(
    name="wasl",
    help="Health interoperability: receive, mediate, deliver.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command()(run.run)
app.command()(run.demo)
app.command()(messages.translate)
app.command()(messages.check)
app.command()(messages.send)
app.add_typer(clients.app, name="clients")
app.add_typer(channels.app, name="channels")
app.add_typer(codes.app, name="codes")
app.add_typer(transactions.app, name="transactions")
app.add_typer(registries.app, name="registry")
app.add_typer(database.app, name="database")
app.add_typer(bus.app, name="bus")
app.add_typer(transactions.events, name="events")
app.add_typer(clients.audit, name="audit")
app.add_typer(simulate.app, name="simulate")


def main() -> None:
    try:
        with told():
            app()
    except typer.Exit as end:
        sys.exit(end.exit_code)
