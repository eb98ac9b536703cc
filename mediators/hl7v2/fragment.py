"""Messages sent in several pieces (DSC, ADD; HL7 v2.8.2 chapter 2.10.2): told from whole ones, and not taken.

ADD within one message continues the segment before it; the reader joins them. A message that goes on in another, or
begins within another's segment, can't be read by itself: half a result could pass for all of it.
"""

from __future__ import annotations

from mediators.hl7v2.reader import Hl7
from schemas.message import Issue

_REMEDY = "send the whole message at once: there is no limit to a segment's length, and ADD within a message is joined"
_SOURCE = "HL7 2.5.1, 2.10.2"


def issues(hl7: Hl7) -> list[Issue]:
    """Why a piece is refused; nothing for a whole message. An empty DSC ends a message and says nothing."""
    found: list[Issue] = []
    following = hl7.segments[1].name if len(hl7.segments) > 1 else ""
    if following == "ADD":
        text = "the message begins with the rest of another one's segment"
        found.append(Issue("ADD", "fragment", text, _REMEDY, code="100", location="ADD^1", source=_SOURCE))
    dsc = hl7.first("DSC")
    if dsc is not None and dsc.text(1).strip():
        text = "the message goes on in another one, which is not joined to it"
        found.append(Issue("DSC-1", "fragment", text, _REMEDY, code="100", location="DSC^1^1", source=_SOURCE))
    return found
