"""An application served over a socket of this machine while a test asks it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route


def in_json(answer: Callable[[str, str], object]) -> Starlette:
    """Every GET is answered by what this gives for its path and query."""

    def get(request: Request) -> JSONResponse:
        return JSONResponse(answer(request.url.path, request.url.query))

    return Starlette(routes=[Route("/{path:path}", get)])


@contextmanager
def served(app: Starlette, port: int = 0) -> Iterator[str]:
    """Its address, on this port; on a free one when it is 0."""
    listener = socket.create_server(("127.0.0.1", port))
    config = uvicorn.Config(app, log_level="error", lifespan="off", ws="none", loop="asyncio")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        listener.close()
