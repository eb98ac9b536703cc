"""The window of what was mediated lately. It saves work and tells the operator; correctness never rests on it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable

from schemas.message import Message


class Window:
    """By feed and control ID: the content's digest and the transaction that was first. Holds the latest `size`.

    A batch reads through a window of its own over the lasting one: what it learns is forgotten with the batch.
    """

    def __init__(self, size: int, below: Window | None = None) -> None:
        self._size, self._below = size, below
        self._seen: OrderedDict[tuple[str, str], tuple[str, str]] = OrderedDict()

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
        for message in messages:
            if not message.rerun_of and self.duplicate_of(message) is None:
                self._seen[_key(message)] = (message.digest, message.transaction)
                self._seen.move_to_end(_key(message))
        while len(self._seen) > self._size:
            self._seen.popitem(last=False)

    def _of(self, message: Message) -> tuple[str, str] | None:
        if message.rerun_of:
            return None
        found = self._seen.get(_key(message))
        return self._below._of(message) if found is None and self._below else found


def _key(message: Message) -> tuple[str, str]:
    # without a control ID only the same bytes are the same message
    return message.feed, message.control_id or message.digest
