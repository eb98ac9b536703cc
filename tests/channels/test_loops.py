"""Errors of loops end the process loudly, and say where without saying what was read."""

from __future__ import annotations

import asyncio
import os
import signal
import threading

import pytest
from sqlalchemy.exc import IntegrityError, OperationalError

from channels.loops import fault, started, stopped_by_signals, tasked


def caught(error: BaseException) -> BaseException:
    try:
        raise error
    except BaseException as raised:
        return raised


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (KeyError("BENNANI Khadija"), "KeyError at test_loops.py:"),
        (ValueError("900000017"), "ValueError at "),
        (OSError(28, "No space left on device", "BENNANI.csv"), "OSError (No space left on device) at "),
        (OperationalError("SELECT", {"v": "900000017"}, Exception("disk full")), "OperationalError (disk full)"),
        (IntegrityError("INSERT", {}, Exception("Key (value)=(900000017) already exists")), "IntegrityError at "),
    ],
)  # fmt: skip
def test_an_error_is_told_by_type_and_place(error: Exception, said: str) -> None:
    told = fault(caught(error))
    assert told.startswith(said)
    assert "in" not in told.split()
    for secret in ("BENNANI", "900000017", "SELECT"):
        assert secret not in told


def test_an_error_that_was_never_raised_has_no_place() -> None:
    assert fault(KeyError("x")) == "KeyError"


@pytest.fixture
def ended(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Set instead of the end of the process."""
    event = threading.Event()

    def end(code: int) -> None:
        assert code == 1
        event.set()

    monkeypatch.setattr(os, "_exit", end)
    return event


def test_a_thread_that_fails_ends_the_process(ended: threading.Event, caplog: pytest.LogCaptureFixture) -> None:
    def fail() -> None:
        raise KeyError("BENNANI")

    started("journal", fail).join()
    assert ended.is_set()
    assert "journal failed: KeyError" in caplog.text
    assert "BENNANI" not in caplog.text


def test_a_task_that_fails_ends_the_process_and_a_cancelled_one_does_not(
    ended: threading.Event, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail() -> None:
        raise KeyError("BENNANI")

    async def both() -> None:
        waiting = tasked("folder", asyncio.Event().wait())  # type: ignore[arg-type]  # what it gives does not matter
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        assert not ended.is_set()
        await asyncio.gather(tasked("folder", fail()), return_exceptions=True)

    asyncio.run(both())
    assert ended.is_set()
    assert "BENNANI" not in "".join(record.getMessage() for record in caplog.records if record.name == "wasl")


def test_a_signal_asks_to_stop() -> None:
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        stop = stopped_by_signals()
        os.kill(os.getpid(), signal.SIGTERM)
        assert stop.wait(5)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
