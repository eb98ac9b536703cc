"""What messages name and the registry does not know: a work list with candidates, each adopted or aliased at once."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from channels.console.directory import GONE, Directory
from channels.console.forms import posted, text, texts
from channels.console.shapes import Shape
from channels.console.view import HEADERS, View
from channels.gateway.parts import Parts
from channels.journal import failures
from registries.care.candidates import Candidates
from registries.care.lookup import id_of
from registries.care.met import Met, awaited, met
from registries.care.naming import same

MOST = 100
WHY = "met in messages"


class Strangers:
    """`directory`: the pages of the same registry, by which changes are made."""

    def __init__(self, view: View, parts: Parts, shape: Shape, directory: Directory) -> None:
        self._view, self._parts, self._shape, self._directory = view, parts, shape, directory
        self._registries = parts.house.registries

    def routes(self) -> list[Route]:
        home = f"/{self._shape.home}/unknown"
        return [
            Route(home, self._view.shown(self.listed), methods=["GET"]),
            Route(home, self._view.shown(self.aliased), methods=["POST"]),
        ]

    async def listed(self, request: Request) -> Response:
        found = await run_in_threadpool(self._listed)
        done = request.query_params.get("done", "")
        return self._view.page(request, "strangers.html", {"shape": self._shape, "found": found, "done": done != ""})

    async def aliased(self, request: Request) -> Response:
        """The names are those of the entry chosen."""
        form = await posted(request)
        names, number, kind = texts(form, "met"), text(form, "number"), self._shape.kind
        name = await run_in_threadpool(id_of, self._registries, kind, number)
        if not name or not names:
            raise GONE
        edited = await self._directory.change(
            request, "alias", lambda one, by: same(one, kind, name, names, by=by, why=WHY), WHY
        )
        if edited.issues:
            raise GONE
        return RedirectResponse(f"/{self._shape.home}/unknown?done=1", 303, HEADERS)

    def _listed(self) -> list[dict[str, Any]]:
        """Those that messages wait for first."""
        kind = self._shape.kind
        waiting = awaited(failures.awaited(self._parts.house.journal), kind)
        seen = {name for one in waiting for name in one.names}
        made = [one for one in met(self._registries, kind) if not seen & set(one.names)]
        if not waiting and not made:
            return []
        candidates = Candidates(self._registries, kind)
        return [self._told(one, candidates, parked=True) for one in waiting[:MOST]] + [
            self._told(one, candidates, parked=False) for one in made[: MOST - len(waiting[:MOST])]
        ]

    def _told(self, one: Met, candidates: Candidates, *, parked: bool) -> dict[str, Any]:
        entries = [f"{self._shape.kind}|{name}" for name in one.names]
        return {
            "met": one,
            "waiting": len(self._parts.desk.waiting(entries)) if parked else 0,
            "candidates": candidates.near(one.said),
            "query": urlencode(self._prefilled(one), doseq=True),
        }

    def _prefilled(self, one: Met) -> dict[str, Any]:
        """The form of a new entry with what the messages said of it."""
        said = one.said
        is_inpe = len(said.number) == 9 and one.names[0] == said.number
        named = {"inpe": said.number} if is_inpe else {"aliases": ", ".join(one.sure)}
        title = "name" if self._shape.kind == "facility" else "family"
        return {**named, **({title: said.name} if said.name and not is_inpe else {}), "met": one.names}
