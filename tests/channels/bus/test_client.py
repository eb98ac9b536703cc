"""A client that can't be made leaves no thread and no socket behind."""

from __future__ import annotations

import gc
import logging
import os
import threading
from pathlib import Path
from typing import Any

import pytest
from kafka import KafkaAdminClient, KafkaConsumer
from kafka.errors import KafkaError

from channels.bus.client import opened
from tests.e2e.program import free_port


def held() -> tuple[set[int | None], int]:
    gc.collect()
    return {thread.ident for thread in threading.enumerate()}, len(os.listdir(Path("/proc/self/fd")))


@pytest.mark.parametrize("kind", [KafkaAdminClient, KafkaConsumer])
def test_an_attempt_while_no_broker_answers_leaves_nothing_behind(
    kind: type[Any], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL, "kafka")  # a log line that is kept would keep its connection
    arguments = {"bootstrap_servers": [f"127.0.0.1:{free_port()}"], "bootstrap_timeout_ms": 200}
    before = held()
    for _ in range(3):
        with pytest.raises(KafkaError):
            opened(kind, **arguments)
    assert held() == before
    with pytest.raises(KafkaError):
        opened(kind, unknown_setting=1)
