"""Which segments of an order message (ORM, OMG, OML, OMI and their replies) belong together: patients with requests.

By position, not by the grammar of a version: senders leave groups out, swap their order and mix versions. What the
grammars of chapter 4 do tell: where a specimen stands before the first order (OML^O33, O35) it is that of the orders
after it, else of the order before it; a second PID of an OML or OMG, and an ORC-1 of PR, begin earlier results.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

from mediators.hl7v2 import around
from mediators.hl7v2.groups import Branch, Sample, Sent, Visit
from mediators.hl7v2.reader import Hl7, Segment

# What is asked for: the segment after ORC that tells it (chapter 4: OBR, diet, supply; pharmacy)
DETAILS: Final = ("OBR", "RQD", "ODS", "ODT", "RXO", "RXE", "RXD", "RXG", "RXA", "BPO")
_WITH_PRIOR: Final = ("OML", "OMG")
_PRIOR: Final = "PR"
# ORC-1 of earlier results that a second PID announces: results, or nothing told
_OF_RESULTS: Final = (_PRIOR, "RE", "")


@dataclass(slots=True)
class Request(Sent):
    """One order as it was sent. `detail`: what is asked for where that is no OBR. `priors`: earlier results with it."""

    detail: Segment | None = None
    priors: list[Request] = field(default_factory=list)
    before: Segment | None = None

    @property
    def place(self) -> str:
        head = self.orc if self.orc is not None and self.orc_is_own else self.obr or self.detail or self.orc
        return f"{head.name} {head.index}" if head is not None else "ORC"

    @property
    def asked(self) -> Segment | None:
        return self.obr if self.obr is not None else self.detail


@dataclass(slots=True)
class Patient:
    """One patient. `others`: PD1, NK1, notes and the like; `around`: allergies, insurances, guarantors; `results`: of
    the patient and of no order; `strays`: segments that belong to nothing we know."""

    pid: Segment | None = None
    others: list[Segment] = field(default_factory=list)
    around: list[Segment] = field(default_factory=list)
    visit: Visit | None = None
    requests: list[Request] = field(default_factory=list)
    results: list[Branch] = field(default_factory=list)
    strays: list[Segment] = field(default_factory=list)
    has_prior: bool = False
    _current: Request | None = None
    _sample: Sample | None = None
    _shared: list[Sample] = field(default_factory=list)
    _notes: list[Segment] = field(default_factory=list)
    _in_prior: bool = False

    def __post_init__(self) -> None:
        self._notes = self.others

    @property
    def place(self) -> str:
        return f"PID {self.pid.index}" if self.pid is not None else "PID"

    def take(self, segment: Segment) -> None:
        _TAKE.get(segment.name, Patient._other)(self, segment)

    def close(self) -> None:
        """Ends the patient: orders without a visit of their own are of the patient's, or of the first there is."""
        visits = [self.visit, *(request.visit for request in self.requests)]
        visit = next((one for one in visits if one is not None), None)
        for request in self.requests:
            request.visit = request.visit or self.visit or visit

    def _person(self, segment: Segment) -> None:
        if self.pid is None:
            self.pid = segment
            self._notes = self.others
        else:
            self._in_prior = True
            self._begin(Request(before=segment))

    def _beside(self, segment: Segment) -> None:
        (self._current.others if self._current is not None else self.others).append(segment)

    def _around(self, segment: Segment) -> None:
        (self._current.others if self._current is not None else self.around).append(segment)

    def _visit(self, segment: Segment) -> None:
        visit = Visit(segment)
        if self._current is not None:
            self._current.visit = visit
        else:
            self.visit = self.visit or visit
        self._notes = visit.others

    def _of_visit(self, segment: Segment) -> None:
        visit = self._current.visit if self._current is not None else self.visit
        if visit is not None and (segment.name == "PV2" or self._current is None):
            visit.others.append(segment)
        else:
            self._beside(segment)

    def _common_order(self, segment: Segment) -> None:
        control = segment.text(1).strip().upper()
        self._in_prior = self.has_prior and (control == _PRIOR or (self._in_prior and control in _OF_RESULTS))
        current = self._current
        if self._in_prior and current is not None and current.before is not None and current.orc is current.obr is None:
            current.orc = segment
            self._notes = current.others
        else:
            self._begin(Request(orc=segment))

    def _asked(self, segment: Segment) -> None:
        current = self._current
        if current is None or current.asked is not None:
            if segment.name != "OBR":
                self._other(segment)
                return
            orc = None if current is None or self._in_prior else current.orc
            self._begin(Request(orc=orc, orc_is_own=False))
            current = self._current
        if current is not None:
            if segment.name == "OBR":
                current.obr = segment
            else:
                current.detail = segment
            self._notes = current.others
            self._sample = None

    def _begin(self, request: Request) -> None:
        if self._in_prior and self.requests:
            self.requests[-1].priors.append(request)
        else:
            request.specimens.extend(self._shared)
            self.requests.append(request)
        self._current, self._notes = request, request.others
        self._sample = None

    def _result(self, segment: Segment) -> None:
        branch = Branch(segment)
        if self._sample is not None:
            self._sample.results.append(branch)
        elif self._current is not None:
            self._current.results.append(branch)
        else:
            self.results.append(branch)
        self._notes = branch.others

    def _specimen(self, segment: Segment) -> None:
        sample = self._sample = Sample(segment)
        if self._shared or not self.requests:
            # the message goes by specimens: what follows is asked of this one
            self._shared = [sample]
            self._current = None
        elif self._current is not None:
            self._current.specimens.append(sample)
        self._notes = sample.others

    def _container(self, segment: Segment) -> None:
        if self._sample is None:
            self._other(segment)
            return
        branch = Branch(segment)
        self._sample.containers.append(branch)
        self._notes = branch.others

    def _note(self, segment: Segment) -> None:
        self._notes.append(segment)

    def _other(self, segment: Segment) -> None:
        (self._current.others if self._current is not None else self.strays).append(segment)


_TAKE: Final[dict[str, Callable[[Patient, Segment], None]]] = {
    "PID": Patient._person,
    **dict.fromkeys(("PD1", "NK1", "ARV"), Patient._beside),
    **dict.fromkeys(around.SEGMENTS, Patient._around),
    "PV1": Patient._visit,
    **dict.fromkeys(("PV2", "DG1", "PR1", "ROL"), Patient._of_visit),
    "ORC": Patient._common_order,
    **dict.fromkeys(DETAILS, Patient._asked),
    "OBX": Patient._result,
    "SPM": Patient._specimen,
    "SAC": Patient._container,
    **dict.fromkeys(("NTE", "PRT", "INV", "SID", "TCD"), Patient._note),
}


def patients(hl7: Hl7) -> Iterator[Patient]:
    """The patients of a message, in order; what stands before the first PID belongs to it."""
    has_prior = hl7.type.startswith(_WITH_PRIOR)
    patient = Patient(has_prior=has_prior)
    for segment in hl7.segments[1:]:
        if segment.name == "PID" and patient.pid is not None and not (has_prior and patient.requests):
            patient.close()
            yield patient
            patient = Patient(has_prior=has_prior)
        patient.take(segment)
    patient.close()
    yield patient
