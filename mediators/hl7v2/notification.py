"""PIX update notification (ITI-10): ADT^A31 with all numbers of a person, and no name."""

from __future__ import annotations

from mediators.hl7v2.acknowledgement import CONTENT_TYPE
from mediators.hl7v2.delimiters import STANDARD, escaped
from mediators.hl7v2.pid import Pid
from schemas.domains import Domains
from schemas.events import Patient

__all__ = ["CONTENT_TYPE", "notification"]


def notification(patient: Patient, domains: Domains, receiver: tuple[str, str], control_id: str, at: str) -> bytes:
    """The message in UTF-8. `receiver`: MSH-5 and MSH-6; `at`: YYYYMMDDHHMMSS and the offset."""
    to = [escaped(name, STANDARD) for name in receiver]
    header = ["MSH", STANDARD.encoding_characters, "WASL", "", *to, at, "", "ADT^A31^ADT_A05", control_id, "P", "2.5"]
    segments = [
        [*header, "", "", "", "", "", "UNICODE UTF-8"],
        ["EVN", "", at],
        Pid(STANDARD, domains).numbers(patient),
        ["PV1", "", "N"],
    ]
    return "".join(STANDARD.field.join(one).rstrip(STANDARD.field) + "\r" for one in segments).encode()
