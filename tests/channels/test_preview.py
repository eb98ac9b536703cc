"""What would become of a message: as it would be on its way, without anything being sent."""

from __future__ import annotations

from typing import Any

import pytest

from channels.channel import Channel, load_channels
from channels.preview import Preview, apart, key_facts, preview
from channels.settings import Settings, default_config
from mediators.hl7v2.mediator import Hl7v2
from tests.console.place import SALES, nameless, result

CHANNELS = load_channels(default_config(), Settings())
CONSULTATION = b"\r".join(
    [
        rb"MSH|^~\&|HIS|130310623|WASL|HIE|20260312103000+0100||ADT^A04^ADT_A01|V1|P|2.5.1",
        b"EVN|A04|20260312103000",
        b"PID|1||A-4711^^^130310623^PI||BENNANI^Khadija||19840317|F",
        b"PV1|1|O|CONS^1^1||||101010014^ALAMI^OMAR^^^^^^INPE" + b"|" * 12 + b"V77" + b"|" * 25 + b"20260312103000",
    ]
)


def seen(body: bytes, name: str = "") -> Preview:
    ((channel, message),) = apart(CHANNELS, body, name)
    return preview(channel, message)


def test_the_first_channel_that_fits_is_asked_and_a_batch_has_several_messages() -> None:
    batch = b"FHS|^~\\&\rBHS|^~\\&\r" + result("A") + CONSULTATION + b"\rBTS|2\rFTS|1\r"
    assert [(one.name, said.type, said.control_id) for one, said in apart(CHANNELS, batch)] == [
        ("lab-hl7v2", "ORU^R01", "A"), ("hospital-adt", "ADT^A04", "V1"),
    ]  # fmt: skip
    assert [one.name for one, _ in apart(CHANNELS, SALES, "sales.csv")] == ["pharmacy-csv"]


def test_each_event_has_its_line_on_the_care_sheet_or_the_reason_why_not() -> None:
    registered, visit = seen(CONSULTATION).care_sheet
    assert (registered.line, registered.reason) == (None, "no act")
    assert visit.line is not None
    assert (visit.line.code, visit.line.executor, visit.line.date) == ("C", "101010014", "2026-03-12")


def test_what_lands_is_counted_once_however_many_events_tell_it() -> None:
    landed = seen(CONSULTATION).resources
    assert landed["Patient"] == landed["Encounter"] == 1
    assert list(landed.values()) == sorted(landed.values(), reverse=True)


def test_what_is_refused_becomes_nothing_and_parts_of_a_file_go_their_own_ways() -> None:
    refused = seen(nameless())
    assert (refused.answer, refused.events, refused.resources, refused.care_sheet) == ("AE", [], {}, [])
    sales = seen(SALES, "sales.csv")
    assert (len(sales.events), [issue.line for issue in sales.issues]) == (1, [3])


def test_advice_is_told_apart_from_what_is_to_be_mended() -> None:
    found = seen(result().replace(b"15074-8^Glucose^LN||", b"GLY^Glycemie^L||"))
    assert found.issues == []
    assert "OBX-3.3" in [issue.at for issue in found.advice]


def test_a_channel_that_answers_before_it_looks_is_told_so() -> None:
    lab = next(one for one in CHANNELS if one.name == "lab-hl7v2")
    said = lab.said.model_copy(update={"acknowledge": "received"})
    ((channel, message),) = apart([Channel(lab.name, said, lab.mediator, lab.context, lab.file)], nameless())
    assert preview(channel, message).answer == "AA"


def test_a_fault_of_the_mediator_is_an_issue_without_the_messages_words(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(self: Hl7v2, message: Any, context: Any) -> Any:
        raise KeyError("BENNANI")

    monkeypatch.setattr(Hl7v2, "mediate", fails)
    found = seen(result())
    assert not found.readable
    assert [issue.reason for issue in found.issues] == ["mediator failed: KeyError"]
    assert "BENNANI" not in repr(found.issues)


def test_the_facts_of_an_event_are_short_texts_and_nothing_technical() -> None:
    (event,) = seen(result()).events
    facts = key_facts(event)
    assert facts["code"] == facts["results"] == "Glucose (15074-8)"
    assert facts["patient"] == "BENNANI Khadija (A-4711, 900000017)"
    assert not {"id", "fact", "transaction", "version", "zone"} & facts.keys()
    assert all(isinstance(text, str) and text for text in facts.values())
