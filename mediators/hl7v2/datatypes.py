"""HL7 v2 data types → the shapes of the canonical events. None (or an empty list) for what was not said.

The readers of all types, to import from one place; each stands in the module named for what it reads.
"""

from __future__ import annotations

from mediators.hl7v2.addresses import ADDRESS_TYPE, ADDRESS_USE, TELECOM_SYSTEM, TELECOM_USE, telecoms, xad, xtn
from mediators.hl7v2.coded import code, coding_system
from mediators.hl7v2.names import NAME_USE, human_name, xpn
from mediators.hl7v2.numbers import cx, ei, identifiers, inner_time, local_system, system_of
from mediators.hl7v2.parties import body_system, cnn, hd, people, pl, xcn, xon
from mediators.hl7v2.texts import bare, each, emptied, listed, one, only, part, repeats, said

__all__ = [
    "ADDRESS_TYPE",
    "ADDRESS_USE",
    "NAME_USE",
    "TELECOM_SYSTEM",
    "TELECOM_USE",
    "bare",
    "body_system",
    "cnn",
    "code",
    "coding_system",
    "cx",
    "each",
    "ei",
    "emptied",
    "hd",
    "human_name",
    "identifiers",
    "inner_time",
    "listed",
    "local_system",
    "one",
    "only",
    "part",
    "people",
    "pl",
    "repeats",
    "said",
    "system_of",
    "telecoms",
    "xad",
    "xcn",
    "xon",
    "xpn",
    "xtn",
]
