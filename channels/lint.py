"""Reads every channel file and tells everything that is wrong with them, not only the first mistake."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from channels.channel import Channel, load_channel
from channels.domains import FILE as DOMAINS
from channels.profiles import known_profiles, read_profile
from channels.settings import Misconfigured, Settings, load_settings
from channels.trial import trials


def lint(config: Path) -> Iterator[str]:
    """One line a mistake: file, line, key, what was expected. Nothing when all is well."""
    try:
        settings = load_settings(config)
    except Misconfigured as error:
        yield from str(error).splitlines()
        return
    told: dict[str, None] = {}
    channels = list(_read(config, settings, told))
    for name in known_profiles(config.parent):
        try:
            read_profile(name, config.parent)
        except Misconfigured as error:
            told |= dict.fromkeys(str(error).splitlines())
    yield from told
    enabled = sorted(
        (channel for channel in channels if channel.said.enabled),
        key=lambda channel: (channel.said.priority, channel.name),
    )
    yield from shadowed(enabled)
    yield from shut(enabled, config.parent / DOMAINS)


def _read(config: Path, settings: Settings, told: dict[str, None]) -> Iterator[Channel]:
    """The channels without mistakes; those of the others go to `told`, each once."""
    for path in sorted((config.parent / "channels").glob("*.yaml")):
        if path.name.endswith(".test.yaml"):
            continue
        try:
            channel = load_channel(path, settings)
            trials(channel)
            yield channel
        except Misconfigured as error:
            told |= dict.fromkeys(str(error).splitlines())


def shut(channels: Sequence[Channel], table: Path) -> Iterator[str]:
    """Channels that refuse everybody: they ask who may assign a number, and no table says so."""
    for channel in channels:
        domains = channel.context.domains
        if domains.strict and not domains.table:
            yield f"{channel.file}: domains: strict refuses every number: {table} knows no domain; copy the shipped one"


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
            elif not (match.type or match.application or match.facility or match.section or match.receiver):
                greedy[listener] = channel.name
