"""Every mistake of the configuration at once, each with its file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from channels.lint import lint
from channels.settings import default_config

GOOD = "listen: mllp\nmediator: hl7v2\n"


def config(folder: Path, settings: str = "", **channels: str) -> Path:
    (folder / "channels").mkdir()
    for name, text in channels.items():
        (folder / "channels" / f"{name.replace('_', '-')}.yaml").write_text(text)
    path = folder / "wasl.yaml"
    path.write_text(settings)
    return path


def test_the_shipped_configuration_is_clean() -> None:
    assert list(lint(default_config())) == []


def test_mistakes_of_every_file_are_told_with_their_lines(tmp_path: Path) -> None:
    path = config(
        tmp_path,
        a="mediator: hl7v2\nlisten: telnet\n",
        b="mediator: morse\n",
        c="description: x\nmediator: hl7v2\nacknowlege: checked\nregistries: {patient: maybe}\n",
        d="mediator: csv\nmapping: nowhere.yaml\n",
        e=GOOD,
    )
    found = list(lint(path))
    expected = [("a.yaml, line 2", "listen"), ("b.yaml, line 1", "morse"), ("c.yaml, line 4", "registries.patient"),
                ("c.yaml, line 3", "acknowlege: this key"), ("d.yaml, line 2", "nowhere.yaml")]  # fmt: skip
    assert len(found) == len(expected)
    for where, what in expected:
        assert any(where in line and what in line for line in found), (where, what, found)


def test_mistakes_of_a_mapping_are_told_with_their_lines(tmp_path: Path) -> None:
    path = config(
        tmp_path,
        a="mediator: hl7v2\nmapping: a.yaml\n",
        b="mediator: csv\nmapping: b.yaml\n",
        c="mediator: fhir\nmapping: a.yaml\n",
    )
    (tmp_path / "mappings").mkdir()
    (tmp_path / "mappings" / "a.yaml").write_text(
        "changes:\n  - set: OBX-11\n    to: F\n  - move: PID-99\n    to: PID-3\n    when: {OBX-2: {match: x}}\n"
        "extensions:\n  ZPI-3.2: carte-ramed\n  PID-3: x\n"
    )
    (tmp_path / "mappings" / "b.yaml").write_text("event: MedicationDispensed\ncolumns:\n  a: {field: quantitee}\n")
    told = [line.removeprefix(str(tmp_path) + "/") for line in lint(path)]
    assert [line.rpartition(": expected")[0] or line.rpartition(": ")[0] for line in told] == [
        "mappings/a.yaml, line 4: changes.1.move",
        "mappings/a.yaml, line 6: changes.1.when.OBX-2.match",
        "mappings/a.yaml, line 9: extensions.PID-3",
        "mappings/b.yaml, line 3: columns.a.field",
        "channels/c.yaml, line 2: mapping",
    ]


def test_the_settings_come_first(tmp_path: Path) -> None:
    found = list(lint(config(tmp_path, "http:\n  port: eighty\nbuss: kafka\n", a="mediator: morse\n")))
    assert [line.partition(": ")[0].rpartition("/")[2] for line in found] == ["wasl.yaml, line 2", "wasl.yaml, line 3"]


@pytest.mark.parametrize(
    ("first", "second", "shadowed"),
    [
        ("", "match: {type: ORU^R01}\n", True),
        ("match: {type: ORU^R01}\n", "", False),
        ("enabled: false\n", "", False),
        ("match: {facility: '130310623'}\n", "match: {type: ADT^A01}\n", False),
    ],
)
def test_a_channel_that_never_gets_a_message_is_told(tmp_path: Path, first: str, second: str, shadowed: bool) -> None:
    found = list(
        lint(config(tmp_path, a_first=GOOD + "priority: 1\n" + first, b_second=GOOD + "priority: 2\n" + second))
    )
    assert [("b-second.yaml" in line and "a-first is asked first" in line) for line in found] == [True] * shadowed
