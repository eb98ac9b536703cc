"""`wasl database`: the tables of every store, made or updated, and how far each is."""

from __future__ import annotations

from collections.abc import Iterator

import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy import Engine

from channels.commands.options import DATA, Config, Data, house
from channels.migrations.store import STORES, Store
from channels.runtime import House

app = typer.Typer(help="The tables of the database.", no_args_is_help=True)


@app.command()
def migrate(config: Config = None, data: Data = DATA) -> None:
    """Makes or updates the tables of every store; what is in them stays. To be run again without harm."""
    parts = house(config, data)
    for store, engine in _stores(parts):
        before = store.revision(engine)
        store.migrate(engine, lambda: parts.master)
        after = store.revision(engine)
        typer.echo(f"{store.name}: {after}" if before == after else f"{store.name}: {before or 'new'} -> {after}")


@app.command()
def show(config: Config = None, data: Data = DATA) -> None:
    """Each store, the revision it is at, and the one this program needs. Exit code 1 when one is behind."""
    table, behind = Table("store", "revision", "head"), False
    for store, engine in _stores(house(config, data)):
        found = store.revision(engine)
        behind = behind or found < store.head
        table.add_row(store.name, found or "none", store.head)
    Console().print(table)
    raise typer.Exit(int(behind))


def _stores(parts: House) -> Iterator[tuple[Store, Engine]]:
    for store in STORES.values():
        engine = parts.engine(store.name)
        yield store, engine
        engine.dispose()
