"""Batches (FHS, BHS … BTS, FTS) and several messages in one body: taken apart, and their replies put together."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from mediators.hl7v2.charset import wide
from schemas.message import Reply

# a line that begins a message, or stands around a batch
_HEADER: Final = re.compile(
    rb"(?:^|(?<=[\r\n\x0b\x1c\x00]))(?:\xef\xbb\xbf)?[ \t]*"
    rb"(?:MSH(?=[^A-Za-z0-9\s])|(?:FHS|BHS|BTS|FTS)(?=[^A-Za-z0-9\s]|[\r\n]|$))"
)
_SEGMENT: Final = re.compile(rb"(?:^|[\r\n\x0b\x1c\x00])(?:\xef\xbb\xbf)?[ \t]*[A-Z][A-Z0-9]{2}[^A-Za-z0-9\s]")
_COUNT: Final = re.compile(rb"BTS[^A-Za-z0-9\s]\s*([0-9]{1,9})(?![0-9])")
_HEADERS: Final = (b"MSH", b"FHS", b"BHS", b"BTS", b"FTS")
_FRAMING: Final = b"\x0b\x1c\x00\r\n"
_COMMENT: Final = (b"#", b"//", b"/*")
_SEVERITY: Final = ("AA", "CA", "AE", "CE", "AR", "CR")


def split(body: bytes) -> list[bytes]:
    """The messages of a batch, in order, without what stands around them; anything else is itself.

    What looks like segments but follows no MSH is kept as a piece of its own, to be refused with a reason. A BTS that
    counts another number of messages stays with the last of them, where `conformance` tells it.
    """
    if codec := wide(body):
        pieces = _pieces(body.decode(codec, "ignore").removeprefix("\ufeff").encode())
        return [body] if len(pieces) < 2 else [piece.decode().encode("utf-16") for piece in pieces]
    return _pieces(body)


def _pieces(body: bytes) -> list[bytes]:
    if body.startswith(b"MSH") and not any(body.find(name, 3) > 0 for name in _HEADERS):
        return [body]
    headers = list(_HEADER.finditer(body))
    starts, kinds = [match.start() for match in headers], [match[0][-3:] for match in headers]
    if kinds in ([], [b"MSH"]) and not _SEGMENT.search(body[: starts[0]] if starts else b""):
        return [body]
    ends = [*starts[1:], len(body)]
    pieces = [body[: starts[0]]] if starts else []
    count = 0
    for kind, start, end in zip(kinds, starts, ends, strict=True):
        piece = body[start:end]
        if kind == b"MSH":
            count += 1
        elif kind == b"BTS" and count and _miscounted(piece, count):
            pieces[-1] += piece
            continue
        else:
            count, piece = 0, _after_line(piece)
        pieces.append(piece)
    return [piece for piece in map(_trimmed, pieces) if _SEGMENT.search(piece)] or [body]


def _miscounted(trailer: bytes, count: int) -> bool:
    """Whether BTS-1 tells another number of messages."""
    told = _COUNT.match(trailer.lstrip())
    return told is not None and int(told[1]) != count


def join(replies: Sequence[Reply]) -> Reply:
    """One reply for a batch: BHS, the acknowledgements, BTS with their number. Its code is the worst of them.

    The status is 200 when any message was accepted, for the rest is told one by one.
    """
    if len(replies) == 1:
        return replies[0]
    answers = [reply.body.rstrip(b"\r") + b"\r" for reply in replies if reply.body]
    worst = max(replies, key=lambda reply: _SEVERITY.index(reply.code) if reply.code in _SEVERITY else 0)
    status = 200 if any(reply.accepted for reply in replies) else worst.status
    accepted = all(reply.accepted for reply in replies)
    body = _around(answers) if answers else b""
    return Reply(body, worst.content_type, worst.code, status, accepted)


def _around(answers: Sequence[bytes]) -> bytes:
    separator = answers[0][3:4]
    fields = answers[0].split(b"\r", 1)[0].split(separator)[1:7]
    header = separator.join([b"BHS", *fields])
    trailer = separator.join([b"BTS", str(len(answers)).encode()])
    return header + b"\r" + b"".join(answers) + trailer + b"\r"


def _after_line(piece: bytes) -> bytes:
    return b"".join(re.split(rb"[\r\n]", piece, maxsplit=1)[1:])


def _trimmed(piece: bytes) -> bytes:
    """Without MLLP's bytes, and without comment lines that some files have between messages."""
    lines = piece.strip(_FRAMING).splitlines(keepends=True)
    while lines and (not lines[-1].strip() or lines[-1].lstrip().startswith(_COMMENT)):
        lines.pop()
    return b"".join(lines).rstrip(_FRAMING)
