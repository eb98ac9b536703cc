"""Which segment belongs with which: one of the same group, and of the same patient."""

from __future__ import annotations

from typing import Final

from mediators.hl7v2.reader import Hl7

# A segment is told about by those above it in its own group
_LEVEL: Final = {
    "MSH": 0, "EVN": 0, "PID": 1, "PV1": 2, "PV2": 2, "ORC": 3, "SCH": 3, "TXA": 3, "OBR": 4, "RXO": 4, "RXE": 4,
    "RXD": 4, "RXA": 4, "FT1": 4, "OBX": 5, "SPM": 5, "IPC": 5,
}  # fmt: skip


def near(hl7: Hl7, position: int, name: str) -> int | None:
    """The segment of this name that belongs with the one at `position`: one of a lower level after it, in its own
    group; else the last before it, else the first after it, of the same patient."""
    segments, own = hl7.segments, hl7.segments[position].name
    if name in ("MSH", "EVN"):
        return next((one for one, segment in enumerate(segments) if segment.name == name), None)
    level = _LEVEL.get(own)
    if level is not None and _LEVEL.get(name, 0) > level:
        for one in range(position + 1, len(segments)):
            if segments[one].name == name:
                return one
            if _LEVEL.get(segments[one].name, 9) <= level:
                return None
        return None
    for one in range(position - 1, -1, -1) if own != "PID" else ():
        if segments[one].name == name:
            return one
        if segments[one].name == "PID":
            break
    for one in range(position + 1, len(segments)):
        if segments[one].name == name:
            return one
        if segments[one].name == "PID" and own not in ("MSH", "EVN"):
            break
    return None
