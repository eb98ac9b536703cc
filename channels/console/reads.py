"""Who looked at whom: pages about patients are noted when they are read, and whole numbers before they are shown."""

from __future__ import annotations

from collections.abc import Collection

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from channels.console.forms import posted
from channels.security.audit import Audit


class Reads:
    def __init__(self, audit: Audit) -> None:
        self._audit = audit

    def note(self, request: Request, persons: Collection[str]) -> None:
        for person in persons:
            self._audit.note(request.scope["user"].name, "read", f"Patient/{person}")

    async def opened(self, request: Request, target: str) -> None:
        """Whole numbers of `target` ("Patient/…") are about to be shown. Raises Problem for a form of another site."""
        await posted(request)
        await run_in_threadpool(self._audit.write, request.scope["user"].name, "show numbers", target)
