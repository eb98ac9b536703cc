"""Basic authentication (RFC 7617)."""

from __future__ import annotations

import base64


def basic(header: str) -> tuple[str, str] | None:
    """Name and secret of a Basic `Authorization` header (RFC 7617, UTF-8); None when it is no such header."""
    scheme, _, coded = header.strip().partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        name, colon, secret = base64.b64decode(coded.strip(), validate=True).decode().partition(":")
    except ValueError:  # no base64 (not even ASCII), or no UTF-8
        return None
    return (name, secret) if colon else None
