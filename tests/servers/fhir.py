"""HAPI's FHIR R4 server, on 127.0.0.1, in memory: from the artifacts that fhir/pom.xml names."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import httpx

from tests.servers import maven
from tests.servers.installed import program
from tests.servers.process import Process, listens, ports

_FOLDER = Path(__file__).parent / "fhir"
_JVM = ["-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"]
_EVERYTHING = {"name": "expungeEverything", "valueBoolean": True}


class Fhir:
    """Starts at once, and blocks until it answers, for some 15 s. `base`: its address. Raises NotStarted."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        (self._port,) = ports(folder, 1)
        self.base = f"http://127.0.0.1:{self._port}/fhir"
        jars = maven.classpath(_FOLDER / "pom.xml", "fhir")
        path = os.pathsep.join([str(maven.compiled(_FOLDER / "Server.java", jars, "fhir")), jars])
        self._process = Process(folder, "fhir", [program("java"), *_JVM, "-cp", path, "Server", str(self._port)])
        self._client = httpx.Client(timeout=120, trust_env=False)
        self._process.start()
        self._process.wait_until(lambda: listens(self._port))

    def clear(self) -> None:
        """It knows nothing any more, and never did."""
        self._post("/$expunge", {"resourceType": "Parameters", "parameter": [_EVERYTHING]})

    def put(self, *resources: dict[str, Any]) -> None:
        """In one transaction."""
        said = [(one, {"method": "PUT", "url": f"{one['resourceType']}/{one['id']}"}) for one in resources]
        entries = [{"resource": one, "request": request} for one, request in said]
        self._post("", {"resourceType": "Bundle", "type": "transaction", "entry": entries})

    def delete(self, kind: str, name: str) -> None:
        self._client.delete(f"{self.base}/{kind}/{name}").raise_for_status()

    def get(self, kind: str, name: str) -> dict[str, Any] | None:
        answer = self._client.get(f"{self.base}/{kind}/{name}")
        return None if answer.status_code in (404, 410) else dict(answer.raise_for_status().json())

    def all_of(self, kind: str) -> list[dict[str, Any]]:
        answer = self._client.get(f"{self.base}/{kind}", params={"_count": 1000}).raise_for_status().json()
        return [one["resource"] for one in answer.get("entry") or ()]

    def close(self) -> None:
        """Stops it and removes its folder."""
        self._client.close()
        self._process.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _post(self, what: str, body: dict[str, Any]) -> None:
        self._client.post(self.base + what, json=body).raise_for_status()
