"""An upstream registry followed by the program: in a loop, from the terminal, and what the page says of it."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client import REGISTRY as SAMPLES
from typer.testing import CliRunner

from channels.cli import app
from channels.outputs import REGISTRY
from channels.upstream import Following
from channels.watch import metrics
from registries.care.lookup import id_of
from tests.console.place import NAME, PASSWORD, Place
from tests.console.test_transactions import words
from tests.registries.care.lists import HILL, places
from tests.registries.test_upstream import served


@pytest.fixture
def above(tmp_path: Path) -> Iterator[str]:
    """The FHIR address of another program with a hospital in it."""
    place = Place(tmp_path / "above")
    places(place.house.registries, HILL)
    with served(place.app) as address:
        yield f"{address}/fhir"
    place.close()


def config(tmp_path: Path, address: str) -> Path:
    shutil.copytree("config", tmp_path / "config")
    path = tmp_path / "config" / "wasl.yaml"
    said = f"{{url: {address}, username: {NAME}, password: {PASSWORD}, every: 0.1}}"
    path.write_text(f"{path.read_text()}\nregistries: {{upstream: {said}}}\n")
    return path


def test_the_program_follows_it_by_itself_and_tells_what_it_learned(tmp_path: Path, above: str) -> None:
    place = Place(tmp_path / "here", config(tmp_path, above))
    bus, stop = place.house.bus("settled"), threading.Event()
    admin = place.logged_in(**{"Accept-Language": "en"})
    assert "all of it was read not yet" in words(admin.get("/places"))
    following = threading.Thread(target=Following(place.house, bus, stop).run)
    metrics.upstream_read.set(0)
    following.start()
    for _ in range(600):
        if SAMPLES.get_sample_value("wasl_upstream_read_timestamp_seconds"):
            break
        stop.wait(0.1)
    stop.set()
    following.join(30)
    assert id_of(place.house.registries, "facility", "120000011")
    assert bus.lag("release", [REGISTRY])[REGISTRY] > 0
    page = words(admin.get("/places"))
    assert "Follows an upstream registry" in page
    assert "Since then it does not answer" not in page
    bus.close()
    place.close()


def test_the_terminal_asks_once_and_says_when_nobody_answers(tmp_path: Path, above: str) -> None:
    run, path = CliRunner(), config(tmp_path, above)
    said = ["registry", "pull", "--config", str(path), "--data", str(tmp_path / "data")]
    first = run.invoke(app, said)
    assert first.exit_code == 0, first.output
    assert not first.stdout.startswith("0 changed")
    assert run.invoke(app, said).stdout.strip() == "0 changed"
    path.write_text(path.read_text().replace(above, "http://127.0.0.1:1/fhir"))
    down = run.invoke(app, said)
    assert down.exit_code != 0
    assert "does not answer" in down.output
    assert run.invoke(app, ["registry", "pull", "--data", str(tmp_path / "data")]).exit_code == 2
