"""Threads that must not die in silence, and the word to stop."""

from __future__ import annotations

import gc
import logging
import os
import signal
import threading
from collections.abc import Callable

log = logging.getLogger("wasl")


def spare_collection() -> None:
    """Makes the cyclic collector run rarely: messages make trees, not cycles, and it took a third of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


def started(name: str, work: Callable[[], None]) -> threading.Thread:
    """A thread whose death by an error ends the process: the parent starts it anew."""

    def run() -> None:
        try:
            work()
        except BaseException:
            log.exception("the loop %s failed", name)
            os._exit(1)

    thread = threading.Thread(target=run, name=name, daemon=True)
    thread.start()
    return thread


def stopped_by_signals() -> threading.Event:
    """Set by SIGTERM and SIGINT. To be called in the main thread."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop
