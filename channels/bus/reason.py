"""Why Kafka is not reached, so that it can be mended: kafka-python itself only says that it could not bootstrap."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kafka.errors import SaslAuthenticationFailedError, UnsupportedSaslMechanismError
from kafka.net.manager import KafkaConnectionManager
from kafka.net.selector import NetworkSelector

ATTEMPT_MS = 3_000

# what a failed connection says of itself → what it means; the first that fits
_MEANINGS = (
    (
        "CERTIFICATE_VERIFY_FAILED",
        "its certificate is not accepted: bus.security.ca names the authority that signed it, and the certificate must"
        " name the broker's address",
    ),
    (
        "alert",
        "it does not accept our certificate, or wants one: see bus.security.certificate and bus.security.private_key",
    ),
    ("EOF occurred", "it does not speak TLS on this port: see bus.security.tls"),
    ("WRONG_VERSION", "it does not speak TLS on this port: see bus.security.tls"),
    ("socket disconnected", "it hung up: perhaps it wants TLS or a login on this port, see bus.security"),
    ("Invalid frame length", "it does not speak Kafka's protocol, or wants TLS on this port: see bus.security.tls"),
    ("ECONNREFUSED", "nobody listens there"),
    ("DNS", "its name is not known"),
)


def why(client: Mapping[str, Any]) -> str:
    """What is wrong with each broker named, told by one attempt at each; empty when one lets us in. Holds no secret.

    `client`: the arguments of a client. Blocks, for seconds a broker at most.
    """
    told = []
    for broker in client["bootstrap_servers"]:
        if (error := _attempt({**client, "bootstrap_servers": [broker]})) is None:
            return ""
        told.append(f"{broker}: {_meaning(error, client)}")
    return "; ".join(told)


def _attempt(client: Mapping[str, Any]) -> Exception | None:
    network = NetworkSelector()
    manager = KafkaConnectionManager(network, **client)

    async def connected() -> None:
        await manager.get_connection(manager.cluster.bootstrap_brokers()[0].node_id, timeout_ms=ATTEMPT_MS)

    try:
        network.run(connected)
    except Exception as error:  # of the client, of TLS, of whoever gives tokens
        return error
    finally:
        manager.close()
        network.close()
    return None


def _meaning(error: Exception, client: Mapping[str, Any]) -> str:
    said, mechanism = str(error), client.get("sasl_mechanism")
    # some brokers say why they refuse a login, others hang up
    if isinstance(error, SaslAuthenticationFailedError) or (mechanism and "socket disconnected" in said):
        keys = "token_url, client_id, scope" if mechanism == "OAUTHBEARER" else "mechanism, username, password"
        return f"it refuses our login by {mechanism}: see bus.security.{keys}"
    if isinstance(error, UnsupportedSaslMechanismError):
        return f"it takes no login by {mechanism}: see bus.security.mechanism"
    return next((meaning for sign, meaning in _MEANINGS if sign in said), said or type(error).__name__)
