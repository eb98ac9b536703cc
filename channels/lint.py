"""Reads every channel file and tells everything that is wrong with them, not only the first mistake."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from channels.channel import Channel, load_channel
from channels.settings import Misconfigured, load_settings


def lint(config: Path) -> Iterator[str]:
    """One line a mistake: file, line, key, what was expected. Nothing when all is well."""
    try:
        settings = load_settings(config)
    except Misconfigured as error:
        yield from str(error).splitlines()
        return
    channels: list[Channel] = []
    for path in sorted((config.parent / "channels").glob("*.yaml")):
        if path.name.endswith(".test.yaml"):
            continue
        try:
            channels.append(load_channel(path, settings))
        except Misconfigured as error:
            yield from str(error).splitlines()
    enabled = (channel for channel in channels if channel.said.enabled)
    yield from shadowed(sorted(enabled, key=lambda channel: (channel.said.priority, channel.name)))


def shadowed(channels: Sequence[Channel]) -> Iterator[str]:
    """Channels that never get a message of a shared listener: one asked before them takes everything."""
    greedy: dict[str, str] = {}
    for channel in channels:
        match = channel.said.match
        for listener in channel.said.listen:
            if not listener.startswith("mllp"):
                continue
            if (before := greedy.get(listener)) is not None:
                yield f"{channel.file}: listen: {listener}: {before} is asked first and takes every message there"
            elif not (match.type or match.application or match.facility or match.section):
                greedy[listener] = channel.name
