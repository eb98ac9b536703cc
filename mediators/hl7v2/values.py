"""OBX-5 by its value type (OBX-2, HL7 table 0125) → Value. What a type can't be read as stays a text, never lost."""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Callable
from hashlib import sha256
from typing import Final

from mediators.hl7v2 import times
from mediators.hl7v2.datatypes import code, part, said
from mediators.hl7v2.reader import Field
from mediators.hl7v2.scope import Scope
from schemas.events import Attachment, Value

# A comma before exactly three digits may part thousands
_NUMBER: Final = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*|,(?:[0-9]{1,2}|[0-9]{4,}))?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")
_COMPARATOR: Final = re.compile(r"(<=|>=|=<|=>|<|>|≤|≥)\s*(.+)", re.DOTALL)
_COMPARATORS: Final = {"=<": "<=", "=>": ">=", "≤": "<=", "≥": ">="}
_SN_COMPARATORS: Final = frozenset(("<", ">", "<=", ">=", "=", "<>", "=<", "=>", "≤", "≥"))
_TYPES: Final = {
    "pdf": "application/pdf", "jpeg": "image/jpeg", "jpg": "image/jpeg", "png": "image/png", "gif": "image/gif",
    "tiff": "image/tiff", "tif": "image/tiff", "html": "text/html", "rtf": "application/rtf", "xml": "text/xml",
    "plain": "text/plain", "txt": "text/plain", "dicom": "application/dicom", "basic": "audio/basic",
    "postscript": "application/postscript", "octet-stream": "application/octet-stream",
}  # fmt: skip
# Table 0191 (ED-2) → top-level MIME type
_TOPS: Final = {
    "ap": "application", "application": "application", "au": "audio", "audio": "audio", "im": "image",
    "image": "image", "si": "image", "ns": "image", "ft": "text", "tx": "text", "text": "text", "tex": "text",
    "multipart": "multipart", "video": "video",
}  # fmt: skip
_WRITTEN: Final = frozenset(kind for kind, top in _TOPS.items() if top == "text")


def value(field: Field, kind: str, scope: Scope, has_unit: bool = False) -> Value | None:
    """One repetition of OBX-5; None for nothing. `kind` is OBX-2 as sent; `has_unit` tells a number without a type
    from a text of digits."""
    whole = field.whole
    raw = said(whole)
    if raw is None:
        return None
    told: Value = {"type": kind, "raw": whole}
    read = _READ.get(kind.upper())
    if read:
        read(field, raw, told, scope)
    elif kind or not (has_unit and _number(raw, told)):
        told["text"] = whole.rstrip()
    return told


def bounds(text: str) -> tuple[str | None, str | None]:
    """Low and high of a reference range such as "3.1-6.2", "3,5 à 5", "<5", ">= 60"; None where it says neither."""
    if found := _RANGE.fullmatch(text):
        return found[1], found[2]
    if (found := _COMPARATOR.fullmatch(text)) and _NUMBER.fullmatch(found[2].strip()):
        bound = found[2].strip()
        return (None, bound) if found[1] in ("<", "<=", "=<", "≤") else (bound, None)
    return None, None


_RANGE: Final = re.compile(rf"({_NUMBER.pattern})\s*(?:-|–|—|_|à|to|\.\.)\s*({_NUMBER.pattern})")


def _number(text: str, told: Value) -> bool:
    """A number with or without a comparator; its digits stay as sent."""
    text = text.strip()
    if _NUMBER.fullmatch(text):
        told["number"] = text
        return True
    found = _COMPARATOR.fullmatch(text)
    if not found or not _NUMBER.fullmatch(found[2].strip()):
        return False
    told["comparator"] = _COMPARATORS.get(found[1], found[1])
    told["number"] = found[2].strip()
    return True


def _nm(field: Field, raw: str, told: Value, scope: Scope) -> None:
    """NM. What is no number is a text; of several components the first may be the number."""
    if not _number(raw, told) and not (field.components > 1 and _number(field.text(1), told)):
        told["text"] = raw


def _sn(field: Field, raw: str, told: Value, scope: Scope) -> None:
    """SN: comparator ^ number ^ separator or suffix ^ number."""
    comparator, first, separator, second = (said(field.text(number)) or "" for number in (1, 2, 3, 4))
    numbers = all(not number or _NUMBER.fullmatch(number) for number in (first, second))
    if not first and not second:
        if not _number(raw, told):
            told["text"] = raw
    elif not numbers or (comparator and comparator not in _SN_COMPARATORS):
        told["text"] = f"{comparator}{first}{separator}{second}"
    else:
        for key, text in (("number", first), ("separator", separator), ("high", second)):
            if text:
                told[key] = text  # type: ignore[literal-required]  # three keys of Value
        if comparator:
            told["comparator"] = _COMPARATORS.get(comparator, comparator)


def _nr(field: Field, raw: str, told: Value, scope: Scope) -> None:
    """NR: low ^ high."""
    low, high = said(field.text(1)), said(field.text(2))
    if not all(number is None or _NUMBER.fullmatch(number) for number in (low, high)) or not (low or high):
        told["text"] = raw
        return
    told["separator"] = "-"
    if low:
        told["number"] = low
    if high:
        told["high"] = high


def _coded(field: Field, raw: str, told: Value, scope: Scope) -> None:
    found = code(field)
    if found:
        told["code"] = found
    else:
        told["text"] = raw


def _text(field: Field, raw: str, told: Value, scope: Scope) -> None:
    told["text"] = field.whole.rstrip()


def _moment(field: Field, raw: str, told: Value, scope: Scope) -> None:
    if found := times.time(field.text(1).strip(), scope.zone):
        told["time"] = found
    else:
        told["text"] = raw


def _clock(field: Field, raw: str, told: Value, scope: Scope) -> None:
    if found := times.clock(field.text(1).strip()):
        told["time"] = found
    else:
        told["text"] = raw


def _document(field: Field, raw: str, told: Value, scope: Scope) -> None:
    """ED: source ^ type ^ subtype ^ encoding ^ data. The bytes stand once: `raw` keeps what goes before them."""
    kind, subtype = part(field, 2) or "", part(field, 3) or ""
    encoding, sent = (part(field, 4) or "").lower(), field.component(5).whole
    data = _bytes(sent, encoding or ("a" if kind.lower() in _WRITTEN else ""))
    if not data:
        return
    attachment: Attachment = {"data": data, "size": len(data), "hash": sha256(data).hexdigest()}
    if content_type := _content_type(kind, subtype) or ("application/pdf" if data.startswith(b"%PDF-") else None):
        attachment["content_type"] = content_type
    told["attachment"] = attachment
    told["raw"] = "^".join(field.component(number).whole for number in (1, 2, 3, 4))


def _bytes(sent: str, encoding: str) -> bytes | None:
    """The bytes of ED-5 by ED-4 (table 0299); base64 too where the encoding isn't told and it can be nothing else."""
    if encoding in ("a", "ascii", "none"):
        return sent.encode()
    packed = "".join(sent.split())
    if not encoding and (len(packed) < 16 or len(packed) % 4):
        return sent.encode()
    try:
        if encoding in ("hex", "hexadecimal"):
            return bytes.fromhex(packed)
        return b64decode(packed + "=" * (-len(packed) % 4), validate=True)
    except ValueError:
        return None if encoding else sent.encode()


def _content_type(kind: str, subtype: str) -> str | None:
    kind, subtype = kind.lower(), subtype.lower()
    if "/" in kind or "/" in subtype:
        return kind if "/" in kind else subtype
    if known := _TYPES.get(subtype) or (None if subtype else _TYPES.get(kind)):
        return known
    if top := _TOPS.get(kind):
        return f"{top}/{subtype}" if subtype else ("text/plain" if top == "text" else None)
    return None


def _pointer(field: Field, raw: str, told: Value, scope: Scope) -> None:
    """RP: pointer ^ application ^ type ^ subtype."""
    url = part(field, 1)
    if not url:
        told["text"] = raw
        return
    attachment: Attachment = {"url": url}
    if content_type := _content_type(part(field, 3) or "", part(field, 4) or ""):
        attachment["content_type"] = content_type
    told["attachment"] = attachment


_READ: Final[dict[str, Callable[[Field, str, Value, Scope], None]]] = {
    "NM": _nm,
    "SN": _sn,
    "NR": _nr,
    **dict.fromkeys(("CE", "CWE", "CNE", "CF", "IS", "ID"), _coded),
    **dict.fromkeys(("ST", "TX", "FT"), _text),
    **dict.fromkeys(("DT", "TS", "DTM"), _moment),
    "TM": _clock,
    "ED": _document,
    "RP": _pointer,
}
