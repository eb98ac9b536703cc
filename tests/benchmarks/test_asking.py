from __future__ import annotations

import asyncio

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from benchmarks.asking import ask, at
from tests.serving import served

SLOW = 0.05  # seconds


def test_questions_go_out_when_they_are_due_whether_others_were_answered_or_not() -> None:
    bodies: list[bytes] = []
    within, most = 0, 0

    async def answer(request: Request) -> Response:
        nonlocal within, most
        within += 1
        most = max(most, within)
        bodies.append(await request.body())
        await asyncio.sleep(SLOW)
        within -= 1
        return Response(status_code=200 if request.headers.get("Authorization") else 401)

    asked = [b"%d" % number for number in range(20)]
    with served(Starlette(routes=[Route("/ask", answer, methods=["POST"])])) as address:
        told = asyncio.run(ask(f"{address}/ask", asked, 1000, ("admin", "secret")))
    assert sorted(bodies) == sorted(asked)
    assert (told.asked, told.statuses) == (20, {"200": 20})
    assert most > 1
    assert SLOW * 1e3 <= told.p50 <= told.p99 <= told.longest


def test_a_part_of_the_values_lies_below() -> None:
    values = [number / 1e3 for number in range(100)]
    assert [at(values, part) for part in (0.0, 0.5, 0.99, 1.0)] == [0, 50, 99, 99]
