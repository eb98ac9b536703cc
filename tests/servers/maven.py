"""Programs from Maven artifacts: the jars that a pom.xml names, fetched once."""

from __future__ import annotations

import hashlib
import os
import subprocess
from pathlib import Path

from tests.servers.installed import program
from tests.servers.process import Missing

CACHE = Path(__file__).parents[2] / ".servers"


def classpath(pom: Path, name: str) -> str:
    """Of the jars of this pom.xml: Maven fetches them when it is new here. Blocks for up to minutes. Raises Missing."""
    kept = CACHE / f"{name}-{hashlib.sha256(pom.read_bytes()).hexdigest()[:8]}.classpath"
    if kept.exists() and all(Path(jar).exists() for jar in kept.read_text().split(os.pathsep)):
        return kept.read_text()
    CACHE.mkdir(exist_ok=True)
    fresh = kept.with_suffix(f".{os.getpid()}")  # several may ask at once
    command = [program("mvn"), "-q", "-B", "-f", str(pom), "dependency:build-classpath", f"-Dmdep.outputFile={fresh}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Missing(f"{name}: Maven could not fetch it:\n{done.stdout[-2000:].strip()}")
    fresh.replace(kept)
    return kept.read_text()


def compiled(source: Path, jars: str, name: str) -> Path:
    """The folder of the classes of one Java file, compiled when it is new here. Raises Missing."""
    folder = CACHE / f"{name}-{hashlib.sha256(source.read_bytes() + jars.encode()).hexdigest()[:8]}"
    if not folder.exists():
        fresh = folder.with_name(f"{folder.name}.{os.getpid()}")
        command = [program("javac"), "-nowarn", "-cp", jars, "-d", str(fresh), str(source)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise Missing(f"{name}: javac says:\n{done.stderr[-2000:].strip()}")
        fresh.replace(folder)
    return folder
