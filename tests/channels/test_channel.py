"""Channels: which of them takes a message, and mistakes in their files."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from channels.channel import Policies, Retention, first_fit, load_channels
from channels.lint import lint
from channels.settings import Misconfigured, Settings, default_config, load_settings
from schemas.message import Description
from tests.plain import channel

HL7 = "x-application/hl7-v2+er7"


def house(folder: Path, **files: str) -> Path:
    (folder / "channels").mkdir()
    (folder / "wasl.yaml").touch()
    for name, text in files.items():
        (folder / "channels" / f"{name}.yaml").write_text(text, encoding="utf-8")
    return folder / "wasl.yaml"


@pytest.mark.parametrize(
    ("type_", "section", "name"),
    [
        ("ORU^R01", "LAB", "lab-hl7v2"),
        ("ORU^R01", "", "lab-hl7v2"),
        ("ORU^R01", "RAD", "radiology-hl7v2"),
        ("ORU^R01", "CT", "radiology-hl7v2"),
        ("ADT^A01", "", "hospital-adt"),
        ("ORM^O01", "", "hospital-adt"),
        ("", "", "hospital-adt"),
    ],
)
def test_the_shipped_channels_share_one_listener(type_: str, section: str, name: str) -> None:
    channels = [c for c in load_channels(default_config(), Settings()) if "mllp" in c.said.listen]
    found = first_fit(channels, Description(type_, section=section), HL7)
    assert found is not None
    assert found.name == name
    addressed = first_fit(channels, Description(type_, section=section, receiver="CR"), HL7)
    assert addressed is not None
    assert addressed.name == "client-registry"


def test_the_shipped_channels_are_without_mistakes() -> None:
    assert list(lint(default_config())) == []
    assert {c.name for c in load_channels(default_config(), Settings())} == {
        "lab-hl7v2", "radiology-hl7v2", "hospital-adt", "pharmacy-csv", "fhir", "client-registry",
        "client-registry-fhir",
    }  # fmt: skip


def test_matches_by_sender_and_pattern() -> None:
    lab = channel("lab", match={"type": "ORU^*", "application": ["LIS"], "facility": "RABAT"})
    assert first_fit([lab], Description("ORU^R01", "LIS", "RABAT")) is lab
    assert first_fit([lab], Description("ORU^R01", "RIS", "RABAT")) is None
    assert first_fit([lab], Description("ADT^A01", "LIS", "RABAT")) is None


def test_matches_by_whom_a_message_is_addressed_to() -> None:
    registry = channel("registry", match={"receiver": ["CR", "PIX*"]})
    assert first_fit([registry], Description("ADT^A01", receiver="PIX_MANAGER")) is registry
    assert first_fit([registry], Description("ADT^A01", receiver="WASL")) is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("mediator: hl7v2\nacknowledge: maybe\n", "lab.yaml, line 2: acknowledge"),
        ("mediator: hl7v2\nlisten: [mllp, telnet]\n", "line 2: listen"),
        ("mediator: fax\n", "line 1: mediator: no mediator 'fax'; installed: csv, fhir, hl7v2"),
        ("mediator: hl7v2\nretention: {body: long}\n", "expected full, hash-only, none, or a period"),
        ("mediator: csv\nmapping: none.yaml\n", "line 2: mapping: no file"),
        ("mediator: csv\ncodes: [none.csv]\n", "line 2: codes: no file"),
        ("mediator: hl7v2\nconversions:\n  - none.csv\n", "line 3: conversions: no file"),
        ("listen: mllp\n", "mediator"),
    ],
)
def test_a_mistake_names_file_line_and_key(tmp_path: Path, text: str, said: str) -> None:
    config = house(tmp_path, lab=text)
    with pytest.raises(Misconfigured) as told:
        load_channels(config, Settings())
    assert said in str(told.value)
    assert any(said in line for line in lint(config))


def test_lint_tells_every_mistake_and_channels_that_never_get_a_message(tmp_path: Path) -> None:
    config = house(
        tmp_path,
        first="mediator: hl7v2\nlisten: mllp\npriority: 1\n",
        second="mediator: hl7v2\nlisten: mllp\nmatch: {type: ORU^R01}\n",
        third="mediator: fax\n",
        fourth="mediator: hl7v2\nspeed: 1\n",
    )
    told = list(lint(config))
    assert len(told) == 3
    assert any("first is asked first" in line for line in told)


def test_disabled_channels_are_left_out(tmp_path: Path) -> None:
    assert load_channels(house(tmp_path, lab="mediator: hl7v2\nenabled: false\n"), Settings()) == []


@pytest.mark.parametrize(
    ("body", "days", "alone"), [("90d", 90, False), ("2y", 732, False), ("full", None, False), ("none", None, True)]
)
def test_retention(body: str, days: int | None, alone: bool) -> None:
    assert (Retention(body=body).days, Retention(body=body).alone) == (days, alone)


@pytest.mark.parametrize(("text", "gain"), [("50/s", 50.0), ("3000/m", 50.0), ("7200/h", 2.0)])
def test_a_rate_is_said_in_messages_a_second_minute_or_hour(tmp_path: Path, text: str, gain: float) -> None:
    (lab,) = load_channels(house(tmp_path, lab=f"mediator: hl7v2\nrate: {text}\n"), Settings())
    assert lab.said.rate is not None
    assert lab.said.rate.gain == gain


@pytest.mark.parametrize("text", ["50", "0/s", "fast", "-1/s", "1.5/s", "50/d", "{messages: 50}", "9999999999/s"])
def test_a_rate_that_is_none_is_told(tmp_path: Path, text: str) -> None:
    (told,) = lint(house(tmp_path, lab=f"mediator: hl7v2\nrate: {text}\n"))
    assert "lab.yaml, line 2: rate: " in told
    assert "such as 50/s, 3000/m or 10000/h" in told


def test_tables_of_all_channels_come_after_their_own(tmp_path: Path) -> None:
    path = house(tmp_path, a="mediator: hl7v2\ncodes: own.csv\n", b="mediator: csv\n")
    (tmp_path / "codes").mkdir()
    head = "system,code,standard_system,standard_code,display\n"
    (tmp_path / "codes" / "all.csv").write_text(head + "L,GLY,LN,2345-7,\nL,NA,LN,2951-2,\n")
    (tmp_path / "codes" / "own.csv").write_text(head + "L,GLY,LN,2339-0,\n")
    a, b = load_channels(path, load_settings(path, {"WASL_CODES": "all.csv"}))
    assert [one.context.codes.table["urn:id:L", code]["code"] for one in (a, b) for code in ("GLY", "NA")] == [
        "2339-0", "2951-2", "2345-7", "2951-2",
    ]  # fmt: skip
    with pytest.raises(Misconfigured, match=r"wasl\.yaml: codes: no file"):
        load_channels(path, load_settings(path, {"WASL_CODES": "gone.csv"}))


def test_mistakes_of_a_table_are_told_by_line(tmp_path: Path) -> None:
    path = house(tmp_path, a="mediator: hl7v2\ncodes: own.csv\n", b="mediator: hl7v2\nconversions: own.csv\n")
    codes = "system,code,standard_system,standard_code,display\nL,,LN,1-8,\n"
    units = "loinc,from_unit,to_unit,factor,target_loinc,target_display,source\n2345-7,g/L,mmol/L,x,14749-6,,y\n"
    for folder, text in (("codes", codes), ("units", units)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "own.csv").write_text(text)
    assert [line.removeprefix(f"{tmp_path}/").partition(":")[0] for line in lint(path)] == [
        "codes/own.csv, line 2, code", "units/own.csv, line 2, factor",
    ]  # fmt: skip


def test_mistakes_of_a_channels_tests_are_told_by_line(tmp_path: Path) -> None:
    path = house(tmp_path, a="mediator: hl7v2\n")
    (tmp_path / "channels" / "a.test.yaml").write_text("- name: one\n  send: x\n  evnts: []\n")
    (told,) = lint(path)
    assert told.endswith("a.test.yaml, line 3: 0.evnts: this key is not known")


@pytest.mark.parametrize(("stale", "seconds"), [("0", 0), ("90s", 90), ("30m", 1800), ("12h", 43_200), ("7d", 604_800)])
def test_how_old_a_national_answer_may_be_is_said_in_any_unit(stale: str, seconds: float) -> None:
    assert Policies(stale=stale).seconds == seconds


@pytest.mark.parametrize("stale", ["", "7", "d", "-1d", "1.5h", "7 days"])
def test_an_age_that_is_none_is_told(stale: str) -> None:
    with pytest.raises(ValidationError, match="30m, 12h or 7d"):
        Policies(stale=stale)
