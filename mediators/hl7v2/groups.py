"""Which segments of an ORU or OUL belong together: patients, each with visits, specimens and reports.

By position, not by the grammar of a version: senders leave groups out, swap their order and mix versions. What the
grammars of chapter 7 do tell: in OUL^R22 and R23 a specimen stands before the orders on it, everywhere else after the
order it is for; an OBX after a specimen is about the specimen. Where a specimen stands straight after its OBR and
before any result of it, in an ORU, the results after it are those of the report (ours: so many senders mean it).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from mediators.hl7v2.reader import Hl7, Segment

_OF_SPECIMENS: Final = frozenset(("R22", "R23"))


@dataclass(slots=True)
class Branch:
    """A segment with the NTE and PRT after it."""

    head: Segment
    others: list[Segment] = field(default_factory=list)


@dataclass(slots=True)
class Sample(Branch):
    """A specimen (SPM; a SAC where there is no SPM) with its own observations, and its containers (SAC with INV)."""

    results: list[Branch] = field(default_factory=list)
    containers: list[Branch] = field(default_factory=list)


@dataclass(slots=True)
class Visit:
    """PV1 with PV2, DG1, PR1 and PRT."""

    pv1: Segment
    others: list[Segment] = field(default_factory=list)


@dataclass(slots=True)
class Sent:
    """One report as it was sent. Without an OBR it is implied by results that stand alone.

    `orc_is_own`: its ORC is not the one of an earlier report. `others`: notes, participants, timing, whatever else.
    `of_patient`: observations of the patient that stand before the first order (PATIENT_OBSERVATION), no report; where
    that order has no results, those before it may be its own, out of their place.
    """

    obr: Segment | None = None
    orc: Segment | None = None
    orc_is_own: bool = True
    others: list[Segment] = field(default_factory=list)
    results: list[Branch] = field(default_factory=list)
    specimens: list[Sample] = field(default_factory=list)
    visit: Visit | None = None
    of_patient: bool = False

    @property
    def place(self) -> str:
        if self.obr is not None:
            return f"OBR {self.obr.index}"
        return f"OBX {self.results[0].head.index}"


@dataclass(slots=True)
class Group:
    """One patient. `others`: PD1, NK1 and notes; `strays`: segments that belong to nothing we know.

    `of_specimens`: the message goes by specimens, each before its orders (OUL^R22, R23).
    """

    pid: Segment | None = None
    others: list[Segment] = field(default_factory=list)
    visits: list[Visit] = field(default_factory=list)
    reports: list[Sent] = field(default_factory=list)
    strays: list[Segment] = field(default_factory=list)
    of_specimens: bool = False
    is_oul: bool = False
    _pending: Sent | None = None
    _notes: list[Segment] = field(default_factory=list)
    _people: list[Segment] = field(default_factory=list)
    _sample: Sample | None = None
    _waiting: list[Sample] = field(default_factory=list)
    _results: list[Branch] | None = None

    def __post_init__(self) -> None:
        self._notes, self._people = self.others, self.strays

    def take(self, segment: Segment) -> None:
        _TAKE.get(segment.name, Group._other)(self, segment)

    def close(self) -> None:
        """Ends the patient: an ORC that no OBR followed belongs to the report before it, if that has none."""
        if self._pending is not None:
            self._belated(self._pending)
            self._pending = None
        for sample in self._waiting:
            self._alone(sample)
        first = next((report for report in self.reports if report.obr is not None), None)
        ordered = first is not None and bool(first.results)
        for report in self.reports:
            if report.visit is None and self.visits:
                report.visit = self.visits[0]
            report.of_patient = ordered and report.obr is None and report.orc is None

    def _belated(self, pending: Sent) -> None:
        last = self.reports[-1] if self.reports else None
        orc = pending.orc
        if last is not None and orc is not None and last.orc is None and _agree(orc, last.obr):
            last.orc = orc
        elif orc is not None:
            self.strays.append(orc)
        (last.others if last is not None else self.strays).extend(pending.others)
        for sample in pending.specimens:
            if last is not None:
                last.specimens.append(sample)
            else:
                self._alone(sample)

    def _alone(self, sample: Sample) -> None:
        """A specimen of no order: what was observed of it is a report without an OBR."""
        if sample.results:
            known = Sample(sample.head, sample.others, [], sample.containers)
            visit = self.visits[-1] if self.visits else None
            self.reports.append(Sent(results=sample.results, specimens=[known], visit=visit))
            return
        for branch in (sample, *sample.containers):
            self.strays += [branch.head, *branch.others]

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
        if self.visits:
            self.visits[-1].others.append(segment)
        else:
            self._other(segment)

    def _common_order(self, segment: Segment) -> None:
        last = self.reports[-1] if self.reports else None
        if self.is_oul and last is not None and self._follows(last, segment):
            last.orc, last.orc_is_own = segment, True
            self._notes = self._people = last.others
            return
        pending = self._pending
        if pending is not None and pending.orc is None:
            pending.orc = segment
        else:
            if pending is not None:
                self._belated(pending)
            self._pending = Sent(orc=segment, visit=self.visits[-1] if self.visits else None)
        self._notes = self._people = self._current_others()

    def _current_others(self) -> list[Segment]:
        current = self._current()
        return current.others if current is not None else self.strays

    def _follows(self, last: Sent, orc: Segment) -> bool:
        """In OUL^R22 to R24 an ORC stands after its OBR."""
        bare = last.obr is not None and not last.results and (last.orc is None or not last.orc_is_own)
        return bare and self._pending is None and self._results is last.results and _agree(orc, last.obr)

    def _request(self, segment: Segment) -> None:
        report = self._pending or Sent(orc=self._shared(segment), orc_is_own=False)
        self._pending = None
        report.obr = segment
        if self.of_specimens and self._sample is not None:
            report.specimens += self._waiting or [self._sample]
            self._waiting = []
        report.visit = self.visits[-1] if self.visits else None
        self.reports.append(report)
        self._notes = self._people = report.others
        self._results = report.results

    def _shared(self, obr: Segment) -> Segment | None:
        """One ORC often stands for several OBRs; numbers that differ say that it does not."""
        last = self.reports[-1].orc if self.reports else None
        return last if last is not None and _agree(last, obr) else None

    def _result(self, segment: Segment) -> None:
        branch = Branch(segment)
        if self._results is None:
            self.reports.append(self._pending or Sent(visit=self.visits[-1] if self.visits else None))
            self._pending = None
            self._results = self.reports[-1].results
        self._results.append(branch)
        self._notes = self._people = branch.others

    def _specimen(self, segment: Segment) -> None:
        sample = self._sample = Sample(segment)
        current = self._current()
        if self.of_specimens:
            self._waiting.append(sample)
        else:
            if current is None:
                current = self._pending = Sent(visit=self.visits[-1] if self.visits else None)
            current.specimens.append(sample)
        if self.of_specimens or self.is_oul or (current is not None and current.results):
            self._results = sample.results
        self._notes = self._people = sample.others

    def _container(self, segment: Segment) -> None:
        """SAC: of the specimen before it; where no SPM tells of one (OUL^R21), it is the specimen of the next order."""
        sample = self._sample
        if sample is not None and (sample.head.name == "SPM" or self._pending is not None):
            branch = Branch(segment)
            sample.containers.append(branch)
        else:
            branch = self._sample = Sample(segment)
            self._pending = self._pending or Sent(visit=self.visits[-1] if self.visits else None)
            self._pending.specimens.append(self._sample)
        self._notes = self._people = branch.others

    def _note(self, segment: Segment) -> None:
        """A note, or what tells more of the segment before it (INV, SID, TCD)."""
        self._notes.append(segment)

    def _participant(self, segment: Segment) -> None:
        self._people.append(segment)

    def _other(self, segment: Segment) -> None:
        self._current_others().append(segment)


_TAKE: Final[dict[str, Callable[[Group, Segment], None]]] = {
    "PID": Group._patient,
    **dict.fromkeys(("PD1", "NK1"), Group._beside),
    "PV1": Group._visit,
    **dict.fromkeys(("PV2", "DG1", "PR1"), Group._of_visit),
    "ORC": Group._common_order,
    "OBR": Group._request,
    "OBX": Group._result,
    "SPM": Group._specimen,
    "SAC": Group._container,
    **dict.fromkeys(("NTE", "INV", "SID", "TCD"), Group._note),
    "PRT": Group._participant,
}


def patients(hl7: Hl7) -> list[Group]:
    """The patients of a message, in order. What stands before the only PID belongs to it; before the first of
    several it belongs to nobody, and is a group without a PID."""
    several = len(hl7.all("PID")) > 1
    by_specimen, is_oul = hl7.trigger in _OF_SPECIMENS, hl7.type.startswith("OUL")
    group = Group(of_specimens=by_specimen, is_oul=is_oul)
    groups = [group]
    for segment in hl7.segments[1:]:
        if segment.name == "PID" and (group.pid is not None or (several and group.reports)):
            group = Group(of_specimens=by_specimen, is_oul=is_oul)
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
