"""A client that can't be made leaves no thread behind, and its sockets to the collector."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from kafka import KafkaAdminClient, KafkaConsumer
from kafka.errors import KafkaError

from channels.bus.client import opened
from tests.e2e.program import free_port


def running() -> set[int | None]:
    return {thread.ident for thread in threading.enumerate()}


@pytest.mark.parametrize("kind", [KafkaAdminClient, KafkaConsumer])
def test_an_attempt_while_no_broker_answers_leaves_nothing_behind(kind: type[Any]) -> None:
    arguments = {"bootstrap_servers": [f"127.0.0.1:{free_port()}"], "bootstrap_timeout_ms": 200}
    before = running()
    assert [refused(kind, **arguments) for _ in range(3)] == [True] * 3
    assert running() == before
    assert refused(kind, unknown_setting=1)


def refused(kind: type[Any], **arguments: Any) -> bool:
    """Nothing of the error is kept: its trace would hold the client."""
    try:
        opened(kind, **arguments)
    except KafkaError:
        return True
    return False
