"""`/api/reviews`: the stewards' queue for other programs, and their answers."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import FastAPI, HTTPException, Query, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, Field

from channels.gateway.api import Listed
from channels.identities import Identities
from channels.journal.times import iso
from channels.security.audit import Audit
from registries.client.decision import Declined
from registries.client.queue import Asked


class Why(BaseModel):
    """The reason of a decision: it stays in the history, so it holds no patient data."""

    why: str = Field(min_length=1, max_length=500)


def added(app: FastAPI, identities: Identities, audit: Audit) -> FastAPI:
    """The API with the reviews in it."""

    @app.get("/reviews")
    async def reviews(
        reason: Annotated[str, Query(description="possible-match, linked-despite, claimed-twice …")] = "",
        state: Literal["open", "decided"] = "open",
        order: Literal["oldest", "likeliest"] = "oldest",
        cursor: Annotated[str, Query(description="what `next` held")] = "",
        limit: Annotated[int, Query(ge=1, le=500)] = 50,
    ) -> Listed:
        """Pairs of identities, and single ones, that a steward should look at: without any patient data."""
        found = await run_in_threadpool(
            lambda: identities.queue.page(reason=reason, state=state, order=order, after=cursor, most=limit + 1)
        )
        following = found[limit - 1].id if len(found) > limit else None
        return Listed(items=[_told(one) for one in found[:limit]], next=following)

    @app.post("/reviews/{review}/accept")
    async def accept(request: Request, review: str, said: Why) -> dict[str, Any]:
        """The two are one person: links them. A review of one identity alone is closed."""
        return await _answered(request, identities, audit, review, "accept", said.why)

    @app.post("/reviews/{review}/reject")
    async def reject(request: Request, review: str, said: Why) -> dict[str, Any]:
        """The two are two persons: no rule joins them again. A review of one identity alone is closed."""
        return await _answered(request, identities, audit, review, "reject", said.why)

    return app


async def _answered(
    request: Request, identities: Identities, audit: Audit, review: str, answer: str, why: str
) -> dict[str, Any]:
    """The review as it stands now, with the line of the history that can be taken back."""
    by = request.scope["user"].name
    known = await run_in_threadpool(identities.queue.one, review)
    if known is None:
        raise HTTPException(404, "no such review")
    await run_in_threadpool(audit.write, by, answer, f"Review/{known.id}")
    decide = identities.steward.accept if answer == "accept" else identities.steward.reject
    try:
        entry = await run_in_threadpool(decide, known.id, by, why)
    except Declined as error:
        raise HTTPException(409, str(error)) from error
    decided = await run_in_threadpool(identities.queue.one, review)
    return _told(decided or known) | {"entry": entry}


def _told(asked: Asked) -> dict[str, Any]:
    return {
        "id": asked.id,
        "reason": asked.reason,
        "text": asked.text,
        "person": asked.person,
        "other": asked.other or None,
        "score": asked.score,
        "why": [one for one in asked.why.split("; ") if one],
        "rules": asked.rules,
        "at": iso(asked.at),
        "transaction": asked.transaction or None,
        "state": asked.state,
        "decision": asked.decision or None,
        "decided_at": iso(asked.decided_at),
        "decided_by": asked.decided_by or None,
    }
