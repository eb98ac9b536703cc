"""`wasl channels`: list, show, lint, test, pause, resume."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from channels.channel import Channel
from channels.commands.options import DATA, Config, Data, house, told
from channels.lint import lint as mistakes
from channels.runtime import House
from channels.settings import find_config
from channels.trial import run as run_trials

app = typer.Typer(help="The ways in.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(help="the channel's name")]


@app.command("list")
def list_(config: Config = None, data: Data = DATA) -> None:
    """Every channel, in the order a shared listener asks them."""
    parts = house(config, data)
    paused = parts.line.paused()
    table = Table("name", "listens on", "mediator", "state", "description")
    for channel in parts.channels:
        said = channel.said
        state = "paused" if channel.name in paused else "active"
        table.add_row(channel.name, ", ".join(said.listen), said.mediator, state, said.description)
    Console().print(table)


@app.command()
def show(name: Name, config: Config = None, data: Data = DATA) -> None:
    """The channel's file."""
    channel = _channel(house(config, data), name)
    typer.echo(f"# {channel.file}")
    typer.echo(channel.file.read_text(encoding="utf-8"))


@app.command()
def lint(config: Config = None, data: Data = DATA) -> None:
    """Every mistake in the configuration, with file, line and key. Exit code 1 when there is one."""
    with told():
        found = list(mistakes(find_config(config)))
    for line in found:
        typer.echo(line)
    raise typer.Exit(1 if found else 0)


@app.command()
def test(
    name: Annotated[str | None, typer.Argument(help="default: all channels")] = None,
    config: Config = None,
    data: Data = DATA,
) -> None:
    """Runs the tests beside the channel's file. Exit code 1 when one fails."""
    parts = house(config, data)
    failed = 0
    for channel in [_channel(parts, name)] if name else parts.channels:
        with told():
            for verdict in run_trials(channel):
                typer.echo(f"{channel.name}: {verdict.name}: {'FAILED' if verdict.missing else 'passed'}")
                for missing in verdict.missing:
                    typer.echo(f"    {missing}")
                failed += bool(verdict.missing)
    raise typer.Exit(1 if failed else 0)


@app.command()
def pause(name: Name, config: Config = None, data: Data = DATA) -> None:
    """Stops the line: messages are still received and acknowledged, not mediated."""
    parts = house(config, data)
    parts.line.pause(_channel(parts, name).name, "terminal", "paused by an operator")
    parts.audit.write("terminal", "pause", f"channel/{name}")
    typer.echo(f"{name} is paused")


@app.command()
def resume(name: Name, config: Config = None, data: Data = DATA) -> None:
    """Lets the line run again."""
    parts = house(config, data)
    was = parts.line.resume(_channel(parts, name).name)
    parts.audit.write("terminal", "resume", f"channel/{name}")
    typer.echo(f"{name} runs again" if was else f"{name} was not paused")


def _channel(parts: House, name: str) -> Channel:
    for channel in parts.channels:
        if channel.name == name:
            return channel
    known = ", ".join(channel.name for channel in parts.channels)
    raise typer.BadParameter(f"no channel {name}; there are: {known}")
