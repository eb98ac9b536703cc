"""Facilities and health workers: looked up, read with their history, added, corrected, closed and opened again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from channels.console.forms import posted, text, texts
from channels.console.shapes import LABELS, STANDING, TOLD, Shape
from channels.console.view import HEADERS, Problem, View
from channels.console.words import N_
from channels.gateway.parts import Parts
from channels.journal.times import iso
from registries.care.areas import areas
from registries.care.closing import prepared, tell
from registries.care.edited import Edited
from registries.care.editing import add, correct
from registries.care.entry import Entry, entry
from registries.care.lookup import Wanted, look_up, types
from registries.clock import today
from registries.database import writing
from registries.upstream import state

AT_ONCE = 50
GONE = Problem(404, N_("There is no such entry"), N_("Look it up by its name or number."))
_NO_DATE = Problem(400, N_("A date can't be read"), N_("Write it as 2026-03-12, or leave it empty."))
_NO_WHY = Problem(
    400, N_("A change needs its reason"), N_("Nothing was done. Go back, write why, and send the form again.")
)


class Directory:
    """The pages of one registry."""

    def __init__(self, view: View, parts: Parts, shape: Shape) -> None:
        self._view, self._parts, self._shape = view, parts, shape
        self._registries, self._audit = parts.house.registries, parts.house.audit

    def routes(self) -> list[Route]:
        """To be put after those of fixed names below the same path."""
        shown, home = self._view.shown, f"/{self._shape.home}"
        return [
            Route(home, shown(self.lookup), methods=["GET"]),
            Route(f"{home}/new", shown(self.new), methods=["GET"]),
            Route(f"{home}/new", shown(self.added), methods=["POST"]),
            Route(f"{home}/{{id}}", shown(self.one), methods=["GET"]),
            Route(f"{home}/{{id}}", shown(self.corrected), methods=["POST"]),
            Route(f"{home}/{{id}}/dates", shown(self.dated), methods=["POST"]),
        ]

    async def lookup(self, request: Request) -> Response:
        said = request.query_params
        given = {name: said.get(name, "").strip()[:200] for name in ("name", "number", "type", "region", "day")}
        given["day"] = _day(given["day"])
        kind = self._shape.kind
        found, more = await run_in_threadpool(
            look_up, self._registries, kind, Wanted(**given), after=said.get("after", ""), most=AT_ONCE
        )
        known = await run_in_threadpool(types, self._registries, kind)
        query = urlencode({name: value for name, value in given.items() if value} | {"after": more})
        return self._page(
            request,
            "entries.html",
            {"found": found, "more": more, "query": query, "asked": given, "types": known}
            | {"upstream": await run_in_threadpool(self._upstream)},
        )

    def _upstream(self) -> dict[str, Any] | None:
        """When the upstream registry was last read, and whether it failed since; None without one."""
        url = self._parts.house.settings.registries.upstream.url.rstrip("/")
        if not url:
            return None
        at, failed = state(self._registries, url)
        return {"at": iso(at) if at else "", "down": failed > at}

    async def new(self, request: Request) -> Response:
        said = request.query_params
        values = {one.name: said.get(one.name, "") for one in self._shape.fields if one.name in said}
        return self._form(request, values, said.getlist("met"))

    async def added(self, request: Request) -> Response:
        form = await posted(request)
        values, met = self._values(form), texts(form, "met")
        why = text(form, "why")
        if not why:
            raise _NO_WHY
        edited = await self.change(
            request, "add", lambda one, by: add(one, self._shape.kind, values, by=by, why=why, met=met), why
        )
        if edited.issues:
            return self._form(request, values, met, edited, why=why)
        return self.to(edited.id, "added")

    async def one(self, request: Request) -> Response:
        return await self._shown(request, said=request.query_params.get("said", ""))

    async def corrected(self, request: Request) -> Response:
        form, name = await posted(request), request.path_params["id"]
        why, values = text(form, "why"), self._values(form)
        if not why:
            raise _NO_WHY
        await self._known(name)
        edited = await self.change(
            request, "correct", lambda one, by: correct(one, self._shape.kind, name, values, by=by, why=why), why
        )
        if edited.issues:
            return await self._shown(request, edited=edited, values=values, why=why)
        return self.to(name, "corrected")

    async def dated(self, request: Request) -> Response:
        """Closed, suspended or opened again from a day on."""
        form, name = await posted(request), request.path_params["id"]
        why, said, day = text(form, "why"), text(form, "said"), _day(text(form, "day")) or today()
        if not why:
            raise _NO_WHY
        if said not in TOLD:
            raise GONE
        await self._known(name)
        known: Any = said

        def work(connection: Connection, by: str) -> Edited:
            return tell(connection, self._shape.kind, name, known, day, by=by, why=why)

        edited = await self.change(request, {"closed": "close", "suspended": "suspend"}.get(said, "open"), work, why)
        return self.to(name, said if edited.changed else "unchanged")

    async def change(
        self, request: Request, action: str, work: Callable[[Connection, str], Edited], why: str
    ) -> Edited:
        """In one commit, audited within it; then whoever waited for the entry is told."""
        by, kind = request.scope["user"].name, self._shape.kind

        def commit() -> Edited:
            with writing(self._registries) as connection:
                prepared(connection, kind)
                edited = work(connection, by)
                if not edited.issues:
                    self._audit.write(by, action, self._shape.resource, purpose=why, detail=edited.id)
            return edited

        edited = await run_in_threadpool(commit)
        if edited.found:
            await self._parts.learned([f"{kind}|{one}" for one in edited.found])
        return edited

    def to(self, name: str, said: str) -> Response:
        return RedirectResponse(f"/{self._shape.home}/{name}?said={said}", 303, HEADERS)

    async def _known(self, name: str) -> Entry:
        found = await run_in_threadpool(entry, self._registries, self._shape.kind, name)
        if found is None or found.deleted:
            raise GONE
        return found

    async def _shown(
        self,
        request: Request,
        *,
        edited: Edited | None = None,
        values: Mapping[str, str] | None = None,
        why: str = "",
        said: str = "",
    ) -> Response:
        found = await run_in_threadpool(entry, self._registries, self._shape.kind, request.path_params["id"])
        if found is None:
            raise GONE
        shown = {
            "entry": found,
            "values": dict(values or found.fields),
            "fields": [one for one in self._shape.fields if one.name in found.fields or one.kind == "area"],
            "history": [{"at": iso(one.at), "change": one} for one in found.history],
            "labels": LABELS,
            "told": TOLD,
            "day": today(),
            "said": said if said in ("added", "corrected", "unchanged", *TOLD) else "",
            **_issues(edited, why),
        }
        return self._page(request, "entry.html", shown, 409 if edited else 200)

    def _form(
        self,
        request: Request,
        values: Mapping[str, str],
        met: list[str],
        edited: Edited | None = None,
        *,
        why: str = "",
    ) -> Response:
        shown = {"values": values, "met": met, "fields": self._shape.fields, **_issues(edited, why)}
        return self._page(request, "new_entry.html", shown, 409 if edited else 200)

    def _page(self, request: Request, template: str, shown: Mapping[str, Any], status: int = 200) -> Response:
        said = {"shape": self._shape, "standing": STANDING, "areas": _areas()}
        return self._view.page(request, template, {**said, **shown}, status)

    def _values(self, form: FormData) -> dict[str, str]:
        """The fields that the form held, cells as a list has them."""
        values = {one.name: " ".join(text(form, one.name).split()) for one in self._shape.fields if one.name in form}
        area = areas().get(values.pop("area", ""))
        if "area" in form:
            values["region"] = (area.within or area.code) if area else ""
            values["province"] = area.code if area and area.within else ""
        return values


def _issues(edited: Edited | None, why: str) -> dict[str, Any]:
    return {"issues": edited.issues if edited else (), "why": why}


def _areas() -> dict[str, list[tuple[str, str]]]:
    """Region's code → itself and its provinces, by code and name."""
    found: dict[str, list[tuple[str, str]]] = {}
    for one in areas().values():
        found.setdefault(one.within or one.code, []).append((one.code, one.name))
    return found


def _day(said: str) -> str:
    try:
        return date.fromisoformat(said).isoformat() if said else ""
    except ValueError:
        raise _NO_DATE from None
