"""Channels come, change and go while the program runs, as a ConfigMap brings them: no process is started anew."""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from channels.settings import default_config
from tests.e2e.hl7 import code, glucose
from tests.e2e.program import Mllp, Program, free_port, until
from tests.e2e.sales import export, row
from tests.surroundings import Servers

VERSIONS = itertools.count()


class ConfigMap:
    """A folder of files as Kubernetes mounts it: links through `..data`, which is swapped at once."""

    def __init__(self, folder: Path, origin: Path) -> None:
        self.folder = folder
        self.files = {path.name: path.read_text() for path in origin.glob("*.yaml")}
        folder.mkdir()
        self.change()

    def change(self, **files: str | None) -> None:
        """Channel → its file; None takes it away."""
        self.files |= {f"{name}.yaml": text for name, text in files.items() if text is not None}
        self.files = {name: text for name, text in self.files.items() if files.get(name[:-5], "") is not None}
        version = self.folder / f"..version-{next(VERSIONS)}"
        version.mkdir()
        for name, text in self.files.items():
            (version / name).write_text(text)
        os.symlink(version.name, self.folder / "..next")
        os.replace(self.folder / "..next", self.folder / "..data")
        for name in self.files:
            if not (self.folder / name).is_symlink():
                os.symlink(f"..data/{name}", self.folder / name)
        for path in self.folder.glob("*.yaml"):
            if not path.exists():
                path.unlink()


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory, surroundings: Servers | None) -> Path:
    folder = tmp_path_factory.mktemp("config")
    for name in ("codes", "units", "profiles"):
        shutil.copytree(default_config().parent / name, folder / name)
    (folder / "wasl.yaml").write_text("mediation: {processes: 2}\n")
    return folder


@pytest.fixture(scope="module")
def channels(config: Path) -> ConfigMap:
    return ConfigMap(config / "channels", default_config().parent / "channels")


@pytest.fixture(scope="module")
def mappings(config: Path) -> ConfigMap:
    return ConfigMap(config / "mappings", default_config().parent / "mappings")


@pytest.fixture(scope="module")
def program(
    tmp_path_factory: pytest.TempPathFactory, config: Path, channels: ConfigMap, mappings: ConfigMap
) -> Iterator[Program]:
    data = tmp_path_factory.mktemp("program") / "data"
    with Program(data, "--config", str(config / "wasl.yaml")) as started:
        yield started


def processes(program: Program) -> set[str]:
    assert program.process is not None
    return set(Path(f"/proc/{program.process.pid}/task/{program.process.pid}/children").read_text().split())


@pytest.fixture(autouse=True)
def same_processes(program: Program) -> Iterator[None]:
    before = processes(program)
    assert len(before) == 5
    yield
    assert processes(program) == before


def ward(listen: str, application: str = "LIS", more: str = "") -> str:
    return f"listen: {listen}\npriority: 1\nmediator: hl7v2\nmatch: {{application: {application}}}\n{more}"


def connected(port: int) -> Mllp:
    def opened() -> Mllp | None:
        try:
            return Mllp(port)
        except ConnectionRefusedError:
            return None

    return until(opened, what="the port of the new channel")


def answers(line: Mllp, wanted: str, name: str) -> str:
    """Sends until one message is answered so; its control ID."""
    numbers = itertools.count()

    def answered() -> str | None:
        control_id = f"{name}-{next(numbers)}"
        return control_id if code(line.send(glucose(control_id, f"P-{name}", control_id))) == wanted else None

    return until(answered, what=f"{wanted} for {name}")


def test_a_new_channel_with_a_port_of_its_own_delivers_its_first_message(program: Program, channels: ConfigMap) -> None:
    port = free_port()
    channels.change(ward=ward(f"mllp://127.0.0.1:{port}"))
    with connected(port) as line:
        assert code(line.send(glucose("WARD1", "P-WARD1", "F-WARD1"))) == "AA"
    assert program.transaction("WARD1", "delivered")["channel"] == "ward"


def test_a_new_channel_is_asked_first_on_the_port_it_shares_and_on_lines_that_are_open(
    program: Program, channels: ConfigMap
) -> None:
    with Mllp(program.mllp_port) as line:
        assert code(line.send(glucose("SHARED1", "P-SHARED", "F-SHARED1"))) == "AA"
        assert program.transaction("SHARED1", "delivered")["channel"] == "lab-hl7v2"
        channels.change(shared=ward("mllp"))
        numbers = itertools.count(2)

        def taken_by_it() -> bool:
            control_id = f"SHARED{next(numbers)}"
            assert code(line.send(glucose(control_id, "P-SHARED", f"F-{control_id}"))) == "AA"
            found: bool = program.transaction(control_id, "delivered")["channel"] == "shared"
            return found

        until(taken_by_it, what="a message on the channel that shares the port")
        channels.change(shared=ward("mllp", "NOBODY"))
        until(lambda: not taken_by_it(), what="a message on the former channel")
    channels.change(shared=None)


def test_another_match_holds_from_the_next_message_on(program: Program, channels: ConfigMap) -> None:
    port = free_port()
    channels.change(match=ward(f"mllp://127.0.0.1:{port}"))
    with connected(port) as line:
        assert code(line.send(glucose("MATCH1", "P-MATCH", "F-MATCH1"))) == "AA"
        channels.change(match=ward(f"mllp://127.0.0.1:{port}", "NOBODY"))
        refused = answers(line, "AR", "match")
    assert program.transaction(refused, "refused")["channel"] == "match"
    assert program.transaction("MATCH1", "delivered")
    channels.change(match=None)


def test_another_mapping_reads_the_next_file(program: Program, channels: ConfigMap, mappings: ConfigMap) -> None:
    mapping = mappings.files["pharmacy-sobrus.yaml"]
    mappings.change(export=mapping)
    until((mappings.folder / "export.yaml").exists)
    channels.change(sales="listen: http\nmediator: csv\nmapping: export.yaml\n")
    client = program.client("officine", "sales")
    body = export(row("170000701", "T1"))
    until(lambda: program.post("sales", client, body, "text/csv").status_code == 200, what="the new channel")
    renamed = body.replace(b"quantite", b"combien")
    assert program.post("sales", client, renamed, "text/csv").status_code == 422
    mappings.change(export=mapping.replace("  quantite:\n", "  combien:\n"))
    until(lambda: program.post("sales", client, renamed, "text/csv").status_code == 200, what="the new mapping")


def test_a_mistake_changes_nothing_and_is_told_until_it_is_mended(program: Program, channels: ConfigMap) -> None:
    port = free_port()
    good = ward(f"mllp://127.0.0.1:{port}")
    channels.change(broken=good)
    with connected(port) as line:
        known(program, line, "BROKEN0")
        channels.change(broken=good + "acknowledge: perhaps\n")
        until(lambda: "wasl_channels_stale 1.0" in program.admin.get("/metrics").text, what="the metric")
        until(lambda: program.log().count("broken.yaml, line 5: acknowledge") >= 4, what="the log of every role")
        assert "broken.yaml, line 5: acknowledge" in program.admin.get("/").text
        assert program.admin.get("/readyz").status_code == 200
        assert code(line.send(glucose("BROKEN1", "P-BROKEN", "F-BROKEN1"))) == "AA"
        program.transaction("BROKEN1", "delivered")
        channels.change(broken=good + "acknowledge: received\n")
        until(lambda: "wasl_channels_stale 0.0" in program.admin.get("/metrics").text, what="the metric")
        assert code(line.send(glucose("BROKEN2", "P-BROKEN", "F-BROKEN2"))) == "AA"


def test_a_channel_taken_away_is_closed_and_what_came_before_is_delivered(
    program: Program, channels: ConfigMap
) -> None:
    port = free_port()
    channels.change(away=ward(f"mllp://127.0.0.1:{port}"))
    client = program.client("sender", "away")
    with connected(port) as line:
        known(program, line, "AWAY0")
        assert code(line.send(glucose("AWAY1", "P-AWAY", "F-AWAY1"))) == "AA"
        channels.change(away=None)
        until(lambda: closed(line), what="the end of the line")
    with pytest.raises(ConnectionRefusedError):
        Mllp(port)
    sent = program.post("away", client, glucose("AWAY2", "P-AWAY", "F-AWAY2").encode(), "x-application/hl7-v2+er7")
    assert sent.status_code == 403
    first = program.transaction("AWAY1", "delivered")
    again = program.admin.post(f"/api/transactions/{first['id']}/rerun")
    assert (again.status_code, "not configured" in again.text) == (409, True)


def known(program: Program, line: Mllp, control_id: str) -> None:
    """Every role has the channel once a message went all the way: each looks at its own time."""
    assert code(line.send(glucose(control_id, f"P-{control_id}", f"F-{control_id}"))) == "AA"
    program.transaction(control_id, "delivered")


def closed(line: Mllp) -> bool:
    line.socket.settimeout(0.2)
    try:
        return line.socket.recv(1) == b""
    except TimeoutError:
        return False
