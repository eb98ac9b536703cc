"""The test sender behind `wasl send`."""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx

from channels.gateway.formats import content_type_of
from mediators.hl7v2.mediator import Hl7v2

TIMEOUT = 30.0
PORTS = {"mllp": 2575, "mllps": 2576}
LONGEST = 16 * 1024 * 1024

# the separator is the sender's own
_POSITIVE = re.compile(r"[\r\n]MSA[^\w\s](AA|CA)")


def send_mllp(to: str, body: bytes) -> Iterator[tuple[str, bool]]:
    """Sends each message of a file on one connection; gives each answer and whether it is positive. Raises OSError."""
    address = urlsplit(to)
    with socket.create_connection(
        (address.hostname or "", address.port or PORTS[address.scheme]), timeout=TIMEOUT
    ) as plain:
        line = plain
        if address.scheme == "mllps":
            line = ssl.create_default_context().wrap_socket(plain, server_hostname=address.hostname)
        for message in Hl7v2().split(body):
            line.sendall(b"\x0b" + message + b"\x1c\r")
            answer = _frame(line)
            yield answer.replace("\r", "\n").rstrip(), bool(_POSITIVE.search(answer))


def send_http(to: str, body: bytes, name: str, client: str | None) -> Iterator[tuple[str, bool]]:
    """Posts the file; gives the answer and whether it is positive. Raises OSError."""
    auth = None
    if client:
        user, _, secret = client.partition(":")
        auth = httpx.BasicAuth(user, secret)
    try:
        answer = httpx.post(
            to, content=body, headers={"Content-Type": content_type_of(body, name)}, auth=auth, timeout=TIMEOUT
        )
    except httpx.HTTPError as error:
        raise OSError(str(error)) from error
    yield f"{answer.status_code} {answer.text}".rstrip().replace("\r", "\n"), answer.is_success


def _frame(line: socket.socket) -> str:
    received = b""
    while not received.endswith(b"\x1c\r"):
        if not (chunk := line.recv(65536)):
            raise OSError("the other side closed the line without an answer: nothing is known, send again")
        received += chunk
        if len(received) > LONGEST:
            raise OSError("the answer does not end")
    return received.lstrip(b"\x0b").removesuffix(b"\x1c\r").decode("utf-8", "replace")
