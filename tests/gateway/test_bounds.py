"""What the gateway may hold: a budget that is never exceeded, never lost and never stuck."""

from __future__ import annotations

import asyncio

from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from channels.gateway.bounds import Bytes, Short
from tests.gateway.asking import ask


@given(st.lists(st.integers(0, 150), max_size=30), st.sets(st.integers(0, 29)))
def test_everybody_gets_in_and_the_budget_is_kept(sizes: list[int], impatient: set[int]) -> None:
    async def holder(number: int, size: int, held: Bytes) -> None:
        await held.take(size)
        try:
            assert held.held <= max(100, size)
            await asyncio.sleep(0)
        finally:
            held.give(size)

    async def all_at_once() -> int:
        held = Bytes(100)
        tasks = [asyncio.create_task(holder(number, size, held)) for number, size in enumerate(sizes)]
        await asyncio.sleep(0)
        for number in impatient & set(range(len(tasks))):
            tasks[number].cancel()
        async with asyncio.timeout(5):
            await asyncio.gather(*tasks, return_exceptions=True)
        assert all(task.cancelled() or task.exception() is None for task in tasks)
        return held.held

    assert asyncio.run(all_at_once()) == 0


def test_short_bodies_but_where_they_are_free() -> None:
    async def length(request: Request) -> Response:
        return PlainTextResponse(str(len(await request.body())))

    app = Short(Starlette(routes=[Route("/{path:path}", length, methods=["POST"])]), free=("/channels/",), limit=10)
    assert ask(app, "POST", "/login", content=b"x" * 10).text == "10"
    long = ask(app, "POST", "/login", content=b"x" * 11)
    assert (long.status_code, long.headers["Connection"]) == (413, "close")
    assert ask(app, "POST", "/channels/lab", content=b"x" * 11).text == "11"
