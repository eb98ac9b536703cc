"""`wasl registry reconcile`: another list of facilities beside the directory."""

from __future__ import annotations

import asyncio
import re
import sys
from pathlib import Path
from typing import Annotated

import typer

from channels.commands.options import DATA, Config, Data, house, reached, told
from channels.outputs import learned_records
from registries import facility
from registries.directory import changed
from registries.reconciliation import reconcile as compare


def reconcile(
    kind: Annotated[str, typer.Argument(help="facilities")],
    file: Annotated[str, typer.Argument(help="CSV with number and name; - is the standard input")],
    name: Annotated[str, typer.Option("--list", help="the identifier system of its numbers (urn:list:FILE)")] = "",
    config: Config = None,
    data: Data = DATA,
) -> None:
    """Pairs what is certainly the same, whose number becomes one of ours; the rest waits on the page Lists compared."""
    if kind != "facilities":
        raise typer.BadParameter("expected facilities", param_hint="KIND")
    parts = house(config, data)
    try:
        body = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        raise typer.BadParameter(f"{file}: {error.strerror}") from error
    system = name or "urn:list:" + re.sub(r"[^a-z0-9]+", "-", Path(file).stem.lower()).strip("-")
    if "|" in system or system == "urn:list:":
        raise typer.BadParameter("expected a URI without |", param_hint="--list")
    with told():
        report = compare(parts.registries, system, body, by="terminal")
        changed(parts.redis, facility.KIND)
    bus = reached(parts)
    asyncio.run(bus.publish(learned_records(report.learned)))
    bus.close()
    parts.audit.write("terminal", "reconcile", "Registry", detail=kind)
    for issue in report.issues:
        typer.echo(f"{file}: {issue.at}: {issue.reason}: {issue.text}; {issue.remedy}", err=True)
    counts = f"{report.paired} paired, {report.possible} to decide, {report.none} like none, {report.known} known"
    typer.echo(f"{system}: {counts}")
    raise typer.Exit(1 if report.issues else 0)
