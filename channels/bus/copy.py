"""Moving to another bus: what is undelivered on one is put on the other, in order. Copied twice, it has one effect."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence

from channels.bus.bus import Bus, Record, portions


def copy(source: Bus, target: Bus, readers: Mapping[str, Sequence[str]], kept: Iterable[Record] = ()) -> dict[str, int]:
    """Records copied, by topic. `readers`: topic → the groups that read it; `kept` are copied beside. Blocks.

    Nothing of these groups may read the source meanwhile, nor anything else write there. Raises Unavailable.
    """
    copied = dict.fromkeys(readers, 0)
    seen: set[tuple[str, int]] = set()

    def all_of_them() -> Iterator[Record]:
        yield from kept
        for topic, groups in readers.items():
            yield from source.undone(groups, [topic])

    for portion in portions(all_of_them()):
        new = [record for record in portion if (record.topic, record.offset) not in seen]
        asyncio.run(target.publish(new))
        for record in new:
            seen.add((record.topic, record.offset))
            copied[record.topic] = copied.get(record.topic, 0) + 1
    return copied
