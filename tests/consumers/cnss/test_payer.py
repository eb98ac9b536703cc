"""The payer at an address: what is an answer, and what is the payer being away."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

import httpx
import pytest

from channels.consumers.cnss.judgement import Faults
from channels.consumers.cnss.payer import HttpPayer, Sent
from channels.consumers.cnss.simulator import Simulator, application
from schemas.fhir import care_sheet
from schemas.fhir.care_sheet import Answer
from schemas.message import Unavailable
from tests.consumers.cnss.claims import a_claim
from tests.home import Place

NUMBER = "250600000000178-1"


def asked(
    transport: httpx.AsyncBaseTransport, *sent: Sent, address: str = "https://payer.example/fhir/"
) -> Sequence[Answer | Unavailable]:
    async def ask() -> Sequence[Answer | Unavailable]:
        payer = HttpPayer(address, transport=transport)
        try:
            return await payer.submit(sent)
        finally:
            await payer.close()

    return asyncio.run(ask())


def answering(reply: Callable[[httpx.Request], httpx.Response]) -> Answer | Unavailable:
    return asked(httpx.MockTransport(reply), Sent(NUMBER, b"{}"))[0]


def response(answer: Answer, number: str = NUMBER) -> bytes:
    return care_sheet.encode(care_sheet.response(number, answer, created="2025-06-14T12:00:00Z"))


def test_it_posts_the_claim_as_it_is_to_the_operation() -> None:
    seen: list[httpx.Request] = []

    def reply(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(201, content=response(Answer("accepted")))

    assert answering(reply) == Answer("accepted")
    assert str(seen[0].url) == "https://payer.example/fhir/Claim/$submit"
    assert seen[0].headers["Content-Type"] == "application/fhir+json"
    assert seen[0].content == b"{}"


@pytest.mark.parametrize("answer", [Answer("accepted"), Answer("queued"), Answer("refused", "coverage")])
def test_a_claim_response_is_the_answer(answer: Answer) -> None:
    assert answering(lambda _: httpx.Response(200, content=response(answer))) == answer


@pytest.mark.parametrize("status", [400, 409, 422])
def test_a_refusal_may_come_with_its_reason_or_without(status: int) -> None:
    refused = Answer("refused", "duplicate")
    assert answering(lambda _: httpx.Response(status, content=response(refused))) == refused
    assert answering(lambda _: httpx.Response(status, text="no")) == Answer("refused", str(status))


@pytest.mark.parametrize("status", [301, 401, 403, 404, 405, 408, 429, 500, 502, 503, 504])
def test_what_says_nothing_of_the_claim_is_the_payer_being_away(status: int) -> None:
    answer = answering(lambda _: httpx.Response(status, headers={"Retry-After": "7"}))
    assert isinstance(answer, Unavailable)
    assert answer.retry_after == 7
    assert str(status) in answer.reason


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"resourceType":"ClaimResponse"}', b"\xff"])
def test_an_answer_that_cannot_be_read_is_no_answer(body: bytes) -> None:
    assert isinstance(answering(lambda _: httpx.Response(200, content=body)), Unavailable)


def test_an_answer_about_another_claim_is_no_answer() -> None:
    other = response(Answer("accepted"), "250600000000275-1")
    assert isinstance(answering(lambda _: httpx.Response(200, content=other)), Unavailable)


@pytest.mark.parametrize("error", [httpx.ConnectError, httpx.ReadTimeout, httpx.RemoteProtocolError])
def test_network_failures_are_the_payer_being_away(error: type[httpx.TransportError]) -> None:
    def reply(request: httpx.Request) -> httpx.Response:
        raise error("gone")

    assert isinstance(answering(reply), Unavailable)


def test_after_the_first_without_an_answer_no_other_is_begun() -> None:
    seen: list[httpx.Request] = []

    def reply(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(503)

    answers = asked(httpx.MockTransport(reply), *(Sent(f"{NUMBER}{n}", b"{}") for n in range(100)))
    assert all(isinstance(answer, Unavailable) for answer in answers)
    assert len(answers) == 100
    assert len(seen) <= 16


def test_the_simulated_payer_at_an_address_answers_like_the_one_within(home: Place) -> None:
    engine = home.open("payer")
    good, bad = a_claim(), a_claim(insured="12")
    sent = [Sent(good["id"], care_sheet.encode(good)), Sent(good["id"], care_sheet.encode(bad))]
    up = httpx.ASGITransport(application(Simulator(engine)))
    answers = [asked(up, one, address="http://127.0.0.1:9")[0] for one in (*sent, sent[0])]
    assert answers == [Answer("accepted"), Answer("refused", "duplicate"), Answer("accepted")]
    down = httpx.ASGITransport(application(Simulator(engine, Faults(down=1.0))))
    (missing,) = asked(down, sent[0], address="http://127.0.0.1:9")
    assert isinstance(missing, Unavailable)
    assert missing.reason == "the payer answered 503"
