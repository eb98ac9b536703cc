"""Which segments of a pharmacy or vaccination message belong together: patients, each with visits and treatments.

By position, not by the grammar of a version: senders leave groups out, swap their order and mix versions.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from mediators.hl7v2.groups import Branch, Visit
from mediators.hl7v2.reader import Hl7, Segment


@dataclass(slots=True)
class Given:
    """An RX segment (RXO, RXE, RXD, RXG or RXA) with what follows it: RXR, RXC, TQ1, NTE and whatever else."""

    head: Segment
    others: list[Segment] = field(default_factory=list)
    results: list[Branch] = field(default_factory=list)

    @property
    def place(self) -> str:
        return f"{self.head.name} {self.head.index}"

    def all(self, name: str) -> list[Segment]:
        return [segment for segment in self.others if segment.name == name]


@dataclass(slots=True)
class Treatment:
    """One order: its ORC and every RX segment under it. `orc_is_own`: the ORC is not that of an earlier treatment."""

    orc: Segment | None = None
    orc_is_own: bool = True
    others: list[Segment] = field(default_factory=list)
    parts: list[Given] = field(default_factory=list)
    results: list[Branch] = field(default_factory=list)
    visit: Visit | None = None

    @property
    def place(self) -> str:
        if self.parts:
            return self.parts[0].place
        return f"ORC {self.orc.index}" if self.orc is not None else ""

    def all(self, *names: str) -> list[Given]:
        return [part for part in self.parts if part.head.name in names]

    def first(self, name: str) -> Given | None:
        return next(iter(self.all(name)), None)


@dataclass(slots=True)
class Patient:
    """One patient. `others`: PD1, NK1, notes and the like; `beside`: allergies, insurances, guarantors."""

    pid: Segment | None = None
    others: list[Segment] = field(default_factory=list)
    beside: list[Segment] = field(default_factory=list)
    visits: list[Visit] = field(default_factory=list)
    results: list[Branch] = field(default_factory=list)
    treatments: list[Treatment] = field(default_factory=list)
    rest: list[Segment] = field(default_factory=list)
    alone: bool = False
    _notes: list[Segment] = field(default_factory=list)
    _people: list[Segment] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._notes = self._people = self.others

    @property
    def place(self) -> str:
        return f"PID {self.pid.index}" if self.pid is not None else "PID"

    def take(self, segment: Segment) -> None:
        name = segment.name
        if name in _TAKE:
            _TAKE[name](self, segment)
        elif self.treatments:
            _last(self.treatments[-1]).append(segment)
        else:
            self.rest.append(segment)

    def _own(self, segment: Segment) -> None:
        if segment.name == "PID":
            self.pid = segment
        else:
            self.others.append(segment)
        self._notes = self._people = self.others

    def _beside(self, segment: Segment) -> None:
        self.beside.append(segment)
        self._notes = self._people = self.beside

    def _visit(self, segment: Segment) -> None:
        visit = Visit(segment)
        self.visits.append(visit)
        self._notes, self._people = self.others, visit.others
        if self.treatments and self.treatments[-1].visit is None:
            self.treatments[-1].visit = visit

    def _of_visit(self, segment: Segment) -> None:
        if self.treatments:
            self.treatments[-1].others.append(segment)
        else:
            (self.visits[-1].others if self.visits else self.rest).append(segment)

    def _order(self, segment: Segment) -> None:
        self.treatments.append(Treatment(segment, visit=self._current_visit()))
        self._notes = self._people = self.treatments[-1].others

    def _medicine(self, segment: Segment) -> None:
        current = self.treatments[-1] if self.treatments else None
        if current is None or self._begins(current, segment.name):
            orc = None if current is None or self.alone else current.orc
            current = Treatment(orc, orc_is_own=False, visit=self._current_visit())
            self.treatments.append(current)
        given = Given(segment)
        current.parts.append(given)
        self._notes = self._people = given.others

    def _begins(self, current: Treatment, name: str) -> bool:
        """Whether another order begins although no ORC says so."""
        if name == "RXO":
            return bool(current.parts)
        if name == "RXE":
            return any(part.head.name != "RXO" for part in current.parts)
        return self.alone and bool(current.parts)

    def _result(self, segment: Segment) -> None:
        branch = Branch(segment)
        current = self.treatments[-1] if self.treatments else None
        holder = self if current is None else current.parts[-1] if current.parts else current
        holder.results.append(branch)
        self._notes = self._people = branch.others

    def _note(self, segment: Segment) -> None:
        self._notes.append(segment)

    def _participant(self, segment: Segment) -> None:
        self._people.append(segment)

    def _current_visit(self) -> Visit | None:
        return self.visits[-1] if self.visits else None


_TAKE: Final[dict[str, Callable[[Patient, Segment], None]]] = {
    **dict.fromkeys(("PID", "PD1", "NK1", "ARV", "CON"), Patient._own),
    **dict.fromkeys(("AL1", "IAM", "IN1", "IN2", "IN3", "GT1"), Patient._beside),
    "PV1": Patient._visit,
    **dict.fromkeys(("PV2", "DG1", "PR1"), Patient._of_visit),
    "ORC": Patient._order,
    **dict.fromkeys(("RXO", "RXE", "RXD", "RXG", "RXA"), Patient._medicine),
    "OBX": Patient._result,
    "NTE": Patient._note,
    **dict.fromkeys(("PRT", "ROL"), Patient._participant),
}


def patients(hl7: Hl7, *, alone: bool = False) -> list[Patient]:
    """The patients of a message, in order; what stands before the first PID belongs to it.

    `alone`: every RX segment is a treatment of its own (a vaccination), with the ORC right before it or none.
    """
    found = [Patient(alone=alone)]
    for segment in hl7.segments[1:]:
        if segment.name == "EVN":
            continue
        if segment.name == "PID" and found[-1].pid is not None:
            found.append(Patient(alone=alone))
        found[-1].take(segment)
    for one in found:
        for treatment in one.treatments:
            _share_routes(treatment.all("RXA"))
            if treatment.visit is None and one.visits:
                treatment.visit = one.visits[0]
    return found


def _last(treatment: Treatment) -> list[Segment]:
    return treatment.parts[-1].others if treatment.parts else treatment.others


def _share_routes(given: Sequence[Given]) -> None:
    """RAS^O17: one RXR follows all the RXA that it is about."""
    for before, after in zip(reversed(given[:-1]), reversed(given[1:]), strict=True):
        if not before.others and not before.results:
            before.others += after.all("RXR")
