"""The wheel, installed and run from an empty folder."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

import channels
from tests.e2e.hl7 import code, glucose
from tests.e2e.program import Mllp, Program

SOURCE = Path(channels.__file__).parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(SOURCE)]
    done = subprocess.run(command, capture_output=True, timeout=300)
    assert done.returncode == 0, done.stderr.decode()[-3000:]
    (built,) = folder.glob("*.whl")
    return built


def test_the_wheel_carries_what_the_program_needs_and_no_package_of_a_common_name(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.partition("/")[0] for name in names if not name.startswith("wasl-")} == {
        "schemas", "mediators", "registries", "channels",
    }  # fmt: skip
    for needed in (
        "schemas/avro/wasl.LabReportIssued.avsc",
        "channels/console/templates/base.html",
        "channels/console/static/wasl.css",
        "channels/_config/wasl.yaml",
        "channels/_config/channels/lab-hl7v2.yaml",
        "channels/_config/channels/samples/oru_glucose.hl7",
        "channels/_config/mappings/pharmacy-sobrus.yaml",
        "registries/samples/facilities.csv",
    ):
        assert needed in names, needed


class Installed(Program):
    """The program as the wheel brought it, from a folder that has nothing in it."""

    def __init__(self, python: Path, folder: Path) -> None:
        super().__init__(folder / "data")
        self.python, self.folder = python, folder

    def start(self, ready: bool = True) -> None:
        with (self.folder / "data.log").open("ab") as log:
            self.process = subprocess.Popen(
                [str(self.python.parent / "wasl"), "run"],
                cwd=self.folder, env=self.environment, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        if ready:
            self.wait_ready()


def test_installed_anywhere_it_runs_from_an_empty_folder(wheel: Path, tmp_path: Path) -> None:
    python = installed(wheel, tmp_path / "venv")
    empty = tmp_path / "empty"
    empty.mkdir()
    where = "import channels, schemas, mediators, registries; print(channels.__file__)"
    told = subprocess.run([python, "-c", where], cwd=empty, capture_output=True, check=True, env=clean())
    assert told.stdout.decode().startswith(str(tmp_path / "venv"))
    with Installed(python, empty) as program:
        with Mllp(program.mllp_port) as line:
            assert code(line.send(glucose("V1", "V1", "V1"))) == "AA"
        program.transaction("V1", "delivered")
        assert program.admin.get("/").status_code == 200
    assert {path.name for path in empty.iterdir()} == {"data", "data.log"}


def installed(wheel: Path, folder: Path) -> Path:
    """A new environment with the wheel in it; its Python.

    What the wheel depends on is borrowed from the environment of the tests, so that nothing is downloaded. Only the
    folders of packages are borrowed, not their .pth files: the source tree is not among them.
    """
    venv.create(folder, with_pip=False, symlinks=True)
    python = folder / "bin" / "python"
    site = Path(sysconfig.get_path("purelib", vars={"base": str(folder), "platbase": str(folder)}))
    (site / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n")
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--no-deps", "--no-index", "--quiet"]
    done = subprocess.run([*pip, "--ignore-installed", str(wheel)], capture_output=True, timeout=300, env=clean())
    assert done.returncode == 0, done.stderr.decode()
    return python


def clean() -> dict[str, str]:
    return {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "WASL_"))}
