"""A FHIR server passes the battery of every record over real HTTP; and what each of its answers means."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import httpx
import pytest
from starlette.responses import JSONResponse

from channels.consumers.consumer import Outcome
from channels.consumers.fhir_server import CONFLICTS, FhirServer
from channels.consumers.smr import said
from schemas.events import Event
from schemas.message import Unavailable
from tests.consumers.fhir_double import FhirDouble, served
from tests.contract.record import HOUR, MONDAY, RecordBattery, person, registered, report

Answer = Callable[[httpx.Request], httpx.Response]


async def at_once(seconds: float) -> None:
    assert 0 <= seconds < 10


def refusal(code: str = "processing", status: int = 422) -> JSONResponse:
    issue = {"severity": "error", "code": code, "diagnostics": "Patient El Fassi is not valid"}
    return JSONResponse({"resourceType": "OperationOutcome", "issue": [issue]}, status)


class TestFhirServer(RecordBattery):
    @pytest.fixture(autouse=True)
    def server(self) -> Iterator[None]:
        self.double = FhirDouble()
        with served(self.double) as base:
            self.base = base
            yield

    def record(self) -> FhirServer:
        return FhirServer(self.base, pause=at_once)

    def stands(self, kind: str, name: str) -> dict[str, Any] | None:
        return self.double.resources.get(f"{kind}/{name}")

    def all_of(self, kind: str) -> list[dict[str, Any]]:
        return [one for one in self.double.resources.values() if one["resourceType"] == kind]

    def test_nothing_is_sent_for_a_repeat(self) -> None:
        self.deliver(report(glucose="1.05"))
        before = len(self.double.asked)
        self.deliver(report(glucose="1.05"))
        assert len(self.double.asked) == before + 1

    def test_a_conflict_is_tried_again(self) -> None:
        self.double.answers = [refusal("conflict", 409), refusal("conflict", 412)]
        assert [one.verdict for one in self.deliver(report(glucose="1.05"))] == ["landed"]
        assert self.values() == {"glucose": 1.05}

    def test_one_refused_event_does_not_take_others_along(self) -> None:
        self.double.answers = [refusal()]
        outcomes = self.deliver(*(report(n, about=f"F{n}", glucose="1.05") for n in range(1, 9)))
        assert {one.verdict for one in outcomes} == {"landed"}

    def test_a_server_asks_for_retries_on_its_own_conflicts(self) -> None:
        self.deliver(registered())
        assert self.double.asked[-1].headers["X-Retry-On-Version-Conflict"] == "retry; max-retries=100"
        assert self.double.asked[-1].headers["Content-Type"] == "application/fhir+json"

    def test_what_persons_share_makes_no_version_for_a_newer_time(self) -> None:
        self.deliver(report(glucose="1.05"))
        self.deliver(report(2, MONDAY + HOUR, about="F2", glucose="1.05"))
        assert self.one_of("Organization")["meta"]["versionId"] == "1"


def deliver(answer: Answer, events: Sequence[Event] = (), **credentials: str) -> Sequence[Outcome]:
    async def delivered() -> Sequence[Outcome]:
        transport = httpx.MockTransport(answer)
        server = FhirServer("https://smr.example/fhir/", transport=transport, pause=at_once, **credentials)
        outcomes = await server.land([said(event) for event in events or [registered()]])
        await server.close()
        return outcomes

    return asyncio.run(delivered())


def answering(to_transaction: Answer) -> Answer:
    """A server without resources, that answers transactions so."""

    def answer(request: httpx.Request) -> httpx.Response:
        bundle = json.loads(request.content)
        if bundle["type"] == "transaction":
            return to_transaction(request)
        entries = [{"response": {"status": "404"}} for _ in bundle["entry"]]
        return httpx.Response(200, json={"resourceType": "Bundle", "type": "batch-response", "entry": entries})

    return answer


@pytest.mark.parametrize("status", [400, 413, 422])
def test_what_never_passes_is_refused_with_the_code_and_nothing_of_the_patient(status: int) -> None:
    body = refusal("invariant").body
    (outcome,) = deliver(answering(lambda _: httpx.Response(status, content=bytes(body))))
    assert outcome == Outcome("refused", "FHIR server refused: invariant")


def test_a_refusal_in_other_words_is_known_by_its_status() -> None:
    for content in (b"", b"<html>El Fassi</html>", b"[]", b'{"issue": [{"code": "El Fassi"}]}', b'{"issue": {}}'):
        (outcome,) = deliver(answering(lambda _, content=content: httpx.Response(400, content=content)))  # type: ignore[misc]  # mypy infers no default
        assert outcome.reason == "FHIR server refused: HTTP 400"


@pytest.mark.parametrize("status", [301, 401, 403, 404, 408, 429, 500, 502, 503, 504])
def test_what_may_pass_later_is_unavailable(status: int) -> None:
    with pytest.raises(Unavailable, match=f"HTTP {status}"):
        deliver(answering(lambda _: httpx.Response(status)))


def test_it_comes_back_when_it_is_told_to() -> None:
    with pytest.raises(Unavailable) as caught:
        deliver(answering(lambda _: httpx.Response(429, headers={"Retry-After": "7"})))
    assert caught.value.retry_after == 7
    later = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)
    with pytest.raises(Unavailable) as caught:
        deliver(answering(lambda _: httpx.Response(503, headers={"Retry-After": later})))
    assert caught.value.retry_after == pytest.approx(3600, abs=60)


@pytest.mark.parametrize("error", [httpx.ConnectError, httpx.ReadTimeout, httpx.RemoteProtocolError, httpx.ReadError])
def test_a_broken_line_is_unavailable(error: type[httpx.TransportError]) -> None:
    def broken(request: httpx.Request) -> httpx.Response:
        raise error("broken", request=request)

    with pytest.raises(Unavailable, match=error.__name__):
        deliver(broken)


def test_endless_conflicts_are_unavailable() -> None:
    tries: list[httpx.Request] = []

    def conflict(request: httpx.Request) -> httpx.Response:
        tries.append(request)
        return httpx.Response(409)

    with pytest.raises(Unavailable, match="conflicts"):
        deliver(answering(conflict))
    assert len(tries) == CONFLICTS


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(200, content=b"<html>Welcome to the hotel network</html>"),
        httpx.Response(200, json={"resourceType": "Bundle", "type": "batch-response", "entry": []}),
        httpx.Response(200, json={"resourceType": "OperationOutcome"}),
        httpx.Response(400),
    ],
)
def test_no_answer_to_a_read_is_taken_for_an_empty_record(answer: httpx.Response) -> None:
    with pytest.raises(Unavailable):
        deliver(lambda _: answer)


def test_a_single_read_that_fails_is_not_taken_for_nothing_there() -> None:
    def failing(request: httpx.Request) -> httpx.Response:
        entries = [{"response": {"status": "500"}} for _ in json.loads(request.content)["entry"]]
        return httpx.Response(200, json={"resourceType": "Bundle", "type": "batch-response", "entry": entries})

    with pytest.raises(Unavailable, match="HTTP 500"):
        deliver(failing)


def test_one_event_that_may_pass_later_makes_all_come_again_when_the_others_are_through() -> None:
    through: list[str] = []

    def one_fails(request: httpx.Request) -> httpx.Response:
        if person(3) in request.content.decode():
            return httpx.Response(503)
        through.append(request.url.path)
        return httpx.Response(200, json={"resourceType": "Bundle", "type": "transaction-response"})

    with pytest.raises(Unavailable):
        deliver(answering(one_fails), [registered(n) for n in range(6)])
    assert through == ["/fhir"] * 5


@pytest.mark.parametrize(
    ("credentials", "header"),
    [({"token": "secret"}, "Bearer secret"), ({"user": "wasl", "password": "secret"}, "Basic d2FzbDpzZWNyZXQ=")],
)
def test_it_says_who_it_is(credentials: dict[str, str], header: str) -> None:
    def open_to(request: httpx.Request) -> httpx.Response:
        assert request.headers["Authorization"] == header
        return httpx.Response(200, json={"resourceType": "Bundle", "type": "transaction-response"})

    assert deliver(answering(open_to), [], **credentials)[0].verdict == "landed"
