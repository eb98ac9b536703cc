"""Reads records for a search in a process of its own, so that whoever asks this one something else is not kept waiting:
it takes most of a core for minutes, where a million are known."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from typing import NamedTuple

from sqlalchemy import Engine

from registries.client.index import Counted, Index
from registries.client.records import Records
from schemas.message import Unavailable

# Records in a part: what is merged at once, in some 100 ms
PART = 5_000
_NICE = 10  # there is no hurry: whoever answers goes first


class Part(NamedTuple):
    """An index of what changed, and what it counted; up to which change, and whether that was the last."""

    packed: bytes
    counted: Counted
    number: int
    last: bool


# The number of a change, and what the index counts that will take it in → what changed after it
Fetch = Callable[[int, Counted], Part]


@contextmanager
def helper(opened: Callable[[], Engine], secret: bytes) -> Iterator[Fetch]:
    """A process that opens the registries itself with `opened`, until it is left. What it gives raises Unavailable."""
    fresh = multiprocessing.get_context("spawn")  # a fork would take connections with it
    ours, theirs = fresh.Pipe()
    process = fresh.Process(target=_serve, args=(theirs, opened, secret), name="patient search", daemon=True)
    thread = threading.Thread(target=_start, args=(process,))
    thread.start()
    thread.join()
    theirs.close()

    def fetch(number: int, counted: Counted) -> Part:
        try:
            ours.send((number, counted))
            made: Part | Unavailable = ours.recv()
        except (EOFError, OSError) as error:
            raise Unavailable("the process that reads them ended") from error
        if isinstance(made, Unavailable):
            raise made
        return made

    try:
        yield fetch
    finally:
        ours.close()
        process.join()


def _start(process: SpawnProcess) -> None:
    """In a thread of its own: on Linux a thread has a priority for itself, and what it starts has the same from its
    first import on, when the whole program has just started and is busy."""
    if sys.platform == "linux":
        os.nice(_NICE)
    process.start()


def _serve(asked: Connection, opened: Callable[[], Engine], secret: bytes) -> None:
    """Until nobody asks any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for who asks
    os.nice(max(0, _NICE - os.nice(0)))
    records = Records(opened(), secret)
    with suppress(EOFError, OSError):
        while True:
            number, counted = asked.recv()
            asked.send(_made(records, number, counted))


def _made(records: Records, number: int, counted: Counted) -> Part | Unavailable:
    try:
        return part(records, number, counted)
    except Unavailable as error:
        return error
    except Exception as error:  # its text may hold what was read
        return Unavailable(f"reading them failed: {type(error).__name__}")


def part(records: Records, number: int, counted: Counted) -> Part:
    """What changed after this number. Raises Unavailable."""
    news = records.since(number, PART)
    with closing(Index(counted)) as index:
        with index.at_once():
            for one in news:
                index.put(one.id, one.person, one.patient)
        return Part(index.packed(), index.counted, news[-1].number if news else number, len(news) < PART)
