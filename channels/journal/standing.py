"""Where a transaction stands, judged from all that is known of it. Pure, and blind to the order of arrival.

A message and its reruns are one family, judged in the order they were received. A rerun of some places replaces what
was known of those places, a rerun of everything replaces all; so the original ends where its parts ended.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

LANDED = frozenset({"landed", "unchanged"})
KINDS = ("failed", "refused", "parked")


@dataclass(slots=True)
class Delivery:
    """The last word of a consumer on an event."""

    consumer: str
    verdict: str
    reason: str
    at: int


@dataclass(slots=True)
class Said:
    """An event that went out, and the consumers that want it."""

    place: str
    position: int
    expects: tuple[str, ...]


@dataclass(slots=True)
class Part:
    """A place that did not go out (`refused`, `parked`) or may go again (`released`); place "" is the whole."""

    kind: str
    place: str
    event: str
    reason: str
    at: int
    waiting_for: tuple[str, ...] = ()


@dataclass(slots=True)
class Run:
    """One transaction: the message itself, or a rerun of it limited to `places` (empty: all).

    `said` and `heard` are by event id: what went out, and what consumers made of it.
    """

    transaction: str
    received: int
    places: frozenset[str] = frozenset()
    refused: str = ""
    duplicate: bool = False
    mediated: int | None = None
    said: dict[str, Said] = field(default_factory=dict)
    heard: dict[str, list[Delivery]] = field(default_factory=dict)
    parts: list[Part] = field(default_factory=list)

    @property
    def decided(self) -> bool:
        return bool(self.mediated is not None or self.refused)


@dataclass(slots=True)
class Piece:
    """What one place came to: landed, pending, refused, parked or failed."""

    place: str
    state: str
    reason: str = ""
    at: int = 0
    waiting_for: tuple[str, ...] = ()


@dataclass(slots=True)
class Standing:
    """`trouble` and `reason` are what is open, the gravest first, since `troubled`; `settled` when all is said."""

    status: str
    settled: int | None = None
    trouble: str | None = None
    reason: str | None = None
    troubled: int = 0
    pieces: list[Piece] = field(default_factory=list)

    @property
    def pending(self) -> int:
        return sum(piece.state == "pending" for piece in self.pieces)

    def open(self) -> dict[tuple[str, str], list[str]]:
        """(kind, reason) → places for a rerun; an empty list asks for all of it."""
        groups: dict[tuple[str, str], set[str]] = {}
        for piece in self.pieces:
            if piece.state in KINDS:
                groups.setdefault((piece.state, piece.reason), set()).add(piece.place)
        return {key: [] if "" in places else sorted(places) for key, places in groups.items()}


def stand(runs: Sequence[Run]) -> Standing:
    """The standing of the first run, as the later ones (in order) left it."""
    pieces: list[Piece] = []
    decided = False
    for run in runs:
        if run.decided:
            decided = True
            pieces = [piece for piece in pieces if run.places and piece.place not in run.places]
            pieces += _within(run, _pieces(run))
    if not decided:
        return Standing("duplicate" if runs[0].duplicate else "received")
    return _standing(pieces)


def _within(run: Run, pieces: Iterable[Piece]) -> Iterable[Piece]:
    """What became of "the whole" in a rerun of some places became of those places."""
    for piece in pieces:
        if piece.place or not run.places:
            yield piece
        else:
            yield from (replace(piece, place=place) for place in sorted(run.places))


def _pieces(run: Run) -> Iterable[Piece]:
    if run.refused:
        yield Piece("", "refused", run.refused, run.received)
        return
    released = {part.place: part.at for part in run.parts if part.kind == "released"}
    for part in sorted(run.parts, key=lambda part: (part.place, part.event)):
        if part.kind == "released" or part.event in run.said:
            continue
        if max(released.get(part.place, -1), released.get("", -1)) >= part.at:
            yield Piece(part.place, "pending")
        else:
            yield Piece(part.place, part.kind, part.reason, part.at, part.waiting_for)
    for event, said in sorted(run.said.items(), key=lambda item: item[1].position):
        yield from _landings(said, run.heard.get(event, ()), run.mediated or 0)


def _landings(said: Said, heard: Sequence[Delivery], mediated: int) -> Iterable[Piece]:
    for delivery in sorted(heard, key=lambda delivery: delivery.consumer):
        if delivery.verdict in LANDED:
            yield Piece(said.place, "landed", at=delivery.at)
        else:
            yield Piece(said.place, "failed", delivery.reason, delivery.at)
    names = {delivery.consumer for delivery in heard}
    for consumer in said.expects:
        if consumer not in names:
            yield Piece(said.place, "pending")
    if not names and not said.expects:
        yield Piece(said.place, "landed", at=mediated)


def _standing(pieces: list[Piece]) -> Standing:
    states = {piece.state for piece in pieces}
    trouble = next((kind for kind in KINDS if kind in states), None)
    first = next((piece for piece in pieces if piece.state == trouble), None)
    settled = None
    if "parked" in states:
        status = "parked"
    elif "pending" in states:
        status = "mediated"
    else:
        settled = max((piece.at for piece in pieces), default=0) or None
        status = "delivered" if trouble is None else "partial" if "landed" in states else trouble
    if first is None:
        return Standing(status, settled, pieces=pieces)
    return Standing(status, settled, trouble, first.reason, first.at, pieces)
