"""A FHIR directory followed by its histories (IHE mCSD ITI-91: `_history?_since` of each type)."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import orjson

from registries.upstream_told import OVERLAP, Read, Told
from schemas.message import Unavailable

PARTS = ("Organization", "Location", "HealthcareService", "Practitioner", "PractitionerRole")
_ID = re.compile(r"[A-Za-z0-9.-]{1,64}")
_COUNT = 200


class Mcsd:
    """Blocks. Raises Unavailable when no whole answer came."""

    parts = PARTS

    def __init__(
        self, url: str, *, token: str | None = None, auth: tuple[str, str] | None = None, timeout: float = 30.0
    ) -> None:
        self.url = url.rstrip("/")
        headers = {"Accept": "application/fhir+json"} | ({"Authorization": f"Bearer {token}"} if token else {})
        self._http = httpx.Client(timeout=timeout, headers=headers, auth=auth)

    def read(self, part: str, mark: str) -> Read:
        """A history has the newest first, so that of a resource the first version counts."""
        said: dict[str, Told] = {}
        address = f"{self.url}/{part}/_history?_count={_COUNT}" + (f"&_since={_earlier(mark)}" if mark else "")
        newest = mark
        while address:
            page = answered(self._http, address)
            for entry in page.get("entry") or ():
                one, at = _told(part, entry)
                newest = max(newest, at)
                if one:
                    said.setdefault(one.id, one)
            links = {one.get("relation"): one.get("url") for one in page.get("link") or ()}
            following = str(links.get("next") or "")
            address = self._beside(following) if following else ""
        # the oldest first, as they came to be
        return Read(list(said.values())[::-1], newest)

    def _beside(self, link: str) -> str:
        """A next page at the address we know it by: nothing is asked of another server."""
        return f"{self.url}/{link.partition('/fhir/')[2]}" if not link.startswith(self.url) else link


def answered(http: httpx.Client, address: str) -> dict[str, Any]:
    """A JSON object. Raises Unavailable; its text names no address."""
    try:
        answer = http.get(address)
        found = orjson.loads(answer.content) if answer.status_code == httpx.codes.OK else None
    except (httpx.HTTPError, ValueError) as error:
        raise Unavailable(f"the upstream registry does not answer: {type(error).__name__}") from None
    if not isinstance(found, dict):
        raise Unavailable(f"the upstream registry answered {answer.status_code}")
    return found


def _told(part: str, entry: Any) -> tuple[Told | None, str]:
    """A change, and when it was made."""
    asked, answer = entry.get("request") or {}, entry.get("response") or {}
    resource = entry.get("resource")
    meta = (resource or {}).get("meta") or {}
    at = str(answer.get("lastModified") or meta.get("lastUpdated") or "")
    name = str((resource or {}).get("id") or str(asked.get("url") or "").partition("/")[2].partition("/")[0])
    gone = asked.get("method") == "DELETE"
    if not _ID.fullmatch(name) or (not gone and (resource or {}).get("resourceType") != part):
        return None, at
    return Told(part, name, None if gone else resource, at[:10]), at


def _earlier(mark: str) -> str:
    try:
        at = datetime.fromisoformat(mark)
    except ValueError:
        return mark
    return (at - timedelta(seconds=OVERLAP)).astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
