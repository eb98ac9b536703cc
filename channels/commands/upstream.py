"""`wasl registry pull`: the upstream registry asked once for what changed."""

from __future__ import annotations

import typer

from channels.commands.options import DATA, Config, Data, house, reached, told
from channels.upstream import pulled, upstream


def pull(config: Config = None, data: Data = DATA) -> None:
    """Asks the upstream registry (`registries.upstream`) for what changed; asking again changes nothing."""
    parts = house(config, data)
    said = parts.settings.registries.upstream
    if not said.url:
        raise typer.BadParameter("no upstream registry is named: set registries.upstream in wasl.yaml")
    count, issues, bus = 0, 0, reached(parts)
    with told():
        for one in pulled(parts, bus, upstream(said)):
            count += one.changed
            issues += len(one.issues)
            for issue in one.issues:
                typer.echo(f"{issue.at}: {issue.reason}: {issue.text}; {issue.remedy}", err=True)
    bus.close()
    parts.audit.write("terminal", "pull", "Registry")
    typer.echo(f"{count} changed")
    raise typer.Exit(1 if issues else 0)
