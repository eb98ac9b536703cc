"""Codes without a translation are counted once a message, and leave the list when a table has them or time passes."""

from __future__ import annotations

from pathlib import Path
from shutil import copytree

from channels.channel import load_channels
from channels.journal.retention import prune
from channels.journal.unknown import unknown
from channels.outputs import MOST_CODES, unknown_codes
from channels.settings import default_config, load_settings
from mediators.mediator import Translation
from schemas.events import StepCode
from tests.journal.said import START, opened, received, step

GLY: StepCode = {"system": "urn:id:L", "code": "GLY", "display": "Glycémie"}
NA: StepCode = {"system": "urn:id:L", "code": "NA", "display": ""}


def test_each_message_counts_once_however_often_it_is_read_or_run_again(tmp_path: Path) -> None:
    with opened(tmp_path) as (engine, journal):
        first = step(1, "mediated", unknown_codes=[GLY, NA])
        journal.project([received(1), first, first])
        journal.project([first])
        journal.project([received(2), step(2, "mediated", unknown_codes=[{**GLY, "display": ""}])])
        journal.project([received(3, rerun_of=received(1).headers["transaction"])])
        journal.project([step(3, "mediated", unknown_codes=[GLY])])
        assert unknown(engine, {}) == [
            {"channel": "lab", **GLY, "count": 2, "last": "2024-03-09T16:00:00.002Z"},
            {"channel": "lab", **NA, "count": 1, "last": "2024-03-09T16:00:00.001Z"},
        ]
        assert unknown(engine, {}, "ris") == []


def test_codes_that_came_no_more_are_forgotten_with_their_time(tmp_path: Path) -> None:
    with opened(tmp_path) as (engine, journal):
        journal.project([received(1), step(1, "mediated", unknown_codes=[GLY])])
        prune(engine, START)
        assert len(unknown(engine, {})) == 1
        prune(engine, START + 1_000_000_000)
        assert unknown(engine, {}) == []


def test_a_code_that_a_table_has_by_now_leaves_the_list_and_makes_room_for_others(tmp_path: Path) -> None:
    config = tmp_path / "config"
    copytree(default_config().parent, config)
    xyz: StepCode = {**GLY, "code": "XYZ"}
    with opened(tmp_path) as (engine, journal):
        journal.project([received(1, channel="lab-hl7v2"), step(1, "mediated", unknown_codes=[GLY, xyz])])
        journal.project([received(2, channel="gone"), step(2, "mediated", unknown_codes=[GLY])])

        def left(limit: int) -> list[tuple[str, str]]:
            found = load_channels(config / "wasl.yaml", load_settings(config / "wasl.yaml", {}))
            listed = unknown(engine, {one.name: one for one in found}, "", limit)
            return [(one["channel"], one["code"]) for one in listed]

        assert left(2) == [("gone", "GLY"), ("lab-hl7v2", "GLY")]
        channel = config / "channels" / "lab-hl7v2.yaml"
        channel.write_text(channel.read_text() + "codes: lab-sample.csv\n")
        assert left(2) == [("gone", "GLY"), ("lab-hl7v2", "XYZ")]


def test_what_is_no_code_is_not_listed_and_a_flood_is_bounded() -> None:
    sent = ["urn:id:L|GLY", "|pain since he fell", "urn:id:L|" + "9" * 60, "x" * 300 + "|A", "L|", "L|a\x00b"]
    assert unknown_codes(Translation(unknown_codes=sent, displays={"urn:id:L|GLY": "Glycémie"})) == [GLY]
    assert len(unknown_codes(Translation(unknown_codes=[f"L|{n}" for n in range(999)]))) == MOST_CODES
