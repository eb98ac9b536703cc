"""A watched folder per channel: drop a file, find it in `done/` or `failed/` with a report beside it.

A file is taken once it is complete: nothing was added for some seconds, and its name does not start with a dot nor end
in `.part` or `.tmp` (write under such a name and rename: that is the safe way). One that grew while it was taken
comes back and is taken whole. The order is receive, report, move:
a crash in between reads the file again, and the file's name as control ID makes that a repeat without effect.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import mimetypes
import os
import time
from collections.abc import Sequence
from pathlib import Path

import orjson

from channels.channel import Channel
from channels.receive import Door, taken
from schemas.message import Message, Reply, Unavailable

SETTLED = 5.0
EVERY = 1.0

log = logging.getLogger("wasl.files")


class Folder:
    """The watched folder of one channel. `channel` may be replaced: it holds from the next file on."""

    def __init__(self, channel: Channel, folder: Path, door: Door, settled: float = SETTLED) -> None:
        self.channel, self._folder, self._door, self._settled = channel, folder, door, settled
        self._seen: dict[str, tuple[int, int]] = {}
        for name in ("done", "failed"):
            (folder / name).mkdir(parents=True, exist_ok=True)

    async def watch(self, every: float = EVERY) -> None:
        """Until cancelled."""
        while True:
            try:
                await self.sweep()
            except OSError as error:
                log.error("folder of %s: %s", self.channel.name, error.strerror)
            await asyncio.sleep(every)

    async def sweep(self) -> int:
        """Takes every complete file, in the order of their names; tells how many."""
        count = 0
        for path in await asyncio.to_thread(self._complete):
            try:
                await self._take(path)
            except Unavailable as error:
                log.warning("folder of %s waits: %s", self.channel.name, error.reason)
                break
            count += 1
        return count

    def _complete(self) -> list[Path]:
        found: dict[str, tuple[int, int]] = {}
        complete = []
        with os.scandir(self._folder) as entries:
            for entry in entries:
                if entry.name.startswith(".") or entry.name.endswith((".part", ".tmp")):
                    continue
                if not entry.is_file(follow_symlinks=False):
                    continue
                stat = entry.stat(follow_symlinks=False)
                found[entry.name] = (stat.st_size, stat.st_mtime_ns)
                quiet = time.time() - stat.st_mtime >= self._settled
                if quiet and self._seen.get(entry.name) == found[entry.name]:
                    complete.append(Path(entry.path))
        self._seen = found
        return sorted(complete)

    async def _take(self, path: Path) -> None:
        channel = self.channel
        limit = channel.said.max_size
        if path.stat().st_size > limit:
            await asyncio.to_thread(_move, path, "failed", _too_large(limit), path.stat().st_size)
            return
        body = await asyncio.to_thread(path.read_bytes)
        messages = await asyncio.to_thread(_messages, channel, path.name, body)
        replies = await self._door.receive_all(channel, messages)
        verdict = "done" if any(reply.accepted for reply in replies) else "failed"
        await asyncio.to_thread(_move, path, verdict, _report(messages, replies), len(body))


def _messages(channel: Channel, name: str, body: bytes) -> list[Message]:
    content_type = mimetypes.guess_type(name)[0] or ""
    messages = []
    for one in channel.mediator.split(body):
        glance = channel.mediator.describe(one, content_type)
        message = taken(channel, glance, one, content_type=content_type, peer="files", client="files")
        messages.append(message if message.control_id else _named(message, name))
    return messages


def _named(message: Message, name: str) -> Message:
    """The file's name as control ID, for formats that have none; hashed, for names may hold anything."""
    digest = hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()[:32]
    fields = {key: getattr(message, key) for key in Message.__slots__}
    return Message(**{**fields, "control_id": f"file:{digest}"})


def _report(messages: Sequence[Message], replies: Sequence[Reply]) -> bytes:
    told = [
        {"transaction": message.transaction, "reply": reply.code, "answer": _readable(reply)}
        for message, reply in zip(messages, replies, strict=True)
    ]
    return orjson.dumps({"messages": told}, option=orjson.OPT_INDENT_2)


def _readable(reply: Reply) -> object:
    try:
        return orjson.loads(reply.body)
    except orjson.JSONDecodeError:
        return reply.body.decode("utf-8", "replace").replace("\r", "\n").splitlines()


def _too_large(limit: int) -> bytes:
    said = {"error": f"the file is longer than {limit} bytes", "remedy": "split it, or raise the channel's max_size"}
    return orjson.dumps(said, option=orjson.OPT_INDENT_2)


def _move(path: Path, verdict: str, report: bytes, size: int) -> None:
    """Report first, then the file: a file in `done/` always has its report.

    A file that is not of the size that was read is still being written: it goes back, to be taken whole.
    """
    target = path.parent / verdict / path.name
    number = 1
    while target.exists():
        number += 1
        target = path.parent / verdict / f"{path.stem}.{number}{path.suffix}"
    beside = target.with_name(target.name + ".report.json")
    beside.write_bytes(report)
    path.rename(target)
    if target.stat().st_size != size and not path.exists():
        log.warning("a file of %s grew while it was taken: it is taken again", path.parent.name)
        target.rename(path)
        beside.unlink()
