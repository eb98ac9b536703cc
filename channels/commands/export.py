"""`wasl registry export`: the client registry as lines of JSON, for whoever may have patients' data in clear."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, BinaryIO

import typer

from channels.commands.options import DATA, Config, Data, house, told
from registries.client import export as registry
from registries.sealing import Seal


def export(
    file: Annotated[str, typer.Argument(help="where to; - is the standard output")] = "-",
    why: Annotated[str, typer.Option("--why", help="stands in the audit trail")] = "",
    config: Config = None,
    data: Data = DATA,
) -> None:
    """Identities, numbers, links, golden and source records, one JSON a line. It is in clear; that it was made is
    audited. A file is readable for its owner alone, and one that is there already is not written over."""
    parts = house(config, data)
    with told(), _opened(file) as output:
        seal = Seal(parts.registry_secret)
        parts.audit.write("terminal", "export registry", "Registry", why)
        count = 0
        for line in registry.lines(parts.registries, seal, parts.settings.trust.rules):
            output.write(line)
            count += 1
    typer.echo(f"{count} lines", err=True)


@contextmanager
def _opened(file: str) -> Iterator[BinaryIO]:
    if file == "-":
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    try:
        made = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise typer.BadParameter(f"{file}: {error.strerror}; name a file that is not there yet") from error
    with os.fdopen(made, "wb") as output:
        yield output
