"""`wasl bus copy`: what is undelivered, from one bus to another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated

import typer
from sqlalchemy import select

from channels.bus.bus import Bus, Record
from channels.bus.copy import copy as copied
from channels.commands.options import DATA, UNAVAILABLE, Config, Data, house, reached, told
from channels.journal.tables import failures, transactions
from channels.outputs import EVENTS, REGISTRY, STEPS
from channels.processes import owned
from channels.runtime import EXPECTS, House
from channels.settings import Bus as Address
from registries.database import reading
from schemas.message import Unavailable

app = typer.Typer(help="The log between the parts of the program.", no_args_is_help=True)


@app.callback()
def _bus() -> None:
    """Keeps `copy` a subcommand."""


@app.command()
def copy(
    source: Annotated[str, typer.Option("--from", help="embedded, or kafka://host:port,host:port")],
    target: Annotated[str, typer.Option("--to", help="the same")],
    config: Config = None,
    data: Data = DATA,
) -> None:
    """Copies every message and event that is not delivered yet, and every message with an open failure.

    Stop `wasl run` on this data folder first; afterwards start it with WASL_BUS naming the new bus. Copied again, or
    cut short and begun again, it changes nothing more. Bodies of messages that ended well stay on the old bus.
    """
    if source == target:
        raise typer.BadParameter("expected another address than --from", param_hint="--to")
    parts = house(config, data)
    with told(), owned(data, "all"):
        parts.migrate()
        one, other = reached(_on(parts, source)), reached(_on(parts, target))
        try:
            counts = copied(one, other, _readers(parts), _open(parts, one))
        except Unavailable as error:
            typer.echo(f"wasl: {error}; nothing is lost: run the same command again", err=True)
            raise typer.Exit(UNAVAILABLE) from error
        finally:
            one.close()
            other.close()
    parts.audit.write("terminal", "copy bus", "Bus")
    for topic, count in counts.items():
        typer.echo(f"{count:8} {topic}")


def _on(parts: House, address: str) -> House:
    """The same house on the bus of this address."""
    settings = parts.settings
    bus = Address.model_validate(settings.bus.model_dump() | {"url": address})
    return replace(parts, settings=settings.model_copy(update={"bus": bus}))


def _readers(parts: House) -> dict[str, list[str]]:
    received = {channel.topic: ["mediation", "journal"] for channel in parts.channels.known.values()}
    return received | {EVENTS: list(EXPECTS), STEPS: ["journal"], REGISTRY: ["release"]}


def _open(parts: House, bus: Bus) -> Iterator[Record]:
    """Messages that somebody may want to run again."""
    row = transactions.c
    wanted = select(row.topic, row.offset, row.key).where(row.id.in_(select(failures.c.transaction)))
    with reading(parts.journal) as connection:
        places = connection.execute(wanted.where(row.offset.is_not(None)).order_by(row.received)).all()
    for topic, offset, key in places:
        if (record := bus.fetch(topic, offset, key)) is not None:
            yield record
