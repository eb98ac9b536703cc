"""The ways into Kafka: what the brokers need for each, and what a client needs to get in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.certificates import certificate
from tests.servers.tokens import AUDIENCE, Tokens

_MODULES = "org.apache.kafka.common.security"
_CLIENT = "listener.name.client."


def _nothing() -> None:
    """Most need nothing closed."""


@dataclass(frozen=True)
class Access:
    """`login` is what channels.settings.Security takes; the rest is for the brokers."""

    protocol: str = "PLAINTEXT"
    login: Mapping[str, Any] = field(default_factory=dict)
    properties: Mapping[str, str] = field(default_factory=dict)
    jvm: Sequence[str] = ()
    format: Sequence[str] = ()
    close: Callable[[], None] = _nothing


def access(name: str, folder: Path) -> Access:
    """By plaintext, scram, oauthbearer or mutual. Certificates and keys are put in the folder."""
    return {"plaintext": plaintext, "scram": scram, "oauthbearer": oauthbearer, "mutual": mutual}[name](folder)


def plaintext(folder: Path) -> Access:
    return Access()


def scram(folder: Path) -> Access:
    """SASL_SSL with SCRAM-SHA-512; the user is made when the storage is formatted."""
    tls, ca = _server_side(folder)
    name, password = "wasl", "let-wasl-in"
    return Access(
        protocol="SASL_SSL",
        login={"tls": True, "ca": ca, "mechanism": "SCRAM-SHA-512", "username": name, "password": password},
        properties={
            **tls,
            f"{_CLIENT}sasl.enabled.mechanisms": "SCRAM-SHA-512",
            f"{_CLIENT}scram-sha-512.sasl.jaas.config": f"{_MODULES}.scram.ScramLoginModule required;",
        },
        format=["--add-scram", f"SCRAM-SHA-512=[name={name},password={password}]"],
    )


def oauthbearer(folder: Path) -> Access:
    """SASL_SSL with signed tokens, which the brokers check against the issuer's public key."""
    tls, ca = _server_side(folder)
    tokens = Tokens(folder)
    us = {"token_url": tokens.url, "client_id": tokens.client_id, "client_secret": tokens.client_secret}
    handler = f"{_MODULES}.oauthbearer.OAuthBearerValidatorCallbackHandler"
    return Access(
        protocol="SASL_SSL",
        login={"tls": True, "ca": ca, "mechanism": "OAUTHBEARER", **us},
        properties={
            **tls,
            f"{_CLIENT}sasl.enabled.mechanisms": "OAUTHBEARER",
            f"{_CLIENT}oauthbearer.sasl.jaas.config": f"{_MODULES}.oauthbearer.OAuthBearerLoginModule required;",
            f"{_CLIENT}oauthbearer.sasl.server.callback.handler.class": handler,
            # Named, for Kafka 4.1 chooses one by itself that does not look at the signature.
            "sasl.oauthbearer.jwt.validator.class": f"{_MODULES}.oauthbearer.BrokerJwtValidator",
            "sasl.oauthbearer.jwks.endpoint.url": tokens.keys.as_uri(),
            "sasl.oauthbearer.expected.audience": AUDIENCE,
            "sasl.oauthbearer.expected.issuer": tokens.issuer,
        },
        jvm=[f"-Dorg.apache.kafka.sasl.oauthbearer.allowed.urls={tokens.keys.as_uri()}"],
        close=tokens.close,
    )


def mutual(folder: Path) -> Access:
    """TLS where the brokers ask for the client's certificate too."""
    tls, ca = _server_side(folder)
    (folder / "client").mkdir(exist_ok=True)
    certificate_path, key_path = certificate(folder / "client")
    return Access(
        protocol="SSL",
        login={"tls": True, "ca": ca, "certificate": certificate_path, "private_key": key_path},
        properties={
            **tls,
            f"{_CLIENT}ssl.client.auth": "required",
            f"{_CLIENT}ssl.truststore.type": "PEM",
            f"{_CLIENT}ssl.truststore.location": str(certificate_path),
        },
    )


def _server_side(folder: Path) -> tuple[dict[str, str], Path]:
    """The brokers' properties for TLS, and the authority their clients trust."""
    (folder / "server").mkdir(exist_ok=True)
    certificate_path, key_path = certificate(folder / "server")
    both = folder / "server" / "both.pem"
    both.write_bytes(key_path.read_bytes() + certificate_path.read_bytes())
    return {f"{_CLIENT}ssl.keystore.type": "PEM", f"{_CLIENT}ssl.keystore.location": str(both)}, certificate_path
