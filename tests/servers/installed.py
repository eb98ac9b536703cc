"""Where the servers' programs are; on Debian, as root, what is missing is installed."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.servers.process import Missing

PACKAGES = {
    "java": "default-jre-headless",
    "javac": "default-jdk-headless",
    "mvn": "maven",
    "initdb": "postgresql",
    "postgres": "postgresql",
    "redis-server": "redis-server",
}
_POLICY = Path("/usr/sbin/policy-rc.d")


def program(name: str) -> str:
    """Its path, after installing it when that is possible here (blocks for up to minutes). Raises Missing."""
    if found := _find(name):
        return found
    package = PACKAGES[name]
    reason = "it can be installed by root on Debian only"
    if os.geteuid() == 0 and shutil.which("apt-get"):
        reason = _install(package)
        if found := _find(name):
            return found
    raise Missing(
        f"{name} is not here, and {reason}. Install it (Debian: apt-get install {package}), "
        "or run `docker compose up -d kafka postgres redis` and try Wasl with WASL_BUS, WASL_DATABASE and WASL_REDIS."
    )


def _find(name: str) -> str | None:
    # Debian keeps PostgreSQL off the PATH, one folder a version: the newest comes last.
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: int(folder.parent.name))
    path = os.pathsep.join([*(str(folder) for folder in reversed(versions)), os.environ.get("PATH", os.defpath)])
    return shutil.which(name, path=path)


def _install(package: str) -> str:
    """What apt-get said, in one line."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    said = ""
    with _nothing_starts():
        for command in (["update"], ["install", "-y", "--no-install-recommends", package]):
            done = subprocess.run(
                ["apt-get", "-qq", "-o", "DPkg::Lock::Timeout=300", *command],
                env=environment,
                capture_output=True,
                text=True,
                check=False,
            )
            said = (done.stderr.strip().splitlines() or [f"apt-get ended with {done.returncode}"])[-1]
    return f"apt-get says: {said}"


@contextmanager
def _nothing_starts() -> Iterator[None]:
    """Debian's packages start a server of the system: it is none of ours."""
    if _POLICY.exists():
        yield
        return
    _POLICY.write_text("#!/bin/sh\nexit 101\n")
    _POLICY.chmod(0o755)
    try:
        yield
    finally:
        _POLICY.unlink()
