"""A stay in the record, whatever is admitted, transferred, planned, cancelled, in whatever order it arrives."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from channels.consumers.smr import said
from channels.consumers.standing import Key, Standing, settle
from mediators.hl7v2 import adt
from mediators.hl7v2.reader import Hl7
from mediators.mediator import Context
from schemas.events import Event
from schemas.message import Message

RECEIVED = 1_741_700_000_000_000
DISCHARGE = "2025030{}0900+0000"


@dataclass(frozen=True)
class Stay:
    """What the standard says of a stay after its messages so far. `back`: where a cancelled transfer leads."""

    status: str = ""
    began: str = ""
    room: str = ""
    back: str = ""
    pending: str = ""
    over: bool = False
    expected: bool = False
    doctor: str = ""

    def may(self) -> list[str]:
        """Which triggers make sense now."""
        if not self.status:
            return ["A01", "A04", "A05", "A14"]
        return {
            "planned": ["A01", "A38" if self.began == "A05" else "A27", "A08"],
            "in-progress": ["A02", "A03", "A08", "A11", "A15", "A16", "A21", "A54", *self._cancels()],
            "onleave": ["A22", "A52", "A08"],
            "finished": ["A13", "A08", "A54"],
            "cancelled": ["A08", "A23"],
            "entered-in-error": ["A08"],
        }[self.status]

    def _cancels(self) -> list[str]:
        told = {"A12": self.back, "A26": self.pending, "A25": self.expected}
        return [trigger for trigger, what in told.items() if what]

    def after(self, trigger: str, room: str, doctor: str) -> Stay:
        if trigger in ("A01", "A04"):
            return replace(self, status="in-progress", began=trigger, room=room, back="", doctor=doctor)
        if trigger in ("A05", "A14"):
            return replace(self, status="planned", began=trigger, room=room, doctor=doctor)
        moves: dict[str, dict[str, Any]] = {
            "A02": {"room": room, "back": self.room}, "A12": {"room": self.back, "back": ""},
            "A03": {"status": "finished", "over": True}, "A13": {"status": "in-progress", "over": False},
            "A11": {"status": "cancelled"}, "A23": {"status": "entered-in-error"}, "A27": {"status": "cancelled"},
            "A38": {"status": "cancelled"}, "A15": {"pending": room}, "A26": {"pending": ""},
            "A16": {"expected": True}, "A25": {"expected": False}, "A21": {"status": "onleave"},
            "A22": {"status": "in-progress"}, "A52": {"status": "in-progress"}, "A54": {"doctor": doctor}, "A08": {},
        }  # fmt: skip
        return replace(self, **moves[trigger])

    def message(self, trigger: str, minute: int, room: str, doctor: str) -> str:
        """As a hospital would send it, told of nothing but what the trigger is about."""
        pv1 = {2: "I", 19: "V-1^^^CHU"}
        if trigger in ("A01", "A02", "A04", "A05", "A14"):
            pv1[3] = f"MED^{room}"
        if trigger in ("A01", "A04", "A05", "A14"):
            pv1 |= {7: f"{doctor}^ALAMI", 17: "77^SABRI"}
        if trigger == "A12":
            pv1 |= {3: f"MED^{self.back}", 6: f"MED^{self.room}"}
        if trigger == "A54":
            pv1[7] = f"{doctor}^ALAMI"
        if trigger == "A15":
            pv1[42] = f"CHIR^{room}"
        if trigger in ("A03", "A13"):
            # a cancelled discharge is often repeated
            pv1[45] = "202503050900+0000"
        fields = "|".join(pv1.get(number, "") for number in range(2, 46)).rstrip("|")
        pv2 = "\rPV2|||||||||202503060900" if trigger in ("A16", "A25") else ""
        head = rf"MSH|^~\&|SIH|CHU|WASL|HIE|20250304|| ADT^{trigger}|C{minute}|P|2.5".replace("| ", "|")
        evn = f"EVN|{trigger}|20250304{10 + minute // 60:02}{minute % 60:02}00+0000"
        return f"{head}\r{evn}\rPID|1||44^^^CHU^PI||BENNANI^SALMA\rPV1|1|{fields}{pv2}"


STEPS = st.lists(
    st.tuples(st.integers(0, 50), st.sampled_from("123456"), st.sampled_from("AB")), min_size=1, max_size=12
)


def told(steps: list[tuple[int, str, str]]) -> tuple[Stay, list[str]]:
    stay, messages = Stay(), []
    for minute, (choice, room, doctor) in enumerate(steps):
        may = stay.may()
        trigger = may[choice % len(may)]
        messages.append(stay.message(trigger, minute, room, doctor))
        stay = stay.after(trigger, room, doctor)
    return stay, messages


def events(text: str) -> list[Event]:
    body = text.encode()
    hl7 = Hl7.read(body)
    message = Message("t", "hospital-adt", "SIH|CHU", body, "x-application/hl7-v2+er7", RECEIVED, hl7.control_id)
    return adt.mediate(hl7, message, Context()).events


def standing(messages: list[str]) -> dict[str, Any]:
    stands: dict[Key, Standing] = {}
    settle(stands, [said(event) for text in messages for event in events(text)])
    (visit,) = [one.resource for (kind, _), one in stands.items() if kind == "Encounter"]
    rooms = {key[1]: one.resource.get("name") for key, one in stands.items() if key[0] == "Location"}
    places = {one["id"]: rooms[one["location"]["reference"].partition("/")[2]] for one in visit.get("location", ())}
    doctors = {
        one["id"]: stands["Practitioner", one["individual"]["reference"].partition("/")[2]].resource["identifier"][0]
        for one in visit.get("participant", ())
    }
    return {"visit": visit, "places": places, "doctors": {key: one["value"] for key, one in doctors.items()}}


def same(found: dict[str, Any], stay: Stay) -> None:
    visit, places = found["visit"], found["places"]
    assert visit["status"] == stay.status
    assert places.get("place") == stay.room
    assert places.get("pending", "") == stay.pending
    assert ("end" in visit.get("period", {})) == stay.over
    urls = [one["url"].rpartition("/")[2] for one in visit["extension"]]
    assert ("PV2-9-expected-discharge-date-time" in urls) == stay.expected
    assert found["doctors"] == {"AT.1": stay.doctor, "AD.1": "77"}
    here = next(one for one in visit["location"] if one["id"] == "place")
    over = stay.status in ("finished", "cancelled", "entered-in-error")
    assert here["status"] == ("planned" if stay.status == "planned" else "completed" if over else "active")


@given(STEPS)
@settings(max_examples=120, deadline=None)
def test_any_sequence_leaves_the_stay_as_the_standard_says(steps: list[tuple[int, str, str]]) -> None:
    stay, messages = told(steps)
    same(standing(messages), stay)


@given(STEPS, st.randoms(use_true_random=False))
@settings(max_examples=120, deadline=None)
def test_late_messages_change_nothing_of_it(steps: list[tuple[int, str, str]], dice: Any) -> None:
    stay, messages = told(steps)
    arriving = [*messages, *messages[:2]]
    dice.shuffle(arriving)
    same(standing(arriving), stay)


def test_an_update_after_the_discharge_does_not_open_the_stay_again() -> None:
    stay, messages = told([(0, "1", "A"), (1, "1", "A"), (1, "1", "A")])
    assert stay.status == "finished"
    assert standing(messages)["visit"]["status"] == "finished"
