"""How Kafka knows us and we know Kafka: TLS and SASL from the settings, as kafka-python takes them."""

from __future__ import annotations

import ssl
import time
from pathlib import Path
from typing import Any

import httpx
from kafka.net.sasl.oauth import AbstractTokenProvider

from channels.settings import Misconfigured, Security

EARLY = 30.0


def access(said: Security, beside: Path) -> dict[str, Any]:
    """Arguments of every client. Relative paths begin at `beside`. Raises Misconfigured."""
    arguments: dict[str, Any] = {"security_protocol": _protocol(said)}
    if said.tls:
        arguments["ssl_context"] = _tls(said, beside)
        arguments["ssl_check_hostname"] = said.verify
    if said.mechanism == "OAUTHBEARER":
        arguments["sasl_oauth_token_provider"] = Tokens(said)
    elif said.mechanism:
        if not said.username:
            raise Misconfigured(f"bus.security.username: expected a name for {said.mechanism}")
        arguments |= {"sasl_plain_username": said.username, "sasl_plain_password": said.password}
    return arguments | ({"sasl_mechanism": said.mechanism} if said.mechanism else {})


def _protocol(said: Security) -> str:
    return ("SASL_" if said.mechanism else "") + ("SSL" if said.tls else "PLAINTEXT")


def _tls(said: Security, beside: Path) -> ssl.SSLContext:
    """Verifies the brokers' certificates and names, unless told not to; shows our own when there is one."""
    context = ssl.create_default_context()
    if not said.verify:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        if said.ca:
            context.load_verify_locations(beside / said.ca)
        if said.certificate:
            key = beside / said.private_key if said.private_key else None
            context.load_cert_chain(beside / said.certificate, key, password=lambda: "")
    except OSError as error:  # SSLError too
        raise Misconfigured(f"bus.security.ca, certificate, private_key: {error}") from error
    return context


class Tokens(AbstractTokenProvider):  # type: ignore[misc]
    """Access tokens by client credentials (RFC 6749, 4.4), each asked for once and used until shortly before its end.

    Called by kafka-python's own thread whenever it logs in.
    """

    def __init__(self, said: Security) -> None:
        if not (said.token_url and said.client_id):
            raise Misconfigured("bus.security.token_url, client_id: expected both for OAUTHBEARER")
        self._said = said
        self._token, self._until = "", 0.0

    def token(self) -> str:
        if time.monotonic() >= self._until:
            answer = httpx.post(
                self._said.token_url,
                data={"grant_type": "client_credentials", **({"scope": self._said.scope} if self._said.scope else {})},
                auth=(self._said.client_id, self._said.client_secret),
                timeout=5.0,
            )
            answer.raise_for_status()
            given = answer.json()
            self._token = str(given["access_token"])
            self._until = time.monotonic() + float(given.get("expires_in", 60)) - EARLY
        return self._token
