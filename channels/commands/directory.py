"""`wasl registry show` and `close`: one facility or health worker, by its INPE."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime
from typing import Annotated

import typer

from channels.commands.options import DATA, Config, Data, house, reached, told
from channels.outputs import learned_records
from registries import clock, facility, health_worker
from registries.care import closing
from registries.database import writing
from registries.directory import changed

KINDS = {"facilities": facility.KIND, "health-workers": health_worker.KIND}

Kind = Annotated[str, typer.Argument(help="facilities or health-workers")]
Number = Annotated[str, typer.Argument(help="its INPE")]


def show(kind: Kind, number: Number, config: Config = None, data: Data = DATA) -> None:
    """Tells how an entry stands today, and who changed it when and why."""
    registry, parts = _kind(kind), house(config, data)
    with told():
        found = closing.known(parts.registries, registry, number)
    if found is None:
        raise typer.BadParameter(f"no entry with this INPE among the {kind}", param_hint="NUMBER")
    typer.echo(f"{found.number} {found.name}: {found.status}")
    typer.echo(f"  periods: {found.periods or 'always'}" + (f"; suspended: {found.suspended}" * bool(found.suspended)))
    for one in found.versions:
        at = datetime.fromtimestamp(one.at / 1e6, UTC).isoformat(timespec="seconds")
        typer.echo(f"  version {one.version}, {at}, {one.by}: {one.why}{' (deleted)' if one.deleted else ''}")


def close(
    kind: Kind,
    number: Number,
    why: Annotated[str, typer.Option(help="the reason, kept with the change")],
    day: Annotated[str, typer.Option("--from", help="the first day on which it is closed, YYYY-MM-DD")] = "",
    config: Config = None,
    data: Data = DATA,
) -> None:
    """Closes an entry from a day on (today); messages about the days before still find it open."""
    registry, parts = _kind(kind), house(config, data)
    first = day or clock.today()
    try:
        date.fromisoformat(first)
    except ValueError:
        raise typer.BadParameter("expected a date, YYYY-MM-DD", param_hint="--from") from None
    with told(), writing(parts.registries) as connection:
        found = closing.close(connection, registry, number, first, by="terminal", why=why)
    if found is None:
        raise typer.BadParameter(f"no entry with this INPE among the {kind}", param_hint="NUMBER")
    changed(parts.redis, registry)
    bus = reached(parts)
    asyncio.run(bus.publish(learned_records([f"{registry}|{name}" for name in found])))
    bus.close()
    parts.audit.write("terminal", "close", "Registry", purpose=why, detail=kind)
    typer.echo(f"{found[0]} is closed from {first}")


def _kind(said: str) -> str:
    if said not in KINDS:
        raise typer.BadParameter(f"expected one of {', '.join(KINDS)}", param_hint="KIND")
    return KINDS[said]
