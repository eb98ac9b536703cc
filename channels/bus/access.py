"""How Kafka knows us and we know Kafka: TLS and SASL from the settings, as kafka-python takes them."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from kafka.errors import KafkaConnectionError
from kafka.net.sasl.oauth import AbstractTokenProvider

from channels.settings import Misconfigured, Security

EARLY = 30.0


def access(said: Security, beside: Path) -> dict[str, Any]:
    """Arguments of every client. Relative paths begin at `beside`. Raises Misconfigured."""
    _consistent(said)
    arguments: dict[str, Any] = {"security_protocol": _protocol(said)}
    if said.tls:
        arguments["ssl_context"] = _tls(said, beside)
        arguments["ssl_check_hostname"] = said.verify
    if said.mechanism == "OAUTHBEARER":
        arguments["sasl_oauth_token_provider"] = Tokens(said)
    elif said.mechanism:
        for name in ("username", "password"):
            if not getattr(said, name):
                raise Misconfigured(f"bus.security.{name}: expected one for {said.mechanism}")
        arguments |= {"sasl_plain_username": said.username, "sasl_plain_password": said.password}
    return arguments | ({"sasl_mechanism": said.mechanism} if said.mechanism else {})


def _consistent(said: Security) -> None:
    """What is said in vain is a mistake: it would leave a door open that looks shut."""
    if named := [name for name in ("ca", "certificate", "private_key") if getattr(said, name) and not said.tls]:
        raise Misconfigured(f"bus.security.tls: expected true, for bus.security.{named[0]} is given")
    if said.private_key and not said.certificate:
        raise Misconfigured("bus.security.certificate: expected the certificate of bus.security.private_key")
    if named := [name for name in ("username", "token_url") if getattr(said, name) and not said.mechanism]:
        raise Misconfigured(f"bus.security.mechanism: expected one, for bus.security.{named[0]} is given")


def _protocol(said: Security) -> str:
    return ("SASL_" if said.mechanism else "") + ("SSL" if said.tls else "PLAINTEXT")


def _tls(said: Security, beside: Path) -> ssl.SSLContext:
    """Verifies the brokers' certificates and names, unless told not to; shows our own when there is one."""
    context = ssl.create_default_context()
    if not said.verify:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if said.ca:
        with _read("ca"):
            context.load_verify_locations(beside / said.ca)
    if said.certificate:
        key = beside / said.private_key if said.private_key else None
        with _read("certificate, bus.security.private_key"):
            context.load_cert_chain(beside / said.certificate, key, password=lambda: "")
    return context


@contextmanager
def _read(keys: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:  # SSLError too
        reason = error.strerror or "not a certificate or key in PEM"
        raise Misconfigured(f"bus.security.{keys}: {reason}") from error


class NoToken(KafkaConnectionError):  # type: ignore[misc]
    """The token endpoint gave none; says why. A connection that fails, so that it is tried again."""

    def __str__(self) -> str:
        return str(self.args[0])


class Tokens(AbstractTokenProvider):  # type: ignore[misc]
    """Access tokens by client credentials (RFC 6749, 4.4), each asked for once and used until shortly before its end.

    Called by the threads of kafka-python whenever they log in.
    """

    def __init__(self, said: Security) -> None:
        for name in ("token_url", "client_id", "client_secret"):
            if not getattr(said, name):
                raise Misconfigured(f"bus.security.{name}: expected one for OAUTHBEARER")
        self._said = said
        self._token, self._until = "", 0.0
        self._lock = threading.Lock()

    def token(self) -> str:
        """Blocks, for seconds at most. Raises NoToken."""
        with self._lock:
            if time.monotonic() >= self._until:
                given = self._asked()
                self._token = str(given["access_token"])
                lifetime = float(given.get("expires_in", 60))
                self._until = time.monotonic() + lifetime - min(EARLY, lifetime / 2)
            return self._token

    def _asked(self) -> Mapping[str, Any]:
        said = self._said
        form = {"grant_type": "client_credentials", **({"scope": said.scope} if said.scope else {})}
        try:
            answer = httpx.post(said.token_url, data=form, auth=(said.client_id, said.client_secret), timeout=5.0)
            given = answer.json() if answer.is_success else {}
        except httpx.HTTPError as error:
            raise NoToken(f"bus.security.token_url does not answer: {type(error).__name__}") from None
        except ValueError:
            given = {}
        if isinstance(given, dict) and given.get("access_token"):
            return given
        see = "see bus.security.client_id, client_secret and scope"
        raise NoToken(f"bus.security.token_url gave no token, it answered {answer.status_code}: {see}")
