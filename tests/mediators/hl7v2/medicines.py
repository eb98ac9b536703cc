"""Pharmacy and vaccination messages to read in these tests: invented products, invented people."""

from __future__ import annotations

from typing import Any

from mediators.mediator import Translation
from tests.mediators.hl7v2.messages import PID, body, events, read

EAN = "6118000041283"
DOLIPRANE = f"{EAN}^DOLIPRANE 1G^^N02BE01^Paracétamol^ATC"
GTIN = "https://www.gs1.org/gtin"
ORC = "ORC|NW|P-77^CAB|F-9^PHARM"


def seg(name: str, fields: dict[int, str]) -> str:
    """A segment by its field numbers."""
    last = max(fields)
    return "|".join([name, *(fields.get(number, "") for number in range(1, last + 1))])


def rxe(**more: str) -> str:
    """RXE of one product; `f10="2"` sets RXE-10."""
    return seg("RXE", {2: DOLIPRANE, 3: "1", 5: "CP^comprimé^L", **_numbered(more)})


def rxo(**more: str) -> str:
    return seg("RXO", {1: DOLIPRANE, 2: "1", 4: "CP^comprimé^L", **_numbered(more)})


def rxd(**more: str) -> str:
    return seg("RXD", {1: "1", 2: DOLIPRANE, 3: "202403121015", 4: "2", 5: "BT^boîte^L", **_numbered(more)})


def rxa(**more: str) -> str:
    return seg("RXA", {1: "0", 2: "1", 3: "202403120900", 5: DOLIPRANE, 6: "1", 7: "g^gramme^UCUM", **_numbered(more)})


def rxg(**more: str) -> str:
    return seg("RXG", {1: "1", 4: DOLIPRANE, 5: "1", 7: "CP^comprimé^L", **_numbered(more)})


def made(type: str, *segments: str, pid: str = PID, **more: Any) -> list[dict[str, Any]]:
    """The events of a message."""
    return events(body(type, pid, *segments), **more)


def one(type: str, *segments: str, **more: Any) -> dict[str, Any]:
    """The only event of a message."""
    (found,) = made(type, *segments, **more)
    return found


def translated(type: str, *segments: str) -> Translation:
    return read(body(type, *segments))


def _numbered(more: dict[str, str]) -> dict[int, str]:
    return {int(key.removeprefix("f")): value for key, value in more.items()}
