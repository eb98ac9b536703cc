"""`wasl transactions` and `wasl events`: find messages, see their story, run them again, watch what comes."""

from __future__ import annotations

import asyncio
import sys
import uuid
from typing import Annotated

import orjson
import typer
from rich.console import Console
from rich.table import Column, Table

from channels.commands.options import DATA, Config, Data, house, reached, told
from channels.commands.printing import plain
from channels.journal.search import LIMIT, STATUSES, Query, search
from channels.journal.story import story
from channels.outputs import EVENTS
from channels.rerun import NotKept
from channels.runtime import House
from schemas import codec
from schemas.message import Unavailable

app = typer.Typer(help="What happened to each message.", no_args_is_help=True)
events = typer.Typer(help="The canonical events.", no_args_is_help=True)


@app.command("list")
def list_(
    channel: str = "",
    status: str = "",
    control_id: str = "",
    limit: Annotated[int, typer.Option(min=1, max=LIMIT)] = 20,
    as_json: Annotated[bool, typer.Option("--json")] = False,
    config: Config = None,
    data: Data = DATA,
) -> None:
    """Messages received, newest first."""
    if status and status not in STATUSES:
        raise typer.BadParameter(f"expected one of {', '.join(STATUSES)}", param_hint="--status")
    query = Query(channel=channel, status=status, control_id=control_id)
    page = search(house(config, data).journal, query, limit=limit)
    if as_json:
        for item in page.items:
            typer.echo(orjson.dumps(item).decode())
        return
    table = Table(Column("id", no_wrap=True), "received", "channel", "sender", "control id", "type", "status", "reason")
    for item in page.items:
        names = ("id", "received", "channel", "sender", "control_id", "type", "status", "reason")
        table.add_row(*(str(item[name] or "") for name in names))
    Console().print(table)


@app.command()
def show(transaction: str, config: Config = None, data: Data = DATA) -> None:
    """One transaction's whole story, as JSON; never the body."""
    found = story(house(config, data).journal, transaction)
    if found is None:
        typer.echo(f"no transaction {transaction}", err=True)
        raise typer.Exit(1)
    typer.echo(orjson.dumps(found, option=orjson.OPT_INDENT_2).decode())


@app.command()
def rerun(
    transaction: Annotated[str | None, typer.Argument(help="one transaction; or a group by the options")] = None,
    places: Annotated[list[str] | None, typer.Option("--place", help="only this part, such as 'line 7'")] = None,
    kind: Annotated[str, typer.Option(help="of a group: refused, failed or parked")] = "",
    channel: Annotated[str, typer.Option(help="of a group")] = "",
    reason: Annotated[str, typer.Option(help="of a group, as the failures page shows it")] = "",
    config: Config = None,
    data: Data = DATA,
) -> None:
    """Sends kept messages through the door once more."""
    if transaction is None and not (kind and channel and reason):
        raise typer.BadParameter("give a transaction, or --kind, --channel and --reason")
    parts = house(config, data)
    try:
        with told():
            made, lost = asyncio.run(_rerun(parts, transaction, places or [], (kind, channel, reason)))
    except (NotKept, Unavailable) as error:
        typer.echo(f"wasl: {error}", err=True)
        raise typer.Exit(1) from error
    for one in made:
        typer.echo(one)
    if lost:
        typer.echo(f"{lost} could not be run: their bodies are no longer kept", err=True)


async def _rerun(
    parts: House, transaction: str | None, places: list[str], group: tuple[str, str, str]
) -> tuple[list[str], int]:
    bus = reached(parts)
    try:
        desk = parts.desk(bus, parts.door(bus))
        parts.audit.write("terminal", "rerun", f"Transaction/{transaction}" if transaction else "Transaction")
        if transaction is not None:
            return [await desk.rerun(transaction, places)], 0
        return await desk.rerun_group(*group)
    finally:
        bus.close()


@events.callback()
def _events() -> None:
    """Keeps `tail` a subcommand."""


@events.command()
def tail(
    count: Annotated[int | None, typer.Option(help="stop after so many")] = None,
    config: Config = None,
    data: Data = DATA,
) -> None:
    """Events from now on, one JSON object a line. They hold patient data."""
    parts = house(config, data)
    with told():
        parts.schemas()
    parts.audit.write("terminal", "tail", "Event")
    bus = reached(parts)
    group = f"tail-{uuid.uuid4()}"
    bus.skip(group, [EVENTS])
    seen = 0
    for batch in bus.read(group, [EVENTS]):
        for record in batch:
            try:
                event = codec.decode(record.value)
            except codec.Foreign:
                typer.echo(f"wasl: foreign bytes on {EVENTS} at {record.offset}", err=True)
                continue
            sys.stdout.buffer.write(orjson.dumps(event, default=plain) + b"\n")
            seen += 1
            if seen == count:
                sys.stdout.buffer.flush()
                return
        sys.stdout.buffer.flush()
        batch.done()
