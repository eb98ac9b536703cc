"""`wasl translate`, `check` and `send`: what messages become, what is wrong with them, and a test sender."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import orjson
import typer

from channels.channel import Channel, load_channels
from channels.commands.options import DATA, Config, Data, told
from channels.commands.printing import as_lines, as_object, plain, told_of
from channels.commands.sending import send_http, send_mllp
from channels.preview import apart, mediated, preview
from channels.settings import Misconfigured, find_config, load_settings
from channels.structure import opinion
from mediators.mediator import Translation
from schemas import facts
from schemas.fhir import bundle
from schemas.message import Issue, Message, Refused

Files = Annotated[list[str], typer.Argument(help="files; - is the standard input", show_default=False)]
Named = Annotated[str | None, typer.Option("--channel", help="default: the first whose match fits")]


def translate(
    files: Files,
    channel: Named = None,
    as_: Annotated[str, typer.Option("--as", help="events or fhir")] = "events",
    config: Config = None,
    data: Data = DATA,
) -> None:
    """What messages become, one line a message. Only the mediator runs: no server, no registries."""
    if as_ not in {"events", "fhir"}:
        raise typer.BadParameter("expected events or fhir", param_hint="--as")
    failed = False
    for _, chosen, message in _messages(files, channel, config):
        try:
            translation = mediated(chosen, message)
            line = _fhir(translation) if as_ == "fhir" else _events(translation)
        except Refused as refused:
            failed = True
            line = orjson.dumps({"rejected": [told_of(issue) for issue in refused.issues]})
        sys.stdout.buffer.write(line + b"\n")
    sys.stdout.buffer.flush()
    raise typer.Exit(1 if failed else 0)


def check(
    files: Files,
    channel: Named = None,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object a message")] = False,
    standard: Annotated[
        bool,
        typer.Option("--standard", help="also what the standard's own tables have against it (HL7 v2)"),
    ] = False,
    config: Config = None,
    data: Data = DATA,
) -> None:
    """Every issue of messages, and what would become of them. Exit code: 0 clean, 1 issues, 2 unreadable."""
    code = 0
    for name, chosen, message in _messages(files, channel, config):
        found = preview(chosen, message)
        code = max(code, 0 if found.readable else 2, 1 if found.issues else 0)
        told_ = _opinion(chosen, message) if standard else None
        if as_json:
            sys.stdout.buffer.write(orjson.dumps(as_object(name, chosen, message, found, told_), default=plain) + b"\n")
        else:
            for line in as_lines(name, chosen, message, found, told_):
                typer.echo(line)
    sys.stdout.buffer.flush()
    raise typer.Exit(code)


def _opinion(channel: Channel, message: Message) -> list[Issue] | None:
    """None for what is not HL7 v2."""
    charset = str(channel.context.settings.get("charset") or "")
    return opinion(message.body, charset) if channel.said.mediator == "hl7v2" else None


def send(
    files: Files,
    to: Annotated[str, typer.Option("--to", help="mllp://host:port, mllps://host:port or http(s)://…/channels/NAME")],
    client: Annotated[str | None, typer.Option("--client", help="name:secret, for HTTP", envvar="WASL_CLIENT")] = None,
    config: Config = None,
    data: Data = DATA,
) -> None:
    """A test sender; prints the acknowledgements. Exit code 1 when one is not positive."""
    try:
        address = urlsplit(to)
        good = address.scheme in {"mllp", "mllps", "http", "https"} and address.hostname and address.port != 0
    except ValueError:
        good = False
    if not good:
        raise typer.BadParameter("expected mllp://host:port or http(s)://…", param_hint="--to")
    accepted = True
    for name in files:
        body = _read(name)
        try:
            answers = send_mllp(to, body) if address.scheme.startswith("mllp") else send_http(to, body, name, client)
            for text, positive in answers:
                typer.echo(text)
                accepted &= positive
        except OSError as error:
            typer.echo(f"wasl: {to}: {error}", err=True)
            raise typer.Exit(1) from error
    raise typer.Exit(0 if accepted else 1)


def _messages(files: Sequence[str], named: str | None, config: Path | None) -> Iterator[tuple[str, Channel, Message]]:
    with told():
        found = find_config(config)
        channels = load_channels(found, load_settings(found))
        if not channels:
            raise Misconfigured(f"{found.parent / 'channels'}: no channel there; give another --config")
    if named is not None:
        known = ", ".join(channel.name for channel in channels)
        channels = [channel for channel in channels if channel.name == named]
        if not channels:
            raise typer.BadParameter(f"no channel {named}; there are: {known}", param_hint="--channel")
    for name in files:
        for chosen, message in apart(channels, _read(name), name):
            yield name, chosen, message


def _read(name: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    except OSError as error:
        typer.echo(f"wasl: {name}: {error.strerror}", err=True)
        raise typer.Exit(2) from error


def _events(translation: Translation) -> bytes:
    for event in translation.events:
        event.setdefault("fact", facts.fact(event))
    return orjson.dumps(translation.events, default=plain)


def _fhir(translation: Translation) -> bytes:
    return orjson.dumps(bundle.collection(translation.events), default=plain)
