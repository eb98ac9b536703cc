"""The shared record on a FHIR R4 server: one transaction Bundle of PUTs an event, persons side by side.

Never a conditional update: two at once make two resources, and afterwards none can be updated any more.
"""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import orjson

from channels.consumers.consumer import Outcome
from channels.consumers.standing import (
    NEVER,
    PARTIAL,
    Change,
    Key,
    Resource,
    Saying,
    Standing,
    key_of,
    outcome,
    settle,
    telling,
)
from schemas.fhir import bundle
from schemas.message import Unavailable

FHIR_JSON = "application/fhir+json"
AT_ONCE = 8
READ_AT_ONCE = 100
CONFLICTS = 5
LONGEST_PAUSE = 0.4
_RETRY = "retry; max-retries=100"
_CODE = re.compile(r"[a-z-]{1,40}")


class _Refused(Exception):
    """The server will never take this bundle. `code` is that of its first issue."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class FhirServer:
    """The shared record at a FHIR base address, with Basic credentials or a bearer token when given.

    pause waits that many seconds between tries of one conflict; transport is for tests.
    """

    def __init__(
        self,
        base: str,
        *,
        user: str | None = None,
        password: str | None = None,
        token: str | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        headers = {"Accept": FHIR_JSON, "Content-Type": FHIR_JSON, "X-Retry-On-Version-Conflict": _RETRY}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        self._client = httpx.AsyncClient(
            http2=True,
            headers=headers,
            auth=httpx.BasicAuth(user, password or "") if user else None,
            timeout=httpx.Timeout(30.0, connect=5.0),
            limits=httpx.Limits(max_connections=AT_ONCE, max_keepalive_connections=AT_ONCE),
            transport=transport,
        )
        self._base = base.rstrip("/")
        self._pause = pause

    async def land(self, sayings: Sequence[Saying]) -> Sequence[Outcome]:
        """What was refused beside others is tried again alone: what they share may be another's fault."""
        outcomes = await self._land(sayings)
        if len(sayings) > 1:
            for place, one in enumerate(outcomes):
                if one.verdict == "refused":
                    outcomes[place : place + 1] = await self._land(sayings[place : place + 1])
        return outcomes

    async def close(self) -> None:
        await self._client.aclose()

    async def _land(self, sayings: Sequence[Saying]) -> list[Outcome]:
        standing = await self._standing(sorted({key_of(one) for saying in sayings for one in saying.resources}))
        settled = settle(standing, sayings)
        changed = {key_of(one.after.resource) for changes in settled for one in changes if _worth_a_version(one)}
        return await _all(AT_ONCE, map(lambda s, c: self._put(s, c, changed, standing), sayings, settled))

    async def _standing(self, keys: Sequence[Key]) -> dict[Key, Standing]:
        parts = [keys[start : start + READ_AT_ONCE] for start in range(0, len(keys), READ_AT_ONCE)]
        return {key_of(one.resource): one for part in await _all(AT_ONCE, map(self._read, parts)) for one in part}

    async def _read(self, keys: Sequence[Key]) -> list[Standing]:
        entries = [{"request": {"method": "GET", "url": f"{kind}/{name}"}} for kind, name in keys]
        try:
            answer = await self._post({"resourceType": "Bundle", "type": "batch", "entry": entries})
        except _Refused:  # not every server reads in batches
            return [one for one in await asyncio.gather(*map(self._read_one, keys)) if one]
        answered = answer.get("entry") or []
        if len(answered) != len(keys):
            raise Unavailable("the FHIR server answers a batch in part")
        return [_stood(entry["resource"]) for entry in answered if _found(entry)]

    async def _read_one(self, key: Key) -> Standing | None:
        try:
            response = await self._client.get("/".join((self._base.rstrip("/"), *key)))
        except (httpx.TransportError, httpx.DecodingError) as error:
            raise Unavailable(f"FHIR server: {type(error).__name__}") from error
        if response.status_code in (404, 410):
            return None
        if not response.is_success or (resource := _json(response)) is None:
            raise Unavailable(f"FHIR server: HTTP {response.status_code} to a read")
        return _stood(resource)

    async def _put(
        self, saying: Saying, changes: Sequence[Change], changed: set[Key], standing: dict[Key, Standing]
    ) -> Outcome:
        """One event, with all that this call changes of what it names: each bundle can land before the others."""
        if not any(map(_worth_a_version, changes)):
            return Outcome("unchanged")
        keys = [key for key in map(key_of, saying.resources) if key in changed]
        try:
            await self._post(bundle.transaction([standing[key].resource for key in keys]))
        except _Refused as refused:
            return Outcome("refused", f"FHIR server refused: {refused.code}")
        return outcome(changes)

    async def _post(self, content: dict[str, Any]) -> dict[str, Any]:
        """The answer of a 2xx. Raises _Refused, or Unavailable for all that may pass later."""
        body = orjson.dumps(content)
        for attempt in range(CONFLICTS):
            response = await self._sent(body)
            if response.is_success:
                return _bundle(response)
            if response.status_code in (400, 413, 422):
                raise _Refused(_first_code(response))
            if response.status_code not in (409, 412):
                raise Unavailable(f"FHIR server: HTTP {response.status_code}", retry_after=_retry_after(response))
            await self._pause(random.uniform(0, LONGEST_PAUSE * (attempt + 1)))
        raise Unavailable("FHIR server: conflicts do not end")

    async def _sent(self, body: bytes) -> httpx.Response:
        try:
            return await self._client.post(self._base, content=body)
        except (httpx.TransportError, httpx.DecodingError) as error:
            raise Unavailable(f"FHIR server: {type(error).__name__}") from error


async def _all(at_once: int, ones: Iterable[Awaitable[Any]]) -> list[Any]:
    """Results in order, a bounded number under way. All are waited for before the first failure is raised."""
    turn = asyncio.Semaphore(at_once)

    async def bounded(one: Awaitable[Any]) -> Any:
        async with turn:
            return await one

    results = await asyncio.gather(*map(bounded, ones), return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return results


def _stood(resource: Resource) -> Standing:
    meta = {key: value for key, value in resource.get("meta", {}).items() if key not in ("versionId", "lastUpdated")}
    stood = {**resource, "meta": meta} if meta else {key: value for key, value in resource.items() if key != "meta"}
    version = bundle.version_of(stood)
    said = dict.fromkeys(telling(stood), NEVER if version is None else version)
    return Standing(stood, NEVER if version is None else version, said if stood["resourceType"] in PARTIAL else {})


def _found(entry: dict[str, Any]) -> bool:
    """Whether this answer to a read holds the resource. Raises Unavailable when it tells neither yes nor no."""
    status = str((entry.get("response") or {}).get("status", ""))[:3]
    if status == "200" and entry.get("resource"):
        return True
    if status in ("404", "410"):
        return False
    raise Unavailable(f"FHIR server: HTTP {status or 'unknown'} for a read in a batch")


def _worth_a_version(change: Change) -> bool:
    """A newer source time stands in the resource, so it is written too; what persons share carries none."""
    return change.content or change.after.resource["resourceType"] not in bundle.SHARED


def _json(response: httpx.Response) -> dict[str, Any] | None:
    try:
        content = orjson.loads(response.content)
    except orjson.JSONDecodeError:
        return None
    return content if isinstance(content, dict) else None


def _bundle(response: httpx.Response) -> dict[str, Any]:
    """The Bundle answered. Raises Unavailable for anything else: a page of some proxy is no promise."""
    answer = _json(response)
    if not answer or answer.get("resourceType") != "Bundle":
        raise Unavailable("FHIR server: the answer is not a FHIR Bundle")
    return answer


def _first_code(response: httpx.Response) -> str:
    """The code of the first issue: a word of FHIR's own list, so never patient data."""
    issues = (_json(response) or {}).get("issue") or [{}]
    code = issues[0].get("code") if isinstance(issues, list) and isinstance(issues[0], dict) else None
    return code if isinstance(code, str) and _CODE.fullmatch(code) else f"HTTP {response.status_code}"


def _retry_after(response: httpx.Response) -> float | None:
    """Seconds, from either form of the header."""
    said = response.headers.get("Retry-After", "")
    if said.isdigit():
        return float(said)
    try:
        return max(0.0, (parsedate_to_datetime(said) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return None
