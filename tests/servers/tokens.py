"""An issuer of signed access tokens on 127.0.0.1: OAuth 2 client credentials in, a JWT out."""

from __future__ import annotations

import base64
import json
import threading
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

AUDIENCE = "kafka"


class Tokens:
    """Lives in this process until close(). `keys` is the file with its public key (RFC 7517), for who checks tokens."""

    client_id, client_secret = "wasl", "let-wasl-in"

    def __init__(self, folder: Path, *, lifetime: int = 300) -> None:
        """`lifetime` of a token, in seconds."""
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self._lifetime = lifetime
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._answers())
        self.issuer = f"http://127.0.0.1:{self._server.server_port}"
        self.url = f"{self.issuer}/token"
        self.keys = folder / "keys.json"
        self.keys.write_text(json.dumps({"keys": [self._public()]}))
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def token(self) -> str:
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": AUDIENCE, "sub": self.client_id, "scope": "kafka"}
        parts = [{"alg": "RS256", "typ": "JWT", "kid": "1"}, {**claims, "iat": now, "exp": now + self._lifetime}]
        signed = ".".join(_encoded(json.dumps(part).encode()) for part in parts)
        return f"{signed}.{_encoded(self._key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256()))}"

    def _public(self) -> dict[str, str]:
        numbers = self._key.public_key().public_numbers()
        return {
            "kty": "RSA",
            "use": "sig",
            "alg": "RS256",
            "kid": "1",
            "n": _number(numbers.n),
            "e": _number(numbers.e),
        }

    def _knows(self, authorization: str | None, form: dict[str, str]) -> bool:
        """Basic or in the form (RFC 6749, 2.3.1)."""
        basic = "Basic " + base64.b64encode(f"{self.client_id}:{self.client_secret}".encode()).decode()
        posted = (form.get("client_id"), form.get("client_secret")) == (self.client_id, self.client_secret)
        return authorization == basic or posted

    def _answers(self) -> type[BaseHTTPRequestHandler]:
        tokens = self

        class Answer(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
                form = dict(urllib.parse.parse_qsl(body))
                if not tokens._knows(self.headers.get("Authorization"), form):
                    self._say(401, {"error": "invalid_client"})
                elif form.get("grant_type") != "client_credentials":
                    self._say(400, {"error": "unsupported_grant_type"})
                else:
                    life = {"token_type": "Bearer", "expires_in": tokens._lifetime}
                    self._say(200, {"access_token": tokens.token(), **life})

            def _say(self, status: int, said: dict[str, Any]) -> None:
                body = json.dumps(said).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *arguments: Any) -> None:
                """Quiet."""

        return Answer


def _encoded(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


def _number(value: int) -> str:
    return _encoded(value.to_bytes((value.bit_length() + 7) // 8, "big"))
