"""Mediation: each message once, in order, whatever it holds."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from channels import mediate
from channels.bus.bus import Batch, Record
from channels.mediate import TooLong, limited
from channels.settings import Line as Limits
from mediators.mediator import Context, Translation
from schemas.events import Step
from schemas.message import Message
from tests.plain import Flow, Plain, channel


def kinds(steps: list[Step]) -> list[str]:
    return [step["kind"] for step in steps]


def test_a_message_becomes_an_event_about_a_person(flow: Flow) -> None:
    (message,) = asyncio.run(flow.send("m1 p1 hello"))
    flow.mediate()
    (record,) = flow.read("wasl.events")
    assert record.key == "p1"
    assert record.headers["type"] == "PatientRegistered"
    (event,) = flow.events()
    assert (event["transaction"], event["person"]) == (message.transaction, "p1")
    (step,) = flow.steps()
    assert (step["kind"], step["subjects"]) == ("mediated", ["p1"])


def test_the_same_message_again_is_a_duplicate_that_names_the_first(flow: Flow) -> None:
    mediation = flow.mediation()
    (first,) = asyncio.run(flow.send("m1 p1 hello"))
    flow.mediate(mediation)
    asyncio.run(flow.send("m1 p1 hello"))
    flow.mediate(mediation)
    assert len(flow.events()) == 1
    assert kinds(flow.steps()) == ["mediated", "duplicate"]
    assert flow.steps()[1]["first"] == first.transaction


def test_a_duplicate_within_one_batch_is_seen(flow: Flow) -> None:
    asyncio.run(flow.send("m1 p1 hello", "m1 p1 hello"))
    flow.mediate()
    assert kinds(flow.steps()) == ["mediated", "duplicate"]


def test_a_record_read_again_is_never_a_duplicate(flow: Flow) -> None:
    asyncio.run(flow.send("m1 p1 hello"))
    mediation = flow.mediation()
    batches = flow.bus.read("mediation", ["wasl.received.plain"])
    batch = next(batches)
    batches.close()
    with pytest.raises(Exception, match="mediation"):
        mediation.turn(batch)  # the partition went elsewhere: the batch is lost, and the window has not learnt
    flow.mediate(mediation)
    assert kinds(flow.steps()) == ["mediated"]


def test_a_control_id_with_other_content_keeps_both_and_says_so(flow: Flow) -> None:
    asyncio.run(flow.send("m1 p1 hello", "m1 p1 other"))
    flow.mediate()
    assert len(flow.events()) == 2
    first, second = flow.steps()
    assert first["issues"] == []
    assert [issue["reason"] for issue in second["issues"]] == ["control ID reused"]


@pytest.mark.parametrize(
    ("word", "reason"),
    [("broken", "word: bad word"), ("bug", "mediator failed: KeyError")],
)
def test_what_cannot_be_translated_is_kept_with_a_reason(flow: Flow, word: str, reason: str) -> None:
    asyncio.run(flow.send(f"m1 p1 {word}", "m2 p1 hello"))
    flow.mediate()
    refused, mediated = flow.steps()
    assert (refused["kind"], refused["reason"]) == ("refused", reason)
    assert "Khadija" not in str(refused)
    assert mediated["kind"] == "mediated"


@pytest.mark.parametrize(
    ("text", "reason"),
    [("m2 trouble hello", "registry failed: KeyError"), ("m2 p2 unwritable", "event not writable: TypeError")],
)
def test_our_own_fault_with_one_message_stops_no_other(flow: Flow, text: str, reason: str) -> None:
    asyncio.run(flow.send("m1 p1 hello", text, "m3 p3 hello"))
    flow.mediate()
    assert [event["control_id"] for event in flow.events()] == ["m1", "m3"]
    (refused,) = [step for step in flow.steps() if step["kind"] == "refused"]
    assert refused["reason"] == reason
    assert "Khadija" not in str(refused)


def test_foreign_records_become_dead_letters_and_stop_nobody(flow: Flow) -> None:
    asyncio.run(
        flow.gateway.publish([Record("wasl.received.plain", "k", b"?"), Record("wasl.received.plain", "k", b"")])
    )
    asyncio.run(flow.send("m1 p1 hello"))
    flow.mediate()
    assert [event["control_id"] for event in flow.events()] == ["m1"]
    letters = [step for step in flow.steps() if step.get("reason") == "foreign bytes on the bus"]
    assert len({step["transaction"] for step in letters}) == 2
    assert {(step["channel"], step["by"]) for step in letters} == {("plain", "mediation")}


def test_a_body_that_was_tampered_with_is_refused_alone(flow: Flow) -> None:
    asyncio.run(flow.send("m1 p1 hello"))
    (record,) = next(flow.bus.read("look", ["wasl.received.plain"]))
    spoilt = replace(
        record,
        value=record.value[:-1] + bytes([record.value[-1] ^ 1]),
        headers={**record.headers, "transaction": "spoilt"},
    )
    asyncio.run(flow.gateway.publish([spoilt]))
    flow.mediate()
    assert [event["control_id"] for event in flow.events()] == ["m1"]
    assert [step["reason"] for step in flow.steps() if step["transaction"] == "spoilt"] == ["body can't be unlocked"]


def test_a_message_that_takes_too_long_is_refused(flow: Flow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mediate, "LONGEST", 0.05)
    asyncio.run(flow.send("m1 p1 slow", "m2 p1 hello"))
    flow.mediate()
    assert [step.get("reason") for step in flow.steps()] == ["took too long", None]


def test_good_parts_pass_while_bad_ones_are_told(flow: Flow) -> None:
    asyncio.run(flow.send("m1 p1 parts"))
    flow.mediate()
    assert len(flow.events()) == 1
    mediated, refused = flow.steps()
    assert (mediated["kind"], refused["kind"], refused["places"]) == ("mediated", "refused", ["second"])


def test_what_was_refused_at_the_door_is_not_mediated(flow: Flow) -> None:
    asyncio.run(flow.send("m1 p1 bad"))
    flow.mediate()
    assert flow.events() == []
    assert flow.steps() == []


def test_require_parks_and_tells_what_for(tmp_path: Path) -> None:
    flow = Flow(tmp_path, channel(registries={"patient": "require"}))
    asyncio.run(flow.send("m1 stranger hello", "m2 p1 hello"))
    flow.mediate()
    assert [event["control_id"] for event in flow.events()] == ["m2"]
    parked = next(step for step in flow.steps() if step["kind"] == "parked")
    assert parked["waiting_for"] == ["person|stranger"]
    assert parked["places"] == ["first"]
    flow.close()


def test_a_body_whose_key_is_gone_is_refused_not_lost(flow: Flow) -> None:
    asyncio.run(flow.send("m1 p1 hello"))
    (record,) = flow.read("wasl.received.plain")
    flow.keys.destroy([record.headers["key"]])
    flow.mediate()
    assert [step["reason"] for step in flow.steps()] == ["body no longer kept"]


@pytest.mark.parametrize("word", ["hello", "broken", "bad"])
def test_hash_only_channels_destroy_the_body_once_it_was_read(tmp_path: Path, word: str) -> None:
    flow = Flow(tmp_path, channel(retention={"body": "hash-only"}))
    asyncio.run(flow.send(f"m1 p1 {word}"))
    (record,) = flow.read("wasl.received.plain")
    assert flow.keys.unlock(record.headers["key"], record.value) is not None
    flow.mediate()
    assert flow.keys.unlock(record.headers["key"], record.value) is None
    assert len(record.headers["sha256"]) == 64
    flow.close()


def test_the_line_stops_when_almost_everything_is_refused(tmp_path: Path) -> None:
    flow = Flow(tmp_path, line=Limits(messages=10, ratio=0.9, window=300))
    asyncio.run(flow.send(*(f"m{n} p1 broken" for n in range(9))))
    mediation = flow.mediation()
    flow.mediate(mediation)
    assert flow.line.paused() == frozenset()
    asyncio.run(flow.send("m9 p1 broken"))
    flow.mediate(mediation)
    assert flow.line.paused() == {"plain"}
    assert "10 of the last 10" in flow.line.all()[0].reason
    assert flow.line.resume("plain")
    assert flow.line.paused() == frozenset()
    flow.close()


def forked(work: Callable[[], None]) -> int:
    """Runs the work in a process of its own; its exit code."""
    if (child := os.fork()) == 0:
        work()
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_a_message_that_kills_the_worker_is_refused_and_the_innocent_pass(tmp_path: Path) -> None:
    sender = Flow(tmp_path)
    asyncio.run(sender.send("m1 p1 hello", "m2 p2 die", "m3 p3 hello"))
    sender.close()

    def worker() -> None:
        Flow(tmp_path).mediate()

    deaths = 0
    while forked(worker) != 0:
        deaths += 1
        assert deaths < 10
    assert deaths == 4  # once among the others, then three times alone
    flow = Flow(tmp_path)
    assert [event["control_id"] for event in flow.events()] == ["m1", "m3"]
    refused = next(step for step in flow.steps() if step["kind"] == "refused")
    assert refused["reason"] == "killed the worker"
    flow.close()


def test_limits_are_lifted_afterwards() -> None:
    with limited(10):
        pass
    with pytest.raises(TooLong), limited(0.01):
        threading.Event().wait()


def test_reruns_that_fail_again_do_not_stop_the_line(tmp_path: Path) -> None:
    flow = Flow(tmp_path, line=Limits(messages=5, ratio=0.5, window=300))
    again = [replace(flow.message(f"m{n} p1 broken"), rerun_of="an earlier one") for n in range(10)]
    asyncio.run(flow.door.receive_all(flow.channels[0], again))
    flow.mediate()
    assert [step["kind"] for step in flow.steps()] == ["refused"] * 10
    assert flow.line.paused() == frozenset()
    flow.close()


def test_a_worker_killed_after_reading_suspects_no_message(flow: Flow) -> None:
    (flow.folder / "suspects").write_bytes(b"{}")
    asyncio.run(flow.send("m1 p1 hello"))
    mediation = flow.mediation()
    batches = flow.bus.read("mediation", ["wasl.received.plain"])
    seen: list[bytes] = []

    class Watching:
        def __init__(self, batch: Batch) -> None:
            self._batch = batch

        def __len__(self) -> int:
            return len(self._batch)

        def __iter__(self) -> Iterator[Record]:
            return iter(self._batch)

        def done(self, outputs: Sequence[Record] = ()) -> None:
            seen.append((flow.folder / "suspects").read_bytes())
            self._batch.done(outputs)

    mediation.turn(Watching(next(batches)))
    batches.close()
    assert b'"trying":""' in seen[0]


def test_messages_of_which_no_part_passes_stop_the_line_too(tmp_path: Path) -> None:
    flow = Flow(tmp_path, line=Limits(messages=5, ratio=0.9, window=300))
    asyncio.run(flow.send(*(f"m{n} p1 nothing" for n in range(5))))
    flow.mediate()
    assert flow.line.paused() == {"plain"}
    flow.close()


def test_what_came_before_its_channel_was_taken_away_is_mediated(tmp_path: Path) -> None:
    ward = channel("ward")
    flow = Flow(tmp_path, ward)
    asyncio.run(flow.send("m1 p1 hello"))
    flow.live.take([channel()])
    flow.mediate()
    assert [event["control_id"] for event in flow.events()] == ["m1"]
    flow.close()


def test_a_channel_that_is_not_known_yet_is_read_once_it_is(flow: Flow) -> None:
    ward = channel("ward")
    asyncio.run(flow.send("m1 p1 hello", channel=ward))
    asyncio.run(flow.send("m2 p2 hello"))
    told: list[list[str]] = []

    def turned() -> None:
        told.append([event["control_id"] for event in flow.events()])
        if told[-1] == ["m2"]:
            flow.live.take([*flow.channels, ward])
        if len(told[-1]) == 2 or len(told) > 20:
            flow.stop.set()

    flow.mediation().run(turned)
    assert [] in told
    assert ["m2"] in told
    assert told[-1] == ["m2", "m1"]
    assert kinds(flow.steps()) == ["mediated", "mediated"]


def test_a_batch_ends_as_it_began_when_its_channel_changes_meanwhile(flow: Flow) -> None:
    class Changing(Plain):
        def mediate(self, message: Message, context: Context) -> Translation:
            flow.live.take([channel(retention={"body": "none"}, registries={"patient": "require"})])
            return super().mediate(message, context)

    flow.live.take([replace(flow.channels[0], mediator=Changing())])
    asyncio.run(flow.send("m1 p1 hello", "m2 stranger hello"))
    flow.mediate()
    assert [event["control_id"] for event in flow.events()] == ["m1", "m2"]
    asyncio.run(flow.send("m3 stranger hello"))
    flow.mediate()
    assert kinds(flow.steps())[2:] == ["mediated", "parked"]


def test_nothing_is_read_while_every_line_is_stopped(flow: Flow) -> None:
    flow.line.pause("plain", "somebody", "a test")
    asyncio.run(flow.send("m1 p1 hello"))
    turns: list[int] = []

    def turned() -> None:
        turns.append(len(flow.events()))
        if len(turns) == 2:
            flow.line.resume("plain")
        if turns[-1] or len(turns) > 20:
            flow.stop.set()

    flow.mediation().run(turned)
    assert turns[:2] == [0, 0]
    assert turns[-1] == 1
