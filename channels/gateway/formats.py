"""What kind of file this is, when nobody says: by its first bytes, then its name."""

from __future__ import annotations

import mimetypes
from pathlib import PurePath

HL7 = "x-application/hl7-v2+er7"
FHIR = "application/fhir+json"
FHIR_XML = "application/fhir+xml"
CSV = "text/csv"
UNKNOWN = "application/octet-stream"


def content_type_of(body: bytes, name: str = "") -> str:
    """A content type the shipped channels know; `application/octet-stream` when nothing tells."""
    head = body[:64].removeprefix(b"\xef\xbb\xbf").lstrip(b"\x0b\r\n\t ")
    if head[:3] in {b"MSH", b"FHS", b"BHS"}:
        return HL7
    if head[:1] in {b"{", b"["}:
        return FHIR
    if head[:1] == b"<" and b"http://hl7.org/fhir" in body[:4096]:
        return FHIR_XML
    guessed = mimetypes.guess_type(PurePath(name).name)[0] or UNKNOWN
    if guessed not in {UNKNOWN, "text/plain"}:
        return guessed
    # many programs export their rows as .txt or .dat
    first_line = body[:4096].split(b"\n", 1)[0]
    return CSV if b";" in first_line or b"," in first_line else guessed
