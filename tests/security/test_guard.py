"""Who may look: passwords, sessions, other sites' forms, patience, and what stands open."""

from __future__ import annotations

import asyncio
import base64
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import Message

from channels.security import passwords
from channels.security.basic import basic
from channels.security.guard import COOKIE, Guard
from channels.security.users import Users
from tests.gateway.asking import ADDRESS, ask

PASSWORD = "une phrase de passe"
ADMIN = ("admin", PASSWORD)


class Door:
    def __init__(self, engine: Engine) -> None:
        self.users = Users(engine)
        self.users.prepare(PASSWORD)

        async def shown(request: Request) -> Response:
            user = request.scope.get("user")
            return PlainTextResponse(user.name if user else "nobody")

        routes = [Route("/{path:path}", shown, methods=["GET", "HEAD", "POST", "PUT", "DELETE"])]
        self.app = Guard(Starlette(routes=routes), self.users)

    def ask(self, path: str = "/api/channels", method: str = "GET", **more: Any) -> httpx.Response:
        return ask(self.app, method, path, **more)

    def session(self) -> dict[str, str]:
        user = self.users.verify(*ADMIN)
        assert user is not None
        return {"Cookie": f"{COOKIE}={self.users.open_session(user)}"}


@pytest.fixture
def door(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Door:
    monkeypatch.setattr(passwords, "COST", 4)
    return Door(engine)


def test_the_password_opens_and_the_user_is_known_inside(door: Door) -> None:
    assert door.ask(auth=ADMIN).text == "admin"
    assert door.ask(method="POST", auth=ADMIN).text == "admin"


@pytest.mark.parametrize("path", ["/api", "/fhir/Patient", "/api/docs"])
def test_programs_are_asked_for_credentials(door: Door, path: str) -> None:
    answer = door.ask(path)
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, 'Basic realm="Wasl"')
    assert door.ask(path, auth=("admin", "wrong")).status_code == 401
    assert door.ask(path, auth=("nobody", PASSWORD)).status_code == 401


@pytest.mark.parametrize("path", ["/", "/transactions", "//api/channels", "/API"])
def test_people_are_sent_to_the_login(door: Door, path: str) -> None:
    answer = door.ask(f"{ADDRESS}{path}")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/login")


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics", "/login", "/static/wasl.css"])
def test_what_stands_open(door: Door, path: str) -> None:
    assert door.ask(path).text == "nobody"


@pytest.mark.parametrize("path", ["/channels/lab", "/fhir", "/fhir/"])
def test_messages_are_left_to_the_intake(door: Door, path: str) -> None:
    assert door.ask(path, "POST").text == "nobody"


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/fhir"), ("PUT", "/fhir"), ("POST", "/fhir/Patient/_search"), ("POST", "/fhir//"), ("POST", "/fhirx"),
     ("GET", "/healthz/api"), ("GET", "/login/api"), ("GET", "/channels"), ("DELETE", "/api")],
)  # fmt: skip
def test_what_only_looks_open(door: Door, method: str, path: str) -> None:
    assert door.ask(path, method).status_code in {303, 401}


def test_a_session_reads(door: Door) -> None:
    assert door.ask(headers=door.session()).text == "admin"
    assert door.ask(headers={"Cookie": f"{COOKIE}=made-up"}).status_code == 401


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({}, 401),
        ({"Origin": ADDRESS}, 200),
        ({"Referer": f"{ADDRESS}/failures"}, 200),
        ({"Origin": "http://elsewhere.test"}, 403),
        ({"Origin": "http://wasl.test.elsewhere.test"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://[broken"}, 403),
        ({"Referer": "http://elsewhere.test/wasl.test"}, 403),
    ],
)
def test_a_session_acts_only_from_a_page_of_ours(door: Door, said: dict[str, str], status: int) -> None:
    assert door.ask(method="POST", headers={**door.session(), **said}).status_code == status


def test_credentials_a_browser_keeps_do_not_act_for_another_site_either(door: Door) -> None:
    assert door.ask(method="POST", auth=ADMIN, headers={"Origin": "http://elsewhere.test"}).status_code == 403


def test_after_many_wrong_passwords_one_must_wait(door: Door) -> None:
    answers = [door.ask(auth=("admin", f"guess {n}")) for n in range(passwords.FREE + 2)]
    assert [one.status_code for one in answers[:-1]] == [401] * (passwords.FREE + 1)
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["Retry-After"]) >= 1


def test_a_strange_host_is_no_reason_to_fail(door: Door) -> None:
    assert door.ask(headers={"Host": "[broken"}).status_code == 401


def test_other_kinds_of_connections_are_refused(door: Door) -> None:
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        sent.append(message)

    asyncio.run(door.app({"type": "websocket", "path": "/api", "headers": []}, receive, send))
    assert [message["type"] for message in sent] == ["websocket.close"]


@given(name=st.text(max_size=20).filter(lambda name: ":" not in name), secret=st.text(max_size=20))
def test_basic_gives_name_and_secret_as_they_were(name: str, secret: str) -> None:
    coded = base64.b64encode(f"{name}:{secret}".encode()).decode()
    assert basic(f"Basic {coded}") == (name, secret)
    assert basic(f"bASIC   {coded} ") == (name, secret)


@given(st.text(max_size=60))
def test_any_other_header_is_nobodys(header: str) -> None:
    basic(header)
    assert basic(f"Basic é{header}") is None
