"""`wasl registry load`: fills the registries from files. Its other commands stand in modules of their own."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from channels.commands import directory, export, reconciliation, upstream, verification, weighing
from channels.commands.options import DATA, Config, Data, house, reached, told
from channels.loops import spare_collection
from channels.outputs import learned_records
from registries import facility, health_worker
from registries.directory import changed
from registries.load import KINDS, Report, load
from schemas.message import Issue

# seconds between two words on how far a load is
EVERY = 5.0

app = typer.Typer(help="Who, where, by whom.", no_args_is_help=True)
app.command()(verification.verify)
app.command()(export.export)
app.command()(directory.show)
app.command()(directory.close)
app.command()(reconciliation.reconcile)
app.command()(upstream.pull)
app.command()(weighing.weigh)


@app.command("load")
def load_(
    kind: Annotated[str, typer.Argument(help="clients, facilities or health-workers")],
    file: Annotated[str, typer.Argument(help="CSV, or FHIR (Bundle, NDJSON) but for clients; - is the standard input")],
    config: Config = None,
    data: Data = DATA,
    processes: Annotated[int, typer.Option(min=0, help="that load clients at once; 0 is one a core")] = 0,
) -> None:
    """Loads a file; loading it again changes nothing. What waited for its entries goes on by itself."""
    chosen = next((one for one in KINDS if one == kind), None)
    if chosen is None:
        raise typer.BadParameter(f"expected one of {', '.join(KINDS)}", param_hint="KIND")
    spare_collection()
    parts = house(config, data)
    try:
        body = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        raise typer.BadParameter(f"{file}: {error.strerror}") from error
    with told(), parts.hands(processes) if chosen == "clients" else nullcontext() as hands:
        loaded = partial(load, personal=parts.personal, domains=parts.domains, progress=_progress(), hands=hands)
        report = loaded(chosen, body, parts.registries, parts.registry_secret)
        changed(parts.redis, facility.KIND, health_worker.KIND)
    bus = reached(parts)
    asyncio.run(bus.publish(learned_records(report.learned)))
    bus.close()
    parts.audit.write("terminal", "load registry", "Registry", detail=kind)
    for issue in sorted([*report.issues, *report.warnings], key=lambda issue: issue.line or 0):
        typer.echo(f"{file}: {_line(issue)}", err=True)
    typer.echo(f"{report.loaded} loaded, {report.updated} updated, {report.unchanged} unchanged{_counted(report)}")
    raise typer.Exit(1 if report.issues else 0)


def _line(issue: Issue) -> str:
    warning = "warning: " if issue.severity == "warning" else ""
    return f"{issue.at}: {warning}{issue.reason}: {issue.text}; {issue.remedy}"


def _counted(report: Report) -> str:
    counts = {"error": len(report.issues), "warning": len(report.warnings)}
    told = [f"{count} {word}{'s' if count > 1 else ''}" for word, count in counts.items() if count]
    return "; " + ", ".join(told) if told else ""


def _progress() -> Callable[[int], None]:
    """Tells on the standard error how far it is, every few seconds."""
    began = told_at = time.monotonic()

    def progress(done: int) -> None:
        nonlocal told_at
        if done % 100 == 0 and (now := time.monotonic()) - told_at >= EVERY:
            told_at = now
            typer.echo(f"{done} rows, {done / (now - began):.0f} a second", err=True)

    return progress
