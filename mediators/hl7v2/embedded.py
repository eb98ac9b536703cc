"""Documents within a message: ED (the bytes themselves) and RP (a pointer), as a typed and hashed Attachment.

Sources: HL7 v2.8.2 chapter 2A (ED, RP), tables 0191 (type of data), 0291 (subtype: MIME), 0299 (encoding). What a
document is, its first bytes tell where the sender doesn't, or tells what can't be. Nothing is parsed: an XML document
(CDA) is bytes like any other, so that no entity in it is ever resolved. All in time linear in the size.
"""

from __future__ import annotations

import binascii
import re
from base64 import b64decode
from hashlib import sha256
from typing import Final

from mediators.hl7v2.datatypes import part
from mediators.hl7v2.reader import Field
from schemas.events import Attachment, Value

_TYPES: Final = {
    "pdf": "application/pdf", "jpeg": "image/jpeg", "jpg": "image/jpeg", "jpe": "image/jpeg", "png": "image/png",
    "gif": "image/gif", "tiff": "image/tiff", "tif": "image/tiff", "html": "text/html", "htm": "text/html",
    "rtf": "application/rtf", "xml": "text/xml", "cda": "text/xml",
    "plain": "text/plain", "txt": "text/plain", "dicom": "application/dicom", "basic": "audio/basic",
    "postscript": "application/postscript", "octet-stream": "application/octet-stream", "bmp": "image/bmp",
    "doc": "application/msword", "json": "application/json", "zip": "application/zip",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "msword": "application/msword",
}  # fmt: skip
# Table 0191 (ED-2) → top-level MIME type
_TOPS: Final = {
    "ap": "application", "application": "application", "au": "audio", "audio": "audio", "im": "image",
    "image": "image", "si": "image", "ns": "image", "ft": "text", "tx": "text", "text": "text", "tex": "text",
    "multipart": "multipart", "video": "video",
}  # fmt: skip
_WRITTEN: Final = frozenset(kind for kind, top in _TOPS.items() if top == "text")
_UNTOLD: Final = frozenset((None, "application/octet-stream", "text/plain"))
# How a document of a type begins
_BEGINNINGS: Final = (
    (b"%PDF-", "application/pdf"), (b"\xff\xd8\xff", "image/jpeg"), (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF8", "image/gif"), (b"II*\x00", "image/tiff"), (b"MM\x00*", "image/tiff"), (b"{\\rtf", "application/rtf"),
    (b"PK\x03\x04", "application/zip"), (b"%!PS", "application/postscript"),
)  # fmt: skip
# Texts tell themselves less surely: they go before a type only where it says nothing, or is one of the above
_MARKUP: Final = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:(<\?xml|<(?:\w+:)?ClinicalDocument)|<(?:!doctype\s+)?html)", re.I)
_BINARY: Final = frozenset(kind for _, kind in _BEGINNINGS) - {"application/zip"}
# Base64 of the same beginnings: what senders without ED put into a text
_PACKED: Final = re.compile(r"\s*(?:JVBERi0|/9j/|iVBORw0KGgo|R0lGOD|SUkqA|TU0AK|e1xydGY)[A-Za-z0-9+/]")
_SHORTEST: Final = 64


def document(field: Field, told: Value) -> bool:
    """ED: source ^ type ^ subtype ^ encoding ^ data. The bytes stand once: `raw` keeps what goes before them.

    Whether there is a document at all.
    """
    kind, subtype = part(field, 2) or "", part(field, 3) or ""
    encoding, sent = (part(field, 4) or "").lower(), field.component(5).whole
    data = _bytes(sent, encoding or ("a" if kind.lower() in _WRITTEN else ""))
    if not data:
        return packed(field.whole, told) if field.components == 1 else False
    attachment = _attached(data, content_type(kind, subtype))
    if source := part(field, 1):
        attachment["source"] = source
    told["attachment"] = attachment
    told["raw"] = "^".join(field.component(number).whole for number in (1, 2, 3, 4))
    return True


def disguised(field: Field, told: Value) -> bool:
    """An ED in a field that is said to be a text: five components, and an encoding only an ED has."""
    is_one = field.components == 5 and field.text(4).strip().lower() in ("base64", "hex")
    return is_one and document(field, told)


def packed(text: str, told: Value) -> bool:
    """A document in Base64 where a text is expected, known by how it begins."""
    if len(text) < _SHORTEST or not _PACKED.match(text):
        return False
    data = _base64("".join(text.split()))
    if data is None or not (kind := beginning(data)):
        return False
    told["attachment"] = _attached(data, kind)
    told["raw"] = ""
    return True


def pointer(field: Field, told: Value) -> bool:
    """RP: pointer ^ application ^ type ^ subtype. Whether it points anywhere."""
    url = part(field, 1)
    if not url:
        return False
    attachment: Attachment = {"url": url}
    if kind := content_type(part(field, 3) or "", part(field, 4) or ""):
        attachment["content_type"] = kind
    if source := part(field, 2):
        attachment["source"] = source
    told["attachment"] = attachment
    return True


def written(text: str, title: str | None = None) -> Attachment:
    """A document that was sent as text, in UTF-8."""
    attachment = _attached(text.encode("utf-8", "surrogatepass"), "text/plain; charset=utf-8")
    if title:
        attachment["title"] = title
    return attachment


def content_type(kind: str, subtype: str) -> str | None:
    """The MIME type of a type (table 0191) and subtype (table 0291); None where they tell none."""
    kind, subtype = kind.lower(), subtype.lower()
    if "/" in kind or "/" in subtype:
        return kind if "/" in kind else subtype
    if known := _TYPES.get(subtype) or (None if subtype else _TYPES.get(kind)):
        return known
    if top := _TOPS.get(kind):
        return f"{top}/{subtype}" if subtype else ("text/plain" if top == "text" else None)
    return None


def beginning(data: bytes) -> str | None:
    """The type that the first bytes tell without doubt."""
    found = next((kind for start, kind in _BEGINNINGS if data.startswith(start)), None)
    return found or ("application/dicom" if data[128:132] == b"DICM" else None)


def _attached(data: bytes, kind: str | None) -> Attachment:
    attachment: Attachment = {"data": data, "size": len(data), "hash": sha256(data).hexdigest()}
    if kind := _typed(data, kind):
        attachment["content_type"] = kind
    return attachment


def _typed(data: bytes, kind: str | None) -> str | None:
    found = beginning(data)
    if found == "application/zip" and kind not in _BINARY and kind not in _UNTOLD:
        return kind  # office documents are archives too
    if not found and (kind in _UNTOLD or kind in _BINARY) and (markup := _MARKUP.match(data[:512])):
        found = "text/xml" if markup[1] else "text/html"
    return found or kind


def _bytes(sent: str, encoding: str) -> bytes | None:
    """The bytes of ED-5 by ED-4 (table 0299); base64 too where the encoding isn't told and it can be nothing else."""
    if encoding in ("a", "ascii", "none"):
        return sent.encode("utf-8", "surrogatepass")
    joined = "".join(sent.split())
    if not encoding and (len(joined) < 16 or len(joined) % 4):
        return sent.encode("utf-8", "surrogatepass")
    if encoding in ("hex", "hexadecimal"):
        try:
            return bytes.fromhex(joined)
        except ValueError:
            return None
    data = _base64(joined)
    return data if data is not None or encoding else sent.encode("utf-8", "surrogatepass")


def _base64(joined: str) -> bytes | None:
    try:
        return b64decode(joined + "=" * (-len(joined) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None
