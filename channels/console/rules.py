"""The rules of matching: what is in force, what a change would do to everybody, and putting it in force after that."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from channels.console.forms import posted, text
from channels.console.rule_form import changed, offered
from channels.console.view import HEADERS, Problem, View
from channels.console.words import N_
from channels.gateway.parts import Parts
from channels.identities import Identities
from channels.journal.times import iso
from registries.client import history
from registries.client.comparison import Progress
from registries.client.decision import Declined
from registries.client.difference import Differences
from registries.client.matching.rules import Rules
from registries.client.rematch import Rematch
from registries.client.versions import differences
from registries.database import reading

PATIENCE = 3.0
EXAMPLES = 20
_GONE = Problem(404, N_("There is no such version"), N_("Choose one from the list of versions."))
_UNSEEN = Problem(
    409, N_("Nobody has seen what this would do"), N_("Nothing was changed. Do the dry run first, then decide.")
)


@dataclass(slots=True)
class Run:
    """A dry run, or a new comparison of everybody; `done` of `of` records so far."""

    task: asyncio.Task[Differences] | None = None
    done: int = 0
    of: int = 0

    def told(self, done: int, of: int) -> None:
        self.done, self.of = done, of

    @property
    def found(self) -> Differences | None:
        task = self.task
        return task.result() if task and task.done() and not task.cancelled() and not task.exception() else None

    @property
    def failed(self) -> bool:
        return bool(self.task and self.task.done() and (self.task.cancelled() or self.task.exception()))


class RulesPages:
    """What runs is kept by version and the version it was compared with, in this process."""

    def __init__(self, view: View, parts: Parts, identities: Identities) -> None:
        house = parts.house
        self._view, self._audit, self._of = view, house.audit, identities
        self._rematch = Rematch(identities.engine, house.registry_secret, identities.seal)
        self._runs: dict[tuple[str, int, int], Run] = {}

    def routes(self) -> list[Route]:
        shown = self._view.shown
        return [
            Route("/rules", shown(self.all), methods=["GET"]),
            Route("/rules", shown(self.propose), methods=["POST"]),
            Route("/rules/undo", shown(self.undo), methods=["POST"]),
            Route("/rules/{version:int}", shown(self.one), methods=["GET"]),
            Route("/rules/{version:int}/dry-run", shown(self.dry_run), methods=["POST"]),
            Route("/rules/{version:int}/{act:str}", shown(self.act), methods=["POST"]),
        ]

    async def all(self, request: Request) -> Response:
        return await self._page(request)

    async def propose(self, request: Request) -> Response:
        form, by = await posted(request), request.scope["user"].name
        try:
            active, known = await run_in_threadpool(self._known)
            rules = changed(active, known, form)
            number = await run_in_threadpool(self._of.versions.propose, rules, by, text(form, "why"))
        except ValueError as error:  # Declined is one
            return await self._page(request, str(error))
        await run_in_threadpool(self._audit.write, by, "propose rules", "Rules", detail=f"version {number}")
        return RedirectResponse(f"/rules/{number}", 303, HEADERS)

    async def one(self, request: Request) -> Response:
        return await self._version(request)

    async def dry_run(self, request: Request) -> Response:
        form, number = await posted(request), request.path_params["version"]
        active, rules = await self._two(number)
        sample = text(form, "sample")
        most = int(sample) if sample.isascii() and sample.isdigit() and len(sample) < 9 else 0
        await self._start(
            ("dry-run", number, active.version),
            lambda told: self._rematch.dry_run(rules, sample=most, progress=told),
        )
        return RedirectResponse(f"/rules/{number}", 303, HEADERS)

    async def act(self, request: Request) -> Response:
        """Puts a version in force, for those to come or for everybody; never before a dry run was shown."""
        form, number, act = await posted(request), request.path_params["version"], request.path_params["act"]
        if act not in ("activate", "apply"):
            raise _GONE
        active, _ = await self._two(number)
        seen = self._runs.get(("dry-run", number, active.version))
        if seen is None or seen.found is None:
            raise _UNSEEN
        by, why = request.scope["user"].name, text(form, "why")
        await run_in_threadpool(self._audit.write, by, f"{act} rules", "Rules", detail=f"version {number}")
        try:
            if act == "activate":
                await run_in_threadpool(self._of.versions.activate, number, by, why)
            else:
                key = ("apply", number, active.version)
                await self._start(key, lambda told: self._rematch.apply(number, by, why, progress=told))
        except Declined as error:
            return await self._version(request, str(error))
        return RedirectResponse(f"/rules/{number}", 303, HEADERS)

    async def undo(self, request: Request) -> Response:
        form, by = await posted(request), request.scope["user"].name
        entry = text(form, "entry")
        if not (entry.isascii() and entry.isdigit()):
            raise _GONE
        await run_in_threadpool(self._audit.write, by, "undo rules", "Rules")
        try:
            await run_in_threadpool(self._rematch.undo, int(entry), by, text(form, "why"))
        except Declined as error:
            return await self._page(request, str(error))
        return RedirectResponse("/rules", 303, HEADERS)

    async def _start(self, key: tuple[str, int, int], work: Callable[[Progress], Differences]) -> None:
        """Once at a time; a long one goes on. Raises Declined."""
        run = self._runs.get(key)
        if run is None or run.task is None or run.task.done():
            run = self._runs[key] = Run()
            run.task = asyncio.create_task(run_in_threadpool(work, run.told))
            run.task.add_done_callback(lambda task: task.cancelled() or task.exception())
        assert run.task
        done, _ = await asyncio.wait([run.task], timeout=PATIENCE)
        if done:
            run.task.result()

    async def _two(self, number: int) -> tuple[Rules, Rules]:
        """Those in force, and these. Raises Problem."""
        try:
            return await run_in_threadpool(lambda: (self._of.versions.active(), self._of.versions.rules(number)))
        except Declined as error:
            raise _GONE from error

    async def _page(self, request: Request, declined: str = "") -> Response:
        said = await run_in_threadpool(self._look)
        return self._view.page(request, "rules.html", said | {"declined": declined}, 422 if declined else 200)

    def _known(self) -> tuple[Rules, list[Rules]]:
        """Those in force, and of every version, the oldest first."""
        return self._of.versions.active(), [one.rules for one in reversed(self._of.versions.all())]

    def _look(self) -> dict[str, Any]:
        versions = self._of.versions.all()
        with reading(self._of.engine) as connection:
            lines = history.of_everybody(connection, self._of.seal, "rules-proposed", "rules-activated", "rematched")
        told = [{**_line(line), "counts": line.detail.get("counts", {})} for line in lines]
        active, known = self._known()
        listed = [{"version": one.version, "at": iso(one.at or None), "by": one.by, "why": one.why,
                   "active": one.active} for one in versions]  # fmt: skip
        return {"versions": listed, "history": told, **offered(active, known)}

    async def _version(self, request: Request, declined: str = "") -> Response:
        number = request.path_params["version"]
        active, rules = await self._two(number)
        dry = self._runs.get(("dry-run", number, active.version))
        applying = [run for (kind, of, _), run in self._runs.items() if (kind, of) == ("apply", number)]
        said = {
            "number": number,
            "active": active.version,
            "changes": differences(active, rules),
            "finds": rules.finds_as(active),
            "run": dry,
            "found": _shown(dry.found) if dry and dry.found else None,
            "applying": applying[-1] if applying else None,
            "declined": declined,
        }
        return self._view.page(request, "rules_version.html", said, 409 if declined else 200)


def _shown(found: Differences) -> dict[str, Any]:
    """Each kind with its count and its first examples, the likeliest first."""
    kinds = {"made": found.made, "ended": found.ended, "opened": found.opened, "closed": found.closed}
    parts = {
        name: {"count": len(all), "examples": sorted(all, key=lambda one: -(one.score or 0))[:EXAMPLES]}
        for name, all in kinds.items()
    }
    return {"compared": found.compared, "parts": parts}


def _line(line: history.Line) -> dict[str, Any]:
    told = {"id": line.id, "action": line.action, "by": line.by, "why": line.why, "rules": line.rules}
    return told | {"at": iso(line.at), "changed": line.detail.get("changed", [])}
