"""Care sheets of a person, found by an identifier that never stands in an address; and what needs a person's eye."""

from __future__ import annotations

from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from channels.console.forms import fields, text
from channels.console.masks import Masks
from channels.console.view import View
from channels.console.words import N_
from channels.gateway.care_sheets import BadQuery, care_sheets
from channels.gateway.parts import Parts
from channels.journal.times import iso

ID = "https://hie.sante.gov.ma/id"
SYSTEMS = {
    f"{ID}/cnss": N_("CNSS number"),
    f"{ID}/cnie": N_("National identity card"),
    f"{ID}/ins": N_("INS"),
    f"{ID}/idcs": N_("IDCS"),
    f"{ID}/cnops": N_("CNOPS number"),
    f"{ID}/passport": N_("Passport"),
}


Sheets = list[dict[str, Any]]


class CareSheets:
    def __init__(self, view: View, parts: Parts) -> None:
        self._view, self._house = view, parts.house
        self._masks = Masks(parts.house.settings.masked)

    def routes(self) -> list[Route]:
        return [
            Route("/care-sheets", self._view.shown(self.work), methods=["GET"]),
            Route("/care-sheets", self._view.shown(self.find), methods=["POST"]),
        ]

    async def work(self, request: Request) -> Response:
        return await self._page(request, None, "", "")

    async def find(self, request: Request) -> Response:
        """`number` alone in the chosen system, or "system|value"."""
        form = await fields(request)
        system, number = text(form, "system"), text(form, "number")
        person = number if "|" in number else f"{system}|{number}"
        try:
            found = await run_in_threadpool(
                care_sheets, self._house.ledger, person, self._house.links.following, limit=100
            )
        except BadQuery:
            return await self._page(request, [], system, number)
        self._house.audit.note(request.scope["user"].name, "read", "CareSheet")
        return await self._page(request, found["items"], system, number)

    async def _page(self, request: Request, sheets: Sheets | None, system: str, number: str) -> Response:
        work = await run_in_threadpool(self._house.ledger.work)
        rows = [row | {"at": iso(row["at"]), "differs": list(filter(None, row["differs"].split(",")))} for row in work]
        hides = number != "" and self._masks.hides(number.rpartition("|")[0] or system)
        said = {"sheets": sheets, "work": rows, "systems": SYSTEMS, "system": system, "number": number, "hides": hides}
        return self._view.page(request, "care_sheets.html", said)
