"""A FHIR directory followed by its histories (IHE mCSD ITI-91: `_history?_since` of each type)."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx
import orjson

from registries.clock import today
from registries.upstream_told import OVERLAP, Read, Told
from schemas.message import Unavailable

PARTS = ("Organization", "Location", "HealthcareService", "Practitioner", "PractitionerRole")
_ID = re.compile(r"[A-Za-z0-9.-]{1,64}")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
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
        newest, seen = mark, set[str]()
        while address:
            seen.add(address)
            page = _history(self._http, address)
            for entry in _dicts(page.get("entry")):
                one, at = _told(part, entry)
                newest = max(newest, at)
                if one:
                    said.setdefault(one.id, one)
            links = {one.get("relation"): one.get("url") for one in _dicts(page.get("link"))}
            address = beside(self.url, part, str(links["next"])) if links.get("next") else ""
            if address in seen:
                raise Unavailable("the upstream registry's pages lead back to one that was read")
        # the oldest first, as they came to be
        return Read(list(said.values())[::-1], newest)


def beside(url: str, part: str, link: str) -> str:
    """A next page at the address we know the server by, whatever it calls itself: nothing is asked of another, nor is
    our token shown to one. A page is one of a type, or as HAPI has it, one of the server (`?_getpages=`)."""
    path, query = _split(link)
    base = urlsplit(url).path
    if path == base or path.startswith(f"{base}/"):
        rest = path[len(base) :]
    else:
        found = re.search(rf"/{part}/.*$", path) or re.search(r"(?<=/fhir)/.*$", path)
        rest = found[0] if found else ""
    return f"{url}{rest}" + (f"?{query}" if query else "")


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


def _history(http: httpx.Client, address: str) -> dict[str, Any]:
    page = answered(http, address)
    if page.get("resourceType") != "Bundle":
        raise Unavailable("the upstream registry answered no Bundle: is its address that of a FHIR R4 server?")
    return page


def _split(link: str) -> tuple[str, str]:
    """Path, from a slash on, and query of an address."""
    try:
        found = urlsplit(link)
    except ValueError:
        raise Unavailable("the upstream registry's next page has an address that can't be read") from None
    return f"/{found.path.lstrip('/')}".rstrip("/"), found.query


def _dicts(listed: Any) -> list[dict[str, Any]]:
    return [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []


def _told(part: str, entry: dict[str, Any]) -> tuple[Told | None, str]:
    """A change, and when it was made. HAPI tells neither the resource nor the day of a deletion: it is of today."""
    asked, answer = entry.get("request") or {}, entry.get("response") or {}
    resource = entry.get("resource") or {}
    meta = resource.get("meta") or {}
    at = str(answer.get("lastModified") or meta.get("lastUpdated") or "")
    name = str(resource.get("id") or _name(part, asked.get("url")) or _name(part, entry.get("fullUrl")))
    gone = asked.get("method") == "DELETE"
    if not _ID.fullmatch(name) or (not gone and resource.get("resourceType") != part):
        return None, at
    day = at[:10] if _DAY.match(at) else today()
    return Told(part, name, None if gone else resource, day), at


def _name(part: str, address: Any) -> str:
    """The id in `Organization/1`, `Organization/1/_history/2`, or an address that ends so."""
    found = re.search(rf"(?:^|/){part}/({_ID.pattern})(?:/_history/[^/]+)?$", str(address or ""))
    return found[1] if found else ""


def _earlier(mark: str) -> str:
    try:
        at = datetime.fromisoformat(mark)
    except ValueError:
        return mark
    return (at - timedelta(seconds=OVERLAP)).astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
