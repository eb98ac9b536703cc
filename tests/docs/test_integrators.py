"""The example of the page for integrators is what it says: its files are clean, and its tests pass."""

from __future__ import annotations

import re
from pathlib import Path
from shutil import copytree

import pytest

from channels.channel import Channel, load_channel
from channels.lint import lint
from channels.preview import apart, preview
from channels.settings import default_config, load_settings
from channels.trial import run

PAGE = Path(__file__).parents[2] / "docs" / "integrators.md"
FILE = re.compile(r"```(?:yaml|csv)\n# (config/\S+)\n(.*?)```", re.DOTALL)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """The shipped configuration with the files of the page."""
    copytree(default_config().parent, tmp_path / "config")
    for name, text in FILE.findall(PAGE.read_text("utf-8")):
        (tmp_path / name).write_text(text, "utf-8")
    return tmp_path / "config" / "wasl.yaml"


def laboratory(config: Path) -> Channel:
    return load_channel(config.parent / "channels" / "lab-rabat.yaml", load_settings(config, {}))


def test_the_files_of_the_page_are_clean(config: Path) -> None:
    assert len(FILE.findall(PAGE.read_text("utf-8"))) == 6
    assert list(lint(config)) == []


def test_the_tests_of_the_page_pass(config: Path) -> None:
    found = list(run(laboratory(config)))
    assert [one.missing for one in found] == [[], []]
    page = PAGE.read_text("utf-8")
    assert all(f"lab-rabat: {one.name}: passed" in page for one in found)


@pytest.mark.parametrize(
    ("file", "line", "where"),
    [
        ("mappings/lab-rabat.yaml", "  - move: PID-2", "line 3: changes.0.move"),
        ("mappings/lab-rabat.yaml", "    of: PID-3\n", "line 7: changes.1.of"),
        ("mappings/lab-rabat.yaml", "  ZPI-3: carte-ramed", "line 21: extensions.ZPI-99999: expected a place"),
    ],
)
def test_a_mistake_in_them_is_told_with_its_line(config: Path, file: str, line: str, where: str) -> None:
    path = config.parent / file
    text = path.read_text("utf-8")
    assert line in text
    path.write_text(text.replace(line, line.replace("PID-2", "PID2").replace("of: PID-3", "of: PID-5").replace(
        "ZPI-3", "ZPI-99999"), 1), "utf-8")  # fmt: skip
    (told,) = lint(config)
    assert where in told


def test_the_profile_of_the_page_refuses_what_was_not_agreed(config: Path) -> None:
    channel = load_channel(config.parent / "channels" / "lab-casa.yaml", load_settings(config, {}))
    message = "\r".join(
        [
            r"MSH|^~\&|LIS-CASA|130310623|WASL|HIE|20260312103000+0100||ORU^R01^ORU_R01|1|P|2.5.1",
            "PID|1||7^^^CASA||BENNANI^Khadija||19840317|F",
            "OBR|1|P1|F1|2345-7^Glucose^LN|||20260312|||||||||||||||20260312||CH|F",
            "OBX|1|NM|2345-7^Glucose^LN||0.9|g/L|||||F",
        ]
    )
    ((_, sound),) = apart([channel], message.encode())
    assert preview(channel, sound).issues == []
    ((_, wrong),) = apart([channel], message.replace("|CH|", "|XX|").replace("|g/L|", "||").encode())
    found = preview(channel, wrong)
    assert found.answer == "AE"
    assert [(issue.at, issue.source) for issue in found.issues] == [
        ("OBR-24", "agreement of March 2026"),
        ("OBX-6", "agreement of March 2026"),
    ]
