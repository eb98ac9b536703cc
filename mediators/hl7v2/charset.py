"""Which characters the bytes mean: HL7 table 0211 with the aliases of the field, and a safe guess."""

from __future__ import annotations

import re
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

FALLBACK: Final = "cp1252"

_SIMPLE: Final = {
    "ascii": "ASCII USASCII ANSI_X341968 ISOIR6 ISO646 646",
    "utf-8": "UNICODEUTF8 UTF8 UNICODE UNICODE8 ISOIR192 ISO10646",
    "utf-16": "UNICODEUTF16 UTF16",
    "utf-32": "UNICODEUTF32 UTF32",
    "cp1252": "CP1252 WINDOWS1252 ANSI WIN1252 1252",
    "cp1256": "CP1256 WINDOWS1256 WIN1256 1256",
    "cp850": "CP850 IBM850 PC850 DOS850 850",
    "cp858": "CP858 IBM858 858",
    "cp437": "CP437 IBM437 437 PC8",
    "cp864": "CP864 IBM864 864",
    "cp720": "CP720 IBM720 720",
    "mac-roman": "MACINTOSH MACROMAN MAC",
    "gb18030": "GB180302000 GB18030 GB2312 GBK",
    "big5": "BIG5",
    "euc_kr": "KSX1001 EUCKR ISOIR149",
    "iso2022_jp": "ISOIR87 ISOIR14 ISOIR159 ISO2022JP",
    "shift_jis": "SHIFTJIS SJIS ISOIR13",
    "iso8859-1": "8859 ISO8859 LATIN1 ISOIR100",
    "iso8859-2": "LATIN2 ISOIR101",
    "iso8859-3": "LATIN3 ISOIR109",
    "iso8859-4": "LATIN4 ISOIR110",
    "iso8859-5": "ISOIR144",
    "iso8859-6": "ISOIR127 ARABIC",
    "iso8859-7": "ISOIR126",
    "iso8859-8": "ISOIR138",
    "iso8859-9": "LATIN5 ISOIR148",
}

CODECS: Final = {alias: codec for codec, aliases in _SIMPLE.items() for alias in aliases.split()} | {
    f"{prefix}8859{part}": f"iso8859-{part}" for part in range(1, 17) if part != 12 for prefix in ("", "ISO")
}

_OTHER_THAN_NAME: Final = re.compile(r"[^A-Z0-9_]")


@dataclass(frozen=True, slots=True)
class Decoded:
    """Bytes as text. `codec` is Python's name of what they were read in; `contradicted`: not what was declared."""

    text: str
    codec: str
    contradicted: bool = False


def codec_of(name: str) -> str:
    """Python's name of a character set of table 0211 (or an alias of it); "" when it is none we know."""
    return CODECS.get(_OTHER_THAN_NAME.sub("", name.upper()), "")


def wide(body: bytes) -> str:
    """The UTF-16 codec of a body that is written in it (by its mark, or by NULs around "MSH"); "" for others."""
    if body.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        return "utf-16"
    head = body[:8]
    if head.startswith(b"M\0S\0H\0"):
        return "utf-16-le"
    return "utf-16-be" if head.startswith(b"\0M\0S\0H") else ""


def decode(body: bytes, declared: Sequence[str] = (), default: str = "") -> Decoded:
    """The text of a body whose MSH-18 repetitions are `declared`; `default` stands in when there are none.

    A single-byte character set fits any bytes, so bytes that are valid multi-byte UTF-8 are read as that,
    whatever is declared. Bytes that don't fit the declaration are UTF-8 if they can be, else Windows-1252.
    Never raises: the last resort is ISO 8859-1, where every byte is a character.
    """
    if codec := wide(body):
        return Decoded(body.decode(codec, "replace").removeprefix("\ufeff"), codec)
    if body.startswith(BOM_UTF8):
        body = body[len(BOM_UTF8) :]
    named = [codec_of(name) for name in declared if name.strip()] or [codec_of(default)]
    if body.isascii():
        return _plain(body, named)
    if (text := _try(body, "utf-8")) is not None:
        return Decoded(text, "utf-8", bool(named[0]) and "utf-8" not in named)
    for codec in named:
        if codec and codec != "utf-8" and (text := _try(body, codec)) is not None:
            return Decoded(text, codec)
    text = _try(body, FALLBACK)
    contradicted = any(named)
    return (
        Decoded(body.decode("latin-1"), "latin-1", contradicted)
        if text is None
        else Decoded(text, FALLBACK, contradicted)
    )


def _plain(body: bytes, named: Sequence[str]) -> Decoded:
    """Seven-bit bytes: the same in every character set but those that switch with an escape (ISO 2022)."""
    if "iso2022_jp" in named and b"\x1b" in body and (text := _try(body, "iso2022_jp")) is not None:
        return Decoded(text, "iso2022_jp")
    codec = next((codec for codec in named if codec and codec not in ("utf-16", "utf-32", "ascii")), "utf-8")
    return Decoded(body.decode("ascii"), codec)


def _try(body: bytes, codec: str) -> str | None:
    # 0x80-0x9F are control characters in ISO 8859-1 and never meant: such bytes are Windows-1252
    if codec == "iso8859-1" and any(0x80 <= byte <= 0x9F for byte in set(body)):
        return None
    try:
        return body.decode(codec)
    except UnicodeDecodeError:
        return None
