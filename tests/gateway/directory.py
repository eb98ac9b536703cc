"""A directory of care services to talk to over HTTP, with a shared record behind it. Everybody is invented."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from channels.consumers.reading import Reading
from channels.consumers.record import Record
from channels.gateway import mcsd, mcsd_feed, record
from channels.security.users import User
from registries.care.store import Care
from tests.gateway.asking import ask
from tests.home import Place

INPE_ES = "https://hie.sante.gov.ma/id/inpe-es"
INPE_PS = "https://hie.sante.gov.ma/id/inpe-ps"
SECRET = b"a secret of the tests, 32 bytes.."
FACILITY = "https://profiles.ihe.net/ITI/mCSD/CodeSystem/IHE.mCSD.Organization.Location.Types"


class _Known:
    """Puts a user where the guard does."""

    def __init__(self, app: ASGIApp, reader: Reader) -> None:
        self._app, self._reader = app, reader

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["user"] = self._reader.user
        await self._app(scope, receive, send)


class Reader:
    """A client of `/fhir`; what the audit and those who wait were told. `day` is today."""

    def __init__(self, home: Place) -> None:
        self.engine = home.open("registries")
        self.record = Record(home.open("record"), SECRET)
        self.user = User("amina", "admin")
        self.day = "2026-11-26"
        self.audited: list[tuple[str, str]] = []
        self.learned: list[str] = []
        care, reading = Care(self.engine), Reading(self.record.engine, SECRET)
        behind = record.Reads(reading, lambda name: {name}, self._audit)
        self.feed = mcsd_feed.Feed(care, self._learn, self._audit, lambda: self.day)
        self.app = Starlette(
            routes=[
                *mcsd.routes(mcsd.Directory(care, behind, self._audit, lambda: self.day)),
                *mcsd_feed.routes(self.feed),
                *record.routes(reading, lambda name: {name}, self._audit, mcsd.capabilities()),
            ],
            middleware=[Middleware(_Known, self)],
        )
        self.app.add_route("/fhir", self._bundle, methods=["POST"])

    async def _bundle(self, request: Request) -> Response:
        return await mcsd_feed.told(request, self.feed.bundle)

    def _audit(self, _request: Request, action: str, what: str) -> None:
        self.audited.append((action, what))

    async def _learn(self, entries: Sequence[str]) -> None:
        self.learned += entries

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        return ask(self.app, method, f"/fhir/{path}" if path else "/fhir", **more)

    def get(self, path: str, status: int = 200, /, **parameters: Any) -> Any:
        response = self.ask("GET", path, params=parameters)
        assert response.status_code == status, response.text[:300]
        return response.json()

    def names(self, kind: str, **parameters: Any) -> list[str]:
        """What is found, by name, in the order of names; a role by its code."""
        bundle = self.get(kind, **{name.replace("__", "."): value for name, value in parameters.items()})
        found = [one["resource"] for one in bundle.get("entry", ()) if one["search"]["mode"] == "match"]
        assert bundle["total"] >= len(found)
        return sorted(_name(one) for one in found)

    def send(self, method: str, path: str, content: Any = None, status: int = 200, **headers: str) -> Any:
        said = {name.replace("_", "-"): value for name, value in headers.items()}
        response = self.ask(method, path, json=content, headers=said)
        assert response.status_code == status, response.text
        return response.json() if response.content else {}


def _name(resource: Any) -> str:
    if resource["resourceType"] == "PractitionerRole":
        return str(resource["code"][0]["text"])
    name = resource["name"]
    return name if isinstance(name, str) else str(name[0].get("family"))
