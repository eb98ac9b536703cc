"""Rows of other lists that wait for a person: the same as ours, not the same, a new entry, or set aside with a word."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, cast, get_args
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from channels.console.forms import posted, text
from channels.console.view import HEADERS, Problem, View
from channels.console.words import N_
from channels.gateway.parts import Parts
from registries.care.areas import areas
from registries.care.edited import Edited
from registries.care.entry import entry
from registries.care.listing import FACILITY
from registries.database import writing
from registries.reconciliation import Decision, Open, counts, decide, waiting

AT_ONCE = 25
STATES = {"open": N_("To decide"), "flagged": N_("Put aside")}
WHY = "two lists compared"
# Phrases of `registries.care.likeness`
PHRASES = (
    N_("the same INPE"), N_("the same name"), N_("a similar name"), N_("another name"), N_("the same place"),
    N_("another place"), N_("close to each other"), N_("some kilometres from each other"), N_("far from each other"),
    N_("another type"), N_("another INPE"),
)  # fmt: skip
_GONE = Problem(
    404, N_("This row is decided already"), N_("Go back to the list: somebody decided it, or it was compared again.")
)


class Reconciliation:
    def __init__(self, view: View, parts: Parts) -> None:
        self._view, self._parts = view, parts
        self._registries, self._audit = parts.house.registries, parts.house.audit

    def routes(self) -> list[Route]:
        shown = self._view.shown
        return [
            Route("/places/lists", shown(self.queue), methods=["GET"]),
            Route("/places/lists", shown(self.decided), methods=["POST"]),
        ]

    async def queue(self, request: Request) -> Response:
        return await self._page(request, request.query_params)

    async def decided(self, request: Request) -> Response:
        form, by = await posted(request), request.scope["user"].name
        name, number, said = text(form, "list"), text(form, "number"), text(form, "decision")
        if said not in get_args(Decision):
            raise _GONE
        decision, why = cast(Decision, said), text(form, "why") or WHY

        def commit() -> Edited | None:
            with writing(self._registries) as connection:
                edited = decide(connection, name, number, decision, by=by, why=why)
                if edited and not edited.issues:
                    self._audit.write(by, f"list {decision}", "Organization", purpose=why, detail=edited.id)
            return edited

        edited = await run_in_threadpool(commit)
        if edited is None:
            raise _GONE
        if edited.issues:
            return await self._page(request, form, edited)
        if edited.found:
            await self._parts.learned([f"{FACILITY}|{one}" for one in edited.found])
        state = text(form, "state")
        return RedirectResponse(f"/places/lists?{urlencode({'state': state, 'done': decision})}", 303, HEADERS)

    async def _page(self, request: Request, given: Any, edited: Edited | None = None) -> Response:
        state = given.get("state") if given.get("state") in STATES else "open"
        after = (given.get("list", ""), given.get("after", ""))
        found = await run_in_threadpool(waiting, self._registries, state=state, most=AT_ONCE + 1, after=after)
        shown = [await run_in_threadpool(self._told, one) for one in found[:AT_ONCE]]
        more = urlencode({"state": state, "list": found[AT_ONCE - 1].list, "after": found[AT_ONCE - 1].number}) if len(
            found
        ) > AT_ONCE else ""  # fmt: skip
        said = {
            "rows": shown,
            "state": state,
            "states": STATES,
            "counts": await run_in_threadpool(counts, self._registries),
            "more": more,
            "done": given.get("done", "") in get_args(Decision),
            "issues": edited.issues if edited else (),
        }
        return self._view.page(request, "reconciliation.html", said, 409 if edited else 200)

    def _told(self, one: Open) -> dict[str, Any]:
        """The row and the entry beside it, field by field."""
        ours = entry(self._registries, FACILITY, one.entry) if one.entry else None
        sides: list[dict[str, str]] = [one.said, ours.fields if ours else {}]
        names = ("name", "type", "inpe", "province", "owner", "periods", "latitude", "longitude", "aliases")
        fields = [(name, *(_said(name, side.get(name, "")) for side in sides)) for name in names]
        return asdict(one) | {"ours": ours, "fields": [field for field in fields if any(field[1:])]}


def _said(name: str, value: str) -> str:
    area = areas().get(value.upper()) if name == "province" else None
    return area.name if area else value
