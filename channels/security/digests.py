"""Keyed digests of patient identifiers: to search by, without keeping the numbers."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable

from schemas.events import Event, Identifier


class Digests:
    """HMAC-SHA256 with a secret of the installation, cut to 96 bits. Case and spaces do not count."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def of(self, system: str, value: str) -> str:
        """The digest of an identifier; an empty system is the bare value, in whatever system it stands."""
        said = f"{system.strip()}|{''.join(value.split()).casefold()}"
        return base64.urlsafe_b64encode(hmac.digest(self._secret, said.encode(), hashlib.sha256)[:12]).decode()

    def asked(self, text: str) -> str:
        """The digest of what somebody searches for: "system|value", or a bare value."""
        system, _, value = text.rpartition("|")
        return self.of(system, value)

    def subjects_of(self, event: Event) -> list[str]:
        """Both digests of every patient identifier in the event, those of a second patient in it too."""
        found = dict.fromkeys(self._pairs(event["patient"].get("identifiers") or ()))
        for name in ("prior", "other", "prior_patient"):
            other = event.get(name)
            if isinstance(other, dict):
                found.update(dict.fromkeys(self._pairs(other.get("identifiers") or ())))
        return list(found)

    def _pairs(self, identifiers: Iterable[Identifier]) -> Iterable[str]:
        for identifier in identifiers:
            yield self.of(identifier["system"], identifier["value"])
            yield self.of("", identifier["value"])
