"""A schema registry with Confluent's API: it gives the ids that records are written with, and knows those of others.

Every schema goes under a subject of its topic and record (`catalog.subject`), which is told to be BACKWARD_TRANSITIVE:
a reader of today must read what any version ever wrote. Ids are kept in memory: once `catalog.use` is through, the
registry may be down, and only a schema never met before waits for it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import httpx
import orjson
from fastavro.schema import SchemaParseException, parse_schema

from schemas import bounds, catalog
from schemas.catalog import Schema, UnknownSchema
from schemas.message import Unavailable

COMPATIBILITY = "BACKWARD_TRANSITIVE"
TYPE = "application/vnd.schemaregistry.v1+json"
FORGET = 60.0  # seconds after which an id that was not known is asked for again
REST = 10.0  # seconds for which a registry that did not answer is not asked
MOST = 1000  # ids not known that are remembered: bytes of no schema can name any number

_BUSY = frozenset({408, 425, 429})
_LOGIN = "check bus.schema_registry.username and password, and what they may do"
_OTHER = (
    "its versions are not those of schemas/history: did another program or an unreleased Wasl write there? "
    "Give this Wasl a namespace of its own, or delete the subject there"
)
_ADDRESS = "is bus.schema_registry.url complete, with its path? Confluent's API is expected there"
_REMEDIES = {
    401: _LOGIN,
    403: _LOGIN,
    409: _OTHER,
    422: "it does not take the schema, or changes at all: ask who runs it",
}


class Unusable(ValueError):
    """The registry answers, and waiting will not help: its address, the login, or a schema that it refuses."""


class _Missing(LookupError):
    """The registry knows no such id or subject."""


class Remote:
    """`url` with its path, if it has one (Apicurio: `…/apis/ccompat/v7`). `timeout` in seconds, for each answer.

    May be used by several threads. Raises Unusable when the address is none.
    """

    def __init__(
        self,
        url: str,
        username: str = "",
        password: str = "",
        *,
        timeout: float = 5.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        try:
            address = httpx.URL(url.rstrip("/"))
            login = (username, password) if username else None
            self._http = httpx.Client(auth=login, timeout=timeout, headers={"Accept": f"{TYPE}, application/json"})
        except httpx.InvalidURL as error:
            raise Unusable("schema registry: bus.schema_registry.url is no http(s):// address") from error
        self._url, self._shown = str(address), str(address.copy_with(userinfo=b""))
        self._clock = clock
        self._asking = threading.Lock()
        self._known: dict[int, Schema] = {}
        self._unknown: dict[int, float] = {}
        self._rests = 0.0

    def register(self, subject: str, text: str) -> int:
        """The id of this schema under this subject, new or known. Blocks.

        Raises Unavailable when the registry is down or busy, Unusable when it refuses.
        """
        path = quote(subject, safe="")
        try:
            self._ensure_compatibility(path)
            number = self._ask("POST", f"/subjects/{path}/versions", {"schema": text}).get("id")
        except (_Missing, Unusable) as error:
            raise Unusable(f"{error} (subject {subject})") from error
        if not isinstance(number, int):
            raise Unusable(f"schema registry {self._shown}: gave no id for subject {subject}")
        return number

    def find(self, number: int) -> Schema:
        """The schema with this id, asked for once. Blocks the first time.

        Raises UnknownSchema when the registry does not know it or it is not one of ours (asked again after a minute),
        Unavailable when the registry does not answer (not asked again for ten seconds).
        """
        if found := self._known.get(number):
            return found
        with self._asking:
            if found := self._known.get(number):
                return found
            if self._clock() < self._unknown.get(number, 0.0):
                raise UnknownSchema(f"schema id {number} is not known")
            if self._clock() < self._rests:
                raise Unavailable(f"schema id {number}: the schema registry {self._shown} did not answer a moment ago")
            return self._fetched(number)

    def close(self) -> None:
        self._http.close()

    def _fetched(self, number: int) -> Schema:
        try:
            found = ours(self._ask("GET", f"/schemas/ids/{number}").get("schema"))
        except (_Missing, UnknownSchema) as error:
            if len(self._unknown) >= MOST:
                self._unknown.clear()
            self._unknown[number] = self._clock() + FORGET
            raise UnknownSchema(f"schema id {number} is not known") from error
        except (Unavailable, Unusable) as error:
            self._rests = self._clock() + REST
            raise Unavailable(f"schema id {number}: {error}") from error
        self._known[number] = found
        return found

    def _ensure_compatibility(self, path: str) -> None:
        try:
            said = self._ask("GET", f"/config/{path}").get("compatibilityLevel")
        except _Missing:
            said = None
        if said != COMPATIBILITY:
            self._ask("PUT", f"/config/{path}", {"compatibility": COMPATIBILITY})

    def _ask(self, method: str, path: str, said: dict[str, str] | None = None) -> dict[str, Any]:
        """What the registry answers. Raises Unavailable, Unusable or _Missing."""
        body = {} if said is None else {"content": orjson.dumps(said), "headers": {"Content-Type": TYPE}}
        try:
            answer = self._http.request(method, self._url + path, **body)  # type: ignore[arg-type]
        except httpx.HTTPError as error:
            raise Unavailable(f"schema registry {self._shown}: {type(error).__name__}") from error
        content = _content(answer)
        if answer.is_success and content is not None:
            return content
        raise self._complaint(answer.status_code, content or {})

    def _complaint(self, status: int, content: dict[str, Any]) -> Exception:
        told = str(content.get("message", ""))[:300]
        text = f"schema registry {self._shown}: answered {status}{': ' if told else ''}{told}"
        if status >= 500 or status in _BUSY:
            return Unavailable(text)
        code = content.get("error_code")
        if status == 404 and isinstance(code, int) and code // 100 == 404:
            return _Missing(text)
        return Unusable(f"{text}; {_REMEDIES.get(status, _ADDRESS)}")


def ours(text: Any) -> Schema:
    """The schema somebody registered, when its records can be read as ours, within bounds. Raises UnknownSchema."""
    try:
        parsed = parse_schema(orjson.loads(text))
        if not isinstance(parsed, dict) or parsed["type"] != "record" or parsed["name"] not in _names():
            raise UnknownSchema("another program's schema")
        bounds.check(parsed)
    except (ValueError, TypeError, KeyError, RecursionError, SchemaParseException) as error:
        raise UnknownSchema(f"not a schema that can be used: {type(error).__name__}") from error
    known = catalog.table().get(catalog.schema_id(parsed))
    return catalog.version(known) if known else parsed


def _names() -> set[str]:
    return {f"wasl.{name}" for name in catalog.written()}


def _content(answer: httpx.Response) -> dict[str, Any] | None:
    try:
        content = orjson.loads(answer.content)
    except ValueError:
        return None
    return content if isinstance(content, dict) else None
