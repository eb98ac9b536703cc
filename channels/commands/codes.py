"""`wasl codes`: the codes that no table translates yet."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable
from typing import Annotated, Any

import orjson
import typer
from rich.console import Console
from rich.table import Table

from channels.commands.options import DATA, Config, Data, house
from channels.journal.unknown import unknown
from mediators.codes import COLUMNS

app = typer.Typer(help="Codes of senders.", no_args_is_help=True)


@app.callback()
def codes() -> None:
    """Keeps `unknown` a command of its own."""


@app.command("unknown")
def unknown_(
    channel: Annotated[str, typer.Option(help="default: all channels")] = "",
    as_json: Annotated[bool, typer.Option("--json")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="as a code table whose standard codes are still empty")] = False,
    config: Config = None,
    data: Data = DATA,
) -> None:
    """Codes that no table translates, the most frequent first. Add them to a file of config/codes/."""
    parts = house(config, data)
    found = unknown(parts.journal, {one.name: one for one in parts.channels}, channel)
    if as_json:
        for one in found:
            typer.echo(orjson.dumps(one).decode())
    elif as_csv:
        _fill_in(found)
    else:
        table = Table("channel", "system", "code", "display", "messages", "last")
        for one in found:
            table.add_row(*(str(one[name] or "") for name in ("channel", "system", "code", "display", "count", "last")))
        Console().print(table)


def _fill_in(found: Iterable[dict[str, Any]]) -> None:
    """A code twice, of two channels, is one row."""
    rows = csv.DictWriter(sys.stdout, COLUMNS, restval="", lineterminator="\n")
    rows.writeheader()
    for row in {(one["system"], one["code"]): one for one in found}.values():
        rows.writerow({"system": row["system"], "code": row["code"], "display": row["display"]})
