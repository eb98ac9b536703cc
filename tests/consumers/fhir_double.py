"""A small FHIR R4 server, to land on over real HTTP: batches of reads, transactions of PUTs, whole or not at all.

It is as strict as a real one where that matters: a reference to what is not there is refused, an unchanged PUT
makes no new version.
"""

from __future__ import annotations

import json
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

REFERENCE = re.compile(r'"reference": "([A-Za-z]+/[A-Za-z0-9.-]+)"')


class FhirDouble:
    """resources: by "Type/id". answers: given instead of the next real ones, in order."""

    def __init__(self) -> None:
        self.resources: dict[str, dict[str, Any]] = {}
        self.answers: list[Response] = []
        self.asked: list[Request] = []
        self.app = Starlette(routes=[Route("/fhir", self.take, methods=["POST"])])

    async def take(self, request: Request) -> Response:
        bundle = json.loads(await request.body())
        self.asked.append(request)
        if bundle["type"] == "batch":
            return self._batch(bundle)
        if self.answers:
            return self.answers.pop(0)
        return self._transaction(bundle)

    def _batch(self, bundle: dict[str, Any]) -> Response:
        entries = []
        for entry in bundle["entry"]:
            assert entry["request"]["method"] == "GET"
            found = self.resources.get(entry["request"]["url"])
            answer = {"response": {"status": "200 OK"}, "resource": found}
            entries.append(answer if found else {"response": {"status": "404 Not Found"}})
        return JSONResponse({"resourceType": "Bundle", "type": "batch-response", "entry": entries})

    def _transaction(self, bundle: dict[str, Any]) -> Response:
        coming = {entry["request"]["url"]: entry["resource"] for entry in bundle["entry"]}
        assert len(coming) == len(bundle["entry"])
        assert {entry["request"]["method"] for entry in bundle["entry"]} == {"PUT"}
        for reference in REFERENCE.findall(json.dumps(list(coming.values()))):
            if reference not in coming and reference not in self.resources:
                issue = {"severity": "error", "code": "not-found", "diagnostics": reference}
                return JSONResponse({"resourceType": "OperationOutcome", "issue": [issue]}, 400)
        for key, resource in coming.items():
            self._put(key, resource)
        entries = [{"response": {"status": "200 OK"}} for _ in coming]
        return JSONResponse({"resourceType": "Bundle", "type": "transaction-response", "entry": entries})

    def _put(self, key: str, resource: dict[str, Any]) -> None:
        stands = self.resources.get(key, {"meta": {}})
        noted = {name: stands["meta"][name] for name in ("versionId", "lastUpdated") if name in stands["meta"]}
        if stands == {**resource, "meta": {**resource.get("meta", {}), **noted}}:
            return
        noted = {"versionId": str(int(noted.get("versionId", 0)) + 1), "lastUpdated": "2025-03-10T10:00:00Z"}
        self.resources[key] = {**resource, "meta": {**resource.get("meta", {}), **noted}}


@contextmanager
def served(double: FhirDouble, port: int = 0) -> Iterator[str]:
    """The base address of the double, served on this port of this machine; on a free one when it is 0."""
    listener = socket.create_server(("127.0.0.1", port))
    config = uvicorn.Config(double.app, log_level="error", lifespan="off", ws="none", loop="asyncio")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/fhir"
    finally:
        server.should_exit = True
        thread.join()
        listener.close()
