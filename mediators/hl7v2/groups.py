"""Which segments of an ORU^R01 belong together: patients, each with visits and reports.

By position, not by the grammar of a version: senders leave groups out, swap their order and mix versions.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from mediators.hl7v2.reader import Hl7, Segment


@dataclass(slots=True)
class Branch:
    """A segment with the NTE and PRT after it."""

    head: Segment
    others: list[Segment] = field(default_factory=list)


@dataclass(slots=True)
class Visit:
    """PV1 with PV2, DG1, PR1 and PRT."""

    pv1: Segment
    others: list[Segment] = field(default_factory=list)


@dataclass(slots=True)
class Sent:
    """One report as it was sent. Without an OBR it is implied by results that stand alone.

    `orc_is_own`: its ORC is not the one of an earlier report. `others`: notes, participants, timing, whatever else.
    """

    obr: Segment | None = None
    orc: Segment | None = None
    orc_is_own: bool = True
    others: list[Segment] = field(default_factory=list)
    results: list[Branch] = field(default_factory=list)
    specimens: list[Branch] = field(default_factory=list)
    visit: Visit | None = None

    @property
    def place(self) -> str:
        if self.obr is not None:
            return f"OBR {self.obr.index}"
        return f"OBX {self.results[0].head.index}"


@dataclass(slots=True)
class Group:
    """One patient. `others`: PD1, NK1 and notes; `strays`: segments that belong to nothing we know."""

    pid: Segment | None = None
    others: list[Segment] = field(default_factory=list)
    visits: list[Visit] = field(default_factory=list)
    reports: list[Sent] = field(default_factory=list)
    strays: list[Segment] = field(default_factory=list)
    _pending: Sent | None = None
    _notes: list[Segment] = field(default_factory=list)
    _people: list[Segment] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._notes, self._people = self.others, self.strays

    def take(self, segment: Segment) -> None:
        _TAKE.get(segment.name, Group._other)(self, segment)

    def close(self) -> None:
        """Ends the patient: an ORC that no OBR followed belongs to the report before it, if that has none."""
        if self._pending is not None:
            self._belated(self._pending)
            self._pending = None
        for report in self.reports:
            if report.visit is None and self.visits:
                report.visit = self.visits[0]

    def _belated(self, pending: Sent) -> None:
        last = self.reports[-1] if self.reports else None
        orc = pending.orc
        if last is not None and orc is not None and last.orc is None and _agree(orc, last.obr):
            last.orc = orc
        elif orc is not None:
            self.strays.append(orc)
        (last.others if last is not None else self.strays).extend(pending.others)
        for branch in pending.specimens:
            (last.specimens.append(branch) if last is not None else self.strays.append(branch.head))

    def _current(self) -> Sent | None:
        return self._pending or (self.reports[-1] if self.reports else None)

    def _patient(self, segment: Segment) -> None:
        self.pid = segment
        self._notes, self._people = self.others, self.strays

    def _beside(self, segment: Segment) -> None:
        self.others.append(segment)
        self._notes, self._people = self.others, self.strays

    def _visit(self, segment: Segment) -> None:
        visit = Visit(segment)
        self.visits.append(visit)
        self._notes, self._people = self.others, visit.others

    def _of_visit(self, segment: Segment) -> None:
        (self.visits[-1].others if self.visits else self.strays).append(segment)

    def _common_order(self, segment: Segment) -> None:
        if self._pending is not None:
            self._belated(self._pending)
        self._pending = Sent(orc=segment, visit=self.visits[-1] if self.visits else None)
        self._notes = self._people = self._pending.others

    def _request(self, segment: Segment) -> None:
        report = self._pending or Sent(orc=self._shared(segment), orc_is_own=False)
        self._pending = None
        report.obr = segment
        report.visit = self.visits[-1] if self.visits else None
        self.reports.append(report)
        self._notes = self._people = report.others

    def _shared(self, obr: Segment) -> Segment | None:
        """One ORC often stands for several OBRs; numbers that differ say that it does not."""
        last = self.reports[-1].orc if self.reports else None
        return last if last is not None and _agree(last, obr) else None

    def _result(self, segment: Segment) -> None:
        if not self.reports:
            self.reports.append(self._pending or Sent(visit=self.visits[-1] if self.visits else None))
            self._pending = None
        branch = Branch(segment)
        self.reports[-1].results.append(branch)
        self._notes = self._people = branch.others

    def _specimen(self, segment: Segment) -> None:
        current = self._current()
        if current is None:
            self.strays.append(segment)
            return
        branch = Branch(segment)
        current.specimens.append(branch)
        self._notes = self._people = branch.others

    def _note(self, segment: Segment) -> None:
        self._notes.append(segment)

    def _participant(self, segment: Segment) -> None:
        self._people.append(segment)

    def _other(self, segment: Segment) -> None:
        current = self._current()
        (current.others if current is not None else self.strays).append(segment)


_TAKE: Final[dict[str, Callable[[Group, Segment], None]]] = {
    "PID": Group._patient,
    **dict.fromkeys(("PD1", "NK1"), Group._beside),
    "PV1": Group._visit,
    **dict.fromkeys(("PV2", "DG1", "PR1"), Group._of_visit),
    "ORC": Group._common_order,
    "OBR": Group._request,
    "OBX": Group._result,
    "SPM": Group._specimen,
    "NTE": Group._note,
    "PRT": Group._participant,
}


def patients(hl7: Hl7) -> list[Group]:
    """The patients of a message, in order. What stands before the only PID belongs to it; before the first of
    several it belongs to nobody, and is a group without a PID."""
    several = len(hl7.all("PID")) > 1
    group = Group()
    groups = [group]
    for segment in hl7.segments[1:]:
        if segment.name == "PID" and (group.pid is not None or (several and group.reports)):
            group = Group()
            groups.append(group)
        group.take(segment)
    for one in groups:
        one.close()
    return groups


def _agree(orc: Segment, obr: Segment | None) -> bool:
    """Whether the placer's and filler's numbers of the two do not contradict each other."""
    if obr is None:
        return True
    pairs = ((orc.text(number), obr.text(number)) for number in (2, 3))
    return all(not left or not right or left == right for left, right in pairs)
