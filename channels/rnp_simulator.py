"""The population register, simulated: it judges what proves a person, sends secrets, and fails when told to.

The rules are those of `registries.rnp` (law 72-18 art. 6; its decree, art. 11-12), judged here a second time. Who is in
it, and what was sent, anybody may read (`GET /people`, `GET /outbox`): it is for tests and holds invented people only.
"""

from __future__ import annotations

import base64
import hmac
import json
import secrets
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from channels.faults import Shares
from registries.client.keys import normal
from registries.rnp import ITEMS

if TYPE_CHECKING:
    from channels.demo.citizens import Citizen

LARGEST: Final = 1 << 20
TRIES: Final = 3
SECONDS: Final = 300
AT_ONCE: Final = 5  # secrets sent to one person within SECONDS
DIGITS: Final = 6


@dataclass(frozen=True, slots=True)
class Faults(Shares):
    """down: not answered, nothing done. lost: done, but the answer never arrives."""

    down: float = 0.0
    lost: float = 0.0


class Unfit(Exception):
    """The question can't be answered. `reason` is a word, `status` that of HTTP."""

    def __init__(self, reason: str, status: int = 422) -> None:
        super().__init__(reason)
        self.reason, self.status = reason, status


@dataclass(slots=True)
class Secret:
    """One that was sent. `idcs` is "" of those that were not, because there is nobody."""

    idcs: str
    secret: str
    until: float
    tries: int = TRIES


@dataclass(slots=True)
class Register:
    """The people, and the secrets on their way. `outbox`: what each telephone or mailbox received, oldest first."""

    people: Mapping[str, Citizen]
    clock: Callable[[], float] = time.monotonic
    outbox: deque[dict[str, str]] = field(default_factory=lambda: deque(maxlen=1000))
    _sent: dict[str, Secret] = field(default_factory=dict)

    @staticmethod
    def of(citizens: Iterable[Citizen]) -> Register:
        return Register({one.idcs: one for one in citizens})

    def send(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """A number that nobody has is answered alike: the register does not tell who is in it. Raises Unfit."""
        idcs, by = _idcs(body), body.get("by")
        if by not in ("sms", "email"):
            raise Unfit("not-readable", 400)
        self._forget()
        if sum(secret.idcs == idcs for secret in self._sent.values()) >= AT_ONCE:
            raise Unfit("too-often", 429)
        citizen = self.people.get(idcs)
        to = (citizen.phone if by == "sms" else citizen.email) if citizen else "+212600000000"
        if not to:
            raise Unfit("not-sent")
        request, secret = secrets.token_urlsafe(16), f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
        self._sent[request] = Secret(idcs, secret, self.clock() + SECONDS)
        if citizen:
            self.outbox.append({"to": to, "request": request, "secret": secret})
        return {"request": request, "to": f"{'*' * 6}{to[-2:]}", "seconds": SECONDS}

    def verify(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Every proof given must hold. Raises Unfit."""
        idcs, mode = _idcs(body), body.get("mode")
        otp, biometric, items = (_part(body, name) for name in ("otp", "biometric", "demographics"))
        if mode not in ("confirm", "data") or set(items) - set(ITEMS):
            raise Unfit("not-readable", 400)
        if not (otp or biometric or (items and mode == "confirm")):
            raise Unfit("proof")
        citizen = self.people.get(idcs)
        held = [_matches(citizen, biometric)] * bool(biometric) + [_agrees(citizen, items)] * bool(items)
        left: dict[str, Any] = {}
        if otp:
            told, tries = self._told(idcs, otp)
            held.append(told and citizen is not None)
            left = {} if told else {"tries_left": tries}
        if not all(held):
            return {"confirmed": False, **left}
        return {"confirmed": True, **({"person": citizen.shown()} if mode == "data" and citizen else {})}

    def _told(self, idcs: str, otp: Mapping[str, Any]) -> tuple[bool, int]:
        """Whether this is the secret, which is then used up; else how many tries are left."""
        request = str(otp.get("request"))
        sent = self._sent.get(request)
        if not sent or sent.until <= self.clock() or sent.idcs != idcs:
            raise Unfit("expired", 410)
        if sent.tries <= 0:
            raise Unfit("too-many-tries", 429)
        if hmac.compare_digest(sent.secret.encode(), str(otp.get("secret")).encode()):
            del self._sent[request]
            return True, 0
        sent.tries -= 1
        return False, sent.tries

    def _forget(self) -> None:
        now = self.clock()
        for request in [request for request, secret in self._sent.items() if secret.until <= now]:
            del self._sent[request]


def _idcs(body: Mapping[str, Any]) -> str:
    idcs = body.get("idcs")
    if not isinstance(idcs, str) or len(idcs) != 10 or not (idcs.isascii() and idcs.isdigit()):
        raise Unfit("not-an-idcs")
    return idcs


def _part(body: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = body.get(name) or {}
    if not isinstance(part, dict):
        raise Unfit("not-readable", 400)
    return part


def _matches(citizen: Citizen | None, biometric: Mapping[str, Any]) -> bool:
    kept = citizen.biometrics.get(str(biometric.get("kind")), "") if citizen else ""
    try:
        given = base64.b64decode(str(biometric.get("template")), validate=True)
    except ValueError:
        raise Unfit("not-readable", 400) from None
    return bool(kept) and hmac.compare_digest(given, kept.encode())


def _agrees(citizen: Citizen | None, items: Mapping[str, Any]) -> bool:
    return citizen is not None and all(
        normal(str(value)) == normal(str(getattr(citizen, name))) for name, value in items.items()
    )


def application(register: Register, token: str, faults: Faults | None = None) -> Starlette:
    """`POST /otp` {idcs, by} → {request, to, seconds}; `POST /verify` {idcs, mode, otp | biometric | demographics} →
    {confirmed, person, tries_left}. 401 without the token; 400, 410, 422, 429 with {reason}; 503 down, 504 lost."""
    bad, calls = faults or Faults(), 0

    async def answered(request: Request, ask: Callable[[Mapping[str, Any]], dict[str, Any]]) -> Response:
        nonlocal calls
        calls += 1
        given = request.headers.get("Authorization", "").encode()
        if not hmac.compare_digest(given, f"Bearer {token}".encode()):
            return Response(status_code=401)
        if bad.befalls("down", calls):
            return Response(status_code=503, headers={"Retry-After": "1"})
        try:
            answer = JSONResponse(ask(await _body(request)))
        except Unfit as unfit:
            answer = JSONResponse({"reason": unfit.reason}, status_code=unfit.status)
        return Response(status_code=504) if bad.befalls("lost", calls) else answer

    async def otp(request: Request) -> Response:
        return await answered(request, register.send)

    async def verify(request: Request) -> Response:
        return await answered(request, register.verify)

    async def people(_request: Request) -> Response:
        return JSONResponse([asdict(citizen) for citizen in register.people.values()])

    async def outbox(_request: Request) -> Response:
        return JSONResponse(list(register.outbox))

    return Starlette(
        routes=[
            Route("/otp", otp, methods=["POST"]),
            Route("/verify", verify, methods=["POST"]),
            Route("/people", people),
            Route("/outbox", outbox),
        ]
    )


async def _body(request: Request) -> Mapping[str, Any]:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST:
            raise Unfit("not-readable", 413)
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict):
        raise Unfit("not-readable", 400)
    return said
