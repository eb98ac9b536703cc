"""A person verified at the population register from their page: a steward asks, the person proves who they are.

Law 72-18, art. 6. What was asked and answered is audited; the register's data is shown and kept nowhere.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from channels.console.forms import posted, text
from channels.console.masks import Masks, masked
from channels.console.people import GONE, uuid_of
from channels.console.portrait import Told, portrait
from channels.console.view import View
from channels.gateway.parts import Parts
from channels.identities import Identities
from registries.client.keys import SYSTEM
from schemas.message import Refused, Unavailable

if TYPE_CHECKING:  # its HTTP client takes a part of a start that most need not pay
    from registries.rnp import Answer, Proof, Rnp

IDCS = f"{SYSTEM}idcs"
T = TypeVar("T")


class Verification:
    def __init__(self, view: View, parts: Parts, identities: Identities) -> None:
        self._view, self._audit, self._of = view, parts.house.audit, identities
        self._said, self._masked = parts.house.settings.registries.rnp, parts.house.settings.masked

    def routes(self) -> list[Route]:
        if not self._said.url:
            return []
        shown = self._view.shown
        return [
            Route("/people/{person}/verify", shown(self.form), methods=["GET"]),
            Route("/people/{person}/verify", shown(self.asked), methods=["POST"]),
            Route("/people/{person}/verify/secret", shown(self.secret), methods=["POST"]),
        ]

    @cached_property
    def _register(self) -> Rnp:
        from registries.rnp import Rnp

        return Rnp(self._said.url, self._said.token, timeout=self._said.timeout)

    async def form(self, request: Request) -> Response:
        return await self._page(request)

    async def secret(self, request: Request) -> Response:
        """Has one sent to the person."""
        form = await posted(request)
        by: Literal["sms", "email"] = "email" if text(form, "by") == "email" else "sms"
        idcs = await self._idcs(request, form)
        await self._note(request, "send secret", by)
        sent, told = await self._told(lambda: self._register.send_otp(idcs, by))
        return await self._page(request, sent=sent, typed=text(form, "idcs"), **told)

    async def asked(self, request: Request) -> Response:
        """Noted before it is asked, for the answer is about somebody, and with what was answered."""
        form = await posted(request)
        idcs, proof, mode = await self._idcs(request, form), _proof(form), text(form, "mode")
        await self._note(request, "verify person", f"mode {'B' if mode == 'data' else 'A'}")
        ask = self._register.data if mode == "data" else self._register.confirm
        answer, told = await self._told(lambda: ask(idcs, proof))
        if answer:
            await self._note(request, "person verified", "confirmed" if answer.confirmed else "not confirmed")
        return await self._page(request, answer=answer, form=form, typed=text(form, "idcs"), **told)

    async def _note(self, request: Request, action: str, detail: str) -> None:
        target = f"Patient/{uuid_of(request.path_params['person'])}"
        await run_in_threadpool(self._audit.write, request.scope["user"].name, action, target, detail=detail)

    async def _told(self, ask: Callable[[], T]) -> tuple[T | None, dict[str, Any]]:
        try:
            return await run_in_threadpool(ask), {}
        except Refused as refused:
            return None, {"issues": refused.issues}
        except Unavailable as error:
            return None, {"away": str(error)}

    async def _idcs(self, request: Request, form: FormData) -> str:
        """What was typed, else the person's own: it is not in the page."""
        known = await run_in_threadpool(self._numbers, uuid_of(request.path_params["person"]))
        return text(form, "idcs") or next(iter(known), "")

    def _numbers(self, person: str) -> list[str]:
        if not self._of.known(person):
            raise GONE
        side = self._of.side(person)
        patient = self._of.golden(side.joined, side.records).patient
        return [str(one["value"]) for one in patient.get("identifiers") or () if one["system"] == IDCS]

    async def _page(
        self,
        request: Request,
        *,
        sent: Any = None,
        answer: Answer | None = None,
        form: FormData | None = None,
        typed: str = "",
        issues: Any = (),
        away: str = "",
    ) -> Response:
        person = uuid_of(request.path_params["person"])
        known = await run_in_threadpool(self._numbers, person)
        self._audit.note(request.scope["user"].name, "read", f"Patient/{person}")
        request_id = sent.request if sent else ""
        if form and answer and not answer.confirmed and answer.tries_left:
            request_id = text(form, "request")
        shown = {
            "person": person,
            "known": [masked(number) for number in known[:1]],
            "typed": typed,
            "sent": sent,
            "request_id": request_id,
            "answer": answer,
            "data": self._data(answer) if answer else [],
            "issues": issues,
            "away": away,
        }
        return self._view.page(request, "verification.html", shown, 409 if issues or away else 200)

    def _data(self, answer: Answer) -> Any:
        return portrait([Told(0, answer.person)], Masks(self._masked)) if answer.person else []


def _proof(form: FormData) -> Proof:
    from registries.rnp import Demographics, Otp

    if request := text(form, "request"):
        return Otp(request, text(form, "secret"))
    return Demographics({"birth_date": text(form, "birth")})
