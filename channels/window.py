"""The window of what was mediated lately. It saves work and tells the operator; correctness never rests on it.

Each process remembers what it mediated itself. What other processes mediated, or this one before its restart, stands
in Redis for LASTING seconds, where there is one. That memory may be ahead of all else: when the bus or the database was
restored from a backup, Redis still knows messages whose effects are gone, and their senders send them again. So what is
found there counts only if the journal says that every event of that transaction was delivered (one query for a batch
with finds, none for others); else the message is mediated again, which changes nothing that is there already.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from channels.bus.bus import Record
from schemas.message import Message

if TYPE_CHECKING:  # its client is loaded where there is a Redis
    from channels.memory import Memory

KIND = "window"
LASTING = 3600

Key = tuple[str, str]
Seen = tuple[str, str]


class Shared:
    """What all processes know. `landed` gives those of some transactions whose events were all delivered."""

    def __init__(self, memory: Memory, landed: Callable[[Collection[str]], Collection[str]]) -> None:
        self._memory, self._landed = memory, landed

    def of(self, records: Iterable[Record]) -> dict[Key, Seen]:
        """What was seen before under the keys of these records, as far as it may be believed."""
        keys = list(dict.fromkeys(_key_of(record.headers) for record in records))
        answers = self._memory.read(KIND, [_name(key) for key in keys])
        found = {key: _seen(value) for key, value in zip(keys, answers, strict=True) if value}
        landed = self._landed({first for _, first in found.values()}) if found else ()
        return {key: seen for key, seen in found.items() if seen[1] in landed}

    def learn(self, seen: Iterable[tuple[Key, Seen]]) -> None:
        entries = {_name(key): f"{digest} {first}".encode() for key, (digest, first) in seen}
        self._memory.write(KIND, entries, LASTING)


class Window:
    """By feed and control ID: the content's digest and the transaction that was first. Holds the latest `size`.

    A batch reads through a window of its own over the lasting one: what it learns is forgotten with the batch.
    """

    def __init__(self, size: int, below: Window | None = None, shared: Shared | None = None) -> None:
        self._size, self._below, self._shared = size, below, shared
        self._seen: OrderedDict[Key, Seen] = OrderedDict()

    def over(self, records: Sequence[Record]) -> Window:
        """A window for this batch, over what is known here and, after one round trip, elsewhere."""
        if self._shared and self._size:
            strange = [record for record in records if _told(record) and _key_of(record.headers) not in self._seen]
            self._seen.update(self._shared.of(strange))
            self._trim()
        return Window(len(records), self)

    def duplicate_of(self, message: Message) -> str | None:
        """The other transaction that said the same. A record read again is never a duplicate of itself."""
        seen = self._of(message)
        if seen is None or seen[0] != message.digest or seen[1] == message.transaction:
            return None
        return seen[1]

    def reused(self, message: Message) -> bool:
        """Whether the control ID came before, from the same feed, with other content."""
        seen = self._of(message)
        return seen is not None and seen[0] != message.digest

    def learn(self, messages: Iterable[Message]) -> None:
        """To be called once their outputs are durable."""
        learned = {}
        for message in messages:
            if not message.rerun_of and self.duplicate_of(message) is None:
                learned[_key(message)] = self._seen[_key(message)] = (message.digest, message.transaction)
                self._seen.move_to_end(_key(message))
        self._trim()
        if self._shared and self._size and learned:
            self._shared.learn(learned.items())

    def _trim(self) -> None:
        while len(self._seen) > self._size:
            self._seen.popitem(last=False)

    def _of(self, message: Message) -> Seen | None:
        if message.rerun_of:
            return None
        found = self._seen.get(_key(message))
        return self._below._of(message) if found is None and self._below else found


def _key(message: Message) -> Key:
    # without a control ID only the same bytes are the same message
    return message.feed, message.control_id or message.digest


def _told(record: Record) -> bool:
    """Whether the headers say all that a look needs, and the message is not a rerun."""
    said = record.headers
    return said.keys() >= {"channel", "sender", "control_id", "sha256"} and not said.get("rerun_of")


def _key_of(said: Mapping[str, str]) -> Key:
    """As `_key` (and Message.feed), before the body was unlocked."""
    return f"{said['channel']}|{said['sender']}", said["control_id"] or said["sha256"]


def _name(key: Key) -> str:
    return "\x1f".join(key)


def _seen(value: bytes) -> Seen:
    digest, _, first = value.decode().partition(" ")
    return digest, first
