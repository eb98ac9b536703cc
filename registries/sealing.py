"""What only the program may read: sealed before it is written, opened when it is asked for."""

from __future__ import annotations

import base64
import itertools
import secrets
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

SEALED: Final = "sealed:"  # how a text begins that is sealed


class Unsealable(ValueError):
    """These bytes were sealed with another secret, for another row, or are damaged."""


class Seal:
    """AES-256-GCM under a key of its own from `secret`. Any thread may use it; no process forks with it open."""

    def __init__(self, secret: bytes) -> None:
        self._cipher = AESGCM(HKDF(SHA256(), 32, None, b"wasl sealed rows").derive(secret))
        # a nonce must never come twice under one key: random for each process, then counted
        self._prefix, self._counter = secrets.token_bytes(6), itertools.count()

    def seal(self, plain: bytes, about: str) -> bytes:
        """`about` names the row: moved to another row, the bytes cannot be opened."""
        nonce = self._prefix + next(self._counter).to_bytes(6)
        return nonce + self._cipher.encrypt(nonce, plain, about.encode())

    def open(self, sealed: bytes, about: str) -> bytes:
        """What was sealed. Raises Unsealable."""
        try:
            return self._cipher.decrypt(sealed[:12], sealed[12:], about.encode())
        except (InvalidTag, ValueError) as error:  # the latter: too short to have been sealed
            raise Unsealable(
                "a row of the registries can't be opened: it was sealed with another key, or it is damaged; "
                "WASL_KEY_FILE names the key that this data was made with"
            ) from error

    def seal_text(self, plain: str, about: str) -> str:
        """For a column of text; nothing stays nothing."""
        sealed = self.seal(plain.encode("utf-8", "surrogatepass"), about) if plain else b""
        return f"{SEALED}{base64.b85encode(sealed).decode()}" if sealed else ""

    def open_text(self, text: str, about: str) -> str:
        """What was sealed; a text that is not comes back as it is. Raises Unsealable."""
        if not text.startswith(SEALED):
            return text
        try:
            sealed = base64.b85decode(text.removeprefix(SEALED))
        except ValueError:
            sealed = b""
        return self.open(sealed, about).decode("utf-8", "surrogatepass")
