"""A schema registry of our own, on 127.0.0.1: Apicurio, from its Maven artifact, by its Confluent API.

It keeps what it knows in memory: killed, it comes back empty.
"""

from __future__ import annotations

import contextlib
import shutil
import signal
import subprocess
import tarfile
import tempfile
from pathlib import Path

import httpx

from tests.servers.installed import program
from tests.servers.process import NotStarted, Process, ports

CACHE = Path(__file__).parents[2] / ".servers"
VERSION = "3.0.9"  # later ones (from 3.1) need Java 21
_ARTIFACT = f"io.apicurio:apicurio-registry-app:{VERSION}:tar.gz:all"
_GOAL = "org.apache.maven.plugins:maven-dependency-plugin:2.8:get"  # later ones ask for its parent, which is not there
_JVM = ["-Xmx400m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]


class SchemaRegistry:
    """Starts at once (blocks until it answers). Opened on the folder of one that runs, it is that one.

    Raises NotStarted.
    """

    def __init__(self, folder: Path, *, detached: bool = False) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        (self.port,) = ports(folder, 1)
        self.url = f"http://127.0.0.1:{self.port}/apis/ccompat/v7"
        listen = ["-Dquarkus.http.host=127.0.0.1", f"-Dquarkus.http.port={self.port}"]
        command = [str(program("java")), *_JVM, *listen, "-jar", str(runner())]
        self._process = Process(folder, "schema-registry", command, detached=detached)
        self.start()

    @property
    def address(self) -> str:
        return self.url

    @property
    def pids(self) -> list[int]:
        return [pid for pid in [self._process.pid] if pid is not None]

    def start(self) -> None:
        self._process.start()
        self._process.wait_until(self._answers)

    def stop(self) -> None:
        self._process.stop()

    def kill(self) -> None:
        self._process.kill()

    def pause(self) -> None:
        """Connections stay open and nobody answers, until resume()."""
        self._process.signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._process.signal(signal.SIGCONT)

    def close(self) -> None:
        """Stops it and removes its folder."""
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}/subjects", timeout=5).is_success
        except httpx.HTTPError:
            return False


def runner() -> Path:
    """The program, fetched and unpacked on first use (109 MB; blocks for seconds to minutes). Raises NotStarted."""
    home = CACHE / f"apicurio-{VERSION}"
    found = home / f"apicurio-registry-app-{VERSION}-runner.jar"
    if found.exists():
        return found
    CACHE.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as fresh:
        packed = Path(fresh) / "apicurio.tar.gz"
        command = [
            program("mvn"),
            "-q",
            "-B",
            _GOAL,
            f"-Dartifact={_ARTIFACT}",
            "-Dtransitive=false",
            f"-Ddest={packed}",
        ]
        said = subprocess.run(command, capture_output=True, text=True, check=False)
        if said.returncode:
            raise NotStarted(f"schema-registry: Maven did not fetch {_ARTIFACT}: {said.stdout.strip()[:500]}")
        unpacked = Path(fresh) / "unpacked"
        with tarfile.open(packed) as archive:
            archive.extractall(unpacked, filter="data")
        with contextlib.suppress(OSError):
            unpacked.rename(home)  # whole or not there; another process may have been first
    return found
