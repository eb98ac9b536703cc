"""A small HTTP port for a role that has none of its own: /healthz, /readyz and /metrics, for probes and Prometheus."""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping

import uvicorn
from starlette.applications import Starlette

from channels.loops import started
from channels.settings import Misconfigured, Watch
from channels.watch.health import Health


def watched(said: Watch, checks: Mapping[str, Callable[[], bool]]) -> int | None:
    """Opens the port in a thread of its own: its number, or None when none is asked for. Raises Misconfigured."""
    if said.port is None:
        return None
    bound = socket.socket(socket.AF_INET6 if ":" in said.host else socket.AF_INET)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((said.host, said.port))
    except OSError as error:
        where = f"{said.host}:{said.port}"
        raise Misconfigured(f"{where}: {error.strerror}; choose another with watch.port (WASL_WATCH_PORT)") from error
    app = Starlette(routes=list(Health(dict(checks)).routes()))
    config = uvicorn.Config(app, ws="none", lifespan="off", access_log=False, log_level="warning", server_header=False)
    server = uvicorn.Server(config)
    started("watch", lambda: server.run(sockets=[bound]))
    port: int = bound.getsockname()[1]
    return port
