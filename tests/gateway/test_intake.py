"""`POST /channels/{name}`: who, where, how much, what; then the content. What was answered is on the bus."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette

from channels.bus.bus import Record
from channels.gateway import intake
from channels.gateway.bounds import Bytes
from channels.gateway.intake import TRANSACTION, Intake
from channels.receive import Door
from channels.security import passwords, tables
from channels.security.clients import Clients
from channels.settings import Http
from registries.database import open_database
from tests.channels.test_receive import Silent
from tests.gateway.asking import ask, asked
from tests.plain import Flow, channel

TEXT = {"Content-Type": "text/plain"}
LIMITS = Http(max_body=1000, timeout=5)


class Desk:
    """An intake over a real door, with a client `lab` that may send on `plain` and `orders`."""

    def __init__(self, folder: Path, limits: Http = LIMITS, held: int = 10_000) -> None:
        text = {"content_type": ["text/plain*"]}
        self.flow = Flow(
            folder,
            channel("plain", match=text),
            channel("orders", match={"type": "order"}),
            channel("closed", clients=["somebody-else"]),
            channel("short", max_size=10),
        )
        self.clients = Clients(open_database(f"sqlite:///{folder}/control.db", tables.metadata))
        self.secret = self.clients.add("lab", ["plain", "orders", "closed", "short", "gone"])
        self.held, self.limits = Bytes(held), limits
        self.auth = ("lab", self.secret)
        self.open(self.flow.door)

    def open(self, door: Door) -> None:
        self.app = Starlette(routes=Intake(self.flow.live, door, self.clients, self.limits, self.held).routes())

    def post(self, body: Any = b"m1 p1 hello", name: str = "plain", **more: Any) -> httpx.Response:
        answer = ask(
            self.app, "POST", f"/channels/{name}", content=body, **{"auth": self.auth, "headers": TEXT, **more}
        )
        assert self.held.held == 0
        return answer

    def kept(self, name: str = "plain") -> list[Record]:
        return self.flow.read(f"wasl.received.{name}")


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "COST", 4)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path)
    yield desk
    desk.flow.close()


def test_the_answer_names_the_transaction_that_is_on_the_bus(desk: Desk) -> None:
    answer = desk.post()
    assert (answer.status_code, answer.text) == (200, "yes m1")
    (record,) = desk.kept()
    assert record.headers["transaction"] == answer.headers[TRANSACTION]
    assert (record.headers["sender"], record.headers["peer"]) == ("lab", "10.1.2.3:4711")
    assert record.headers["content_type"] == "text/plain"


def test_a_channel_is_there_for_as_long_as_it_is_open(desk: Desk) -> None:
    desk.flow.live.take([])
    assert desk.post().status_code == 403
    desk.flow.live.take([channel(max_size=3)])
    assert desk.post().status_code == 413
    desk.flow.live.take(desk.flow.channels)
    assert desk.post().status_code == 200


def test_the_secret_alone_is_enough_as_a_key(desk: Desk) -> None:
    assert desk.post(auth=None, headers={**TEXT, "X-API-Key": desk.secret}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-API-Key": "0123.wrong"},
        {"X-API-Key": ""},
        {"Authorization": "Basic bGFiOndyb25n"},
        {"Authorization": "Basic not base64"},
        {"Authorization": b"Basic \xe9\xe9"},
        {"Authorization": "Bearer x"},
    ],
)
def test_whoever_is_not_known_is_told_how_to_be(desk: Desk, headers: dict[str, Any]) -> None:
    answer = desk.post(auth=None, headers=headers)
    assert answer.status_code == 401
    assert "wasl clients add" in answer.json()["remedy"]
    assert answer.headers["WWW-Authenticate"].startswith("Basic")


def test_somebody_elses_secret_under_another_name_is_nobodys(desk: Desk) -> None:
    other = desk.clients.add("radiology", ["plain"])
    assert desk.post(auth=("lab", other)).status_code == 401


def test_a_revoked_client_is_unknown_at_once(desk: Desk) -> None:
    assert desk.post().status_code == 200
    desk.clients.revoke("lab")
    assert desk.post().status_code == 401


@pytest.mark.parametrize("name", ["gone", "never", "closed"])
def test_channels_a_client_may_not_use_look_like_those_that_are_not(desk: Desk, name: str) -> None:
    answer = desk.post(name=name)
    assert (answer.status_code, answer.json()["error"]) == (403, "this client may not send on this channel")


def test_refusals_come_in_their_order(desk: Desk) -> None:
    wrong = {"Content-Type": "image/png"}
    long = b"x" * 1001
    assert desk.post(long, "never", auth=None, headers=wrong).status_code == 401
    assert desk.post(long, "never", headers=wrong).status_code == 403
    assert desk.post(long, headers=wrong).status_code == 413
    assert desk.post(b"m1 p1 bad", headers=wrong).status_code == 415
    assert desk.post(b"m1 p1 bad").status_code == 422
    assert len(desk.kept()) == 1


def test_the_channel_may_be_narrower_than_the_program(desk: Desk) -> None:
    assert desk.post(b"m1 p1 hello", "short").status_code == 413
    assert desk.post(b"m1 p1 hi", "short").status_code == 200


@pytest.mark.parametrize("length", ["9" * 30, "1001"])
def test_what_is_announced_too_long_is_not_read(desk: Desk, length: str) -> None:
    async def never() -> AsyncIterator[bytes]:
        raise AssertionError("read")
        yield b""

    assert desk.post(never(), headers={**TEXT, "Content-Length": length}).status_code == 413


async def chunks(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


def test_a_body_of_unknown_length_is_bounded_while_it_comes(desk: Desk) -> None:
    assert desk.post(chunks(b"x" * 600, b"x" * 401)).status_code == 413
    assert desk.post(chunks(b"m1 p1", b" hello")).text == "yes m1"
    assert len(desk.kept()) == 1


def test_encoded_bodies_are_not_read(desk: Desk) -> None:
    answer = desk.post(headers={**TEXT, "Content-Encoding": "gzip"})
    assert (answer.status_code, answer.json()["remedy"]) == (415, "send the body without Content-Encoding")


def test_a_content_type_that_nobody_names_is_the_channels_first(desk: Desk) -> None:
    assert desk.post(headers={}).status_code == 200
    (record,) = desk.kept()
    assert record.headers["content_type"] == "text/plain"


def test_a_body_that_does_not_come_is_not_waited_for(tmp_path: Path) -> None:
    async def slow() -> AsyncIterator[bytes]:
        yield b"m1 p1"
        await asyncio.Event().wait()

    desk = Desk(tmp_path, Http(timeout=0.05))
    answer = desk.post(slow())
    assert answer.status_code == 408
    assert desk.kept() == []
    desk.flow.close()


def test_when_durability_is_unknown_the_sender_is_asked_to_come_back(desk: Desk, tmp_path: Path) -> None:
    desk.open(Door(Silent(tmp_path / "silent", "received", b"secret"), desk.flow.keys, b"secret", timeout=0.01))
    answer = desk.post()
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) >= 1
    assert TRANSACTION not in answer.headers


def test_many_slow_uploads_wait_their_turn_and_nobody_waits_for_ever(tmp_path: Path) -> None:
    desk = Desk(tmp_path, Http(max_body=1000, timeout=5), held=2500)

    async def sender(number: int) -> int:
        async def slowly() -> AsyncIterator[bytes]:
            for part in (f"m{number}", " p1", " hello"):
                await asyncio.sleep(0)
                assert desk.held.held <= 2500
                yield part.encode()

        answer = await asked(desk.app, "POST", "/channels/plain", content=slowly(), auth=desk.auth, headers=TEXT)
        return answer.status_code

    async def all_at_once() -> list[int]:
        return await asyncio.gather(*(sender(number) for number in range(20)))

    assert asyncio.run(all_at_once()) == [200] * 20
    assert desk.held.held == 0
    desk.flow.close()


def test_whoever_finds_no_room_in_time_is_asked_to_come_back(tmp_path: Path) -> None:
    desk = Desk(tmp_path, Http(timeout=0.05), held=10)
    asyncio.run(desk.held.take(10))
    answer = ask(desk.app, "POST", "/channels/plain", content=b"m1 p1 hello", auth=desk.auth, headers=TEXT)
    assert (answer.status_code, desk.held.held) == (503, 10)
    desk.flow.close()


def test_several_messages_in_a_body_are_answered_together(desk: Desk) -> None:
    answer = desk.post(b"m1 p1 good\nm2 p2 bad\nm3 p3 good")
    assert answer.text == "yes m1\nno m2\nyes m3"
    assert answer.headers[TRANSACTION].split(",") == [one.headers["transaction"] for one in desk.kept()]


def test_what_is_not_the_channels_is_refused_and_kept(desk: Desk) -> None:
    answer = desk.post(name="orders")
    assert (answer.status_code, answer.text) == (422, "no m1")
    (record,) = desk.kept("orders")
    assert (record.headers["refused"], record.headers["reply"]) == ("1", "AR")
    assert "the channel orders takes type order" in record.headers["issues"]
    assert record.headers["transaction"] == answer.headers[TRANSACTION]


def test_a_body_of_too_many_messages_is_refused_whole(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "MOST_MESSAGES", 2)
    assert desk.post(b"m1 p1 a\nm2 p1 a\nm3 p1 a").status_code == 413
    assert desk.kept() == []


@given(st.binary(max_size=200))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_get_an_answer(desk: Desk, body: bytes) -> None:
    assert desk.post(body).status_code in {200, 422}
