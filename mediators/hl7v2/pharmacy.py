"""Medicines and vaccines: OMP, RDE, RDS, RGV, RAS with their answers, and VXU.

RXO and RXE become MedicationPrescribed, RXG one that instructs to give, RXD MedicationDispensed, RXA
MedicationAdministered or, in a VXU, ImmunizationRecorded. An order known by its ORC only (an answer, a cancellation)
is a MedicationPrescribed that tells its state. Allergies, insurances and guarantors, which these events have no place
for, become a PatientUpdated before them.

What an order is known by is its placer's number, else its filler's: those of the prescription in every message of
chapter 4A, also of what follows from it. Within a message that gives several products one number, the product counts
too. A dispensation, an instruction and an administration are known by that, their own counters and their time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, Final

from mediators.hl7v2 import administration, dispensation, prescription, vaccination
from mediators.hl7v2.around import SEGMENTS, around
from mediators.hl7v2.article import article
from mediators.hl7v2.clinical import diagnosis
from mediators.hl7v2.envelope import Head, Telling, about_patient, translated
from mediators.hl7v2.notes import notes
from mediators.hl7v2.order import numbered, order
from mediators.hl7v2.patient import patient
from mediators.hl7v2.reader import Hl7, Segment
from mediators.hl7v2.results import Numbering, result
from mediators.hl7v2.roles import roles
from mediators.hl7v2.scope import Scope
from mediators.hl7v2.treatments import Given, Patient, Treatment, patients
from mediators.hl7v2.visit import visit
from mediators.mediator import Context, Part, Translation
from schemas.events import Order, Practitioner, Result
from schemas.facts import MEDICATION_ORDER
from schemas.message import Issue, Message

# Which field of a segment names the product
_PRODUCT: Final = {"RXO": 1, "RXE": 2, "RXD": 2, "RXG": 4, "RXA": 5}
# Every message type that is read here; those of one trigger for all kinds are of 2.1 to 2.3 (O01, and O02 to answer)
TYPES: Final = (
    "OMP^O09", "ORP^O10", "RDE^O11", "RDE^O25", "RDE^O01", "RRE^O12", "RRE^O26", "RRE^O02", "RDS^O13", "RDS^O01",
    "RRD^O14", "RRD^O02", "RGV^O15", "RGV^O01", "RRG^O16", "RRG^O02", "RAS^O17", "RAS^O01", "RRA^O18", "RRA^O02",
    "VXU^V04",
)  # fmt: skip
_READ: Final = frozenset(("RXR", "RXC", "RXV", "TQ1", "TQ2", "NTE", "PRT", "ROL", "FT1", "DG1"))


def mediate(hl7: Hl7, message: Message, context: Context) -> Translation:
    """The events of a message, in its order. A patient without any order is a refused part, but not in a VXU or an
    answer. The place of an event is that of its RX segment ("RXE 1"), of an order known by its number its ORC."""
    vaccines, is_reply = hl7.type.startswith("VXU"), hl7.first("MSA") is not None

    def read(one: Patient, head: Head, scope: Scope) -> Iterator[Telling]:
        told = _Told(one, head, scope, vaccines)
        events = told.events()
        if not events and not told.known and not is_reply:
            yield Part(one.place, [_no_order(one.place)])
        yield from events

    return translated(hl7, message, context, patients(hl7, alone=vaccines), read)


class _Told:
    """What a message tells of one patient."""

    def __init__(self, source: Patient, head: Head, scope: Scope, vaccines: bool) -> None:
        self.source = source
        self.head = head
        self.scope = scope
        self.vaccines = vaccines
        self.person = patient(source.pid, source.others, scope)
        self.visits = {id(one): visit(one.pv1, one.others, scope) for one in source.visits}
        self.known = bool(source.treatments)
        self._numbers = Counter(_numbered(one, scope) for one in source.treatments)
        self._seen: Counter[str] = Counter()
        self._insurances: list[Any] = []

    def events(self) -> list[dict[str, Any]]:
        found = self._patient()
        for treatment in self.source.treatments:
            found += self._treated(treatment)
        for segment in self.source.rest:
            self.scope.rest(segment, (1, 2) if segment.name == "MSA" else ())
        return found

    def _patient(self) -> list[dict[str, Any]]:
        """What is told of the patient and of no order."""
        source, head, scope = self.source, self.head, self.scope
        about = about_patient(self.person, f"{head.digest}|{source.place}")
        told = around(source.beside, source.results, f"{about}|{head.message.control_id}|{head.digest}", scope)
        if source.treatments and not self.vaccines:
            self._insurances = told.pop("insurances", [])
        for segment in source.beside:
            if segment.name not in SEGMENTS:
                scope.rest(segment)
        if not told and not (self.vaccines and not source.treatments):
            return []
        self.known = True
        return [{**head.event("PatientUpdated", source.place, about, {**self.person}), **told}]

    def _treated(self, treatment: Treatment) -> list[dict[str, Any]]:
        scope = self.scope.part()
        timing = [one for one in treatment.others if one.name in ("TQ1", "TQ2")]
        asked_for = order(treatment.orc, None, timing, scope if treatment.orc_is_own else scope.part())
        if self.vaccines:
            events = [self._vaccinated(part, treatment, asked_for, scope) for part in treatment.all("RXA")]
        else:
            events = self._medicines(treatment, asked_for, scope)
        _rest(treatment, scope)
        if events:
            self.head.settle(events[0], scope)
        else:
            self.scope.adopt(scope)
        return events

    def _medicines(self, treatment: Treatment, asked_for: Order, scope: Scope) -> list[dict[str, Any]]:
        key, events = self._key(treatment, scope), []
        prescribed = prescription.encoded(treatment, asked_for, scope)
        if treatment.all("RXO", "RXE") or (not treatment.parts and _is_known(asked_for)):
            if treatment.first("RXE") is None and treatment.first("RXO") is None:
                prescribed = {"medication": {}, "status": prescribed["status"]}
            events.append(self._event("MedicationPrescribed", treatment, None, key, prescribed, asked_for, scope))
        for part in treatment.all("RXG"):
            told = prescription.given(part, treatment, asked_for, scope)
            about = self._counted("give", key, part, (1,), (3,))
            events.append(self._event("MedicationPrescribed", treatment, part, about, told, asked_for, scope, key))
        for part in treatment.all("RXD"):
            told = dispensation.dispensed(part, treatment, asked_for, prescribed, scope)
            about = self._counted("dispensing", key, part, (1,), (3,))
            events.append(self._event("MedicationDispensed", treatment, part, about, told, asked_for, scope, key))
        for part in treatment.all("RXA"):
            told = administration.administered(part, treatment, asked_for, scope)
            about = self._counted("administration", key, part, (1, 2), (3,))
            events.append(self._event("MedicationAdministered", treatment, part, about, told, asked_for, scope, key))
        return events

    def _vaccinated(self, part: Given, treatment: Treatment, asked_for: Order, scope: Scope) -> dict[str, Any]:
        about = self._vaccination(part, treatment, asked_for)
        observed = self._results(part, treatment, about, scope)
        told = vaccination.vaccinated(part, observed, scope)
        told["observations"] = observed
        if asked_for.get("ordered"):
            told.setdefault("recorded", asked_for["ordered"])
        return self._event("ImmunizationRecorded", treatment, part, about, told, asked_for, scope)

    def _event(
        self, kind: str, treatment: Treatment, part: Given | None, about: str, told: dict[str, Any], asked_for: Order,
        scope: Scope, request: str | None = None,
    ) -> dict[str, Any]:  # fmt: skip
        """The event with what every one of an order has. `request`: the key of its prescription."""
        place = part.place if part else (treatment.first("RXE") or treatment.first("RXO") or treatment).place
        event = self.head.event(kind, place, about, {**self.person}, asked_for.get("ordered"))
        event["order"] = {**asked_for}
        if kind == "MedicationPrescribed" and part is None:
            told["diagnoses"] = [found for one in _all(treatment, "DG1") if (found := diagnosis(one, scope))]
            told["insurances"] = [{**one} for one in self._insurances]
            told["reasons"] = list(asked_for.get("reasons") or ())
        if "observations" not in told and (observed := self._results(part, treatment, about, scope)):
            told["observations"] = observed
        if request and _is_known(asked_for):
            told["request"] = request
        if written := notes(_of(treatment, part, "NTE"), scope):
            told["notes"] = [*told.get("notes", ()), *written]
        for who in roles([*_of(treatment, part, "PRT"), *_of(treatment, part, "ROL")], scope):
            holder, key = _role_in(kind, who, told, event["order"])
            holder[key] = [*holder.get(key, ()), who]
        if encounter := self.visits.get(id(treatment.visit)):
            told["encounter"] = {**encounter}
        event.update((key, value) for key, value in told.items() if value not in (None, [], ""))
        moment = told.get("dispensed") or told.get("given") or (told.get("prescribed") if part is None else None)
        event["occurred"] = moment or event["occurred"]
        return event

    def _results(self, part: Given | None, treatment: Treatment, about: str, scope: Scope) -> list[Result]:
        """Those of the part; of the order where no part takes them."""
        parts = [part] if part else treatment.all("RXO", "RXE")
        branches = [branch for one in parts for branch in one.results]
        if part is None or treatment.parts[:1] == [part]:
            branches = [*treatment.results, *branches]
        numbering = Numbering(about)
        return [result(branch.head, branch.others, numbering, scope) for branch in branches]

    def _key(self, treatment: Treatment, scope: Scope) -> str:
        """What the prescription is known by."""
        known = _numbered(treatment, scope)
        if not known:
            message = self.head.message
            return f"{MEDICATION_ORDER}|{message.sender}|{message.control_id}|{self.head.digest}|{treatment.place}"
        key = f"{MEDICATION_ORDER}|{known}"
        return self._distinct(f"{key}|{_name(treatment.parts)}") if self._numbers[known] > 1 else key

    def _counted(self, kind: str, key: str, part: Given, counters: Iterable[int], times: Iterable[int]) -> str:
        """The order's key with the segment's own counters and time; without a number the product and time only."""
        own = [part.head.text(at).strip() for at in (*counters, *times)]
        of = key.removeprefix(MEDICATION_ORDER)
        if self.head.digest in of:
            of = f"||{_name([part])}"
        return self._distinct("|".join((f"{kind}{of}", *own)))

    def _vaccination(self, part: Given, treatment: Treatment, asked_for: Order) -> str:
        """The filler's number, which a registry gives each vaccination; one that stands for several (or is all nines,
        as for what was done elsewhere) tells nothing without vaccine and day."""
        found = asked_for.get("filler") or asked_for.get("placer")
        name = f"{_name([part])}|{part.head.text(3).strip()[:8]}"
        if not found or not found["value"].strip("9"):
            return self._distinct(f"vaccination||{name}")
        key = f"vaccination|{found['system']}|{found['value']}"
        shared = self._numbers[_numbered(treatment, self.scope)] > 1
        return self._distinct(f"{key}|{name}" if shared else key)

    def _distinct(self, key: str) -> str:
        """The key, with its occurrence from the second equal one of the message on."""
        self._seen[key] += 1
        return f"{key}|{self._seen[key]}" if self._seen[key] > 1 else key


def _numbered(treatment: Treatment, scope: Scope) -> str:
    found = numbered(treatment.orc, None, scope)
    return f"{found['system']}|{found['value']}" if found else ""


def _is_known(asked_for: Order) -> bool:
    return bool(asked_for.get("placer") or asked_for.get("filler"))


def _name(parts: Iterable[Given]) -> str:
    """The product in one line: its first code, else its text."""
    for part in parts:
        if found := article(part.head, _PRODUCT[part.head.name]):
            coding = (found.get("codings") or [{}])[0]
            return f"{coding.get('system') or ''}|{coding.get('code') or found.get('text') or ''}"
    return ""


def _all(treatment: Treatment, name: str) -> list[Segment]:
    segments = [*treatment.others, *(one for part in treatment.parts for one in part.others)]
    return [segment for segment in segments if segment.name == name]


def _of(treatment: Treatment, part: Given | None, name: str) -> list[Segment]:
    """Segments of the part; those of the ORC go to the order itself, else to the first part."""
    own = [part] if part else treatment.all("RXO", "RXE")
    found = [segment for one in own for segment in one.all(name)]
    first = part is None or (not treatment.all("RXO", "RXE") and treatment.parts[:1] == [part])
    return [*(one for one in treatment.others if one.name == name), *found] if first else found


def _role_in(kind: str, who: Practitioner, told: dict[str, Any], asked_for: Any) -> tuple[dict[str, Any], str]:
    """Where somebody of a PRT belongs: tables 0443 and 0912."""
    role = who.get("role")
    if role == "OP":
        return asked_for, "requesters"
    if kind == "MedicationDispensed":
        return told, "dispensers"
    if kind == "MedicationPrescribed":
        return (told, "verified_by") if role in ("VP", "VPS") else (asked_for, "acted_by")
    return told, "performers"


def _rest(treatment: Treatment, scope: Scope) -> None:
    """Segments that nothing reads."""
    unread = set() if treatment.all("RXD") else {"FT1"}
    unread |= set() if treatment.all("RXO", "RXE") or not treatment.parts else {"DG1"}
    for segment in (*treatment.others, *(one for part in treatment.parts for one in part.others)):
        if segment.name not in _READ or segment.name in unread:
            scope.rest(segment)


def _no_order(place: str) -> Issue:
    text, remedy = "no order follows this patient", "send an ORC with its RXO, RXE, RXD, RXG or RXA after the PID"
    return Issue(place, "segment-sequence", text, remedy, code="100", location=place.replace(" ", "^"))
