"""Asks an ASGI application without a socket."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
from starlette.types import ASGIApp

ADDRESS = "http://wasl.test"


async def asked(app: ASGIApp, method: str, path: str, **more: Any) -> httpx.Response:
    transport = httpx.ASGITransport(app, raise_app_exceptions=True, client=("10.1.2.3", 4711))
    async with httpx.AsyncClient(transport=transport, base_url=ADDRESS) as client:
        return await client.request(method, path, **more)


def ask(app: ASGIApp, method: str, path: str, **more: Any) -> httpx.Response:
    return asyncio.run(asked(app, method, path, **more))
