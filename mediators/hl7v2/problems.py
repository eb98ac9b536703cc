"""Which segments of a PPR belong together: patients, each with problems; a problem with its goals, results and orders.

By position, not by the grammar of a version: senders leave groups out, swap their order and mix versions.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from mediators.hl7v2.around import SEGMENTS
from mediators.hl7v2.groups import Branch, Visit
from mediators.hl7v2.reader import Hl7, Segment
from mediators.hl7v2.requests import DETAILS, Request


@dataclass(slots=True)
class Sent:
    """A PRB or GOL with what follows it."""

    head: Segment
    others: list[Segment] = field(default_factory=list)
    results: list[Branch] = field(default_factory=list)
    goals: list[Sent] = field(default_factory=list)
    orders: list[Request] = field(default_factory=list)

    def named(self, *names: str) -> list[Segment]:
        return [segment for segment in self.others if segment.name in names]


@dataclass(slots=True)
class Patient:
    """One patient. `others`: PD1, NK1, notes; `around`: allergies, insurances, guarantors; `strays`: whatever else."""

    pid: Segment | None = None
    others: list[Segment] = field(default_factory=list)
    around: list[Segment] = field(default_factory=list)
    visit: Visit | None = None
    problems: list[Sent] = field(default_factory=list)
    strays: list[Segment] = field(default_factory=list)


def patients(hl7: Hl7) -> Iterator[Patient]:
    """The patients of a message, in order; what stands before the first PID belongs to it."""
    patient = Patient()
    places = _Places(patient)
    for segment in hl7.segments[1:]:
        if segment.name == "PID" and patient.pid is not None:
            yield patient
            patient = Patient()
            places = _Places(patient)
        places.take(segment)
    yield patient


class _Places:
    """Where the next segment belongs: to the patient, the problem, its goal, or its order."""

    def __init__(self, patient: Patient) -> None:
        self.patient = patient
        self.at: Sent | Request | None = None
        self.notes = patient.others

    def take(self, segment: Segment) -> None:
        name, problems = segment.name, self.patient.problems
        if name == "PID":
            self.patient.pid = segment
        elif name == "PRB":
            self._begin(problems, Sent(segment))
        elif name == "GOL" and problems:
            self._begin(problems[-1].goals, Sent(segment))
        elif name == "ORC" and problems:
            self._begin(problems[-1].orders, Request(orc=segment))
        elif name in DETAILS and problems:
            self._asked(segment, problems[-1])
        elif name == "OBX" and self.at is not None:
            self.at.results.append(Branch(segment))
            self.notes = self.at.results[-1].others
        elif name in ("NTE", "PRT"):
            self.notes.append(segment)
        elif self.at is not None:
            self.at.others.append(segment)
        else:
            self._of_patient(segment)

    def _begin(self, where: list[Any], sent: Sent | Request) -> None:
        where.append(sent)
        self.at, self.notes = sent, sent.others

    def _asked(self, segment: Segment, problem: Sent) -> None:
        at = self.at
        if not isinstance(at, Request) or at.asked is not None:
            at = Request(orc=at.orc if isinstance(at, Request) else None, orc_is_own=False)
            self._begin(problem.orders, at)
        if segment.name == "OBR":
            at.obr = segment
        else:
            at.detail = segment

    def _of_patient(self, segment: Segment) -> None:
        patient = self.patient
        if segment.name == "PV1":
            patient.visit = Visit(segment)
        elif patient.visit is not None and segment.name in ("PV2", "DG1", "PR1", "ROL"):
            patient.visit.others.append(segment)
        elif segment.name in ("PD1", "NK1", "ARV", "ROL"):
            patient.others.append(segment)
        else:
            (patient.around if segment.name in SEGMENTS else patient.strays).append(segment)
