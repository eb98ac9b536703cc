"""The country's registries as this program reaches them: who answers, since when one does not, and what it said."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from channels.console.view import View
from channels.console.words import N_
from channels.gateway.parts import Parts
from channels.journal.times import iso
from registries.nationals import State, states

NAMES: Mapping[str, str] = {
    "client": N_("Patients"),
    "facility": N_("Facilities"),
    "health-worker": N_("Health professionals"),
}
# What a registry is told to have answered, where it has no number in it
SAID = (
    N_("the national registry did not answer in time"),
    N_("the national registry can't be reached: ConnectError"),
)


class Nationals:
    def __init__(self, view: View, parts: Parts) -> None:
        self._view, self._house = view, parts.house

    def routes(self) -> list[Route]:
        return [Route("/nationals", self._view.shown(self.page), methods=["GET"])]

    async def page(self, request: Request) -> Response:
        shown = await run_in_threadpool(self._look)
        return self._view.page(request, "nationals.html", shown)

    def _look(self) -> dict[str, Any]:
        found = states(self._house.registries)
        named = self._house.elsewhere.named
        told = [
            _told(name, said.url if said.elsewhere else "", found.get(name, State(name)))
            for name, said in named.items()
        ]
        return {"registries": told, "register": host(self._house.settings.registries.rnp.url)}


def host(url: str) -> str:
    """Whom to call about it: nothing of an address that may be a secret."""
    return urlsplit(url).hostname or ""


def _told(name: str, url: str, state: State) -> dict[str, Any]:
    return {
        "name": NAMES[name],
        "host": host(url),
        "state": _state(url, state),
        "down": iso(state.down) if state.down else "",
        "answered": iso(state.answered) if state.answered else "",
        "known": state.known,
        "oldest": iso(state.oldest) if state.oldest else "",
        "waiting": state.waiting,
        "refusals": [{"at": iso(one.at), "text": one.text} for one in state.refusals],
    }


def _state(url: str, state: State) -> str:
    """A word of NATIONAL."""
    if not url:
        return "built-in"
    if state.down:
        return "down"
    return "up" if state.answered else "never"
