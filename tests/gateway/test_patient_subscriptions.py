"""`/fhir/Subscription`: who may have somebody told of persons, and how."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Receive, Scope, Send

from channels.gateway import patient_subscriptions
from channels.security.users import User
from channels.subscriptions import Subscriptions
from registries.client.happenings import Happenings
from tests.gateway.asking import ask
from tests.home import Place, every_store, home
from tests.registries.people import SECRET

__all__ = ["every_store", "home"]

CHANNEL = {"type": "rest-hook", "endpoint": "https://portal.example/told", "payload": "application/fhir+json"}


class Administrator:
    def __init__(self, home: Place) -> None:
        self.user = User("amina", "admin")
        self.audited: list[str] = []
        asking = patient_subscriptions.Asking(
            Subscriptions(home.open("control"), SECRET), Happenings(home.open("registries")), self._audit
        )
        routes = patient_subscriptions.routes(asking)
        self.app = Starlette(routes=routes, middleware=[Middleware(_Known, self)])

    def _audit(self, _request: Any, action: str, target: str) -> None:
        self.audited.append(f"{action} {target}")

    def ask(self, method: str, status: int, path: str = "", content: Any = None) -> Any:
        answer = ask(self.app, method, f"/fhir/Subscription{path}", json=content)
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None


class _Known:
    """Puts a user where the guard does."""

    def __init__(self, app: ASGIApp, administrator: Administrator) -> None:
        self._app, self._administrator = app, administrator

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["user"] = self._administrator.user
        await self._app(scope, receive, send)


@pytest.fixture
def administrator(home: Place) -> Administrator:
    return Administrator(home)


def subscription(channel: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    told = {"resourceType": "Subscription", "status": "requested", "reason": "the portal", "criteria": "Patient"}
    return {**told, "channel": CHANNEL | (channel or {}), **more}


def test_a_subscription_is_made_shown_and_ended(administrator: Administrator) -> None:
    wanted = subscription({"header": ["Authorization: Bearer s3cret"]}, criteria="Patient?identifier=urn:x|")
    made = administrator.ask("POST", 201, content=wanted)
    assert (made["status"], made["criteria"]) == ("requested", "Patient?identifier=urn:x|")
    assert administrator.ask("GET", 200, f"/{made['id']}") == made
    assert made["channel"]["header"] == ["Authorization: ***"]
    assert [one["resource"] for one in administrator.ask("GET", 200)["entry"]] == [made]
    administrator.ask("DELETE", 204, f"/{made['id']}")
    assert "entry" not in administrator.ask("GET", 200)
    assert administrator.ask("GET", 200, f"/{made['id']}")["status"] == "off"
    name = f"Subscription/{made['id']}"
    assert administrator.audited == [f"subscribe {name}", f"unsubscribe {name}"]
    administrator.ask("GET", 404, "/unknown")


def test_only_an_administrator_subscribes(administrator: Administrator) -> None:
    administrator.user = User("omar", "reader")
    for method in ("POST", "GET"):
        administrator.ask(method, 403, content=subscription())
    assert administrator.audited == []


@pytest.mark.parametrize(
    "wrong",
    [
        subscription({"type": "email"}),
        subscription({"endpoint": "ftp://portal.example"}),
        subscription({"endpoint": "https://user:secret@portal.example"}),
        subscription({"payload": "application/fhir+xml"}),
        subscription({"header": ["Host: other.example"]}),
        subscription({"header": ["X: a\r\nY: b"]}),
        subscription(criteria="Observation?code=1"),
        subscription(criteria="Patient?family=ALAMI"),
        subscription(end="2030-01-01T00:00:00Z"),
        subscription(reason=""),
    ],
)
def test_what_is_not_done_is_refused(administrator: Administrator, wrong: dict[str, Any]) -> None:
    assert administrator.ask("POST", 422, content=wrong)["resourceType"] == "OperationOutcome"
