"""Threads and tasks that must not die in silence, how an error is told, and the word to stop."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Coroutine
from pathlib import Path

from sqlalchemy.exc import OperationalError

_FRAMES = 6
_EVERY = 0.5

log = logging.getLogger("wasl")


def spare_collection(objects: int = 50_000) -> None:
    """Makes the cyclic collector run rarely, once so many objects more are alive: messages make trees, not cycles, and
    it took a third of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(objects, 20, 20)


def quick_turns() -> None:
    """A thread that computes makes room for others after 1 ms instead of 5: who answers a question waits for a database
    again and again, and needs a turn after each time."""
    sys.setswitchinterval(0.001)


def fault(error: BaseException) -> str:
    """Type and place of an error. Its text only where no patient can be in it: the text may hold what was read."""
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    places = " < ".join(f"{Path(one.filename).name}:{one.lineno} {one.name}" for one in reversed(frames))
    name = type(error).__name__
    if isinstance(error, OperationalError):
        name = f"{name} ({error.orig})"
    elif isinstance(error, OSError) and error.strerror:
        name = f"{name} ({error.strerror})"
    return f"{name} at {places}" if places else name


def started(name: str, work: Callable[[], None]) -> threading.Thread:
    """A thread whose death by an error ends the process: the parent starts it anew."""

    def run() -> None:
        try:
            work()
        except BaseException as error:
            _end(name, error)

    thread = threading.Thread(target=run, name=name, daemon=True)
    thread.start()
    return thread


def tasked(name: str, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
    """As `started`, for a task of the running loop. Keep what it gives: the loop does not."""

    def ended(task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            _end(name, error)

    task = asyncio.get_running_loop().create_task(work, name=name)
    task.add_done_callback(ended)
    return task


def stopped_by_signals() -> threading.Event:
    """Set by SIGTERM and SIGINT. To be called in the main thread."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop


def _end(name: str, error: BaseException) -> None:
    log.critical("%s failed: %s", name, fault(error))
    os._exit(1)


class Ended(threading.Event):
    """Set when the program stops, or when what a loop is for has `ended`: asked every half second of a wait."""

    def __init__(self, stop: threading.Event, ended: Callable[[], bool]) -> None:
        super().__init__()
        self._stop, self._is_ended = stop, ended

    def is_set(self) -> bool:
        return self._stop.is_set() or self._is_ended()

    def wait(self, timeout: float | None = None) -> bool:
        until = time.monotonic() + (timeout or 0)
        while not self.is_set() and (left := until - time.monotonic()) > 0:
            self._stop.wait(min(_EVERY, left))
        return self.is_set()
