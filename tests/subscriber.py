"""Somebody who takes notifications over MLLP on a port of its own, and acknowledges them."""

from __future__ import annotations

import socket
import threading

from tests.e2e.registry import Answer


class Subscriber:
    """`code`: how it acknowledges. `port`: 0 is any."""

    def __init__(self, port: int = 0, code: str = "AA") -> None:
        self.taken: list[Answer] = []
        self._code = code
        self._server = socket.create_server(("127.0.0.1", port))
        self.port: int = self._server.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self._server.close()

    def _serve(self) -> None:
        while True:
            try:
                line, _ = self._server.accept()
            except OSError:
                return
            with line:
                self._talk(line)

    def _talk(self, line: socket.socket) -> None:
        received = b""
        while chunk := line.recv(65536):
            received += chunk
            while b"\x1c\r" in received:
                frame, _, received = received.partition(b"\x1c\r")
                told = Answer(frame.lstrip(b"\x0b").decode())
                self.taken.append(told)
                answer = f"MSH|^~\\&|X|Y\rMSA|{self._code}|{told.field('MSH', 10)}\r"
                line.sendall(b"\x0b" + answer.encode() + b"\x1c\r")
