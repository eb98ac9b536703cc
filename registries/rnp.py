"""Verification of a person at the national population register (RNP), through an accredited intermediary.

Law 72-18 art. 6 and its decree, art. 11-12: a request carries the social identifier (IDCS) and proof. Mode A answers
yes or no, for biometrics, a secret sent to the person's telephone or e-mail (OTP), or a demographic item. Mode B gives
data too, for biometrics or an OTP: demographics alone are not enough. The answer is immediate.

How that is said on the wire is not public: JSON at `POST /otp` and `POST /verify` is our own contract, kept here and in
its simulator (`wasl simulate rnp`). Nothing that names a person is ever in an address.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

import httpx

from registries.client.keys import SYSTEM, normal
from schemas.events import Patient
from schemas.message import Issue, Refused, Unavailable

LAW: Final = "law 72-18 art. 6; its decree, art. 11-12"
ITEMS: Final = ("family", "given", "birth_date", "birth_place", "sex", "nationality")
_BUSY: Final = frozenset({408, 425})


@dataclass(frozen=True, slots=True)
class Sent:
    """A secret on its way to the person: what to name it by, where it went (masked), how many seconds it is good."""

    request: str
    to: str
    seconds: int


@dataclass(frozen=True, slots=True)
class Otp:
    """The secret that the person was sent, as they told it."""

    request: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Biometric:
    kind: Literal["face", "fingerprint", "iris"]
    template: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Demographics:
    """Items of ITEMS as the person tells them; sex is male or female, a date is ISO 8601."""

    items: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """`person` only in mode B, when confirmed. `tries_left`: how often the same OTP may be told again."""

    confirmed: bool
    person: Patient | None = field(default=None, repr=False)
    tries_left: int | None = None


Proof = Otp | Biometric | Demographics


class Rnp:
    """The register, as an accredited intermediary at `address` lets us ask it. Any thread may ask; it blocks.

    Raises Unavailable when no answer came and Refused when the question can't be answered, with what to do about it.
    """

    def __init__(
        self, address: str, token: str, *, timeout: float = 5.0, transport: httpx.BaseTransport | None = None
    ) -> None:
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        self._http = httpx.Client(base_url=address, headers=headers, timeout=timeout, transport=transport)

    def send_otp(self, idcs: str, by: Literal["sms", "email"] = "sms") -> Sent:
        """Has a secret sent to the person. It is sent to nobody, and nothing tells so, when there is no such person."""
        said = self._ask("/otp", {"idcs": _idcs(idcs), "by": by})
        try:
            return Sent(str(said["request"]), str(said["to"]), int(said["seconds"]))
        except (KeyError, TypeError, ValueError):
            raise _unreadable() from None

    def confirm(self, idcs: str, *proofs: Proof) -> Answer:
        """Mode A: is this the person who has this number? At least one proof, and every one of them must hold."""
        if not any(map(_said, proofs)):
            raise _refused("proof", "required", "nothing proves who this is", "give an OTP, biometrics or a birth date")
        return self._verify(idcs, "confirm", proofs)

    def data(self, idcs: str, *proofs: Proof) -> Answer:
        """Mode B: the same, and what the register knows of them."""
        if not any(isinstance(proof, Otp | Biometric) for proof in proofs):
            text = "demographic items alone are not enough to be given data"
            raise _refused("proof", "required", text, "have an OTP sent to the person, or take biometrics")
        return self._verify(idcs, "data", proofs)

    def close(self) -> None:
        self._http.close()

    def _verify(self, idcs: str, mode: str, proofs: tuple[Proof, ...]) -> Answer:
        body: dict[str, Any] = {"idcs": _idcs(idcs), "mode": mode}
        for proof in proofs:
            body |= _said(proof)
        said = self._ask("/verify", body)
        confirmed, person, left = said.get("confirmed"), said.get("person"), said.get("tries_left")
        if not isinstance(confirmed, bool) or not isinstance(left, int | None) or not isinstance(person, dict | None):
            raise _unreadable()
        return Answer(confirmed, _patient(person) if person and confirmed else None, left)

    def _ask(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        try:
            answer = self._http.post(path, json=body)
        except httpx.TimeoutException:
            raise Unavailable("the population register did not answer in time") from None
        except httpx.HTTPError as error:
            raise Unavailable(f"the population register can't be reached: {type(error).__name__}") from None
        said = _content(answer)
        reason = said.get("reason")
        if answer.status_code >= 500 or answer.status_code in _BUSY or (answer.status_code == 429 and not reason):
            after = answer.headers.get("Retry-After", "")
            waits = float(after) if after.isascii() and after.isdigit() else None
            raise Unavailable(f"the population register answered {answer.status_code}", retry_after=waits)
        if not answer.is_success:
            raise _told(answer.status_code, reason)
        return said


_REASONS: Final[Mapping[str, tuple[str, str, str]]] = {
    "not-an-idcs": ("idcs", "the register takes no such number for an IDCS", "read it again from the document"),
    "not-sent": ("otp", "the register knows no telephone or e-mail to send a secret to", "prove it otherwise"),
    "too-often": ("otp", "too many secrets were sent to this person of late", "wait some minutes, then send one more"),
    "expired": ("otp", "this secret is too old, or was used", "have another one sent"),
    "too-many-tries": ("otp", "a wrong secret was told too often", "have another one sent"),
    "proof": ("proof", "what was given proves too little for what is asked", "add an OTP or biometrics"),
    "not-readable": ("request", "the register can't read the request", "check which version of it stands there"),
}


def _told(status: int, reason: Any) -> Refused:
    if status in (401, 403):
        text = "the intermediary does not let us ask"
        return _refused("token", "not-accredited", text, "check registries.rnp.token, and its accreditation")
    if isinstance(reason, str) and reason in _REASONS:
        at, text, remedy = _REASONS[reason]
        return _refused(at, reason, text, remedy)
    remedy = "check registries.rnp: its contract is that of `wasl simulate rnp`"
    return _refused("request", "refused", f"the population register answered {status}", remedy)


def _refused(at: str, reason: str, text: str, remedy: str) -> Refused:
    return Refused([Issue(at, reason, text, remedy, source=LAW)])


def _unreadable() -> Unavailable:
    return Unavailable("the population register's answer can't be read")


def _idcs(text: str) -> str:
    number = normal(text)
    if not re.fullmatch(r"[0-9]{10}", number, re.ASCII):
        raise _refused("idcs", "not-an-idcs", "an IDCS has ten digits", "read it again from the document")
    return number


def _said(proof: Proof) -> dict[str, Any]:
    match proof:
        case Otp():
            return {"otp": {"request": proof.request, "secret": proof.secret}}
        case Biometric():
            return {"biometric": {"kind": proof.kind, "template": base64.b64encode(proof.template).decode()}}
    items = {name: value for name, value in proof.items.items() if name in ITEMS and value}
    return {"demographics": items} if items else {}


def _content(answer: httpx.Response) -> dict[str, Any]:
    try:
        content = answer.json()
    except ValueError:
        content = None
    if isinstance(content, dict):
        return content
    if answer.is_success:
        raise _unreadable()
    return {}


def _patient(person: Mapping[str, Any]) -> Patient:
    def text(name: str) -> str | None:
        return str(person[name]) if person.get(name) else None

    address = text("address")
    return {
        "identifiers": [{"system": f"{SYSTEM}idcs", "value": text("idcs") or ""}],
        "names": [{"family": text("family"), "given": [given] if (given := text("given")) else []}],
        "birth_date": text("birth_date"),
        "birth_place": text("birth_place"),
        "sex": text("sex"),
        "addresses": [{"lines": [address]}] if address else [],
    }
