"""The channels as they are now, and how another set of files is taken over while the program runs.

Everybody who deals with channels holds the one `Channels` of the process and asks it at use. A set is taken whole, and
only when it was the same at two looks and has no mistake; whatever a message began with, it ends with.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from channels.channel import Channel, read_channels
from channels.domains import FILE as DOMAINS
from channels.loops import fault
from channels.settings import Misconfigured, Settings
from channels.watch import metrics
from schemas.message import Unavailable

EVERY = 2.0
FOLDERS = ("channels", "mappings", "codes", "units", "profiles")

# file → device, inode, time of change and size of what it leads to: a ConfigMap swaps whole folders behind its links
Look = Mapping[str, tuple[int, int, int, int]]

log = logging.getLogger("wasl.channels")


class Channels:
    """By name, and iterated over in the order they are asked: the channels that take messages now.

    `known`: these, those that are not enabled, and those removed since this process began. They take nothing, but what
    they took before goes on its way, and their retention is kept.
    """

    def __init__(self, read: Iterable[Channel]) -> None:
        self.known: Mapping[str, Channel] = {}
        self.open: Mapping[str, Channel] = {}
        self._mistakes: dict[str, str] = {}
        self.take(read)

    def take(self, read: Iterable[Channel]) -> None:
        """This set from now on. Each mapping is replaced and never changed, so that who holds one may go on with it."""
        said = {channel.name: channel for channel in read}
        self.known = {**self.known, **said}
        self.open = {name: channel for name, channel in said.items() if channel.said.enabled}

    def __iter__(self) -> Iterator[Channel]:
        return iter(self.open.values())

    def get(self, name: str) -> Channel | None:
        return self.open.get(name)

    @property
    def mistake(self) -> str:
        """Why the files are not what is open: a line each; empty when they are."""
        return "\n".join(self._mistakes.values())

    def tell(self, what: str, mistake: str) -> None:
        """Of `files` or `listeners`: what is wrong now, empty when nothing is. Logged when it is news."""
        if mistake and mistake != self._mistakes.get(what):
            log.error("channels, %s: %s", what, mistake)
        self._mistakes = {**self._mistakes, what: mistake} if mistake else _without(self._mistakes, what)
        metrics.stale.set(bool(self._mistakes))


class Reload:
    """Looks for other files. `prepare` is given a new set before anybody sees it; it may raise Unavailable."""

    def __init__(
        self, channels: Channels, config: Path, settings: Settings, seen: Look, prepare: Callable[[list[Channel]], None]
    ) -> None:
        self._channels, self._config, self._settings, self._prepare = channels, config, settings, prepare
        self._last = self._judged = seen

    def run(self, stop: threading.Event) -> None:
        """Until `stop` is set."""
        while not stop.wait(EVERY):
            self.turn()

    def turn(self) -> bool:
        """One look: whether another set was taken. Blocks for as long as reading the files and `prepare` take."""
        before, self._last = self._last, look(self._config)
        if self._last == self._judged or self._last != before:
            return False
        read, mistake = self._read()
        if look(self._config) != self._last:  # it changed while it was read
            return False
        if not mistake:
            try:
                self._prepare(read)
            except Unavailable as error:
                self._channels.tell("files", f"what changed waits for the bus: {error}")
                return False
            self._take(read)
        self._judged = self._last
        self._channels.tell("files", mistake)
        return not mistake

    def _read(self) -> tuple[list[Channel], str]:
        """The channels, or what is wrong with their files."""
        try:
            return read_channels(self._config, self._settings), ""
        except Misconfigured as error:
            return [], str(error)
        except Exception as error:  # whatever is in the files, the old set goes on
            return [], f"the files can't be read: {fault(error)}"

    def _take(self, read: list[Channel]) -> None:
        before = self._channels.open
        self._channels.take(read)
        log.info("channels taken over: %s", _difference(before, self._channels.open))


def look(config: Path) -> Look:
    """What the files are, without reading them."""
    return dict(_files(config.parent))


def _files(folder: Path) -> Iterator[tuple[str, tuple[int, int, int, int]]]:
    found = [folder / DOMAINS, *(path for name in FOLDERS for path in (folder / name).glob("*.*"))]
    for path in found:
        if path.name.endswith(".test.yaml"):
            continue
        try:
            stat = path.stat()
        except OSError:  # gone since, not there, or a link that leads nowhere yet
            continue
        yield str(path.relative_to(folder)), (stat.st_dev, stat.st_ino, stat.st_mtime_ns, stat.st_size)


def _difference(before: Mapping[str, Channel], after: Mapping[str, Channel]) -> str:
    told = (
        ("new", after.keys() - before.keys()),
        ("gone", before.keys() - after.keys()),
        ("changed", {name for name in before.keys() & after.keys() if before[name] != after[name]}),
    )
    return "; ".join(f"{what} {', '.join(sorted(names))}" for what, names in told if names) or "as they were"


def _without(mistakes: Mapping[str, str], what: str) -> dict[str, str]:
    return {name: mistake for name, mistake in mistakes.items() if name != what}
