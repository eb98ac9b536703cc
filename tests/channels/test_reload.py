"""Other files of channels are taken over whole, at rest and without a mistake, or not at all."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import pytest

from channels.channel import Channel, read_channels
from channels.reload import Channels, Reload, look
from channels.settings import Settings
from channels.watch import metrics
from schemas.message import Unavailable

CODES = "system,code,standard_system,standard_code,display\n"


class Folder:
    """A configuration, and a process that looks at it. `prepared`: topics made, with the channels open meanwhile."""

    def __init__(self, root: Path) -> None:
        self.root, self.config = root, root / "wasl.yaml"
        self.prepared: list[tuple[list[str], list[str]]] = []
        self.away = False

    def begin(self) -> None:
        seen = look(self.config)
        self.channels = Channels(read_channels(self.config, Settings()))
        self.reload = Reload(self.channels, self.config, Settings(), seen, self.prepare)

    def prepare(self, read: list[Channel]) -> None:
        if self.away:
            raise Unavailable("Kafka is not reached")
        self.prepared.append(([channel.topic for channel in read], list(self.channels.open)))

    def write(self, name: str, text: str = "mediator: hl7v2\n") -> Path:
        path = self.root / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        return path

    def looks(self, times: int = 2) -> list[bool]:
        return [self.reload.turn() for _ in range(times)]

    @property
    def open(self) -> list[str]:
        return [channel.name for channel in self.channels]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    made = Folder(tmp_path)
    made.write("channels/lab.yaml")
    made.begin()
    return made


def test_nothing_happens_while_nothing_changes(folder: Folder) -> None:
    assert folder.looks(3) == [False] * 3
    assert folder.prepared == []


def test_a_new_channel_opens_once_two_looks_saw_the_same_and_its_topic_is_there(folder: Folder) -> None:
    folder.write("channels/ward.yaml", "mediator: hl7v2\npriority: 5\n")
    assert folder.looks(3) == [False, True, False]
    assert folder.open == ["ward", "lab"]  # in the order they are asked
    assert folder.prepared == [(["wasl.received.ward", "wasl.received.lab"], ["lab"])]


def test_files_still_being_written_are_waited_for(folder: Folder) -> None:
    for part in ("med", "mediator: hl7v2", "mediator: hl7v2\npriority: 5\n"):
        folder.write("channels/ward.yaml", part)
        assert folder.looks(1) == [False]
    assert folder.channels.mistake == ""
    assert folder.looks(1) == [True]


def test_a_change_while_the_files_are_read_waits_for_the_next_look(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(config: Path, settings: Settings) -> list[Channel]:
        folder.write("channels/later.yaml")
        return read_channels(config, settings)

    folder.write("channels/ward.yaml")
    with monkeypatch.context() as patched:
        patched.setattr("channels.reload.read_channels", read)
        assert folder.looks() == [False, False]
    assert folder.open == ["lab"]
    assert folder.looks() == [False, True]
    assert folder.open == ["lab", "later", "ward"]


def test_a_folder_whose_link_is_swapped_is_seen_as_kubernetes_does_it(tmp_path: Path) -> None:
    def version(name: str, text: str) -> Path:
        (tmp_path / "channels" / name).mkdir(parents=True)
        (tmp_path / "channels" / name / "lab.yaml").write_text(text)
        return tmp_path / "channels" / name

    os.symlink(version("..2026_01", "mediator: hl7v2\n").name, tmp_path / "channels/..data")
    os.symlink("..data/lab.yaml", tmp_path / "channels/lab.yaml")
    folder = Folder(tmp_path)
    folder.begin()
    # the same size, and the same time: only the link leads elsewhere
    former = (tmp_path / "channels/lab.yaml").stat()
    swapped = version("..2026_02", "mediator:  csv \n")
    os.utime(swapped / "lab.yaml", ns=(former.st_atime_ns, former.st_mtime_ns))
    os.symlink(swapped.name, tmp_path / "channels/..data_tmp")
    os.replace(tmp_path / "channels/..data_tmp", tmp_path / "channels/..data")
    assert folder.looks() == [False, True]
    assert folder.channels.open["lab"].said.mediator == "csv"


@pytest.mark.parametrize(
    ("key", "name", "before", "after"),
    [
        ("mapping", "mappings/site.yaml", "description: one\n", "description: other\n"),
        ("codes", "codes/tests.csv", CODES, CODES + "L,GLY,LN,2345-7,Glucose\n"),
        ("profile", "profiles/lab.yaml", "rules: {PID-7: {usage: R}}\n", "rules: {PID-8: {usage: R}}\n"),
    ],
)
def test_what_a_channel_names_is_looked_at_too(tmp_path: Path, key: str, name: str, before: str, after: str) -> None:
    folder = Folder(tmp_path)
    folder.write(name, before)
    named = Path(name).stem if key == "profile" else Path(name).name
    folder.write("channels/lab.yaml", f"mediator: hl7v2\n{key}: {named}\n")
    folder.begin()
    former = folder.channels.open["lab"]
    folder.write(name, after)
    assert folder.looks() == [False, True]
    assert folder.channels.open["lab"].context != former.context


def test_a_mistake_leaves_everything_as_it_was_and_is_told_once(
    folder: Folder, caplog: pytest.LogCaptureFixture
) -> None:
    folder.write("channels/ward.yaml")
    wrong = folder.write("channels/lab.yaml", "mediator: hl7v2\nacknowledge: perhaps\n")
    assert folder.looks(4) == [False] * 4
    assert folder.open == ["lab"]
    told = f"{wrong}, line 2: acknowledge: Input should be 'received', 'checked' or 'resolved'"
    assert told in folder.channels.mistake
    assert len([one for one in caplog.records if one.levelno == logging.ERROR]) == 1
    assert metrics.value("wasl_channels_stale") == 1
    folder.write("channels/lab.yaml", "mediator: hl7v2\nacknowledge: received\n")
    assert folder.looks() == [False, True]
    assert (folder.open, folder.channels.mistake) == (["lab", "ward"], "")
    assert metrics.value("wasl_channels_stale") == 0


def test_going_back_to_what_is_open_mends_a_mistake(folder: Folder) -> None:
    good = (folder.root / "channels/lab.yaml").rename(folder.root / "kept")
    folder.write("channels/lab.yaml", "mediator: none\n")
    folder.away = True  # which is nothing to a mistake
    folder.looks()
    folder.away = False
    assert "no mediator 'none'" in folder.channels.mistake
    good.rename(folder.root / "channels/lab.yaml")
    folder.looks()
    assert folder.channels.mistake == ""


@pytest.mark.parametrize("bytes_", [b"\xff\xfe,", b"x" * 200_000])
def test_a_code_table_that_cannot_be_read_is_a_mistake_like_any_other(folder: Folder, bytes_: bytes) -> None:
    folder.write("codes/tests.csv").write_bytes(bytes_)
    folder.write("channels/lab.yaml", "mediator: hl7v2\ncodes: tests.csv\n")
    folder.looks()
    assert "tests.csv" in folder.channels.mistake
    assert folder.open == ["lab"]


def test_while_the_bus_is_away_what_changed_waits(folder: Folder) -> None:
    folder.away = True
    folder.write("channels/ward.yaml")
    assert folder.looks(3) == [False] * 3
    assert "waits for the bus" in folder.channels.mistake
    folder.away = False
    assert folder.looks(1) == [True]
    assert (folder.open, folder.channels.mistake) == (["lab", "ward"], "")


def test_a_channel_taken_away_takes_nothing_and_is_still_known(folder: Folder) -> None:
    folder.write("channels/ward.yaml")
    folder.looks()
    (folder.root / "channels/ward.yaml").unlink()
    folder.write("channels/lab.yaml", "mediator: hl7v2\nenabled: false\n")
    folder.looks()
    assert folder.open == []
    assert folder.channels.get("ward") is None
    assert sorted(folder.channels.known) == ["lab", "ward"]
    assert not folder.channels.known["lab"].said.enabled


def test_whoever_holds_a_set_goes_on_with_it(folder: Folder) -> None:
    held = folder.channels.known
    folder.write("channels/lab.yaml", "mediator: hl7v2\nacknowledge: received\n")
    folder.looks()
    assert held["lab"].said.acknowledge == "checked"
    assert folder.channels.known["lab"].said.acknowledge == "received"


def test_a_changed_table_of_domains_is_taken_over(folder: Folder) -> None:
    folder.write("domains.yaml", "ward:\n  names: WARD\n  uri: urn:x:ward\n")
    assert folder.looks() == [False, True]
    assert folder.channels.known["lab"].context.authorities["ward"] == "urn:x:ward"
