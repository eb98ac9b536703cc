"""Clients of kafka-python that leave nothing behind when they can't be made.

Its consumer and its admin client start a thread with sockets before they look for a broker (3.0.12): in an outage each
attempt would keep one for ever.
"""

from __future__ import annotations

from typing import Any, TypeVar

T = TypeVar("T")


def opened(kind: type[T], **arguments: Any) -> T:
    """A KafkaConsumer or KafkaAdminClient. Blocks until a broker answers; raises KafkaError when none does."""
    client: Any = kind.__new__(kind)
    try:
        client.__init__(**arguments)
    except Exception:
        if (network := getattr(client, "_client", None)) is not None:
            network.close()
        raise
    made: T = client
    return made
