"""Messages as nobody should send them: whole ones of every family, then broken in the ways that lines and files do.

Each has a number, and the same number always makes the same message.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import cache
from typing import Final

from tests.mediators.hl7v2.filled import REAL, STRUCTURES, filled

_JUNK: Final = (
    b"\x00", b"\x0b", b"\x1c\r", b"\xff", b"\xc3", b"\xef\xbb\xbf", b"\\X", b"\\XZZ\\", b"\\.br\\", b"\\",
    b"&&&&", b"^^^^^^", b"~~~~", b'""', b"|", b"\r\r", b"\n", b"\r\nADD|", b"\rDSC|x\r", b"\rMSH|^~\\&|", b"\xe9",
    "أحمد".encode(), b"9" * 400, b"20240230", b"0000", b"-1", b"1e999", b"NaN", b"<15", b"60~120", b"2.16.840.1",
    b"\rZZZ|1", b"\rPID", b"\rOBX|1|NM|",
)  # fmt: skip
_DELIMITERS: Final = (b"^~\\&", b"^~\\&#", b"^~&", b"^~\\\\&", b"^&", b"|~\\&", b"@#$%", b"^~\\", b"")
_CODES: Final = (b"A", b"D", b"X", b"C", b"P", b"F", b"W", b"NW", b"CA", b"DC", b"HD", b"CM", b"U", b"?", b"")


def message(number: int) -> bytes:
    """The message of this number. Small ones are the most frequent, as on any line."""
    chance = random.Random(number)
    lines = list(chance.choice(_whole()))
    if chance.random() < 0.98:
        lines = _thinned(lines, chance)
    body = b"\r".join(lines)
    for _ in range(chance.choice((0, 1, 1, 2, 3, 6))):
        body = chance.choice(_BREAKS)(body, chance)
    return body


@cache
def _whole() -> list[list[bytes]]:
    return [filled(kind, version).body.split(b"\r") for kind in STRUCTURES for version in ("2.3", "2.5.1", "2.8")]


def _thinned(lines: list[bytes], chance: random.Random) -> list[bytes]:
    """What real senders fill: the header, some of the segments, some of their fields."""
    kept = [lines[0]]
    share = chance.choice((0.02, 0.04, 0.08, 0.15, 0.4))
    for line in lines[1:]:
        if line[:3] == b"PID" or chance.random() < share:
            fields = line.split(b"|")
            sparse = [
                one if number < 4 or f"{line[:3].decode()}-{number}" in REAL or chance.random() < share else b""
                for number, one in enumerate(fields)
            ]
            kept.append(b"|".join(sparse).rstrip(b"|"))
    return kept


def _cut(body: bytes, chance: random.Random) -> bytes:
    return body[: chance.randrange(len(body) + 1)]


def _flip(body: bytes, chance: random.Random) -> bytes:
    if not body:
        return body
    at = chance.randrange(len(body))
    return body[:at] + bytes([chance.randrange(256)]) + body[at + 1 :]


def _put(body: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(body) + 1)
    return body[:at] + chance.choice(_JUNK) + body[at:]


def _drop(body: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(body) + 1)
    return body[:at] + body[at + chance.randrange(1, 60) :]


def _shuffle(body: bytes, chance: random.Random) -> bytes:
    head, *lines = body.split(b"\r")
    chance.shuffle(lines)
    return b"\r".join([head, *lines])


def _repeat(body: bytes, chance: random.Random) -> bytes:
    lines = body.split(b"\r")
    at = chance.randrange(len(lines))
    return b"\r".join([*lines[:at], *[lines[at]] * chance.randrange(2, 30), *lines[at + 1 :]])


def _recode(body: bytes, chance: random.Random) -> bytes:
    """Another code in a field that decides."""
    lines = body.split(b"\r")
    at = chance.randrange(len(lines))
    fields = lines[at].split(b"|")
    fields[chance.randrange(len(fields))] = chance.choice(_CODES)
    lines[at] = b"|".join(fields)
    return b"\r".join(lines)


def _declare(body: bytes, chance: random.Random) -> bytes:
    return body.replace(b"^~\\&", chance.choice(_DELIMITERS), 1)


def _line_ends(body: bytes, chance: random.Random) -> bytes:
    return body.replace(b"\r", chance.choice((b"\n", b"\r\n", b"\n\r", b"\r\r")))


def _wide(body: bytes, chance: random.Random) -> bytes:
    return body.decode("latin-1").encode(chance.choice(("utf-16", "utf-16-le", "utf-8-sig", "cp037")))


_BREAKS: Final[tuple[Callable[[bytes, random.Random], bytes], ...]] = (
    _cut, _flip, _flip, _put, _put, _drop, _shuffle, _repeat, _recode, _recode, _declare, _line_ends, _wide,
)  # fmt: skip
