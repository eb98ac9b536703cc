"""The stewards' reviews: the queue, two identities side by side, and a decision in one click that can be taken back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast, get_args
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from channels.console.compared import compared
from channels.console.forms import posted, text
from channels.console.masks import Masks
from channels.console.phrases import phrases
from channels.console.reads import Reads
from channels.console.view import HEADERS, Problem, View
from channels.console.words import N_, REVIEW
from channels.gateway.parts import Parts
from channels.identities import Identities, Side
from channels.journal.times import iso
from registries.client.decision import Declined
from registries.client.queue import Asked, Order
from registries.client.survivorship import CHOOSABLE

AT_ONCE = 50
CHOICE = "choose."
ANSWERS = {"accept": "accepted", "reject": "rejected"}
# What stays in the history where the steward writes nothing
UNSAID = "compared side by side"
_GONE = Problem(404, N_("There is no such review"), N_("Go back to the queue: it may have been closed meanwhile."))


@dataclass(frozen=True, slots=True)
class Way:
    """Which reviews a steward is walking through."""

    reason: str
    order: Order

    @staticmethod
    def of(given: Mapping[str, Any]) -> Way:
        reason, order = str(given.get("reason", "")), str(given.get("order", ""))
        known = order if order in get_args(Order) else "oldest"
        return Way(reason if reason in REVIEW else "", cast(Order, known))

    def query(self, **more: Any) -> str:
        told = {"reason": self.reason, "order": self.order if self.order != "oldest" else "", **more}
        said = urlencode({name: value for name, value in told.items() if value not in ("", None)})
        return f"?{said}" if said else ""


class Reviews:
    def __init__(self, view: View, parts: Parts, identities: Identities) -> None:
        self._view, self._audit, self._of = view, parts.house.audit, identities
        self._reads = Reads(parts.house.audit)
        self._masked = parts.house.settings.masked

    def routes(self) -> list[Route]:
        shown = self._view.shown
        return [
            Route("/reviews", shown(self.queue), methods=["GET"]),
            Route("/reviews/undo", shown(self.undo), methods=["POST"]),
            Route("/reviews/{review}", shown(self.one), methods=["GET"]),
            Route("/reviews/{review}", shown(self.opened), methods=["POST"]),
            Route("/reviews/{review}/{answer:str}", shown(self.answer), methods=["POST"]),
        ]

    async def queue(self, request: Request) -> Response:
        way = Way.of(request.query_params)
        after = request.query_params.get("after", "")
        counts = await run_in_threadpool(self._of.queue.counts)
        found = await run_in_threadpool(
            lambda: self._of.queue.page(reason=way.reason, order=way.order, after=after, most=AT_ONCE + 1)
        )
        shown = found[:AT_ONCE]
        said = {"counts": counts, "total": sum(counts.values()), "way": way, "items": [_listed(one) for one in shown]}
        more = shown[-1].id if len(found) > AT_ONCE else ""
        return self._view.page(request, "reviews.html", said | {"more": more} | _done(request))

    async def one(self, request: Request) -> Response:
        return await self._page(request, Way.of(request.query_params))

    async def opened(self, request: Request) -> Response:
        """The same page with whole numbers, noted before they are shown."""
        form = await posted(request)
        asked = await run_in_threadpool(self._of.queue.one, request.path_params["review"])
        if asked is None:
            raise _GONE
        await self._reads.opened(request, f"Review/{asked.id}")
        return await self._page(request, Way.of(form), open=True)

    async def answer(self, request: Request) -> Response:
        form, review, answer = await posted(request), request.path_params["review"], request.path_params["answer"]
        if answer not in ANSWERS:
            raise _GONE
        way = Way.of(form)
        try:
            entry = await run_in_threadpool(self._decide, request.scope["user"].name, review, answer, form)
        except Declined as error:
            return await self._page(request, way, declined=str(error))
        asked = await run_in_threadpool(self._of.queue.one, review)
        following = await run_in_threadpool(
            lambda: self._of.queue.next(asked, reason=way.reason, order=way.order) if asked else None
        )
        there = f"/reviews/{following.id}" if following else "/reviews"
        return RedirectResponse(there + way.query(done=entry, said=ANSWERS[answer], of=review), 303, HEADERS)

    def _decide(self, by: str, review: str, answer: str, form: FormData) -> int:
        """The line of the history that takes the decision back; what is chosen for the golden record has its own."""
        steward, why = self._of.steward, text(form, "why") or UNSAID
        asked = self._of.queue.one(review)
        if asked is None:
            raise _GONE
        chosen = self._chosen(asked, form) if answer == "accept" else {}
        decide = steward.accept if answer == "accept" else steward.reject
        self._audit.write(by, answer, f"Review/{asked.id}")
        entry = decide(asked.id, by, why)
        for field, record in chosen.items():
            steward.choose(asked.person, field, by, why, record=record)
        return entry

    def _chosen(self, asked: Asked, form: FormData) -> dict[str, int]:
        """Field → the record that is believed. Raises Declined before anything is decided."""
        said = {name.removeprefix(CHOICE): text(form, name) for name in form if name.startswith(CHOICE)}
        chosen = {field: record for field, record in said.items() if record}
        if not chosen:
            return {}
        sides = self._of.side(asked.person, asked.other), self._of.side(asked.other, asked.person)
        known = {str(record.id) for one in sides for record in one.records}
        for field, record in chosen.items():
            if field not in CHOOSABLE or record not in known:
                raise Declined(f"{field}: no record of the two says so any more; load the page again and choose anew")
        return {field: int(record) for field, record in chosen.items()}

    async def undo(self, request: Request) -> Response:
        form = await posted(request)
        entry, review, way = text(form, "entry"), text(form, "review"), Way.of(form)
        by = request.scope["user"].name
        request.path_params["review"] = review
        if not (entry.isascii() and entry.isdigit()):
            raise _GONE
        try:
            await run_in_threadpool(self._audit.write, by, "undo", "History")
            await run_in_threadpool(self._of.steward.undo, int(entry), by, text(form, "why") or "a slip")
        except Declined as error:
            return await self._page(request, way, declined=str(error))
        return RedirectResponse(f"/reviews/{review}{way.query(said='undone')}", 303, HEADERS)

    async def _page(self, request: Request, way: Way, *, open: bool = False, declined: str = "") -> Response:
        masks = Masks(self._masked, open=open)
        said = await run_in_threadpool(self._look, request.path_params["review"], way, masks)
        self._reads.note(request, said.pop("read"))
        shown = said | {"way": way, "open": open, "declined": declined} | _done(request)
        return self._view.page(request, "review.html", shown, 409 if declined else 200)

    def _look(self, review: str, way: Way, masks: Masks) -> dict[str, Any]:
        asked = self._of.queue.one(review)
        if asked is None:
            raise _GONE
        one = self._of.side(asked.person, asked.other)
        other = self._of.side(asked.other, asked.person) if asked.other else Side("", frozenset(), [])
        following = self._of.queue.next(asked, reason=way.reason, order=way.order)
        return compared(self._of, one, other, masks, phrases(asked.why)) | {
            "review": _listed(asked),
            "here": f"/reviews/{asked.id}",
            "following": following,
            "left": sum(count for reason, count in self._of.queue.counts().items() if way.reason in ("", reason)),
        }


def _listed(asked: Asked) -> dict[str, Any]:
    return {
        "id": asked.id,
        "person": asked.person,
        "other": asked.other,
        "reason": asked.reason,
        "text": asked.text,
        "at": iso(asked.at),
        "score": asked.score,
        "why": phrases(asked.why),
        "transaction": asked.transaction,
        "state": asked.state,
        "decided_at": iso(asked.decided_at),
        "decided_by": asked.decided_by,
        "decision": asked.decision,
    }


def _done(request: Request) -> dict[str, Any]:
    """What was decided before this page: a line of the history and the review it answered."""
    given = request.query_params
    entry, said, of = given.get("done", ""), given.get("said", ""), given.get("of", "")
    known = said if said in (*ANSWERS.values(), "undone") else ""
    return {"said": known, "done": int(entry) if entry.isascii() and entry.isdigit() else 0, "of": of}
