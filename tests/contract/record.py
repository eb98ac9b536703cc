"""The battery of every shared record: inherit and get it. Once each, the newest wins, nothing said is lost."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from channels.consumers.consumer import Outcome
from channels.consumers.smr import SharedRecord, Smr
from schemas import facts
from schemas.events import Event, Patient, Result

CNIE = "https://hie.sante.gov.ma/id/cnie"
IPP = "urn:id:CHU-RABAT"
MONDAY = 1_741_600_000_000_000
HOUR = 3_600_000_000
LAB = {"name": "Laboratoire Al Andalous", "identifiers": [{"system": "urn:id:inpe-test", "value": "100200300"}]}


def person(number: int) -> str:
    return facts.name("test-person", str(number))


def patient(number: int, **more: Any) -> Patient:
    known: Patient = {
        "identifiers": [{"system": CNIE, "value": f"TT{number:05}"}],
        "names": [{"family": "El Fassi", "given": ["Aïcha"], "use": "official"}],
        "birth_date": "1981-07-04",
        "sex": "female",
    }
    return {**known, **more}  # type: ignore[typeddict-item]  # any field, as the test says


def event(kind: str, number: int, version: int = MONDAY, about: str = "", **more: Any) -> Event:
    """An event about person `number`. Its id follows from all it says, as that of a real one does."""
    made: dict[str, Any] = {
        "type": kind, "about": about, "channel": "lab", "sender": "LIS|RABAT", "control_id": f"C{version}",
        "transaction": facts.name("transaction", str(version)), "place": "1", "received": version, "version": version,
        "person": person(number), "patient": patient(number), "flags": [], "unmapped": [], **more,
    }  # fmt: skip
    made["id"] = facts.name("event", repr(made))
    made["fact"] = facts.fact(made)
    return made  # type: ignore[return-value]  # a plain dict, as the codec gives it


def registered(number: int = 1, version: int = MONDAY, **demographics: Any) -> Event:
    return event("PatientUpdated", number, version, patient=patient(number, **demographics))


def result(name: str, value: str, status: str = "F", about: str = "") -> Result:
    return {
        "id": facts.result_id(about, name, "", 1),
        "code": {"codings": [{"system": "urn:id:local", "code": name, "display": name}], "text": name},
        "values": [{"type": "NM", "raw": value, "number": value}],
        "unit": {"text": "g/L", "codings": [{"code": "g/L", "system": "http://unitsofmeasure.org"}]},
        "status": status,
    }


def report(number: int = 1, version: int = MONDAY, status: str = "F", about: str = "F1", **values: str) -> Event:
    """A laboratory report; values by result name, as "1.05", or "1.05 C" with another status."""
    results = []
    for name, said in values.items():
        value, _, its = said.partition(" ")
        results.append(result(name, value, its or "F", about))
    code = {"text": "Bilan", "codings": [{"system": "urn:id:local", "code": "BIL"}]}
    more: dict[str, Any] = {"code": code, "status": status, "section": "CH", "results": results, "laboratory": LAB}
    return event("LabReportIssued", number, version, about, **more)


def visit(number: int = 1, version: int = MONDAY, **said: Any) -> Event:
    encounter = {"identifiers": [{"system": "urn:id:visits", "value": f"V{number}"}], "class_code": "I", **said}
    return event("EncounterRecorded", number, version, f"visit {number}", encounter=encounter)


def merge(survivor: int, prior: int, version: int = MONDAY) -> Event:
    old: Patient = {"identifiers": [{"system": CNIE, "value": f"TT{prior:05}"}]}
    return event("PatientMerged", survivor, version, prior=old, prior_person=person(prior))


class RecordBattery:
    """Give `record()`: a new view of one and the same record; `stands`: a resource of it as it is now."""

    def record(self) -> SharedRecord:
        raise NotImplementedError

    def stands(self, kind: str, name: str) -> dict[str, Any] | None:
        raise NotImplementedError

    def all_of(self, kind: str) -> list[dict[str, Any]]:
        raise NotImplementedError

    def deliver(self, *events: Event) -> Sequence[Outcome]:
        async def delivered() -> Sequence[Outcome]:
            smr = Smr(self.record())
            try:
                return await smr.deliver(events)
            finally:
                await smr.close()

        return asyncio.run(delivered())

    def one_of(self, kind: str) -> dict[str, Any]:
        (one,) = self.all_of(kind)
        return one

    def patient(self, number: int = 1) -> dict[str, Any]:
        stands = self.stands("Patient", person(number))
        assert stands is not None
        return stands

    def values(self) -> dict[str, Any]:
        return {one["code"]["text"]: one["valueQuantity"]["value"] for one in self.all_of("Observation")}

    def test_an_event_lands_with_all_it_says(self) -> None:
        (outcome,) = self.deliver(report(glucose="1.05", urea="0.31"))
        assert outcome.verdict == "landed"
        assert outcome.detail.endswith(" resources")
        assert self.values() == {"glucose": 1.05, "urea": 0.31}
        stands = self.one_of("DiagnosticReport")
        assert stands["status"] == "final"
        assert stands["subject"] == {"reference": f"Patient/{person(1)}"}
        assert {one["reference"] for one in stands["result"]} == {
            f"Observation/{one['id']}" for one in self.all_of("Observation")
        }
        assert self.patient()["name"][0]["given"] == ["Aïcha"]
        assert self.one_of("Organization")["name"] == LAB["name"]
        assert {"reference": f"Patient/{person(1)}"} in self.one_of("Provenance")["target"]

    def test_a_repeat_changes_nothing(self) -> None:
        said = report(glucose="1.05")
        self.deliver(said)
        before = {kind: self.all_of(kind) for kind in ("Patient", "Observation", "DiagnosticReport", "Provenance")}
        assert [one.verdict for one in self.deliver(said)] == ["unchanged"]
        assert {kind: self.all_of(kind) for kind in before} == before

    def test_an_event_read_again_does_not_undo_what_was_said_in_the_same_second(self) -> None:
        first, second = report(glucose="1.05"), report(status="C", glucose="1.50 C")
        self.deliver(first)
        self.deliver(second)
        assert [one.verdict for one in self.deliver(first)] == ["unchanged"]
        assert self.values() == {"glucose": 1.5}

    def test_a_rerun_in_another_transaction_changes_nothing(self) -> None:
        said = report(glucose="1.05")
        self.deliver(said)
        before = self.all_of("Provenance")
        again: Event = {**said, "transaction": "another", "received": MONDAY + HOUR}  # type: ignore[assignment]  # a plain dict
        assert [one.verdict for one in self.deliver(again)] == ["unchanged"]
        assert self.all_of("Provenance") == before

    def test_a_repeat_in_another_transaction_does_not_undo_what_was_said_in_the_same_second(self) -> None:
        first, second = report(glucose="1.05"), report(status="C", glucose="1.50 C")
        again: Event = {**first, "transaction": "another"}  # type: ignore[assignment]  # a plain dict
        for _ in range(2):  # read again after a crash, all three
            for said in (first, again, second):
                self.deliver(said)
            assert self.values() == {"glucose": 1.5}

    def test_a_correction_is_a_new_version_of_the_same_and_the_other_results_stay(self) -> None:
        self.deliver(report(glucose="1.05", urea="0.31"))
        self.deliver(report(version=MONDAY + HOUR, status="C", glucose="1.50 C"))
        assert self.values() == {"glucose": 1.5, "urea": 0.31}
        stands = self.one_of("DiagnosticReport")
        assert stands["status"] == "corrected"
        assert len(stands["result"]) == 2
        statuses = {one["code"]["text"]: one["status"] for one in self.all_of("Observation")}
        assert statuses == {"glucose": "corrected", "urea": "final"}

    def test_a_late_older_message_overwrites_nothing_but_adds_its_results(self) -> None:
        self.deliver(report(version=MONDAY + HOUR, status="C", glucose="1.50 C"))
        self.deliver(report(glucose="1.05", urea="0.31"))
        assert self.values() == {"glucose": 1.5, "urea": 0.31}
        assert self.one_of("DiagnosticReport")["status"] == "corrected"
        assert len(self.one_of("DiagnosticReport")["result"]) == 2

    def test_the_same_said_again_later_still_beats_what_was_said_between(self) -> None:
        self.deliver(report(glucose="1.05"))
        self.deliver(report(version=MONDAY + 2 * HOUR, glucose="1.05"))
        self.deliver(report(version=MONDAY + HOUR, glucose="9.99"))
        assert self.values() == {"glucose": 1.05}

    def test_what_a_message_leaves_out_stays_and_identifiers_come_together(self) -> None:
        self.deliver(registered(telecoms=[{"value": "0612345678", "system": "phone"}]))
        later: dict[str, Any] = {
            "identifiers": [{"system": IPP, "value": "77"}],
            "names": [{"family": "Bennani", "given": ["Aïcha"]}],
        }
        self.deliver(registered(version=MONDAY + HOUR, birth_date=None, **later))
        stands = self.patient()
        assert {(one["system"], one["value"]) for one in stands["identifier"]} == {(CNIE, "TT00001"), (IPP, "77")}
        assert stands["name"][0]["family"] == "Bennani"
        assert stands["birthDate"] == "1981-07-04"
        assert stands["telecom"][0]["value"] == "0612345678"

    def test_what_a_sender_deletes_is_gone_until_it_is_said_again(self) -> None:
        self.deliver(registered(telecoms=[{"value": "0612345678", "system": "phone"}], birth_place="Fès"))
        self.deliver(registered(version=MONDAY + HOUR, cleared=["telecoms", "birth_place"]))
        assert "telecom" not in self.patient()
        assert "Fès" not in repr(self.patient())
        self.deliver(registered(version=MONDAY + 2 * HOUR, telecoms=[{"value": "0700000000", "system": "phone"}]))
        assert self.patient()["telecom"][0]["value"] == "0700000000"

    def test_late_older_demographics_fill_what_nobody_said_since(self) -> None:
        self.deliver(registered(version=MONDAY + HOUR, names=[{"family": "Bennani", "given": ["Aïcha"]}]))
        old: dict[str, Any] = {"identifiers": [{"system": IPP, "value": "77"}], "addresses": [{"city": "Salé"}]}
        self.deliver(registered(names=[{"family": "El Fassi", "given": ["Aïcha"]}], **old))
        assert self.patient()["name"][0]["family"] == "Bennani"
        assert self.patient()["address"][0]["city"] == "Salé"
        assert len(self.patient()["identifier"]) == 2

    def test_merged_identities_are_linked_whichever_message_comes_first(self) -> None:
        self.deliver(merge(1, 2, MONDAY))
        self.deliver(registered(2, MONDAY + HOUR, active=True))
        self.deliver(registered(1, MONDAY + HOUR))
        assert self.patient(1)["link"] == [{"other": {"reference": f"Patient/{person(2)}"}, "type": "replaces"}]
        assert self.patient(2)["link"] == [{"other": {"reference": f"Patient/{person(1)}"}, "type": "replaced-by"}]
        assert self.patient(2)["active"] is False
        assert self.patient(2)["name"][0]["family"] == "El Fassi"

    def test_a_late_result_does_not_reopen_a_visit(self) -> None:
        self.deliver(visit(admitted="2025-03-01T08:00+00:00", status="in-progress"))
        self.deliver(visit(version=MONDAY + HOUR, discharged="2025-03-04T12:00+00:00", status="finished"))
        passing = {"identifiers": [{"system": "urn:id:visits", "value": "V1"}], "class_code": "I"}
        late = report(version=MONDAY + 2 * HOUR, glucose="1.05")
        self.deliver({**late, "encounter": {**passing, "status": "in-progress"}})  # type: ignore[arg-type]  # a plain dict
        stands = self.one_of("Encounter")
        assert stands["status"] == "finished"
        assert stands["period"]["start"].startswith("2025-03-01")
        assert stands["period"]["end"].startswith("2025-03-04")

    def test_a_call_lands_many_persons_that_share_a_laboratory(self) -> None:
        outcomes = self.deliver(*(report(n, about=f"F{n}", glucose="1.05") for n in range(1, 20)))
        assert {one.verdict for one in outcomes} == {"landed"}
        assert len(self.all_of("Patient")) == len(self.all_of("DiagnosticReport")) == 19
        assert self.one_of("Organization")["name"] == LAB["name"]
        assert {one.verdict for one in self.deliver(report(1, about="F1", glucose="1.05"))} == {"unchanged"}
