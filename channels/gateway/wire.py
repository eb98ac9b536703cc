"""HTTP/1.1 on the wire: uvicorn's reading of it, with an end to waiting for requests that never come whole."""

from __future__ import annotations

import asyncio
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol


class Impatient(H11Protocol):
    """Closes a connection whose request has not come whole after `patience` seconds.

    Whoever reads a body answers 408 by then; twice that long is the end of it all the same.
    """

    patience = 30.0

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._closing: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's own
        super().connection_made(transport)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.conn.their_state in {h11.IDLE, h11.SEND_BODY}:
            self._wait()
        else:
            self._stop_waiting()

    def _wait(self) -> None:
        if self._closing is None:
            self._closing = self.loop.call_later(self.patience, self._late)

    def _stop_waiting(self) -> None:
        if self._closing is not None:
            self._closing.cancel()
            self._closing = None

    def _late(self) -> None:
        being_read = self.conn.their_state is h11.SEND_BODY and self.cycle and not self.cycle.response_complete
        if being_read:
            self._closing = self.loop.call_later(self.patience + 5, self.transport.close)
        else:
            self.transport.close()


def impatient(patience: float) -> type[asyncio.Protocol]:
    return type("Impatient", (Impatient,), {"patience": patience})
