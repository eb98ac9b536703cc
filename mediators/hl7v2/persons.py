"""Which segments of an ADT belong together: a PID with everything up to the next."""

from __future__ import annotations

from dataclasses import dataclass, field

from mediators.hl7v2.groups import Branch
from mediators.hl7v2.reader import Hl7, Segment


@dataclass(slots=True)
class Stay:
    """PV1 with PV2, DG1, PR1 and PRT; without a PV1 those stand for one."""

    pv1: Segment | None = None
    others: list[Segment] = field(default_factory=list)


@dataclass(slots=True)
class Person:
    """One patient. `others`: PD1, NK1 and notes; `rest`: segments that belong to nothing we know."""

    pid: Segment | None = None
    mrg: Segment | None = None
    others: list[Segment] = field(default_factory=list)
    stays: list[Stay] = field(default_factory=list)
    results: list[Branch] = field(default_factory=list)
    allergies: list[Segment] = field(default_factory=list)
    insurances: list[Segment] = field(default_factory=list)
    rest: list[Segment] = field(default_factory=list)
    _follows_result: bool = False

    @property
    def place(self) -> str:
        return f"PID {self.pid.index}" if self.pid is not None else "PID"

    def take(self, segment: Segment) -> None:
        name = segment.name
        if name == "PID":
            self.pid = segment
        elif name == "MRG" and self.mrg is None:
            self.mrg = segment
        elif name in ("PV1", "PV2", "DG1", "PR1"):
            self._stay(segment)
        elif name in ("NTE", "PRT"):
            self._beside(segment)
        elif name == "OBX":
            self.results.append(Branch(segment))
        else:
            kept = {"PD1": self.others, "NK1": self.others, "AL1": self.allergies, "IN1": self.insurances}
            kept.get(name, self.rest).append(segment)
        if name not in ("NTE", "PRT"):
            self._follows_result = name == "OBX"

    def _stay(self, segment: Segment) -> None:
        if not self.stays or (segment.name == "PV1" and self.stays[-1].pv1 is not None):
            self.stays.append(Stay())
        if segment.name == "PV1":
            self.stays[-1].pv1 = segment
        else:
            self.stays[-1].others.append(segment)

    def _beside(self, segment: Segment) -> None:
        """A note or a participant of the result before it, else of the patient or the stay."""
        if self._follows_result:
            self.results[-1].others.append(segment)
        elif segment.name == "NTE":
            self.others.append(segment)
        else:
            (self.stays[-1].others if self.stays else self.rest).append(segment)


def persons(hl7: Hl7) -> list[Person]:
    """The patients of a message, in order; what stands before the first PID belongs to it."""
    person = Person()
    found = [person]
    for segment in hl7.segments[1:]:
        if segment.name == "EVN":
            continue
        if segment.name == "PID" and person.pid is not None:
            person = Person()
            found.append(person)
        person.take(segment)
    return found
