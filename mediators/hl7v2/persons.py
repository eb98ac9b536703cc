"""Which segments of an ADT belong together: a PID with everything up to the next."""

from __future__ import annotations

from dataclasses import dataclass, field

from mediators.hl7v2.groups import Branch
from mediators.hl7v2.reader import Hl7, Segment

# Segments that tell of a stay by themselves, and those that do only after one that does
_OF_A_STAY = frozenset(("PV2", "DG1", "PR1"))
_WITH_A_STAY = frozenset(("DRG", "ACC", "UB1", "UB2", "PDA"))
_OF_THE_PERSON = frozenset(("PD1", "NK1", "ARV", "CON", "DB1", "OH1", "OH2", "OH3", "OH4"))
_BESIDE = frozenset(("NTE", "PRT", "ROL"))


@dataclass(slots=True)
class Stay:
    """PV1 with PV2, DG1, PR1, PRT, ROL and what comes with a stay; without a PV1 those of _OF_A_STAY stand for one."""

    pv1: Segment | None = None
    others: list[Segment] = field(default_factory=list)


@dataclass(slots=True)
class Person:
    """One patient. `priors`: MRG, who it was or which number it had; `others`: what tells of the person beside the PID
    (PD1, ARV, NK1, notes); `rest`: segments that belong to nothing we know.

    A note or participant belongs to what stands before it (`_last`).
    """

    pid: Segment | None = None
    priors: list[Segment] = field(default_factory=list)
    others: list[Segment] = field(default_factory=list)
    stays: list[Stay] = field(default_factory=list)
    results: list[Branch] = field(default_factory=list)
    allergies: list[Segment] = field(default_factory=list)
    insurances: list[Segment] = field(default_factory=list)
    guarantors: list[Segment] = field(default_factory=list)
    rest: list[Segment] = field(default_factory=list)
    _last: list[Segment] | None = None

    @property
    def place(self) -> str:
        return f"PID {self.pid.index}" if self.pid is not None else "PID"

    def take(self, segment: Segment) -> None:
        name = segment.name
        if name in _BESIDE:
            self._beside(segment)
            return
        if name == "PID":
            self.pid = segment
            self._last = self.others
        elif name == "MRG":
            self.priors.append(segment)
        elif name == "PV1" or name in _OF_A_STAY or (name in _WITH_A_STAY and self.stays):
            self._last = self._stay(segment)
        elif name == "OBX":
            self.results.append(Branch(segment))
            self._last = self.results[-1].others
        else:
            self._last = self._kept(name)
            self._last.append(segment)

    def _kept(self, name: str) -> list[Segment]:
        if name in _OF_THE_PERSON:
            return self.others
        if name in ("AL1", "IAM"):
            return self.allergies
        if name in ("IN1", "IN2", "IN3"):
            return self.insurances
        return self.guarantors if name == "GT1" else self.rest

    def _stay(self, segment: Segment) -> list[Segment]:
        if not self.stays or (segment.name == "PV1" and self.stays[-1].pv1 is not None):
            self.stays.append(Stay())
        if segment.name == "PV1":
            self.stays[-1].pv1 = segment
        else:
            self.stays[-1].others.append(segment)
        return self.stays[-1].others

    def _beside(self, segment: Segment) -> None:
        """Of a note after a stay the patient is meant: no grammar has one of the stay."""
        last = self._last if self._last is not None else self.others
        of_a_stay = bool(self.stays) and last is self.stays[-1].others
        (self.others if of_a_stay and segment.name == "NTE" else last).append(segment)


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
